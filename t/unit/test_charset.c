/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/charset.h"
#include "milter/unpack/prepare.h"

#include "t/unit/rows.h"

static const struct row {
	const char *name;
	struct str charset, in, text;
	bool known, hides;
} table[] = {
	{ "no_charset", STR(""), STR("a"), STR("a"), true, false },
	{ "us_ascii", STR("US-ASCII"), STR("a"), STR("a"), true, false },
	{ "utf_8", STR("utf-8"), STR("\xc3\xa4"), STR("\xc3\xa4"), true, false },
	{ "utf_8_broken", STR("utf-8"), STR("a\xc3" "b"), STR("a\xef\xbf\xbd" "b"), true, false },
	{ "utf8_without_hyphen", STR("UTF8"), STR("\xc3\xa4"), STR("\xc3\xa4"), true, false },
	{ "unknown", STR("x-unknown"), STR("\xc3\xa4"), STR("\xc3\xa4"), false, false },
	{ "name_of_500_letters", STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), STR("x"), STR("x"), false,
	  false },
	{ "name_of_signs", STR("--"), STR("x"), STR("x"), false, false },
	{ "iso_8859_1", STR("ISO-8859-1"), STR("\xe4"), STR("\xc3\xa4"), true, false },
	{ "iso_8859_1_in_quotes", STR("\"iso-8859-1\""), STR("\xe4"), STR("\xc3\xa4"), true, false },
	{ "iso_8859_1_with_underscores_and_year", STR("ISO_8859-1"), STR("\xe4"), STR("\xc3\xa4"), true, false },
	{ "iso_8859_1_with_language_RFC_2231", STR("iso-8859-1*de"), STR("\xe4"), STR("\xc3\xa4"), true, false },
	{ "iso_8859_1_with_cs", STR("csISOLatin1"), STR("\xe4"), STR("\xc3\xa4"), true, false },
	{ "latin1", STR("latin1"), STR("\xe4"), STR("\xc3\xa4"), true, false },
	{ "x_latin1", STR("x-latin1"), STR("\xe4"), STR("\xc3\xa4"), true, false },
	{ "iso_8859_15", STR("iso-8859-15"), STR("\xa4"), STR("\xe2\x82\xac"), true, false },
	{ "windows_1252", STR("windows-1252"), STR("\x80"), STR("\xe2\x82\xac"), true, false },
	{ "windows_1252_hole", STR("cp1252"), STR("\x81" "a"), STR("\xef\xbf\xbd" "a"), true, false },
	{ "windows_1251", STR("Windows-1251"), STR("\xcf"), STR("\xd0\x9f"), true, false },
	{ "koi8_r", STR("koi8-r"), STR("\xf0"), STR("\xd0\x9f"), true, false },
	{ "gb2312", STR("gb2312"), STR("\xd6\xd0"), STR("\xe4\xb8\xad"), true, false },
	{ "gb18030_under_the_name_of_gb2312", STR("GB2312"), STR("\x81\x40"), STR("\xe4\xb8\x82"), true, false },
	{ "gb18030_broken", STR("gb18030"), STR("a\x81"), STR("a\xef\xbf\xbd"), true, false },
	{ "big5", STR("Big5"), STR("\xa4\xa4"), STR("\xe4\xb8\xad"), true, false },
	{ "shift_jis", STR("Shift_JIS"), STR("\x93\xfa"), STR("\xe6\x97\xa5"), true, false },
	{ "euc_jp", STR("EUC-JP"), STR("\xc6\xfc"), STR("\xe6\x97\xa5"), true, false },
	{ "euc_kr", STR("euc-kr"), STR("\xb0\xa1"), STR("\xea\xb0\x80"), true, false },
	{ "ks_c_5601", STR("ks_c_5601-1987"), STR("\xb0\xa1"), STR("\xea\xb0\x80"), true, false },
	{ "tis_620", STR("TIS-620"), STR("\xa1"), STR("\xe0\xb8\x81"), true, false },
	{ "macintosh", STR("macintosh"), STR("\x8a"), STR("\xc3\xa4"), true, false },
	{ "iso_2022_jp", STR("iso-2022-jp"), STR("a\x1b$BF|\x1b(Bb"), STR("a\xe6\x97\xa5" "b"), true, true },
	{ "iso_2022_kr", STR("ISO-2022-KR"), STR("\x1b$)C\x0e\x30\x21\x0f" "a"), STR("\xea\xb0\x80" "a"), true, true },
	{ "hz", STR("HZ-GB-2312"), STR("a~{VP~}b~~"), STR("a\xe4\xb8\xad" "b~"), true, true },
	{ "utf_7", STR("utf-7"), STR("+ADw-script+AD4-"), STR("<script>"), true, true },
	{ "utf_7_as_unicode_1_1", STR("unicode-1-1-utf-7"), STR("+ADw-"), STR("<"), true, true },
	{ "utf_16_with_mark", STR("utf-16"), STR("\xff\xfe<\0"), STR("<"), true, true },
	{ "utf_16_without_mark_little", STR("utf-16"), STR("<\0a\0"), STR("<a"), true, true },
	{ "utf_16_without_mark_big", STR("utf-16"), STR("\0<\0a"), STR("<a"), true, true },
	{ "utf_16le", STR("UTF-16LE"), STR("<\0"), STR("<"), true, true },
	{ "utf_16be_surrogates", STR("utf-16be"), STR("\xd8\x3d\xde\x00"), STR("\xf0\x9f\x98\x80"), true, true },
	{ "utf_16be_half_a_surrogate", STR("utf-16be"), STR("\xd8\x3d\0<"), STR("\xef\xbf\xbd<"), true, true },
	{ "utf_16be_half_a_character", STR("utf-16be"), STR("\0<\0"), STR("<\xef\xbf\xbd"), true, true },
	{ "utf_32le", STR("utf-32le"), STR("<\0\0\0"), STR("<"), true, true },
	{ "utf_32_too_large", STR("utf-32be"), STR("\x7f\xff\xff\xff"), STR("\xef\xbf\xbd"), true, true },
	{ "ebcdic", STR("IBM037"), STR("\x4c\xa2"), STR("<s"), true, true },
	{ "ebcdic_500", STR("cp500"), STR("\x4c"), STR("<"), true, true },
	{ "ebcdic_unknown", STR("ebcdic-xx"), STR("\x4c"), STR("\x4c"), false, true },
	{ "empty_text", STR("utf-16"), STR(""), STR(""), true, true },
};

static void check(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_new();
	struct str text;

	assert_int_equal(charset_to_utf8(arena, row->charset, row->in, 1000, &text), row->known);
	assert_int_equal(text.len, row->text.len);
	assert_memory_equal(text.p, row->text.p, row->text.len);
	assert_int_equal(charset_hides_ascii(row->charset), row->hides);
	arena_free(arena);
}

static void a_text_broken_off_leaves_no_state(void **state)
{
	struct arena *arena = arena_new();
	struct str text;

	(void)state;
	assert_true(charset_to_utf8(arena, STR("iso-2022-jp"), STR("\x1b$BF|"), 100, &text));
	assert_true(charset_to_utf8(arena, STR("iso-2022-jp"), STR("ab"), 100, &text));
	assert_true(str_equal(text, STR("ab")));
	arena_free(arena);
}

static void no_more_than_max_bytes_and_whole_characters(void **state)
{
	static const char *const charsets[] = { "utf-8", "iso-8859-1", "utf-16be", "koi8-r", "gb18030", "utf-7" };
	struct arena *arena = arena_new();
	struct str text;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		for (size_t max = 0; max < 12; max++) {
			assert_true(charset_to_utf8(arena, str_of(charsets[i]), STR("\xe4\xf6\xfc\xe4\xf6\xfc"), max, &text));
			assert_true(text.len <= max);
			assert_true(text.len == 0 || (unsigned char)text.p[0] >= 0xc2);
		}
	}
	arena_free(arena);
}

static void preparing_twice_does_nothing_more(void **state)
{
	char problem[UNPACK_PROBLEM_MAX] = "";

	(void)state;
	assert_int_equal(charset_prepare(problem), 0);
	assert_string_equal(problem, "");
}

int main(void)
{
	static struct rows rows;
	char problem[UNPACK_PROBLEM_MAX];

	if (charset_prepare(problem) < 0) {
		printf("Bail out! %s\n", problem);
		return 1;
	}
	rows_add(&rows, table, check);
	rows_add_one(&rows, "a_text_broken_off_leaves_no_state", a_text_broken_off_leaves_no_state, NULL);
	rows_add_one(&rows, "no_more_than_max_bytes_and_whole_characters", no_more_than_max_bytes_and_whole_characters, NULL);
	rows_add_one(&rows, "preparing_twice_does_nothing_more", preparing_twice_does_nothing_more, NULL);
	return rows_run(&rows, "charset");
}

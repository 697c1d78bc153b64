/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/utf8.h"
#include "milter/unpack/filename.h"
#include "milter/unpack/prepare.h"

#include "t/unit/rows.h"

enum { PLAIN = 0, DISGUISED = 1, AMBIGUOUS = 2, LOST = 4 };

#define SPACES_10 "          "
#define SPACES_200 SPACES_10 SPACES_10 SPACES_10 SPACES_10 SPACES_10 SPACES_10 SPACES_10 SPACES_10 SPACES_10 SPACES_10 SPACES_10 \
	SPACES_10 SPACES_10 SPACES_10 SPACES_10 SPACES_10 SPACES_10 SPACES_10 SPACES_10 SPACES_10

static const struct row {
	const char *name;
	struct str names[3];
	const char *extensions;		/* "a b" */
	const char *shown;
	unsigned flags;
} table[] = {
	/* what people write */
	{ "plain", { STR("report.pdf") }, "pdf", "report.pdf", PLAIN },
	{ "none", { STR("") }, "", "", PLAIN },
	{ "no_ending", { STR("README") }, "", "README", PLAIN },
	{ "upper_case_NAME_06", { STR("SETUP.EXE") }, "exe", "SETUP.EXE", PLAIN },
	{ "double_ending_counts_the_last_NAME_01", { STR("invoice.pdf.exe") }, "exe", "invoice.pdf.exe", PLAIN },
	{ "tar_gz", { STR("a.tar.gz") }, "gz", "a.tar.gz", PLAIN },
	{ "dot_file", { STR(".htaccess") }, "htaccess", ".htaccess", PLAIN },
	{ "sentence", { STR("Letter to Mr. Smith") }, "", "Letter to Mr. Smith", PLAIN },
	{ "ends_in_a_dot", { STR("Report 2020.") }, "", "Report 2020.", PLAIN },
	{ "percent_sign", { STR("100%.pdf") }, "pdf", "100%.pdf", PLAIN },
	{ "percent_sign_and_digits", { STR("rise of 5%20 or so.xls") }, "xls", "rise of 5%20 or so.xls", PLAIN },
	{ "percent_sign_and_letters", { STR("a.txt%zz") }, "", "a.txt%zz", PLAIN },
	{ "umlaut", { STR("\xc3\xa4rger.docx") }, "docx", "\xc3\xa4rger.docx", PLAIN },
	{ "combined_umlaut", { STR("a\xcc\x88rger.docx") }, "docx", "a\xcc\x88rger.docx", PLAIN },
	{ "latin_1", { STR("\xe4rger.docx") }, "docx", "?rger.docx", PLAIN },
	{ "japanese", { STR("\xe5\xa0\xb1\xe5\x91\x8a\xe6\x9b\xb8.xlsx") }, "xlsx", "\xe5\xa0\xb1\xe5\x91\x8a\xe6\x9b\xb8.xlsx", PLAIN },
	{ "japanese_full_width_digits", { STR("\xef\xbc\x91\xef\xbc\x8e.pdf") }, "pdf", "\xef\xbc\x91\xef\xbc\x8e.pdf", PLAIN },
	{ "hebrew_with_a_mark_of_direction", { STR("\xd7\xa9\xe2\x80\x8f.pdf") }, "pdf", "\xd7\xa9?.pdf", PLAIN },
	{ "heart_with_variation", { STR("\xe2\x9d\xa4\xef\xb8\x8f.png") }, "png", "\xe2\x9d\xa4\xef\xb8\x8f.png", PLAIN },
	{ "time_with_colons", { STR("Re: call at 12:30.pdf") }, "pdf", "Re: call at 12:30.pdf", PLAIN },
	{ "quotes_around", { STR("\"a.pdf\"") }, "pdf", "a.pdf", PLAIN },
	{ "encoded_word", { STR("=?utf-8?B?w6QucGRm?=") }, "pdf", "\xc3\xa4.pdf", PLAIN },
	{ "encoded_word_of_a_program", { STR("=?utf-8?Q?setup.exe?=") }, "exe", "setup.exe", PLAIN },
	{ "encoded_and_2231", { STR("\xc3\xa4.exe"), STR("UTF-8''%C3%A4.exe"), STR("=?utf-8?B?w6QuZXhl?=") }, "exe", "\xc3\xa4.exe", PLAIN },
	{ "encoded_words_that_cut_a_character", { STR("=?utf-8?Q?=C3?= =?utf-8?Q?=A4.pdf?=") }, "pdf", "\xc3\xa4.pdf", PLAIN },
	{ "encoded_word_in_shift_jis", { STR("=?Shift_JIS?B?g2cucGRm?=") }, "pdf", "\xe3\x83\x88.pdf", PLAIN },
	{ "encoded_word_with_question_mark", { STR("=?utf-8?Q?what?.pdf?=") }, "pdf", "what .pdf", PLAIN },
	{ "two_names_one_without_ending", { STR("setup.exe"), STR("setup") }, "exe", "setup.exe", PLAIN },
	{ "two_names_of_documents", { STR("a.doc"), STR("a.pdf") }, "doc pdf", "a.doc", PLAIN },
	{ "unknown_ending_beside_a_program", { STR("a.exe"), STR("a.qqq") }, "exe qqq", "a.exe", PLAIN },
	{ "jpg_and_jpeg", { STR("a.jpg"), STR("a.jpeg") }, "jpg jpeg", "a.jpg", PLAIN },

	/* what Windows makes of a name */
	{ "dot_behind_NAME_01", { STR("a.exe.") }, "exe", "a.exe.", DISGUISED },
	{ "dots_and_spaces_behind_NAME_01", { STR("a.exe. . ") }, "exe", "a.exe. .", DISGUISED },
	{ "space_behind_NAME_01", { STR("a.exe ") }, "exe", "a.exe", PLAIN },
	{ "tab_behind_NAME_01", { STR("a.exe\t") }, "exe", "a.exe", PLAIN },
	{ "no_break_space_behind_NAME_01", { STR("a.exe\xc2\xa0") }, "exe", "a.exe\xc2\xa0", DISGUISED },
	{ "stream_NAME_01", { STR("a.exe::$DATA") }, "exe", "a.exe::$DATA", DISGUISED },
	{ "named_stream_NAME_01", { STR("a.exe:x.txt:$data") }, "exe", "a.exe:x.txt:$data", DISGUISED },
	{ "other_stream_NAME_01", { STR("a.txt:b.exe") }, "exe txt", "a.txt:b.exe", AMBIGUOUS },
	{ "program_before_a_colon_NAME_01", { STR("a.exe:b") }, "exe", "a.exe:b", DISGUISED },
	{ "class_id_NAME_01", { STR("a.{00020812-0000-0000-C000-000000000046}") }, "clsid", "a.{00020812-0000-0000-C000-000000000046}", DISGUISED },
	{ "no_class_id", { STR("a.{0002}") }, "", "a.{0002}", PLAIN },
	{ "no_class_id_of_that_length", { STR("a.{0002+812-0000-0000-C000-000000000046}") }, "", "a.{0002+812-0000-0000-C000-000000000046}", PLAIN },
	{ "spaces_push_the_ending_away_NAME_01", { STR("a.pdf" SPACES_200 ".exe") }, "exe",
	  "a.pdf" SPACES_10 SPACES_10 SPACES_10 SPACES_10 SPACES_10 SPACES_10 SPACES_10 "     ..." SPACES_10 SPACES_10 SPACES_10 "   .exe", DISGUISED },
	{ "many_spaces_NAME_01", { STR("a" SPACES_10 SPACES_10 SPACES_10 SPACES_10 ".exe") }, "exe",
	  "a" SPACES_10 SPACES_10 SPACES_10 SPACES_10 ".exe", DISGUISED },
	{ "path_NAME_05", { STR("../../etc/passwd") }, "", "../../etc/passwd", PLAIN },
	{ "drive_NAME_05", { STR("C:\\x.doc") }, "doc", "C:\\x.doc", PLAIN },
	{ "drive_without_path_NAME_05", { STR("C:x.doc") }, "doc", "C:x.doc", PLAIN },
	{ "share_NAME_05", { STR("\\\\host.com\\share\\a.exe") }, "exe", "\\\\host.com\\share\\a.exe", PLAIN },
	{ "slash_behind_NAME_05", { STR("a.exe/") }, "exe", "a.exe/", DISGUISED },
	{ "directory_is_no_ending_NAME_05", { STR("a.exe/b") }, "", "a.exe/b", PLAIN },
	{ "device_NAME_05", { STR("CON.txt") }, "txt", "CON.txt", PLAIN },
	{ "null_device_NAME_05", { STR("/dev/null") }, "", "/dev/null", PLAIN },
	{ "dots_only_NAME_05", { STR("..") }, "", "..", PLAIN },
	{ "nul_in_the_middle_NAME_05", { STR("a.txt\0.exe") }, "exe txt", "a.txt?.exe", DISGUISED | AMBIGUOUS },
	{ "nul_behind_NAME_05", { STR("a.exe\0.txt") }, "txt exe", "a.exe?.txt", DISGUISED | AMBIGUOUS },
	{ "line_end_NAME_05", { STR("a.\r\nexe") }, "exe", "a.??exe", DISGUISED },
	{ "forbidden_characters_NAME_05", { STR("a.ex?e*") }, "exe", "a.ex?e*", DISGUISED },
	{ "escape_sequence_NAME_05", { STR("\x1b[2Ja.txt") }, "txt", "?[2Ja.txt", PLAIN },

	/* characters */
	{ "right_to_left_override_NAME_02", { STR("invoice\xe2\x80\xae" "fdp.exe") }, "exe", "invoice?fdp.exe", DISGUISED },
	{ "isolate_NAME_02", { STR("invoice\xe2\x81\xa6" "fdp\xe2\x81\xa9.txt") }, "txt", "invoice?fdp?.txt", DISGUISED },
	{ "override_in_the_ending_NAME_02", { STR("a.e\xe2\x80\xaexe") }, "exe", "a.e?xe", DISGUISED },
	{ "zero_width_space_NAME_02", { STR("a.e\xe2\x80\x8bxe") }, "exe", "a.e?xe", DISGUISED },
	{ "byte_order_mark_behind_NAME_02", { STR("a.exe\xef\xbb\xbf") }, "exe", "a.exe?", DISGUISED },
	{ "soft_hyphen_NAME_02", { STR("a.e\xc2\xadxe") }, "exe", "a.e?xe", DISGUISED },
	{ "full_width_dot_NAME_02", { STR("a\xef\xbc\x8e" "exe") }, "exe", "a\xef\xbc\x8e" "exe", DISGUISED },
	{ "full_width_letters_NAME_02", { STR("a.\xef\xbc\xa5\xef\xbd\x98\xef\xbd\x85") }, "exe", "a.\xef\xbc\xa5\xef\xbd\x98\xef\xbd\x85", DISGUISED },
	{ "small_full_stop_NAME_02", { STR("a\xef\xb9\x92" "exe") }, "exe", "a\xef\xb9\x92" "exe", DISGUISED },
	{ "one_dot_leader_NAME_02", { STR("a\xe2\x80\xa4" "exe") }, "exe", "a\xe2\x80\xa4" "exe", DISGUISED },
	{ "ideographic_full_stop_NAME_02", { STR("a\xe3\x80\x82" "exe") }, "exe", "a\xe3\x80\x82" "exe", DISGUISED },
	{ "combining_dots_NAME_02", { STR("a.e\xcc\x87xe") }, "exe", "a.e\xcc\x87xe", DISGUISED },
	{ "letter_with_dot_NAME_02", { STR("a.\xc4\x97xe") }, "exe", "a.\xc4\x97xe", DISGUISED },
	{ "letter_with_dot_below_NAME_02", { STR("a.\xe1\xba\xb9xe") }, "exe", "a.\xe1\xba\xb9xe", DISGUISED },
	{ "mathematical_letters_NAME_02", { STR("a.\xf0\x9d\x90\x9e\xf0\x9d\x91\xa5\xf0\x9d\x93\xae") }, "exe",
	  "a.\xf0\x9d\x90\x9e\xf0\x9d\x91\xa5\xf0\x9d\x93\xae", DISGUISED },
	{ "circled_letters_NAME_02", { STR("a.\xe2\x93\x94xe") }, "exe", "a.\xe2\x93\x94xe", DISGUISED },
	{ "full_width_stop_before_a_document", { STR("a\xef\xbc\x8epdf") }, "pdf", "a\xef\xbc\x8epdf", PLAIN },
	{ "dotless_i_NAME_06", { STR("a.p\xc4\xb1" "f") }, "pif", "a.p\xc4\xb1" "f", DISGUISED },
	{ "dotted_capital_i_NAME_06", { STR("a.P\xc4\xb0" "F") }, "pif", "a.P\xc4\xb0" "F", DISGUISED },
	{ "long_s_NAME_06", { STR("a.j\xc5\xbf") }, "js", "a.j\xc5\xbf", DISGUISED },
	{ "kelvin_NAME_06", { STR("a.ln\xe2\x84\xaa") }, "lnk", "a.ln\xe2\x84\xaa", DISGUISED },
	{ "letter_that_only_looks_alike_NAME_06", { STR("a.\xc6\x8eXE") }, "", "a.\xc6\x8eXE", PLAIN },

	/* encodings */
	{ "two_charsets_NAME_03", { STR("=?iso-8859-1?Q?a=E4?= =?utf-8?Q?=C3=A4.exe?=") }, "exe", "a\xc3\xa4\xc3\xa4.exe", PLAIN },
	{ "half_encoded_NAME_03", { STR("a.=?utf-8?Q?ex?=e") }, "exe", "a.exe", PLAIN },
	{ "ending_outside_the_word_NAME_03", { STR("=?utf-8?Q?a.txt?=.exe") }, "exe", "a.txt.exe", PLAIN },
	{ "word_inside_quotes_NAME_03", { STR("\"=?utf-8?Q?a.exe?=\"") }, "exe", "a.exe", PLAIN },
	{ "word_without_end_NAME_03", { STR("=?utf-8?Q?a.exe") }, "exe", "a.exe", PLAIN },
	{ "word_with_half_an_end_NAME_03", { STR("=?utf-8?Q?a.exe?") }, "exe", "a.exe", DISGUISED },
	{ "word_with_nul_NAME_03", { STR("=?utf-8?Q?a.exe=00.txt?=") }, "txt exe", "a.exe?.txt", DISGUISED | AMBIGUOUS },
	{ "word_with_line_end_NAME_03", { STR("=?utf-8?Q?a.=0D=0Aexe?=") }, "exe", "a.??exe", DISGUISED },
	{ "word_with_slash_NAME_03", { STR("=?utf-8?Q?x=2Fa.exe?=") }, "exe", "x/a.exe", PLAIN },
	{ "word_in_utf_16_NAME_03", { STR("=?utf-16be?B?AGEALgBlAHgAZQ==?=") }, "exe", "a.exe", PLAIN },
	{ "word_in_utf_7_NAME_03", { STR("=?utf-7?Q?a+AC4-exe?=") }, "exe", "a.exe", PLAIN },
	{ "word_in_ebcdic_NAME_03", { STR("=?ibm037?B?gUuFp4U=?=") }, "exe", "a.exe", PLAIN },
	{ "word_in_an_unknown_charset_NAME_03", { STR("=?x-no-such?Q?a.exe?=") }, "exe", "a.exe", PLAIN },
	{ "percent_NAME_03", { STR("a%2eexe") }, "exe", "a%2eexe", DISGUISED },
	{ "percent_of_another_kind_NAME_03", { STR("a.txt%2eexe") }, "exe", "a.txt%2eexe", DISGUISED },
	{ "percent_nul_NAME_03", { STR("a.exe%00.txt") }, "txt exe", "a.exe%00.txt", DISGUISED | AMBIGUOUS },
	{ "utf_16_without_charset_NAME_03", { STR("a\0.\0e\0x\0e\0") }, "exe", "a?.?e?x?e?", DISGUISED },
	{ "names_of_two_kinds_MIME_21", { STR("a.txt"), STR("a.exe") }, "txt exe", "a.txt", AMBIGUOUS },
	{ "names_of_two_programs_MIME_21", { STR("a.vbs"), STR("a.exe") }, "vbs exe", "a.vbs", AMBIGUOUS },
	{ "too_long_for_an_ending", { STR("a.abcdefghijklmnopqrstu") }, "", "a.abcdefghijklmnopqrstu", PLAIN },
};

static void check(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_new();
	const char *extensions = "";
	struct filename filename;
	size_t len = 0;

	while (len < 3 && row->names[len].p != NULL)
		len++;
	filename_read(arena, row->names, len, &filename);
	for (size_t i = 0; i < filename.extensions_len; i++)
		extensions = arena_printf(arena, "%s%s%s", extensions, i == 0 ? "" : " ", filename.extensions[i]);
	assert_string_equal(extensions, row->extensions);
	assert_string_equal(filename.shown, row->shown);
	assert_int_equal(filename.is_disguised, (row->flags & DISGUISED) != 0);
	assert_int_equal(filename.is_ambiguous, (row->flags & AMBIGUOUS) != 0);
	assert_int_equal(filename.extensions_lost, (row->flags & LOST) != 0);
	arena_free(arena);
}

static void many_names_are_counted_as_lost(void **state)
{
	struct arena *arena = arena_new();
	struct filename filename;
	struct str names[9];

	(void)state;
	for (size_t i = 0; i < 9; i++)
		names[i] = str_of(arena_printf(arena, "a.x%zu", i));
	filename_read(arena, names, 8, &filename);
	assert_int_equal(filename.extensions_len, 8);
	assert_false(filename.extensions_lost);
	filename_read(arena, names, 9, &filename);
	assert_int_equal(filename.extensions_len, 8);
	assert_true(filename.extensions_lost);
	arena_free(arena);
}

static void a_long_name_keeps_its_ending_NAME_05(void **state)
{
	struct arena *arena = arena_new();
	struct str name = { arena_alloc(arena, 60004), 60004 };
	struct filename filename;

	(void)state;
	memset((char *)(uintptr_t)name.p, 'a', 60000);
	memcpy((char *)(uintptr_t)name.p + 60000, ".exe", 4);
	filename_read(arena, &name, 1, &filename);
	assert_string_equal(filename.extensions[0], "exe");
	assert_int_equal(strlen(filename.shown), 120);
	assert_string_equal(filename.shown + 116, ".exe");
	arena_free(arena);
}

static void a_long_name_is_cut_between_characters(void **state)
{
	struct arena *arena = arena_new();
	struct filename filename;

	(void)state;
	for (size_t pad = 0; pad < 4; pad++) {
		const char *name = arena_strdup(arena, "abcd" + pad);

		for (size_t i = 0; i < 100; i++)
			name = arena_printf(arena, "%s\xe2\x82\xac", name);
		filename_read(arena, &(struct str){ name, strlen(name) }, 1, &filename);
		assert_true(strlen(filename.shown) <= 120 && strlen(filename.shown) > 110);
		assert_true(utf8_is_valid(str_of(filename.shown)));
	}
	arena_free(arena);
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
	rows_add_one(&rows, "many_names_are_counted_as_lost", many_names_are_counted_as_lost, NULL);
	rows_add_one(&rows, "a_long_name_keeps_its_ending_NAME_05", a_long_name_keeps_its_ending_NAME_05, NULL);
	rows_add_one(&rows, "a_long_name_is_cut_between_characters", a_long_name_is_cut_between_characters, NULL);
	return rows_run(&rows, "filename");
}

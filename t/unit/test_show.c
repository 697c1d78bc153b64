/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/show.h"

#include <stdlib.h>

#include "milter/mail/utf8.h"
#include "t/unit/rows.h"

static const struct text {
	const char *name, *text, *shown;
	bool ascii;
} text_table[] = {
	{ "plain", "hello, world", "hello, world", false },
	{ "escape_sequence_LOG_01", "a\x1b[2Jb", "a\\x1b[2Jb", false },
	{ "line_ends_LOG_01", "a\r\nb\tc", "a\\x0d\\x0ab\\x09c", false },
	{ "del_LOG_01", "a\x7f", "a\\x7f", false },
	{ "c1_in_utf_8_LOG_01", "a\xc2\x9b" "31m", "a\\u009b31m", false },
	{ "c1_as_a_byte_LOG_01", "a\x9b" "31m", "a\\x9b31m", false },
	{ "right_to_left_override_NAME_02", "invoice\xe2\x80\xae" "fdp.exe", "invoice\\u202efdp.exe", false },
	{ "isolates_NAME_02", "\xe2\x81\xa6x\xe2\x81\xa9", "\\u2066x\\u2069", false },
	{ "arabic_letter_mark_NAME_02", "\xd8\x9c", "\\u061c", false },
	{ "zero_width_NAME_02", "a\xe2\x80\x8b" "b\xef\xbb\xbf", "a\\u200bb\\ufeff", false },
	{ "soft_hyphen_NAME_02", "a\xc2\xad" "b", "a\\u00adb", false },
	{ "line_separator_LOG_01", "a\xe2\x80\xa8" "b", "a\\u2028b", false },
	{ "tag_characters_LOG_01", "\xf3\xa0\x81\x81", "\\ue0041", false },
	{ "private_use_LOG_01", "\xee\x80\x80", "\\ue000", false },
	{ "filler_LOG_01", "\xe3\x85\xa4", "\\u3164", false },
	{ "no_utf_8_LOG_01", "J\xfcrgen", "J\\xfcrgen", false },
	{ "a_character_that_stops_LOG_01", "a\xe2\x80", "a\\xe2\\x80", false },
	{ "overlong_LOG_01", "\xc0\x9b", "\\xc0\\x9b", false },
	{ "surrogate_LOG_01", "\xed\xa0\x80", "\\xed\\xa0\\x80", false },
	{ "letters_stay", "J\xc3\xbcrgen \xe6\x97\xa5\xe6\x9c\xac \xd7\xa9", "J\xc3\xbcrgen \xe6\x97\xa5\xe6\x9c\xac \xd7\xa9", false },
	{ "two_marks_on_a_letter", "a\xcc\x81\xcc\x82", "a\xcc\x81\xcc\x82", false },
	{ "heaps_of_marks_NAME_02", "a\xcc\x81\xcc\x82\xcc\x83\xcc\x84", "a\xcc\x81\xcc\x82\\u0303\\u0304", false },
	{ "ascii_alone", "J\xc3\xbcrgen \xf0\x9f\x98\x80", "J\\u00fcrgen \\u1f600", true },
	{ "nothing", "", "", false },
};

static void check_text(void **state)
{
	const struct text *row = *state;
	const struct show show = { .arena = arena_new(), .ascii = row->ascii, .columns = 80 };

	assert_string_equal(show_text(&show, row->text), row->shown);
	arena_free(show.arena);
}

static const struct cell {
	const char *name, *text, *shown;
	unsigned width;
	bool ascii;
} cell_table[] = {
	{ "filled_up", "ab", "ab   ", 5, false },
	{ "exact", "abcde", "abcde", 5, false },
	{ "cut", "abcdef", "abcd\xe2\x80\xa6", 5, false },
	{ "cut_in_ascii", "abcdef", "ab...", 5, true },
	{ "very_narrow", "abcdef", "abc", 3, false },
	{ "wide_characters", "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", "\xe6\x97\xa5\xe6\x9c\xac\xe2\x80\xa6", 5, false },
	{ "half_of_a_wide_character_is_a_space", "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", "\xe6\x97\xa5\xe2\x80\xa6 ", 4, false },
	{ "marks_take_no_room", "a\xcc\x81" "bc", "a\xcc\x81" "bc  ", 5, false },
	{ "an_escape_is_cut_like_text_LOG_01", "\x1b]0;x\x07", "\\x1b\xe2\x80\xa6", 5, false },
	{ "width_0", "a", "", 0, false },
};

static void check_cell(void **state)
{
	const struct cell *row = *state;
	const struct show show = { .arena = arena_new(), .ascii = row->ascii, .columns = 80 };

	assert_string_equal(show_cell(&show, row->text, row->width), row->shown);
	arena_free(show.arena);
}

static const struct bar {
	const char *name;
	uint64_t value, full;
	bool ascii;
	const char *shown;
} bar_table[] = {
	{ "empty", 0, 10, false, "" },
	{ "full", 10, 10, false, "\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88" },
	{ "half", 5, 10, false, "\xe2\x96\x88\xe2\x96\x88" },
	{ "an_eighth_of_a_column", 1, 32, false, "\xe2\x96\x8f" },
	{ "something_is_never_nothing", 1, 1000000, false, "\xe2\x96\x8f" },
	{ "more_than_full", 20, 10, false, "\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88" },
	{ "of_nothing", 0, 0, false, "" },
	{ "ascii", 5, 10, true, "##" },
	{ "ascii_something", 1, 1000000, true, "#" },
	{ "very_many", UINT64_MAX, UINT64_MAX, true, "####" },
};

static void check_bar(void **state)
{
	const struct bar *row = *state;
	const struct show show = { .arena = arena_new(), .ascii = row->ascii, .columns = 80 };

	assert_string_equal(show_bar(&show, row->value, row->full, 4), row->shown);
	arena_free(show.arena);
}

static const struct said {
	const char *name, *text, *lines;
	unsigned indent, columns;
} said_table[] = {
	{ "one_line", "a b", "  a b\n", 2, 80 },
	{ "broken_at_a_space", "0123456789 0123456789 0123456789", "  0123456789 0123456789\n  0123456789\n", 2, 23 },
	{ "a_long_word_is_broken", "012345678901234567890123456789", "01234567890123456789\n0123456789\n", 0, 20 },
	{ "nothing", "", "\n", 0, 80 },
	{ "no_line_of_its_own_for_a_stranger_LOG_01", "a\nverdict accept", "a\\x0averdict accept\n", 0, 80 },
};

static void check_said(void **state)
{
	const struct said *row = *state;
	const struct show show = { .arena = arena_new(), .columns = row->columns };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	show_say(out, &show, row->indent, "%s", row->text);
	(void)fclose(out);
	assert_string_equal(text, row->lines);
	free(text);
	arena_free(show.arena);
}

/* Whatever bytes come, what is shown is UTF-8 without control characters, and no cell is wider or narrower than asked for. */
static void any_bytes_become_harmless_LOG_01(void **state)
{
	unsigned random = 1;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		struct show show = { .arena = arena_new(), .ascii = round % 2 == 0, .columns = 80 };
		char text[41];
		size_t len = round % 40;
		const char *cell;

		for (size_t i = 0; i < len; i++) {
			random = random * 1103515245 + 12345;
			text[i] = (char)(random >> 16 & 0xff);
			if (text[i] == '\0')
				text[i] = '\x1b';
		}
		text[len] = '\0';
		cell = show_cell(&show, text, 12);
		assert_true(utf8_is_valid(str_of(cell)));
		assert_int_equal(show_width(cell), 12);
		for (const char *c = cell; *c != '\0'; c++) {
			assert_false(ascii_is_control(*c));
			assert_false(utf8_is_c1(str_of(c)));
			assert_true(!show.ascii || (unsigned char)*c < 0x80);
		}
		arena_free(show.arena);
	}
}

static void numbers(void **state)
{
	const struct show show = { .arena = arena_new(), .columns = 80 };

	(void)state;
	assert_string_equal(show_number(&show, 0), "0");
	assert_string_equal(show_number(&show, 999), "999");
	assert_string_equal(show_number(&show, 1234567), "1,234,567");
	assert_string_equal(show_number(&show, UINT64_MAX), "18,446,744,073,709,551,615");
	assert_string_equal(show_size(&show, 1), "1 byte");
	assert_string_equal(show_size(&show, 4211), "4,211 bytes");
	assert_string_equal(show_size(&show, 4200000), "4.2 MB");
	assert_string_equal(show_size(&show, UINT64_MAX), "18446744.1 TB");
	assert_string_equal(show_count(&show, 2, "message", "messages"), "2 messages");
	assert_string_equal(show_time_utc(show.arena, 1795183445250), "2026-11-20T14:04:05.250Z");
	arena_free(show.arena);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, text_table, check_text);
	rows_add(&rows, cell_table, check_cell);
	rows_add(&rows, bar_table, check_bar);
	rows_add(&rows, said_table, check_said);
	rows_add_one(&rows, "any_bytes_become_harmless_LOG_01", any_bytes_become_harmless_LOG_01, NULL);
	rows_add_one(&rows, "numbers", numbers, NULL);
	return rows_run(&rows, "show");
}

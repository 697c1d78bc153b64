/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/header.h"

#include <stdlib.h>

#include "t/unit/rows.h"

#define X_100 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X_1000 X_100 X_100 X_100 X_100 X_100 X_100 X_100 X_100 X_100 X_100

static const struct equal {
	const char *name, *a, *b;
	bool equal;
} equal_table[] = {
	{ "same_name", "From", "From", true },
	{ "case_HDR_03", "AUTHENTICATION-RESULTS", "Authentication-Results", true },
	{ "space_before_the_colon_HDR_03", "Authentication-Results ", "Authentication-Results", true },
	{ "tab_before_the_colon_HDR_03", "From\t", "From", true },
	{ "space_in_front_HDR_06", " From", "From", true },
	{ "control_before_the_colon_HDR_03", "From\x01\x7f", "From", true },
	{ "line_end_before_the_colon_HDR_06", "From\r\n ", "From", true },
	{ "both_odd", "\x01 from", "FROM\t", true },
	{ "other_name", "From", "Sender", false },
	{ "prefix", "X-From", "From", false },
	{ "shorter", "Fro", "From", false },
	{ "space_inside", "Fr om", "From", false },
	{ "eight_bit_letter", "Fr\xf6m", "From", false },
	{ "nothing_and_nothing", "", " ", true },
};

static void check_equal(void **state)
{
	const struct equal *row = *state;

	assert_int_equal(header_name_equal(row->a, row->b), row->equal);
	assert_int_equal(header_name_equal(row->b, row->a), row->equal);
}

static const struct odd {
	const char *name, *in;
	bool odd;
} odd_table[] = {
	{ "usual_name", "X-Octroi-Verdict", false },
	{ "all_of_ftext", "!#$%&'()*+,-./0;<=>?@A[\\]^_`a{|}~", false },
	{ "empty_name", "", true },
	{ "space_behind_HDR_03", "From ", true },
	{ "tab_HDR_03", "From\t", true },
	{ "eight_bits_HDR_03", "Fr\xf6m", true },
	{ "control_HDR_03", "From\x01", true },
	{ "delete", "From\x7f", true },
	{ "colon", "From:", true },
	{ "line_end_MLT_08", "X\nFrom", true },
};

static void check_odd(void **state)
{
	const struct odd *row = *state;

	assert_int_equal(header_name_is_odd(row->in), row->odd);
}

static const struct text {
	const char *name, *in, *expected;
} unfold_table[] = {
	{ "one_line", " a b", "a b" },
	{ "fold_keeps_its_white_space_RFC_5322_2_2_3", " a\n\tb\n  c", "a\tb  c" },
	{ "fold_with_cr_lf", " a\r\n b", "a b" },
	{ "white_space_at_both_ends", " \t a \n ", "a" },
	{ "folded_at_once", "\n\ta", "a" },
	{ "line_end_that_is_no_fold_MLT_08", "a\nb", "a b" },
	{ "lone_cr_MLT_08", "a\rb", "a b" },
	{ "many_line_ends", "a\r\n\r\n\nb", "a b" },
	{ "line_ends_then_space", "a\n\n b", "a b" },
	{ "empty_value", "", "" },
	{ "blank_value", " \n ", "" },
}, fold_table[] = {	/* for a field with the name "X-Test" */
	{ "short_value", "a b", "a b" },
	{ "foreign_bytes_become_marks_HDR_10", "a\r\nb\tc\x01\xc3\xbc\x7f", "a??b?c????" },
	{ "value_is_folded_at_a_space", "1234567890 1234567890 1234567890 1234567890 1234567890 1234567890 123 567890",
	  "1234567890 1234567890 1234567890 1234567890 1234567890 1234567890 123\n\t567890" },
	{ "value_that_just_fits", "1234567890 1234567890 1234567890 1234567890 1234567890 1234567890 123",
	  "1234567890 1234567890 1234567890 1234567890 1234567890 1234567890 123" },
	{ "value_one_too_long", "1234567890 1234567890 1234567890 1234567890 1234567890 1234567890 1234",
	  "1234567890 1234567890 1234567890 1234567890 1234567890 1234567890\n\t1234" },
	{ "long_word_gets_its_own_line", "a " X_100 " b", "a\n\t" X_100 "\n\tb" },
	{ "long_word_first_stays_in_the_first_line", X_100 " b", X_100 "\n\tb" },
	{ "spaces_at_both_ends_go", "   a   ", "a" },
	{ "spaces_inside_stay", "a   b", "a   b" },
	{ "only_spaces_HDR_10", "     ", "" },
	{ "no_value", "", "" },
};

static void check_unfold(void **state)
{
	const struct text *row = *state;
	struct arena *arena = arena_new();

	assert_string_equal(header_unfold(arena, row->in), row->expected);
	arena_free(arena);
}

static void check_fold(void **state)
{
	const struct text *row = *state;
	struct arena *arena = arena_new();

	assert_string_equal(header_fold(arena, "X-Test", row->in), row->expected);
	arena_free(arena);
}

static void no_line_is_longer_than_998_HDR_10(void **state)
{
	struct arena *arena = arena_new();
	const char *folded = header_fold(arena, "X-Test", "a " X_1000 X_1000 X_100);
	size_t line = strlen("X-Test: "), letters = 0;

	(void)state;
	for (; *folded != '\0'; folded++) {
		line = *folded == '\n' ? 0 : line + 1;
		letters += *folded == 'x';
		assert_true(line <= HEADER_LINE_MAX);
	}
	assert_int_equal(letters, 2100);
	arena_free(arena);
}

static void run_of_spaces_makes_no_blank_line_HDR_10(void **state)
{
	struct arena *arena = arena_new();
	char value[3000];

	(void)state;
	memset(value, ' ', sizeof(value));
	value[5] = 'a';
	value[2990] = 'b';
	value[sizeof(value) - 1] = '\0';
	assert_string_equal(header_fold(arena, "X-Test", value), "a\n\tb");
	arena_free(arena);
}

static void index_counts_each_name_without_case(void **state)
{
	static const struct { const char *name; unsigned index; } fields[] = {
		{ "Received", 1 }, { "From", 1 }, { "received", 2 }, { "RECEIVED", 3 }, { "From ", 1 }, { "from", 2 },
		{ "Received", 4 }, { "", 1 }, { "", 2 },
	};
	struct arena *arena = arena_new();
	struct headers headers = { .len = 0 };
	char name[16] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		(void)snprintf(name, sizeof(name), "%s", fields[i].name);	/* libmilter's buffer is used again, too */
		headers_add(arena, &headers, name, " v");
	}
	for (size_t i = 0; i < headers.len; i++) {
		assert_string_equal(headers.items[i].name, fields[i].name);
		assert_int_equal(headers.items[i].index, fields[i].index);
	}
	assert_int_equal(headers.size_bytes, 8 + 4 + 8 + 8 + 5 + 4 + 8 + headers.len * 5);
	arena_free(arena);
}

static void next_finds_every_variant_of_a_name_HDR_06(void **state)
{
	struct arena *arena = arena_new();
	struct headers headers = { .len = 0 };
	const struct header *header;
	size_t position = 0;
	char found[8] = "";

	(void)state;
	headers_add(arena, &headers, "From", "1");
	headers_add(arena, &headers, "Sender", "x");
	headers_add(arena, &headers, "from ", "2");
	headers_add(arena, &headers, " FROM", "3");
	headers_add(arena, &headers, "From-", "x");
	while ((header = headers_next(&headers, "From", &position)) != NULL)
		(void)strncat(found, header->value, 1);
	assert_string_equal(found, "123");
	assert_null(headers_next(&headers, "From", &position));
	position = 0;
	assert_null(headers_next(&headers, "Subject", &position));
	arena_free(arena);
}

/* Not timed: with a quadratic count these 200,000 fields would take minutes. */
static void many_fields_are_counted_SMTP_05(void **state)
{
	struct arena *arena = arena_new();
	struct headers headers = { .len = 0 };
	char name[32];

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		(void)snprintf(name, sizeof(name), "X-%u", i % 50000);
		headers_add(arena, &headers, name, "");
		headers_add(arena, &headers, "Received", "");
		assert_int_equal(headers.items[headers.len - 2].index, i / 50000 + 1);
		assert_int_equal(headers.items[headers.len - 1].index, i + 1);
	}
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, equal_table, check_equal);
	rows_add(&rows, odd_table, check_odd);
	rows_add(&rows, unfold_table, check_unfold);
	rows_add(&rows, fold_table, check_fold);
	rows_add_one(&rows, "no_line_is_longer_than_998_HDR_10", no_line_is_longer_than_998_HDR_10, NULL);
	rows_add_one(&rows, "run_of_spaces_makes_no_blank_line_HDR_10", run_of_spaces_makes_no_blank_line_HDR_10, NULL);
	rows_add_one(&rows, "index_counts_each_name_without_case", index_counts_each_name_without_case, NULL);
	rows_add_one(&rows, "next_finds_every_variant_of_a_name_HDR_06", next_finds_every_variant_of_a_name_HDR_06, NULL);
	rows_add_one(&rows, "many_fields_are_counted_SMTP_05", many_fields_are_counted_SMTP_05, NULL);
	return rows_run(&rows, "header");
}

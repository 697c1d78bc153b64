/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/dkim_body.h"
#include "t/unit/rows.h"

static const struct row {
	const char *name;
	struct str body;
	uint64_t simple, relaxed;
} rows[] = {
	{ "rfc6376_3_4_5", STR(" C \r\nD \t E\r\n\r\n\r\n"), 12, 9 },
	{ "empty_body_is_one_line_end_to_simple", STR(""), 2, 0 },
	{ "empty_lines_alone", STR("\r\n\r\n\r\n"), 2, 0 },
	{ "blank_lines_alone_are_empty_to_relaxed", STR(" \r\n\t\r\n"), 6, 0 },
	{ "one_line", STR("abc\r\n"), 5, 5 },
	{ "last_line_gets_its_end", STR("abc"), 5, 5 },
	{ "empty_lines_in_front_count", STR("\r\n\r\nabc\r\n"), 9, 9 },
	{ "empty_lines_between_count", STR("a\r\n\r\n\r\nb\r\n\r\n"), 10, 10 },
	{ "blanks_are_one_and_none_at_the_end", STR("a  \t b \t \r\n"), 11, 5 },
	{ "blanks_in_front_are_one", STR("   a\r\n"), 6, 4 },
	{ "bare_cr_and_bare_lf_are_octets", STR("a\rb\nc\r\n"), 7, 7 },
	{ "nul_is_an_octet_HDR_17", STR("a\0b\r\n"), 5, 5 },
	{ "cr_at_the_very_end", STR("a\r"), 4, 4 },
};

static void check(void **state)
{
	const struct row *row = *state;

	assert_int_equal(dkim_body_length(row->body, false), row->simple);
	assert_int_equal(dkim_body_length(row->body, true), row->relaxed);
}

int main(void)
{
	static struct rows tests;

	rows_add(&tests, rows, check);
	return rows_run(&tests, "dkim_body");
}

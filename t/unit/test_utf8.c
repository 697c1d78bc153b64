/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/utf8.h"

#include "t/unit/rows.h"

static const struct row {
	const char *name;
	struct str in;
	bool valid;
} table[] = {
	{ "empty", STR(""), true },
	{ "ascii", STR("postmaster"), true },
	{ "nul_is_a_character", STR("a\0b"), true },
	{ "two_bytes", STR("\xc3\xbc"), true },
	{ "three_bytes", STR("\xe2\x82\xac"), true },
	{ "four_bytes", STR("\xf0\x9f\x93\xac"), true },
	{ "last_code_point", STR("\xf4\x8f\xbf\xbf"), true },
	{ "above_the_last_code_point_SMTP_13", STR("\xf4\x90\x80\x80"), false },
	{ "overlong_slash_SMTP_13", STR("\xc0\xaf"), false },
	{ "overlong_in_three_SMTP_13", STR("\xe0\x80\xaf"), false },
	{ "overlong_in_four_SMTP_13", STR("\xf0\x80\x80\xaf"), false },
	{ "surrogate_SMTP_13", STR("\xed\xa0\x80"), false },
	{ "before_the_surrogates", STR("\xed\x9f\xbf"), true },
	{ "behind_the_surrogates", STR("\xee\x80\x80"), true },
	{ "lone_continuation", STR("\xbf"), false },
	{ "cut_in_two", STR("a\xc3"), false },
	{ "cut_in_three", STR("\xe2\x82"), false },
	{ "cut_in_four", STR("\xf0\x9f\x93"), false },
	{ "third_byte_is_ascii", STR("\xe2\x82g"), false },
	{ "fourth_byte_is_ascii", STR("\xf0\x9f\x93g"), false },
	{ "latin_1", STR("J\xfcrgen"), false },
	{ "byte_fe", STR("\xfe"), false },
};

static void check(void **state)
{
	const struct row *row = *state;

	assert_int_equal(utf8_is_valid(row->in), row->valid);
}

static void c1_is_u0080_to_u009f(void **state)
{
	(void)state;
	assert_true(utf8_is_c1(STR("\xc2\x80")));
	assert_true(utf8_is_c1(STR("\xc2\x9f")));
	assert_false(utf8_is_c1(STR("\xc2\xa0")));
	assert_false(utf8_is_c1(STR("\xc3\x80")));
	assert_false(utf8_is_c1(STR("\xc2")));
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, table, check);
	rows_add_one(&rows, "c1_is_u0080_to_u009f", c1_is_u0080_to_u009f, NULL);
	return rows_run(&rows, "utf8");
}

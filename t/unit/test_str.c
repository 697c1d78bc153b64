/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/str.h"

#include <errno.h>

#include "t/unit/rows.h"

static const struct equal {
	const char *name;
	struct str a, b;
	bool same, same_nocase;
} equal_table[] = {
	{ "equal_bytes", STR("abc"), STR("abc"), true, true },
	{ "equal_but_for_case", STR("aBc"), STR("AbC"), false, true },
	{ "a_prefix_is_not_equal", STR("ab"), STR("abc"), false, false },
	{ "empty_strings_are_equal", STR(""), { NULL, 0 }, true, true },
	{ "bytes_behind_a_nul_count", STR("a\0b"), STR("a\0c"), false, false },
	{ "letters_beyond_ascii_keep_their_case", STR("\xc3\x84"), STR("\xc3\xa4"), false, false },
	{ "signs_32_apart_are_no_letters", STR("[@"), STR("{`"), false, false },
};

static void check_equal(void **state)
{
	const struct equal *row = *state;

	assert_int_equal(str_equal(row->a, row->b), row->same);
	assert_int_equal(str_equal(row->b, row->a), row->same);
	assert_int_equal(str_equal_nocase(row->a, row->b), row->same_nocase);
}

static const struct trim {
	const char *name;
	struct str in, expected;
} trim_table[] = {
	{ "trim_both_ends", STR(" \t\r\nx y\n\r\t "), STR("x y") },
	{ "trim_nothing", STR("x"), STR("x") },
	{ "trim_all", STR(" \r\n\t "), STR("") },
	{ "trim_empty", STR(""), STR("") },
	{ "trim_keeps_nul_and_vertical_tab", STR("\0\v "), STR("\0\v") },
};

static void check_trim(void **state)
{
	const struct trim *row = *state;

	assert_true(str_equal(str_trim(row->in), row->expected));
}

static const struct split {
	const char *name;
	struct str in;
	const char *separators;
	struct str head, rest;
	bool more;
} split_table[] = {
	{ "split_in_the_middle", STR("a:b:c"), ":", STR("a"), STR("b:c"), true },
	{ "split_without_separator", STR("abc"), ":", STR("abc"), { NULL, 0 }, false },
	{ "split_at_the_start", STR(":b"), ":", STR(""), STR("b"), true },
	{ "split_at_the_end_leaves_an_empty_rest", STR("a:"), ":", STR("a"), STR(""), true },
	{ "split_at_any_of_several", STR("a b,c"), ", ", STR("a"), STR("b,c"), true },
	{ "split_does_not_take_nul_for_a_separator", STR("a\0b:c"), ":", STR("a\0b"), STR("c"), true },
	{ "split_empty", STR(""), ":", STR(""), { NULL, 0 }, false },
};

static void check_split(void **state)
{
	const struct split *row = *state;
	struct str rest = row->in;

	assert_true(str_equal(str_split(&rest, row->separators), row->head));
	assert_true(str_equal(rest, row->rest));
	assert_int_equal(rest.p != NULL, row->more);
}

static const struct number {
	const char *name;
	struct str in;
	int r;
	unsigned long long expected;
} number_table[] = {
	{ "number_zero", STR("0"), 0, 0 },
	{ "number_leading_zeros", STR("007"), 0, 7 },
	{ "number_of_19_digits", STR("9999999999999999999"), 0, 9999999999999999999u },
	{ "number_of_20_digits", STR("10000000000000000000"), -EINVAL, 0 },
	{ "number_empty", STR(""), -EINVAL, 0 },
	{ "number_with_a_sign", STR("-1"), -EINVAL, 0 },
	{ "number_with_a_plus", STR("+1"), -EINVAL, 0 },
	{ "number_with_a_space", STR(" 1"), -EINVAL, 0 },
	{ "number_with_a_letter", STR("1x"), -EINVAL, 0 },
	{ "number_with_a_nul", STR("1\0"), -EINVAL, 0 },
	{ "number_hexadecimal", STR("0x10"), -EINVAL, 0 },
};

static void check_number(void **state)
{
	const struct number *row = *state;
	unsigned long long number = 77;

	assert_int_equal(str_to_u64(row->in, &number), row->r);
	assert_int_equal(number, row->r == 0 ? row->expected : 77);
}

static void letters_are_those_of_ascii(void **state)
{
	unsigned letters = 0, digits = 0;

	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		letters += ascii_is_alpha((char)c);
		digits += ascii_is_digit((char)c);
		assert_int_equal(ascii_is_alnum((char)c), ascii_is_alpha((char)c) || ascii_is_digit((char)c));
		if (c >= 0x80) {
			assert_false(ascii_is_alpha((char)c) || ascii_is_control((char)c) || ascii_is_space((char)c));
			assert_int_equal((unsigned char)ascii_lower((char)c), c);
		}
	}
	assert_int_equal(letters, 52);
	assert_int_equal(digits, 10);
	assert_true(ascii_is_control('\x7f') && ascii_is_control('\0') && !ascii_is_control(' '));
	assert_int_equal(ascii_lower('Z'), 'z');
	assert_int_equal(ascii_lower('['), '[');
}

static void prefixes_are_compared_by_length(void **state)
{
	(void)state;
	assert_true(str_has_prefix(STR("unix:/x"), STR("unix:")));
	assert_true(str_has_prefix(STR("x"), STR("")));
	assert_false(str_has_prefix(STR("uni"), STR("unix:")));
	assert_false(str_has_prefix(STR("UNIX:/x"), STR("unix:")));
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, equal_table, check_equal);
	rows_add(&rows, trim_table, check_trim);
	rows_add(&rows, split_table, check_split);
	rows_add(&rows, number_table, check_number);
	rows_add_one(&rows, "letters_are_those_of_ascii", letters_are_those_of_ascii, NULL);
	rows_add_one(&rows, "prefixes_are_compared_by_length", prefixes_are_compared_by_length, NULL);
	return rows_run(&rows, "str");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "milter/mail/dkim_tags.h"
#include "t/unit/rows.h"

static const struct row {
	const char *name;
	struct str in;
	const char *expected;	/* "name=value|..."; or "!" and a part of the problem */
} rows[] = {
	{ "tags_with_blanks_around_them", STR(" v = 1 ;\ta=b;c= "), "v=1|a=b|c=" },
	{ "semicolon_at_the_end", STR("a=1;"), "a=1" },
	{ "semicolon_and_blanks_at_the_end", STR("a=1; \r\n\t"), "a=1" },
	{ "value_with_an_equals_sign", STR("b=AA==; x=y=z"), "b=AA==|x=y=z" },
	{ "folds_with_crlf_and_with_lf", STR("a=1;\r\n b=2;\n\tc=3\r\n 4"), "a=1|b=2|c=3\r\n 4" },
	{ "names_with_case_are_two", STR("a=1; A=2"), "a=1|A=2" },
	{ "name_with_digits_and_underscore", STR("x_1=2"), "x_1=2" },
	{ "bytes_above_the_printable_HDR_05", STR("d=b\xc3\xbc" "cher.example"), "!byte" },
	{ "nul_in_a_value_HDR_05", STR("s=sel\0.any"), "!byte" },
	{ "control_byte", STR("s=a\001b"), "!byte" },
	{ "delete", STR("s=a\177b"), "!byte" },
	{ "cr_that_stands_alone", STR("a=1;\rb=2"), "!byte" },
	{ "lf_that_is_no_fold", STR("a=1;\nb=2"), "!byte" },
	{ "lf_at_the_end", STR("a=1;\n"), "!byte" },
	{ "cr_at_the_end", STR("a=1;\r"), "!byte" },
	{ "tag_that_comes_twice_HDR_14", STR("d=a.example; s=x; d=b.example"), "!twice" },
	{ "empty_list", STR(""), "!without a value" },
	{ "only_a_semicolon", STR(";"), "!without a value" },
	{ "empty_tag_in_the_middle", STR("a=1;;b=2"), "!without a value" },
	{ "two_semicolons_at_the_end", STR("a=1;;"), "!without a value" },
	{ "word_without_a_value", STR("a=1; junk"), "!without a value" },
	{ "name_that_begins_with_a_digit", STR("1a=1"), "!no proper name" },
	{ "name_with_a_blank", STR("a b=1"), "!no proper name" },
	{ "no_name", STR("=1"), "!no proper name" },
};

static const char *text_of(struct arena *arena, const struct dkim_tags *tags)
{
	const char *text = "";

	for (size_t i = 0; i < tags->len; i++)
		text = arena_printf(arena, "%s%s%.*s=%.*s", text, i == 0 ? "" : "|", (int)tags->items[i].name.len, tags->items[i].name.p,
				    (int)tags->items[i].value.len, tags->items[i].value.p);
	return text;
}

static void check(void **state)
{
	const struct row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct dkim_tags tags;
	const char *problem = "";
	int r = dkim_tags_parse(row->in, &tags, &problem);

	if (row->expected[0] == '!') {
		assert_int_equal(r, -EINVAL);
		assert_non_null(strstr(problem, row->expected + 1));
		return;
	}
	assert_int_equal(r, 0);
	assert_string_equal(text_of(arena, &tags), row->expected);
}

static void ten_thousand_tags_are_too_many_HDR_14(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	char *text = arena_alloc(arena, 100000), *end = text;
	struct dkim_tags tags;
	const char *problem;

	(void)state;
	for (int i = 0; i < 10000; i++)
		end += sprintf(end, "x%d=1;", i);
	assert_int_equal(dkim_tags_parse((struct str){ text, (size_t)(end - text) }, &tags, &problem), -EINVAL);
	assert_string_equal(problem, "too many tags");
	assert_int_equal(tags.len, DKIM_TAGS_MAX);
}

static void words_and_lists(void **state)
{
	struct dkim_tags tags;
	const char *problem;

	(void)state;
	assert_int_equal(dkim_tags_parse(STR("v=DKIM1; h=sha1 :\r\n sha256"), &tags, &problem), 0);
	assert_true(dkim_tag_is(dkim_tags_find(&tags, "v"), "DKIM1"));
	assert_false(dkim_tag_is(dkim_tags_find(&tags, "v"), "DKIM"));
	assert_null(dkim_tags_find(&tags, "p"));
	assert_true(dkim_list_has(dkim_tags_find(&tags, "h")->value, "sha256"));
	assert_true(dkim_list_has(dkim_tags_find(&tags, "h")->value, "sha1"));
	assert_false(dkim_list_has(dkim_tags_find(&tags, "h")->value, "sha"));
	assert_false(dkim_list_has(STR(""), "sha"));
}

static const struct base64_row {
	const char *name;
	struct str in;
	size_t size;
	const char *expected;	/* NULL: none */
} base64_rows[] = {
	{ "base64_of_nothing", STR(""), 10, "" },
	{ "base64_with_one_pad", STR("aGk="), 10, "hi" },
	{ "base64_with_two_pads", STR("aA=="), 10, "h" },
	{ "base64_without_padding", STR("aGk"), 10, "hi" },
	{ "base64_with_blanks_and_folds", STR(" a G\r\n k\t= "), 10, "hi" },
	{ "base64_of_all_that_fits", STR("aGVsbG8="), 5, "hello" },
	{ "base64_of_more_than_fits", STR("aGVsbG8="), 4, NULL },
	{ "base64_with_a_strange_letter", STR("aG*k"), 10, NULL },
	{ "base64_with_a_nul", STR("aG\0k"), 10, NULL },
	{ "base64_with_data_after_the_pad", STR("aA==aA=="), 10, NULL },
	{ "base64_with_data_between_pads", STR("aA=A"), 10, NULL },
	{ "base64_with_three_pads", STR("a==="), 10, NULL },
	{ "base64_with_a_pad_too_many", STR("aGk=="), 10, NULL },
	{ "base64_with_a_pad_too_few", STR("aA="), 10, NULL },
	{ "base64_with_a_letter_left", STR("aGVsb"), 10, NULL },
	{ "base64_of_pads_alone", STR("="), 10, NULL },
};

static void check_base64(void **state)
{
	const struct base64_row *row = *state;
	uint8_t out[16];
	size_t len = 0;
	int r = dkim_base64_decode(row->in, out, row->size, &len);

	assert_int_equal(r, row->expected == NULL ? -EINVAL : 0);
	if (row->expected == NULL)
		return;
	assert_int_equal(len, strlen(row->expected));
	assert_memory_equal(out, row->expected, len);
}

int main(void)
{
	static struct rows tests;

	rows_add(&tests, rows, check);
	rows_add_one(&tests, "ten_thousand_tags_are_too_many_HDR_14", ten_thousand_tags_are_too_many_HDR_14, NULL);
	rows_add_one(&tests, "words_and_lists", words_and_lists, NULL);
	rows_add(&tests, base64_rows, check_base64);
	return rows_run(&tests, "dkim_tags");
}

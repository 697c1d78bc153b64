/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/mime_parameters.h"
#include "milter/unpack/prepare.h"

#include <stdlib.h>

#include "t/unit/rows.h"

enum { C = LEXIS_COMMENTS_ARE_TEXT, Q = LEXIS_QUOTES_ARE_TEXT, K = LEXIS_COMMA_SEPARATES, S = LEXIS_SPACE_SEPARATES };

/* parameters: "name=value" with "|" between them; "*2" and "*" behind a name as RFC 2231 has them. */
static const struct row {
	const char *name;
	struct str value;
	unsigned lexis;
	const char *first, *parameters;
	unsigned matters;
} table[] = {
	{ "nothing", STR(""), 0, "", "", 0 },
	{ "type_alone", STR("text/plain"), 0, "text/plain", "", 0 },
	{ "token", STR("text/plain; charset=utf-8"), 0, "text/plain", "charset=utf-8", 0 },
	{ "quoted", STR("a/b; x=\"c; d\"; y=e"), 0, "a/b", "x=c; d|y=e", 0 },
	{ "quoted_pair", STR("a/b; x=\"c\\\"d\\\\\""), 0, "a/b", "x=c\"d\\", Q },
	{ "spaces_around", STR("a/b ; x = \"c\" ;y= d "), 0, "a/b", "x=c|y=d", 0 },
	{ "equals_in_a_value", STR("a/b; x==a=b="), 0, "a/b", "x==a=b=", 0 },
	{ "comments_everywhere", STR("(0)a/b(1);(2)x(3)=(4)c(5);y=d(;(\\)))"), 0, "a/b", "x=c|y=d", C },
	{ "comments_as_text", STR("a/b; x=c(d)"), C, "a/b", "x=c(d)", C },
	{ "comment_in_quotes_is_none", STR("a/b; x=\"(c\""), 0, "a/b", "x=(c", 0 },
	{ "open_comment_MIME_20", STR("a/b; (x=c; y=d"), 0, "a/b", "", C },
	{ "open_comment_as_text_MIME_20", STR("a/b; (x=c; y=d"), C, "a/b", "(x=c|y=d", C },
	{ "open_quote", STR("a/b; x=\"c; y=d"), 0, "a/b", "x=c; y=d", Q },
	{ "open_quote_as_text", STR("a/b; x=\"c; y=d"), Q, "a/b", "x=\"c|y=d", Q },
	{ "boundary_in_quotes_MIME_05", STR("a/b; boundary=b1; x=\"; BOUNDARY =b2\""), Q, "a/b", "boundary=b1|x=\"|BOUNDARY=b2\"", Q },
	{ "name_in_quotes_NAME_02", STR("a/b; x=\"a; name*0=b2\""), 0, "a/b", "x=a; name*0=b2", Q },
	{ "other_words_in_quotes", STR("a/b; name=\"a; names=b; boundary; my name=c\""), 0, "a/b", "name=a; names=b; boundary; my name=c", 0 },
	{ "comma", STR("a/b, c/d; x=e, y=f"), K, "a/b", "x=e|y=f", K },
	{ "space", STR("a/b x=e y=f"), S, "a/b", "x=e|y=f", S },
	{ "space_around_equals_separates_nothing", STR("a/b; x = e"), S, "a/b", "x=e", 0 },
	{ "space_behind_a_value_that_ends_in_equals", STR("a/b; x=c== y=d"), S, "a/b", "x=c==|y=d", S },
	{ "comma_in_an_open_comment_counts", STR("a/b; (, x=c"), C | K, "a/b", "x=c", C | K },
	{ "bad_names_MIME_08", STR("a/b; x:y=1; =2; ;; \xe4=3; z=4"), 0, "a/b", "x:y=1|=2|=3|z=4", 0 },
	{ "name_in_quotes", STR("a/b; \"x\"=1"), 0, "a/b", "x=1", Q },
	{ "section_NAME_04", STR("a/b; x*0*=u''a; X*1=b; x*02=c"), 0, "a/b", "x*0*=u''a|X*1=b|x*2=c", 0 },
	{ "extended_NAME_04", STR("a/b; x*=u''a"), 0, "a/b", "x*=u''a", 0 },
	{ "section_without_number_NAME_04", STR("a/b; x*1=a; x*z=b"), 0, "a/b", "x*1=a|x*2=b", 0 },
	{ "section_too_large_NAME_04", STR("a/b; x*99999999999999999999=a"), 0, "a/b", "x*9999999=a", 0 },
	{ "no_type", STR("x=c"), 0, "x=c", "x=c", 0 },
};

static const char *written(struct arena *arena, const struct mime_parameters *parameters)
{
	const char *all = "";

	for (size_t i = 0; i < parameters->len; i++) {
		const struct mime_parameter *p = &parameters->items[i];
		const char *section = p->is_section ? arena_printf(arena, "*%u", p->section) : "";

		all = arena_printf(arena, "%s%s%.*s%s%s=%.*s", all, i == 0 ? "" : "|", (int)p->name.len, p->name.p, section, p->is_extended ? "*" : "",
				   (int)p->value.len, p->value.p);
	}
	return all;
}

static void check(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_new();
	struct mime_parameters parameters;

	mime_parameters_read(arena, row->value, row->lexis, &parameters);
	assert_string_equal(arena_strndup(arena, parameters.first.p, parameters.first.len), row->first);
	assert_string_equal(written(arena, &parameters), row->parameters);
	assert_int_equal(mime_lexis_matters(row->value), row->matters);
	assert_false(parameters.overflowed);
	arena_free(arena);
}

/* All values of the parameter "x". */
static const struct values_row {
	const char *name;
	struct str value;
	const char *values;
	bool overflowed;
} values_table[] = {
	{ "values_plain", STR("a/b; x=c"), "c", false },
	{ "values_twice_MIME_05", STR("a/b; x=c; X=d; x=c"), "c|d", false },
	{ "values_extended_before_plain_RFC_2231", STR("a/b; x=c; x*=utf-8''d%41"), "dA|utf-8''d%41|c", false },
	{ "values_in_order_NAME_04", STR("a/b; x*0=c; x*1=d"), "cd", false },
	{ "values_in_wrong_order_NAME_04", STR("a/b; x*2=e; x*0=c; x*1=d"), "cde|ecd", false },
	{ "values_of_ten_sections_go_by_number_NAME_04",
	  STR("a/b;x*0=0;x*1=1;x*2=2;x*3=3;x*4=4;x*5=5;x*6=6;x*7=7;x*8=8;x*9=9;x*10=A"), "0123456789A", false },
	{ "values_with_gap_NAME_04", STR("a/b; x*0=c; x*1=d; x*3=f"), "cd|cdf", false },
	{ "values_repeated_NAME_04", STR("a/b; x*0=c; x*1=d; x*1=e"), "cd|ce|cde", false },
	{ "values_without_zero_NAME_04", STR("a/b; x*1=c; x*2=d"), "cd", false },
	{ "values_plain_and_section_NAME_04", STR("a/b; x=c; x*1=d"), "d|cd|c", false },
	{ "values_plain_and_all_sections_NAME_04", STR("a/b; x=c; x*0=e; x*1=d"), "ed|cd|c", false },
	{ "values_latin_1_NAME_04", STR("a/b; x*=iso-8859-1'de'%E4"), "\xc3\xa4|iso-8859-1'de'%E4", false },
	{ "values_unknown_charset_NAME_04", STR("a/b; x*=none''%41"), "A|none''%41", false },
	{ "values_hidden_in_utf_16_NAME_04", STR("a/b; x*=utf-16le''%41%2B"), "\xe2\xad\x81|A+|utf-16le''%41%2B", false },
	{ "values_extended_without_charset_NAME_04", STR("a/b; x*=%41"), "A|%41", false },
	{ "values_bad_percent_NAME_04", STR("a/b; x*=''%4%zz%"), "%4%zz%|''%4%zz%", false },
	{ "values_extended_sections_NAME_04", STR("a/b; x*0*=utf-8''%41; x*1=%42; x*2*=%43"), "A%42C|utf-8''%41%42%43", false },
	{ "values_split_in_a_character_NAME_04", STR("a/b; x*0*=utf-8''%C3; x*1*=%A4"), "\xc3\xa4|utf-8''%C3%A4", false },
	{ "values_too_many", STR("a/b; x=a; x=b; x=c; x=d; x=e; x=f; x=g; x=h; x=i"), "a|b|c|d|e|f|g|h", true },
};

static void check_values(void **state)
{
	const struct values_row *row = *state;
	struct arena *arena = arena_new();
	struct mime_parameters parameters;
	struct str items[8];
	size_t len = 0;
	bool overflowed = false;
	const char *all = "";

	mime_parameters_read(arena, row->value, 0, &parameters);
	mime_parameter_values(arena, &parameters, STR("x"), true, &(struct mime_list){ items, &len, 8, &overflowed });
	for (size_t i = 0; i < len; i++)
		all = arena_printf(arena, "%s%s%.*s", all, i == 0 ? "" : "|", (int)items[i].len, items[i].p);
	assert_string_equal(all, row->values);
	assert_int_equal(overflowed, row->overflowed);
	arena_free(arena);
}

static void a_thousand_sections_NAME_04(void **state)
{
	struct arena *arena = arena_new();
	char *value = arena_alloc(arena, 20000), *p = stpcpy(value, "a/b");
	struct mime_parameters parameters;
	struct str items[8];
	size_t len = 0;
	bool overflowed = false;

	(void)state;
	for (int i = 999; i >= 0; i--)
		p += sprintf(p, ";x*%d=%c", i, 'a' + i % 26);
	mime_parameters_read(arena, str_of(value), 0, &parameters);
	mime_parameter_values(arena, &parameters, STR("x"), true, &(struct mime_list){ items, &len, 8, &overflowed });
	assert_int_equal(parameters.len, 1000);
	assert_int_equal(len, 2);
	assert_int_equal(items[0].len, 1000);
	assert_memory_equal(items[0].p, "abcdef", 6);
	assert_int_equal(items[1].p[999], 'a');
	assert_false(parameters.overflowed || overflowed);
	arena_free(arena);
}

static void a_hundred_thousand_parameters_are_counted_as_lost_MIME_19(void **state)
{
	struct arena *arena = arena_new();
	char *value = arena_alloc(arena, 400000);
	struct mime_parameters parameters;

	(void)state;
	for (size_t i = 0; i < 100000; i++)
		memcpy(value + 4 * i, ";x=y", 4);
	mime_parameters_read(arena, (struct str){ value, 400000 }, 0, &parameters);
	assert_int_equal(parameters.len, MIME_PARAMETERS_MAX);
	assert_true(parameters.overflowed);
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
	rows_add(&rows, values_table, check_values);
	rows_add_one(&rows, "a_thousand_sections_NAME_04", a_thousand_sections_NAME_04, NULL);
	rows_add_one(&rows, "a_hundred_thousand_parameters_are_counted_as_lost_MIME_19", a_hundred_thousand_parameters_are_counted_as_lost_MIME_19, NULL);
	return rows_run(&rows, "mime_parameters");
}

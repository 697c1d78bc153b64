/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/lex.h"

#include "t/unit/rows.h"

static const struct length {
	const char *name;
	size_t (*lex)(struct str s);
	struct str in;
	size_t expected;
} length_table[] = {
	{ "atom", lex_atom, STR("abc def"), 3 },
	{ "atom_stops_at_specials", lex_atom, STR("a!#$%&'*+-/=?^_`{|}~\xc3\xbc@"), 22 },
	{ "atom_stops_at_nul", lex_atom, STR("a\0b"), 1 },
	{ "no_atom", lex_atom, STR(".a"), 0 },
	{ "quoted_string", lex_quoted, STR("\"a b\" c"), 5 },
	{ "quoted_pair", lex_quoted, STR("\"a\\\"b\""), 6 },
	{ "empty_quoted_string", lex_quoted, STR("\"\""), 2 },
	{ "quote_without_end", lex_quoted, STR("\"abc"), 0 },
	{ "quote_that_ends_in_a_pair", lex_quoted, STR("\"abc\\\""), 0 },
	{ "quote_that_ends_in_a_backslash", lex_quoted, STR("\"abc\\"), 0 },
	{ "no_quote", lex_quoted, STR("abc\""), 0 },
	{ "comment", lex_comment, STR("(abc)d"), 5 },
	{ "nested_comment", lex_comment, STR("(a(b)c)d"), 7 },
	{ "comment_with_quoted_pair", lex_comment, STR("(a\\)b)"), 6 },
	{ "comment_without_end", lex_comment, STR("(a(b)"), 0 },
	{ "literal", lex_literal, STR("[192.0.2.1]x"), 11 },
	{ "literals_do_not_nest", lex_literal, STR("[a[b]]"), 5 },
	{ "nothing", lex_quoted, STR(""), 0 },
};

static void check_length(void **state)
{
	const struct length *row = *state;

	assert_int_equal(row->lex(row->in), row->expected);
}

static const struct clean {
	const char *name;
	struct str in;
	bool clean;
} clean_table[] = {
	{ "empty_is_clean", STR(""), true },
	{ "ascii_is_clean", STR(" a\tb"), true },
	{ "fold_with_lf", STR("a\n b"), true },
	{ "fold_with_cr_lf", STR("a\r\n\tb"), true },
	{ "lone_line_end", STR("a\nb"), false },
	{ "line_end_last", STR("a\n"), false },
	{ "cr_last", STR("a\r"), false },
	{ "cr_lf_last", STR("a\r\n"), false },
	{ "lone_cr", STR("a\r b"), false },
	{ "two_line_ends", STR("a\n\n b"), false },
	{ "nul_HDR_17", STR("a\0b"), false },
	{ "escape", STR("a\x1b"), false },
	{ "delete", STR("a\x7f"), false },
	{ "c1", STR("a\xc2\x85"), false },
	{ "utf8", STR("\xe2\x82\xac"), true },
	{ "latin_1", STR("\xfc" "b"), false },
};

static void check_clean(void **state)
{
	const struct clean *row = *state;

	assert_int_equal(lex_is_clean(row->in), row->clean);
}

static const struct cfws {
	const char *name;
	struct str in;
	bool ends;
	size_t left;
} cfws_table[] = {
	{ "nothing_to_skip", STR("a"), true, 1 },
	{ "all_is_white_space", STR(" \t\r\n "), true, 0 },
	{ "white_space_and_comments", STR(" (a) (b(c)) \n d"), true, 1 },
	{ "open_comment", STR(" (a"), false, 2 },
};

static void check_cfws(void **state)
{
	const struct cfws *row = *state;
	struct str s = row->in;

	assert_int_equal(lex_skip_cfws(&s), row->ends);
	assert_int_equal(s.len, row->left);
}

static const struct unquote {
	const char *name;
	struct str in;
	size_t size;
	const char *expected;	/* NULL: too long */
} unquote_table[] = {
	{ "content", STR("\"a b\""), 10, "a b" },
	{ "pairs_lose_their_backslash", STR("\"a\\\"b\\\\\""), 10, "a\"b\\" },
	{ "line_ends_of_folds_go", STR("\"a\r\n b\""), 10, "a b" },
	{ "as_long_as_it_may_be", STR("\"abc\""), 4, "abc" },
	{ "longer_than_it_may_be", STR("\"abcd\""), 4, NULL },
	{ "no_content", STR("\"\""), 1, "" },
};

static void check_unquote(void **state)
{
	const struct unquote *row = *state;
	char out[16] = "";
	size_t len = lex_unquote(row->in, out, row->size);

	assert_int_equal(len, row->expected == NULL ? row->size : strlen(row->expected));
	if (row->expected != NULL)
		assert_memory_equal(out, row->expected, len);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, length_table, check_length);
	rows_add(&rows, clean_table, check_clean);
	rows_add(&rows, cfws_table, check_cfws);
	rows_add(&rows, unquote_table, check_unquote);
	return rows_run(&rows, "lex");
}

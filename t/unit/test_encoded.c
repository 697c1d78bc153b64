/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/encoded.h"

#include "t/unit/rows.h"

enum { NOTHING = 0, AT = 1, DELIMITER = 2, OPAQUE = 4 };

static const struct row {
	const char *name;
	struct str in, text;
	size_t words;
	unsigned flags;
} table[] = {
	{ "no_word", STR("a <b@c>"), STR("a <b@c>"), 0, NOTHING },
	{ "quoted_printable_RFC_2047_8", STR("=?ISO-8859-1?Q?a_b=20c?="), STR("a b c"), 1, NOTHING },
	{ "base64_RFC_2047", STR("=?iso-8859-1?B?SWYgeW91?="), STR("If you"), 1, NOTHING },
	{ "lower_case_encodings", STR("=?a?q?=61?==?a?b?YQ==?="), STR("aa"), 2, NOTHING },
	{ "language_RFC_2231", STR("=?us-ascii*en?q?x?="), STR("x"), 1, NOTHING },
	{ "white_space_between_words_goes", STR("=?a?Q?x?=\r\n =?a?Q?y?= z"), STR("xy z"), 2, NOTHING },
	{ "text_between_words_stays", STR("=?a?Q?x?= b =?a?Q?y?="), STR("x b y"), 2, NOTHING },
	{ "words_inside_text", STR("a=?a?Q?x?=b"), STR("axb"), 1, NOTHING },
	{ "at_comes_out", STR("=?a?Q?=40?="), STR("@"), 1, AT },
	{ "plain_at_beside_a_word", STR("@ =?a?Q?x?= <"), STR("@ x <"), 1, NOTHING },
	{ "bracket_comes_out", STR("=?a?B?PA==?="), STR("<"), 1, DELIMITER },
	{ "comma_comes_out", STR("=?a?Q?=2c?="), STR(","), 1, DELIMITER },
	{ "quote_comes_out", STR("=?a?Q?=22?="), STR("\""), 1, DELIMITER },
	{ "parenthesis_comes_out", STR("=?a?Q?=29?="), STR(")"), 1, DELIMITER },
	{ "colon_comes_out", STR("=?a?Q?:?="), STR(":"), 1, DELIMITER },
	{ "backslash_comes_out", STR("=?a?Q?=5c?="), STR("\\"), 1, DELIMITER },
	{ "ebcdic_HDR_09", STR("=?IBM037?Q?=7C?="), STR("|"), 1, OPAQUE },
	{ "nul_comes_out_HDR_09", STR("=?a?Q?=00?="), STR("\0"), 1, OPAQUE },
	{ "line_end_comes_out_HDR_09", STR("=?a?B?DQo=?="), STR("\r\n"), 1, OPAQUE },
	{ "utf_16_shows_by_nul", STR("=?utf-16be?B?AEA=?="), STR("\0@"), 1, AT | OPAQUE },
	{ "utf_7_HDR_09", STR("=?UTF-7?Q?x?="), STR("x"), 1, OPAQUE },
	{ "iso_2022_pairs_are_no_ascii", STR("=?ISO-2022-JP?B?GyRCPEBALhsoQkA=?="), STR("@"), 1, AT },
	{ "foreign_bytes_in_base64_MIME_12", STR("=?a?B?Y W!J-j?="), STR("abc"), 1, NOTHING },
	{ "padding_in_the_middle_MIME_12", STR("=?a?B?YQ==YQ==?="), STR("aa"), 1, NOTHING },
	{ "broken_quoted_printable", STR("=?a?Q?=4=ZZ=?="), STR("=4=ZZ="), 1, NOTHING },
	{ "empty_text", STR("a=?a?Q?" "?=b"), STR("ab"), 1, NOTHING },
	{ "no_charset", STR("=??Q?x?="), STR("=??Q?x?="), 0, NOTHING },
	{ "unknown_encoding", STR("=?a?X?x?="), STR("=?a?X?x?="), 0, NOTHING },
	{ "no_end", STR("=?a?Q?x"), STR("=?a?Q?x"), 0, NOTHING },
	{ "end_cut", STR("=?a?Q?x?"), STR("=?a?Q?x?"), 0, NOTHING },
	{ "only_a_start", STR("=?"), STR("=?"), 0, NOTHING },
	{ "nested_start_HDR_09", STR("=?a?Q?=?a?Q?x?="), STR("=?a?Q?x"), 1, NOTHING },
	{ "nothing_at_all", STR(""), STR(""), 0, NOTHING },
};

static void check(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_new();
	struct encoded encoded;

	encoded_decode(arena, row->in, &encoded);
	assert_int_equal(encoded.words, row->words);
	assert_int_equal(encoded.text.len, row->text.len);
	assert_memory_equal(encoded.text.p, row->text.p, row->text.len);
	assert_int_equal(encoded.has_at, (row->flags & AT) != 0);
	assert_int_equal(encoded.has_delimiter, (row->flags & DELIMITER) != 0);
	assert_int_equal(encoded.is_opaque, (row->flags & OPAQUE) != 0);
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, table, check);
	return rows_run(&rows, "encoded");
}

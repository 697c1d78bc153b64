/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/authres.h"

#include "t/unit/rows.h"

#define OURS "gw.xn--mnchen-3ya.example"
#define OURS_U "gw.m\xc3\xbcnchen.example"
#define LABEL_60 "a23456789012345678901234567890123456789012345678901234567890"

static const struct row {
	const char *name;
	struct str value;
	bool claims;
} table[] = {
	{ "ours_HDR_01", STR(" " OURS "; spf=pass smtp.mailfrom=x"), true },
	{ "ours_without_space_HDR_01", STR(OURS ";spf=pass"), true },
	{ "ours_alone_HDR_01", STR(" " OURS), true },
	{ "ours_none_HDR_01", STR(" " OURS "; none"), true },
	{ "ours_without_semicolon_HDR_01", STR(" " OURS " spf=pass"), true },
	{ "upper_case_HDR_01", STR(" GW.XN--MNCHEN-3YA.EXAMPLE; spf=pass"), true },
	{ "u_label_HDR_01", STR(" " OURS_U "; spf=pass"), true },
	{ "u_label_upper_case_HDR_01", STR(" GW.M\xc3\x9cNCHEN.example; spf=pass"), true },
	{ "u_label_decomposed_HDR_01", STR(" gw.mu\xcc\x88nchen.example; spf=pass"), true },
	{ "trailing_dot_HDR_01", STR(" " OURS ".; spf=pass"), true },
	{ "slash_version_HDR_01", STR(" " OURS "/1; spf=pass"), true },
	{ "version_HDR_01", STR(" " OURS " 1; spf=pass"), true },
	{ "slash_version_apart", STR(" " OURS " / 1; spf=pass"), true },
	{ "comment_in_front_HDR_01", STR(" (x) " OURS "; spf=pass"), true },
	{ "comment_with_quoted_pair_in_front", STR(" (\\)) " OURS "; spf=pass"), true },
	{ "nested_comments_in_front", STR("((a)(b))" OURS "; spf=pass"), true },
	{ "another_id_in_a_comment_in_front", STR(" (mx.other.example;) " OURS "; spf=pass"), true },
	{ "comment_behind", STR(" " OURS "(x) (y); spf=pass"), true },
	{ "comment_before_the_version", STR(" " OURS " (x) 1 (y); spf=pass"), true },
	{ "folded_in_front_HDR_01", STR("\n\t" OURS "; spf=pass"), true },
	{ "folded_with_cr_lf_HDR_01", STR("\r\n " OURS "\r\n ; spf=pass"), true },
	{ "folded_twice", STR(" \n \n\t(x\n y)\n " OURS ";\n spf=pass"), true },
	{ "quoted_HDR_01", STR(" \"" OURS "\"; spf=pass"), true },
	{ "quoted_with_pair_HDR_01", STR(" \"\\g\\w." "xn--mnchen-3ya.example\"; spf=pass"), true },
	{ "quoted_with_u_label_HDR_01", STR(" \"" OURS_U ".\"; spf=pass"), true },

	{ "another_host", STR(" mx.other.example; spf=pass"), false },
	{ "another_host_with_version", STR(" mx.other.example 1; spf=pass"), false },
	{ "another_host_with_slash_version", STR(" mx.other.example/1; spf=pass"), false },
	{ "another_host_alone", STR(" mx.other.example"), false },
	{ "another_host_none", STR(" mx.other.example; none"), false },
	{ "another_host_quoted", STR(" \"mx.other.example\"; none"), false },
	{ "another_host_folded", STR("\n\tmx.other.example;\n\tspf=pass smtp.mailfrom=a@" OURS), false },
	{ "ours_in_a_comment", STR(" (" OURS ") mx.other.example; none"), false },
	{ "ours_in_a_result", STR(" mx.other.example; " OURS "; spf=pass"), false },
	{ "name_below_ours", STR(" x." OURS "; spf=pass"), false },
	{ "longer_name", STR(" x" OURS "; spf=pass"), false },
	{ "ours_as_a_prefix", STR(" " OURS ".evil.example; spf=pass"), false },
	{ "ascii_twin", STR(" gw.munchen.example; spf=pass"), false },
	{ "ours_with_open_comment_as_a_host", STR(" mx.other.example (" OURS "; spf=pass"), true },

	{ "empty", STR(""), true },
	{ "blank", STR("  \n "), true },
	{ "no_id_at_all", STR(" spf=pass (x) smtp.mailfrom=y; dkim=none"), true },
	{ "semicolon_first", STR("; spf=pass"), true },
	{ "two_ids", STR(" mx.other.example " OURS "; spf=pass"), true },
	{ "two_trailing_dots", STR(" " OURS "..; spf=pass"), true },
	{ "ours_in_an_encoded_word", STR(" =?utf-8?Q?gw=2Eexample?=; spf=pass"), true },
	{ "ours_in_brackets", STR(" [" OURS "]; spf=pass"), true },
	{ "comment_without_end", STR(" (x " OURS "; spf=pass"), true },
	{ "quote_without_end", STR(" \"" OURS "; spf=pass"), true },
	{ "empty_quotes", STR(" \"\"; spf=pass"), true },
	{ "bytes_behind_a_quote", STR(" \"mx.other.example\"x; spf=pass"), true },
	{ "nul_HDR_17", STR(" mx.other.example\0; spf=pass"), true },
	{ "nul_behind_ours", STR(" " OURS "\0; spf=pass"), true },
	{ "line_end_without_fold", STR(" mx.other.example;\n" OURS "; spf=pass"), true },
	{ "control_in_front", STR(" \x0b" OURS "; spf=pass"), true },
	{ "latin_1", STR(" gw.m\xfcnchen.example; spf=pass"), true },
	{ "invalid_utf8_in_a_result", STR(" mx.other.example; spf=pass reason=\"\xff\""), true },
	{ "no_break_space_in_front", STR("\xc2\xa0" OURS "; spf=pass"), true },
	{ "id_that_is_no_domain", STR(" -x-; spf=pass"), true },
	{ "quoted_id_of_1_100", STR("\"" LABEL_60 LABEL_60 LABEL_60 LABEL_60 LABEL_60 LABEL_60 LABEL_60 LABEL_60 LABEL_60
				      LABEL_60 LABEL_60 LABEL_60 LABEL_60 LABEL_60 LABEL_60 LABEL_60 LABEL_60 LABEL_60
				      LABEL_60 "\"; x"), true },
};

static void check(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_new();

	assert_int_equal(authres_claims(arena, row->value, OURS), row->claims);
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, table, check);
	return rows_run(&rows, "authres");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/address.h"

#include <errno.h>
#include <stdlib.h>

#include "t/unit/rows.h"

#define L_64 "a234567890123456789012345678901234567890123456789012345678901234"
#define LABEL_60 "a23456789012345678901234567890123456789012345678901234567890"
#define D_189 LABEL_60 "." LABEL_60 "." LABEL_60 ".b2.c34"

enum { PLAIN = 0, QUOTED = 1, ROUTED = 2, REROUTES = 4 };

static const struct taken {
	const char *name;
	struct str in;
	const char *text, *localpart, *domain;
	unsigned flags;
} taken_table[] = {
	{ "plain", STR("<u@ext.example>"), "u@ext.example", "u", "ext.example", PLAIN },
	{ "without_brackets_R28", STR("u@ext.example"), "u@ext.example", "u", "ext.example", PLAIN },
	{ "white_space_around_R28", STR(" \t<u@ext.example> "), "u@ext.example", "u", "ext.example", PLAIN },
	{ "white_space_around_without_brackets", STR("  u@ext.example "), "u@ext.example", "u", "ext.example", PLAIN },
	{ "parameters_are_ignored_R28", STR("<u@ext.example> ORCPT=rfc822;u@ours.example NOTIFY=NEVER"),
	  "u@ext.example", "u", "ext.example", PLAIN },
	{ "parameters_without_brackets_R28", STR("u@ext.example ORCPT=rfc822;u@ours.example"),
	  "u@ext.example", "u", "ext.example", PLAIN },
	{ "auth_parameter_R29", STR("<a@ours.example> AUTH=<bob@ours.example>"), "a@ours.example", "a", "ours.example", PLAIN },
	{ "case_of_the_local_part_is_kept_R17", STR("<User@EXT.Example>"), "User@ext.example", "User", "ext.example", PLAIN },
	{ "trailing_dot_R16", STR("<u@ours.example.>"), "u@ours.example", "u", "ours.example", PLAIN },
	{ "no_domain_R07", STR("<a>"), "a", "a", NULL, PLAIN },
	{ "postmaster_R20", STR("<postmaster>"), "postmaster", "postmaster", NULL, PLAIN },
	{ "mailer_daemon_R22", STR("<MAILER-DAEMON>"), "MAILER-DAEMON", "MAILER-DAEMON", NULL, PLAIN },
	{ "localhost_R06", STR("<a@localhost>"), "a@localhost", "a", "localhost", PLAIN },
	{ "all_of_atext", STR("<!#$&'*+-/=?^_`{|}~@x.example>"), "!#$&'*+-/=?^_`{|}~@x.example", "!#$&'*+-/=?^_`{|}~",
	  "x.example", REROUTES },
	{ "plus_address_R24", STR("<u+ext=ext.example@ours.example>"), "u+ext=ext.example@ours.example",
	  "u+ext=ext.example", "ours.example", PLAIN },
	{ "srs_R24", STR("<SRS0=ab12=XY=ext.example=u@ours.example>"), "SRS0=ab12=XY=ext.example=u@ours.example",
	  "SRS0=ab12=XY=ext.example=u", "ours.example", PLAIN },
	{ "path_like_R23", STR("</etc/passwd@ours.example>"), "/etc/passwd@ours.example", "/etc/passwd", "ours.example", PLAIN },
	{ "leading_hyphen_R23", STR("<-f@ours.example>"), "-f@ours.example", "-f", "ours.example", PLAIN },
	{ "pipe_in_quotes_R23", STR("<\"|cmd\"@ours.example>"), "|cmd@ours.example", "|cmd", "ours.example", QUOTED },
	{ "suffix_of_ours_R18", STR("<u@xours.example>"), "u@xours.example", "u", "xours.example", PLAIN },
	{ "local_part_of_64", STR("<" L_64 "@ours.example>"), L_64 "@ours.example", L_64, "ours.example", PLAIN },
	{ "address_of_254", STR("<" L_64 "@" D_189 ">"), L_64 "@" D_189, L_64, D_189, PLAIN },

	{ "path_of_256_with_a_route", STR("<@" LABEL_60 "b:u@" D_189 ">"), "u@" D_189, "u", D_189, ROUTED },
	{ "percent_R08", STR("<u%ext.example@ours.example>"), "u%ext.example@ours.example", "u%ext.example",
	  "ours.example", REROUTES },
	{ "percent_at_a_literal_R08", STR("<u%ext.example@[192.0.2.25]>"), "u%ext.example@[192.0.2.25]", "u%ext.example",
	  "[192.0.2.25]", REROUTES },
	{ "percent_without_domain_R09", STR("<u%ext.example>"), "u%ext.example", "u%ext.example", NULL, REROUTES },
	{ "quoted_percent_without_domain_R09", STR("<\"u%ext.example\">"), "u%ext.example", "u%ext.example", NULL, QUOTED | REROUTES },
	{ "quoted_at_without_domain_R11", STR("<\"u@ext.example\">"), "\"u@ext.example\"", "u@ext.example", NULL, QUOTED | REROUTES },
	{ "quoted_at_R11", STR("<\"u@ext.example\"@ours.example>"), "\"u@ext.example\"@ours.example", "u@ext.example",
	  "ours.example", QUOTED | REROUTES },
	{ "quoted_at_and_literal_R11", STR("<\"u@ext.example\"@[192.0.2.25]>"), "\"u@ext.example\"@[192.0.2.25]",
	  "u@ext.example", "[192.0.2.25]", QUOTED | REROUTES },
	{ "quoted_route_ID_01", STR("<\"@ours.example:u\"@ours.example>"), "\"@ours.example:u\"@ours.example",
	  "@ours.example:u", "ours.example", QUOTED | REROUTES },
	{ "source_route_R12", STR("<@ours.example:u@ext.example>"), "u@ext.example", "u", "ext.example", ROUTED },
	{ "source_route_by_literal_R12", STR("<@[192.0.2.25]:u@ext.example>"), "u@ext.example", "u", "ext.example", ROUTED },
	{ "source_route_by_ipv6_R12", STR("<@[IPv6:2001:db8::1]:u@ext.example>"), "u@ext.example", "u", "ext.example", ROUTED },
	{ "source_route_of_two_R12", STR("<@a,@b:u@ext.example>"), "u@ext.example", "u", "ext.example", ROUTED },
	{ "bang_without_domain_R13", STR("<ext.example!u>"), "ext.example!u", "ext.example!u", NULL, REROUTES },
	{ "bang_R13", STR("<ext.example!u@ours.example>"), "ext.example!u@ours.example", "ext.example!u", "ours.example", REROUTES },
	{ "bangs_R13", STR("<a!ext.example!u>"), "a!ext.example!u", "a!ext.example!u", NULL, REROUTES },
	{ "mixed_R14", STR("<ext.example!u%x@ours.example>"), "ext.example!u%x@ours.example", "ext.example!u%x",
	  "ours.example", REROUTES },

	{ "literal_R15", STR("<u@[203.0.113.9]>"), "u@[203.0.113.9]", "u", "[203.0.113.9]", PLAIN },
	{ "ipv6_literal_R15", STR("<u@[IPv6:2001:DB8:0::9]>"), "u@[IPv6:2001:db8::9]", "u", "[IPv6:2001:db8::9]", PLAIN },
	{ "ipv6_tag_in_any_case", STR("<u@[ipv6:2001:db8::9]>"), "u@[IPv6:2001:db8::9]", "u", "[IPv6:2001:db8::9]", PLAIN },
	{ "mapped_literal_R33", STR("<u@[IPv6:::ffff:192.0.2.25]>"), "u@[192.0.2.25]", "u", "[192.0.2.25]", PLAIN },

	{ "quoted_local_part", STR("<\"a b\"@c.example>"), "\"a b\"@c.example", "a b", "c.example", QUOTED },
	{ "quoted_without_brackets", STR("\"a b\"@c.example NOTIFY=NEVER"), "\"a b\"@c.example", "a b", "c.example", QUOTED },
	{ "needless_quotes_ID_06", STR("<\"alice\"@x.example>"), "alice@x.example", "alice", "x.example", QUOTED },
	{ "quoted_pairs", STR("<\"a\\\"b\\\\c\"@x.example>"), "\"a\\\"b\\\\c\"@x.example", "a\"b\\c", "x.example", QUOTED },
	{ "needless_quoted_pair", STR("<\"\\a\"@x.example>"), "a@x.example", "a", "x.example", QUOTED },
	{ "quoted_bracket", STR("<\"a>b\"@x.example>"), "\"a>b\"@x.example", "a>b", "x.example", QUOTED },
	{ "quoted_dots", STR("<\".a..b.\"@x.example>"), "\".a..b.\"@x.example", ".a..b.", "x.example", QUOTED },

	{ "utf8_R19", STR("<\xc3\xbc@ex\xc3\xa4mple.example>"), "\xc3\xbc@xn--exmple-cua.example", "\xc3\xbc",
	  "xn--exmple-cua.example", PLAIN },
	{ "utf8_in_quotes_SMTP_13", STR("<\"\xc3\xbc \"@x.example>"), "\"\xc3\xbc \"@x.example", "\xc3\xbc ", "x.example", QUOTED },
	{ "u_label_and_a_label_are_one_SMTP_13", STR("<u@xn--exmple-cua.example>"), "u@xn--exmple-cua.example", "u",
	  "xn--exmple-cua.example", PLAIN },
	{ "decomposed_local_part_is_kept_SMTP_13", STR("<u\xcc\x88@x.example>"), "u\xcc\x88@x.example", "u\xcc\x88",
	  "x.example", PLAIN },
	{ "ideographic_stop_R19", STR("<u@ours\xe3\x80\x82" "example>"), "u@ours.example", "u", "ours.example", PLAIN },
	{ "fullwidth_at_R19", STR("<u\xef\xbc\xa0ours.example>"), "u\xef\xbc\xa0ours.example", "u\xef\xbc\xa0ours.example",
	  NULL, PLAIN },
};

static const struct refused {
	const char *name;
	struct str in;
	const char *problem;
} refused_table[] = {
	{ "two_at_R10", STR("<u@ext.example@ours.example>"), "two @ outside quotes" },
	{ "two_at_with_literal_R10", STR("<u@ext.example@[192.0.2.25]>"), "two @ outside quotes" },
	{ "two_at_without_brackets_R10", STR("u@ext.example@ours.example"), "two @ outside quotes" },
	{ "ipv6_without_tag", STR("<u@[2001:db8::9]>"), "malformed address literal" },
	{ "ipv4_with_tag", STR("<u@[IPv6:203.0.113.9]>"), "malformed address literal" },
	{ "ipv6_scope", STR("<u@[IPv6:fe80::1%eth0]>"), "malformed address literal" },
	{ "literal_with_leading_zeros", STR("<u@[010.0.0.1]>"), "malformed address literal" },
	{ "short_literal", STR("<u@[10.1]>"), "malformed address literal" },
	{ "literal_with_nul", STR("<u@[10.0.0.1\0]>"), "malformed address literal" },
	{ "literal_of_a_name_ID_02", STR("<u@[ours.example]>"), "malformed address literal" },
	{ "general_literal", STR("<u@[x400:c=gb]>"), "malformed address literal" },
	{ "empty_literal", STR("<u@[]>"), "malformed address literal" },
	{ "literal_without_end", STR("<u@[192.0.2.1>"), "no domain" },
	{ "bytes_behind_a_literal", STR("<u@[192.0.2.1]x>"), "malformed address literal" },
	{ "dotted_quad_R15", STR("<u@203.0.113.9>"), "IP address without brackets" },
	{ "loopback_quad_R06", STR("<a@127.0.0.1>"), "IP address without brackets" },
	{ "hash_number_R15", STR("<u@#3405803785>"), "malformed domain" },
	{ "decimal_number_R15", STR("<u@3405803785>"), "IP address without brackets" },
	{ "hexadecimal_number_R15", STR("<u@0xcb007109>"), "malformed domain" },
	{ "empty_quotes", STR("<\"\"@x.example>"), "no local part" },
	{ "quote_without_end", STR("<\"a@x.example>"), "quote without end" },
	{ "quote_that_ends_in_a_pair", STR("<\"a\\"), "quote without end" },
	{ "quote_with_line_end", STR("<\"a\r\n b\"@x.example>"), "control character in the address" },
	{ "quote_with_nul", STR("<\"a\0b\"@x.example>"), "control character in the address" },
	{ "quoted_pair_of_nul", STR("<\"a\\\0b\"@x.example>"), "control character in the address" },
	{ "quoted_pair_of_utf8", STR("<\"\\\xc3\xbc\"@x.example>"), "unexpected character" },
	{ "word_behind_a_quote", STR("<\"a\".b@x.example>"), "unexpected character" },
	{ "quote_of_65", STR("<\"" L_64 "\"@x.example>"), "local part too long" },
	{ "quote_of_300", STR("<\"" L_64 L_64 L_64 L_64 L_64 "\"@x.example>"), "local part too long" },
	{ "fullwidth_at_in_the_domain_R19", STR("<u@ext.example\xef\xbc\xa0ours.example>"), "malformed domain" },
	{ "latin_1_R38", STR("<J\xfcrgen@x.example>"), "invalid UTF-8" },
	{ "latin_1_domain", STR("<u@m\xfcnchen.example>"), "invalid UTF-8" },
	{ "latin_1_in_quotes", STR("<\"J\xfcrgen\"@x.example>"), "invalid UTF-8" },
	{ "overlong_SMTP_13", STR("<a\xc0\xaf@x.example>"), "invalid UTF-8" },
	{ "surrogate_SMTP_13", STR("<a\xed\xa0\x80@x.example>"), "invalid UTF-8" },
	{ "c1_control", STR("<a\xc2\x85@x.example>"), "control character in the address" },
	{ "nothing", STR(""), "no local part" },
	{ "only_white_space", STR("   "), "no local part" },
	{ "lone_at_R38", STR("<@>"), "no domain" },
	{ "no_domain_behind_at_R38", STR("<u@>"), "no domain" },
	{ "no_domain_behind_at_without_brackets", STR("u@"), "no domain" },
	{ "only_a_domain_R38", STR("<@ours.example>"), "no local part" },
	{ "only_a_domain_without_brackets", STR("@ours.example"), "no local part" },
	{ "only_a_route", STR("<@ours.example:>"), "no local part" },
	{ "route_to_no_domain", STR("<@ours.example:u>"), "source route without a domain behind it" },
	{ "route_with_a_bad_hop", STR("<@-a.example:u@ext.example>"), "malformed domain" },
	{ "route_with_an_empty_hop", STR("<@a,,@b:u@ext.example>"), "malformed source route" },
	{ "route_with_a_space", STR("<@a, @b:u@ext.example>"), "white space in the address" },
	{ "bracket_without_end_SMTP_12", STR("<u@ext.example"), "missing >" },
	{ "lone_bracket", STR("<"), "no local part" },
	{ "lone_closing_bracket", STR(">"), "no local part" },
	{ "bracket_without_start", STR("u@ext.example>"), "unexpected character" },
	{ "two_opening_brackets", STR("<<u@ext.example>>"), "no local part" },
	{ "bytes_behind_the_bracket", STR("<a@ours.example>,<b@ext.example>"), "unexpected character" },
	{ "letters_behind_the_bracket", STR("<a@ours.example>b"), "unexpected character" },
	{ "line_end_behind_the_bracket", STR("<a@ours.example>\r\n"), "control character in the address" },
	{ "space_inside_ID_02", STR("<u@ours.example >"), "white space in the address" },
	{ "tab_inside_ID_02", STR("<u@ours.example\t>"), "white space in the address" },
	{ "space_in_front_inside", STR("< u@ours.example>"), "white space in the address" },
	{ "space_in_the_local_part", STR("<u v@ours.example>"), "white space in the address" },
	{ "comment_ID_02", STR("<u@ours.example(x)>"), "malformed domain" },
	{ "comment_in_the_local_part", STR("<u(x)@ours.example>"), "unexpected character" },
	{ "include_R23", STR("<:include:/x@ours.example>"), "no local part" },
	{ "dot_first", STR("<.u@ours.example>"), "misplaced dot in the local part" },
	{ "dot_last", STR("<u.@ours.example>"), "misplaced dot in the local part" },
	{ "two_dots", STR("<u..v@ours.example>"), "misplaced dot in the local part" },
	{ "two_dots_in_the_domain", STR("<u@ours..example>"), "malformed domain" },
	{ "percent_nul_ID_02", STR("<u@ours.example%00.evil.example>"), "malformed domain" },
	{ "nul_R38", STR("<u\0@ours.example>"), "control character in the address" },
	{ "nul_in_the_domain_ID_02", STR("<u@ours.example\0.evil.example>"), "control character in the address" },
	{ "line_end_R38", STR("<u@ours.example\r\nRCPT TO:<v@ext.example>"), "control character in the address" },
	{ "escape_R38", STR("<\x1b[2J@ours.example>"), "control character in the address" },
	{ "delete_R38", STR("<u\x7f@ours.example>"), "control character in the address" },
	{ "local_part_of_65_R38", STR("<b" L_64 "@ours.example>"), "local part too long" },
	{ "address_of_255_R38", STR("<" L_64 "@" D_189 "b>"), "address too long" },
	{ "address_of_255_without_brackets_R38", STR(L_64 "@" D_189 "b"), "address too long" },
	{ "path_of_257_with_a_route_R38", STR("<@" LABEL_60 ".b:u@" D_189 ">"), "address too long" },
	{ "address_of_320_SMTP_12", STR("<" L_64 "@" D_189 "." LABEL_60 ".c4567>"), "malformed domain" },
};

static void check_refused(void **state)
{
	const struct refused *row = *state;
	struct arena *arena = arena_new();
	struct address address = { .text = "untouched" };
	const char *problem = NULL;

	for (enum address_kind kind = ADDRESS_SENDER; kind <= ADDRESS_RECIPIENT; kind++) {
		if (kind == ADDRESS_SENDER && strcmp(row->problem, "local part too long") == 0)
			continue;	/* see senders_may_have_a_long_local_part */
		assert_int_equal(address_parse(arena, row->in, kind, &address, &problem), -EINVAL);
		assert_string_equal(problem, row->problem);
		assert_string_equal(address.text, "untouched");
	}
	arena_free(arena);
}

static void check_taken_as(const struct taken *row, struct arena *arena, enum address_kind kind)
{
	struct address address, again;
	const char *problem = NULL;

	assert_int_equal(address_parse(arena, row->in, kind, &address, &problem), 0);
	assert_string_equal(address.text, row->text);
	assert_string_equal(address.localpart, row->localpart);
	if (row->domain == NULL)
		assert_null(address.domain);
	else
		assert_string_equal(address.domain, row->domain);
	assert_int_equal(address.literal.family != IP_NONE, row->domain != NULL && row->domain[0] == '[');
	assert_int_equal(address.quoted, (row->flags & QUOTED) != 0);
	assert_int_equal(address.source_route, (row->flags & ROUTED) != 0);
	assert_int_equal(address_reroutes(&address), (row->flags & REROUTES) != 0);

	assert_int_equal(address_parse(arena, str_of(address.text), kind, &again, &problem), 0);
	assert_string_equal(again.text, address.text);
}

static void check_taken(void **state)
{
	struct arena *arena = arena_new();

	check_taken_as(*state, arena, ADDRESS_SENDER);
	check_taken_as(*state, arena, ADDRESS_RECIPIENT);
	arena_free(arena);
}

static void senders_may_have_a_long_local_part(void **state)
{
	struct arena *arena = arena_new();
	struct address address;
	const char *problem;

	(void)state;
	assert_int_equal(address_parse(arena, STR("<b" L_64 L_64 "@lists.example>"), ADDRESS_SENDER, &address, &problem), 0);
	assert_string_equal(address.domain, "lists.example");
	arena_free(arena);
}

static void null_path_is_for_senders_only_SMTP_12(void **state)
{
	struct arena *arena = arena_new();
	struct address address;
	const char *problem;

	(void)state;
	assert_int_equal(address_parse(arena, STR("<> SIZE=1"), ADDRESS_SENDER, &address, &problem), 0);
	assert_string_equal(address.text, "");
	assert_string_equal(address.localpart, "");
	assert_null(address.domain);
	assert_false(address_reroutes(&address));
	assert_false(address_is_postmaster(&address));
	assert_int_equal(address_parse(arena, STR("<>"), ADDRESS_RECIPIENT, &address, &problem), -EINVAL);
	assert_string_equal(problem, "empty recipient");
	assert_int_equal(address_parse(arena, STR(""), ADDRESS_SENDER, &address, &problem), -EINVAL);
	arena_free(arena);
}

static const struct postmaster {
	const char *name, *in;
	bool is_postmaster;
} postmaster_table[] = {
	{ "postmaster_R20", "<postmaster>", true },
	{ "postmaster_in_any_case_R20", "<PostMaster@ours.example>", true },
	{ "quoted_postmaster", "<\"postmaster\"@ours.example>", true },
	{ "abuse_R20", "<abuse@ours.example>", true },
	{ "postmaster_at_a_literal_R20", "<postmaster@[192.0.2.25]>", true },
	{ "longer_name", "<postmasters@ours.example>", false },
	{ "other_name", "<root@ours.example>", false },
};

static void check_postmaster(void **state)
{
	const struct postmaster *row = *state;
	struct arena *arena = arena_new();
	struct address address;
	const char *problem;

	assert_int_equal(address_parse(arena, str_of(row->in), ADDRESS_RECIPIENT, &address, &problem), 0);
	assert_int_equal(address_is_postmaster(&address), row->is_postmaster);
	arena_free(arena);
}

static const struct entry {
	const char *name, *in, *normalised;	/* NULL: refused */
	const char *matches[6], *others[8];	/* as paths */
} entry_table[] = {
	{ "address", "User@OURS.example", "User@ours.example",
	  { "<user@ours.example>", "<USER@ours.example.>", "<\"user\"@ours.example>" },
	  { "<user2@ours.example>", "<user@sub.ours.example>", "<user@ours.example.evil.example>", "<user>", "<>" } },
	{ "domain", " Ours.Example ", "ours.example",
	  { "<u@ours.example>", "<\"u@ext.example\"@ours.example>" },
	  { "<u@sub.ours.example>", "<u@xours.example>", "<u@evil-ours.example>", "<ours.example>", "<>" } },
	{ "domain_with_at", "@ours.example", "@ours.example",
	  { "<u@ours.example>" }, { "<u@sub.ours.example>", "<u>", "<\"@ours.example\">", "<>" } },
	{ "below", ".ours.example", ".ours.example",
	  { "<u@sub.ours.example>", "<u@a.b.ours.example>" }, { "<u@ours.example>", "<u@xours.example>", "<>" } },
	{ "below_with_at", "@.ours.example", "@.ours.example",
	  { "<u@sub.ours.example>" }, { "<u@ours.example>", "<u@xours.example>", "<>" } },
	{ "everybody", "*", "*", { "<u@ext.example>", "<postmaster>", "<u@[192.0.2.1]>" }, { "<>" } },
	{ "null_sender", "<>", "<>", { "<>" }, { "<u@ours.example>", "<u>" } },
	{ "literal", "@[IPv6:2001:DB8::1]", "@[IPv6:2001:db8::1]",
	  { "<u@[IPv6:2001:db8:0::1]>" }, { "<u@[192.0.2.1]>", "<u@ours.example>" } },
	{ "u_label", "@m\xc3\xbcnchen.example", "@xn--mnchen-3ya.example",
	  { "<u@M\xc3\x9cNCHEN.example>", "<u@xn--mnchen-3ya.example>" }, { "<u@munchen.example>" } },
	{ "quoted_address", "\"a@b\"@ours.example", "\"a@b\"@ours.example",
	  { "<\"A@b\"@ours.example>" }, { "<a@ours.example>", "<\"a@b\">" } },
	{ "umlaut_keeps_its_case", "\xc3\xbc@ours.example", "\xc3\xbc@ours.example",
	  { "<\xc3\xbc@ours.example>" }, { "<\xc3\x9c@ours.example>" } },
	{ "empty_entry", "", NULL, { NULL }, { NULL } },
	{ "at_alone", "@", NULL, { NULL }, { NULL } },
	{ "dot_alone", ".", NULL, { NULL }, { NULL } },
	{ "star_below", "*.ours.example", NULL, { NULL }, { NULL } },
	{ "star_at", "@*", NULL, { NULL }, { NULL } },
	{ "user_below", "u@.ours.example", NULL, { NULL }, { NULL } },
	{ "two_at", "u@a@b", NULL, { NULL }, { NULL } },
	{ "brackets", "<u@ours.example>", NULL, { NULL }, { NULL } },
	{ "words_behind", "u@ours.example x", NULL, { NULL }, { NULL } },
	{ "ip_without_brackets", "192.0.2.1", NULL, { NULL }, { NULL } },
	{ "below_a_literal", ".[192.0.2.1]", NULL, { NULL }, { NULL } },
	{ "quoted_name_without_domain", "\"a@b\"", NULL, { NULL }, { NULL } },
};

static void check_matches(struct arena *arena, const char *entry, const char *const *paths, size_t len, bool expected)
{
	for (size_t i = 0; i < len && paths[i] != NULL; i++) {
		struct address address;
		const char *problem;

		assert_int_equal(address_parse(arena, str_of(paths[i]), ADDRESS_SENDER, &address, &problem), 0);
		if (address_matches(&address, entry) != expected)
			fail_msg("%s %s %s", entry, expected ? "does not match" : "matches", paths[i]);
	}
}

static void check_entry(void **state)
{
	const struct entry *row = *state;
	struct arena *arena = arena_new();
	const char *entry = "untouched", *again;
	int r = address_entry_normalise(arena, str_of(row->in), &entry);

	if (row->normalised == NULL) {
		assert_int_equal(r, -EINVAL);
		assert_string_equal(entry, "untouched");
	} else {
		assert_int_equal(r, 0);
		assert_string_equal(entry, row->normalised);
		assert_int_equal(address_entry_normalise(arena, str_of(entry), &again), 0);
		assert_string_equal(again, entry);
		check_matches(arena, entry, row->matches, sizeof(row->matches) / sizeof(row->matches[0]), true);
		check_matches(arena, entry, row->others, sizeof(row->others) / sizeof(row->others[0]), false);
	}
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, taken_table, check_taken);
	rows_add(&rows, refused_table, check_refused);
	rows_add_one(&rows, "senders_may_have_a_long_local_part", senders_may_have_a_long_local_part, NULL);
	rows_add_one(&rows, "null_path_is_for_senders_only_SMTP_12", null_path_is_for_senders_only_SMTP_12, NULL);
	rows_add(&rows, postmaster_table, check_postmaster);
	rows_add(&rows, entry_table, check_entry);
	return rows_run(&rows, "address");
}

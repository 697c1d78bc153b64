/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/mailbox.h"

#include <errno.h>
#include <stdlib.h>

#include "t/unit/rows.h"

/* strict holds the texts of the addresses with a space between them; NULL: the field is refused. */
static const struct row {
	const char *name;
	struct str value;
	const char *strict;
} table[] = {
	/* RFC 5322 appendix A */
	{ "rfc5322_a11", STR(" John Doe <jdoe@machine.example>"), "jdoe@machine.example" },
	{ "rfc5322_a12_quoted_name", STR(" \"Joe Q. Public\" <john.q.public@example.com>"), "john.q.public@example.com" },
	{ "rfc5322_a12_list", STR(" Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>"),
	  "mary@x.test jdoe@example.org one@y.test" },
	{ "rfc5322_a12_quotes_in_quotes", STR(" <boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>"),
	  "boss@nil.test sysservices@example.net" },
	{ "rfc5322_a13_group", STR(" A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;"),
	  "c@a.test joe@where.test jdoe@one.test" },
	{ "rfc5322_a13_empty_group", STR(" Undisclosed recipients:;"), "" },
	{ "rfc5322_a5_comments", STR(" Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>"),
	  "pete@silly.test" },
	{ "rfc5322_a5_group_with_comments", STR(" A Group(Some people)\n     :Chris Jones <c@(Chris's host.)public.example>,\n"
						"         joe@example.org,\n  John <jdoe@one.test> (my dear friend); (the end of the group)"),
	  "c@public.example joe@example.org jdoe@one.test" },
	{ "rfc5322_a5_empty_group_with_comment", STR("(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;"), "" },
	{ "rfc5322_a61_obs_phrase", STR(" Joe Q. Public <john.q.public@example.com>"), "john.q.public@example.com" },
	{ "rfc5322_a61_route_and_empty_elements",
	  STR(" Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example"), "mary@example.net jdoe@test.example" },
	{ "rfc5322_a63_white_space", STR(" John Doe <jdoe@machine(comment).  example>"), "jdoe@machine.example" },

	/* benign */
	{ "bare_address", STR("a@x.example"), "a@x.example" },
	{ "angle_address_alone", STR(" <a@x.example>"), "a@x.example" },
	{ "dots_in_a_phrase", STR(" J. R. Doe <j@x.example>"), "j@x.example" },
	{ "comma_in_quotes", STR(" \"Doe, Jane\" <jane@x.example>"), "jane@x.example" },
	{ "at_in_quotes_ID_11", STR(" \"ceo@ours.example via list\" <list@x.example>"), "list@x.example" },
	{ "address_as_its_own_name", STR(" \"a@x.example\" <a@x.example>"), "a@x.example" },
	{ "own_angle_address_in_quotes", STR(" \"<a@x.example>\" <a@x.example>"), "a@x.example" },
	{ "quoted_pairs_in_quotes", STR(" \"Jane \\\"JJ\\\" Doe\" <j@x.example>"), "j@x.example" },
	{ "quoted_pairs_and_the_own_address", STR(" \"Jane \\\"j@x.example\\\" Doe\" <j@x.example>"), "j@x.example" },
	{ "quoted_pairs_and_a_handle", STR(" \"Jane \\\"(@jane)\\\"\" <n@x.example>"), "n@x.example" },
	{ "parentheses_in_quotes", STR(" \"(j@y.example\" <list@x.example>, \")\" <k@x.example>"), "list@x.example k@x.example" },
	{ "encoded_parentheses", STR(" =?UTF-8?Q?J=C3=BCrgen_=28Sales=29?= <j@x.example>"), "j@x.example" },
	{ "encoded_address_in_parentheses_ID_11", STR(" =?UTF-8?Q?J=C3=BCrgen_=28j=40y.example=29_via_list?= <list@x.example>"),
	  "list@x.example" },
	{ "encoded_address_in_parentheses_latin_1_ID_11", STR(" =?iso-8859-1?Q?J=FCrgen_=28j=40y.example=29?= <list@x.example>"),
	  "list@x.example" },
	{ "encoded_own_address_in_brackets", STR(" =?utf-8?Q?J=C3=BCrgen_=3Cj=40x.example=3E?= <j@x.example>"), "j@x.example" },
	{ "name_in_a_comment", STR(" jane@x.example (Jane Doe)"), "jane@x.example" },
	{ "address_in_a_comment_behind_ID_11", STR(" list@x.example (jane@y.example via list)"), "list@x.example" },
	{ "empty_name", STR(" \"\" <a@x.example>"), "a@x.example" },
	{ "apostrophes", STR(" 'Jane' <o'neill@x.example>"), "o'neill@x.example" },
	{ "handle_in_quotes", STR(" \"Jane (@jane)\" <notify@x.example>"), "notify@x.example" },
	{ "brackets_in_quotes", STR(" \"[jira] Jane Doe\" <jira@x.example>"), "jira@x.example" },
	{ "encoded_name", STR(" =?UTF-8?Q?J=C3=BCrgen_Doe?= <j@x.example>"), "j@x.example" },
	{ "encoded_name_touches_the_bracket", STR(" =?UTF-8?B?SsO8cmdlbg==?=<j@x.example>"), "j@x.example" },
	{ "encoded_name_in_quotes", STR(" \"=?UTF-8?Q?J=C3=BCrgen?=\" <j@x.example>"), "j@x.example" },
	{ "encoded_name_with_comma", STR(" =?UTF-8?Q?Doe=2C_J=C3=BCrgen?= <j@x.example>"), "j@x.example" },
	{ "encoded_address_as_a_name_ID_11", STR(" =?UTF-8?Q?ceo=40ours=2Eexample_via_list?= <list@x.example>"),
	  "list@x.example" },
	{ "two_encoded_words", STR(" =?UTF-8?Q?J=C3=BCr?=\n =?UTF-8?Q?gen?= <j@x.example>"), "j@x.example" },
	{ "iso_2022_jp_name", STR(" =?ISO-2022-JP?B?GyRCPCtALkBoPmYbKEI=?= <j@x.example>"), "j@x.example" },
	{ "utf8_name", STR(" J\xc3\xbcrgen <j@x.example>"), "j@x.example" },
	{ "idn", STR(" <\xc3\xbc@m\xc3\xbcnchen.example>"), "\xc3\xbc@xn--mnchen-3ya.example" },
	{ "idn_with_ideographic_stop", STR(" <u@ours\xe3\x80\x82" "example>"), "u@ours.example" },
	{ "literal", STR(" root@[192.0.2.1]"), "root@[192.0.2.1]" },
	{ "upper_case_domain", STR(" A@X.Example"), "A@x.example" },
	{ "folded", STR(" Jane\n\tDoe\r\n <jane@x.example>"), "jane@x.example" },
	{ "quoted_local_part", STR(" \"jane doe\"@x.example"), "\"jane doe\"@x.example" },
	{ "obs_local_part", STR(" \"jane\".doe@x.example"), "jane.doe@x.example" },
	{ "obs_local_part_with_spaces", STR(" jane . doe@x.example"), "jane.doe@x.example" },
	{ "local_part_of_70", STR("a234567890123456789012345678901234567890123456789012345678901234567890@x.example"),
	  "a234567890123456789012345678901234567890123456789012345678901234567890@x.example" },
	{ "same_domain_twice_HDR_07", STR("a@x.example, b@x.example"), "a@x.example b@x.example" },
	{ "group_of_one_HDR_07", STR("x: a@b.example;"), "a@b.example" },
	{ "groups_and_mailboxes", STR("x: a@b.example;, c@d.example, y:;"), "a@b.example c@d.example" },
	{ "trailing_comma", STR("a@x.example,"), "a@x.example" },
	{ "comments_everywhere", STR("(a)(b) Jane (c) Doe (d) <(e) jane@x.example (f)> (g)"), "jane@x.example" },

	/* refused */
	{ "empty_HDR_07", STR(""), NULL },
	{ "blank_HDR_07", STR("   "), NULL },
	{ "only_a_comment", STR(" (jane@x.example)"), NULL },
	{ "only_commas", STR(" ,,"), NULL },
	{ "only_a_phrase", STR(" Jane Doe"), NULL },
	{ "no_domain", STR(" MAILER-DAEMON"), NULL },
	{ "empty_brackets", STR(" Jane <>"), NULL },
	{ "comma_outside_quotes", STR(" Doe, Jane <jane@x.example>"), NULL },
	{ "two_words_and_at", STR(" jane doe@x.example"), NULL },
	{ "comment_between_words", STR(" jane(x)doe@x.example"), NULL },
	{ "two_at", STR(" a@b.example@c.example"), NULL },
	{ "dot_first", STR(" .a@x.example"), NULL },
	{ "dot_last", STR(" a.@x.example"), NULL },
	{ "two_dots", STR(" a..b@x.example"), NULL },
	{ "phrase_that_starts_with_a_dot", STR(" .Doe <a@x.example>"), NULL },
	{ "trailing_dot_in_the_domain", STR(" a@x.example."), NULL },
	{ "domain_of_other_atoms", STR(" a@x=y.example"), NULL },
	{ "ip_without_brackets", STR(" a@192.0.2.1"), NULL },
	{ "nested_group", STR(" x: y: a@b.example;;"), NULL },
	{ "group_in_a_group", STR(" x: y: a@b.example;"), NULL },
	{ "route_without_a_hop", STR(" <,:a@b.example>"), NULL },
	{ "group_without_end", STR(" x: a@b.example"), NULL },
	{ "semicolon_outside_a_group", STR(" a@b.example;"), NULL },
	{ "mailbox_behind_a_group_without_comma", STR(" x:; a@b.example"), NULL },
	{ "group_without_name", STR(" : a@b.example;"), NULL },
	{ "bracket_without_end", STR(" <a@x.example"), NULL },
	{ "bracket_without_start", STR(" a@x.example>"), NULL },
	{ "two_brackets", STR(" <<a@x.example>>"), NULL },
	{ "square_brackets_in_a_phrase", STR(" [jira] <a@x.example>"), NULL },
	{ "line_end_without_fold_MLT_08", STR(" a@x.example\nBcc: b@x.example"), NULL },
	{ "nul_HDR_17", STR(" a@x.example\0"), NULL },
	{ "nul_in_quotes", STR(" \"a\0b\" <a@x.example>"), NULL },
	{ "escape_in_a_comment", STR(" a@x.example (\x1b[2J)"), NULL },
	{ "latin_1_name", STR(" J\xfcrgen <j@x.example>"), NULL },
	{ "overlong_utf8", STR(" a@x\xc0\xae" "example"), NULL },
	{ "local_part_of_300", STR("\"                                                                                        "
				   "                                                                                         "
				   "                                                                                         "
				   "                                        \"@x.example"), NULL },

	/* espoofer and its kin */
	{ "address_behind_the_bracket_HDR_08", STR(" <a@evil.example>admin@legit.example"), NULL },
	{ "two_domains_HDR_07", STR(" admin@legit.example,<b@evil.example>"), "admin@legit.example b@evil.example" },
	{ "quoted_pair_outside_quotes_HDR_08", STR(" <admin@legit.example>\\,<b@evil.example>"), NULL },
	{ "route_HDR_08", STR(" <@evil.example,@x.example:admin@legit.example>"), "admin@legit.example" },
	{ "encoded_angle_address_HDR_08", STR(" =?utf-8?B?PGFkbWluQGxlZ2l0LmV4YW1wbGU+?= <b@evil.example>"),
	  "b@evil.example" },
	{ "encoded_angle_address_touches_HDR_08", STR(" =?utf-8?B?PGFkbWluQGxlZ2l0LmV4YW1wbGU+?=<b@evil.example>"),
	  "b@evil.example" },
	{ "encoded_angle_address_in_two_words_HDR_08", STR(" =?utf-8?B?PGFkbWlu?= =?utf-8?Q?=40legit.example=3E?= <b@evil.example>"),
	  "b@evil.example" },
	{ "encoded_comma_HDR_08", STR(" =?utf-8?Q?admin=40legit.example=2C?= <b@evil.example>"), "b@evil.example" },
	{ "encoded_nul_HDR_09", STR(" =?utf-8?Q?admin=40legit.example=00?= <b@evil.example>"), "b@evil.example" },
	{ "encoded_line_end_HDR_09", STR(" =?utf-8?Q?x=0d=0aBcc=3A_b?= <b@evil.example>"), "b@evil.example" },
	{ "encoded_utf_7_HDR_09", STR(" =?utf-7?Q?+ADw-admin+AEA-legit.example+AD4-?= <b@evil.example>"), "b@evil.example" },
	{ "encoded_local_part_HDR_08", STR(" =?utf-8?Q?admin=40legit.example=00?=@evil.example"),
	  "=?utf-8?Q?admin=40legit.example=00?=@evil.example" },
	{ "encoded_local_part_without_at_HDR_08", STR(" =?utf-8?Q?admin?=@evil.example"), "=?utf-8?Q?admin?=@evil.example" },
	{ "quoted_local_part_with_at_HDR_08", STR(" \"admin@legit.example\"@evil.example"),
	  "\"admin@legit.example\"@evil.example" },
	{ "comment_with_at_in_the_local_part_HDR_08", STR(" admin(@legit.example)@evil.example"), "admin@evil.example" },
	{ "comment_with_address_in_brackets_HDR_08", STR(" <b@evil.example(<admin@legit.example>)>"), "b@evil.example" },
	{ "comment_hides_half_a_domain_HDR_04", STR(" admin@legit.example(.evil.example"), NULL },
	{ "spaces_in_the_domain_HDR_08", STR(" admin@legit.example .evil.example"), "admin@legit.example.evil.example" },
	{ "comment_in_the_domain_HDR_08", STR(" admin@legit.example(x).evil.example"), "admin@legit.example.evil.example" },
	{ "quote_without_end_HDR_08", STR(" \"admin@legit.example <b@evil.example>"), NULL },
	{ "comment_without_end_HDR_08", STR(" (admin@legit.example <b@evil.example>"), NULL },
	{ "literal_without_end", STR(" a@[192.0.2.1"), NULL },
	{ "two_angle_addresses_HDR_08", STR(" <admin@legit.example> <b@evil.example>"), NULL },
	{ "bare_address_as_a_phrase_HDR_08", STR(" admin@legit.example <b@evil.example>"), NULL },
	{ "quoted_name_ends_early_HDR_08", STR(" \"Admin\" <admin@legit.example>\" <b@evil.example>"), NULL },
	{ "angle_address_in_quotes_ID_11", STR(" \"<ceo@ours.example>\" <x@evil.example>"), "x@evil.example" },
	{ "angle_address_in_a_comment_HDR_08", STR(" b@evil.example (<admin@legit.example>)"), "b@evil.example" },
	{ "angle_address_in_a_nested_comment_HDR_08", STR(" \"(\" b ((<admin@legit.example>)) <b@evil.example>"), "b@evil.example" },
	{ "angle_address_in_the_name_of_a_group_ID_11", STR(" \"<admin@legit.example>\": b@evil.example;"), "b@evil.example" },
	{ "quoted_pairs_that_end_the_quotes_HDR_08", STR(" \"x\\\" <admin@legit.example> \\\"\" <b@evil.example>"), "b@evil.example" },
	{ "quoted_pairs_before_a_comma_HDR_08", STR(" \"x\\\" admin@legit.example, \\\"\" <b@evil.example>"), "b@evil.example" },
	{ "quoted_pair_that_ends_a_comment_HDR_08", STR(" b@evil.example (\\) admin@legit.example)"), "b@evil.example" },
	{ "encoded_quote_ends_the_quotes_HDR_08", STR(" \"=?utf-8?Q?=22?= admin@legit.example\" <b@evil.example>"), "b@evil.example" },
	{ "encoded_parenthesis_ends_the_comment_HDR_08", STR(" b@evil.example (=?utf-8?Q?=29_admin=40legit.example?=)"),
	  "b@evil.example" },
	{ "encoded_parenthesis_and_a_plain_address_HDR_08", STR(" b@evil.example (=?utf-8?Q?=29?= admin@legit.example)"),
	  "b@evil.example" },
	{ "encoded_colon_HDR_08", STR(" =?utf-8?Q?admin=40legit.example=3A?= <b@evil.example>"), "b@evil.example" },
	{ "encoded_ebcdic_HDR_09", STR(" =?cp037?B?gYSUlZV8k4WHiaNLhaeBlJeThQ==?= <b@evil.example>"), "b@evil.example" },
	{ "encoded_element_before_another_HDR_08", STR(" =?utf-8?B?PGFkbWluQGxlZ2l0LmV4YW1wbGU+?=, <b@evil.example>"), NULL },
	{ "encoded_element_behind_another_HDR_08", STR(" <b@evil.example>, =?utf-8?Q?admin=40legit.example?="), NULL },
	{ "semicolon_between_addresses_HDR_08", STR(" b@evil.example; admin@legit.example"), NULL },
	{ "space_between_addresses_HDR_08", STR(" b@evil.example admin@legit.example"), NULL },
	{ "many_spaces_between_addresses_HDR_08", STR(" admin@legit.example\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t<b@evil.example>"), NULL },
	{ "route_without_brackets_HDR_08", STR(" @evil.example:admin@legit.example"), NULL },
	{ "escaped_bracket_HDR_08", STR(" <admin@legit.example\\> <b@evil.example>"), NULL },
	{ "brackets_that_overlap_HDR_08", STR(" <admin@legit.example <b@evil.example>>"), NULL },
	{ "percent_hack_is_a_local_part", STR(" admin%legit.example@evil.example"), "admin%legit.example@evil.example" },
	{ "fullwidth_at_HDR_08", STR(" admin\xef\xbc\xa0legit.example@evil.example"),
	  "admin\xef\xbc\xa0legit.example@evil.example" },
};

/* The fields that the strict reading takes and that are ambiguous all the same. */
static const char *const ambiguous[] = {
	"rfc5322_a61_route_and_empty_elements", "rfc5322_a63_white_space",
	"route_HDR_08", "encoded_angle_address_HDR_08", "encoded_angle_address_touches_HDR_08",
	"encoded_angle_address_in_two_words_HDR_08", "encoded_comma_HDR_08", "encoded_nul_HDR_09", "encoded_line_end_HDR_09",
	"encoded_utf_7_HDR_09", "encoded_local_part_HDR_08", "encoded_local_part_without_at_HDR_08",
	"quoted_local_part_with_at_HDR_08", "comment_with_at_in_the_local_part_HDR_08",
	"comment_with_address_in_brackets_HDR_08", "spaces_in_the_domain_HDR_08", "comment_in_the_domain_HDR_08",
	"fullwidth_at_HDR_08", "angle_address_in_a_comment_HDR_08", "angle_address_in_a_nested_comment_HDR_08",
	"quoted_pairs_that_end_the_quotes_HDR_08", "quoted_pairs_before_a_comma_HDR_08",
	"quoted_pair_that_ends_a_comment_HDR_08", "encoded_quote_ends_the_quotes_HDR_08", "encoded_parenthesis_ends_the_comment_HDR_08",
	"encoded_parenthesis_and_a_plain_address_HDR_08", "encoded_colon_HDR_08", "encoded_ebcdic_HDR_09",
};

static bool is_ambiguous(const struct row *row)
{
	for (size_t i = 0; i < sizeof(ambiguous) / sizeof(ambiguous[0]); i++)
		if (strcmp(ambiguous[i], row->name) == 0)
			return true;
	return row->strict == NULL;
}

static const char *join(struct arena *arena, const struct mailboxes *mailboxes)
{
	const char *text = "";

	for (size_t i = 0; i < mailboxes->len; i++)
		text = arena_printf(arena, "%s%s%s", text, i == 0 ? "" : " ", mailboxes->items[i].text);
	return text;
}

static void check(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_new();
	struct mailboxes mailboxes = { .len = 99 };
	int r = mailboxes_parse(arena, row->value, &mailboxes);

	if (row->strict == NULL) {
		assert_int_equal(r, -EINVAL);
		assert_int_equal(mailboxes.len, 99);
	} else {
		assert_int_equal(r, 0);
		assert_string_equal(join(arena, &mailboxes), row->strict);
		assert_int_equal(mailboxes.len > 0 && mailboxes.items[0].source_route, strstr(row->name, "route") != NULL);
	}
	assert_int_equal(mailboxes_ambiguous(arena, row->value), is_ambiguous(row));
	arena_free(arena);
}

static const struct find {
	const char *name;
	struct str value;
	const char *found;
} find_table[] = {
	{ "finds_bare", STR(" a@x.example"), "a@x.example" },
	{ "finds_in_brackets_and_quotes", STR(" \"a@x.example\" <b@y.example>"), "a@x.example b@y.example" },
	{ "finds_in_comments", STR(" b@y.example (a@x.example)"), "b@y.example a@x.example" },
	{ "finds_each_once", STR(" \"a@x.example\" <a@X.example>, <a@x.example>"), "a@x.example" },
	{ "finds_the_address_behind_the_bracket_HDR_08", STR(" <a@evil.example>admin@legit.example"),
	  "a@evil.example admin@legit.example" },
	{ "finds_behind_a_quoted_pair_HDR_08", STR(" <admin@legit.example>\\,<b@evil.example>"),
	  "admin@legit.example b@evil.example" },
	{ "finds_the_address_behind_a_route_HDR_08", STR(" <@evil.example,@x.example:admin@legit.example>"),
	  "admin@legit.example" },
	{ "finds_in_base64_HDR_08", STR(" =?utf-8?B?PGFkbWluQGxlZ2l0LmV4YW1wbGU+?=<b@evil.example>"),
	  "b@evil.example admin@legit.example" },
	{ "finds_in_quoted_printable_ID_11", STR(" =?utf-8?Q?admin=40legit=2Eexample?= <b@evil.example>"),
	  "b@evil.example admin@legit.example" },
	{ "finds_behind_an_open_quote_HDR_08", STR(" \"admin@legit.example <b@evil.example>"),
	  "admin@legit.example b@evil.example" },
	{ "finds_in_people_s_quotes", STR(" 'a@x.example' <b@y.example>"), "a@x.example b@y.example" },
	{ "finds_at_the_end_of_a_sentence", STR(" write to a@x.example."), "a@x.example" },
	{ "finds_quoted_local_parts", STR(" \"a b\"@x.example"), "\"a b\"@x.example" },
	{ "finds_literals", STR(" a@[IPv6:2001:db8::1]"), "a@[IPv6:2001:db8::1]" },
	{ "finds_u_labels", STR(" a@m\xc3\xbcnchen.example"), "a@xn--mnchen-3ya.example" },
	{ "finds_around_nul", STR("a@x.example\0b@y.example"), "a@x.example b@y.example" },
	{ "finds_no_handle", STR(" \"Jane (@jane)\""), "" },
	{ "finds_no_lone_at", STR("@ a@ @b @@ \"@"), "" },
	{ "finds_nothing", STR(""), "" },
};

static const struct find shown_table[] = {
	{ "shows_what_stands_there", STR(" \"a@x.example\" <b@y.example>"), "a@x.example b@y.example" },
	{ "shows_what_is_encoded", STR(" =?utf-8?Q?a=40x.example?= <b@y.example>"), "b@y.example a@x.example" },
	{ "shows_a_wide_at_ID_11", STR(" \"a\xef\xbc\xa0x.example\" <b@y.example>"), "b@y.example a@x.example" },
	{ "shows_a_small_at_ID_11", STR(" \"a\xef\xb9\xabx.example\" <b@y.example>"), "b@y.example a@x.example" },
	{ "shows_an_encoded_wide_at_ID_11", STR(" =?utf-8?Q?a=EF=BC=A0x.example?= <b@y.example>"), "b@y.example a@x.example" },
	{ "does_not_show_zero_width_ID_11", STR(" \"a\xe2\x80\x8b@\xe2\x80\x8bx\xe2\x80\x8d.exam\xef\xbb\xbfple\" <b@y.example>"),
	  "b@y.example a@x.example" },
	{ "does_not_show_overrides_ID_11", STR(" \"\xe2\x80\xae" "a@x.example\xe2\x80\xac\" <b@y.example>"),
	  "b@y.example a@x.example" },
	{ "does_not_show_soft_hyphens_ID_11", STR(" \"a@x\xc2\xad.example\" <b@y.example>"), "a@x.example b@y.example" },
	{ "shows_umlauts_and_cut_characters", STR(" \"\xc3\xbc@x.example \xc2\" <b@y.example> \xef\xbc"), "\xc3\xbc@x.example b@y.example" },
};

static void check_find(void **state)
{
	const struct find *row = *state;
	struct arena *arena = arena_new();
	struct mailboxes mailboxes;

	mailboxes_find(arena, row->value, &mailboxes);
	assert_string_equal(join(arena, &mailboxes), row->found);
	arena_free(arena);
}

static void check_shown(void **state)
{
	const struct find *row = *state;
	struct arena *arena = arena_new();
	struct mailboxes mailboxes;

	mailboxes_find_shown(arena, row->value, &mailboxes);
	assert_string_equal(join(arena, &mailboxes), row->found);
	arena_free(arena);
}

static void bare_has_blanks_for_names(void **state)
{
	struct arena *arena = arena_new();
	struct mailboxes mailboxes;
	struct str bare;

	(void)state;
	assert_int_equal(mailboxes_parse_bare(arena, STR("\"x@y\" (z) <a@b.example> (c),g:(d) e@f.example (h);"),
					      &mailboxes, &bare), 0);
	assert_memory_equal(bare.p, "          <a@b.example>    , :    e@f.example    ;", bare.len);
	arena_free(arena);
}

/* len bytes: text again and again. */
static struct str repeat(struct arena *arena, const char *text, size_t len)
{
	size_t text_len = strlen(text);
	char *copy = arena_alloc(arena, len);

	for (size_t i = 0; i < len; i++)
		copy[i] = text[i % text_len];
	return (struct str){ copy, len };
}

static void number_of_mailboxes_is_bounded(void **state)
{
	struct arena *arena = arena_new();
	struct mailboxes mailboxes;

	(void)state;
	assert_int_equal(mailboxes_parse(arena, repeat(arena, "a@b,", 4 * MAILBOXES_MAX), &mailboxes), 0);
	assert_int_equal(mailboxes.len, MAILBOXES_MAX);
	assert_int_equal(mailboxes_parse(arena, repeat(arena, "a@b,", 4 * MAILBOXES_MAX + 4), &mailboxes), -EINVAL);
	arena_free(arena);
}

static void nested_comments_are_read_HDR_08(void **state)
{
	const size_t depth = 100000;
	struct arena *arena = arena_new();
	struct str field = repeat(arena, "(", 2 * depth + 11);
	struct mailboxes mailboxes;

	(void)state;
	memset((char *)(uintptr_t)field.p + depth, ')', depth);
	memcpy((char *)(uintptr_t)field.p + 2 * depth, "a@x.example", 11);
	assert_int_equal(mailboxes_parse(arena, field, &mailboxes), 0);
	assert_string_equal(mailboxes.items[0].text, "a@x.example");
	assert_false(mailboxes_ambiguous(arena, field));
	assert_int_equal(mailboxes_parse(arena, (struct str){ field.p + 1, field.len - 1 }, &mailboxes), -EINVAL);
	arena_free(arena);
}

static const struct flood {
	const char *name, *text;
} flood_table[] = {
	{ "flood_of_comments_RES_04", "(" }, { "flood_of_quotes_RES_04", "\"" }, { "flood_of_brackets_RES_04", "<" },
	{ "flood_of_equals_RES_04", "=" }, { "flood_of_encoded_words_HDR_09", "=?" }, { "flood_of_words_HDR_09", "=?a?Q?b?=" },
	{ "flood_of_open_words_HDR_09", "=?a?Q?b" }, { "flood_of_at_RES_04", "@" }, { "flood_of_addresses", "a@b," },
	{ "flood_of_open_literals", "a@[" }, { "flood_of_quoted_at", "\"@" }, { "flood_of_dots", "." },
	{ "flood_of_letters", "a" }, { "flood_of_routes", "<@a," }, { "flood_of_groups", "a:;" },
	{ "flood_of_empty_comments", "()" }, { "flood_of_backslashes", "\\" }, { "flood_of_umlauts", "\xc3\xbc" },
	{ "flood_of_encoded_at", "=?a?Q?=40?=" }, { "flood_of_spaces", " " },
};

/* Not timed: 4 MB of anything that costs more than a few passes would not end here. */
static void check_flood(void **state)
{
	const struct flood *row = *state;
	struct arena *arena = arena_new();
	struct str value = repeat(arena, row->text, (size_t)4 << 20);
	struct mailboxes mailboxes;

	assert_true(mailboxes_ambiguous(arena, value));
	mailboxes_find(arena, value, &mailboxes);
	assert_true(mailboxes.len <= MAILBOXES_MAX);
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, table, check);
	rows_add(&rows, find_table, check_find);
	rows_add(&rows, shown_table, check_shown);
	rows_add_one(&rows, "bare_has_blanks_for_names", bare_has_blanks_for_names, NULL);
	rows_add_one(&rows, "number_of_mailboxes_is_bounded", number_of_mailboxes_is_bounded, NULL);
	rows_add_one(&rows, "nested_comments_are_read_HDR_08", nested_comments_are_read_HDR_08, NULL);
	rows_add(&rows, flood_table, check_flood);
	return rows_run(&rows, "mailbox");
}

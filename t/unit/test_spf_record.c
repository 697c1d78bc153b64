/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/spf_record.h"

#include <errno.h>

#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "t/unit/rows.h"

static const struct select {
	const char *name;
	struct str text;
	bool is_spf;
} select_table[] = {
	{ "version_alone", STR("v=spf1"), true },
	{ "version_and_a_space", STR("v=spf1 -all"), true },
	{ "any_case", STR("V=SpF1 -all"), true },
	{ "another_version_DNS_08", STR("v=spf10"), false },
	{ "version_and_a_tab_DNS_08", STR("v=spf1\t-all"), false },
	{ "version_and_a_nul_DNS_03", STR("v=spf1\0-all"), false },
	{ "cut_off", STR("v=spf"), false },
	{ "empty", STR(""), false },
	{ "space_first", STR(" v=spf1 -all"), false },
	{ "quoted_DNS_03", STR("\"v=spf1 -all\""), false },
};

static void check_select(void **state)
{
	const struct select *row = *state;

	assert_int_equal(spf_record_is_spf(row->text), row->is_spf);
}

#define ZEROS_20 "00000000000000000000"
#define LETTERS_50 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwx"

/* expected: of each directive its qualifier, mechanism, [target], ip and prefixes, then the modifiers; or "! " and what is wrong. */
static const struct row {
	const char *name;
	struct str text;
	const char *expected;
} table[] = {
	{ "empty_record", STR("v=spf1"), "" },
	{ "spaces_at_the_end", STR("v=spf1 -all   "), "-0" },
	{ "several_spaces", STR("v=spf1   a    -all"), "+2/32//128 -0" },
	{ "every_qualifier", STR("v=spf1 +mx -mx ~mx ?mx mx"), "+3/32//128 -3/32//128 ~3/32//128 ?3/32//128 +3/32//128" },
	{ "names_in_any_case", STR("v=spf1 A MX PTR INCLUDE:a.example EXISTS:a.example IP4:192.0.2.1 -ALL"),
	  "+2/32//128 +3/32//128 +4 +1[a.example] +7[a.example] +5 192.0.2.1/32 -0" },
	{ "rfc_example", STR("v=spf1 a:example.org/30//64 mx:b.example -all"), "+2[example.org]/30//64 +3[b.example]/32//128 -0" },
	{ "ip4_network", STR("v=spf1 ip4:192.0.2.0/24 ip4:0.0.0.0/0"), "+5 192.0.2.0/24 +5 0.0.0.0/0" },
	{ "ip4_with_host_bits", STR("v=spf1 ip4:192.0.2.77/24"), "+5 192.0.2.77/24" },
	{ "ip6_network", STR("v=spf1 ip6:2001:DB8::/32 ip6:::1"), "+6 2001:db8::/32 +6 ::1/128" },
	{ "ip6_with_ip4_inside_stays_ip6", STR("v=spf1 ip6:::ffff:1.2.3.4"), "+6 ::ffff:1.2.3.4/128" },
	{ "prefix_alone", STR("v=spf1 a/0 mx//0 a/24//64"), "+2/0//128 +3/32//0 +2/24//64" },
	{ "target_with_a_slash", STR("v=spf1 a:foo:bar/baz.example/24"), "+2[foo:bar/baz.example]/24//128" },
	{ "target_of_a_macro_and_a_prefix", STR("v=spf1 a:%{d}/24//64 a:%{d2r.-+,/_=}"), "+2[%{d}]/24//64 +2[%{d2r.-+,/_=}]/32//128" },
	{ "target_with_trailing_dot", STR("v=spf1 include:a.example."), "+1[a.example.]" },
	{ "target_ends_in_a_macro", STR("v=spf1 exists:%{i}._spf.%{d2} exists:a%% exists:a%_ exists:a%-"),
	  "+7[%{i}._spf.%{d2}] +7[a%%] +7[a%_] +7[a%-]" },
	{ "toplabel_with_digits_and_hyphens", STR("v=spf1 a:a.1b a:a.xn--p1ai a:a.1-1"),
	  "+2[a.1b]/32//128 +2[a.xn--p1ai]/32//128 +2[a.1-1]/32//128" },
	{ "modifiers_anywhere", STR("v=spf1 exp=x.example redirect=y.example mx"), "+3/32//128 redirect=y.example exp=x.example" },
	{ "modifiers_in_any_case", STR("v=spf1 EXP=x.example Redirect=y.example"), "redirect=y.example exp=x.example" },
	{ "all_makes_redirect_void", STR("v=spf1 redirect=y.example ?all exp=x.example"), "?0 exp=x.example" },
	{ "unknown_modifiers", STR("v=spf1 moo.cow-far_out=man:dog/cat x= a1=%{d}%% ra=postmaster"), "" },
	{ "unknown_modifier_twice", STR("v=spf1 x=1 x=2"), "" },
	{ "directives_behind_all_are_read", STR("v=spf1 -all a"), "-0 +2/32//128" },
	{ "64_KB_of_terms_DNS_03", { NULL, 65000 }, NULL },

	{ "tab_DNS_08", STR("v=spf1 a\t-all"), "! unknown mechanism" },
	{ "line_end_DNS_08", STR("v=spf1 ip4:192.0.2.5\n -all"), "! invalid IPv4 network" },
	{ "nul_DNS_03", STR("v=spf1 a:foo.example\0 -all"), "! invalid domain-spec" },
	{ "nul_as_a_term_DNS_03", STR("v=spf1 \0 -all"), "! unknown mechanism" },
	{ "nul_in_a_network_DNS_03", STR("v=spf1 ip4:192.0.2.5\0 -all"), "! invalid IPv4 network" },
	{ "eight_bits_DNS_03", STR("v=spf1 a:\xef\xbb\xbf.example -all"), "! invalid domain-spec" },
	{ "quote_and_backslash_are_visible_DNS_03", STR("v=spf1 a:\"\\.example"), "+2[\"\\.example]/32//128" },
	{ "trailing_junk_DNS_08", STR("v=spf1 -all junk"), "! unknown mechanism" },
	{ "qualifier_alone", STR("v=spf1 -"), "! unknown mechanism" },
	{ "qualifier_twice", STR("v=spf1 --all"), "! unknown mechanism" },
	{ "qualifier_before_a_modifier", STR("v=spf1 -redirect=a.example"), "! invalid name of a modifier" },
	{ "redirect_as_a_mechanism", STR("v=spf1 redirect:a.example"), "! unknown mechanism" },
	{ "all_with_an_argument", STR("v=spf1 -all:foo.example"), "! \"all\" takes no argument" },
	{ "all_with_a_prefix", STR("v=spf1 all/8"), "! \"all\" takes no argument" },
	{ "all_and_a_dot", STR("v=spf1 -all."), "! unknown mechanism" },
	{ "include_of_nothing", STR("v=spf1 include"), "! a domain-spec is missing" },
	{ "include_of_an_empty_target", STR("v=spf1 include:"), "! invalid domain-spec" },
	{ "include_with_a_prefix", STR("v=spf1 include:a.example/24"), "! invalid domain-spec" },
	{ "exists_of_nothing", STR("v=spf1 exists"), "! a domain-spec is missing" },
	{ "ptr_with_a_prefix", STR("v=spf1 ptr/0"), "! invalid domain-spec" },
	{ "a_of_an_empty_target", STR("v=spf1 a:"), "! invalid domain-spec" },
	{ "a_of_an_empty_target_and_a_prefix", STR("v=spf1 a:/24"), "! invalid domain-spec" },
	{ "a_with_a_port", STR("v=spf1 a:a.example:8080"), "! invalid domain-spec" },
	{ "a_with_an_address", STR("v=spf1 a:192.0.2.1"), "! invalid domain-spec" },
	{ "toplabel_alone", STR("v=spf1 a:museum"), "! invalid domain-spec" },
	{ "toplabel_of_digits", STR("v=spf1 a:abc.123"), "! invalid domain-spec" },
	{ "toplabel_begins_with_a_hyphen", STR("v=spf1 a:example.-com"), "! invalid domain-spec" },
	{ "toplabel_ends_with_a_hyphen", STR("v=spf1 a:example.com-"), "! invalid domain-spec" },
	{ "two_dots_at_the_end", STR("v=spf1 a:example.com.."), "! invalid domain-spec" },
	{ "dot_alone", STR("v=spf1 a:."), "! invalid domain-spec" },
	{ "letters_behind_a_macro", STR("v=spf1 a:%{d}com"), "! invalid domain-spec" },
	{ "slash_at_the_end", STR("v=spf1 a/"), "! invalid domain-spec" },
	{ "two_slashes_at_the_end", STR("v=spf1 a//"), "! invalid domain-spec" },
	{ "ip4_prefix_beyond_32_DNS_08", STR("v=spf1 ip4:1.2.3.4/33"), "! invalid prefix length" },
	{ "ip4_prefix_with_leading_zero_DNS_08", STR("v=spf1 ip4:1.2.3.4/032"), "! invalid prefix length" },
	{ "ip4_prefix_of_zeros", STR("v=spf1 ip4:1.2.3.4/00"), "! invalid prefix length" },
	{ "ip4_prefix_that_overflows", STR("v=spf1 ip4:1.2.3.4/4294967320"), "! invalid prefix length" },
	{ "ip4_prefix_of_20_zeros", STR("v=spf1 ip4:1.2.3.4/" ZEROS_20), "! invalid prefix length" },
	{ "ip4_empty_prefix", STR("v=spf1 ip4:1.2.3.4/"), "! invalid IPv4 network" },
	{ "ip4_dual_prefix", STR("v=spf1 ip4:1.2.3.4//32"), "! invalid IPv4 network" },
	{ "ip4_bare", STR("v=spf1 ip4"), "! invalid IPv4 network" },
	{ "ip4_empty", STR("v=spf1 ip4:"), "! invalid IPv4 network" },
	{ "ip4_short", STR("v=spf1 ip4:1.2.3"), "! invalid IPv4 network" },
	{ "ip4_with_a_port", STR("v=spf1 ip4:1.2.3.4:8080"), "! invalid IPv4 network" },
	{ "ip4_leading_zero", STR("v=spf1 ip4:1.2.3.04"), "! invalid IPv4 network" },
	{ "ip4_with_an_ip6", STR("v=spf1 ip4:2001:db8::1"), "! invalid IPv4 network" },
	{ "ip4_very_long", STR("v=spf1 ip4:" LETTERS_50 LETTERS_50), "! invalid IPv4 network" },
	{ "ip6_prefix_beyond_128_DNS_08", STR("v=spf1 ip6:::1/129"), "! invalid prefix length" },
	{ "ip6_dual_prefix", STR("v=spf1 ip6:::1//64"), "! invalid IPv6 network" },
	{ "ip6_with_a_scope", STR("v=spf1 ip6:fe80::1%eth0"), "! invalid IPv6 network" },
	{ "ip6_with_two_gaps", STR("v=spf1 ip6::CAFE::BABE"), "! invalid IPv6 network" },
	{ "a_dual_prefix_beyond_DNS_08", STR("v=spf1 a:/32//129"), "! invalid prefix length" },
	{ "a_dual_prefix_beyond_128_DNS_08", STR("v=spf1 a/32//129"), "! invalid prefix length" },
	{ "a_prefix_beyond_32", STR("v=spf1 a/33"), "! invalid prefix length" },
	{ "a_prefixes_with_one_slash", STR("v=spf1 a/24/64"), "! invalid prefix length" },
	{ "a_prefixes_with_three_slashes", STR("v=spf1 a/24///64"), "! invalid domain-spec" },
	{ "a_prefixes_the_wrong_way_round", STR("v=spf1 a//64/24"), "! invalid domain-spec" },
	{ "modifier_without_a_name", STR("v=spf1 =all"), "! invalid name of a modifier" },
	{ "modifier_that_begins_with_a_digit", STR("v=spf1 1up=foo"), "! invalid name of a modifier" },
	{ "modifier_name_with_nul", STR("v=spf1 a\0b=foo"), "! invalid name of a modifier" },
	{ "slash_before_the_equals_sign", STR("v=spf1 moo.cow/far_out=man"), "! unknown mechanism" },
	{ "modifier_with_bad_macro", STR("v=spf1 foo=%abc"), "! invalid macro string" },
	{ "modifier_with_a_percent_at_its_end_DNS_07", STR("v=spf1 foo=%"), "! invalid macro string" },
	{ "exp_of_nothing", STR("v=spf1 exp="), "! invalid domain-spec" },
	{ "redirect_of_nothing", STR("v=spf1 redirect="), "! invalid domain-spec" },
	{ "exp_twice", STR("v=spf1 exp=a.example exp=a.example"), "! modifier given twice" },
	{ "redirect_twice_and_all", STR("v=spf1 redirect=a.example all redirect=a.example"), "! modifier given twice" },
	{ "macro_letter_for_exp_text_DNS_07", STR("v=spf1 exp=%{r}.example"), "! invalid domain-spec" },
	{ "digits_behind_r_DNS_07", STR("v=spf1 exists:%{ir255}.example"), "! invalid domain-spec" },
	{ "no_parts_at_all_DNS_07", STR("v=spf1 exists:%{d0}.example"), "! invalid domain-spec" },
	{ "digits_that_overflow_DNS_07", STR("v=spf1 exists:%{d2147483648}.example"), "+7[%{d2147483648}.example]" },
};

static const char *append_directive(struct arena *arena, const char *so_far, const struct spf_directive *directive)
{
	const enum spf_mechanism m = directive->mechanism;
	/* Not ip_format alone: a mapped address is not to look like an IPv4 one here. */
	char ip[IP_TEXT_MAX];

	so_far = arena_printf(arena, "%s%s%c%u", so_far, so_far[0] == '\0' ? "" : " ", directive->qualifier, (unsigned)m);
	if (directive->target.p != NULL)
		so_far = arena_printf(arena, "%s[%.*s]", so_far, (int)directive->target.len, directive->target.p);
	if (m == SPF_IP4 || m == SPF_IP6)
		return arena_printf(arena, "%s %s/%u", so_far, ip_format(&directive->ip, ip),
				    m == SPF_IP4 ? directive->prefix4 : directive->prefix6);
	if (m == SPF_A || m == SPF_MX)
		return arena_printf(arena, "%s/%u//%u", so_far, directive->prefix4, directive->prefix6);
	return so_far;
}

static const char *append_modifier(struct arena *arena, const char *so_far, const char *name, struct str value)
{
	if (value.p == NULL)
		return so_far;
	return arena_printf(arena, "%s%s%s=%.*s", so_far, so_far[0] == '\0' ? "" : " ", name, (int)value.len, value.p);
}

static const char *describe(struct arena *arena, struct str text)
{
	struct spf_record record;
	struct spf_problem problem;
	struct spf_directive directive;
	const char *all = "";
	struct str terms;

	if (spf_record_read(text, &record, &problem) < 0) {
		assert_true(problem.term.p >= text.p && problem.term.p + problem.term.len <= text.p + text.len);
		return arena_printf(arena, "! %s", problem.what);
	}
	terms = record.terms;
	while (spf_record_next(&terms, &directive))
		all = append_directive(arena, all, &directive);
	all = append_modifier(arena, all, "redirect", record.redirect);
	return append_modifier(arena, all, "exp", record.exp);
}

/* "v=spf1 a a a ..." */
static void check_many(size_t len)
{
	_cleanup_(free_charp) char *text = malloc(len);
	struct spf_record record;
	struct spf_problem problem;
	struct spf_directive directive;
	size_t count = 0;

	memcpy(text, "v=spf1", 6);
	for (size_t i = 6; i < len; i++)
		text[i] = i % 2 == 0 ? ' ' : 'a';
	assert_int_equal(spf_record_read((struct str){ text, len }, &record, &problem), 0);
	while (spf_record_next(&record.terms, &directive))
		count++;
	assert_int_equal(count, (len - 6) / 2);
}

static void check_read(void **state)
{
	const struct row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	/* A copy that ends where the record ends, so that a byte read too many is seen. */
	_cleanup_(free_charp) char *text = NULL;

	if (row->text.p == NULL) {
		check_many(row->text.len);
		return;
	}
	text = malloc(row->text.len);
	memcpy(text, row->text.p, row->text.len);
	assert_true(spf_record_is_spf((struct str){ text, row->text.len }));
	assert_string_equal(describe(arena, (struct str){ text, row->text.len }), row->expected);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, select_table, check_select);
	rows_add(&rows, table, check_read);
	return rows_run(&rows, "spf_record");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/spf_macro.h"

#include <errno.h>

#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "t/unit/rows.h"

#define X10(s) s s s s s s s s s s
#define X127(s) X10(X10(s)) X10(s) X10(s) s s s s s s s

static const struct expand {
	const char *name;
	const char *text;	/* a domain-spec, but for rows of explain */
	const char *expected;	/* NULL: it is none of these; "": its result is no name */
	const char *client;	/* NULL: 192.0.2.3 */
	const char *local;	/* NULL: strong-bad */
} name_table[] = {
	/* RFC 7208 7.4 */
	{ "rfc_sender", "%{s}", "strong-bad@email.example.com", NULL, NULL },
	{ "rfc_sender_domain", "%{o}", "email.example.com", NULL, NULL },
	{ "rfc_domain", "%{d}", "email.example.com", NULL, NULL },
	{ "rfc_domain_4", "%{d4}", "email.example.com", NULL, NULL },
	{ "rfc_domain_3", "%{d3}", "email.example.com", NULL, NULL },
	{ "rfc_domain_2", "%{d2}", "example.com", NULL, NULL },
	{ "rfc_domain_1", "%{d1}", "com", NULL, NULL },
	{ "rfc_domain_reversed", "%{dr}", "com.example.email", NULL, NULL },
	{ "rfc_domain_2_reversed", "%{d2r}", "example.email", NULL, NULL },
	{ "rfc_local", "%{l}", "strong-bad", NULL, NULL },
	{ "rfc_local_hyphen", "%{l-}", "strong.bad", NULL, NULL },
	{ "rfc_local_reversed", "%{lr}", "strong-bad", NULL, NULL },
	{ "rfc_local_reversed_hyphen", "%{lr-}", "bad.strong", NULL, NULL },
	{ "rfc_local_1_reversed_hyphen", "%{l1r-}", "strong", NULL, NULL },
	{ "rfc_name_of_address", "%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com", NULL, NULL },
	{ "rfc_name_of_local", "%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com", NULL, NULL },
	{ "rfc_name_of_local_and_address", "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com", NULL, NULL },
	{ "rfc_name_of_address_and_local", "%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com", NULL, NULL },
	{ "rfc_trusted_domains", "%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net", NULL, NULL },
	{ "rfc_ip6", "%{ir}.%{v}._spf.%{d2}",
	  "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6._spf.example.com", "2001:db8::cb01", NULL },

	{ "mapped_address_is_ip4", "%{i}.%{v}", "192.0.2.3.in-addr", "::ffff:192.0.2.3", NULL },
	{ "helo", "%{h}.a.example", "mx.mail-1.example.a.example", NULL, NULL },
	{ "validated_name", "%{p2}.a.example", "valid.example.a.example", NULL, NULL },
	{ "no_macro", "plain.example", "plain.example", NULL, NULL },
	{ "trailing_dot_goes", "plain.example.", "plain.example", NULL, NULL },
	{ "all_delimiters", "%{l.-+,/_=}.a.example", "a.b.c.d.e.f.g.h.a.example", NULL, "a.b-c+d,e/f_g=h" },
	{ "reversed_at_delimiters", "%{l3r+-}.a.example", "c.b.a.a.example", NULL, "a-b+c-d" },
	{ "upper_r_reverses_too", "%{dR}", "com.example.email", NULL, NULL },
	{ "only_delimiters", "%{l-}x.a.example", "", NULL, "--" },
	{ "part_that_is_empty", "%{l1-}x.a.example", "x.a.example", NULL, "a-" },
	{ "upper_case_is_escaped_DNS_07", "%{L}.a.example", "%40%25%3B~_-z.a.example", NULL, "@%;~_-z" },
	{ "upper_case_escapes_octets_DNS_07", "%{L}.a.example", "%C3%BC%0A.a.example", NULL, "\xc3\xbc\n" },
	{ "lower_case_is_not", "%{l}.a.example", "@%;.a.example", NULL, "@%;" },
	{ "percent_and_its_kin", "a%%b%_c%-d.example", "a%b c%20d.example", NULL, NULL },
	{ "percent_before_a_brace", "%%{d}.example", "%{d}.example", NULL, NULL },
	{ "digits_that_overflow_DNS_07", "%{d2147483648}", "email.example.com", NULL, NULL },
	{ "digits_beyond_64_bits_DNS_07", "%{d99999999999999999999999999999999}", "email.example.com", NULL, NULL },
	{ "digits_beyond_32_bits_DNS_07", "%{d4294967297}", "email.example.com", NULL, NULL },
	{ "leading_zero_is_a_number", "%{d01}.example", "com.example", NULL, NULL },
	{ "local_part_of_64_percents_DNS_07", "%{L}.example", "", NULL,
	  "%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%" },

	/* facts of libspf2: there 127 of them and 200 letters overflow the stack */
	{ "127_domains_are_cut_at_a_dot_DNS_07", X127("%{d}.") "end.example",
	  "com." X10("email.example.com.") "email.example.com.email.example.com.email.example.com.end.example", NULL, NULL },
	{ "127_domains_without_a_dot_DNS_07", X127("%{d}"), "example.comemail.example.comemail.example.comemail.example.com"
	  X10("email.example.com") "email.example.com", NULL, NULL },
	{ "253_octets_stay", X10("abcdefghi.") X10("abcdefghi.") "abcdefghi.abcdefghi.abcdefghi.abcdefghi.%{d1}.abcdefghx",
	  X10("abcdefghi.") X10("abcdefghi.") "abcdefghi.abcdefghi.abcdefghi.abcdefghi.com.abcdefghx", NULL, NULL },
	{ "254_octets_lose_a_label", X10("abcdefghi.") X10("abcdefghi.") "abcdefghi.abcdefghi.abcdefghi.abcdefghi.abcde.%{d1}.abcd",
	  X10("abcdefghi.") X10("abcdefghi.") "abcdefghi.abcdefghi.abcdefghi.abcdefghi.abcde.com.abcd" + 10, NULL, NULL },
	{ "253_octets_stay_of_255", "a." X10("abcdefghi.") X10("abcdefghi.") "abcdefghi.abcdefghi.abcdefghi.abcdefghi.%{d1}.abcdefghx",
	  X10("abcdefghi.") X10("abcdefghi.") "abcdefghi.abcdefghi.abcdefghi.abcdefghi.com.abcdefghx", NULL, NULL },
	{ "1037_octets", X10(X10("abcdefghi.")) "abcdefghi.abcdefghi.%{d}",
	  X10("abcdefghi.") X10("abcdefghi.") "abcdefghi.abcdefghi.abcdefghi.email.example.com", NULL, NULL },
	{ "300_octets_without_a_dot", X10(X10("abc")) ".%{d1}", "com", NULL, NULL },
	{ "label_of_64", X10("abcdef") "abcd.example", "", NULL, NULL },
	{ "label_of_63", X10("abcdef") "abc.example", X10("abcdef") "abc.example", NULL, NULL },
	{ "empty_label", "a..example", "", NULL, NULL },
	{ "empty_label_first", ".a.example", "", NULL, NULL },

	{ "nothing", "", NULL, NULL, NULL },
	{ "dot_behind_a_macro", "%{d}.", NULL, NULL, NULL },
	{ "percent_at_the_end_DNS_07", "a.example%", NULL, NULL, NULL },
	{ "percent_and_a_letter", "%d.example", NULL, NULL, NULL },
	{ "parentheses", "%(ir).example", NULL, NULL, NULL },
	{ "open_brace_at_the_end_DNS_07", "a.%{", NULL, NULL, NULL },
	{ "no_closing_brace_DNS_07", "a.%{d", NULL, NULL, NULL },
	{ "no_closing_brace_after_digits_DNS_07", "a.%{d2", NULL, NULL, NULL },
	{ "no_closing_brace_after_r_DNS_07", "a.%{d2r", NULL, NULL, NULL },
	{ "no_closing_brace_after_a_delimiter_DNS_07", "a.%{d2r-", NULL, NULL, NULL },
	{ "no_letter", "%{}.example", NULL, NULL, NULL },
	{ "unknown_letter", "%{a}.example", NULL, NULL, NULL },
	{ "letter_of_explanations", "%{c}.example", NULL, NULL, NULL },
	{ "letter_of_explanations_r", "%{r}.example", NULL, NULL, NULL },
	{ "letter_of_explanations_t", "%{t}.example", NULL, NULL, NULL },
	{ "digits_behind_r_DNS_07", "%{ir255}.example", NULL, NULL, NULL },
	{ "no_parts_DNS_07", "%{d0}.example", NULL, NULL, NULL },
	{ "unknown_delimiter", "%{d:}.example", NULL, NULL, NULL },
	{ "space", "a b.example", NULL, NULL, NULL },
	{ "too_many_macros", X127("%{d}") X127("%{d}"), NULL, NULL, NULL },
}, text_table[] = {
	{ "rfc_example", "%{i} is not one of %{d}'s designated mail servers.",
	  "192.0.2.3 is not one of email.example.com's designated mail servers.", NULL, NULL },
	{ "rfc_url", "See http://%{d}/why.html?s=%{S}&i=%{I}", "See http://email.example.com/why.html?s=strong-bad%40email.example.com&i=192.0.2.3",
	  NULL, NULL },
	{ "all_letters", "%{c} %{r} %{t} %{h} %{p}", "192.0.2.3 gw.example 1234567890 mx.mail-1.example a.valid.example", NULL, NULL },
	{ "ip6", "%{c}", "2001:db8::cb01", "2001:db8::cb01", NULL },
	{ "empty_text", "", "", NULL, NULL },
	{ "trailing_dot_stays", "This is a test.", "This is a test.", NULL, NULL },
	{ "value_that_is_not_printable_DNS_07", "%{l}", "a?b??c?", NULL, "a\rb\xc3\xbc""c\x7f" },
	{ "long_value_is_cut_DNS_07", X10(X10("abcd")) X10("%{l}--------"),
	  X10(X10("abcd")) X10("abcdefghij"), NULL,
	  "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij" },
	{ "127_domains_and_200_letters_DNS_07", X127("%{d}") X10(X10("ab")),
	  X10("email.example.com") X10("email.example.com") "email.example.comemail.example.comemail.example.comemail.example.com"
	  "email.example.comemail.example.comemail.example.comemail.example.comemail.example.comemail.e", NULL, NULL },
	{ "percent_at_the_end_DNS_07", "why%", NULL, NULL, NULL },
	{ "line_end_DNS_07", "why\r\n250 ok", NULL, NULL, NULL },
	{ "tab", "why\tnot", NULL, NULL, NULL },
	{ "eight_bits", "\xef\xbb\xbfwhy", NULL, NULL, NULL },
	{ "unknown_letter", "The %{x}-files.", NULL, NULL, NULL },
	{ "too_many_macros", X127("%{d}") X127("%{d}"), NULL, NULL, NULL },
};

static struct spf_macro_values values_of(struct arena *arena, const struct expand *row, struct ip *client)
{
	const char *local = row->local == NULL ? "strong-bad" : row->local;

	assert_int_equal(ip_parse(row->client == NULL ? "192.0.2.3" : row->client, client), 0);
	return (struct spf_macro_values){
		.sender = str_of(arena_printf(arena, "%s@email.example.com", local)), .local = str_of(local),
		.sender_domain = STR("email.example.com"), .domain = STR("email.example.com"), .client = client,
		.validated = STR("a.valid.example"), .helo = STR("mx.mail-1.example"), .host = STR("gw.example"), .now_s = 1234567890,
	};
}

/* A copy that ends where the text ends, so that a byte read too many is seen. */
static struct str exact(const char *text, char **ret_copy)
{
	const size_t len = strlen(text);

	*ret_copy = malloc(len + (len == 0));
	memcpy(*ret_copy, text, len);
	return (struct str){ *ret_copy, len };
}

static void check_name(void **state)
{
	const struct expand *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(free_charp) char *copy = NULL;
	const struct str text = exact(row->text, &copy);
	struct ip client;
	const struct spf_macro_values values = values_of(arena, row, &client);
	char name[SPF_NAME_MAX + 1] = "untouched";
	int r;

	assert_int_equal(spf_macro_is_domain_spec(text), row->expected != NULL);
	if (row->expected == NULL)
		return;
	r = spf_macro_expand_name(text, &values, name);
	if (row->expected[0] == '\0') {
		assert_int_equal(r, -EINVAL);
		return;
	}
	assert_string_equal(name, row->expected);
	assert_int_equal(r, strlen(name));
}

static void check_text(void **state)
{
	const struct expand *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(free_charp) char *copy = NULL;
	const struct str text = exact(row->text, &copy);
	struct ip client;
	const struct spf_macro_values values = values_of(arena, row, &client);
	char explanation[SPF_EXPLANATION_MAX + 1];

	assert_int_equal(spf_macro_is_string(text, SPF_MACRO_EXPLANATION), row->expected != NULL);
	if (row->expected == NULL)
		return;
	spf_macro_expand_explanation(text, &values, explanation);
	assert_string_equal(explanation, row->expected);
}

static const struct uses {
	const char *name;
	const char *text;
	bool uses_p;
} uses_table[] = {
	{ "used", "a.%{p}", true },
	{ "used_in_upper_case", "%{P2r}", true },
	{ "not_used", "a.%{d}.p", false },
	{ "percent_before_the_brace", "%%{p}", false },
};

static void check_uses(void **state)
{
	const struct uses *row = *state;

	assert_int_equal(spf_macro_uses(str_of(row->text), "p"), row->uses_p);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, name_table, check_name);
	rows_add(&rows, text_table, check_text);
	rows_add(&rows, uses_table, check_uses);
	return rows_run(&rows, "spf_macro");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the public suites (test_spf_suite.c) do not ask: the limits, hostile records, what is asked and when. */
#include "milter/lookup/spf_evaluate.h"

#include <errno.h>

#include "milter/base/cleanup.h"
#include "t/lib/trickle.h"
#include "t/lib/zone.h"
#include "t/unit/rows.h"

#define X5(s) s s s s s
#define X10(s) X5(s) X5(s)
#define X100(s) X10(X10(s))
#define TXT(name, text) name " TXT \"" text "\"\n"
#define SPF(text) TXT("d.example", "v=spf1 " text)
#define HOSTS(n) "a" n ".example A 198.51.100.1\n"
#define TEN_HOSTS HOSTS("0") HOSTS("1") HOSTS("2") HOSTS("3") HOSTS("4") HOSTS("5") HOSTS("6") HOSTS("7") HOSTS("8") HOSTS("9")
#define TEN_TERMS \
	"a:a0.example a:a1.example a:a2.example a:a3.example a:a4.example " \
	"a:a5.example a:a6.example a:a7.example a:a8.example a:a9.example "
#define MX_OF(name) \
	name " MX 1 a0.example\n" name " MX 1 a1.example\n" name " MX 1 a2.example\n" name " MX 1 a3.example\n" name " MX 1 a4.example\n" \
	name " MX 1 a5.example\n" name " MX 1 a6.example\n" name " MX 1 a7.example\n" name " MX 1 a8.example\n" name " MX 1 a9.example\n"
#define REVERSE "1.2.0.192.in-addr.arpa"
#define PTRS(n) REVERSE " PTR x" n ".other.example\n"
#define TEN_PTRS PTRS("0") PTRS("1") PTRS("2") PTRS("3") PTRS("4") PTRS("5") PTRS("6") PTRS("7") PTRS("8") PTRS("9")

static const struct row {
	const char *name;
	const char *zone;		/* NULL: write_zone makes it */
	const char *expected;		/* result */
	const char *mechanism;		/* NULL: not compared, as all that follow */
	const char *problem;		/* what it contains */
	const char *explanation;
	const char *client;		/* NULL: 192.0.2.1 */
	const char *mailfrom;		/* NULL: "user@d.example" */
	const char *helo;		/* NULL: "mx.d.example" */
	unsigned asked;			/* different questions; 0: not compared */
} table[] = {
	/* what a record says */
	{ .name = "no_record", .zone = "d.example A 192.0.2.1\n", .expected = "none", .mechanism = "", .asked = 1 },
	{ .name = "no_such_name", .zone = "e.example A 192.0.2.1\n", .expected = "none" },
	{ .name = "other_txt_records", .zone = TXT("d.example", "v=spf2.0/pra -all") TXT("d.example", "hello"), .expected = "none" },
	{ .name = "servfail_is_temperror_DNS_01", .zone = "d.example !servfail\n",
	  .expected = "temperror", .problem = "TXT of d.example: SERVFAIL" },
	{ .name = "timeout_of_a_term_is_temperror_DNS_01", .zone = SPF("a:slow.example -all") "slow.example !silent\n",
	  .expected = "temperror", .mechanism = "a:slow.example", .problem = "A of slow.example: timeout" },
	{ .name = "timeout_behind_a_match_is_not_met_DNS_01", .zone = SPF("ip4:192.0.2.1 a:slow.example -all") "slow.example !silent\n",
	  .expected = "pass", .mechanism = "ip4:192.0.2.1", .asked = 1 },
	{ .name = "match_is_named_as_it_is_written", .zone = SPF("IP4:192.0.2.0/24 ~ALL"),
	  .expected = "pass", .mechanism = "IP4:192.0.2.0/24" },
	{ .name = "no_match_is_default", .zone = SPF("ip4:198.51.100.1"), .expected = "neutral", .mechanism = "default" },
	{ .name = "loopback_is_judged", .zone = SPF("-all"), .client = "127.0.0.1", .expected = "fail" },
	{ .name = "loopback_ip6_is_judged", .zone = SPF("-all"), .client = "::1", .expected = "fail" },
	{ .name = "mapped_client_is_ip4", .zone = SPF("ip6:::/0 -ip4:192.0.2.1"), .client = "::ffff:192.0.2.1", .expected = "fail" },
	{ .name = "mapped_network_matches_no_ip4", .zone = SPF("ip6:::ffff:192.0.2.1 -all"), .expected = "fail" },
	{ .name = "ip6_client_asks_for_aaaa", .zone = SPF("a:h.example -all") "h.example AAAA 2001:db8::1\n", .client = "2001:db8::1",
	  .expected = "pass" },
	{ .name = "ip6_prefix", .zone = SPF("a:h.example/0//64 -all") "h.example AAAA 2001:db8::1\n", .client = "2001:db8::2",
	  .expected = "pass" },
	{ .name = "network_prefix_within_an_octet", .zone = SPF("ip4:192.0.2.9/29 -all"), .client = "192.0.2.15", .expected = "pass" },
	{ .name = "network_prefix_within_an_octet_ends", .zone = SPF("ip4:192.0.2.9/29 -all"), .client = "192.0.2.16",
	  .expected = "fail" },

	/* <domain> and <sender> */
	{ .name = "domain_in_any_case_with_a_dot", .zone = SPF("-all"), .mailfrom = "u@D.Example.", .expected = "fail" },
	{ .name = "single_label", .zone = "# none\n", .mailfrom = "u@localhost", .expected = "none" },
	{ .name = "address_literal_is_not_asked", .zone = "!default servfail\n", .mailfrom = "u@[192.0.2.1]", .expected = "none" },
	{ .name = "empty_label", .zone = "# none\n", .mailfrom = "u@d..example", .expected = "none" },
	{ .name = "empty_domain", .zone = "# none\n", .mailfrom = "u@", .expected = "none" },
	{ .name = "dot_alone", .zone = "# none\n", .mailfrom = "u@.", .expected = "none" },
	{ .name = "u_label_is_asked_as_a_label_RFC_8616", .zone = TXT("xn--mnchen-3ya.example", "v=spf1 exists:%{o}.e.example -all")
	  "xn--mnchen-3ya.example.e.example A 127.0.0.2\n", .mailfrom = "u@m\xc3\xbcnchen.example", .expected = "pass" },
	{ .name = "no_utf8_is_no_domain", .zone = "# none\n", .mailfrom = "u@\xff.example", .expected = "none" },
	{ .name = "utf8_local_part_matches_no_macro_RFC_8616", .zone = SPF("exists:%{l}.e.example exists:%{d}.e.example -all")
	  "*.e.example A 127.0.0.2\n", .mailfrom = "j\xc3\xb6rg@d.example", .expected = "pass", .mechanism = "exists:%{d}.e.example" },
	{ .name = "no_local_part_is_postmaster", .zone = SPF("exists:%{l}.e.example -all") "postmaster.e.example A 127.0.0.2\n",
	  .mailfrom = "@d.example", .expected = "pass" },
	{ .name = "local_part_with_at", .zone = SPF("exists:%{L}.e.example -all") "\\037\\050\\048.example A 127.0.0.2\n"
	  "a\\03740b.e.example A 127.0.0.2\n", .mailfrom = "a@b@d.example", .expected = "pass" },

	/* include and redirect */
	{ .name = "include_pass_matches", .zone = SPF("-include:i.example ?all") TXT("i.example", "v=spf1 ip4:192.0.2.1"),
	  .expected = "fail",
	  .mechanism = "-include:i.example" },
	{ .name = "include_fail_goes_on", .zone = SPF("include:i.example ~all") TXT("i.example", "v=spf1 -all"), .expected = "softfail" },
	{ .name = "include_softfail_goes_on", .zone = SPF("include:i.example -all") TXT("i.example", "v=spf1 ~all"), .expected = "fail" },
	{ .name = "include_neutral_goes_on", .zone = SPF("include:i.example -all") TXT("i.example", "v=spf1"), .expected = "fail" },
	{ .name = "include_none_is_permerror", .zone = SPF("include:i.example -all"),
	  .expected = "permerror", .problem = "no SPF record at i.example" },
	{ .name = "include_temperror", .zone = SPF("include:i.example -all") "i.example !servfail\n", .expected = "temperror" },
	{ .name = "include_permerror", .zone = SPF("include:i.example -all") TXT("i.example", "v=spf1 moo"), .expected = "permerror",
	  .mechanism = "include:i.example", .problem = "unknown mechanism: moo (record of i.example)" },
	{ .name = "include_changes_the_domain", .zone = SPF("include:i.example -all") TXT("i.example", "v=spf1 exists:%{d}.e.example")
	  "i.example.e.example A 127.0.0.2\n", .expected = "pass" },
	{ .name = "include_follows_redirect", .zone = SPF("include:i.example -all") TXT("i.example", "v=spf1 redirect=r.example")
	  TXT("r.example", "v=spf1 ip4:192.0.2.1"), .expected = "pass" },
	{ .name = "include_of_a_single_label", .zone = SPF("include:%{h} -all"), .helo = "localhost", .expected = "permerror",
	  .asked = 1 },
	{ .name = "redirect_gives_its_result", .zone = SPF("redirect=r.example") TXT("r.example", "v=spf1 ~all"),
	  .expected = "softfail" },
	{ .name = "redirect_to_none_is_permerror", .zone = SPF("redirect=r.example"), .expected = "permerror" },
	{ .name = "redirect_to_no_name_is_permerror", .zone = SPF("redirect=a..example"), .expected = "permerror" },

	/* the limits */
	{ .name = "ten_terms_are_allowed_DNS_05", .zone = SPF(TEN_TERMS "-all") TEN_HOSTS, .expected = "fail", .asked = 11 },
	{ .name = "eleven_terms_flat_DNS_05", .zone = SPF(TEN_TERMS "a:b.example -all") TEN_HOSTS, .expected = "permerror",
	  .problem = "more than 10 terms", .asked = 11 },
	{ .name = "eleventh_term_behind_a_match_is_not_met_DNS_05", .zone = SPF(TEN_TERMS "ip4:192.0.2.1 a:b.example -all") TEN_HOSTS,
	  .expected = "pass" },
	{ .name = "eleven_terms_over_three_levels_DNS_05", .zone = SPF("include:i.example -all")
	  TXT("i.example", "v=spf1 include:j.example ?all") TXT("j.example", "v=spf1 " TEN_TERMS "ip4:192.0.2.1") TEN_HOSTS,
	  .expected = "permerror", .problem = "more than 10 terms" },
	{ .name = "terms_of_sisters_add_up_DNS_05", .zone = SPF("include:i.example include:j.example -all")
	  TXT("i.example", "v=spf1 a:a0.example a:a1.example a:a2.example a:a3.example")
	  TXT("j.example", "v=spf1 a:a0.example a:a1.example a:a2.example a:a3.example a:a4.example ip4:192.0.2.1") TEN_HOSTS,
	  .expected = "permerror", .problem = "more than 10 terms" },
	{ .name = "include_of_itself_DNS_05", .zone = SPF("include:d.example -all"),
	  .expected = "permerror", .problem = "more than 10 terms", .asked = 1 },
	{ .name = "include_loop_of_two_DNS_05", .zone = SPF("include:i.example -all") TXT("i.example", "v=spf1 include:d.example"),
	  .expected = "permerror", .asked = 2 },
	{ .name = "redirect_loop_DNS_05", .zone = SPF("redirect=d.example"),
	  .expected = "permerror", .problem = "more than 10 terms", .asked = 1 },
	{ .name = "redirect_and_all_DNS_05", .zone = SPF("redirect=d.example ~all"), .expected = "softfail", .asked = 1 },
	{ .name = "redirect_before_all_of_an_include_DNS_05", .zone = SPF("redirect=r.example include:i.example -all") TXT("i.example", "v=spf1 -all"),
	  .expected = "fail", .asked = 2 },
	{ .name = "redirect_counts_DNS_05", .zone = SPF(TEN_TERMS "redirect=r.example") TEN_HOSTS TXT("r.example", "v=spf1 -all"),
	  .expected = "permerror" },
	{ .name = "two_voids_DNS_06", .zone = SPF("a:v1.example mx:v2.example -all"), .expected = "fail" },
	{ .name = "three_voids_DNS_06", .zone = SPF("a:v1.example mx:v2.example exists:v3.example -all"), .expected = "permerror",
	  .mechanism = "exists:v3.example", .problem = "more than 2 lookups without result", .asked = 4 },
	{ .name = "three_voids_over_includes_DNS_06", .zone = SPF("a:v1.example include:i.example -all")
	  TXT("i.example", "v=spf1 a:v2.example a:v3.example ip4:192.0.2.1"), .expected = "permerror" },
	{ .name = "three_voids_of_mx_hosts_DNS_06", .zone = SPF("mx -all") "d.example MX 1 v1.example\nd.example MX 2 v2.example\n"
	  "d.example MX 3 v3.example\nd.example MX 4 a0.example\na0.example A 192.0.2.1\n", .expected = "permerror" },
	{ .name = "no_such_data_is_void_DNS_06", .zone = SPF("a:t.example a:t.example a:t.example -all") TXT("t.example", "x"),
	  .expected = "permerror" },
	{ .name = "names_that_cannot_be_are_not_void", .zone = SPF("a:a..example a:b..example a:c..example -all"),
	  .expected = "fail", .asked = 1 },
	{ .name = "ten_mx_DNS_06", .zone = SPF("mx -all") MX_OF("d.example") TEN_HOSTS, .expected = "fail", .asked = 12 },
	{ .name = "eleven_mx_DNS_06", .zone = SPF("mx -all") MX_OF("d.example") "d.example MX 0 b.example\nb.example A 192.0.2.1\n" TEN_HOSTS,
	  .expected = "permerror", .problem = "d.example has more than 10 MX records", .asked = 2 },
	{ .name = "mx_host_that_fails_ends_it", .zone = SPF("mx -all") "d.example MX 1 h.example\nd.example MX 2 a0.example\nh.example !servfail\n"
	  "a0.example A 192.0.2.1\n", .expected = "temperror", .asked = 3 },
	{ .name = "null_mx", .zone = SPF("mx -all") "d.example MX 0 .\n", .expected = "fail", .asked = 2 },
	{ .name = "ten_mx_of_ten_hosts_are_too_many_questions_DNS_06", .zone =
	  SPF("mx:m0.example mx:m1.example mx:m2.example mx:m3.example mx:m4.example mx:m5.example -all") MX_OF("m0.example") MX_OF("m1.example")
	  MX_OF("m2.example") MX_OF("m3.example") MX_OF("m4.example") MX_OF("m5.example") TEN_HOSTS, .expected = "permerror",
	  .problem = "more than 50 questions" },
	{ .name = "tenth_ptr_counts_DNS_06", .zone = SPF("ptr -all") PTRS("0") PTRS("1") PTRS("2") PTRS("3") PTRS("4") PTRS("5") PTRS("6") PTRS("7")
	  PTRS("8") REVERSE " PTR h.d.example\nh.d.example A 192.0.2.1\n", .expected = "pass" },
	{ .name = "eleventh_ptr_does_not_DNS_06", .zone = SPF("ptr -all") TEN_PTRS REVERSE " PTR h.d.example\nh.d.example A 192.0.2.1\n",
	  .expected = "fail" },
	{ .name = "ptr_of_250_names_DNS_06", .zone = NULL, .expected = "fail" },
	{ .name = "ptr_names_elsewhere_are_not_asked_DNS_06", .zone = SPF("ptr -all") TEN_PTRS, .expected = "fail", .asked = 2 },
	{ .name = "ptr_that_points_to_nothing_is_not_void_DNS_06", .zone = SPF("ptr -all") REVERSE " PTR a.d.example\n" REVERSE " PTR b.d.example\n"
	  REVERSE " PTR c.d.example\n" REVERSE " PTR e.d.example\n", .expected = "fail", .asked = 6 },
	{ .name = "ptr_that_fails_is_no_temperror", .zone = SPF("ptr -all") REVERSE " !servfail\n", .expected = "fail" },
	{ .name = "ptr_of_the_domain_itself", .zone = SPF("ptr -all") REVERSE " PTR D.example\nd.example A 192.0.2.1\n",
	  .expected = "pass" },
	{ .name = "ptr_of_a_longer_label", .zone = SPF("ptr -all") REVERSE " PTR xd.example\nxd.example A 192.0.2.1\n",
	  .expected = "fail" },
	{ .name = "ptr_not_confirmed_DNS_16", .zone = SPF("ptr -all") REVERSE " PTR h.d.example\nh.d.example A 198.51.100.1\n",
	  .expected = "fail" },

	/* hostile records */
	{ .name = "two_records_DNS_03", .zone = SPF("-all") SPF("+all"),
	  .expected = "permerror", .problem = "d.example has two SPF records" },
	{ .name = "nul_in_a_record_DNS_03", .zone = SPF("a:x.example\\000 -all"),
	  .expected = "permerror", .problem = "a:x.example? (record" },
	{ .name = "eight_bits_DNS_03", .zone = SPF("\\200a -all"), .expected = "permerror" },
	{ .name = "quote_and_backslash_DNS_03", .zone = SPF("a:\\\"\\\\.example -all") "\\034\\092.example A 192.0.2.1\n",
	  .expected = "pass" },
	{ .name = "64_KB_of_addresses_DNS_03", .expected = "pass" },
	{ .name = "255_strings_DNS_03", .expected = "fail" },
	{ .name = "too_many_txt_records_DNS_03", .expected = "temperror" },
	{ .name = "target_of_10_KB_is_cut_to_253_octets_DNS_08", .expected = "pass" },
	{ .name = "mechanism_of_10_KB_DNS_08", .expected = "permerror" },
	{ .name = "prefix_too_long_DNS_08", .zone = SPF("ip4:1.2.3.4/33 -all"), .expected = "permerror" },
	{ .name = "error_behind_a_match_DNS_08", .zone = SPF("ip4:192.0.2.1 -all junk"), .expected = "permerror", .asked = 1 },
	{ .name = "error_is_cut_and_printable", .zone = SPF(X100("\\200")), .expected = "permerror",
	  .problem = "unknown mechanism: " X10("?????") "?????????? (record of d.example)" },
	{ .name = "huge_digits_DNS_07", .zone = SPF("exists:%{d2147483648}.e.example -all") "d.example.e.example A 127.0.0.2\n",
	  .expected = "pass" },
	{ .name = "digits_behind_r_DNS_07", .zone = SPF("exists:%{ir255}.e.example -all"), .expected = "permerror" },
	{ .name = "percent_at_the_end_DNS_07", .zone = SPF("exists:e.example% -all"), .expected = "permerror" },
	{ .name = "names_with_any_octets_DNS_07", .zone = SPF("exists:%{l}.e.example -all") "a\\032\\010\\000\\092\\127.e.example A 127.0.0.2\n"
	  "a\\032\\010\\092\\127.e.example A 127.0.0.2\n", .mailfrom = "a \n\\\x7f@d.example", .expected = "pass" },
	{ .name = "110_domains_cut_to_253_octets_DNS_07", .zone = SPF("exists:" X100("%{d}.") X10("%{d}.") "e.example -all") "*.e.example A 127.0.0.2\n",
	  .expected = "pass" },

	/* %{p} */
	{ .name = "validated_name", .zone = SPF("exists:%{p}.e.example -all") REVERSE " PTR h.example\nh.example A 192.0.2.1\n"
	  "h.example.e.example A 127.0.0.2\n", .expected = "pass" },
	{ .name = "validated_name_of_the_domain_is_preferred", .zone = SPF("exists:%{p}.e.example -all") REVERSE " PTR h.example\n"
	  REVERSE " PTR x.d.example\n" REVERSE " PTR d.example\nh.example A 192.0.2.1\nx.d.example A 192.0.2.1\nd.example A 192.0.2.1\n"
	  "d.example.e.example A 127.0.0.2\n", .expected = "pass" },
	{ .name = "validated_name_below_the_domain_is_second", .zone = SPF("exists:%{p}.e.example -all") REVERSE " PTR h.example\n"
	  REVERSE " PTR x.d.example\nh.example A 192.0.2.1\nx.d.example A 192.0.2.1\nx.d.example.e.example A 127.0.0.2\n", .expected = "pass" },
	{ .name = "without_a_validated_name_unknown", .zone = SPF("exists:%{p}.e.example -all") REVERSE " PTR h.example\n"
	  "unknown.e.example A 127.0.0.2\n", .expected = "pass" },
	{ .name = "eleventh_name_is_not_validated_DNS_06", .zone = SPF("exists:%{p}.e.example -all") TEN_PTRS REVERSE " PTR d.example\n"
	  "d.example A 192.0.2.1\nunknown.e.example A 127.0.0.2\n", .expected = "pass" },
	{ .name = "with_an_error_unknown", .zone = SPF("exists:%{p}.e.example -all") REVERSE " !servfail\nunknown.e.example A 127.0.0.2\n",
	  .expected = "pass" },
	{ .name = "no_host_name_is_no_validated_name_DNS_16", .zone = SPF("exists:%{p}.e.example -all") REVERSE " PTR a\\010b.example\n"
	  "a\\010b.example A 192.0.2.1\nunknown.e.example A 127.0.0.2\n", .expected = "pass" },

	/* exp= */
	{ .name = "explanation", .zone = SPF("-all exp=%{d2}.x.example") TXT("d.example.x.example", "%{c} is not %{o}'s, says %{r} at %{t}"),
	  .expected = "fail", .explanation = "192.0.2.1 is not d.example's, says gw.example at 1234567890" },
	{ .name = "explanation_of_the_redirected", .zone = SPF("redirect=r.example exp=x.example") TXT("r.example", "v=spf1 -all exp=y.example")
	  TXT("x.example", "no") TXT("y.example", "%{d}"), .expected = "fail", .explanation = "r.example" },
	{ .name = "explanation_of_an_include_is_not_used", .zone = SPF("-include:i.example") TXT("i.example", "v=spf1 ip4:192.0.2.1 -all exp=x.example")
	  TXT("x.example", "no"), .expected = "fail", .explanation = "" },
	{ .name = "explanation_only_of_fail", .zone = SPF("~all exp=x.example") TXT("x.example", "no"),
	  .expected = "softfail", .explanation = "",
	  .asked = 1 },
	{ .name = "explanation_with_line_end_DNS_07", .zone = SPF("-all exp=x.example") TXT("x.example", "no\\013\\010250 ok"),
	  .expected = "fail",
	  .explanation = "" },
	{ .name = "explanation_with_percent_at_its_end_DNS_07", .zone = SPF("-all exp=x.example") TXT("x.example", "no%"),
	  .expected = "fail",
	  .explanation = "" },
	{ .name = "explanation_with_hostile_local_part_DNS_07", .zone = SPF("-all exp=x.example") TXT("x.example", "%{l}."),
	  .expected = "fail",
	  .mailfrom = "a\r\nb\xc3\xb6@d.example", .explanation = "a??b??." },
	{ .name = "explanation_of_127_domains_and_200_letters_DNS_07", .expected = "fail" },
	{ .name = "explanation_that_fails", .zone = SPF("-all exp=x.example") "x.example !servfail\n",
	  .expected = "fail", .problem = "", .explanation = "" },
	{ .name = "explanation_is_not_void", .zone = SPF("a:v1.example a:v2.example -all exp=x.example"),
	  .expected = "fail", .explanation = "" },
};

/* Strings of at most 255 octets. */
static const char *long_txt(struct arena *arena, const char *name, const char *text)
{
	const size_t len = strlen(text);
	const char *line = arena_printf(arena, "%s TXT", name);

	for (size_t i = 0; i < len; i += 250)
		line = arena_printf(arena, "%s \"%.250s\"", line, text + i);
	return arena_printf(arena, "%s\n", line);
}

static const char *repeat(struct arena *arena, const char *before, const char *what, size_t times, const char *after)
{
	const size_t len = strlen(what), start = strlen(before);
	char *text = arena_alloc(arena, start + len * times + strlen(after) + 1);

	memcpy(text, before, start);
	for (size_t i = 0; i < times; i++)
		memcpy(text + start + i * len, what, len);
	memcpy(text + start + times * len, after, strlen(after));
	return text;
}

static const char *write_zone(struct arena *arena, const struct row *row)
{
	if (row->zone != NULL)
		return row->zone;
	if (strcmp(row->name, "ptr_of_250_names_DNS_06") == 0)
		return arena_printf(arena, "%s%s", SPF("ptr -all"),
				    repeat(arena, "", REVERSE " PTR h.d.example\n", 250, "h.d.example A 198.51.100.1\n"));
	if (strcmp(row->name, "64_KB_of_addresses_DNS_03") == 0)
		return long_txt(arena, "d.example", repeat(arena, "v=spf1 ", "ip4:198.51.100.7/32 ", 3200, "ip4:192.0.2.1 -all"));
	if (strcmp(row->name, "255_strings_DNS_03") == 0)
		return repeat(arena, "d.example TXT \"v=spf1 \"", " \"ip4:198.51.100.7 \"", 253, " \"-all\"\n");
	if (strcmp(row->name, "too_many_txt_records_DNS_03") == 0) {
		const char *zone = "";

		for (unsigned i = 0; i < 300; i++)
			zone = arena_printf(arena, "%sd.example TXT \"%u\"\n", zone, i);
		return arena_printf(arena, "%s%s", zone, SPF("-all"));
	}
	if (strcmp(row->name, "mechanism_of_10_KB_DNS_08") == 0)
		return long_txt(arena, "d.example", repeat(arena, "v=spf1 ip4:1.2.3.4", "0123456789", 1000, " -all"));
	if (strcmp(row->name, "target_of_10_KB_is_cut_to_253_octets_DNS_08") == 0)
		return arena_printf(arena, "%s*.e.example A 127.0.0.2\n",
				    long_txt(arena, "d.example", repeat(arena, "v=spf1 exists:", "abcdefghi.", 1000, "e.example -all")));
	return arena_printf(arena, "%s%s", SPF("-all exp=x.example"), long_txt(arena, "x.example",
		repeat(arena, repeat(arena, "", "%{d}", 127, ""), "ab", 100, "")));
}

/* A zone whose answers are kept, and how many there were. */
struct source {
	struct arena *arena;
	struct zone *zone;
	struct kept {
		const char *name;
		enum dns_type type;
		struct dns_answer *answer;
	} *kept;
	size_t len;
};

static void source_close(struct source *source)
{
	for (size_t i = 0; i < source->len; i++)
		dns_answer_unref(source->kept[i].answer);
	zone_free(source->zone);
	arena_free(source->arena);
}

static const struct dns_answer *source_ask(void *arg, const char *name, enum dns_type type)
{
	struct source *source = arg;
	struct kept *kept;

	for (size_t i = 0; i < source->len; i++)
		if (source->kept[i].type == type && strcmp(source->kept[i].name, name) == 0)
			return source->kept[i].answer;
	kept = arena_push(source->arena, (void **)&source->kept, &source->len, sizeof(*kept));
	*kept = (struct kept){ arena_strdup(source->arena, name), type, zone_answer(source->zone, name, type) };
	return kept->answer;
}

static struct spf_query query_of(const char *client, const char *mailfrom, const char *helo)
{
	struct spf_query query = { .sender = mailfrom == NULL ? "user@d.example" : mailfrom, .helo = helo == NULL ? "mx.d.example" : helo,
				   .host = "gw.example", .now_ms = 1234567890123, .explain = true };

	query.domain = strrchr(query.sender, '@') + 1;
	assert_int_equal(ip_parse(client == NULL ? "192.0.2.1" : client, &query.client), 0);
	return query;
}

static void assert_same(const struct spf_answer *a, const struct spf_answer *b)
{
	assert_int_equal(a->result, b->result);
	assert_string_equal(a->mechanism, b->mechanism);
	assert_string_equal(a->domain, b->domain);
	assert_string_equal(a->problem, b->problem);
	assert_string_equal(a->explanation, b->explanation);
	assert_int_equal(a->terms, b->terms);
	assert_int_equal(a->voids, b->voids);
}

/* In whatever order the answers come, the result is the same. */
static void check_order(struct arena *arena, struct source *source, const struct spf_query *query, const struct spf_answer *expected)
{
	for (unsigned seed = 0; seed < 3; seed++) {
		struct trickle *trickle = trickle_new(arena, source_ask, source, seed);
		struct spf_answer answer;

		while (spf_evaluate(arena, query, &spf_limits_default, trickle_ask, trickle, &answer) == -EAGAIN)
			assert_true(trickle_next(trickle));
		assert_same(&answer, expected);
	}
}

static void check_evaluate(void **state)
{
	const struct row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(source_close) struct source source = { .arena = arena_new(), .zone = zone_new(write_zone(arena, row)) };
	const struct spf_query query = query_of(row->client, row->mailfrom, row->helo);
	struct spf_answer answer;

	assert_int_equal(spf_evaluate(arena, &query, &spf_limits_default, source_ask, &source, &answer), 0);
	assert_string_equal(spf_result_name(answer.result), row->expected);
	if (row->mechanism != NULL)
		assert_string_equal(answer.mechanism, row->mechanism);
	if (row->problem != NULL)
		assert_non_null(strstr(answer.problem, row->problem));
	assert_int_equal(answer.problem[0] != '\0', answer.result == SPF_TEMPERROR || answer.result == SPF_PERMERROR);
	if (row->explanation != NULL)
		assert_string_equal(answer.explanation, row->explanation);
	assert_true(strlen(answer.explanation) <= 500);
	if (row->asked != 0)
		assert_int_equal(source.len, row->asked);
	assert_true(source.len <= spf_limits_default.questions);
	check_order(arena, &source, &query, &answer);
}

static void independent_questions_are_asked_at_once(void **state)
{
	static const char zone[] = SPF("a:h.example mx:m.example include:i.example exists:%{i}.e.example ptr redirect=r.example")
		"h.example A 198.51.100.1\n";
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(source_close) struct source source = { .arena = arena_new(), .zone = zone_new(zone) };
	struct trickle *trickle = trickle_new(arena, source_ask, &source, 1);
	const struct spf_query query = query_of(NULL, NULL, NULL);
	struct spf_answer answer;

	(void)state;
	assert_int_equal(spf_evaluate(arena, &query, &spf_limits_default, trickle_ask, trickle, &answer), -EAGAIN);
	assert_int_equal(trickle_asked(trickle), 1);
	assert_true(trickle_next(trickle));
	assert_int_equal(spf_evaluate(arena, &query, &spf_limits_default, trickle_ask, trickle, &answer), -EAGAIN);
	assert_int_equal(trickle_asked(trickle), 7);
}

/* All answers but one, and whether a certain question was asked. */
struct all_but {
	struct source source;
	const char *missing, *watched;
	bool asked;
};

static const struct dns_answer *ask_all_but(void *arg, const char *name, enum dns_type type)
{
	struct all_but *all_but = arg;

	all_but->asked |= strcmp(name, all_but->watched) == 0;
	return strcmp(name, all_but->missing) == 0 ? NULL : source_ask(&all_but->source, name, type);
}

static const struct early {
	const char *name;
	const char *zone;
	const char *watched;
	bool asked;
} early_table[] = {
	{ "macro_p_behind_a_missing_answer_is_expanded", SPF("a:late.example exists:%{p}.e.example -all") REVERSE " PTR h.example\n"
	  "h.example A 192.0.2.1\n", "h.example.e.example", true },
	{ "include_behind_a_missing_answer_is_followed", SPF("a:late.example include:i.example") TXT("i.example", "v=spf1 a:h.example"), "h.example", true },
	{ "redirect_behind_a_missing_answer_is_followed", SPF("include:late.example redirect=i.example") TXT("i.example", "v=spf1 a:h.example"),
	  "h.example", true },
	{ "hosts_behind_a_missing_one_are_asked", SPF("mx") "d.example MX 1 late.example\nd.example MX 2 h.example\n", "h.example", true },
	{ "nothing_behind_a_match_is_asked", SPF("a:late.example ip4:192.0.2.1 a:h.example"), "h.example", false },
	{ "explanation_is_not_asked_before_the_result_is_there", SPF("a:late.example -all exp=h.example"), "h.example", false },
};

static void check_early(void **state)
{
	const struct early *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct all_but all_but = { .source = { .arena = arena_new(), .zone = zone_new(row->zone) }, .missing = "late.example",
				   .watched = row->watched };
	const struct spf_query query = query_of(NULL, NULL, NULL);
	struct spf_answer answer;

	assert_int_equal(spf_evaluate(arena, &query, &spf_limits_default, ask_all_but, &all_but, &answer), -EAGAIN);
	assert_int_equal(all_but.asked, row->asked);
	source_close(&all_but.source);
}

static void repeated_calls_keep_no_memory(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(source_close) struct source source = { .arena = arena_new(), .zone = zone_new(SPF("-all")) };
	struct trickle *trickle = trickle_new(arena, source_ask, &source, 1);
	const struct spf_query query = query_of(NULL, "@d.example.", NULL);
	const struct arena_mark mark = arena_mark(arena);
	struct spf_answer answer;

	(void)state;
	assert_int_equal(spf_evaluate(arena, &query, &spf_limits_default, trickle_ask, trickle, &answer), -EAGAIN);
	assert_true(arena_mark_equal(mark, arena_mark(arena)));
}

static void no_client_is_none(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(source_close) struct source source = { .arena = arena_new(), .zone = zone_new(SPF("-all")) };
	struct spf_query query = query_of(NULL, NULL, NULL);
	struct spf_answer answer;

	(void)state;
	query.client.family = IP_NONE;
	assert_int_equal(spf_evaluate(arena, &query, &spf_limits_default, source_ask, &source, &answer), 0);
	assert_int_equal(answer.result, SPF_NONE);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, table, check_evaluate);
	rows_add(&rows, early_table, check_early);
	rows_add_one(&rows, "independent_questions_are_asked_at_once", independent_questions_are_asked_at_once, NULL);
	rows_add_one(&rows, "repeated_calls_keep_no_memory", repeated_calls_keep_no_memory, NULL);
	rows_add_one(&rows, "no_client_is_none", no_client_is_none, NULL);
	return rows_run(&rows, "spf_evaluate");
}

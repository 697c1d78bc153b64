/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scanner dmarc through the engine: which authors a message has, what is found, said and done. What policies and organizations are is
 * test_dmarc_walk's, alignment test_dmarc_judge's. */
#include <stdlib.h>
#include <unistd.h>

#include "milter/isolate/job.h"
#include "milter/settings.h"
#include "scanners/dmarc.h"
#include "scanners/scanners.h"
#include "t/lib/gate.h"
#include "t/lib/zone.h"
#include "t/unit/rows.h"

/* --- a scanner that stands for SPF and DKIM: says what the row says --- */

static const char *witnessed;	/* "spf:pass:a.example dkim:unsure:b.example" */

static const struct option witness_options[] = { OPTION_END };
static const struct option_section witness_section = {
	.name = "witness", .options = witness_options, .settings_size = 1, .summary = "what the test says" };
static const struct option_section *const witness_sections[] = { &witness_section, NULL };
static const struct outcome witness_outcomes[] = { { .name = NULL } };

static void witness(struct scan *scan, struct str word)
{
	struct str domain = word;
	const struct str kind = str_split(&domain, ":"), state = str_split(&domain, ":");

	identity_add(scan, &(struct identity){
		.kind = kind.p[0] == 's' ? IDENTITY_SPF : IDENTITY_DKIM,
		.state = state.p[0] == 'p' ? IDENTITY_PASS : state.p[0] == 'u' ? IDENTITY_UNSURE : IDENTITY_FAIL,
		.domain = arena_strndup(scan->arena, domain.p, domain.len),
		.selector = "s",
		.result = "pass",
	});
}

/* As SPF does, early where it can; as DKIM does, at the last call. */
static bool witness_report(struct scan *scan)
{
	struct str rest = str_of(witnessed);

	if (scan->wait_until_ms != UINT64_MAX)
		return false;
	while (rest.p != NULL && rest.len > 0)
		witness(scan, str_split(&rest, " "));
	return true;
}

static const struct scanner scanner_witness = {
	.name = "witness", .sections = witness_sections, .outcomes = witness_outcomes, .report = witness_report };

const struct scanner *const scanners[] = { &scanner_limits, &scanner_relay, &scanner_witness, &scanner_dmarc, NULL };
const struct job_kind *const job_kinds[] = { NULL };

enum { DMARC_INDEX = 3 };

/* --- the way of a message --- */

#define TOP "authserv_id = \"gw.ours.example\"\ndomains = { \"ours.example\" }\nresolver { timeout = \"100ms\" }\n"
#define D(name, text) "_dmarc." name " TXT \"v=DMARC1; " text "\"\n"
#define EVIL "dkim:pass:evil.example spf:pass:evil.example"
#define X10(s) s s s s s s s s s s
#define X100(s) X10(X10(s))

static const char zone[] =
	D("legit.example", "p=reject; rua=mailto:dmarc@legit.example")
	D("soft.example", "p=quarantine")
	D("watch.example", "p=none")
	D("test.soft.example", "p=quarantine; t=y")
	D("trial.example", "p=reject; t=y")
	D("strict.example", "p=reject; adkim=s; aspf=s")
	D("parts.example", "p=none; sp=quarantine; np=reject") "here.parts.example A 192.0.2.1\n"
	D("nop.example", "rua=mailto:x@nop.example")
	D("odd.example", "p=reject; pct=0; hello; x=y")
	D("two.example", "p=reject") D("two.example", "p=none")
	D("evil.example", "p=reject")
	D("brand.example", "p=reject; psd=n")
	D("suffix.example", "p=reject; psd=y")
	D("unsaid.example", "p=reject; psd=u")
	D("xn--mnchen-3ya.example", "p=reject")
	"_dmarc.alias.example CNAME _dmarc.legit.example\n"
	"_dmarc.huge.example CNAME huge.host.example\nhuge.host.example !huge 248\n"
	"_dmarc.down.example !servfail\n"
	"_dmarc.refused.example !refused\n"
	"_dmarc.silent.example !silent\n"
	"_dmarc.loop.example !loop\n"
	D("list.example", "p=none");

static const struct row {
	const char *name;
	const char *identities;
	const char *header;
	const char *outcome;		/* "" for no finding at all */
	const char *word;		/* what the client hears; "" nothing */
	const char *result;		/* of Authentication-Results; NULL: not compared */
	const char *settings;		/* of section dmarc; may be NULL */
	const char *client;		/* NULL: 203.0.113.7 */
} rows[] = {
	/* outcomes */
	{ "pass_by_dkim", "dkim:pass:legit.example", "From: a@legit.example\n", "pass", "",
	  "dmarc=pass header.from=legit.example policy.dmarc=reject policy.disposition=none", NULL, NULL },
	{ "pass_by_spf", "spf:pass:m.legit.example", "From: a@legit.example\n", "pass", "", NULL, NULL, NULL },
	{ "fail_is_refused_as_the_domain_asks", "", "From: a@legit.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject",
	  "dmarc=fail header.from=legit.example policy.dmarc=reject policy.disposition=reject", NULL, NULL },
	{ "fail_is_held_as_the_domain_asks", "", "From: a@soft.example\n", "fail_quarantine", "",
	  "dmarc=fail header.from=soft.example policy.dmarc=quarantine policy.disposition=quarantine", NULL, NULL },
	{ "fail_of_policy_none", "", "From: a@watch.example\n", "fail_none", "",
	  "dmarc=fail header.from=watch.example policy.dmarc=none policy.disposition=none", NULL, NULL },
	{ "no_policy", EVIL, "From: a@nobody.example\n", "none", "", "dmarc=none header.from=nobody.example", NULL, NULL },
	{ "failed_identities_prove_nothing", "dkim:fail:legit.example spf:fail:legit.example", "From: a@legit.example\n", "fail_reject",
	  "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "strangers_prove_nothing", EVIL, "From: a@legit.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "strict_alignment", "dkim:pass:m.strict.example spf:pass:m.strict.example", "From: a@strict.example\n", "fail_reject",
	  "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "policy_is_the_operator_s_to_enforce", "", "From: a@legit.example\n", "fail_reject", "",
	  "dmarc=fail header.from=legit.example policy.dmarc=reject policy.disposition=quarantine", "on_fail_reject = quarantine", NULL },
	{ "observed_only", "", "From: a@legit.example\n", "fail_reject", "",
	  "dmarc=fail header.from=legit.example policy.dmarc=reject policy.disposition=none", "on_fail_reject = \"observe reject\"", NULL },
	{ "switched_off", "", "From: a@legit.example\n", "", "", "none", "enabled = no", NULL },
	{ "tag_is_a_quarantine", "", "From: a@legit.example\n", "fail_reject", "",
	  "dmarc=fail header.from=legit.example policy.dmarc=reject policy.disposition=quarantine", "on_fail_reject = tag", NULL },

	/* records */
	{ "t_makes_reject_quarantine", "", "From: a@trial.example\n", "fail_quarantine", "",
	  "dmarc=fail header.from=trial.example policy.dmarc=quarantine policy.disposition=quarantine", NULL, NULL },
	{ "t_makes_quarantine_none", "", "From: a@test.soft.example\n", "fail_none", "", NULL, NULL, NULL },
	{ "np_for_what_does_not_exist", "", "From: a@gone.parts.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "sp_for_what_exists", "", "From: a@here.parts.example\n", "fail_quarantine", "", NULL, NULL, NULL },
	{ "p_for_the_domain_itself", "", "From: a@parts.example\n", "fail_none", "", NULL, NULL, NULL },
	{ "psd_n", "dkim:pass:x.brand.example", "From: a@y.brand.example\n", "pass", "", NULL, NULL, NULL },
	{ "psd_y", "dkim:pass:x.suffix.example", "From: a@y.suffix.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "psd_u", "dkim:pass:x.unsaid.example", "From: a@y.unsaid.example\n", "pass", "", NULL, NULL, NULL },
	{ "missing_p_DNS_15", "", "From: a@nop.example\n", "fail_none", "", NULL, NULL, NULL },
	{ "unknown_tags_and_pct_DNS_15", "", "From: a@odd.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "two_records_DNS_15", "", "From: a@two.example\n", "none", "", NULL, NULL, NULL },
	{ "alias_DNS_15", "", "From: a@alias.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "alias_to_64_kb_DNS_15", "", "From: a@huge.example\n", "none", "", NULL, NULL, NULL },
	{ "idn_as_u_label_DNS_15", "", "From: a@m\xc3\xbcnchen.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject",
	  "dmarc=fail header.from=xn--mnchen-3ya.example policy.dmarc=reject policy.disposition=reject", NULL, NULL },
	{ "idn_as_a_label_DNS_15", "dkim:pass:xn--mnchen-3ya.example", "From: a@XN--Mnchen-3ya.example\n", "pass", "", NULL, NULL, NULL },
	{ "more_than_eight_labels", "", "From: a@h.g.f.e.d.c.b.a.legit.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "list_instead_of_the_walk", "dkim:pass:x.y.suffix.example", "From: a@z.suffix.example\n", "pass", "", NULL, "method = psl", NULL },

	/* it could not be told */
	{ "servfail_is_deferred_DNS_01", "", "From: a@down.example\n", "temperror", "451 4.4.3 dmarc:temperror",
	  "dmarc=temperror reason=\"DNS of down.example: SERVFAIL\" header.from=down.example", NULL, NULL },
	{ "refused_is_deferred_DNS_01", EVIL, "From: a@refused.example\n", "temperror", "451 4.4.3 dmarc:temperror", NULL, NULL, NULL },
	{ "silence_is_deferred_DNS_01", EVIL, "From: a@silent.example\n", "temperror", "451 4.4.3 dmarc:temperror", NULL, NULL, NULL },
	{ "alias_loop_is_deferred_DNS_04_DNS_15", EVIL, "From: a@loop.example\n", "temperror", "451 4.4.3 dmarc:temperror", NULL, NULL, NULL },
	{ "failure_above_is_deferred_DNS_01", EVIL, "From: a@x.down.example\n", "temperror", "451 4.4.3 dmarc:temperror", NULL, NULL, NULL },
	{ "proven_domain_is_not_deferred_DNS_01", "dkim:pass:down.example", "From: a@down.example\n", "unsure", "",
	  "dmarc=temperror reason=\"DNS of down.example: SERVFAIL\" header.from=down.example", NULL, NULL },
	{ "unsure_dkim_is_deferred_DNS_01", "dkim:unsure:legit.example", "From: a@legit.example\n", "temperror", "451 4.4.3 dmarc:temperror",
	  "dmarc=temperror header.from=legit.example policy.dmarc=reject policy.disposition=defer", NULL, NULL },
	{ "unsure_spf_is_deferred_DNS_01", "spf:unsure:legit.example", "From: a@legit.example\n", "temperror", "451 4.4.3 dmarc:temperror",
	  NULL, NULL, NULL },
	{ "unsure_stranger_is_no_excuse_DNS_01", "dkim:unsure:evil.example", "From: a@legit.example\n", "fail_reject",
	  "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "unsure_where_nothing_is_asked_DNS_01", "dkim:unsure:watch.example", "From: a@watch.example\n", "unsure", "", NULL, NULL, NULL },
	{ "unsure_with_another_proof_DNS_01", "dkim:unsure:legit.example spf:pass:legit.example", "From: a@legit.example\n", "pass", "",
	  NULL, NULL, NULL },
	{ "signer_below_the_author_s_domain", "dkim:pass:x.unsaid.example", "From: a@unsaid.example\n", "pass", "", NULL, NULL, NULL },

	/* HDR-04: nothing that comes in becomes a part of our field's syntax */
	{ "domain_with_a_comment_HDR_04", EVIL, "From: a@legit.example(.evil.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject",
	  "dmarc=fail header.from=legit.example policy.dmarc=reject policy.disposition=reject", NULL, NULL },
	{ "domain_with_a_quote_HDR_04", EVIL, "From: a@legit.example'a.evil.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject",
	  NULL, NULL, NULL },
	{ "result_in_the_local_part_HDR_04", EVIL, "From: \"a; dmarc=pass header.from=legit.example\"@evil.example\n", "pass", "",
	  "dmarc=pass header.from=evil.example policy.dmarc=reject policy.disposition=none", NULL, NULL },

	/* HDR-05: such identities do not come from the scanner dkim; if they did they would be nobody's */
	{ "signing_domain_with_a_quote_HDR_05", "dkim:pass:legit.example'a.evil.example", "From: a@legit.example\n", "fail_reject",
	  "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "signing_domain_with_a_comment_HDR_05", "dkim:pass:legit.example(.evil.example", "From: a@legit.example\n", "fail_reject",
	  "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "signing_domain_that_is_empty_HDR_05", "dkim:pass:", "From: a@legit.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject",
	  NULL, NULL, NULL },
	{ "signing_domain_with_a_trailing_dot_HDR_05", "dkim:pass:legit.example.", "From: a@legit.example\n", "fail_reject",
	  "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "signing_top_level_domain_HDR_05", "dkim:pass:example", "From: a@legit.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject",
	  NULL, NULL, NULL },

	/* HDR-06: several From fields, and what some program takes for one */
	{ "two_fields_HDR_06", EVIL, "From: a@evil.example\nFrom: a@legit.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "two_fields_the_other_way_HDR_06", EVIL, "From: a@legit.example\nSubject: x\nFrom: a@evil.example\n", "fail_reject",
	  "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "two_fields_of_one_domain_are_no_pass_HDR_06", EVIL, "From: a@evil.example\nFrom: b@evil.example\n", "permerror", "",
	  "dmarc=permerror reason=\"there is more than one From field\"", NULL, NULL },
	{ "leading_space_HDR_06", EVIL, "From: a@evil.example\n From: a@legit.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "space_before_the_colon_HDR_06", EVIL, "Subject: x\nFrom : a@legit.example\nFrom: a@evil.example\n", "fail_reject",
	  "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "space_before_the_colon_alone_HDR_06", EVIL, "Subject: x\nFrom : a@legit.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "space_before_the_colon_is_no_pass_HDR_06", EVIL, "Subject: x\nFrom : a@evil.example\n", "permerror", "", NULL, NULL, NULL },
	{ "other_case_HDR_06", EVIL, "FROM: a@evil.example\nfRoM: a@legit.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "folded_at_its_start_HDR_06", EVIL, "From:\n a@legit.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "eleven_fields_HDR_06", EVIL, X10("From: a@evil.example\n") "From: a@legit.example\n", "many_authors", "550 5.7.1 dmarc:many_authors",
	  NULL, NULL, NULL },
	{ "sender_is_no_author_HDR_06", EVIL, "From: a@legit.example\nSender: a@evil.example\nResent-From: a@evil.example\n", "fail_reject",
	  "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },

	/* HDR-07: several authors, and none */
	{ "two_authors_of_one_domain_HDR_07", EVIL, "From: a@evil.example, B <b@evil.example>\n", "pass", "", NULL, NULL, NULL },
	{ "two_domains_HDR_07", EVIL, "From: a@evil.example, a@legit.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject",
	  "dmarc=fail header.from=legit.example policy.dmarc=reject policy.disposition=reject", NULL, NULL },
	{ "two_domains_the_other_way_HDR_07", EVIL, "From: a@legit.example, a@evil.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject",
	  NULL, NULL, NULL },
	{ "two_domains_both_proven_HDR_07", "dkim:pass:legit.example dkim:pass:evil.example", "From: a@legit.example, a@evil.example\n", "pass", "",
	  NULL, NULL, NULL },
	{ "strictest_of_those_that_fail_HDR_07", EVIL, "From: a@watch.example, a@soft.example, a@evil.example\n", "fail_quarantine", "",
	  NULL, NULL, NULL },
	{ "one_without_policy_is_no_pass_HDR_07", EVIL, "From: a@evil.example, a@nobody.example\n", "none", "",
	  "dmarc=none header.from=nobody.example", NULL, NULL },
	{ "one_unknown_is_deferred_HDR_07", EVIL, "From: a@evil.example, a@down.example\n", "temperror", "451 4.4.3 dmarc:temperror", NULL, NULL, NULL },
	{ "refusal_before_deferral_HDR_07", EVIL, "From: a@down.example, a@legit.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject",
	  NULL, NULL, NULL },
	{ "deferral_before_quarantine_HDR_07", EVIL, "From: a@soft.example, a@down.example\n", "temperror", "451 4.4.3 dmarc:temperror",
	  NULL, NULL, NULL },
	{ "group_HDR_07", EVIL, "From: x: a@evil.example, b@legit.example;\n", "fail_reject", "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "empty_group_HDR_07", EVIL, "From: undisclosed:;\n", "permerror", "", "dmarc=permerror reason=\"the From field names nobody\"", NULL, NULL },
	{ "empty_field_HDR_07", EVIL, "From: \n", "permerror", "", NULL, NULL, NULL },
	{ "no_field_HDR_07", EVIL, "Subject: x\n", "permerror", "", "dmarc=permerror reason=\"there is no From field\"", NULL, NULL },
	{ "ten_domains_HDR_07", "", "From: a@a.example, a@b.example, a@c.example, a@d.example, a@e.example, a@f.example, a@g.example, a@h.example,\n"
	  " a@i.example, a@legit.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "eleven_domains_HDR_07", "", "From: a@a.example, a@b.example, a@c.example, a@d.example, a@e.example, a@f.example, a@g.example,\n"
	  " a@h.example, a@i.example, a@j.example, a@legit.example\n", "many_authors", "550 5.7.1 dmarc:many_authors",
	  "dmarc=permerror reason=\"the From field names too many authors\"", NULL, NULL },
	{ "domain_literal_HDR_07", EVIL, "From: a@[192.0.2.1]\n", "permerror", "", "dmarc=permerror reason=\"an author has no domain name\"", NULL, NULL },
	{ "domain_literal_beside_a_proven_one_HDR_07", EVIL, "From: a@evil.example, a@[192.0.2.1]\n", "permerror", "", NULL, NULL, NULL },

	/* HDR-08: one field, several readings */
	{ "text_behind_the_brackets_HDR_08", EVIL, "From: <a@evil.example>admin@legit.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject",
	  NULL, NULL, NULL },
	{ "address_before_the_brackets_HDR_08", EVIL, "From: admin@legit.example,<b@evil.example>\n", "fail_reject", "550 5.7.1 dmarc:fail_reject",
	  NULL, NULL, NULL },
	{ "escaped_comma_HDR_08", EVIL, "From: <admin@legit.example>\\,<b@evil.example>\n", "fail_reject", "550 5.7.1 dmarc:fail_reject",
	  NULL, NULL, NULL },
	{ "source_route_HDR_08", EVIL, "From: <@evil.example,@x.example:admin@legit.example>\n", "fail_reject", "550 5.7.1 dmarc:fail_reject",
	  NULL, NULL, NULL },
	{ "encoded_address_HDR_08", EVIL, "From: =?utf-8?B?YWRtaW5AbGVnaXQuZXhhbXBsZQ==?=,<b@evil.example>\n", "fail_reject",
	  "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "encoded_bracket_HDR_08", EVIL, "From: =?utf-8?Q?=3Cadmin=40legit.example=3E?= <b@evil.example>\n", "fail_reject",
	  "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "two_pairs_of_brackets_HDR_08", EVIL, "From: <a@evil.example><admin@legit.example>\n", "fail_reject", "550 5.7.1 dmarc:fail_reject",
	  NULL, NULL, NULL },
	{ "two_at_HDR_08", EVIL, "From: admin@legit.example@evil.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "quoted_at_HDR_08", EVIL, "From: \"admin@legit.example\"@evil.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "comment_amidst_the_address_HDR_08", EVIL, "From: admin@legit.example(x)@evil.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject",
	  NULL, NULL, NULL },
	{ "nested_comments_HDR_08", EVIL, "From: " X100(X10("(")) " admin@legit.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject",
	  NULL, NULL, NULL },
	{ "unterminated_quote_HDR_08", EVIL, "From: \"x <a@evil.example>, admin@legit.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject",
	  NULL, NULL, NULL },
	{ "folded_between_the_addresses_HDR_08", EVIL, "From: <admin@legit.example>\n\t<a@evil.example>\n", "fail_reject",
	  "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "hundred_addresses_before_the_victim_HDR_08", EVIL, "From: <" X100("a@evil.example> <") "admin@legit.example>>\n", "many_authors",
	  "550 5.7.1 dmarc:many_authors", NULL, NULL, NULL },
	{ "ambiguous_but_of_proven_domains_is_no_pass_HDR_08", EVIL, "From: <a@evil.example><b@evil.example>\n", "permerror", "", NULL, NULL, NULL },
	{ "wide_at_in_an_ambiguous_field_HDR_08", EVIL, "From: <a@evil.example><admin\xef\xbc\xa0legit.example>\n", "fail_reject",
	  "550 5.7.1 dmarc:fail_reject", NULL, NULL, NULL },
	{ "sloppy_field_with_one_domain_in_all_readings_HDR_08", EVIL, "From: Doe, Jane <a@evil.example>\n", "pass", "", NULL, NULL, NULL },
	{ "sloppy_field_of_the_victim_HDR_08", EVIL, "From: a@legit.example <a@legit.example>\n", "fail_reject", "550 5.7.1 dmarc:fail_reject",
	  NULL, NULL, NULL },
	{ "address_in_a_display_name_is_shown_only_HDR_08", EVIL, "From: \"admin@legit.example\" <a@evil.example>\n", "pass", "",
	  "dmarc=pass header.from=evil.example policy.dmarc=reject policy.disposition=none", NULL, NULL },

	/* exemptions */
	{ "exempt_domain", "", "From: a@legit.example\n", "excepted", "",
	  "dmarc=fail reason=\"excepted by exempt_domains (legit.example)\" header.from=legit.example policy.dmarc=reject policy.disposition=none",
	  "exempt_domains = { \"legit.example\" }", NULL },
	{ "exempt_domain_is_that_name_alone", "", "From: a@x.legit.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject", NULL,
	  "exempt_domains = { \"legit.example\" }", NULL },
	{ "exempt_subdomains", "", "From: a@x.legit.example\n", "excepted", "", NULL, "exempt_domains = { \".legit.example\" }", NULL },
	{ "exempt_domain_does_not_cover_another_author", "", "From: a@legit.example, a@strict.example\n", "fail_reject",
	  "550 5.7.1 dmarc:fail_reject", "dmarc=fail header.from=strict.example policy.dmarc=reject policy.disposition=reject",
	  "exempt_domains = { \"legit.example\" }", NULL },
	{ "exempt_domain_beside_a_proven_author", EVIL, "From: a@legit.example, a@evil.example\n", "excepted", "", NULL,
	  "exempt_domains = { \"legit.example\" }", NULL },
	{ "exempt_domain_of_an_uncertain_author", EVIL, "From: a@legit.example\nFrom: a@evil.example\n", "permerror", "", NULL,
	  "exempt_domains = { \"legit.example\" }", NULL },
	{ "exempt_domain_that_passes", "dkim:pass:legit.example", "From: a@legit.example\n", "pass", "", NULL,
	  "exempt_domains = { \"legit.example\" }", NULL },
	{ "exempt_domain_is_not_deferred", "", "From: a@down.example\n", "excepted", "", NULL, "exempt_domains = { \"down.example\" }", NULL },
	{ "exempt_client", "", "From: a@legit.example\n", "excepted", "",
	  "dmarc=fail reason=\"excepted by exempt_clients (203.0.113.0/24)\" header.from=legit.example policy.dmarc=reject policy.disposition=none",
	  "exempt_clients = { \"203.0.113.0/24\" }", NULL },
	{ "other_client", "", "From: a@legit.example\n", "fail_reject", "550 5.7.1 dmarc:fail_reject", NULL,
	  "exempt_clients = { \"203.0.113.0/24\" }", "198.51.100.7" },
	{ "exempt_list", "dkim:pass:list.example", "From: a@legit.example\nList-Id: Users <users.list.example>\n", "excepted", "",
	  "dmarc=fail reason=\"excepted by exempt_lists (users.list.example)\" header.from=legit.example policy.dmarc=reject policy.disposition=none",
	  "exempt_lists = { \"users.list.example\" }", NULL },
	{ "exempt_list_by_its_end", "dkim:pass:users.list.example", "From: a@legit.example\nList-ID: <Users.List.Example>\n", "excepted", "", NULL,
	  "exempt_lists = { \".list.example\" }", NULL },
	{ "exempt_list_without_a_signature", "spf:pass:list.example", "From: a@legit.example\nList-Id: <users.list.example>\n", "fail_reject",
	  "550 5.7.1 dmarc:fail_reject", NULL, "exempt_lists = { \"users.list.example\" }", NULL },
	{ "exempt_list_with_a_stranger_s_signature", EVIL, "From: a@legit.example\nList-Id: <users.list.example>\n", "fail_reject",
	  "550 5.7.1 dmarc:fail_reject", NULL, "exempt_lists = { \"users.list.example\" }", NULL },
	{ "exempt_list_with_a_failed_signature", "dkim:fail:list.example", "From: a@legit.example\nList-Id: <users.list.example>\n", "fail_reject",
	  "550 5.7.1 dmarc:fail_reject", NULL, "exempt_lists = { \"users.list.example\" }", NULL },
	{ "exempt_list_with_an_unsure_signature", "dkim:unsure:list.example", "From: a@legit.example\nList-Id: <users.list.example>\n",
	  "fail_reject", "550 5.7.1 dmarc:fail_reject", NULL, "exempt_lists = { \"users.list.example\" }", NULL },
	{ "exempt_list_signed_by_a_top_level_domain", "dkim:pass:example", "From: a@legit.example\nList-Id: <users.list.example>\n", "fail_reject",
	  "550 5.7.1 dmarc:fail_reject", NULL, "exempt_lists = { \"users.list.example\" }", NULL },
	{ "exempt_list_signed_from_below", "dkim:pass:x.users.list.example", "From: a@legit.example\nList-Id: <users.list.example>\n",
	  "fail_reject", "550 5.7.1 dmarc:fail_reject", NULL, "exempt_lists = { \"users.list.example\" }", NULL },
	{ "exempt_list_with_two_identifiers", "dkim:pass:list.example", "From: a@legit.example\nList-Id: <users.list.example>\n"
	  "List-Id: <x.evil.example>\n", "fail_reject", "550 5.7.1 dmarc:fail_reject", NULL, "exempt_lists = { \"users.list.example\" }", NULL },
	{ "exempt_list_without_brackets", "dkim:pass:list.example", "From: a@legit.example\nList-Id: users.list.example\n", "fail_reject",
	  "550 5.7.1 dmarc:fail_reject", NULL, "exempt_lists = { \"users.list.example\" }", NULL },
	{ "another_list", "dkim:pass:list.example", "From: a@legit.example\nList-Id: <news.list.example>\n", "fail_reject",
	  "550 5.7.1 dmarc:fail_reject", NULL, "exempt_lists = { \"users.list.example\" }", NULL },
};

/* The one finding, "" when there is none. */
static const struct finding *found(const struct gate *gate)
{
	const struct message *message = gate->session->message;
	const struct finding *finding = NULL;

	for (size_t i = 0; i < message->findings.len; i++) {
		if (message->findings.items[i].scanner != &scanner_dmarc)
			continue;
		assert_null(finding);
		finding = &message->findings.items[i];
	}
	return finding;
}

static const char *resulted(const struct gate *gate)
{
	const struct message *message = gate->session->message;
	const char *text = authres_format(message->arena, "gw", message->results, message->results_len);

	return text + strlen("gw; ");
}

static struct verdict walk(struct gate *gate, const char *client, const char *mailfrom, const char *header)
{
	struct verdict verdict;

	gate_connect_helo(gate, client, "mx.evil.example");
	(void)gate_mail(gate, "", mailfrom);
	verdict = gate_rcpt(gate, "<u@ours.example>");
	assert_int_equal(verdict.reply.code, 0);
	return gate_message(gate, header);
}

static struct gate *open_gate(const char *settings, const char *zone_text)
{
	struct arena *arena = arena_new();
	const char *text = arena_printf(arena, TOP "dmarc { %s }\n", settings == NULL ? "" : settings);
	struct gate *gate = zone_text == NULL ? gate_open(text) : gate_open_zone(text, zone_text);

	arena_free(arena);
	return gate;
}

static void check_row(void **state)
{
	const struct row *row = *state;
	struct gate *gate = open_gate(row->settings, zone);
	const struct finding *finding;
	struct verdict verdict;

	witnessed = row->identities;
	verdict = walk(gate, row->client == NULL ? "203.0.113.7" : row->client, "<x@evil.example>", row->header);
	finding = found(gate);
	assert_string_equal(finding == NULL ? "" : finding->outcome->name, row->outcome);
	assert_string_equal(gate_word(gate, &verdict), row->word);
	if (row->result != NULL)
		assert_string_equal(resulted(gate), row->result);
	assert_int_equal(strncmp(resulted(gate), "dmarc=pass", strlen("dmarc=pass")) == 0, strcmp(row->outcome, "pass") == 0);
	gate_close(gate);
}

/* --- what is said --- */

static const struct said {
	const char *name, *identities, *header, *text, *facts;
} said_table[] = {
	{ "text_of_pass", "dkim:pass:m.legit.example spf:fail:evil.example", "From: a@legit.example\n",
	  "DMARC: this mail is from legit.example (DKIM of m.legit.example; p=reject in the record of legit.example)",
	  "result=pass disposition=none header_from=legit.example dkim=pass spf=fail domain=legit.example p=reject sp=- np=- adkim=r aspf=r t=n "
	  "psd=u policy=reject" },
	{ "text_of_fail_reject", "", "From: a@x.legit.example\n",
	  "DMARC: nothing proves that this mail is from x.legit.example, and legit.example asks to reject such mail (sp=reject in the record of "
	  "legit.example)",
	  "result=fail disposition=reject header_from=x.legit.example dkim=fail spf=fail domain=legit.example p=reject sp=- np=- adkim=r aspf=r "
	  "t=n psd=u policy=reject" },
	{ "text_of_fail_in_testing", "", "From: a@trial.example\n",
	  "DMARC: nothing proves that this mail is from trial.example, and trial.example asks to treat such mail as suspicious (p=reject t=y in "
	  "the record of trial.example)",
	  "result=fail disposition=quarantine header_from=trial.example dkim=fail spf=fail domain=trial.example p=reject sp=- np=- adkim=r "
	  "aspf=r t=y psd=u policy=reject" },
	{ "text_of_fail_none", "", "From: a@parts.example\n",
	  "DMARC: nothing proves that this mail is from parts.example, and parts.example asks for nothing to be done about such mail (p=none in "
	  "the record of parts.example)",
	  "result=fail disposition=none header_from=parts.example dkim=fail spf=fail domain=parts.example p=none sp=quarantine np=reject adkim=r "
	  "aspf=r t=n psd=u policy=none" },
	{ "text_of_none", "", "From: a@nobody.example\n", "DMARC: nobody.example publishes no policy",
	  "result=none disposition=none header_from=nobody.example dkim=fail spf=fail" },
	{ "text_of_temperror", "", "From: a@down.example\n",
	  "DMARC: it could not be looked up whether this mail is from down.example (DNS of down.example: SERVFAIL)",
	  "result=temperror disposition=defer header_from=down.example dkim=fail spf=fail" },
	{ "text_of_unsure_identities", "dkim:unsure:strict.example", "From: a@strict.example\n",
	  "DMARC: SPF or DKIM could not tell whether this mail is from strict.example",
	  "result=temperror disposition=defer header_from=strict.example dkim=temperror spf=fail domain=strict.example p=reject sp=- np=- adkim=s "
	  "aspf=s t=n psd=u policy=reject" },
	{ "text_of_permerror", "", "Subject: x\n", "DMARC: nobody can say for certain who wrote this mail: there is no From field",
	  "result=permerror disposition=none" },
	{ "text_of_excepted", "", "From: a@exempt.soft.example\n",
	  "DMARC: excepted by exempt_domains (exempt.soft.example): nothing proves that this mail is from exempt.soft.example, and soft.example "
	  "asks to treat such mail as suspicious (sp=quarantine in the record of soft.example)",
	  "result=fail disposition=none header_from=exempt.soft.example dkim=fail spf=fail domain=soft.example p=quarantine sp=- np=- adkim=r "
	  "aspf=r t=n psd=u policy=quarantine reason=local_policy:exempt.soft.example" },
};

static void check_said(void **state)
{
	const struct said *row = *state;
	struct gate *gate = open_gate("exempt_domains = { \"exempt.soft.example\" }", zone);
	const struct dmarc_message *kept;

	witnessed = row->identities;
	(void)walk(gate, "203.0.113.7", "<x@evil.example>", row->header);
	assert_non_null(found(gate));
	assert_string_equal(found(gate)->text, row->text);
	kept = gate->session->message->states[DMARC_INDEX];
	assert_string_equal(dmarc_facts_text(gate->session->message->arena, &kept->facts), row->facts);
	gate_close(gate);
}

/* --- the way --- */

static void null_sender_is_judged_by_its_helo_name(void **state)
{
	struct gate *gate = open_gate(NULL, zone);

	(void)state;
	witnessed = "spf:pass:mx.evil.example";
	(void)walk(gate, "203.0.113.7", "<>", "From: MAILER-DAEMON@evil.example\n");
	assert_string_equal(found(gate)->outcome->name, "pass");
	gate_close(gate);
}

static void null_sender_without_proof_fails(void **state)
{
	struct gate *gate = open_gate(NULL, zone);
	struct verdict verdict;

	(void)state;
	witnessed = "spf:pass:mx.evil.example";
	verdict = walk(gate, "203.0.113.7", "<>", "From: MAILER-DAEMON@legit.example\n");
	assert_string_equal(gate_word(gate, &verdict), "550 5.7.1 dmarc:fail_reject");
	gate_close(gate);
}

static void without_a_resolver_it_could_not_be_told(void **state)
{
	struct gate *gate = open_gate(NULL, NULL);
	struct verdict verdict;

	(void)state;
	witnessed = "";
	verdict = walk(gate, "203.0.113.7", "<x@evil.example>", "From: a@legit.example\n");
	assert_string_equal(gate_word(gate, &verdict), "451 4.4.3 dmarc:temperror");
	gate_close(gate);
}

static void other_directions_are_not_judged(void **state)
{
	struct gate *gate = open_gate(NULL, zone);
	struct verdict verdict;

	(void)state;
	witnessed = "";
	gate_connect(gate, "203.0.113.7");
	(void)gate_mail(gate, "alice", "<a@ours.example>");
	(void)gate_rcpt(gate, "<u@legit.example>");
	verdict = gate_message(gate, "From: a@legit.example\n");
	assert_int_equal(verdict.reply.code, 0);
	assert_null(found(gate));
	gate_close(gate);
}

/* The next message of a session knows nothing of the one before. */
static void each_message_by_itself(void **state)
{
	struct gate *gate = open_gate(NULL, zone);
	struct verdict verdict;

	(void)state;
	witnessed = "dkim:pass:legit.example";
	verdict = walk(gate, "203.0.113.7", "<x@legit.example>", "From: a@legit.example\n");
	assert_int_equal(verdict.reply.code, 0);
	witnessed = "";
	(void)gate_mail(gate, "", "<x@legit.example>");
	(void)gate_rcpt(gate, "<u@ours.example>");
	verdict = gate_message(gate, "From: a@legit.example\n");
	assert_string_equal(gate_word(gate, &verdict), "550 5.7.1 dmarc:fail_reject");
	gate_close(gate);
}

static unsigned asked_after_mail(struct gate *gate, const char *mailfrom)
{
	gate_connect_helo(gate, "203.0.113.7", "mx.evil.example");
	(void)gate_mail(gate, "", mailfrom);
	return zone_upstream_asked(gate->upstream);
}

static void sender_s_domain_is_asked_about_at_mail(void **state)
{
	struct gate *gate = open_gate(NULL, zone);

	(void)state;
	witnessed = "";
	assert_int_equal(asked_after_mail(gate, "<x@m.legit.example>"), 3);
	(void)gate_rcpt(gate, "<u@ours.example>");
	(void)gate_message(gate, "From: a@legit.example\n");
	assert_int_equal(zone_upstream_asked(gate->upstream), 3);
	gate_close(gate);
}

static void null_sender_and_literals_are_not_asked_about_at_mail(void **state)
{
	struct gate *gate = open_gate(NULL, zone);

	(void)state;
	assert_int_equal(asked_after_mail(gate, "<>"), 0);
	assert_int_equal(asked_after_mail(gate, "<x@[192.0.2.1]>"), 0);
	gate_close(gate);
}

static void signers_are_asked_about_with_the_header(void **state)
{
	struct gate *gate = open_gate(NULL, zone);
	struct message *message;

	(void)state;
	witnessed = "";
	(void)asked_after_mail(gate, "<>");
	(void)gate_rcpt(gate, "<u@ours.example>");
	message = gate->session->message;
	engine_add_field(gate->engine, gate->session, "DKIM-Signature", " v=1; d=m.legit.example; s=x; b=");
	engine_add_field(gate->engine, gate->session, "DKIM-Signature", " v=1; d=evil.example; s=x; b=");
	engine_add_field(gate->engine, gate->session, "From", " a@legit.example");
	assert_int_equal(message->headers.len, 3);
	(void)engine_phase(gate->engine, gate->session, PHASE_EOH, NULL);
	assert_int_equal(zone_upstream_asked(gate->upstream), 3);	/* legit.example, example, m.legit.example */
	gate_close(gate);
}

static void missing_suffix_list_keeps_us_from_starting_DNS_15(void **state)
{
	static const char text[] = TOP "dmarc { suffix_list = \"/nonexistent/list.dat\" }\n";
	struct gate *gate = gate_open_zone(TOP, zone);
	char path[] = "/tmp/octroi-dmarc-XXXXXX", problem[CONF_PROBLEM_MAX] = "";
	int fd = mkstemp(path);
	struct conf *conf;

	(void)state;
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
	conf = settings_load(path);
	(void)unlink(path);
	assert_null(engine_new(conf, engine_services(gate->engine), problem));
	assert_non_null(strstr(problem, "/nonexistent/list.dat cannot be read"));
	conf_free(conf);
	gate_close(gate);
}

int main(void)
{
	static struct rows tests;

	rows_add(&tests, rows, check_row);
	rows_add(&tests, said_table, check_said);
	rows_add_one(&tests, "null_sender_is_judged_by_its_helo_name", null_sender_is_judged_by_its_helo_name, NULL);
	rows_add_one(&tests, "null_sender_without_proof_fails", null_sender_without_proof_fails, NULL);
	rows_add_one(&tests, "without_a_resolver_it_could_not_be_told", without_a_resolver_it_could_not_be_told, NULL);
	rows_add_one(&tests, "other_directions_are_not_judged", other_directions_are_not_judged, NULL);
	rows_add_one(&tests, "each_message_by_itself", each_message_by_itself, NULL);
	rows_add_one(&tests, "sender_s_domain_is_asked_about_at_mail", sender_s_domain_is_asked_about_at_mail, NULL);
	rows_add_one(&tests, "null_sender_and_literals_are_not_asked_about_at_mail", null_sender_and_literals_are_not_asked_about_at_mail, NULL);
	rows_add_one(&tests, "signers_are_asked_about_with_the_header", signers_are_asked_about_with_the_header, NULL);
	rows_add_one(&tests, "missing_suffix_list_keeps_us_from_starting_DNS_15", missing_suffix_list_keeps_us_from_starting_DNS_15, NULL);
	return rows_run(&tests, "dmarc");
}

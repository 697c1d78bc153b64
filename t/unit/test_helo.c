/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is found about HELO names, against a zone text and through the engine. */
#include <stdlib.h>

#include "milter/isolate/job.h"
#include "scanners/helo_name.h"
#include "scanners/scanners.h"
#include "t/lib/gate.h"
#include "t/lib/zone.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { &scanner_relay, &scanner_helo, NULL };
const struct job_kind *const job_kinds[] = { NULL };

#define TOP "authserv_id = \"gw.ours.example\"\ndomains = { \"ours.example\", \"alone\", \".wild.example\" }\nresolver { timeout = \"100ms\" %s }\n"

static const char zone[] =
	"a.example A 203.0.113.7\n"
	"aaaa.example AAAA 2001:db8::7\n"
	"mx.example MX 10 mail.mx.example\n"
	"txt.example TXT \"nothing that mail goes to\"\n"
	"under_score.example A 203.0.113.7\n"
	"xn--mnchen-3ya.example A 203.0.113.7\n"
	"alias.example CNAME a.example\n"
	"broken.example !servfail\n"
	"refused.example !refused\n"
	"formerr.example !formerr\n"
	"truncated.example !tcp-refused\n"
	"loop.example !loop\n"
	"silent.example !silent\n"
	"slow.example A 203.0.113.7\n"
	"slow.example !delay 4000\n"
	"half.example AAAA 2001:db8::7\n"
	"half.example MX !servfail\n"
	"other-half.example MX 10 mail.mx.example\n"
	"other-half.example AAAA !servfail\n"
	"unclear.example TXT \"x\"\n"
	"unclear.example AAAA !servfail\n"
	"slow-aaaa.example AAAA 2001:db8::7\n"
	"slow-aaaa.example AAAA !delay 4000\n"
	"slow-nothing.example TXT \"x\"\n"
	"slow-nothing.example !delay 4000\n"
	"gw.ours.example A 192.0.2.25\n"
	"gw.ours.example A 203.0.113.77\n"
	"gw.ours.example AAAA 2001:db8::77\n"
	"host.wild.example A 203.0.113.9\n";

static const char text_zone_down[] = "!default servfail\n";

static const struct row {
	const char *name, *client, *helo;
	const char *found;	/* "outcome text", or "" */
} table[] = {
	{ "name_with_an_a_record", "203.0.113.7", "a.example", "" },
	{ "name_with_an_aaaa_record_only", "203.0.113.7", "aaaa.example", "" },
	{ "name_with_an_mx_record_only", "203.0.113.7", "mx.example", "" },
	{ "what_is_there_counts_beside_what_could_not_be_told", "203.0.113.7", "half.example", "" },
	{ "what_is_there_counts_behind_what_could_not_be_told", "203.0.113.7", "other-half.example", "" },
	{ "nothing_beside_what_could_not_be_told_DNS_01", "203.0.113.7", "unclear.example",
	  "temperror HELO \"unclear.example\" could not be looked up" },
	{ "name_that_is_an_alias", "203.0.113.7", "alias.example", "" },
	{ "name_in_upper_case_with_a_trailing_dot", "203.0.113.7", "A.Example.", "" },
	{ "name_with_an_underscore_is_let_pass", "203.0.113.7", "under_score.example", "" },
	{ "u_label_is_asked_for_as_a_label", "203.0.113.7", "m\xc3\xbcnchen.example", "" },
	{ "name_of_another_host_is_no_matter", "198.51.100.1", "a.example", "" },
	{ "name_that_does_not_exist", "203.0.113.7", "no.example",
	  "unresolvable HELO \"no.example\" does not exist in the DNS (no A, AAAA or MX record)" },
	{ "name_without_a_aaaa_and_mx", "203.0.113.7", "txt.example",
	  "unresolvable HELO \"txt.example\" does not exist in the DNS (no A, AAAA or MX record)" },
	{ "servfail_is_not_unresolvable_DNS_01", "203.0.113.7", "broken.example", "temperror HELO \"broken.example\" could not be looked up" },
	{ "refused_is_not_unresolvable_DNS_01", "203.0.113.7", "refused.example", "temperror HELO \"refused.example\" could not be looked up" },
	{ "formerr_is_not_unresolvable_DNS_01", "203.0.113.7", "formerr.example", "temperror HELO \"formerr.example\" could not be looked up" },
	{ "truncated_without_tcp_is_not_unresolvable_DNS_01", "203.0.113.7", "truncated.example",
	  "temperror HELO \"truncated.example\" could not be looked up" },
	{ "silence_is_not_unresolvable_DNS_01", "203.0.113.7", "silent.example", "temperror HELO \"silent.example\" could not be looked up" },
	{ "cname_loop_is_not_unresolvable_DNS_04", "203.0.113.7", "loop.example", "temperror HELO \"loop.example\" could not be looked up" },

	{ "nothing_said_SMTP_17", "203.0.113.7", "", "missing no HELO or EHLO was said" },
	{ "one_label", "203.0.113.7", "WIN-7QK2", "unqualified HELO \"WIN-7QK2\" is no fully qualified name" },
	{ "localhost_SMTP_11", "203.0.113.7", "localhost", "unqualified HELO \"localhost\" is no fully qualified name" },
	{ "spaces", "203.0.113.7", "HP LaserJet", "malformed HELO \"HP LaserJet\" is neither a host name nor an address" },
	{ "a_dot", "203.0.113.7", ".", "malformed HELO \".\" is neither a host name nor an address" },
	{ "results_SMTP_11", "203.0.113.7", "x; dkim=pass header.d=bank.example",
	  "malformed HELO \"x; dkim=pass header.d=bank.example\" is neither a host name nor an address" },
	{ "quotes_and_comments_SMTP_11", "203.0.113.7", "a\"b(c\\", "malformed HELO \"a?b(c?\" is neither a host name nor an address" },
	{ "cr_lf_SMTP_11", "203.0.113.7", "evil\r\nid=FAKE", "malformed HELO \"evil??id=FAKE\" is neither a host name nor an address" },
	{ "bytes_above_ascii", "203.0.113.7", "\xff\xfe", "malformed HELO \"??\" is neither a host name nor an address" },
	{ "wrong_a_label", "203.0.113.7", "xn--a.example", "malformed HELO \"xn--a.example\" is neither a host name nor an address" },
	{ "long_SMTP_11", "203.0.113.7",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  "malformed HELO \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\" is neither a host name nor an address" },
	{ "number_as_the_last_label", "203.0.113.7", "host.203", "malformed HELO \"host.203\" is neither a host name nor an address" },

	{ "literal_of_the_client", "203.0.113.7", "[203.0.113.7]", "" },
	{ "literal_of_the_client_ipv6", "2001:db8::7", "[IPv6:2001:DB8:0::7]", "" },
	{ "literal_of_the_client_without_its_tag", "2001:db8::7", "[2001:db8::7]", "" },
	{ "literal_of_a_mapped_client_SMTP_20", "::ffff:203.0.113.7", "[203.0.113.7]", "" },
	{ "mapped_literal_of_the_client_SMTP_20", "203.0.113.7", "[ipv6:::ffff:203.0.113.7]", "" },
	{ "literal_of_somebody_else", "203.0.113.7", "[203.0.113.8]",
	  "literal HELO \"[203.0.113.8]\" is not the client's address 203.0.113.7" },
	{ "literal_of_an_inner_network", "203.0.113.7", "[192.168.1.5]",
	  "literal HELO \"[192.168.1.5]\" is not the client's address 203.0.113.7" },
	{ "literal_of_loopback_SMTP_11", "203.0.113.7", "[IPv6:::1]", "literal HELO \"[IPv6:::1]\" is not the client's address 203.0.113.7" },
	{ "literal_of_no_address", "203.0.113.7", "[999.1.1.1]", "malformed HELO \"[999.1.1.1]\" is neither a host name nor an address" },
	{ "literal_with_a_scope_SMTP_20", "203.0.113.7", "[IPv6:fe80::1%eth0]",
	  "malformed HELO \"[IPv6:fe80::1%eth0]\" is neither a host name nor an address" },
	{ "literal_without_end", "203.0.113.7", "[203.0.113.7", "malformed HELO \"[203.0.113.7\" is neither a host name nor an address" },
	{ "literal_of_nothing", "203.0.113.7", "[]", "malformed HELO \"[]\" is neither a host name nor an address" },
	{ "bracket_alone", "203.0.113.7", "[", "malformed HELO \"[\" is neither a host name nor an address" },
	{ "address_without_brackets", "203.0.113.7", "203.0.113.7", "unqualified HELO \"203.0.113.7\" is an address without brackets" },
	{ "address_of_somebody_else_without_brackets", "203.0.113.7", "203.0.113.8",
	  "literal HELO \"203.0.113.8\" is not the client's address 203.0.113.7" },

	{ "our_host_SMTP_11", "203.0.113.7", "gw.ours.example", "own HELO \"gw.ours.example\" is a name of ours" },
	{ "our_host_in_upper_case", "203.0.113.7", "GW.Ours.Example", "own HELO \"GW.Ours.Example\" is a name of ours" },
	{ "our_host_by_the_mtas_name", "203.0.113.7", "mta.ours.example", "own HELO \"mta.ours.example\" is a name of ours" },
	{ "our_host_with_the_clients_address", "203.0.113.77", "gw.ours.example", "" },
	{ "our_host_with_the_clients_address_ipv6", "2001:db8::77", "gw.ours.example", "" },
	{ "our_domain", "203.0.113.7", "ours.example", "own HELO \"ours.example\" is a name of ours" },
	{ "our_domain_of_one_label", "203.0.113.7", "alone", "own HELO \"alone\" is a name of ours" },
	{ "host_in_a_domain_with_all_below", "203.0.113.9", "host.wild.example", "" },
	{ "another_host_in_a_domain_with_all_below", "203.0.113.7", "host.wild.example", "" },
	{ "our_address", "203.0.113.7", "[192.0.2.25]", "own HELO \"[192.0.2.25]\" is an address of ours" },
	{ "our_address_without_brackets", "203.0.113.7", "192.0.2.25", "own HELO \"192.0.2.25\" is an address of ours" },
	{ "our_host_says_its_name", "192.0.2.25", "gw.ours.example", "" },
	{ "program_on_this_host", "127.0.0.1", "localhost", "" },
	{ "program_on_this_host_ipv6", "::1", "a\"b", "" },
	{ "trusted_host", "198.51.100.9", "gw.ours.example", "" },

	{ "client_without_an_address_SMTP_19", "", "a.example", "" },
	{ "literal_of_a_client_without_an_address_SMTP_19", "", "[203.0.113.7]",
	  "temperror HELO \"[203.0.113.7]\": the client's address is not known" },
	{ "our_name_from_a_client_without_an_address_SMTP_19", "", "gw.ours.example",
	  "temperror HELO \"gw.ours.example\" is a name of ours; whether the client may use it could not be told" },
};

static const char *configuration(struct arena *arena, const char *helo_section, const char *resolver_options)
{
	return arena_printf(arena, TOP "helo { %s }\n", resolver_options, helo_section);
}

static const char *findings_text(struct gate *gate)
{
	const struct message *message = gate->session->message;
	struct arena *arena = message->arena;
	const char *text = "";

	assert_int_equal(gate->session->findings.len, 0);	/* EHLO may be said for ever */
	for (size_t i = 0; i < message->findings.len; i++) {
		const struct finding *finding = &message->findings.items[i];

		assert_int_equal(finding->recipient, FINDING_MESSAGE);
		if (finding->scanner == &scanner_helo)
			text = arena_printf(arena, "%s%s%s %s", text, text[0] == '\0' ? "" : "|", finding->outcome->name, finding->text);
	}
	return text;
}

static struct gate *open_gate(const char *zone_text, const char *helo_section, const char *resolver_options)
{
	struct arena *arena = arena_new();
	const char *text = configuration(arena, helo_section, resolver_options);
	struct gate *gate = zone_text == NULL ? gate_open(text) : gate_open_zone(text, zone_text);

	arena_free(arena);
	return gate;
}

static void connect_client(struct gate *gate, const char *client, const char *helo)
{
	gate_connect(gate, client[0] == '\0' ? "203.0.113.7" : client);
	gate->session->mta_host = "mta.ours.example";
	if (client[0] == '\0')
		gate->session->client = (struct ip){ .family = IP_NONE };
	if (helo[0] != '\0')
		gate_helo(gate, helo);
}

static const char *one_mail(struct gate *gate)
{
	(void)gate_mail(gate, "", "<a@ext.example>");
	(void)gate_rcpt(gate, "<u@ours.example>");
	(void)gate_message(gate, "Subject: x\n\n");
	return findings_text(gate);
}

static void check(void **state)
{
	const struct row *row = *state;
	struct gate *gate = open_gate(zone, "trusted = { \"198.51.100.9\" }", "");

	connect_client(gate, row->client, row->helo);
	assert_string_equal(one_mail(gate), row->found);
	gate_close(gate);
}

/* What the defaults do: only a stranger who says that he is us is refused. */
static const struct default_row {
	const char *name, *helo, *rcpt_word;
	double score;
} defaults[] = {
	{ "by_default_an_ordinary_name_weighs_nothing", "a.example", "", 0 },
	{ "by_default_nothing_said_weighs_nothing", "", "", 0 },
	{ "by_default_malformed_weighs_3", "a b", "", 3 },
	{ "by_default_unqualified_weighs_1", "localhost", "", 1 },
	{ "by_default_a_foreign_literal_weighs_2", "[203.0.113.8]", "", 2 },
	{ "by_default_unresolvable_weighs_1", "no.example", "", 1 },
	{ "by_default_temperror_weighs_nothing", "broken.example", "", 0 },
	{ "by_default_our_own_name_is_refused", "gw.ours.example", "550 5.7.1 helo:own", 0 },
};

static void check_default(void **state)
{
	const struct default_row *row = *state;
	struct gate *gate = open_gate(zone, "", "");
	struct verdict verdict;

	connect_client(gate, "203.0.113.7", row->helo);
	(void)gate_mail(gate, "", "<a@ext.example>");
	verdict = gate_rcpt(gate, "<u@ours.example>");
	assert_string_equal(gate_word(gate, &verdict), row->rcpt_word);
	if (row->rcpt_word[0] == '\0') {
		verdict = gate_message(gate, "Subject: x\n\n");
		assert_int_equal(verdict.action, ACTION_ACCEPT);
		assert_true(verdict.score == row->score);
	}
	gate_close(gate);
}

/* Each outcome's reply when it is refused and deferred: the classes of both codes must be those of the action. */
static const struct refusal_row {
	const char *name, *option, *helo, *reject_word, *defer_word;
} refusals[] = {
	{ "refusal_missing", "on_missing", "", "503 5.5.1 helo:missing", "450 4.7.1 helo:missing" },
	{ "refusal_malformed", "on_malformed", "a b", "501 5.5.2 helo:malformed", "450 4.7.1 helo:malformed" },
	{ "refusal_unqualified", "on_unqualified", "localhost", "550 5.7.1 helo:unqualified", "450 4.7.1 helo:unqualified" },
	{ "refusal_literal", "on_literal", "[203.0.113.8]", "550 5.7.1 helo:literal", "450 4.7.1 helo:literal" },
	{ "refusal_own", "on_own", "ours.example", "550 5.7.1 helo:own", "450 4.7.1 helo:own" },
	{ "refusal_unresolvable", "on_unresolvable", "no.example", "550 5.7.1 helo:unresolvable", "450 4.7.1 helo:unresolvable" },
	{ "refusal_temperror", "on_temperror", "broken.example", "550 5.7.1 helo:temperror", "450 4.7.1 helo:temperror" },
};

static void check_refusal(void **state)
{
	const struct refusal_row *row = *state;
	const char *actions[] = { "reject", "defer" }, *words[] = { row->reject_word, row->defer_word };

	for (size_t i = 0; i < 2; i++) {
		char section[100];
		struct gate *gate;
		struct verdict verdict;

		(void)snprintf(section, sizeof(section), "%s = %s", row->option, actions[i]);
		gate = open_gate(zone, section, "");
		connect_client(gate, "203.0.113.7", row->helo);
		(void)gate_mail(gate, "", "<a@ext.example>");
		verdict = gate_rcpt(gate, "<u@ours.example>");
		assert_string_equal(gate_word(gate, &verdict), words[i]);
		verdict = gate_rcpt(gate, "<postmaster@ours.example>");
		assert_string_equal(gate_word(gate, &verdict), "");
		gate_close(gate);
	}
}

static void after_a_login_nothing_is_found(void **state)
{
	struct gate *gate = open_gate(zone, "", "");

	(void)state;
	connect_client(gate, "203.0.113.7", "gw.ours.example");
	(void)gate_mail(gate, "alice", "<a@ours.example>");
	(void)gate_rcpt(gate, "<u@ext.example>");
	(void)gate_message(gate, "Subject: x\n\n");
	assert_string_equal(findings_text(gate), "");
	gate_close(gate);
}

static void switched_off_it_asks_and_finds_nothing(void **state)
{
	struct gate *gate = open_gate(zone, "enabled = no", "");

	(void)state;
	connect_client(gate, "203.0.113.7", "no.example");
	assert_string_equal(one_mail(gate), "");
	gate_helo(gate, "a b");
	assert_string_equal(one_mail(gate), "");
	assert_int_equal(zone_upstream_asked(gate->upstream), 0);
	gate_close(gate);
}

static void without_a_resolver_it_could_not_tell(void **state)
{
	struct gate *gate = open_gate(NULL, "", "");

	(void)state;
	connect_client(gate, "203.0.113.7", "a.example");
	assert_string_equal(one_mail(gate), "temperror HELO \"a.example\" could not be looked up");
	gate_helo(gate, "gw.ours.example");
	assert_string_equal(one_mail(gate),
			    "temperror HELO \"gw.ours.example\" is a name of ours; whether the client may use it could not be told");
	gate_close(gate);
}

static void with_the_dns_down_only_what_needs_none_is_found_DNS_18(void **state)
{
	struct gate *gate = open_gate(text_zone_down, "", "");

	(void)state;
	connect_client(gate, "203.0.113.7", "no.example");
	assert_string_equal(one_mail(gate), "temperror HELO \"no.example\" could not be looked up");
	gate_helo(gate, "gw.ours.example");
	assert_string_equal(one_mail(gate),
			    "temperror HELO \"gw.ours.example\" is a name of ours; whether the client may use it could not be told");
	gate_helo(gate, "[203.0.113.8]");
	assert_string_equal(one_mail(gate), "literal HELO \"[203.0.113.8]\" is not the client's address 203.0.113.7");
	gate_close(gate);
}

static void each_message_of_a_session_is_judged(void **state)
{
	struct gate *gate = open_gate(zone, "", "");

	(void)state;
	connect_client(gate, "203.0.113.7", "no.example");
	for (size_t i = 0; i < 3; i++)
		assert_memory_equal(one_mail(gate), "unresolvable ", strlen("unresolvable "));
	assert_int_equal(zone_upstream_asked(gate->upstream), 1);	/* NXDOMAIN says all there is to say */
	gate_close(gate);
}

static void the_last_ehlo_before_mail_counts(void **state)
{
	struct gate *gate = open_gate(zone, "", "");

	(void)state;
	connect_client(gate, "203.0.113.7", "gw.ours.example");
	gate_helo(gate, "no.example");
	gate_helo(gate, "a.example");
	assert_string_equal(one_mail(gate), "");
	gate_helo(gate, "localhost");
	assert_string_equal(one_mail(gate), "unqualified HELO \"localhost\" is no fully qualified name");
	gate_helo(gate, "a.example");
	assert_string_equal(one_mail(gate), "");
	gate_close(gate);
}

static void ehlo_for_ever_costs_neither_memory_nor_questions(void **state)
{
	struct gate *gate = open_gate(zone, "", "");
	char helo[32];
	size_t before;
	unsigned asked;

	(void)state;
	connect_client(gate, "203.0.113.7", "first.example");
	before = arena_size_bytes(gate->session->arena);
	for (unsigned i = 0; i < 20000; i++) {
		(void)snprintf(helo, sizeof(helo), "n%u.example", i);
		gate_helo(gate, helo);
	}
	asked = zone_upstream_asked(gate->upstream);
	assert_in_range(asked, 1, 20);
	assert_int_equal(arena_size_bytes(gate->session->arena), before);
	gate_helo(gate, "late.example");
	assert_memory_equal(one_mail(gate), "unresolvable ", strlen("unresolvable "));	/* but the last one is asked for */
	assert_int_equal(zone_upstream_asked(gate->upstream), asked + 1);
	gate_close(gate);
}

static void messages_for_ever_cost_the_session_no_memory(void **state)
{
	struct gate *gate = open_gate(zone, "", "");
	char helo[32];
	size_t before;

	(void)state;
	connect_client(gate, "203.0.113.7", "first.example");
	before = arena_size_bytes(gate->session->arena);
	for (unsigned i = 0; i < 5000; i++) {
		(void)snprintf(helo, sizeof(helo), "n%u.example", i);
		gate_helo(gate, helo);
		(void)gate_mail(gate, "", "<a@ext.example>");
	}
	assert_int_equal(arena_size_bytes(gate->session->arena), before);
	gate_close(gate);
}

/* There is no A record; what else there is has not come yet. */
static void half_an_answer_is_not_nothing(void **state)
{
	struct gate *gate = open_gate(zone, "", "");

	(void)state;
	connect_client(gate, "203.0.113.7", "slow-aaaa.example");
	(void)gate_mail(gate, "", "<a@ext.example>");
	(void)gate_rcpt(gate, "<u@ours.example>");
	assert_string_equal(findings_text(gate), "");
	zone_upstream_release(gate->upstream);
	(void)gate_message(gate, "Subject: x\n\n");
	assert_string_equal(findings_text(gate), "");
	gate_close(gate);
}

/* The answer comes after RCPT: nothing waits for it there, and it is told with the message. */
static void a_late_answer_is_not_waited_for_at_rcpt(void **state)
{
	struct gate *gate = open_gate(zone, "", "");
	struct verdict verdict;

	(void)state;
	connect_client(gate, "203.0.113.7", "slow-nothing.example");
	(void)gate_mail(gate, "", "<a@ext.example>");
	verdict = gate_rcpt(gate, "<u@ours.example>");
	assert_string_equal(gate_word(gate, &verdict), "");
	assert_string_equal(findings_text(gate), "");
	zone_upstream_release(gate->upstream);		/* A; and then AAAA and MX */
	zone_upstream_release(gate->upstream);
	verdict = gate_rcpt(gate, "<v@ours.example>");
	assert_string_equal(gate_word(gate, &verdict), "");
	(void)gate_message(gate, "Subject: x\n\n");
	assert_memory_equal(findings_text(gate), "unresolvable ", strlen("unresolvable "));
	gate_close(gate);
}

/* Where it is to be refused, RCPT waits; and what comes only afterwards refuses the message. */
static void a_refusal_that_is_late_is_told_with_the_message(void **state)
{
	struct gate *gate = open_gate(zone, "on_unresolvable = reject", "rcpt_wait = \"0s\"");
	struct verdict verdict;

	(void)state;
	connect_client(gate, "203.0.113.7", "slow-nothing.example");
	(void)gate_mail(gate, "", "<a@ext.example>");
	verdict = gate_rcpt(gate, "<u@ours.example>");
	assert_string_equal(gate_word(gate, &verdict), "");
	zone_upstream_release(gate->upstream);
	zone_upstream_release(gate->upstream);
	verdict = gate_message(gate, "Subject: x\n\n");
	assert_string_equal(gate_word(gate, &verdict), "550 5.7.1 helo:unresolvable");
	gate_close(gate);
}

static void at_rcpt_a_refusal_waits_for_the_answer(void **state)
{
	struct gate *gate = open_gate(zone, "on_temperror = defer", "rcpt_wait = \"30s\"");
	struct verdict verdict;

	(void)state;
	connect_client(gate, "203.0.113.7", "silent.example");	/* its answer is that there was none in time */
	(void)gate_mail(gate, "", "<a@ext.example>");
	verdict = gate_rcpt(gate, "<u@ours.example>");
	assert_string_equal(gate_word(gate, &verdict), "450 4.7.1 helo:temperror");
	gate_close(gate);
}

static void what_could_not_be_told_is_asked_again_for_the_next_message(void **state)
{
	struct gate *gate = open_gate(zone, "", "unknown_ttl = \"0s\"");
	unsigned asked;

	(void)state;
	connect_client(gate, "203.0.113.7", "broken.example");
	assert_memory_equal(one_mail(gate), "temperror ", strlen("temperror "));
	asked = zone_upstream_asked(gate->upstream);
	assert_memory_equal(one_mail(gate), "temperror ", strlen("temperror "));
	assert_true(zone_upstream_asked(gate->upstream) > asked);
	gate_close(gate);
}

static void a_session_that_ends_drops_its_question(void **state)
{
	struct gate *gate = open_gate(zone, "", "");

	(void)state;
	for (size_t i = 0; i < 50; i++)
		connect_client(gate, "203.0.113.7", i % 2 == 0 ? "slow.example" : "silent.example");
	zone_upstream_release(gate->upstream);
	gate_close(gate);
}

#define ADD(test) rows_add_one(&rows, #test, test, NULL)

int main(void)
{
	static struct rows rows;

	rows_add(&rows, table, check);
	rows_add(&rows, defaults, check_default);
	rows_add(&rows, refusals, check_refusal);
	ADD(after_a_login_nothing_is_found);
	ADD(switched_off_it_asks_and_finds_nothing);
	ADD(without_a_resolver_it_could_not_tell);
	rows_add_one(&rows, "with_the_dns_down_only_what_needs_none_is_found_DNS_18", with_the_dns_down_only_what_needs_none_is_found_DNS_18,
		     NULL);
	ADD(each_message_of_a_session_is_judged);
	ADD(the_last_ehlo_before_mail_counts);
	ADD(ehlo_for_ever_costs_neither_memory_nor_questions);
	ADD(messages_for_ever_cost_the_session_no_memory);
	ADD(half_an_answer_is_not_nothing);
	ADD(a_late_answer_is_not_waited_for_at_rcpt);
	ADD(a_refusal_that_is_late_is_told_with_the_message);
	ADD(at_rcpt_a_refusal_waits_for_the_answer);
	ADD(what_could_not_be_told_is_asked_again_for_the_next_message);
	ADD(a_session_that_ends_drops_its_question);
	return rows_run(&rows, "helo");
}

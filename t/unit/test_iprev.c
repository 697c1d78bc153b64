/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is found about reverse names, against a zone text and through the engine. */
#include <stdlib.h>

#include "milter/isolate/job.h"
#include "scanners/scanners.h"
#include "t/lib/gate.h"
#include "t/lib/zone.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { &scanner_relay, &scanner_iprev, NULL };
const struct job_kind *const job_kinds[] = { NULL };

#define TOP "authserv_id = \"gw.ours.example\"\ndomains = { \"ours.example\" }\nresolver { timeout = \"100ms\" %s }\n"

#define V4(last) last ".113.0.203.in-addr.arpa PTR "
#define V6_ZONE ".0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"

static const char zone[] =
	V4("1") "mail.example.org\n" "mail.example.org A 203.0.113.1\n"
	V4("2") "many.example.org\n" "many.example.org A 198.51.100.1\n" "many.example.org A 203.0.113.2\n" "many.example.org A 198.51.100.2\n"
	V4("3") "alias.example.org\n" "alias.example.org CNAME real.example.org\n" "real.example.org A 203.0.113.3\n"
	"4.113.0.203.in-addr.arpa CNAME 4.classless.example\n" "4.classless.example PTR classless.example\n" "classless.example A 203.0.113.4\n"
	V4("5") "wrong.example.org\n" "wrong.example.org A 198.51.100.5\n"
	V4("6") "gone.example.org\n"
	V4("8") "gw.ours.example\n" "gw.ours.example A 192.0.2.25\n"
	V4("9") "first.example.org\n" V4("9") "second.example.org\n" "second.example.org A 203.0.113.9\n"
	V4("12") "b1.example.org\n" V4("12") "b2.example.org\n" "b1.example.org A 203.0.113.12\n" "b2.example.org A 203.0.113.12\n"
	V4("10") "v6only.example.org\n" "v6only.example.org AAAA 2001:db8::10\n"
	V4("11") "localhost\n" "localhost A 127.0.0.1\n"
	"20.113.0.203.in-addr.arpa !servfail\n"
	V4("21") "broken.example.org\n" "broken.example.org !servfail\n"
	V4("22") "broken.example.org\n" V4("22") "fine.example.org\n" "fine.example.org A 203.0.113.22\n"
	V4("23") "broken.example.org\n" V4("23") "wrong.example.org\n"
	"24.113.0.203.in-addr.arpa !silent\n"
	"25.113.0.203.in-addr.arpa !loop\n"
	"26.113.0.203.in-addr.arpa !tcp-refused\n"
	V4("27") "silent.example.org\n" "silent.example.org !silent\n"
	V4("30") "a\\000b.example\n" "a\\000b.example A 203.0.113.30\n"
	V4("31") "a\\013\\010Subject:.example\n" "a\\013\\010Subject:.example A 203.0.113.31\n"
	V4("32") "m\\195\\188nchen.example\n" "m\\195\\188nchen.example A 203.0.113.32\n"
	V4("33") "a\\;b.example\n" "a\\;b.example A 203.0.113.33\n"
	V4("34") "x\\\"y.example\n"
	V4("35") "203.0.113.35\n" "203.0.113.35 A 203.0.113.35\n"
	V4("36") ".\n"
	V4("40") "late.example.org\n" "late.example.org A 203.0.113.40\n" "40.113.0.203.in-addr.arpa !delay 4000\n" "late.example.org !delay 4000\n"
	"41.113.0.203.in-addr.arpa TXT \"x\"\n" "41.113.0.203.in-addr.arpa !delay 4000\n"
	"1" V6_ZONE " PTR six.example.org\n" "six.example.org AAAA 2001:db8::1\n";

static const struct row {
	const char *name, *client;
	const char *found;	/* "outcome text" */
	const char *result;	/* for Authentication-Results */
} table[] = {
	{ "name_that_leads_back", "203.0.113.1", "pass mail.example.org", "iprev=pass policy.iprev=203.0.113.1" },
	{ "name_of_an_ipv6_address_DNS_20", "2001:db8::1", "pass six.example.org", "iprev=pass policy.iprev=\"2001:db8::1\"" },
	{ "mapped_client_is_ipv4_SMTP_20_DNS_20", "::ffff:203.0.113.1", "pass mail.example.org", "iprev=pass policy.iprev=203.0.113.1" },
	{ "one_of_several_addresses_leads_back", "203.0.113.2", "pass many.example.org", "iprev=pass policy.iprev=203.0.113.2" },
	{ "name_that_is_an_alias", "203.0.113.3", "pass alias.example.org", "iprev=pass policy.iprev=203.0.113.3" },
	{ "delegation_by_rfc_2317", "203.0.113.4", "pass classless.example", "iprev=pass policy.iprev=203.0.113.4" },
	{ "second_name_leads_back", "203.0.113.9", "pass second.example.org", "iprev=pass policy.iprev=203.0.113.9" },
	{ "first_of_two_names_that_lead_back", "203.0.113.12", "pass b1.example.org", "iprev=pass policy.iprev=203.0.113.12" },
	{ "name_leads_elsewhere_DNS_16", "203.0.113.5", "fail reverse name wrong.example.org of 203.0.113.5 does not lead back to it",
	  "iprev=fail reason=\"no name leads back\" policy.iprev=203.0.113.5" },
	{ "name_leads_nowhere_DNS_16", "203.0.113.6", "fail reverse name gone.example.org of 203.0.113.6 does not lead back to it",
	  "iprev=fail reason=\"no name leads back\" policy.iprev=203.0.113.6" },
	{ "our_name_DNS_16", "203.0.113.8", "fail reverse name gw.ours.example of 203.0.113.8 does not lead back to it",
	  "iprev=fail reason=\"no name leads back\" policy.iprev=203.0.113.8" },
	{ "address_of_the_other_family", "203.0.113.10", "fail reverse name v6only.example.org of 203.0.113.10 does not lead back to it",
	  "iprev=fail reason=\"no name leads back\" policy.iprev=203.0.113.10" },
	{ "localhost_DNS_16", "203.0.113.11", "fail reverse name localhost of 203.0.113.11 does not lead back to it",
	  "iprev=fail reason=\"no name leads back\" policy.iprev=203.0.113.11" },
	{ "no_name", "203.0.113.7", "missing 203.0.113.7 has no reverse name",
	  "iprev=permerror reason=\"no reverse name\" policy.iprev=203.0.113.7" },
	{ "no_name_for_an_ipv6_address", "2001:db8::2", "missing 2001:db8::2 has no reverse name",
	  "iprev=permerror reason=\"no reverse name\" policy.iprev=\"2001:db8::2\"" },

	{ "servfail_is_not_missing_DNS_01", "203.0.113.20", "temperror the reverse name of 203.0.113.20 could not be looked up",
	  "iprev=temperror policy.iprev=203.0.113.20" },
	{ "servfail_of_the_name_is_no_fail_DNS_01", "203.0.113.21", "temperror the reverse name of 203.0.113.21 could not be looked up",
	  "iprev=temperror policy.iprev=203.0.113.21" },
	{ "servfail_of_one_name_does_not_hide_the_other", "203.0.113.22", "pass fine.example.org", "iprev=pass policy.iprev=203.0.113.22" },
	{ "servfail_of_one_name_is_no_fail_by_the_other_DNS_01", "203.0.113.23",
	  "temperror the reverse name of 203.0.113.23 could not be looked up", "iprev=temperror policy.iprev=203.0.113.23" },
	{ "silence_is_not_missing_DNS_01", "203.0.113.24", "temperror the reverse name of 203.0.113.24 could not be looked up",
	  "iprev=temperror policy.iprev=203.0.113.24" },
	{ "silence_about_the_name_is_no_fail_DNS_01", "203.0.113.27", "temperror the reverse name of 203.0.113.27 could not be looked up",
	  "iprev=temperror policy.iprev=203.0.113.27" },
	{ "cname_loop_is_not_missing_DNS_04", "203.0.113.25", "temperror the reverse name of 203.0.113.25 could not be looked up",
	  "iprev=temperror policy.iprev=203.0.113.25" },
	{ "truncated_without_tcp_is_not_missing_DNS_01", "203.0.113.26", "temperror the reverse name of 203.0.113.26 could not be looked up",
	  "iprev=temperror policy.iprev=203.0.113.26" },

	{ "nul_in_the_name_DNS_16", "203.0.113.30", "fail reverse name a\\000b.example of 203.0.113.30 does not lead back to it",
	  "iprev=fail reason=\"no name leads back\" policy.iprev=203.0.113.30" },
	{ "cr_lf_in_the_name_DNS_16", "203.0.113.31", "fail reverse name a\\013\\010subject\\058.example of 203.0.113.31 does not lead back to it",
	  "iprev=fail reason=\"no name leads back\" policy.iprev=203.0.113.31" },
	{ "utf_8_in_the_name_DNS_16", "203.0.113.32", "fail reverse name m\\195\\188nchen.example of 203.0.113.32 does not lead back to it",
	  "iprev=fail reason=\"no name leads back\" policy.iprev=203.0.113.32" },
	{ "semicolon_in_the_name_DNS_16", "203.0.113.33", "fail reverse name a\\059b.example of 203.0.113.33 does not lead back to it",
	  "iprev=fail reason=\"no name leads back\" policy.iprev=203.0.113.33" },
	{ "quote_in_the_name_DNS_16", "203.0.113.34", "fail reverse name x\\034y.example of 203.0.113.34 does not lead back to it",
	  "iprev=fail reason=\"no name leads back\" policy.iprev=203.0.113.34" },
	{ "address_as_a_name_DNS_16", "203.0.113.35", "fail reverse name 203.0.113.35 of 203.0.113.35 does not lead back to it",
	  "iprev=fail reason=\"no name leads back\" policy.iprev=203.0.113.35" },
	{ "root_as_a_name_DNS_16", "203.0.113.36", "fail reverse name . of 203.0.113.36 does not lead back to it",
	  "iprev=fail reason=\"no name leads back\" policy.iprev=203.0.113.36" },

	{ "loopback", "127.0.0.1", "", "" },
	{ "loopback_ipv6", "::1", "", "" },
	{ "private_10", "10.1.2.3", "", "" },
	{ "private_172", "172.31.255.255", "", "" },
	{ "public_172", "172.32.0.0", "missing 172.32.0.0 has no reverse name",
	  "iprev=permerror reason=\"no reverse name\" policy.iprev=172.32.0.0" },
	{ "private_192", "192.168.1.1", "", "" },
	{ "link_local", "169.254.1.1", "", "" },
	{ "shared_100_64", "100.64.0.1", "", "" },
	{ "private_ipv6", "fd00::1", "", "" },
	{ "link_local_ipv6", "fe80::1", "", "" },
	{ "mapped_private_SMTP_20", "::ffff:10.0.0.1", "", "" },
	{ "trusted_host", "198.51.100.9", "", "" },
	{ "client_without_an_address_SMTP_19", "", "", "" },
};

static struct gate *open_gate(const char *zone_text, const char *iprev_section, const char *resolver_options)
{
	struct arena *arena = arena_new();
	const char *text = arena_printf(arena, TOP "iprev { %s }\n", resolver_options, iprev_section);
	struct gate *gate = zone_text == NULL ? gate_open(text) : gate_open_zone(text, zone_text);

	arena_free(arena);
	return gate;
}

/* A client without an address cannot be connected by the gate: it becomes one before its first MAIL. */
static void connect_client(struct gate *gate, const char *client)
{
	gate_connect(gate, client[0] == '\0' ? "127.0.0.1" : client);
	if (client[0] == '\0')
		gate->session->client = (struct ip){ .family = IP_NONE };
}

static const char *findings_text(struct gate *gate)
{
	const struct message *message = gate->session->message;
	const char *text = "";

	assert_int_equal(gate->session->findings.len, 0);
	for (size_t i = 0; i < message->findings.len; i++) {
		const struct finding *finding = &message->findings.items[i];

		assert_int_equal(finding->recipient, FINDING_MESSAGE);
		if (finding->scanner == &scanner_iprev)
			text = arena_printf(message->arena, "%s%s%s %s", text, text[0] == '\0' ? "" : "|", finding->outcome->name, finding->text);
	}
	return text;
}

static const char *results_text(struct gate *gate)
{
	static const char id[] = "gw.ours.example; ";
	const struct message *message = gate->session->message;

	if (message->results_len == 0)
		return "";
	return authres_format(message->arena, "gw.ours.example", message->results, message->results_len) + strlen(id);
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

	connect_client(gate, row->client);
	assert_string_equal(one_mail(gate), row->found);
	assert_string_equal(results_text(gate), row->result);
	gate_close(gate);
}

static const struct action_row {
	const char *name, *section, *client, *rcpt_word;
	double score;
} actions[] = {
	{ "by_default_pass_weighs_nothing", "", "203.0.113.1", "", 0 },
	{ "by_default_fail_weighs_1", "", "203.0.113.5", "", 1 },
	{ "by_default_missing_weighs_2", "", "203.0.113.7", "", 2 },
	{ "by_default_temperror_weighs_nothing_DNS_01", "", "203.0.113.20", "", 0 },
	{ "refused_fail", "on_fail = reject", "203.0.113.5", "550 5.7.25 iprev:fail", 0 },
	{ "deferred_fail", "on_fail = defer", "203.0.113.5", "450 4.7.25 iprev:fail", 0 },
	{ "refused_missing", "on_missing = reject", "203.0.113.7", "550 5.7.25 iprev:missing", 0 },
	{ "refused_temperror", "on_temperror = reject", "203.0.113.20", "550 5.7.25 iprev:temperror", 0 },
	{ "deferred_temperror", "on_temperror = defer", "203.0.113.20", "450 4.7.25 iprev:temperror", 0 },
	{ "refused_pass", "on_pass = reject", "203.0.113.1", "550 5.7.25 iprev:pass", 0 },
	{ "observed_missing", "on_missing = \"observe reject\"", "203.0.113.7", "", 0 },
	{ "weighed_pass", "on_pass = -1", "203.0.113.1", "", -1 },
};

static void check_action(void **state)
{
	const struct action_row *row = *state;
	struct gate *gate = open_gate(zone, row->section, "");
	struct verdict verdict;

	gate_connect(gate, row->client);
	(void)gate_mail(gate, "", "<a@ext.example>");
	verdict = gate_rcpt(gate, "<u@ours.example>");
	assert_string_equal(gate_word(gate, &verdict), row->rcpt_word);
	if (row->rcpt_word[0] == '\0') {
		verdict = gate_message(gate, "Subject: x\n\n");
		assert_int_equal(verdict.action, ACTION_ACCEPT);
		assert_true(verdict.score == row->score);
	} else {
		verdict = gate_rcpt(gate, "<postmaster@ours.example>");
		assert_string_equal(gate_word(gate, &verdict), "");
	}
	gate_close(gate);
}

/* 100 names of which the right one is the last but in the order of the answer too far behind; only 10 are asked for. */
static void a_hundred_names_cost_ten_questions_DNS_16(void **state)
{
	struct arena *arena = arena_new();
	const char *text = "n99.example A 203.0.113.50\n";
	struct gate *gate;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		text = arena_printf(arena, "%s" V4("50") "n%u.example\n", text, i);
	gate = open_gate(text, "", "");
	gate_connect(gate, "203.0.113.50");
	assert_memory_equal(one_mail(gate), "fail ", strlen("fail "));
	assert_int_equal(zone_upstream_asked(gate->upstream), 11);
	gate_close(gate);
	arena_free(arena);
}

static void more_names_than_an_answer_may_hold_are_no_fail_DNS_16(void **state)
{
	struct arena *arena = arena_new();
	const char *text = "n0.example A 203.0.113.50\n";
	struct gate *gate;

	(void)state;
	for (unsigned i = 0; i < DNS_RECORDS_MAX + 1; i++)
		text = arena_printf(arena, "%s" V4("50") "n%u.example\n", text, i);
	gate = open_gate(text, "", "");
	gate_connect(gate, "203.0.113.50");
	assert_memory_equal(one_mail(gate), "temperror ", strlen("temperror "));
	gate_close(gate);
	arena_free(arena);
}

static void names_that_are_none_are_not_asked_for_DNS_16(void **state)
{
	struct gate *gate = open_gate(zone, "", "");

	(void)state;
	gate_connect(gate, "203.0.113.30");
	(void)one_mail(gate);
	assert_int_equal(zone_upstream_asked(gate->upstream), 1);
	gate_close(gate);
}

static void after_a_login_nothing_is_found(void **state)
{
	struct gate *gate = open_gate(zone, "on_missing = reject", "");

	(void)state;
	gate_connect(gate, "203.0.113.7");
	(void)gate_mail(gate, "alice", "<a@ours.example>");
	(void)gate_rcpt(gate, "<u@ext.example>");
	(void)gate_message(gate, "Subject: x\n\n");
	assert_string_equal(findings_text(gate), "");
	assert_string_equal(results_text(gate), "");
	gate_close(gate);
}

static void switched_off_it_asks_and_finds_nothing(void **state)
{
	struct gate *gate = open_gate(zone, "enabled = no", "");

	(void)state;
	gate_connect(gate, "203.0.113.7");
	assert_string_equal(one_mail(gate), "");
	assert_string_equal(results_text(gate), "");
	assert_int_equal(zone_upstream_asked(gate->upstream), 0);
	gate_close(gate);
}

static void without_a_resolver_it_could_not_tell(void **state)
{
	struct gate *gate = open_gate(NULL, "", "");

	(void)state;
	gate_connect(gate, "203.0.113.1");
	assert_string_equal(one_mail(gate), "temperror the reverse name of 203.0.113.1 could not be looked up");
	gate_close(gate);
}

static void each_message_of_a_session_is_judged_with_one_question(void **state)
{
	struct gate *gate = open_gate(zone, "", "");

	(void)state;
	gate_connect(gate, "203.0.113.1");
	for (size_t i = 0; i < 3; i++) {
		gate_helo(gate, "mail.example.org");
		assert_string_equal(one_mail(gate), "pass mail.example.org");
		assert_string_equal(results_text(gate), "iprev=pass policy.iprev=203.0.113.1");
	}
	assert_int_equal(zone_upstream_asked(gate->upstream), 2);
	gate_close(gate);
}

static void a_late_answer_is_not_waited_for_at_rcpt(void **state)
{
	struct gate *gate = open_gate(zone, "", "");

	(void)state;
	gate_connect(gate, "203.0.113.40");
	(void)gate_mail(gate, "", "<a@ext.example>");
	(void)gate_rcpt(gate, "<u@ours.example>");
	assert_string_equal(findings_text(gate), "");
	assert_string_equal(results_text(gate), "");
	zone_upstream_release(gate->upstream);
	zone_upstream_release(gate->upstream);
	(void)gate_message(gate, "Subject: x\n\n");
	assert_string_equal(findings_text(gate), "pass late.example.org");
	gate_close(gate);
}

static void a_refusal_that_is_late_is_told_with_the_message(void **state)
{
	struct gate *gate = open_gate(zone, "on_missing = reject", "rcpt_wait = \"0s\"");
	struct verdict verdict;

	(void)state;
	gate_connect(gate, "203.0.113.41");
	(void)gate_mail(gate, "", "<a@ext.example>");
	verdict = gate_rcpt(gate, "<u@ours.example>");
	assert_string_equal(gate_word(gate, &verdict), "");
	zone_upstream_release(gate->upstream);
	verdict = gate_message(gate, "Subject: x\n\n");
	assert_string_equal(gate_word(gate, &verdict), "550 5.7.25 iprev:missing");
	gate_close(gate);
}

static void at_rcpt_a_refusal_waits_for_the_answer(void **state)
{
	struct gate *gate = open_gate(zone, "on_temperror = defer", "rcpt_wait = \"30s\"");
	struct verdict verdict;

	(void)state;
	gate_connect(gate, "203.0.113.24");	/* the answer is that there was none in time */
	(void)gate_mail(gate, "", "<a@ext.example>");
	verdict = gate_rcpt(gate, "<u@ours.example>");
	assert_string_equal(gate_word(gate, &verdict), "450 4.7.25 iprev:temperror");
	gate_close(gate);
}

static void at_rcpt_nobody_waits_for_a_weight(void **state)
{
	struct gate *gate = open_gate(zone, "", "rcpt_wait = \"30s\"");

	(void)state;
	gate_connect(gate, "203.0.113.24");
	(void)gate_mail(gate, "", "<a@ext.example>");
	(void)gate_rcpt(gate, "<u@ours.example>");
	assert_string_equal(findings_text(gate), "");
	gate_close(gate);
}

static void what_could_not_be_told_is_asked_again_for_the_next_message(void **state)
{
	struct gate *gate = open_gate(zone, "", "unknown_ttl = \"0s\"");
	unsigned asked;

	(void)state;
	gate_connect(gate, "203.0.113.20");
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
		gate_connect(gate, i % 2 == 0 ? "203.0.113.40" : "203.0.113.24");
	zone_upstream_release(gate->upstream);
	gate_close(gate);
}

#define ADD(test) rows_add_one(&rows, #test, test, NULL)

int main(void)
{
	static struct rows rows;

	rows_add(&rows, table, check);
	rows_add(&rows, actions, check_action);
	ADD(a_hundred_names_cost_ten_questions_DNS_16);
	ADD(more_names_than_an_answer_may_hold_are_no_fail_DNS_16);
	ADD(names_that_are_none_are_not_asked_for_DNS_16);
	ADD(after_a_login_nothing_is_found);
	ADD(switched_off_it_asks_and_finds_nothing);
	ADD(without_a_resolver_it_could_not_tell);
	ADD(each_message_of_a_session_is_judged_with_one_question);
	ADD(a_late_answer_is_not_waited_for_at_rcpt);
	ADD(a_refusal_that_is_late_is_told_with_the_message);
	ADD(at_rcpt_a_refusal_waits_for_the_answer);
	ADD(at_rcpt_nobody_waits_for_a_weight);
	ADD(what_could_not_be_told_is_asked_again_for_the_next_message);
	ADD(a_session_that_ends_drops_its_question);
	return rows_run(&rows, "iprev");
}

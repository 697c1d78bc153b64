/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists, walked through the engine: who is refused, when, with which words. */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "milter/isolate/job.h"
#include "scanners/scanners.h"
#include "t/lib/gate.h"
#include "t/lib/zone.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { &scanner_session, &scanner_limits, &scanner_relay, &scanner_dnsbl, NULL };
const struct job_kind *const job_kinds[] = { NULL };

#define TOP "domains = { ours.example }\n"
#define NIBBLES "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.e.f.0.0.8.b.d.0.1.0.0.2"	/* 2001:db8:fe::7 */

/* bl: a list of clients; code: one with a code for each kind; wl: an allow list; dbl: one of domains. */
#define LISTS \
	"2.0.0.127.bl.example A 127.0.0.2\n" \
	"9.113.0.203.bl.example A 127.0.0.2\n" \
	"9.113.0.203.bl.example TXT \"spam <b>100%</b>\\013\\010250 ok\"\n" \
	"8.113.0.203.bl.example A 127.0.0.2\n" \
	"2.0.0.127.code.example A 127.0.0.2\n" \
	"9.113.0.203.code.example A 127.0.0.2\n" \
	"9.113.0.203.code.example A 127.0.0.10\n" \
	"7.113.0.203.code.example A 127.255.255.254\n" \
	"6.113.0.203.code.example A 198.51.100.1\n" \
	"5.113.0.203.code.example !servfail\n" \
	NIBBLES ".bl.example A 127.0.0.2\n" \
	"2.0.0.127.wl.example A 127.0.0.2\n" \
	"8.113.0.203.wl.example A 127.0.10.1\n" \
	"4.113.0.203.wl.example A 127.255.255.255\n" \
	"4.113.0.203.bl.example A 127.0.0.2\n" \
	"test.dbl.example A 127.0.1.2\n" \
	"bad.example.dbl.example A 127.0.1.2\n" \
	"*.world.example A 127.0.0.2\n" \
	"*.hijack.example A 203.0.113.99\n" \
	"*.public.example A 127.255.255.254\n" \
	"9.113.0.203.nothing.example A 127.0.0.2\n" \
	"1.0.0.10.bl.example A 127.0.0.2\n"

struct walk {
	const char *name, *lists, *client, *helo, *mailfrom, *word, *text;	/* text: of the reply, or of the finding when there is none */
};

#define BL "dnsbl \"bl.example\" { }\n"
#define WL "dnsbl \"wl.example\" { type = allow }\n"
#define OK "203.0.113.1", "mx.good.example", "<a@good.example>"
#define BAD "203.0.113.9", "mx.good.example", "<a@good.example>"
#define FROM(last) "203.0.113." #last, "mx.good.example", "<a@good.example>"
#define REFUSED "554 5.7.1 dnsbl:listed"
#define COULD_NOT "451 4.7.1 dnsbl:error"

static const struct walk walk_table[] = {
	{ "no_list", "", BAD, "", "" },
	{ "not_listed", BL, OK, "", "" },
	{ "listed_with_its_reason_made_harmless_DNS_14", BL, BAD, REFUSED,
	  "client 203.0.113.9 is listed by bl.example (127.0.0.2): spam (b)100%(/b) 250 ok" },
	{ "listed_without_TXT_DNS_14", BL, FROM(8), REFUSED, "client 203.0.113.8 is listed by bl.example (127.0.0.2)" },
	{ "TXT_is_not_asked_for", "dnsbl \"bl.example\" { txt = no }\n", BAD, REFUSED,
	  "client 203.0.113.9 is listed by bl.example (127.0.0.2)" },
	{ "own_text", "dnsbl \"bl.example\" { text = \"no %a: %r\" }\n", BAD, REFUSED,
	  "no 203.0.113.9: spam (b)100%(/b) 250 ok (bl.example 127.0.0.2)" },
	{ "the_title_hides_the_zone", "dnsbl \"BL\" { zone = \"bl.example\" txt = no }\n", BAD, REFUSED,
	  "client 203.0.113.9 is listed by BL (127.0.0.2)" },
	{ "not_enabled", "dnsbl \"bl.example\" { enabled = no }\n", BAD, "", "" },
	{ "on_listed_defer", "dnsbl \"bl.example\" { on_listed = defer txt = no }\n", BAD, "451 4.7.1 dnsbl:listed",
	  "client 203.0.113.9 is listed by bl.example (127.0.0.2)" },
	{ "observed", "dnsbl \"bl.example\" { on_listed = \"observe reject\" txt = no }\n", BAD, "",
	  "client 203.0.113.9 is listed by bl.example (127.0.0.2)" },
	{ "IPv4_mapped_client_DNS_20", "dnsbl \"bl.example\" { txt = no }\n", "::ffff:203.0.113.9", "", "<a@good.example>", REFUSED,
	  "client 203.0.113.9 is listed by bl.example (127.0.0.2)" },
	{ "IPv6_client_DNS_20", BL, "2001:db8:fe::7", "", "<a@good.example>", REFUSED,
	  "client 2001:db8:fe::7 is listed by bl.example (127.0.0.2)" },
	{ "IPv6_client_and_a_list_without_them_DNS_20", "dnsbl \"bl.example\" { ipv6 = no }\n", "2001:db8:fe::7", "", "<a@good.example>",
	  "", "" },
	{ "private_client_is_not_looked_up", BL, "10.0.0.1", "", "<a@good.example>", "", "" },
	{ "loopback_client_is_not_the_test_entry", BL, "127.0.0.2", "", "<a@good.example>", "", "" },
	{ "code_DNS_14", "dnsbl \"code.example\" { codes = { \"127.0.0.10\" } }\n", BAD, REFUSED,
	  "client 203.0.113.9 is listed by code.example (127.0.0.10)" },
	{ "another_code_DNS_14", "dnsbl \"code.example\" { codes = { \"127.0.0.3\" } }\n", BAD, "", "" },
	{ "mask_DNS_14", "dnsbl \"code.example\" { codes = { \"127.0.0.&12\" } }\n", BAD, REFUSED,
	  "client 203.0.113.9 is listed by code.example (127.0.0.10)" },
	{ "two_sections_one_zone",
	  "dnsbl \"a\" { zone = \"code.example\" codes = { \"127.0.0.3\" } }\ndnsbl \"b\" { zone = \"code.example\" codes = { \"127.0.0.2\" } }\n",
	  BAD, REFUSED, "client 203.0.113.9 is listed by b (127.0.0.2)" },
	{ "answer_is_an_error_DNS_12", "dnsbl \"code.example\" { }\n", FROM(7), "",
	  "code.example could not tell about client 203.0.113.7: answer 127.255.255.254, the list does not answer public or open "
	  "resolvers: ask it from a resolver of your own" },
	{ "answer_is_outside_DNS_11", "dnsbl \"code.example\" { }\n", FROM(6), "",
	  "code.example could not tell about client 203.0.113.6: answer 198.51.100.1, no list answers outside of 127.0.0.0/8: somebody "
	  "answers in its place, or it is no list any more" },
	{ "no_answer_DNS_01", "dnsbl \"code.example\" { }\n", FROM(5), "",
	  "code.example could not tell about client 203.0.113.5: SERVFAIL" },
	{ "no_answer_is_deferred_if_so_wished_DNS_01", "dnsbl \"code.example\" { on_error = defer }\n", FROM(5), COULD_NOT,
	  "code.example could not tell about client 203.0.113.5: SERVFAIL" },
	{ "list_of_the_world_refuses_nobody_DNS_13", "dnsbl \"world.example\" { }\n", BAD, "",
	  "world.example could not tell about client 203.0.113.9: it lists 127.0.0.1, and so everything" },
	{ "hijacked_list_refuses_nobody_DNS_11", "dnsbl \"hijack.example\" { }\n", BAD, "",
	  "hijack.example could not tell about client 203.0.113.9: no list answers outside of 127.0.0.0/8: somebody answers in its place, "
	  "or it is no list any more" },
	{ "list_that_answers_nobody_refuses_nobody_DNS_12", "dnsbl \"public.example\" { }\n", BAD, "",
	  "public.example could not tell about client 203.0.113.9: the list does not answer public or open resolvers: ask it from a "
	  "resolver of your own" },
	{ "list_without_test_entry_is_off", "dnsbl \"nothing.example\" { on_error = defer }\n", BAD, COULD_NOT,
	  "nothing.example could not tell about client 203.0.113.9: it does not list its test entry, 127.0.0.2" },
	{ "a_list_that_is_off_says_no_to_nobody", "dnsbl \"nothing.example\" { on_error = defer }\n", OK, COULD_NOT,
	  "nothing.example could not tell about client 203.0.113.1: it does not list its test entry, 127.0.0.2" },
	{ "list_without_test_entry_and_without_test", "dnsbl \"nothing.example\" { self_test = no }\n", BAD, REFUSED,
	  "client 203.0.113.9 is listed by nothing.example (127.0.0.2)" },
	{ "allow_over_deny", BL WL, FROM(8), "", "client 203.0.113.8 is listed by bl.example (127.0.0.2), but an allow list has it" },
	{ "allow_over_deny_in_any_order", WL BL, FROM(8), "", "client 203.0.113.8 is listed by wl.example (127.0.10.1)" },
	{ "allow_list_without_the_client", BL WL, BAD, REFUSED,
	  "client 203.0.113.9 is listed by bl.example (127.0.0.2): spam (b)100%(/b) 250 ok" },
	{ "allow_list_with_other_codes", BL "dnsbl \"wl.example\" { type = allow codes = { \"127.0.10.2\" } }\n", FROM(8), REFUSED,
	  "client 203.0.113.8 is listed by bl.example (127.0.0.2)" },
	{ "allow_list_that_answers_an_error_allows_nobody_DNS_12", BL WL, FROM(4), REFUSED,
	  "client 203.0.113.4 is listed by bl.example (127.0.0.2)" },
	{ "allow_list_of_the_world_allows_nobody_DNS_13", BL "dnsbl \"world.example\" { type = allow }\n", FROM(8), REFUSED,
	  "client 203.0.113.8 is listed by bl.example (127.0.0.2)" },
	{ "allow_list_with_a_weight_only_weighs", BL "dnsbl \"wl.example\" { type = allow on_listed = -2 }\n", FROM(8), REFUSED,
	  "client 203.0.113.8 is listed by bl.example (127.0.0.2)" },
	{ "observed_allow_list_allows_nobody", BL "dnsbl \"wl.example\" { type = allow on_listed = \"observe accept\" }\n", FROM(8),
	  REFUSED, "client 203.0.113.8 is listed by bl.example (127.0.0.2)" },
	{ "allow_list_of_senders_does_not_help_a_client", BL "dnsbl \"dbl.example\" { type = allow of = { sender } }\n", "203.0.113.8",
	  "", "<a@bad.example>", REFUSED, "client 203.0.113.8 is listed by bl.example (127.0.0.2)" },
	{ "sender_domain", "dnsbl \"dbl.example\" { of = { sender } }\n", "203.0.113.1", "", "<a@Bad.Example>", REFUSED,
	  "sender domain bad.example is listed by dbl.example (127.0.1.2)" },
	{ "sender_below_it", "dnsbl \"dbl.example\" { of = { sender } }\n", "203.0.113.1", "", "<a@sub.bad.example>", "", "" },
	{ "sender_literal", "dnsbl \"dbl.example\" { of = { sender } }\n", "203.0.113.1", "", "<a@[203.0.113.9]>", "", "" },
	{ "null_sender", "dnsbl \"dbl.example\" { of = { sender } }\n", "203.0.113.1", "", "<>", "", "" },
	{ "HELO_name", "dnsbl \"dbl.example\" { of = { helo } }\n", "203.0.113.1", "BAD.example.", "<a@good.example>", REFUSED,
	  "HELO name bad.example is listed by dbl.example (127.0.1.2)" },
	{ "HELO_name_that_is_the_test_entry", "dnsbl \"dbl.example\" { of = { helo } }\n", "203.0.113.1", "test", "<a@good.example>",
	  "", "" },
	{ "HELO_literal", "dnsbl \"dbl.example\" { of = { helo } }\n", "203.0.113.1", "[203.0.113.9]", "<a@good.example>", "", "" },
	{ "HELO_rubbish", "dnsbl \"dbl.example\" { of = { helo } }\n", "203.0.113.1", "bad.example\r\n..", "<a@good.example>", "", "" },
	{ "a_zone_of_clients_is_no_zone_of_domains", "dnsbl \"bl.example\" { of = { client, sender } }\n", OK, "",
	  "bl.example could not tell about sender domain good.example: it does not list its test entry, the name test" },
	{ "HELO_and_sender", "dnsbl \"dbl.example\" { of = { helo, sender } }\n", "203.0.113.1", "mx.good.example", "<a@bad.example>",
	  REFUSED, "sender domain bad.example is listed by dbl.example (127.0.1.2)" },
};

static const char *first_finding(const struct message *message)
{
	for (size_t i = 0; i < message->findings.len; i++)
		if (message->findings.items[i].scanner == &scanner_dnsbl)
			return message->findings.items[i].text;
	return "";
}

/* Without the id. */
static const char *reply_text(struct gate *gate, const struct verdict *verdict)
{
	const char *end = strrchr(verdict->reply.text, '[');

	return arena_strndup(gate->session->arena, verdict->reply.text, (size_t)(end - verdict->reply.text - 1));
}

static void check_walk(void **state)
{
	const struct walk *row = *state;
	struct arena *arena = arena_new();
	struct gate *gate = gate_open_zone(arena_printf(arena, "%s%s", TOP, row->lists), LISTS);
	struct verdict verdict;

	gate_connect_helo(gate, row->client, row->helo);
	(void)gate_mail(gate, "", row->mailfrom);
	verdict = gate_rcpt(gate, "<u@ours.example>");
	assert_string_equal(gate_word(gate, &verdict), row->word);
	assert_string_equal(verdict.reply.code != 0 ? reply_text(gate, &verdict) : first_finding(gate->session->message), row->text);
	if (verdict.reply.code == 0) {
		verdict = gate_message(gate, "Subject: x\n\n");
		assert_string_equal(gate_word(gate, &verdict), "");
	}
	gate_close(gate);
	arena_free(arena);
}

static void weights_add_up(void **state)
{
	struct gate *gate = gate_open_zone(TOP "dnsbl \"bl.example\" { on_listed = 3.5 }\ndnsbl \"code.example\" { on_listed = 2 }\n"
					   "dnsbl \"wl.example\" { type = allow on_listed = -4 }\n",
					   LISTS "9.113.0.203.wl.example A 127.0.0.2\n");
	struct verdict verdict;

	(void)state;
	gate_connect(gate, "203.0.113.9");
	(void)gate_mail(gate, "", "<a@good.example>");
	verdict = gate_rcpt(gate, "<u@ours.example>");
	assert_int_equal(verdict.reply.code, 0);
	verdict = gate_message(gate, "Subject: x\n\n");
	assert_true(verdict.score > 1.49 && verdict.score < 1.51);
	gate_close(gate);
}

static const char *word(struct gate *gate, struct verdict verdict)
{
	return gate_word(gate, &verdict);
}

static void every_recipient_is_refused_but_postmaster(void **state)
{
	struct gate *gate = gate_open_zone(TOP BL, LISTS);

	(void)state;
	gate_connect(gate, "203.0.113.9");
	(void)gate_mail(gate, "", "<a@good.example>");
	assert_string_equal(word(gate, gate_rcpt(gate, "<u@ours.example>")), REFUSED);
	assert_string_equal(word(gate, gate_rcpt(gate, "<postmaster@ours.example>")), "");
	assert_string_equal(word(gate, gate_rcpt(gate, "<v@ours.example>")), REFUSED);
	assert_int_equal(gate->session->message->findings.len, 1);
	assert_string_equal(word(gate, gate_message(gate, "Subject: x\n\n")), "");
	gate_close(gate);
}

static void a_client_that_has_logged_in_is_let_through(void **state)
{
	struct gate *gate = gate_open_zone(TOP BL, LISTS);

	(void)state;
	gate_connect(gate, "203.0.113.9");
	(void)gate_mail(gate, "alice", "<alice@ours.example>");
	assert_string_equal(word(gate, gate_rcpt(gate, "<u@ext.example>")), "");
	assert_string_equal(word(gate, gate_message(gate, "Subject: x\n\n")), "");
	(void)gate_mail(gate, "", "<a@good.example>");
	assert_string_equal(word(gate, gate_rcpt(gate, "<u@ours.example>")), REFUSED);
	gate_close(gate);
}

static void each_message_of_a_session_has_the_findings(void **state)
{
	struct gate *gate = gate_open_zone(TOP "dnsbl \"bl.example\" { on_listed = 1 }\n", LISTS);
	unsigned asked = 0;

	(void)state;
	gate_connect(gate, "203.0.113.9");
	for (int i = 0; i < 3; i++) {
		struct verdict verdict;

		(void)gate_mail(gate, "", "<a@good.example>");
		(void)gate_rcpt(gate, "<u@ours.example>");
		verdict = gate_message(gate, "Subject: x\n\n");
		assert_true(verdict.score > 0.9);
		assert_int_equal(gate->session->message->findings.len, 1);
		assert_true(i == 0 || asked == zone_upstream_asked(gate->upstream));
		asked = zone_upstream_asked(gate->upstream);
	}
	gate_close(gate);
}

static void the_last_HELO_counts(void **state)
{
	struct gate *gate = gate_open_zone(TOP "dnsbl \"dbl.example\" { of = { helo } }\n", LISTS);

	(void)state;
	gate_connect_helo(gate, "203.0.113.1", "bad.example");
	gate_helo(gate, "good.example");
	(void)gate_mail(gate, "", "<a@good.example>");
	assert_string_equal(word(gate, gate_rcpt(gate, "<u@ours.example>")), "");
	gate_helo(gate, "bad.example");
	(void)gate_mail(gate, "", "<a@good.example>");
	assert_string_equal(word(gate, gate_rcpt(gate, "<u@ours.example>")), REFUSED);
	gate_helo(gate, "nonsense");
	(void)gate_mail(gate, "", "<a@good.example>");
	assert_string_equal(word(gate, gate_rcpt(gate, "<u@ours.example>")), "");
	gate_close(gate);
}

static void many_HELOs_do_not_pile_up(void **state)
{
	struct gate *gate = gate_open_zone(TOP "dnsbl \"dbl.example\" { of = { helo } }\n", LISTS);
	size_t before;

	(void)state;
	gate_connect_helo(gate, "203.0.113.1", "bad.example");
	before = arena_size_bytes(gate->session->arena);
	for (int i = 0; i < 2000; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "h%d.example", i);
		gate_helo(gate, name);
	}
	assert_int_equal(arena_size_bytes(gate->session->arena), before);
	gate_close(gate);
}

#define SLOW "2.0.0.127.slow.example A 127.0.0.2\n9.113.0.203.slow.example A 127.0.0.2\n9.113.0.203.slow.example !delay 3000\n"
#define NO_WAIT "resolver { rcpt_wait = 0s }\n"

static void an_answer_after_RCPT_refuses_at_the_end_DNS_01(void **state)
{
	struct gate *gate = gate_open_zone(TOP NO_WAIT "dnsbl \"slow.example\" { txt = no }\n", SLOW);

	(void)state;
	gate_connect(gate, "203.0.113.9");
	(void)gate_mail(gate, "", "<a@good.example>");
	assert_string_equal(word(gate, gate_rcpt(gate, "<u@ours.example>")), "");
	zone_upstream_release(gate->upstream);
	assert_string_equal(word(gate, gate_rcpt(gate, "<v@ours.example>")), REFUSED);
	assert_string_equal(word(gate, gate_message(gate, "Subject: x\n\n")), REFUSED);
	gate_close(gate);
}

static void an_answer_after_RCPT_does_not_refuse_postmaster(void **state)
{
	struct gate *gate = gate_open_zone(TOP NO_WAIT "dnsbl \"slow.example\" { txt = no }\n", SLOW);

	(void)state;
	gate_connect(gate, "203.0.113.9");
	(void)gate_mail(gate, "", "<a@good.example>");
	assert_string_equal(word(gate, gate_rcpt(gate, "<postmaster@ours.example>")), "");
	zone_upstream_release(gate->upstream);
	assert_string_equal(word(gate, gate_message(gate, "Subject: x\n\n")), "");
	gate_close(gate);
}

/* What is reported at MAIL is what RCPT says: it waits for the list's words, as nobody waits for it there. */
static void words_that_are_late_for_MAIL_are_heard_at_RCPT_DNS_14(void **state)
{
	struct gate *gate = gate_open_zone(TOP NO_WAIT BL, "2.0.0.127.bl.example A 127.0.0.2\n9.113.0.203.bl.example A 127.0.0.2\n"
					   "9.113.0.203.bl.example TXT \"sent spam\"\n9.113.0.203.bl.example TXT !delay 3000\n");
	struct verdict verdict;

	(void)state;
	gate_connect(gate, "203.0.113.9");
	(void)gate_mail(gate, "", "<a@good.example>");
	zone_upstream_release(gate->upstream);
	verdict = gate_rcpt(gate, "<u@ours.example>");
	assert_string_equal(word(gate, verdict), REFUSED);
	assert_non_null(strstr(verdict.reply.text, ": sent spam ["));
	gate_close(gate);
}

/* The slow one has no say in it: its rule is a weight. */
static void a_slow_list_does_not_spoil_the_refusal_of_a_quick_one_DNS_01(void **state)
{
	struct gate *gate = gate_open_zone(TOP NO_WAIT "dnsbl \"slow.example\" { on_listed = 2 }\ndnsbl \"bl.example\" { txt = no }\n",
					   LISTS SLOW);

	(void)state;
	gate_connect(gate, "203.0.113.9");
	(void)gate_mail(gate, "", "<a@good.example>");
	assert_string_equal(word(gate, gate_rcpt(gate, "<u@ours.example>")), REFUSED);
	assert_string_equal(first_finding(gate->session->message), "slow.example could not tell about client 203.0.113.9: no answer in time");
	gate_close(gate);
}

static void an_allow_list_is_heard_before_anybody_is_refused(void **state)
{
	struct gate *gate = gate_open_zone(TOP NO_WAIT BL "dnsbl \"slow.example\" { type = allow }\n", LISTS SLOW);

	(void)state;
	gate_connect(gate, "203.0.113.9");
	(void)gate_mail(gate, "", "<a@good.example>");
	assert_string_equal(word(gate, gate_rcpt(gate, "<u@ours.example>")), "");
	zone_upstream_release(gate->upstream);
	assert_string_equal(word(gate, gate_message(gate, "Subject: x\n\n")), "");
	gate_close(gate);
}

static bool has_text(const struct message *message, const char *word)
{
	for (size_t i = 0; i < message->findings.len; i++)
		if (strstr(message->findings.items[i].text, word) != NULL)
			return true;
	return false;
}

static void a_refusal_that_is_overruled_does_not_cut_others_short(void **state)
{
	struct gate *gate = gate_open_zone(TOP NO_WAIT BL WL "dnsbl \"slow.example\" { on_listed = 2 }\n",
					   LISTS SLOW "8.113.0.203.slow.example !delay 10\n");

	(void)state;
	gate_connect(gate, "203.0.113.8");
	(void)gate_mail(gate, "", "<a@good.example>");
	assert_string_equal(word(gate, gate_rcpt(gate, "<u@ours.example>")), "");
	zone_upstream_release(gate->upstream);
	assert_string_equal(word(gate, gate_message(gate, "Subject: x\n\n")), "");
	assert_true(has_text(gate->session->message, "allow list has it"));
	assert_false(has_text(gate->session->message, "no answer in time"));
	gate_close(gate);
}

static void the_others_have_time_until_RCPT(void **state)
{
	struct gate *gate = gate_open_zone(TOP NO_WAIT BL "dnsbl \"slow.example\" { on_listed = 2 }\n", LISTS SLOW);

	(void)state;
	gate_connect(gate, "203.0.113.9");
	(void)gate_mail(gate, "", "<a@good.example>");
	zone_upstream_release(gate->upstream);
	assert_string_equal(word(gate, gate_rcpt(gate, "<u@ours.example>")), REFUSED);
	assert_true(has_text(gate->session->message, "listed by slow.example"));
	gate_close(gate);
}

static void a_refusal_that_is_observed_does_not_cut_others_short(void **state)
{
	struct gate *gate = gate_open_zone(TOP NO_WAIT "dnsbl \"bl.example\" { on_listed = \"observe reject\" }\n"
					   "dnsbl \"slow.example\" { txt = no }\n", LISTS SLOW);

	(void)state;
	gate_connect(gate, "203.0.113.9");
	(void)gate_mail(gate, "", "<a@good.example>");
	assert_string_equal(word(gate, gate_rcpt(gate, "<u@ours.example>")), "");
	zone_upstream_release(gate->upstream);
	assert_string_equal(word(gate, gate_message(gate, "Subject: x\n\n")), REFUSED);
	gate_close(gate);
}

static void a_list_that_is_off_is_not_asked_DNS_12(void **state)
{
	struct gate *gate = gate_open_zone(TOP "dnsbl \"public.example\" { }\n", LISTS);
	unsigned asked = zone_upstream_asked(gate->upstream);

	(void)state;
	gate_connect(gate, "203.0.113.9");
	(void)gate_mail(gate, "", "<a@good.example>");
	assert_int_equal(zone_upstream_asked(gate->upstream), asked);
	gate_close(gate);
}

static void a_literal_is_not_asked_for(void **state)
{
	struct gate *gate = gate_open_zone(TOP "dnsbl \"dbl.example\" { of = { helo, sender } }\n", LISTS);
	unsigned asked = zone_upstream_asked(gate->upstream);

	(void)state;
	gate_connect_helo(gate, "203.0.113.9", "[203.0.113.9]");
	(void)gate_mail(gate, "", "<a@[203.0.113.9]>");
	assert_int_equal(zone_upstream_asked(gate->upstream), asked);
	gate_close(gate);
}

static void a_list_that_begins_to_list_everybody_is_switched_off_DNS_13(void **state)
{
	struct gate *gate = gate_open_zone(TOP "dnsbl \"world.example\" { self_test = no }\n", LISTS);
	unsigned refused = 0;

	(void)state;
	for (unsigned i = 0; i < 220; i++) {
		gate_connect(gate, "203.0.113.1");
		(void)gate_mail(gate, "", "<a@good.example>");
		refused += gate_rcpt(gate, "<u@ours.example>").reply.code == 554;
	}
	assert_int_equal(refused, 200);
	gate_close(gate);
}

static void a_listing_waits_for_the_first_self_test_DNS_13(void **state)
{
	struct gate *gate = gate_open_zone(TOP NO_WAIT "dnsbl \"new.example\" { txt = no }\n",
					   "9.113.0.203.new.example A 127.0.0.2\n2.0.0.127.new.example A 127.0.0.2\n"
					   "1.0.0.127.new.example !delay 1000\n");

	(void)state;
	gate_connect(gate, "203.0.113.9");
	(void)gate_mail(gate, "", "<a@good.example>");
	assert_string_equal(word(gate, gate_rcpt(gate, "<u@ours.example>")), "");
	zone_upstream_release(gate->upstream);
	assert_string_equal(word(gate, gate_rcpt(gate, "<u@ours.example>")), REFUSED);
	gate_close(gate);
}

static void a_list_that_cannot_be_tested_refuses_nobody_DNS_01(void **state)
{
	struct gate *gate = gate_open_zone(TOP NO_WAIT "dnsbl \"new.example\" { txt = no }\n",
					   "9.113.0.203.new.example A 127.0.0.2\n2.0.0.127.new.example A 127.0.0.2\n"
					   "1.0.0.127.new.example !servfail\n");

	(void)state;
	gate_connect(gate, "203.0.113.9");
	(void)gate_mail(gate, "", "<a@good.example>");
	assert_string_equal(word(gate, gate_rcpt(gate, "<u@ours.example>")), "");
	assert_string_equal(first_finding(gate->session->message),
			    "new.example could not tell about client 203.0.113.9: it has not passed its self-test yet");
	gate_close(gate);
}

static void the_list_is_tested_every_hour_by_the_first_session_DNS_13(void **state)
{
	struct gate *gate;
	unsigned asked;

	(void)state;
	clock_freeze(1000000, 1000000);
	gate = gate_open_zone(TOP "dnsbl \"bl.example\" { txt = no ipv6 = no }\n", LISTS);
	assert_int_equal(zone_upstream_asked(gate->upstream), 2);
	gate_connect(gate, "203.0.113.1");
	asked = zone_upstream_asked(gate->upstream);
	assert_int_equal(asked, 3);
	clock_freeze(1000000 + 3600 * 1000 - 1, 0);
	gate_connect(gate, "127.0.0.1");
	assert_int_equal(zone_upstream_asked(gate->upstream), asked);
	clock_freeze(1000000 + 25 * 3600 * 1000, 0);	/* beyond what the resolver keeps */
	gate_connect(gate, "127.0.0.1");
	gate_connect(gate, "127.0.0.1");
	assert_int_equal(zone_upstream_asked(gate->upstream), asked + 2);
	gate_close(gate);
	clock_thaw();
}

static void what_nobody_could_tell_is_asked_again_with_the_next_message_DNS_01(void **state)
{
	struct gate *gate;

	(void)state;
	clock_freeze(1000000, 1000000);
	gate = gate_open_zone(TOP NO_WAIT "dnsbl \"slow.example\" { txt = no }\n", SLOW);
	gate_connect(gate, "203.0.113.9");
	clock_freeze(1000000 + 6000, 0);
	(void)gate_mail(gate, "", "<a@good.example>");
	assert_string_equal(word(gate, gate_rcpt(gate, "<u@ours.example>")), "");
	assert_string_equal(word(gate, gate_message(gate, "Subject: x\n\n")), "");
	assert_string_equal(first_finding(gate->session->message), "slow.example could not tell about client 203.0.113.9: out of time");
	clock_freeze(1000000 + 12000, 0);
	(void)gate_mail(gate, "", "<a@good.example>");
	zone_upstream_release(gate->upstream);
	assert_string_equal(word(gate, gate_rcpt(gate, "<u@ours.example>")), REFUSED);
	gate_close(gate);
	clock_thaw();
}

static void without_a_resolver_it_could_not_tell(void **state)
{
	struct gate *gate = gate_open(TOP "dnsbl \"bl.example\" { on_error = defer }\n");

	(void)state;
	gate_connect(gate, "203.0.113.9");
	(void)gate_mail(gate, "", "<a@good.example>");
	assert_string_equal(word(gate, gate_rcpt(gate, "<u@ours.example>")), COULD_NOT);
	assert_string_equal(first_finding(gate->session->message),
			    "bl.example could not tell about client 203.0.113.9: there is no resolver");
	gate_close(gate);
}

static void an_allow_list_stands_in_Authentication_Results(void **state)
{
	struct gate *gate = gate_open_zone(TOP WL, LISTS);
	const struct authres_result *result;

	(void)state;
	gate_connect(gate, "203.0.113.8");
	(void)gate_mail(gate, "", "<a@good.example>");
	(void)gate_rcpt(gate, "<u@ours.example>");
	assert_int_equal(gate->session->message->results_len, 1);
	result = &gate->session->message->results[0];
	assert_string_equal(authres_format(gate->session->arena, "gw.example", result, 1),
			    "gw.example; dnswl=pass dns.zone=wl.example dns.sec=na policy.ip=127.0.10.1");
	gate_close(gate);
}

static void *walk_sessions(void *arg)
{
	struct gate *shared = arg, gate = { .engine = shared->engine };
	unsigned refused = 0;

	for (unsigned i = 0; i < 50; i++) {
		gate_connect_helo(&gate, i % 2 == 0 ? "203.0.113.9" : "203.0.113.8", "bad.example");
		(void)gate_mail(&gate, "", "<a@bad.example>");
		refused += gate_rcpt(&gate, "<u@ours.example>").reply.code == 554 || gate_message(&gate, "Subject: x\n\n").reply.code == 554;
	}
	engine_session_end(gate.engine, gate.session);
	return (void *)(uintptr_t)refused;
}

static atomic_bool stop;

static void *release(void *arg)
{
	struct gate *gate = arg;

	while (!atomic_load(&stop)) {
		zone_upstream_release(gate->upstream);
		(void)usleep(200);
	}
	return NULL;
}

/* Half of the clients are on the allow list; whoever is not is refused, at RCPT or at the end, while answers come in on another thread. */
static void many_sessions_at_once(void **state)
{
	struct gate *gate = gate_open_zone(TOP NO_WAIT BL WL "dnsbl \"slow.example\" { }\n",
					   LISTS SLOW "8.113.0.203.wl.example !delay 10\n9.113.0.203.bl.example !delay 10\n");
	pthread_t threads[4], answers;
	void *refused;

	(void)state;
	atomic_store(&stop, false);
	assert_int_equal(pthread_create(&answers, NULL, release, gate), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, walk_sessions, gate), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], &refused), 0);
		assert_int_equal((uintptr_t)refused, 25);
	}
	atomic_store(&stop, true);
	(void)pthread_join(answers, NULL);
	gate_close(gate);
}

/* What only weighs is waited for at the end of the message, too. */
static void a_weight_is_waited_for_at_the_end(void **state)
{
	struct gate *gate = gate_open_zone(TOP NO_WAIT "dnsbl \"slow.example\" { on_listed = 2 }\n", SLOW);
	struct verdict verdict;
	pthread_t answers;

	(void)state;
	gate_connect(gate, "203.0.113.9");
	(void)gate_mail(gate, "", "<a@good.example>");
	assert_string_equal(word(gate, gate_rcpt(gate, "<u@ours.example>")), "");
	atomic_store(&stop, false);
	assert_int_equal(pthread_create(&answers, NULL, release, gate), 0);
	verdict = gate_message(gate, "Subject: x\n\n");
	atomic_store(&stop, true);
	(void)pthread_join(answers, NULL);
	assert_true(verdict.score > 1.9);
	gate_close(gate);
}

#define ADD(test) rows_add_one(&rows, #test, test, NULL)

int main(void)
{
	static struct rows rows;

	rows_add(&rows, walk_table, check_walk);
	ADD(weights_add_up);
	ADD(every_recipient_is_refused_but_postmaster);
	ADD(a_client_that_has_logged_in_is_let_through);
	ADD(each_message_of_a_session_has_the_findings);
	ADD(the_last_HELO_counts);
	ADD(many_HELOs_do_not_pile_up);
	ADD(an_answer_after_RCPT_refuses_at_the_end_DNS_01);
	ADD(an_answer_after_RCPT_does_not_refuse_postmaster);
	ADD(words_that_are_late_for_MAIL_are_heard_at_RCPT_DNS_14);
	ADD(a_slow_list_does_not_spoil_the_refusal_of_a_quick_one_DNS_01);
	ADD(an_allow_list_is_heard_before_anybody_is_refused);
	ADD(a_listing_waits_for_the_first_self_test_DNS_13);
	ADD(a_list_that_cannot_be_tested_refuses_nobody_DNS_01);
	ADD(the_list_is_tested_every_hour_by_the_first_session_DNS_13);
	ADD(what_nobody_could_tell_is_asked_again_with_the_next_message_DNS_01);
	ADD(without_a_resolver_it_could_not_tell);
	ADD(an_allow_list_stands_in_Authentication_Results);
	ADD(a_refusal_that_is_overruled_does_not_cut_others_short);
	ADD(the_others_have_time_until_RCPT);
	ADD(a_refusal_that_is_observed_does_not_cut_others_short);
	ADD(a_list_that_is_off_is_not_asked_DNS_12);
	ADD(a_literal_is_not_asked_for);
	ADD(a_list_that_begins_to_list_everybody_is_switched_off_DNS_13);
	ADD(a_weight_is_waited_for_at_the_end);
	ADD(many_sessions_at_once);
	return rows_run(&rows, "dnsbl");
}

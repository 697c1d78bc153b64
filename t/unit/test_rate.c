/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pthread.h>
#include <stdatomic.h>

#include "milter/base/clock.h"
#include "milter/isolate/job.h"
#include "scanners/rate_settings.h"
#include "scanners/scanners.h"
#include "t/lib/gate.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { &scanner_limits, &scanner_relay, &scanner_account, &scanner_rate, NULL };
const struct job_kind *const job_kinds[] = { NULL };

#define BASE "domains = { \"ours.example\" }\n"
#define NOON_MS UINT64_C(1782820800000)	/* 2026-06-30 12:00 UTC */
#define MINUTE_MS UINT64_C(60000)
#define START_MS UINT64_C(1000000000)

static struct gate *open_gate(const char *configuration)
{
	clock_freeze(START_MS, NOON_MS);
	return gate_open(configuration);
}

static void close_gate(struct gate *gate)
{
	gate_close(gate);
	clock_thaw();
}

static const char *end_message(struct gate *gate, const char *header, bool let_in)
{
	struct verdict verdict = gate_message(gate, header);

	engine_settle(gate->engine, gate->session, &verdict, let_in && verdict.reply.code == 0);
	return gate_word(gate, &verdict);
}

/* One message of the session that is open; its recipients are "a,b,c" without brackets. Returns what was refused first, or "". */
static const char *send_in_session(struct gate *gate, const char *login, const char *sender, const char *recipients, const char *from)
{
	struct arena *arena = gate->session->arena;
	struct str rest = str_of(recipients);
	const char *refused = "";
	struct verdict verdict = gate_mail(gate, login, arena_printf(arena, "<%s>", sender));

	while (rest.p != NULL) {
		struct str one = str_split(&rest, ",");

		verdict = gate_rcpt(gate, arena_printf(arena, "<%.*s>", (int)one.len, one.p));
		if (verdict.reply.code != 0 && refused[0] == '\0')
			refused = gate_word(gate, &verdict);
	}
	if (gate->session->message->recipients_len > 0) {
		const char *word = end_message(gate, arena_printf(arena, "From: %s\n\n", from), true);

		return refused[0] == '\0' ? word : refused;
	}
	engine_settle(gate->engine, gate->session, NULL, false);
	return refused;
}

struct mail {
	const char *client, *login, *sender, *recipients, *from;
};

static const char *send_mail(struct gate *gate, const struct mail *mail)
{
	gate_connect(gate, mail->client);
	return send_in_session(gate, mail->login, mail->sender, mail->recipients, mail->from);
}

#define EXCEEDED "450 4.7.1 rate:exceeded"
#define ONE_EACH(per) BASE "rate \"test\" { per = " per " limit = \"2/1h\" }\n"
#define TWO_EACH(per) BASE "rate \"test\" { per = " per " of = recipients limit = \"2/1h\" }\n"

/* first passes twice; then what becomes of it and of second. */
static const struct counted {
	const char *name, *configuration;
	struct mail first, second;
	const char *second_word;
} counted_table[] = {
	{ "a_login", ONE_EACH("login"),
	  { "192.0.2.1", "bob", "bob@ours.example", "u@ext.example", "bob@ours.example" },
	  { "192.0.2.1", "eve", "bob@ours.example", "u@ext.example", "bob@ours.example" }, "" },
	{ "a_login_from_elsewhere_and_in_other_letters", ONE_EACH("login"),
	  { "192.0.2.1", "bob", "bob@ours.example", "u@ext.example", "bob@ours.example" },
	  { "2001:db8::1", "BOB", "x@ours.example", "v@ext.example", "x@ours.example" }, EXCEEDED },
	{ "a_login_does_not_count_strangers", ONE_EACH("login"),
	  { "192.0.2.1", "bob", "bob@ours.example", "u@ext.example", "bob@ours.example" },
	  { "192.0.2.1", "", "bob@ours.example", "u@ours.example", "bob@ours.example" }, "" },
	{ "an_address", ONE_EACH("client"),
	  { "192.0.2.1", "", "a@ext.example", "u@ours.example", "a@ext.example" },
	  { "192.0.2.2", "", "a@ext.example", "u@ours.example", "a@ext.example" }, "" },
	{ "a_64_of_IPv6_is_one_client", ONE_EACH("client"),
	  { "2001:db8::1", "", "a@ext.example", "u@ours.example", "a@ext.example" },
	  { "2001:db8::ffff:1", "", "b@ext.example", "u@ours.example", "a@ext.example" }, EXCEEDED },
	{ "the_next_64_is_another", ONE_EACH("client"),
	  { "2001:db8::1", "", "a@ext.example", "u@ours.example", "a@ext.example" },
	  { "2001:db8:0:1::1", "", "a@ext.example", "u@ours.example", "a@ext.example" }, "" },
	{ "an_IPv4_address_that_is_mapped_SMTP_20", ONE_EACH("client"),
	  { "192.0.2.1", "", "a@ext.example", "u@ours.example", "a@ext.example" },
	  { "::ffff:192.0.2.1", "", "a@ext.example", "u@ours.example", "a@ext.example" }, EXCEEDED },
	{ "a_sender_in_other_letters", ONE_EACH("sender"),
	  { "192.0.2.1", "", "a@ext.example", "u@ours.example", "a@ext.example" },
	  { "192.0.2.2", "", "A@EXT.example", "u@ours.example", "b@ext.example" }, EXCEEDED },
	{ "another_sender", ONE_EACH("sender"),
	  { "192.0.2.1", "", "a@ext.example", "u@ours.example", "a@ext.example" },
	  { "192.0.2.1", "", "b@ext.example", "u@ours.example", "a@ext.example" }, "" },
	{ "the_null_sender_of_one_client_ID_13", ONE_EACH("sender"),
	  { "192.0.2.1", "", "", "u@ours.example", "a@ext.example" },
	  { "192.0.2.1", "", "", "v@ours.example", "b@ext.example" }, EXCEEDED },
	{ "the_null_sender_of_another_client_ID_13", ONE_EACH("sender"),
	  { "192.0.2.1", "", "", "u@ours.example", "a@ext.example" },
	  { "192.0.2.2", "", "", "u@ours.example", "a@ext.example" }, "" },
	{ "an_author_with_another_sender", ONE_EACH("from"),
	  { "192.0.2.1", "", "a@ext.example", "u@ours.example", "A <a@ext.example>" },
	  { "192.0.2.2", "", "b@ext.example", "u@ours.example", "a@EXT.example" }, EXCEEDED },
	{ "another_author", ONE_EACH("from"),
	  { "192.0.2.1", "", "a@ext.example", "u@ours.example", "a@ext.example" },
	  { "192.0.2.1", "", "a@ext.example", "u@ours.example", "b@ext.example" }, "" },
	{ "one_of_two_authors", ONE_EACH("from"),
	  { "192.0.2.1", "", "a@ext.example", "u@ours.example", "a@ext.example" },
	  { "192.0.2.2", "", "a@ext.example", "u@ours.example", "b@ext.example, a@ext.example" }, EXCEEDED },
	{ "authors_that_nobody_can_tell_count_for_the_client_HDR_08", ONE_EACH("from"),
	  { "192.0.2.1", "", "a@ext.example", "u@ours.example", "\"open <a@ext.example>" },
	  { "192.0.2.1", "", "a@ext.example", "u@ours.example", "<x@evil.example>admin@ext.example" }, EXCEEDED },
	{ "and_for_no_other_client", ONE_EACH("from"),
	  { "192.0.2.1", "", "a@ext.example", "u@ours.example", "\"open <a@ext.example>" },
	  { "192.0.2.2", "", "a@ext.example", "u@ours.example", "\"open <a@ext.example>" }, "" },
	{ "a_recipient", ONE_EACH("recipient"),
	  { "192.0.2.1", "", "a@ext.example", "u@ours.example", "a@ext.example" },
	  { "192.0.2.2", "", "b@ext.example", "v@ours.example,U@Ours.example", "b@ext.example" }, EXCEEDED },
	{ "another_recipient", ONE_EACH("recipient"),
	  { "192.0.2.1", "", "a@ext.example", "u@ours.example", "a@ext.example" },
	  { "192.0.2.1", "", "a@ext.example", "v@ours.example", "a@ext.example" }, "" },
	{ "a_recipient_domain_of_submissions", ONE_EACH("recipient_domain"),
	  { "192.0.2.1", "bob", "a@ours.example", "u@ext.example", "a@ours.example" },
	  { "192.0.2.2", "eve", "b@ours.example", "v@EXT.example", "b@ours.example" }, EXCEEDED },
	{ "a_recipient_domain_does_not_count_what_comes_in", ONE_EACH("recipient_domain"),
	  { "192.0.2.1", "bob", "a@ours.example", "u@ours.example", "a@ours.example" },
	  { "192.0.2.2", "", "b@ext.example", "u@ours.example", "b@ext.example" }, "" },
	{ "a_message_to_three_in_a_domain_is_one_message_to_it", ONE_EACH("recipient_domain"),
	  { "192.0.2.1", "bob", "a@ours.example", "u@ext.example,v@ext.example,w@ext.example", "a@ours.example" },
	  { "192.0.2.1", "bob", "a@ours.example", "u@ext.example", "a@ours.example" }, EXCEEDED },
	{ "recipients_of_a_login", TWO_EACH("login"),
	  { "192.0.2.1", "bob", "a@ours.example", "u@ext.example", "a@ours.example" },
	  { "192.0.2.1", "eve", "a@ours.example", "u@ext.example,v@ext.example,w@ext.example", "a@ours.example" }, EXCEEDED },
	{ "recipients_of_an_author", TWO_EACH("from"),
	  { "192.0.2.1", "", "a@ext.example", "u@ours.example", "a@ext.example" },
	  { "192.0.2.1", "", "a@ext.example", "u@ours.example,v@ours.example,w@ours.example", "b@ext.example" }, EXCEEDED },
	{ "clients_that_are_excepted",
	  BASE "rate \"test\" { limit = \"2/1h\" except = { \"192.0.2.128/25\" } }\n",
	  { "192.0.2.1", "", "a@ext.example", "u@ours.example", "a@ext.example" },
	  { "192.0.2.200", "", "a@ext.example", "u@ours.example", "a@ext.example" }, "" },
	{ "a_direction_that_is_not_named",
	  BASE "rate \"test\" { directions = { \"inbound\" } limit = \"2/1h\" }\n",
	  { "192.0.2.1", "", "a@ext.example", "u@ours.example", "a@ext.example" },
	  { "192.0.2.1", "bob", "a@ours.example", "u@ext.example", "a@ours.example" }, "" },
	{ "the_recipients_of_a_grant_under_its_own_rate_R40",
	  BASE "relay { grant \"test\" { clients = { \"192.0.2.1\" } senders = { \"a@ours.example\" } recipients = { \"ext.example\" }"
	  " rate = \"2/1h\" } }\nrate \"other\" { limit = \"2/1h\" directions = { \"submission\" } }\n",
	  { "192.0.2.1", "", "a@ours.example", "u@ext.example", "a@ours.example" },
	  { "192.0.2.1", "", "a@ours.example", "u@ours.example", "a@ours.example" }, "" },
};

static void check_counted(void **state)
{
	const struct counted *row = *state;
	struct gate *gate = open_gate(row->configuration);

	assert_string_equal(send_mail(gate, &row->first), "");
	assert_string_equal(send_mail(gate, &row->first), "");
	assert_string_not_equal(send_mail(gate, &row->first), "");
	assert_string_equal(send_mail(gate, &row->second), row->second_word);
	close_gate(gate);
}

static const struct mail usual = { "192.0.2.1", "bob", "bob@ours.example", "u@ext.example", "bob@ours.example" };

static void without_a_section_nothing_is_counted(void **state)
{
	struct gate *gate = open_gate(BASE);

	(void)state;
	for (int i = 0; i < 2000; i++)
		assert_string_equal(send_mail(gate, &usual), "");
	close_gate(gate);
}

static void the_reply_says_who_how_much_and_until_when(void **state)
{
	struct gate *gate = open_gate(ONE_EACH("login"));
	struct verdict verdict;

	(void)state;
	assert_string_equal(send_mail(gate, &usual), "");
	clock_freeze(START_MS + 10 * MINUTE_MS, NOON_MS + 10 * MINUTE_MS);
	assert_string_equal(send_mail(gate, &usual), "");
	clock_freeze(START_MS + 20 * MINUTE_MS, NOON_MS + 20 * MINUTE_MS);
	(void)gate_mail(gate, "bob", "<bob@ours.example>");
	verdict = gate_rcpt(gate, "<u@ext.example>");
	assert_non_null(strstr(verdict.reply.text, "login bob has had 2 messages in 1h (rate \"test\"): no more until 13:"));
	assert_int_equal(verdict.reply.code, 450);
	clock_freeze(START_MS + 70 * MINUTE_MS, NOON_MS + 70 * MINUTE_MS);
	assert_string_equal(send_mail(gate, &usual), "");
	assert_string_equal(send_mail(gate, &usual), EXCEEDED);
	close_gate(gate);
}

static void a_message_that_could_never_pass_is_told_so(void **state)
{
	struct gate *gate = open_gate(TWO_EACH("from"));
	struct verdict verdict;

	(void)state;
	gate_connect(gate, "192.0.2.1");
	(void)gate_mail(gate, "", "<a@ext.example>");
	for (int i = 0; i < 3; i++)
		(void)gate_rcpt(gate, "<u@ours.example>");
	verdict = gate_message(gate, "From: a@ext.example\n\n");
	assert_string_equal(gate_word(gate, &verdict), EXCEEDED);
	assert_non_null(strstr(verdict.reply.text, "may have 2 recipients in 1h (rate \"test\"), and this message has 3"));
	close_gate(gate);
}

/* Of those in one message as many pass as there is room for. */
static void each_recipient_is_answered_for_itself(void **state)
{
	struct gate *gate = open_gate(TWO_EACH("client"));
	struct verdict verdict;

	(void)state;
	gate_connect(gate, "192.0.2.1");
	(void)gate_mail(gate, "", "<a@ext.example>");
	for (int i = 0; i < 5; i++) {
		verdict = gate_rcpt(gate, "<u@ours.example>");
		assert_string_equal(gate_word(gate, &verdict), i < 2 ? "" : EXCEEDED);
	}
	assert_int_equal(gate->session->message->recipients_len, 2);
	assert_string_equal(end_message(gate, "From: a@ext.example\n\n", true), "");
	close_gate(gate);
}

/* Not let in: refused, held, or the client has left. */
static void what_is_not_let_in_does_not_count(void **state)
{
	struct gate *gate = open_gate(BASE "account { rate = \"2/1h\" }\nrate \"m\" { per = login limit = \"2/1h\" }\n"
				      "rate \"r\" { per = recipient_domain of = recipients limit = \"2/1h\" }\n");

	(void)state;
	gate_connect(gate, usual.client);
	for (int i = 0; i < 10; i++) {
		(void)gate_mail(gate, "bob", "<bob@ours.example>");
		(void)gate_rcpt(gate, "<u@ext.example>");
		if (i % 2 == 0)
			assert_string_equal(end_message(gate, "From: bob@ours.example\n\n", false), "");
	}
	engine_message_end(gate->engine, gate->session);
	assert_string_equal(send_mail(gate, &usual), "");
	assert_string_equal(send_mail(gate, &usual), "");
	assert_string_not_equal(send_mail(gate, &usual), "");
	close_gate(gate);
}

/* Recipients that somebody else refuses, or that are malformed, use up nothing. */
static void a_recipient_that_is_refused_does_not_count(void **state)
{
	struct gate *gate = open_gate(TWO_EACH("client"));

	(void)state;
	gate_connect(gate, "192.0.2.1");
	(void)gate_mail(gate, "", "<a@ext.example>");
	for (int i = 0; i < 10; i++) {
		struct verdict verdict = gate_rcpt(gate, i % 2 == 0 ? "<u@elsewhere.example>" : "<@>");

		assert_true(verdict.reply.code >= 500);
	}
	assert_string_equal(send_in_session(gate, "", "a@ext.example", "u@ours.example,v@ours.example", "a@ext.example"), "");
	close_gate(gate);
}

/* The first of two limits has taken its share when the second refuses. */
static void a_recipient_that_a_second_limit_refuses_is_given_back_to_the_first(void **state)
{
	struct gate *gate = open_gate(BASE "rate \"all\" { of = recipients limit = \"3/1h\" }\n"
				      "rate \"each\" { per = recipient of = recipients limit = \"1/1h\" }\n");
	struct mail mail = { "192.0.2.1", "", "a@ext.example", "u@ours.example,u@ours.example,u@ours.example,v@ours.example,w@ours.example",
			     "a@ext.example" };

	(void)state;
	gate_connect(gate, mail.client);
	assert_string_equal(send_mail(gate, &mail), EXCEEDED);
	assert_int_equal(gate->session->message->recipients_len, 3);
	mail.recipients = "x@ours.example";
	assert_string_equal(send_mail(gate, &mail), EXCEEDED);
	close_gate(gate);
}

static void grants_and_accounts_are_settled_likewise(void **state)
{
	struct gate *gate = open_gate(BASE "account { rate = \"2/1h\" }\n"
		"relay { grant \"test\" { clients = { \"192.0.2.40\" } senders = { \"a@ours.example\" } recipients = { \"ext.example\" }"
		" rate = \"2/1h\" } }\n");
	struct verdict verdict;

	(void)state;
	for (int i = 0; i < 8; i++) {
		gate_connect(gate, "192.0.2.40");
		(void)gate_mail(gate, i % 2 == 0 ? "bob" : "", "<a@ours.example>");
		verdict = gate_rcpt(gate, "<u@ext.example>");
		assert_string_equal(gate_word(gate, &verdict), "");
		(void)end_message(gate, "From: a@ours.example\n\n", i >= 4);
	}
	gate_connect(gate, "192.0.2.40");
	(void)gate_mail(gate, "Bob", "<a@ours.example>");
	verdict = gate_rcpt(gate, "<u@ext.example>");
	assert_string_equal(gate_word(gate, &verdict), "450 4.7.1 account:exceeded");
	assert_non_null(strstr(verdict.reply.text, "login Bob has had 2 recipients in 1h: no more until 13:"));
	(void)gate_mail(gate, "", "<a@ours.example>");
	verdict = gate_rcpt(gate, "<u@ext.example>");
	assert_string_equal(gate_word(gate, &verdict), "450 4.7.1 relay:grant_rate");
	assert_non_null(strstr(verdict.reply.text, "grant \"test\" allows 2 recipients in 1h: no more until 13:"));
	close_gate(gate);
}

/* A recipient of the grant that was refused makes no difference when the next one needs no grant. */
static void a_refused_recipient_of_a_grant_is_given_back(void **state)
{
	struct gate *gate = open_gate(BASE "relay { grant \"test\" { clients = { \"192.0.2.40\" } senders = { \"a@ours.example\" }"
		" recipients = { \"ext.example\" } rate = \"1/1h\" } }\nrate \"each\" { per = recipient limit = \"1/1h\" }\n");
	struct mail mail = { "192.0.2.40", "", "a@ours.example", "u@ours.example,v@ours.example", "a@ours.example" };

	(void)state;
	store_take(gate->store, "rate:0:3600000:each:recipient:u@ext.example", 1, 1, 60 * MINUTE_MS, NULL);
	mail.recipients = "u@ext.example,v@ours.example";
	assert_string_equal(send_mail(gate, &mail), EXCEEDED);
	mail.recipients = "w@ext.example";
	assert_string_equal(send_mail(gate, &mail), "");
	close_gate(gate);
}

static void over_the_limit_may_be_less_than_a_refusal(void **state)
{
	struct gate *gate = open_gate(BASE "rate \"test\" { per = login limit = \"1/1h\" on_exceeded = \"tag\" }\n");

	(void)state;
	assert_string_equal(send_mail(gate, &usual), "");
	for (int i = 0; i < 3; i++) {
		struct verdict verdict;

		(void)gate_mail(gate, "bob", "<bob@ours.example>");
		(void)gate_rcpt(gate, "<u@ext.example>");
		verdict = gate_message(gate, "From: bob@ours.example\n\n");
		assert_int_equal(verdict.action, ACTION_TAG);
		assert_string_equal(verdict.by_name, "rate:exceeded");
		engine_settle(gate->engine, gate->session, &verdict, true);
	}
	close_gate(gate);
}

static void two_limits_hold_side_by_side(void **state)
{
	struct gate *gate = open_gate(BASE "rate \"test\" { per = login limit = \"3/1h\" }\nrate \"other\" { per = login limit = \"2/1m\" }\n");
	unsigned passed = 0;

	(void)state;
	for (uint64_t i = 0; i < 6; i++) {
		clock_freeze(START_MS + i * MINUTE_MS * 2, NOON_MS + i * MINUTE_MS * 2);
		for (int j = 0; j < 3; j++)
			passed += send_mail(gate, &usual)[0] == '\0';
		assert_int_equal(passed, i == 0 ? 2 : 3);
	}
	close_gate(gate);
}

static void postmaster_can_be_reached_R20(void **state)
{
	struct gate *gate = open_gate(ONE_EACH("client"));
	struct mail mail = { "192.0.2.1", "", "a@ext.example", "u@ours.example", "a@ext.example" };

	(void)state;
	assert_string_equal(send_mail(gate, &mail), "");
	assert_string_equal(send_mail(gate, &mail), "");
	assert_string_equal(send_mail(gate, &mail), EXCEEDED);
	mail.recipients = "postmaster@ours.example";
	assert_string_equal(send_mail(gate, &mail), "");
	close_gate(gate);
}

enum { SESSIONS = 50, MESSAGES_EACH = 10, EDGE = 100 };

struct crowd {
	struct gate *gate;
	_Atomic unsigned passed;
};

static void *send_many(void *arg)
{
	struct crowd *crowd = arg;
	struct gate gate = *crowd->gate;	/* a session of its own */

	gate.session = NULL;
	gate_connect(&gate, "192.0.2.1");
	for (int i = 0; i < MESSAGES_EACH; i++)
		if (send_in_session(&gate, "bob", "bob@ours.example", "u@ext.example", "bob@ours.example")[0] == '\0')
			atomic_fetch_add(&crowd->passed, 1);
	engine_session_end(gate.engine, gate.session);
	return NULL;
}

static const struct edge {
	const char *name, *configuration;
} edge_table[] = {
	{ "fifty_sessions_at_the_edge_of_messages_ID_09", BASE "rate \"test\" { per = login limit = \"100/1h\" }\n" },
	{ "fifty_sessions_at_the_edge_of_recipients_ID_09", BASE "rate \"test\" { per = client of = recipients limit = \"100/1h\" }\n" },
	{ "fifty_sessions_at_the_edge_of_an_author_ID_09", BASE "rate \"test\" { per = from limit = \"100/1h\" }\n" },
	{ "fifty_sessions_at_the_edge_of_an_account_ID_09", BASE "account { rate = \"100/1h\" }\n" },
};

static void check_edge(void **state)
{
	const struct edge *row = *state;
	struct crowd crowd = { .gate = gate_open(row->configuration) };
	pthread_t threads[SESSIONS];

	for (size_t i = 0; i < SESSIONS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, send_many, &crowd), 0);
	for (size_t i = 0; i < SESSIONS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(crowd.passed, EDGE);
	gate_close(crowd.gate);
}

static unsigned happened;

static void note_event(const struct event *event)
{
	assert_string_equal(event->event, "degraded");
	happened++;
}

static void a_full_table_is_told_RES_11(void **state)
{
	struct gate *gate;
	char key[32];

	(void)state;
	gate_services = (struct services){ .happened = note_event };
	gate = open_gate(BASE);
	gate_services = (struct services){ .happened = NULL };
	engine_chores(gate->engine);
	for (int i = 0; i < 900; i++) {
		(void)snprintf(key, sizeof(key), "%d", i);
		(void)store_take(gate->store, key, 1, 10, 60 * MINUTE_MS, NULL);
	}
	engine_chores(gate->engine);
	assert_int_equal(happened, 0);
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(key, sizeof(key), "%d", i);
		(void)store_take(gate->store, key, 1, 10, 60 * MINUTE_MS, NULL);
	}
	engine_chores(gate->engine);
	engine_chores(gate->engine);
	assert_int_equal(happened, 1);
	close_gate(gate);
}

#define ONE(test) rows_add_one(&rows, #test, test, NULL)

int main(void)
{
	static struct rows rows;

	rows_add(&rows, counted_table, check_counted);
	ONE(without_a_section_nothing_is_counted);
	ONE(the_reply_says_who_how_much_and_until_when);
	ONE(a_message_that_could_never_pass_is_told_so);
	ONE(each_recipient_is_answered_for_itself);
	ONE(what_is_not_let_in_does_not_count);
	ONE(a_recipient_that_is_refused_does_not_count);
	ONE(a_recipient_that_a_second_limit_refuses_is_given_back_to_the_first);
	ONE(grants_and_accounts_are_settled_likewise);
	ONE(a_refused_recipient_of_a_grant_is_given_back);
	ONE(over_the_limit_may_be_less_than_a_refusal);
	ONE(two_limits_hold_side_by_side);
	ONE(postmaster_can_be_reached_R20);
	ONE(a_full_table_is_told_RES_11);
	rows_add(&rows, edge_table, check_edge);
	return rows_run(&rows, "rate");
}

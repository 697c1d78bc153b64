/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "milter/isolate/job.h"
#include "milter/lookup/holds.h"
#include "milter/lookup/seen.h"
#include "scanners/scanners.h"
#include "t/lib/gate.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { &scanner_session, &scanner_limits, &scanner_relay, &scanner_behaviour, NULL };
const struct job_kind *const job_kinds[] = { NULL };

#define MINUTE UINT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define MONDAY (UINT64_C(20458) * DAY)
#define CONF "domains = { ours.example }\n" \
	"relay { grant \"pc\" { clients = { \"10.1.2.0/24\", \"2001:db8:17::/48\" } senders = { \"*\" } recipients = { \"*\" } owner = \"it@ours.example\" } }\n"

static uint64_t now_ms;
static unsigned events, holds;
static char event_text[512], directory[64], holds_path[96];

static void happened(const struct event *event)
{
	events++;
	holds += strcmp(event->event, "hold") == 0;
	assert_true(event->urgent);
	(void)snprintf(event_text, sizeof(event_text), "%s %s %s", event->event, event->about, event->text);
}

static void at(uint64_t ms)
{
	now_ms = ms;
	clock_freeze(ms, ms);
}

static struct gate *begin(const char *configuration)
{
	struct gate *gate;

	(void)snprintf(directory, sizeof(directory), "/tmp/octroi-behaviour-XXXXXX");
	assert_non_null(mkdtemp(directory));
	(void)snprintf(holds_path, sizeof(holds_path), "%s/holds", directory);
	at(MONDAY);
	events = holds = 0;
	gate_services = (struct services){ .state = directory, .happened = happened, .holds = holds_open(holds_path, NULL) };
	assert_int_equal(seen_open(NULL, 1024, &gate_services.seen), 0);
	gate = gate_open(configuration);
	return gate;
}

static void end(struct gate *gate)
{
	char path[128];

	gate_close(gate);
	seen_close(gate_services.seen);
	holds_close(gate_services.holds);
	for (size_t i = 0; i < 3; i++) {
		static const char *const files[] = { "profiles", "holds", "holds.lock" };

		(void)snprintf(path, sizeof(path), "%s/%s", directory, files[i]);
		(void)unlink(path);
	}
	(void)rmdir(directory);
	gate_services = (struct services){ .seen = NULL };
	clock_thaw();
}

struct letter {
	const char *login, *ip, *helo, *domains;	/* the beginning of recipient domains; NULL: our own */
	unsigned recipients, number;
	const char *fields;
};

/* A message through to its end; the word of the first refusal, or of the end. *ret_passed: recipients that get it. */
static const char *post(struct gate *gate, const struct letter *letter, unsigned *ret_passed)
{
	struct verdict verdict;
	const char *word = "", *refusal = "";
	unsigned passed = 0;

	gate_connect_helo(gate, letter->ip, letter->helo);
	(void)gate_mail(gate, letter->login, "<a@ours.example>");
	for (unsigned i = 0; i < letter->recipients; i++) {
		char path[128];

		if (letter->domains == NULL)
			(void)snprintf(path, sizeof(path), "<u%u@ours.example>", i);
		else
			(void)snprintf(path, sizeof(path), "<u%u@%s%u.example>", i, letter->domains, letter->number + i);
		verdict = gate_rcpt(gate, path);
		passed += verdict.reply.code == 0;
		if (verdict.reply.code != 0)
			refusal = arena_strdup(gate->session->arena, gate_word(gate, &verdict));
	}
	if (passed > 0) {
		verdict = gate_message(gate, arena_printf(gate->session->arena, "From: a@ours.example\n%s\n", letter->fields));
		word = verdict.action == ACTION_QUARANTINE ? verdict.by_name : gate_word(gate, &verdict);
		engine_settle(gate->engine, gate->session, &verdict, verdict.action <= ACTION_TAG);
		passed = verdict.action <= ACTION_TAG ? passed : 0;
	} else {
		engine_settle(gate->engine, gate->session, NULL, false);
	}
	*ret_passed = passed;
	return refusal[0] != '\0' ? refusal : word;
}

/* Three weeks of an ordinary life. */
static void live(struct gate *gate, const char *login, const char *ip)
{
	struct letter letter = { login, ip, "pc.ours.example", "p", 2, 0, "Subject: hello\n" };
	unsigned passed;

	for (unsigned day = 0; day < 21; day++)
		for (unsigned i = 0; i < 5 && day % 7 < 5; i++) {
			at(MONDAY + day * DAY + (8 + 2 * i) * HOUR);
			letter.number = i;
			assert_string_equal(post(gate, &letter, &passed), "");
			assert_int_equal(passed, 2);
		}
	at(MONDAY + 22 * DAY + 10 * HOUR);
}

/* Messages to strangers from two networks, until one is stopped for good; how many got something. */
static unsigned steal(struct gate *gate, const char *login, const char *ip, const char *other_ip, const char **ret_word)
{
	unsigned out = 0, passed;

	for (unsigned i = 0; i < 200; i++) {
		struct letter letter = { login, i % 2 == 0 ? ip : other_ip, "dsl.isp.example", "s", 3, 3 * i, "Subject: money\n" };

		at(now_ms + 5000);
		*ret_word = arena_strdup(gate->session->arena, post(gate, &letter, &passed));
		out += passed;
		if (strcmp(*ret_word, "") != 0 && strstr(*ret_word, "slow") == NULL)
			break;
	}
	return out;
}

static void a_stolen_login_is_held_and_then_suspended_ID_08(void **state)
{
	struct gate *gate = begin(CONF);
	const char *word;
	unsigned out;

	(void)state;
	live(gate, "bob", "192.0.2.10");
	live(gate, "alice", "192.0.2.11");
	assert_int_equal(events, 0);
	out = steal(gate, "bob", "198.51.100.7", "203.0.113.9", &word);
	assert_string_equal(word, "behaviour:hold");
	assert_in_range(out, 15, 60);
	assert_int_equal(events, 1);
	assert_non_null(strstr(event_text, "alert login:bob "));
	assert_non_null(strstr(event_text, "new domains, 2 new networks"));
	for (unsigned i = 0; i < 40 && holds == 0; i++)
		out += steal(gate, "bob", "198.51.100.7", "203.0.113.9", &word);
	assert_int_equal(holds, 1);
	assert_int_equal(events, 2);
	assert_in_range(out, 15, 60);
	out = steal(gate, "bob", "198.51.100.7", "203.0.113.9", &word);
	assert_string_equal(word, "450 4.7.1 behaviour:suspended");
	assert_int_equal(out, 0);
	assert_int_equal(events, 2);
	end(gate);
}

static bool is_held(const char *login, const char *ip)
{
	struct arena *arena = arena_new();
	struct hold hold;
	struct ip client = { .family = IP_NONE };
	bool found;

	if (ip != NULL)
		assert_int_equal(ip_parse(ip, &client), 0);
	at(now_ms + 1000);
	found = holds_find(gate_services.holds, arena, login, &client, &hold);
	if (found)
		assert_string_equal(hold.by, "behaviour");
	arena_free(arena);
	return found;
}

static void suspend(struct gate *gate, const char *login, const char *ip, const char *other_ip)
{
	const char *word;

	for (unsigned i = 0; i < 60 && holds == 0; i++)
		(void)steal(gate, login, ip, other_ip, &word);
	assert_int_equal(holds, 1);
}

static void free_it(enum hold_kind kind, const char *subject)
{
	const struct hold freed = { .kind = kind, .subject = subject, .since_ms = (int64_t)now_ms, .by = "root", .because = "", .freed = true };

	assert_int_equal(holds_add(holds_path, &freed), 0);
	at(now_ms + 1000);
}

static void it_stands_in_the_file_of_holds_and_free_ends_it(void **state)
{
	struct gate *gate = begin(CONF);
	struct letter letter = { "bob", "192.0.2.10", "pc.ours.example", "p", 2, 0, "Subject: hello\n" };
	unsigned passed;

	(void)state;
	live(gate, "bob", "192.0.2.10");
	suspend(gate, "bob", "198.51.100.7", "203.0.113.9");
	assert_true(is_held("bob", NULL));
	assert_false(is_held("alice", NULL));
	assert_string_equal(post(gate, &letter, &passed), "450 4.7.1 behaviour:suspended");
	free_it(HOLD_LOGIN, "bob");
	assert_false(is_held("bob", NULL));
	for (unsigned i = 0; i < 8; i++) {
		at(now_ms + MINUTE);
		assert_string_equal(post(gate, &letter, &passed), "");
		assert_int_equal(passed, 2);
	}
	end(gate);
}

static void it_ends_by_itself(void **state)
{
	struct gate *gate = begin(CONF "behaviour { suspend_for = 2h }\n");
	struct letter letter = { "bob", "192.0.2.10", "pc.ours.example", "p", 2, 0, "Subject: hello\n" };
	unsigned passed;

	(void)state;
	live(gate, "bob", "192.0.2.10");
	suspend(gate, "bob", "198.51.100.7", "203.0.113.9");
	at(now_ms + 110 * MINUTE);
	assert_string_equal(post(gate, &letter, &passed), "450 4.7.1 behaviour:suspended");
	at(now_ms + 15 * MINUTE);
	assert_string_equal(post(gate, &letter, &passed), "");
	end(gate);
}

static void observed_steps_do_nothing(void **state)
{
	struct gate *gate = begin(CONF "behaviour { on_slow = \"observe defer\" on_hold = \"observe quarantine\" on_suspended = \"observe defer\" }\n");
	const char *word;

	(void)state;
	live(gate, "bob", "192.0.2.10");
	assert_int_equal(steal(gate, "bob", "198.51.100.7", "203.0.113.9", &word), 600);
	assert_string_equal(word, "");
	assert_int_equal(holds, 0);
	assert_false(is_held("bob", NULL));
	assert_int_equal(events, 2);	/* it is told all the same: on the step slow, and when it would have been suspended */
	end(gate);
}

static void it_can_be_switched_off(void **state)
{
	struct gate *gate = begin(CONF "behaviour { enabled = no }\n");
	const char *word;

	(void)state;
	live(gate, "bob", "192.0.2.10");
	assert_int_equal(steal(gate, "bob", "198.51.100.7", "203.0.113.9", &word), 600);
	assert_int_equal(events, 0);
	end(gate);
}

static const struct client_row {
	const char *name, *ip, *other_ip, *configuration, *about;	/* about "": has no profile */
} clients[] = {
	{ "a client with a grant", "10.1.2.3", "10.1.2.3", CONF, "client:10.1.2.3" },
	{ "IPv6: all of its /64", "2001:db8:17::1", "2001:db8:17::ffff:2", CONF, "client:2001:db8:17::/64" },
	{ "another /64 is another host", "2001:db8:17:1::1", "2001:db8:17:2::1", CONF, "client:2001:db8:17:" },
};

/* An infected workstation calls itself what its owner never did. */
static void a_client_inside_is_suspended_ID_08(void **state)
{
	const struct client_row *row = *state;
	struct gate *gate = begin(row->configuration);

	live(gate, "", row->ip);
	suspend(gate, "", row->ip, row->other_ip);
	assert_non_null(strstr(event_text, row->about));
	assert_non_null(strstr(event_text, "1 new HELO name"));
	assert_true(is_held("", row->ip));
	end(gate);
}

static void networks_named_inside_have_profiles_too(void **state)
{
	static const struct {
		const char *configuration;
		unsigned held;
	} cases[] = {
		{ "domains = { ours.example }\nbehaviour { inside = { \"10.9.0.0/16\" } floor = 5 slow_at = 0 hold_at = 0 note_at = 1 tag_at = 1 suspend_at = 1 }\n", 1 },
		{ "domains = { ours.example }\nbehaviour { floor = 5 note_at = 1 tag_at = 1 slow_at = 0 hold_at = 0 suspend_at = 1 }\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct gate *gate = begin(cases[i].configuration);
		struct letter letter = { "", "10.9.8.7", "pc", NULL, 100, 0, "Subject: hello\n" };
		unsigned passed;

		(void)post(gate, &letter, &passed);
		(void)post(gate, &letter, &passed);
		assert_int_equal(holds, cases[i].held);
		end(gate);
	}
}

/* What one session has reserved, another sees before any message has come to its end. */
static void sessions_in_parallel_are_counted_together(void **state)
{
	struct gate *gate = begin(CONF);
	struct session *sessions[40];
	unsigned passed = 0;

	(void)state;
	live(gate, "bob", "192.0.2.10");
	for (unsigned i = 0; i < 40; i++) {
		gate_connect_helo(gate, i % 2 == 0 ? "198.51.100.7" : "203.0.113.9", "dsl.isp.example");
		(void)gate_mail(gate, "bob", "<a@ours.example>");
		for (unsigned j = 0; j < 5; j++) {
			char path[64];

			(void)snprintf(path, sizeof(path), "<u@s%u.example>", i * 5 + j);
			passed += gate_rcpt(gate, path).reply.code == 0;
		}
		sessions[i] = gate->session;
		gate->session = NULL;
	}
	for (unsigned i = 0; i < 40; i++) {
		gate->session = sessions[i];
		if (sessions[i]->message->recipients_len > 0) {
			struct verdict verdict = gate_message(gate, "Subject: x\n\n");

			assert_int_equal(verdict.action, ACTION_QUARANTINE);
			engine_settle(gate->engine, gate->session, &verdict, false);
		}
		engine_session_end(gate->engine, gate->session);
	}
	gate->session = NULL;
	assert_in_range(passed, 20, 130);
	end(gate);
}

/* --- bounces --- */

static const struct bounce_row {
	const char *name, *mailfrom, *fields;
	const char *about;		/* what the cage has found in it */
	bool is_bounce;
} bounces[] = {
	{ "a report that returns the header", "<>", "Content-Type: multipart/report; report-type=delivery-status; boundary=x\n", "m1@ours.example", true },
	{ "a report about something else", "<>", "Content-Type: multipart/report; report-type=delivery-status; boundary=x\n", "m2@ours.example", false },
	{ "a notification that it was read", "<>", "Content-Type: multipart/report; report-type=disposition-notification; boundary=x\n",
	  "m1@ours.example", false },
	{ "an attached message without a report", "<>", "Content-Type: multipart/mixed; boundary=x\n", "m1@ours.example", false },
	{ "with a sender it is none", "<x@ext.example>", "Content-Type: multipart/report; boundary=x\n", "m1@ours.example", false },
	{ "another form, from the mailer", "<>", "From: Mail <MAILER-DAEMON@ext.example>\nIn-Reply-To: <m1@ours.example>\n", NULL, true },
	{ "by References", "<>", "From: postmaster@ext.example\nReferences: <a@b> <m1@ours.example>\n", NULL, true },
	{ "by References with a hundred others", "<>", "From: postmaster@ext.example\nReferences: <m1@ours.example> <1@b> <2@b> <3@b> <4@b> <5@b>\n", NULL, false },
	{ "generated (RFC 3834)", "<>", "From: x@ext.example\nAuto-Submitted: auto-generated\nIn-Reply-To: <m1@ours.example>\n", NULL, true },
	{ "an answer of somebody on holiday", "<>", "From: x@ext.example\nAuto-Submitted: auto-replied\nIn-Reply-To: <m1@ours.example>\n", NULL, false },
	{ "an old program's answer of somebody on holiday", "<>", "From: x@ext.example\nIn-Reply-To: <m1@ours.example>\n", NULL, false },
};

/* The end of an inbound message, with what an inspection would have told. */
static const char *bounce_login(struct gate *gate, const struct bounce_row *row)
{
	static const char *about[1];
	const struct findings *findings;
	struct verdict verdict;

	gate_connect_helo(gate, "203.0.113.50", "mx.ext.example");
	(void)gate_mail(gate, "", row->mailfrom);
	assert_int_equal(gate_rcpt(gate, "<a@ours.example>").reply.code, 0);
	about[0] = row->about;
	gate->session->message->about = about;
	gate->session->message->about_len = row->about != NULL;
	verdict = gate_message(gate, arena_printf(gate->session->arena, "%s\n", row->fields));
	engine_settle(gate->engine, gate->session, &verdict, true);
	findings = &gate->session->message->findings;
	for (size_t i = 0; i < findings->len; i++)
		if (strcmp(findings->items[i].outcome->name, "bounce") == 0) {
			assert_string_equal(findings->items[i].notes[0].key, "login");
			return findings->items[i].notes[0].value;
		}
	return "";
}

static void a_bounce_is_tied_to_the_login_that_sent(void **state)
{
	const struct bounce_row *row = *state;
	struct gate *gate = begin(CONF);
	struct letter letter = { "bob", "192.0.2.10", "pc.ours.example", "p", 2, 0, "Message-ID: <m1@ours.example>\n" };
	unsigned passed;

	assert_string_equal(post(gate, &letter, &passed), "");
	assert_string_equal(bounce_login(gate, row), row->is_bounce ? "bob" : "");
	end(gate);
}

/* Somebody who has got one message could else send a thousand reports about it. */
static void no_more_bounces_than_recipients_count(void **state)
{
	struct gate *gate = begin(CONF "behaviour { floor = 2 note_at = 1 tag_at = 1 slow_at = 1 hold_at = 1 suspend_at = 1 }\n");
	struct letter letter = { "bob", "192.0.2.10", "pc.ours.example", NULL, 2, 0, "Message-ID: <m1@ours.example>\n" };
	unsigned passed;

	(void)state;
	assert_string_equal(post(gate, &letter, &passed), "");
	for (unsigned i = 0; i < 100; i++)
		assert_string_equal(bounce_login(gate, &bounces[0]), "bob");
	letter.fields = "Subject: x\n";
	assert_string_equal(post(gate, &letter, &passed), "");
	end(gate);
}

int main(void)
{
	static struct rows rows;

	rows_add_one(&rows, "a_stolen_login_is_held_and_then_suspended_ID_08", a_stolen_login_is_held_and_then_suspended_ID_08, NULL);
	rows_add_one(&rows, "it_stands_in_the_file_of_holds_and_free_ends_it", it_stands_in_the_file_of_holds_and_free_ends_it, NULL);
	rows_add_one(&rows, "it_ends_by_itself", it_ends_by_itself, NULL);
	rows_add_one(&rows, "observed_steps_do_nothing", observed_steps_do_nothing, NULL);
	rows_add_one(&rows, "it_can_be_switched_off", it_can_be_switched_off, NULL);
	rows_add(&rows, clients, a_client_inside_is_suspended_ID_08);
	rows_add_one(&rows, "networks_named_inside_have_profiles_too", networks_named_inside_have_profiles_too, NULL);
	rows_add_one(&rows, "sessions_in_parallel_are_counted_together", sessions_in_parallel_are_counted_together, NULL);
	rows_add(&rows, bounces, a_bounce_is_tied_to_the_login_that_sent);
	rows_add_one(&rows, "no_more_bounces_than_recipients_count", no_more_bounces_than_recipients_count, NULL);
	return rows_run(&rows, "behaviour");
}

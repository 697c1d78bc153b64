/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "milter/settings.h"
#include "t/unit/rows.h"

/* Three scanners: "gate" decides direction and ground by what it is told, "trace" notes its hooks, "inbound" has a hook for one
 * direction alone and one that opens last. */
struct fake_settings {
	struct rule unused;
};

static enum direction next_direction;
static enum ground next_ground;
static const char *refuse_with;		/* outcome that the gate adds at RCPT; NULL: none */
static bool gate_adds_at_connect, last_fails;
static char traced[256];
static int opened, closed;

static const struct outcome outcomes[] = {
	{ .name = "denied", .refusal = REFUSE_DOOR, .rule_offset = OUTCOME_FIXED, .fixed_action = ACTION_REJECT, .code = 550, .status = "5.7.1" },
	{ .name = "later", .refusal = REFUSE_DOOR, .rule_offset = OUTCOME_FIXED, .fixed_action = ACTION_DEFER, .defer_code = 450,
	  .defer_status = "4.7.1" },
	{ .name = "noted", .refusal = REFUSE_CONTENT, .rule_offset = OUTCOME_FIXED, .fixed_action = ACTION_ACCEPT },
	{ .name = "infected", .refusal = REFUSE_CONTENT, .rule_offset = OUTCOME_FIXED, .fixed_action = ACTION_REJECT },
	{ .name = NULL },
};

#define SECTION(id)                                                                                                                \
	static const struct option id##_options[] = { OPTION_END };                                                                \
	static const struct option_section id##_section = { .name = #id, .options = id##_options,                                  \
							     .settings_size = sizeof(struct fake_settings), .summary = "x" };     \
	static const struct option_section *const id##_sections[] = { &id##_section, NULL }

SECTION(gate);
SECTION(trace);
SECTION(inbound);

static int open_one(const struct conf *conf, const struct services *services, void **ret_shared, char *problem)
{
	(void)conf, (void)problem;
	assert_non_null(services->domains);
	assert_true(services->host[0] != '\0');
	*ret_shared = &opened;
	opened++;
	return 0;
}

static int open_last(const struct conf *conf, const struct services *services, void **ret_shared, char *problem)
{
	if (!last_fails)
		return open_one(conf, services, ret_shared, problem);
	(void)snprintf(problem, CONF_PROBLEM_MAX, "nothing to open");
	return -EINVAL;
}

static void close_one(void *shared)
{
	assert_ptr_equal(shared, &opened);
	closed++;
}

static enum direction gate_direction(const struct scan *scan)
{
	assert_non_null(scan->message);
	return next_direction;
}

static enum ground gate_ground(struct scan *scan, const char **ret_detail)
{
	assert_int_equal(scan->recipient, scan->message->recipients_len - 1);
	*ret_detail = "why";
	if (refuse_with != NULL)
		finding_add(scan, refuse_with, "recipient <%s> is refused", scan->message->recipients[scan->recipient].address.text);
	return next_ground;
}

static void gate_connect(struct scan *scan)
{
	assert_null(scan->message);
	assert_ptr_equal(scan->findings, &scan->session->findings);
	if (gate_adds_at_connect)
		finding_add(scan, "denied", "not from there");
}

static const struct scanner scanner_gate = {
	.name = "gate", .sections = gate_sections, .outcomes = outcomes, .open = open_one, .close = close_one,
	.direction = gate_direction, .ground = gate_ground, .connect = gate_connect,
};

static void trace(const char *hook)
{
	(void)snprintf(traced + strlen(traced), sizeof(traced) - strlen(traced), "%s ", hook);
}

static void trace_connect(struct scan *scan) { (void)scan; trace("connect"); }
static void trace_helo(struct scan *scan) { (void)scan; trace("helo"); }
static void trace_mailfrom(struct scan *scan) { (void)scan; trace("mailfrom"); }
static void trace_rcpt(struct scan *scan) { (void)scan; trace("rcpt"); }
static void trace_eoh(struct scan *scan) { (void)scan; trace("eoh"); }

static void trace_eom(struct scan *scan)
{
	trace("eom");
	assert_int_equal(scan->recipient, FINDING_MESSAGE);
	if (scan->progress != NULL)
		scan->progress(scan->progress_arg);
	finding_add(scan, "noted", "the end");
}

static const struct scanner scanner_trace = {
	.name = "trace", .sections = trace_sections, .outcomes = outcomes, .open = open_one, .close = close_one,
	.connect = trace_connect, .helo = trace_helo, .mailfrom = trace_mailfrom, .rcpt = trace_rcpt, .eoh = trace_eoh, .eom = trace_eom,
};

static void inbound_mailfrom(struct scan *scan) { (void)scan; trace("inbound"); }
static void inbound_connect(struct scan *scan) { (void)scan; trace("inbound"); }

static const struct scanner scanner_inbound = {
	.name = "inbound", .sections = inbound_sections, .outcomes = outcomes, .open = open_last, .close = close_one,
	.directions = SCANNER_IN(DIRECTION_INBOUND), .mailfrom = inbound_mailfrom, .connect = inbound_connect,
};

/* One that hears from the DNS when the test says so, and for inbound mail alone. */
SECTION(late);

struct late_state {
	unsigned calls;
};

static bool late_knows;
static const char *late_finds;		/* its outcome; NULL: nothing */
static unsigned late_called, late_reported;
static uint64_t late_waits;		/* until when it might have waited */

static bool late_report(struct scan *scan)
{
	struct late_state *session_state = scan->session_state, *message_state = scan->message_state;

	assert_int_equal(scan->recipient, FINDING_MESSAGE);
	late_waits = scan->wait_until_ms;
	late_called++;
	session_state->calls++;
	message_state->calls++;
	if (!late_knows && scan->wait_until_ms != UINT64_MAX)
		return false;
	late_reported++;
	if (late_finds != NULL)
		finding_add(scan, late_finds, "the client is listed, call %u", message_state->calls);
	result_add(scan, &(struct authres_result){ .method = "late", .result = "pass", .properties = { { "policy.late", "yes" } } });
	stamp_add(scan, "X-Late", "yes");
	return true;
}

static const struct scanner scanner_late = {
	.name = "late", .sections = late_sections, .outcomes = outcomes, .directions = SCANNER_IN(DIRECTION_INBOUND),
	.session_size = sizeof(struct late_state), .message_size = sizeof(struct late_state), .report = late_report,
};

const struct scanner *const scanners[] = { &scanner_gate, &scanner_trace, &scanner_inbound, &scanner_late, NULL };

static struct conf *conf;
static struct engine *engine;
static struct session *session;

static int start(void **state)
{
	char problem[CONF_PROBLEM_MAX] = "";
	size_t errors;

	(void)state;
	next_direction = DIRECTION_INBOUND;
	next_ground = GROUND_DOMAIN;
	refuse_with = NULL;
	gate_adds_at_connect = last_fails = false;
	opened = closed = 0;
	late_knows = false;
	late_finds = NULL;
	late_called = late_reported = 0;
	conf = settings_load(NULL);
	(void)conf_errors(conf, &errors);
	assert_int_equal(errors, 0);
	engine = engine_new(conf, &(struct services){ .store = NULL }, problem);
	assert_string_equal(problem, "");
	assert_non_null(engine);
	session = engine_session_new(engine);
	traced[0] = '\0';
	return 0;
}

static int end(void **state)
{
	(void)state;
	engine_session_end(engine, session);
	engine_free(engine);
	assert_int_equal(opened, 3);
	assert_int_equal(closed, 3);
	conf_free(conf);
	return 0;
}

static struct message *begin_message(void)
{
	struct message *message = engine_message_new(engine, session);

	engine_set_mailfrom(message, "<a@ext.example>");
	(void)engine_phase(engine, session, PHASE_MAILFROM, NULL);
	return message;
}

static struct verdict add_rcpt(struct message *message, const char *path)
{
	engine_add_recipient(message, path, NULL);
	return engine_phase(engine, session, PHASE_RCPT, NULL);
}

static void hooks_run_phase_by_phase(void **state)
{
	static const enum phase phases[] = { PHASE_DATA, PHASE_EOH, PHASE_EOM };

	(void)state;
	(void)engine_phase(engine, session, PHASE_CONNECT, NULL);
	(void)engine_phase(engine, session, PHASE_HELO, NULL);
	(void)add_rcpt(begin_message(), "<u@ours.example>");
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(engine_phase(engine, session, phases[i], NULL).reply.code, 0);
	assert_string_equal(traced, "connect inbound helo mailfrom inbound rcpt eoh eom ");
}

static void a_scanner_of_another_direction_is_left_out(void **state)
{
	(void)state;
	next_direction = DIRECTION_SUBMISSION;
	assert_int_equal(begin_message()->direction, DIRECTION_SUBMISSION);
	assert_string_equal(traced, "mailfrom ");
}

static void note_progress(void *arg)
{
	++*(int *)arg;
}

static void a_hook_that_waits_says_so(void **state)
{
	int waited = 0;
	const struct engine_wait wait = { .progress = note_progress, .arg = &waited };

	(void)state;
	(void)add_rcpt(begin_message(), "<u@ours.example>");
	(void)engine_phase(engine, session, PHASE_EOM, &wait);
	assert_int_equal(waited, 1);
	assert_int_equal(session->message->findings.len, 1);
}

static void an_accepted_recipient_stays_with_its_ground(void **state)
{
	struct message *message = begin_message();

	(void)state;
	assert_int_equal(add_rcpt(message, "<u@ours.example>").reply.code, 0);
	assert_int_equal(message->recipients_len, 1);
	assert_int_equal(message->recipients[0].ground, GROUND_DOMAIN);
	assert_string_equal(message->recipients[0].ground_detail, "why");
	assert_int_equal(message->refused, 0);
}

static void a_refused_recipient_goes_and_its_findings_with_it(void **state)
{
	struct message *message = begin_message();
	struct verdict verdict;

	(void)state;
	(void)add_rcpt(message, "<u@ours.example>");
	refuse_with = "denied";
	next_ground = GROUND_NONE;
	verdict = add_rcpt(message, "<x@ext.example>");
	assert_int_equal(verdict.reply.code, 550);
	assert_string_equal(verdict.by_name, "gate:denied");
	assert_string_equal(verdict.by->text, "recipient <x@ext.example> is refused");
	assert_int_equal(message->recipients_len, 1);
	assert_int_equal(message->findings.len, 0);
	refuse_with = NULL;
	next_ground = GROUND_AUTH;
	assert_int_equal(add_rcpt(message, "<y@ext.example>").reply.code, 0);	/* it takes the place of the refused one */
	assert_int_equal(message->recipients_len, 2);
	assert_string_equal(message->recipients[1].address.text, "y@ext.example");
	assert_int_equal(message->refused, 1);
	assert_string_equal(message->refused_first, "x@ext.example");
	assert_int_equal(message->refused_verdict.reply.code, 550);
	assert_int_equal(engine_phase(engine, session, PHASE_EOM, NULL).action, ACTION_ACCEPT);
}

static void the_first_refused_recipient_is_remembered(void **state)
{
	struct message *message = begin_message();
	char path[64];

	(void)state;
	refuse_with = "denied";
	next_ground = GROUND_NONE;
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(path, sizeof(path), "<x%d@ext.example>", i);
		(void)add_rcpt(message, path);
	}
	assert_int_equal(message->refused, 1000);
	assert_string_equal(message->refused_first, "x0@ext.example");
	assert_string_equal(message->refused_verdict.by_name, "gate:denied");
	assert_int_equal(strncmp(message->refused_verdict.reply.text, "recipient <x0@ext.example> is refused [", 39), 0);
}

static void without_a_ground_nothing_is_accepted_ID_01(void **state)
{
	struct message *message = begin_message();

	(void)state;
	next_ground = GROUND_NONE;
	assert_int_equal(add_rcpt(message, "<x@ext.example>").reply.code, 451);
	assert_int_equal(message->recipients_len, 0);
}

static void a_malformed_recipient_has_no_ground_SMTP_12(void **state)
{
	struct message *message = begin_message();

	(void)state;
	assert_int_equal(add_rcpt(message, "<x@@ours.example>").reply.code, 451);	/* here no scanner says more about it */
	assert_int_equal(message->recipients_len, 0);
	assert_string_equal(message->refused_first, "");
}

static void fifty_thousand_refused_recipients_cost_no_memory_SMTP_06(void **state)
{
	struct message *message = begin_message();
	size_t early;

	(void)state;
	refuse_with = "later";
	next_ground = GROUND_NONE;
	for (int i = 0; i < 10; i++)
		assert_int_equal(add_rcpt(message, "<x@ext.example>").reply.code, 450);
	early = arena_size_bytes(message->arena);
	for (int i = 0; i < 50000; i++)
		assert_int_equal(add_rcpt(message, "<x@ext.example>").reply.code, 450);
	assert_true(arena_size_bytes(message->arena) <= early + 4096);
	assert_int_equal(message->refused, 50010);
}

static void refused_and_accepted_recipients_may_alternate_SMTP_06(void **state)
{
	enum { PAIRS = 1000 };
	struct message *message = begin_message();
	char path[64];

	(void)state;
	for (int i = 0; i < PAIRS; i++) {
		refuse_with = "denied";
		next_ground = GROUND_NONE;
		(void)snprintf(path, sizeof(path), "<refused%d@ext.example>", i);
		assert_int_equal(add_rcpt(message, path).reply.code, 550);
		refuse_with = "noted";
		next_ground = GROUND_DOMAIN;
		(void)snprintf(path, sizeof(path), "<u%d@ours.example>", i);
		assert_int_equal(add_rcpt(message, path).reply.code, 0);
	}
	assert_int_equal(message->recipients_len, PAIRS);
	assert_int_equal(message->findings.len, PAIRS);
	for (int i = 0; i < PAIRS; i++) {
		(void)snprintf(path, sizeof(path), "u%d@ours.example", i);
		assert_string_equal(message->recipients[i].address.text, path);
		assert_int_equal(message->findings.items[i].recipient, i);
		(void)snprintf(path, sizeof(path), "recipient <u%d@ours.example> is refused", i);
		assert_string_equal(message->findings.items[i].text, path);
	}
}

/* A peer that breaks the protocol may put a header between two recipients. */
static void what_comes_after_a_refusal_is_kept_MLT_03(void **state)
{
	struct message *message = begin_message();
	const char *kept;

	(void)state;
	refuse_with = "denied";
	next_ground = GROUND_NONE;
	for (int i = 0; i < 5; i++)
		(void)add_rcpt(message, "<x@ext.example>");
	headers_add(message->arena, &message->headers, "Subject", " kept");
	kept = message->headers.items[0].value;
	for (int i = 0; i < 50; i++)
		(void)add_rcpt(message, "<y@ext.example>");
	assert_string_equal(kept, " kept");
	assert_string_equal(message->headers.items[0].name, "Subject");
}

static void a_thousand_accepted_recipients_are_cheap_SMTP_06(void **state)
{
	enum { RECIPIENTS = 1000 };
	struct message *message = begin_message();
	size_t before = arena_size_bytes(message->arena);

	(void)state;
	for (int i = 0; i < RECIPIENTS; i++)
		assert_int_equal(add_rcpt(message, "<someone@ours.example>").reply.code, 0);
	assert_int_equal(message->recipients_len, RECIPIENTS);
	assert_true(arena_size_bytes(message->arena) - before < RECIPIENTS * 700);
}

static void long_macros_are_cut_MLT_07(void **state)
{
	static char macro[70000];
	struct message *message = begin_message();

	(void)state;
	memset(macro, 'm', sizeof(macro) - 1);
	engine_add_recipient(message, "<u@ours.example>", &(struct mta_route){ macro, macro, macro });
	assert_in_range(strlen(message->recipients[0].route.address), ADDRESS_MAX + 1, 1024);
	assert_in_range(strlen(message->recipients[0].route.mailer), 1, 1024);
}

static int ended;

static void note_end(void *object)
{
	(void)object;
	ended++;
}

static void a_second_mail_drops_the_first_SMTP_07(void **state)
{
	struct message *message;
	char first_id[MESSAGE_ID_SIZE];
	int fd;

	(void)state;
	ended = 0;
	message = begin_message();
	(void)add_rcpt(message, "<u@ours.example>");
	memcpy(first_id, message->id, sizeof(first_id));
	arena_defer(message->arena, note_end, NULL);
	fd = message->body_fd = memfd_create("test", MFD_CLOEXEC);
	message = begin_message();
	assert_int_equal(ended, 1);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_ptr_equal(session->message, message);
	assert_string_not_equal(message->id, first_id);
	assert_int_equal(message->recipients_len, 0);
	assert_int_equal(message->body_fd, -1);
}

static void ten_thousand_messages_in_one_session_SMTP_07(void **state)
{
	size_t before = arena_size_bytes(session->arena);

	(void)state;
	ended = 0;
	for (int i = 0; i < 10000; i++) {
		arena_defer(begin_message()->arena, note_end, NULL);
		if (i % 2 == 0)
			(void)add_rcpt(session->message, "<u@ours.example>");
		if (i % 3 == 0)
			(void)engine_phase(engine, session, PHASE_EOM, NULL);
		if (i % 5 == 0)
			engine_message_end(engine, session);
		engine_message_end(engine, session);
		assert_null(session->message);
		traced[0] = '\0';
	}
	assert_int_equal(ended, 10000);
	assert_int_equal(arena_size_bytes(session->arena), before);
}

static void a_session_that_ends_inside_a_message_frees_it_SMTP_08(void **state)
{
	struct session *other = engine_session_new(engine);

	(void)state;
	ended = 0;
	arena_defer(engine_message_new(engine, other)->arena, note_end, NULL);
	arena_defer(other->arena, note_end, NULL);
	engine_session_end(engine, other);
	assert_int_equal(ended, 2);
	engine_session_end(engine, NULL);
}

static void what_is_held_against_the_client_concerns_every_message(void **state)
{
	(void)state;
	gate_adds_at_connect = true;
	assert_int_equal(engine_phase(engine, session, PHASE_CONNECT, NULL).reply.code, 0);
	assert_int_equal(strlen(session->id), MESSAGE_ID_SIZE - 1);
	for (int i = 0; i < 3; i++) {
		struct message *message = begin_message();
		struct verdict verdict = add_rcpt(message, "<u@ours.example>");

		assert_int_equal(verdict.reply.code, 550);
		assert_non_null(strstr(verdict.reply.text, message->id));
		assert_int_equal(add_rcpt(message, "<postmaster@ours.example>").reply.code, 0);
		assert_int_equal(engine_phase(engine, session, PHASE_EOM, NULL).reply.code, 0);
	}
	assert_int_equal(session->findings.len, 1);
}

static void what_is_known_at_mail_is_reported_once_for_each_message(void **state)
{
	(void)state;
	late_knows = true;
	late_finds = "denied";
	for (unsigned i = 1; i <= 3; i++) {
		struct message *message = begin_message();

		assert_int_equal(late_reported, i);
		assert_int_equal(late_waits, 0);
		assert_int_equal(add_rcpt(message, "<u@ours.example>").reply.code, 550);
		assert_int_equal(add_rcpt(message, "<postmaster@ours.example>").reply.code, 0);
		assert_int_equal(engine_phase(engine, session, PHASE_EOM, NULL).reply.code, 0);
		assert_int_equal(late_reported, i);
		assert_int_equal(message->results_len, 1);
		assert_int_equal(message->stamps.len, 1);
	}
}

static void what_becomes_known_at_rcpt_outlives_the_refused_recipient(void **state)
{
	struct message *message = begin_message();

	(void)state;
	assert_int_equal(add_rcpt(message, "<first@ours.example>").reply.code, 0);
	late_knows = true;
	late_finds = "denied";
	for (int i = 0; i < 100; i++) {
		struct verdict verdict = add_rcpt(message, "<u@ours.example>");

		assert_int_equal(verdict.reply.code, 550);
		assert_string_equal(verdict.by->text, "the client is listed, call 3");
	}
	assert_int_equal(late_reported, 1);
	assert_int_equal(message->findings.len, 1);
	assert_string_equal(message->findings.items[0].text, "the client is listed, call 3");
	assert_string_equal(message->results[0].properties[0].value, "yes");
	/* the first recipient was let in before it was known */
	assert_int_equal(engine_phase(engine, session, PHASE_EOM, NULL).reply.code, 550);
}

static void what_is_known_only_at_the_end_refuses_there(void **state)
{
	struct message *message = begin_message();

	(void)state;
	late_finds = "later";
	assert_int_equal(add_rcpt(message, "<u@ours.example>").reply.code, 0);
	assert_int_equal(late_waits, 0);
	assert_int_equal(engine_phase(engine, session, PHASE_EOM, NULL).reply.code, 450);
	assert_int_equal(late_waits, UINT64_MAX);
	assert_int_equal(late_called, 4);	/* at MAIL, at RCPT, before and after the hooks of the end */
}

static void what_is_known_only_at_the_end_does_not_keep_postmaster(void **state)
{
	(void)state;
	late_finds = "denied";
	assert_int_equal(add_rcpt(begin_message(), "<postmaster@ours.example>").reply.code, 0);
	assert_int_equal(engine_phase(engine, session, PHASE_EOM, NULL).reply.code, 0);
	assert_int_equal(late_reported, 1);
}

static void nothing_is_reported_in_another_direction(void **state)
{
	(void)state;
	late_knows = true;
	late_finds = "denied";
	next_direction = DIRECTION_SUBMISSION;
	next_ground = GROUND_AUTH;
	assert_int_equal(add_rcpt(begin_message(), "<u@ext.example>").reply.code, 0);
	assert_int_equal(engine_phase(engine, session, PHASE_EOM, NULL).reply.code, 0);
	assert_int_equal(late_called, 0);
}

static void states_begin_with_zeros(void **state)
{
	(void)state;
	late_knows = true;
	for (unsigned i = 1; i <= 2; i++) {
		struct message *message = begin_message();

		assert_int_equal(((struct late_state *)message->states[3])->calls, 1);
		assert_int_equal(((struct late_state *)session->states[3])->calls, i);
	}
	assert_null(session->states[0]);
}

static void an_end_without_a_message_is_deferred_MLT_03(void **state)
{
	(void)state;
	assert_int_equal(engine_phase(engine, session, PHASE_EOM, NULL).reply.code, 451);
}

static void a_message_without_recipients_is_deferred_SMTP_10(void **state)
{
	(void)state;
	(void)begin_message();
	assert_int_equal(engine_phase(engine, session, PHASE_EOM, NULL).reply.code, 451);
}

static void the_null_sender_and_a_malformed_one_are_told_apart_SMTP_12(void **state)
{
	struct message *message = engine_message_new(engine, session);

	(void)state;
	engine_set_mailfrom(message, "<>");
	assert_null(message->mailfrom_problem);
	assert_string_equal(message->mailfrom.text, "");
	engine_set_mailfrom(message, "<a@b@c>");
	assert_non_null(message->mailfrom_problem);
	assert_string_equal(message->mailfrom.text, "");
}

static void an_engine_that_cannot_open_closes_what_was_open(void **state)
{
	char problem[CONF_PROBLEM_MAX] = "";

	(void)state;
	last_fails = true;
	assert_null(engine_new(conf, &(struct services){ .store = NULL }, problem));
	assert_string_equal(problem, "nothing to open");
	assert_int_equal(opened, 3 + 2);
	assert_int_equal(closed, 2);
	opened -= 2;
	closed -= 2;
	engine_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hooks_run_phase_by_phase),
		TEST(a_scanner_of_another_direction_is_left_out),
		TEST(a_hook_that_waits_says_so),
		TEST(an_accepted_recipient_stays_with_its_ground),
		TEST(a_refused_recipient_goes_and_its_findings_with_it),
		TEST(the_first_refused_recipient_is_remembered),
		TEST(without_a_ground_nothing_is_accepted_ID_01),
		TEST(a_malformed_recipient_has_no_ground_SMTP_12),
		TEST(fifty_thousand_refused_recipients_cost_no_memory_SMTP_06),
		TEST(refused_and_accepted_recipients_may_alternate_SMTP_06),
		TEST(what_comes_after_a_refusal_is_kept_MLT_03),
		TEST(a_thousand_accepted_recipients_are_cheap_SMTP_06),
		TEST(long_macros_are_cut_MLT_07),
		TEST(a_second_mail_drops_the_first_SMTP_07),
		TEST(ten_thousand_messages_in_one_session_SMTP_07),
		TEST(a_session_that_ends_inside_a_message_frees_it_SMTP_08),
		TEST(what_is_held_against_the_client_concerns_every_message),
		TEST(what_is_known_at_mail_is_reported_once_for_each_message),
		TEST(what_becomes_known_at_rcpt_outlives_the_refused_recipient),
		TEST(what_is_known_only_at_the_end_refuses_there),
		TEST(what_is_known_only_at_the_end_does_not_keep_postmaster),
		TEST(nothing_is_reported_in_another_direction),
		TEST(states_begin_with_zeros),
		TEST(an_end_without_a_message_is_deferred_MLT_03),
		TEST(a_message_without_recipients_is_deferred_SMTP_10),
		TEST(the_null_sender_and_a_malformed_one_are_told_apart_SMTP_12),
		TEST(an_engine_that_cannot_open_closes_what_was_open),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/record.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "milter/base/log.h"
#include "milter/model/scanner.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { NULL };

static const struct scanner antivirus = { .name = "antivirus" };
static const struct outcome infected = { .name = "infected" };
static const struct outcome clean = { .name = "clean" };
static const struct scanner session_scanner = { .name = "session" };
static const struct outcome denied = { .name = "denied" };

static struct arena *arena;
static struct session session;
static struct message message;
static struct recipient recipients[2];
static struct finding session_findings[1];
static struct finding message_findings[2];
static char line[8192];

static int start(void **state)
{
	(void)state;
	clock_freeze(10212, 0);
	arena = arena_new();
	session_findings[0] = (struct finding){ .scanner = &session_scanner, .outcome = &denied };
	message_findings[0] = (struct finding){ .scanner = &antivirus, .outcome = &infected };
	message_findings[1] = (struct finding){ .scanner = &antivirus, .outcome = &clean };
	session = (struct session){ .arena = arena, .helo = "mx.example", .client_name = "mx.example", .mta_host = "",
				      .daemon_name = "" };
	assert_int_equal(ip_parse("192.0.2.9", &session.client), 0);
	recipients[0] = (struct recipient){ .address = { .text = "u@ours.example" }, .ground = GROUND_DOMAIN };
	recipients[1] = (struct recipient){ .address = { .text = "v@ext.example" }, .ground = GROUND_AUTH };
	message = (struct message){
		.arena = arena, .id = "7K3F-QX2M", .queue_id = "4Xk2", .mailfrom = { .text = "a@example.org" }, .recipients = recipients,
		.recipients_len = 1, .credentials = { "", "", "", "", "", "" }, .size_bytes = 4211, .started_ms = 10000,
	};
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	clock_thaw();
	return 0;
}

/* Standard error is a pipe while record writes; the one line of it is in line, without its end. */
static int saved_stderr = -1, pipe_out = -1;

static void listen_to_log(void)
{
	int ends[2];

	assert_return_code(pipe(ends), errno);
	saved_stderr = dup(STDERR_FILENO);
	assert_true(saved_stderr >= 0 && dup2(ends[1], STDERR_FILENO) >= 0);
	(void)close(ends[1]);
	pipe_out = ends[0];
}

static void hear_line(void)
{
	ssize_t n;

	assert_true(dup2(saved_stderr, STDERR_FILENO) >= 0);
	(void)close(saved_stderr);
	n = read(pipe_out, line, sizeof(line) - 1);
	(void)close(pipe_out);
	assert_true(n > 0 && line[n - 1] == '\n');
	line[n - 1] = '\0';
	assert_null(strchr(line, '\n'));
}

static const struct verdict accepted = { .action = ACTION_ACCEPT, .by_name = "", .observed = "" };
static const struct verdict rejected = {
	.action = ACTION_REJECT, .reply = { 550, { 5, 7, 1 }, "virus found: Eicar [7K3F-QX2M]" }, .by_name = "antivirus:infected",
	.where = { "/etc/octroi/milter.conf", 31 }, .observed = "",
};

static void a_clean_message_is_one_line(void **state)
{
	(void)state;
	message.findings = (struct findings){ .arena = arena, .items = &message_findings[1], .len = 1 };
	listen_to_log();
	record_message(&session, &message, &accepted, NULL);
	hear_line();
	assert_string_equal(line, "octroi: id=7K3F-QX2M queue_id=4Xk2 client=192.0.2.9 helo=mx.example mailfrom=<a@example.org> rcpts=1 "
				  "rcpt=<u@ours.example> direction=inbound grounds=domain:1 size_bytes=4211 verdict=accept "
				  "findings=antivirus:clean elapsed_ms=212");
}

static void a_rejected_message_says_why_and_where(void **state)
{
	(void)state;
	message.findings = (struct findings){ .arena = arena, .items = message_findings, .len = 1 };
	session.findings = (struct findings){ .arena = arena, .items = session_findings, .len = 1 };
	message.recipients_len = 2;
	message.direction = DIRECTION_SUBMISSION;
	message.credentials.login = "alice";
	listen_to_log();
	record_message(&session, &message, &rejected, NULL);
	hear_line();
	assert_string_equal(line, "octroi: id=7K3F-QX2M queue_id=4Xk2 client=192.0.2.9 helo=mx.example mailfrom=<a@example.org> rcpts=2 "
				  "rcpt=<u@ours.example> direction=submission grounds=domain:1,auth:1 login=alice size_bytes=4211 "
				  "verdict=reject reply=\"550 5.7.1 virus found: Eicar [7K3F-QX2M]\" by=antivirus:infected "
				  "rule=/etc/octroi/milter.conf:31 findings=session:denied,antivirus:infected elapsed_ms=212");
}

static void the_port_is_told_by_its_name(void **state)
{
	(void)state;
	session.daemon_name = "MSA";
	listen_to_log();
	record_message(&session, &message, &accepted, NULL);
	hear_line();
	assert_non_null(strstr(line, " helo=mx.example daemon=MSA mailfrom="));
}

static void what_the_mta_did_not_take_is_deferred(void **state)
{
	(void)state;
	listen_to_log();
	record_message(&session, &message, &accepted, "a header edit was refused");
	hear_line();
	assert_non_null(strstr(line, " verdict=defer "));
	assert_non_null(strstr(line, " failure=\"a header edit was refused\" elapsed_ms=212"));
}

static void refused_recipients_are_counted_and_the_first_is_named(void **state)
{
	(void)state;
	message.refused = 40000;
	message.refused_first = "x@ext.example";
	listen_to_log();
	record_message(&session, &message, &accepted, NULL);
	hear_line();
	assert_non_null(strstr(line, " rcpt=<u@ours.example> refused=40000 refused_rcpt=<x@ext.example> direction=inbound "));
}

static void a_transaction_without_a_message_tells_its_refusal(void **state)
{
	(void)state;
	message.recipients_len = 0;
	message.refused = 1;
	message.refused_first = "x@ext.example";
	message.refused_verdict = rejected;
	message.refused_verdict.by_name = "relay:denied";
	listen_to_log();
	record_transaction(&session, &message, &accepted);
	hear_line();
	assert_string_equal(line, "octroi: id=7K3F-QX2M queue_id=4Xk2 client=192.0.2.9 helo=mx.example mailfrom=<a@example.org> rcpts=0 "
				  "refused=1 refused_rcpt=<x@ext.example> direction=inbound verdict=reject "
				  "reply=\"550 5.7.1 virus found: Eicar [7K3F-QX2M]\" by=relay:denied rule=/etc/octroi/milter.conf:31 "
				  "findings=\"\" elapsed_ms=212");
}

static void a_transaction_refused_at_mail_tells_that(void **state)
{
	(void)state;
	message.recipients_len = 0;
	listen_to_log();
	record_transaction(&session, &message, &rejected);
	hear_line();
	assert_non_null(strstr(line, " verdict=reject reply="));
}

static void a_refused_session_is_one_line(void **state)
{
	(void)state;
	session.findings = (struct findings){ .arena = arena, .items = session_findings, .len = 1 };
	listen_to_log();
	record_session(&session, &rejected, "ABCD-EFGH");
	hear_line();
	assert_string_equal(line, "octroi: id=ABCD-EFGH client=192.0.2.9 helo=mx.example verdict=reject "
				  "reply=\"550 5.7.1 virus found: Eicar [7K3F-QX2M]\" by=antivirus:infected "
				  "rule=/etc/octroi/milter.conf:31 findings=session:denied");
}

static void a_client_without_an_address_is_unknown_SMTP_19(void **state)
{
	(void)state;
	session.client = (struct ip){ .family = IP_NONE };
	session.helo = "";
	message.mailfrom.text = "";
	listen_to_log();
	record_message(&session, &message, &accepted, NULL);
	hear_line();
	assert_non_null(strstr(line, " client=unknown helo=\"\" mailfrom=<> "));
}

/* The keys that say what was decided, for what a stranger wrote in all the others. */
static void assert_decision_stands(const char *hostile)
{
	struct verdict verdict = rejected;

	session.helo = session.daemon_name = message.queue_id = message.mailfrom.text = message.refused_first = message.credentials.login = hostile;
	recipients[0].address.text = hostile;
	message.refused = 7;
	verdict.reply.text = verdict.observed = hostile;
	listen_to_log();
	record_message(&session, &message, &verdict, "f");
	hear_line();
	assert_int_equal(strncmp(line, "octroi: id=7K3F-QX2M queue_id=", 30), 0);
	assert_non_null(strstr(line, " client=192.0.2.9 helo="));
	assert_non_null(strstr(line, " verdict=defer reply="));
	assert_non_null(strstr(line, " by=antivirus:infected rule=/etc/octroi/milter.conf:31 observed="));
	assert_non_null(strstr(line, " failure=f elapsed_ms=212"));
	for (const char *p = line; *p != '\0'; p++)
		assert_true(*p >= ' ' && *p <= '~');
}

static void hostile_bytes_hide_nothing_LOG_01_LOG_02(void **state)
{
	static char filler[70000];

	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		memset(filler, byte, 300);
		filler[300] = '\0';
		assert_decision_stands(filler);
	}
	memset(filler, '\n', sizeof(filler) - 1);
	assert_decision_stands(filler);
	assert_decision_stands("x\nDec  1 10:00:00 gw postfix/smtpd[1]: NOQUEUE");
	assert_null(strstr(line, "\nDec"));
	assert_decision_stands("%s%n%s%n%99999d");
}

static void more_findings_than_fit_end_in_dots(void **state)
{
	struct finding many[100];

	(void)state;
	for (size_t i = 0; i < 100; i++)
		many[i] = message_findings[0];
	message.findings = (struct findings){ .arena = arena, .items = many, .len = 100 };
	listen_to_log();
	record_message(&session, &message, &accepted, NULL);
	hear_line();
	assert_non_null(strstr(line, "... elapsed_ms=212"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_clean_message_is_one_line),
		TEST(a_rejected_message_says_why_and_where),
		TEST(the_port_is_told_by_its_name),
		TEST(what_the_mta_did_not_take_is_deferred),
		TEST(refused_recipients_are_counted_and_the_first_is_named),
		TEST(a_transaction_without_a_message_tells_its_refusal),
		TEST(a_transaction_refused_at_mail_tells_that),
		TEST(a_refused_session_is_one_line),
		TEST(a_client_without_an_address_is_unknown_SMTP_19),
		TEST(hostile_bytes_hide_nothing_LOG_01_LOG_02),
		TEST(more_findings_than_fit_end_in_dots),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}

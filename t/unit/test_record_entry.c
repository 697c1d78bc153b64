/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/record_entry.h"

#include "milter/base/clock.h"
#include "milter/mail/header.h"
#include "milter/model/scanner.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { NULL };

static const struct scanner antivirus = { .name = "antivirus" }, session_scanner = { .name = "session" }, behaviour = { .name = "behaviour" };
static const struct outcome infected = { .name = "infected" }, denied = { .name = "denied" }, bounce = { .name = "bounce" };

static struct arena *arena;
static struct session session;
static struct message message;
static struct recipient recipients[3];
static struct finding session_finding, findings[2];
static const struct record_settings settings = { .configuration = "0123456789ab", .host = "gw.example", .subjects = true };
static const struct verdict accepted = { .action = ACTION_ACCEPT, .by_name = "", .observed = "" };

static int start(void **state)
{
	(void)state;
	clock_freeze(10212, 1700000000123);
	arena = arena_new();
	session_finding = (struct finding){ .scanner = &session_scanner, .outcome = &denied, .text = "not here", .recipient = FINDING_MESSAGE };
	findings[0] = (struct finding){ .scanner = &antivirus, .outcome = &infected, .text = "Eicar", .recipient = FINDING_MESSAGE,
					.rule = { .where = { "milter.conf", 31 } } };
	findings[0].rule.by_direction[DIRECTION_INBOUND].action = ACTION_REJECT;
	findings[1] = (struct finding){ .scanner = &antivirus, .outcome = &denied, .text = "about v", .recipient = 1 };
	findings[1].rule.by_direction[DIRECTION_INBOUND] = (struct rule_action){ .action = ACTION_WEIGHT, .weight = 2.5, .observe = true };
	session = (struct session){ .arena = arena, .helo = "mx.example", .client_name = "mx.example", .mta_host = "gw", .daemon_name = "mx25",
				    .started_ms = 9000 };
	assert_int_equal(ip_parse("192.0.2.9", &session.client), 0);
	recipients[0] = (struct recipient){ .address = { .text = "u@ours.example" }, .ground = GROUND_DOMAIN, .ground_detail = "" };
	recipients[1] = (struct recipient){ .address = { .text = "v@ext.example" }, .ground = GROUND_GRANT, .ground_detail = "printer" };
	recipients[2] = (struct recipient){ .address = { .text = "w@ext.example" }, .ground_detail = "" };
	message = (struct message){
		.arena = arena, .id = "7K3F-QX2M", .queue_id = "4Xk2", .mailfrom = { .text = "a@example.org" }, .recipients = recipients,
		.recipients_len = 2, .credentials = { "bob", "PLAIN", "", "", "", "TLSv1.3" }, .size_bytes = 4211, .started_ms = 10000,
		.content_started_ms = 10200, .findings = { .arena = arena, .items = findings, .len = 2 },
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

static struct journal_entry entry_of(enum journal_kind kind, const struct verdict *verdict, const char *failure)
{
	const struct record_facts facts = { kind, message.id, &session, kind == JOURNAL_SESSION ? NULL : &message,
					    kind == JOURNAL_RECIPIENT ? &message.refused_findings : &message.findings, verdict, failure };

	return record_entry(arena, &settings, &facts);
}

static void a_message_has_all_of_its_facts(void **state)
{
	const struct verdict verdict = { .action = ACTION_REJECT, .reply = { 550, { 5, 7, 1 }, "virus found [7K3F-QX2M]" }, .by = &findings[0],
					 .by_name = "antivirus:infected", .where = { "milter.conf", 31 }, .observed = "tag (x:y)", .score = 2.5 };
	struct attachment_fact file = { "a.zip", "zip", "00ff", 77 };
	struct journal_entry entry;

	(void)state;
	message.attachments = &file;
	message.attachments_len = 1;
	headers_add(arena, &message.headers, "From", " Ann <ann@example.org>");
	headers_add(arena, &message.headers, "Message-ID", "\n <123@example.org> (comment)");
	headers_add(arena, &message.headers, "Subject", " =?utf-8?q?Re:__an?=\n =?utf-8?q?_offer?= ");
	entry = entry_of(JOURNAL_MESSAGE, &verdict, NULL);
	assert_int_equal(entry.time_ms, 1700000000123);
	assert_string_equal(entry.id, "7K3F-QX2M");
	assert_string_equal(entry.client, "192.0.2.9");
	assert_string_equal(entry.network, "192.0.2.9");
	assert_string_equal(entry.daemon, "mx25");
	assert_string_equal(entry.login, "bob");
	assert_string_equal(entry.tls, "TLSv1.3");
	assert_string_equal(entry.header_from, "ann@example.org");
	assert_string_equal(entry.message_id, "123@example.org");
	assert_string_equal(entry.subject, "Re: an offer");
	assert_int_equal(strlen(entry.subject_digest), 16);
	assert_string_equal(entry.verdict, "reject");
	assert_string_equal(entry.reply, "550 5.7.1 virus found [7K3F-QX2M]");
	assert_string_equal(entry.decided_by, "antivirus:infected");
	assert_int_equal(entry.rule_line, 31);
	assert_int_equal(entry.elapsed_ms, 212);
	assert_int_equal(entry.content_ms, 12);
	assert_int_equal(entry.attachments_len, 1);
	assert_string_equal(entry.attachments[0].sha256, "00ff");
}

static void findings_say_what_is_wanted_and_which_decided(void **state)
{
	const struct verdict verdict = { .action = ACTION_REJECT, .by = &findings[0], .by_name = "antivirus:infected", .observed = "" };
	struct journal_entry entry;

	(void)state;
	session.findings = (struct findings){ .arena = arena, .items = &session_finding, .len = 1 };
	entry = entry_of(JOURNAL_MESSAGE, &verdict, NULL);
	assert_int_equal(entry.findings_len, 3);
	assert_string_equal(entry.findings[0].scanner, "session");
	assert_false(entry.findings[0].decided);
	assert_true(entry.findings[1].decided);
	assert_string_equal(entry.findings[1].action, "reject");
	assert_string_equal(entry.findings[1].rule_file, "milter.conf");
	assert_string_equal(entry.findings[2].action, "weight");
	assert_true(entry.findings[2].observed && entry.findings[2].weight > 2.4);
	assert_string_equal(entry.findings[2].recipient, "v@ext.example");
	assert_string_equal(entry.findings[2].rule_file, "");
}

static void recipients_have_their_grounds(void **state)
{
	struct journal_entry entry = entry_of(JOURNAL_MESSAGE, &accepted, NULL);

	(void)state;
	assert_int_equal(entry.recipients_len, 2);
	assert_true(entry.recipients[0].accepted);
	assert_string_equal(entry.recipients[0].ground, "domain");
	assert_string_equal(entry.recipients[1].ground, "grant");
	assert_string_equal(entry.recipients[1].detail, "printer");
}

/* The findings of the recipient are gone from the message when this is asked. */
static void a_refused_recipient_stands_alone(void **state)
{
	const struct verdict refused = { .action = ACTION_REJECT, .reply = { 550, { 5, 7, 1 }, "no" }, .by_name = "", .observed = "" };
	struct journal_entry entry;

	(void)state;
	message.refused_last = &recipients[2];
	message.refused_findings = message.findings;
	message.findings.len = 0;
	entry = entry_of(JOURNAL_RECIPIENT, &refused, NULL);
	assert_int_equal(entry.recipients_len, 1);
	assert_string_equal(entry.recipients[0].address, "w@ext.example");
	assert_string_equal(entry.recipients[0].reply, "550 5.7.1 no");
	assert_false(entry.recipients[0].accepted);
	assert_string_equal(entry.recipients[0].ground, "");
	assert_int_equal(entry.findings_len, 2);
}

static void a_session_knows_no_message(void **state)
{
	struct journal_entry entry = entry_of(JOURNAL_SESSION, &accepted, NULL);

	(void)state;
	assert_string_equal(entry.mailfrom, "");
	assert_string_equal(entry.direction, "");
	assert_int_equal(entry.recipients_len, 0);
	assert_int_equal(entry.elapsed_ms, 1212);
}

static void what_could_not_be_carried_out_is_a_deferral(void **state)
{
	struct journal_entry entry = entry_of(JOURNAL_MESSAGE, &accepted, "a header edit was refused");

	(void)state;
	assert_string_equal(entry.verdict, "defer");
	assert_string_equal(entry.failure, "a header edit was refused");
}

static void an_ipv6_client_is_known_by_its_64(void **state)
{
	(void)state;
	assert_int_equal(ip_parse("2001:db8:0:1:9:8:7:6", &session.client), 0);
	assert_string_equal(entry_of(JOURNAL_MESSAGE, &accepted, NULL).network, "2001:db8:0:1::/64");
}

static void local_mail_has_no_client(void **state)
{
	(void)state;
	session.client.family = IP_NONE;
	assert_string_equal(entry_of(JOURNAL_MESSAGE, &accepted, NULL).client, "");
	assert_string_equal(entry_of(JOURNAL_MESSAGE, &accepted, NULL).network, "");
}

static void a_bounce_is_tied_to_who_sent(void **state)
{
	struct finding_note note = { "login", "carol", false };

	(void)state;
	findings[0] = (struct finding){ .scanner = &behaviour, .outcome = &bounce, .text = "", .recipient = FINDING_MESSAGE, .notes = &note,
					.notes_len = 1 };
	assert_string_equal(entry_of(JOURNAL_MESSAGE, &accepted, NULL).tied_login, "carol");
}

static void a_subject_is_only_kept_where_that_is_wanted(void **state)
{
	const struct record_settings without = { .configuration = "", .host = "gw.example" };
	struct journal_entry entry;

	(void)state;
	headers_add(arena, &message.headers, "Subject", " secret");
	entry = record_entry(arena, &without, &(struct record_facts){ JOURNAL_MESSAGE, message.id, &session, &message, &message.findings,
								      &accepted, NULL });
	assert_string_equal(entry.subject, "");
	assert_int_equal(strlen(entry.subject_digest), 16);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
		TEST(a_message_has_all_of_its_facts),
		TEST(findings_say_what_is_wanted_and_which_decided),
		TEST(recipients_have_their_grounds),
		TEST(a_refused_recipient_stands_alone),
		TEST(a_session_knows_no_message),
		TEST(what_could_not_be_carried_out_is_a_deferral),
		TEST(an_ipv6_client_is_known_by_its_64),
		TEST(local_mail_has_no_client),
		TEST(a_bounce_is_tied_to_who_sent),
		TEST(a_subject_is_only_kept_where_that_is_wanted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

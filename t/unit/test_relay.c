/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "milter/base/clock.h"
#include "milter/isolate/job.h"
#include "scanners/scanners.h"
#include "t/lib/gate.h"

const struct scanner *const scanners[] = { &scanner_session, &scanner_limits, &scanner_relay, &scanner_account, NULL };
const struct job_kind *const job_kinds[] = { NULL };

static const char configuration[] =
	"domains = { \"ours.example\" }\n"
	"session { deny = { \"198.51.100.0/24\" } }\n"
	"relay {\n"
	"  grant \"printer\" { clients = { \"192.0.2.40\" } senders = { \"scanner@ours.example\" } recipients = { \"ext.example\" }\n"
	"    rate = \"3/1h\" }\n"
	"  grant \"crm\" { clients = { \"192.0.2.50\" } senders = { \"ours.example\" } recipients = { \"*\" } expires = \"2026-06-30\" }\n"
	"}\n";

#define LAST_DAY_MS UINT64_C(1782777600000)	/* 2026-06-30 00:00 UTC */
#define DAY_MS UINT64_C(86400000)

static int setup(void **state)
{
	clock_freeze(1000000000, LAST_DAY_MS);
	*state = gate_open(configuration);
	return 0;
}

static int teardown(void **state)
{
	gate_close(*state);
	clock_thaw();
	return 0;
}

static void assert_rcpt(struct gate *gate, const char *path, const char *word)
{
	struct verdict verdict = gate_rcpt(gate, path);

	assert_string_equal(gate_word(gate, &verdict), word);
}

static void grant_covers_its_scope_and_names_the_limit_it_is_over_R40(void **state)
{
	static const struct {
		const char *client, *sender, *rcpt, *word, *text;
	} rows[] = {
		{ "192.0.2.40", "<scanner@ours.example>", "<u@ext.example>", "", "" },
		{ "192.0.2.40", "<SCANNER@Ours.Example>", "<u@EXT.example>", "", "" },
		{ "192.0.2.40", "<other@ours.example>", "<u@ext.example>", "550 5.7.1 relay:grant_scope", "sender <other@ours.example>" },
		{ "192.0.2.40", "<>", "<u@ext.example>", "550 5.7.1 relay:grant_scope", "sender <>" },
		{ "192.0.2.40", "<scanner@ours.example>", "<u@else.example>", "550 5.7.1 relay:grant_scope", "recipient <u@else.example>" },
		{ "192.0.2.40", "<scanner@ours.example>", "<u%else.example@ext.example>", "550 5.7.1 relay:grant_scope", "recipient" },
		{ "192.0.2.40", "<other@ours.example>", "<u@ours.example>", "", "" },
		{ "192.0.2.41", "<scanner@ours.example>", "<u@ext.example>", "550 5.7.1 relay:denied", "log in" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct verdict verdict;

		gate_connect(*state, rows[i].client);
		(void)gate_mail(*state, "", rows[i].sender);
		verdict = gate_rcpt(*state, rows[i].rcpt);
		assert_string_equal(gate_word(*state, &verdict), rows[i].word);
		if (rows[i].text[0] != '\0')
			assert_non_null(strstr(verdict.reply.text, rows[i].text));
	}
}

static void grant_rate_defers_and_slides(void **state)
{
	struct gate *gate = *state;

	clock_freeze(1500000000, LAST_DAY_MS);	/* nothing of the test before is in the window */
	gate_connect(gate, "192.0.2.40");
	(void)gate_mail(gate, "", "<scanner@ours.example>");
	for (int i = 0; i < 3; i++)
		assert_rcpt(gate, "<u@ext.example>", "");
	assert_rcpt(gate, "<u@ext.example>", "450 4.7.1 relay:grant_rate");
	assert_rcpt(gate, "<u@ours.example>", "");
	assert_int_equal(gate->session->message->recipients_len, 4);
	clock_freeze(1500000000 + 2 * 3600000, LAST_DAY_MS);
	assert_rcpt(gate, "<u@ext.example>", "");
}

static void grant_ends_with_its_last_day(void **state)
{
	gate_connect(*state, "192.0.2.50");
	clock_freeze(1000000000, LAST_DAY_MS + DAY_MS - 1);
	(void)gate_mail(*state, "", "<app@ours.example>");
	assert_int_equal(((struct gate *)*state)->session->message->direction, DIRECTION_GRANTED);
	assert_rcpt(*state, "<u@anywhere.example>", "");
	clock_freeze(1000000000, LAST_DAY_MS + DAY_MS);
	(void)gate_mail(*state, "", "<app@ours.example>");
	assert_int_equal(((struct gate *)*state)->session->message->direction, DIRECTION_INBOUND);
	assert_rcpt(*state, "<u@anywhere.example>", "550 5.7.1 relay:grant_scope");
}

static void grant_holds_for_every_author_in_the_header(void **state)
{
	static const struct {
		const char *header, *word;
	} rows[] = {
		{ "From: Scanner <scanner@ours.example>\n\n", "" },
		{ "From: ceo@ours.example\n\n", "550 5.7.1 relay:grant_from" },
		{ "From: scanner@ours.example, ceo@ours.example\n\n", "550 5.7.1 relay:grant_from" },
		{ "From: scanner@ours.example\nFrom: ceo@ours.example\n\n", "550 5.7.1 relay:grant_from" },
		{ "Subject: nobody\n\n", "550 5.7.1 relay:grant_from" },
		{ "From: \"unterminated <scanner@ours.example>\n\n", "550 5.7.1 relay:grant_from" },
	};

	clock_freeze(2000000000, LAST_DAY_MS);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct verdict verdict;

		clock_freeze(2000000000 + i * 7200000, LAST_DAY_MS);
		gate_connect(*state, "192.0.2.40");
		(void)gate_mail(*state, "", "<scanner@ours.example>");
		assert_rcpt(*state, "<u@ext.example>", "");
		verdict = gate_message(*state, rows[i].header);
		assert_string_equal(gate_word(*state, &verdict), rows[i].word);
	}
}

static void one_refused_recipient_does_not_refuse_the_others_R25(void **state)
{
	struct gate *gate = *state;

	gate_connect(gate, "203.0.113.5");
	(void)gate_mail(gate, "", "<a@ext.example>");
	assert_rcpt(gate, "<u@ours.example>", "");
	assert_rcpt(gate, "<u@ext.example>", "550 5.7.1 relay:denied");
	assert_rcpt(gate, "<v@ours.example>", "");
	assert_int_equal(gate->session->message->recipients_len, 2);
	assert_int_equal(gate->session->message->refused, 1);
	assert_string_equal(gate->session->message->refused_first, "u@ext.example");
}

static void no_grant_is_carried_to_the_next_message_R36(void **state)
{
	gate_connect(*state, "203.0.113.5");
	(void)gate_mail(*state, "alice", "<alice@ours.example>");
	assert_rcpt(*state, "<u@ext.example>", "");
	(void)gate_mail(*state, "", "<alice@ours.example>");
	assert_rcpt(*state, "<u@ext.example>", "550 5.7.1 relay:denied");
}

static void postmaster_is_always_there_R20(void **state)
{
	static const struct {
		const char *path, *word;
	} rows[] = {
		{ "<postmaster>", "" },
		{ "<PostMaster@ours.example>", "" },
		{ "<abuse@OURS.example>", "" },
		{ "<postmaster@[192.0.2.25]>", "" },
		{ "<postmaster@gw.ours.example>", "" },
		{ "<postmaster@ext.example>", "550 5.7.1 " },
		{ "<u@ours.example>", "554 5.7.1 session:denied" },
		{ "<postmaster%ext.example@ours.example>", "550 5.7.1 " },
	};

	gate_connect(*state, "198.51.100.7");	/* denied */
	(void)gate_mail(*state, "", "<a@ext.example>");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct verdict verdict = gate_rcpt(*state, rows[i].path);

		if (rows[i].word[0] == '\0')
			assert_string_equal(gate_word(*state, &verdict), "");
		else
			assert_true(verdict.reply.code >= 550);
	}
}

static void mail_to_postmaster_of_a_denied_client_is_taken(void **state)
{
	struct verdict verdict;

	gate_connect(*state, "198.51.100.7");
	(void)gate_mail(*state, "", "<a@ext.example>");
	assert_rcpt(*state, "<postmaster@ours.example>", "");
	verdict = gate_message(*state, "From: a@ext.example\n\n");
	assert_int_equal(verdict.action, ACTION_ACCEPT);
}

static void unqualified_recipients_stay_out_R22(void **state)
{
	gate_connect(*state, "203.0.113.5");
	(void)gate_mail(*state, "", "<a@ext.example>");
	assert_rcpt(*state, "<root>", "550 5.1.1 relay:unqualified");
	assert_rcpt(*state, "<u%ext.example>", "550 5.7.1 relay:rerouted");
}

/* What the MTA would do by its own reading never widens what is allowed, and what is normal for a gateway is not refused. */
static void the_mta_must_read_it_the_same_way(void **state)
{
	static const struct {
		const char *rcpt;
		struct mta_route route;
		bool accepted;
	} rows[] = {
		{ "<u@ours.example>", { "relay", "[10.0.0.5]", "u@ours.example" }, true },
		{ "<u@ours.example>", { "smtp", "exchange.internal", "u@ours.example" }, true },
		{ "<u@ours.example>", { "local", "gw.ours.example", "u" }, true },
		{ "<u@ours.example>", { "local", "", "u" }, true },
		{ "<u@ours.example>", { "esmtp", "ours.example", "u" }, true },
		{ "<u@ours.example>", { "virtual", "ours.example", "u@OURS.example" }, true },
		{ "<postmaster>", { "local", "gw.ours.example", "postmaster@gw.ours.example" }, true },
		{ "<u@ours.example>", { "smtp", "ext.example", "u@ext.example" }, false },
		{ "<u@ours.example>", { "esmtp", "ext.example", "u" }, false },
		{ "<u@ours.example>", { "uucp-dom", "ext.example", "u@ours.example" }, false },
		{ "<u@ours.example>", { "error", "5.1.1", "unknown user" }, false },
		{ "<u@ours.example>", { "smtp", "ours.example", "u%ext.example@ours.example" }, false },
		{ "<u@ours.example>", { "smtp", "ours.example", "\"u@ext.example\"@ours.example" }, false },
		{ "<u@ours.example>", { "smtp", "x", "a b c" }, false },
	};
	struct gate *gate = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		gate_connect(gate, "203.0.113.5");
		(void)gate_mail(gate, "", "<a@ext.example>");
		engine_add_recipient(gate->session->message, rows[i].rcpt, &rows[i].route);
		print_message("# %s at %s, %s\n", rows[i].route.address, rows[i].route.mailer, rows[i].route.host);
		assert_int_equal(engine_phase(gate->engine, gate->session, PHASE_RCPT, NULL).reply.code == 0, rows[i].accepted);
	}
}

/* Postfix hands over its own mail as 127.0.0.1 without a port; a program on this host that connects to a port is a stranger. */
static void only_the_mta_itself_is_local(void **state)
{
	struct gate *gate = *state;

	gate_connect(gate, "127.0.0.1");
	gate->session->client_port = 0;
	gate->session->has_daemon_port = false;
	(void)gate_mail(gate, "", "<root@gw.ours.example>");
	assert_int_equal(gate->session->message->direction, DIRECTION_LOCAL);
	assert_rcpt(gate, "<u@ext.example>", "");
	assert_int_equal(gate->session->message->recipients[0].ground, GROUND_LOCAL);

	gate->session->has_daemon_port = true;
	(void)gate_mail(gate, "", "<root@gw.ours.example>");
	assert_rcpt(gate, "<u@ext.example>", "550 5.7.1 relay:denied");
	gate->session->has_daemon_port = false;
	gate->session->client_port = 25000;
	(void)gate_mail(gate, "", "<root@gw.ours.example>");
	assert_rcpt(gate, "<u@ext.example>", "550 5.7.1 relay:denied");
	gate->session->client_port = 0;
	gate->session->mta = MTA_UNKNOWN;
	(void)gate_mail(gate, "", "<root@gw.ours.example>");
	assert_rcpt(gate, "<u@ext.example>", "550 5.7.1 relay:denied");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grant_covers_its_scope_and_names_the_limit_it_is_over_R40),
		cmocka_unit_test(grant_rate_defers_and_slides),
		cmocka_unit_test(grant_ends_with_its_last_day),
		cmocka_unit_test(grant_holds_for_every_author_in_the_header),
		cmocka_unit_test(one_refused_recipient_does_not_refuse_the_others_R25),
		cmocka_unit_test(no_grant_is_carried_to_the_next_message_R36),
		cmocka_unit_test(postmaster_is_always_there_R20),
		cmocka_unit_test(mail_to_postmaster_of_a_denied_client_is_taken),
		cmocka_unit_test(unqualified_recipients_stay_out_R22),
		cmocka_unit_test(the_mta_must_read_it_the_same_way),
		cmocka_unit_test(only_the_mta_itself_is_local),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}

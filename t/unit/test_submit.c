/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/submit.h"

#include "t/unit/alert_server.h"

static const struct row {
	const char *name;
	struct server_script script;
	enum submit_result result;
	const char *why;		/* its beginning */
} rows[] = {
	{ "taken", { .greeting = NULL }, SUBMIT_DONE, "" },
	{ "a_server_without_EHLO", { .ehlo = "502 no" }, SUBMIT_DONE, "" },
	{ "several_lines", { .rcpt = "250-a\r\n250 b" }, SUBMIT_DONE, "" },
	{ "a_greeting_that_refuses_is_about_the_server", { .greeting = "554 no" }, SUBMIT_LATER, "554 no" },
	{ "a_sender_refused_for_now", { .mail = "450 4.7.1 later" }, SUBMIT_LATER, "450 4.7.1 later" },
	{ "a_sender_refused", { .mail = "550 5.7.1 no" }, SUBMIT_NEVER, "550 5.7.1 no" },
	{ "a_recipient_refused_for_now", { .rcpt = "452 full" }, SUBMIT_LATER, "452 full" },
	{ "a_recipient_refused", { .rcpt = "550 5.1.1 who" }, SUBMIT_NEVER, "550 5.1.1 who" },
	{ "DATA_refused", { .data = "554 no" }, SUBMIT_NEVER, "554 no" },
	{ "a_positive_answer_to_DATA_is_none", { .data = "250 ok" }, SUBMIT_LATER, "250 ok" },
	{ "the_mail_refused_for_now", { .text = "451 4.3.0 later" }, SUBMIT_LATER, "451 4.3.0 later" },
	{ "the_mail_refused", { .text = "554 5.7.1 no" }, SUBMIT_NEVER, "554 5.7.1 no" },
	{ "closed_at_once", { .greeting = "" }, SUBMIT_LATER, "the server closed" },
	{ "closed_before_the_end", { .text = "" }, SUBMIT_LATER, "the server closed" },
	{ "no_SMTP", { .greeting = "hello" }, SUBMIT_LATER, "what came is no SMTP reply" },
	{ "words_of_a_server_are_one_line", { .rcpt = "550-a\r\n550 b\x1b[2J" }, SUBMIT_NEVER, "550-a 550 b?[2J" },
};

static enum submit_result hand_over(const char *port, const char *text, char *why)
{
	return submit(&(struct submission){ .host = "127.0.0.1", .port = port, .helo = "gw.ours.example", .recipient = "admin@ours.example",
					    .text = text, .step_ms = 20000, .total_ms = 60000 }, why);
}

static void check_row(void **state)
{
	const struct row *row = *state;
	char why[SUBMIT_WHY_MAX];
	struct server server;
	enum submit_result result;

	server_start(&server, &row->script);
	result = hand_over(server.port, "Subject: x\n\ntext\n", why);
	server_stop(&server);
	assert_string_equal(why[0] == '\0' ? "" : row->why, row->why);
	assert_int_equal(strncmp(why, row->why, strlen(row->why)), 0);
	assert_int_equal(result, row->result);
}

static void the_envelope(void **state)
{
	static const struct server_script good;
	char why[SUBMIT_WHY_MAX];
	struct server server;

	(void)state;
	server_start(&server, &good);
	assert_int_equal(hand_over(server.port, "Subject: x\n\ntext\n", why), SUBMIT_DONE);
	server_stop(&server);
	assert_string_equal(server.commands, "EHLO gw.ours.example|MAIL FROM:<>|RCPT TO:<admin@ours.example>|DATA|QUIT|");
}

static const struct text_row {
	const char *name, *text, *sent;
} texts[] = {
	{ "lines", "a: b\n\nc\n", "a: b\r\n\r\nc\r\n" },
	{ "dots", ".\n..\n.x\n", "..\r\n...\r\n..x\r\n" },
	{ "without_the_last_line_end", "a\n\n.", "a\r\n\r\n..\r\n" },
	{ "nothing", "", "" },
};

static void check_text(void **state)
{
	static const struct server_script good;
	const struct text_row *row = *state;
	char why[SUBMIT_WHY_MAX];
	struct server server;

	server_start(&server, &good);
	assert_int_equal(hand_over(server.port, row->text, why), SUBMIT_DONE);
	server_stop(&server);
	assert_string_equal(server.mail, row->sent);
}

static void nobody_listens(void **state)
{
	static const struct server_script good;
	char why[SUBMIT_WHY_MAX];
	struct server server;

	(void)state;
	server_start(&server, &good);
	server_stop(&server);
	assert_int_equal(hand_over(server.port, "x\n", why), SUBMIT_LATER);
	assert_string_equal(why, "Connection refused");
}

int main(void)
{
	static struct rows table;

	rows_add(&table, rows, check_row);
	rows_add(&table, texts, check_text);
	rows_add_one(&table, "the_envelope", the_envelope, NULL);
	rows_add_one(&table, "nobody_listens", nobody_listens, NULL);
	return rows_run(&table, "submit");
}

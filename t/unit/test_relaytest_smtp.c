/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a server may say to octroi relaytest, and that nothing but its words can be sent. */
#include "t/unit/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "milter/relaytest_smtp.h"

#define LINE_100 "250-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n"

static struct smtp_client *client_before(const char *bytes, size_t len, int *ret_server)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(send(fds[1], bytes, len, MSG_NOSIGNAL), (ssize_t)len);
	*ret_server = fds[1];
	return smtp_adopt(fds[0], 50, clock_monotonic_ms() + 60000);
}

static const struct row {
	const char *name;
	const char *bytes;
	size_t len;		/* 0: of the string */
	bool stays;		/* the server says no more and does not leave */
	int result;
	unsigned code;
	const char *text;
} rows[] = {
	{ "one_line", "220 gw.example.com ESMTP\r\n", 0, true, 0, 220, "220 gw.example.com ESMTP" },
	{ "the_code_alone", "250\r\n", 0, true, 0, 250, "250" },
	{ "a_line_feed_alone_ends_a_line", "250 ok\n", 0, true, 0, 250, "250 ok" },
	{ "several_lines", "250-gw\r\n250-SIZE 1\r\n250 X\r\n", 0, true, 0, 250, "250-gw\n250-SIZE 1\n250 X" },
	{ "what_follows_is_left", "550 no\r\n250 ok\r\n", 0, true, 0, 550, "550 no" },
	{ "other_bytes_are_question_marks", "554 \x1b[2J\x07\xff\0x\r\n", 14, true, 0, 554, "554 ?[2J???x" },
	{ "silence", "", 0, true, -ETIMEDOUT, 0, NULL },
	{ "half_a_line", "250 o", 0, true, -ETIMEDOUT, 0, NULL },
	{ "half_a_reply", "250-o\r\n", 0, true, -ETIMEDOUT, 0, NULL },
	{ "the_end", "", 0, false, -ECONNRESET, 0, NULL },
	{ "the_end_in_a_line", "250 ok", 0, false, -ECONNRESET, 0, NULL },
	{ "the_end_in_a_reply", "250-ok\r\n", 0, false, -ECONNRESET, 0, NULL },
	{ "no_code", "hello\r\n", 0, true, -EPROTO, 0, NULL },
	{ "an_empty_line", "\r\n", 0, true, -EPROTO, 0, NULL },
	{ "two_digits", "25 ok\r\n", 0, true, -EPROTO, 0, NULL },
	{ "four_digits", "2500 ok\r\n", 0, true, -EPROTO, 0, NULL },
	{ "a_code_that_is_none", "199 ok\r\n", 0, true, -EPROTO, 0, NULL },
	{ "a_code_too_high", "600 ok\r\n", 0, true, -EPROTO, 0, NULL },
	{ "a_nul_after_the_code", "250\0ok\r\n", 8, true, -EPROTO, 0, NULL },
	{ "codes_that_differ", "250-ok\r\n550 no\r\n", 0, true, -EPROTO, 0, NULL },
};

static void check_reply(void **state)
{
	const struct row *row = *state;
	struct smtp_reply reply;
	int server;
	struct smtp_client *client = client_before(row->bytes, row->len != 0 ? row->len : strlen(row->bytes), &server);

	if (!row->stays)
		assert_int_equal(shutdown(server, SHUT_WR), 0);
	assert_int_equal(smtp_read(client, &reply), row->result);
	if (row->result == 0) {
		assert_int_equal(reply.code, row->code);
		assert_string_equal(reply.text, row->text);
	} else {
		assert_int_equal(smtp_read(client, &reply), -ECONNRESET);
		assert_int_equal(smtp_send(client, SMTP_RSET, ""), -ECONNRESET);
	}
	smtp_close(client);
	(void)close(server);
}

static void check_too_long(const char *piece, unsigned times)
{
	struct smtp_reply reply;
	int server;
	struct smtp_client *client = client_before("", 0, &server);

	for (unsigned i = 0; i < times; i++)
		(void)send(server, piece, strlen(piece), MSG_NOSIGNAL | MSG_DONTWAIT);
	assert_int_equal(smtp_read(client, &reply), -EMSGSIZE);
	assert_true(strlen(reply.text) < SMTP_TEXT_MAX);
	smtp_close(client);
	(void)close(server);
}

static void a_line_without_an_end(void **state)
{
	(void)state;
	check_too_long("250 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 100);
}

static void a_reply_without_an_end(void **state)
{
	(void)state;
	check_too_long("250-\r\n", SMTP_LINES_MAX + 1);
}

static void long_lines_are_kept_as_far_as_there_is_room(void **state)
{
	struct smtp_reply reply;
	int server;
	struct smtp_client *client = client_before("", 0, &server);

	(void)state;
	for (unsigned i = 0; i < SMTP_LINES_MAX - 1; i++)
		assert_true(send(server, LINE_100, strlen(LINE_100), MSG_NOSIGNAL) > 0);
	assert_true(send(server, "250 end\r\n", 9, MSG_NOSIGNAL) > 0);
	assert_int_equal(smtp_read(client, &reply), 0);
	assert_int_equal(reply.code, 250);
	assert_true(strlen(reply.text) < SMTP_TEXT_MAX);
	smtp_close(client);
	(void)close(server);
}

static const struct said {
	const char *name;
	enum smtp_word word;
	const char *argument;
	const char *sent;	/* NULL: refused with -EINVAL */
} said[] = {
	{ "a_command", SMTP_RCPT, "TO:<u@example.com>", "RCPT TO:<u@example.com>\r\n" },
	{ "a_command_without_argument", SMTP_RSET, "", "RSET\r\n" },
	{ "bytes_are_sent_as_they_are", SMTP_RCPT, "TO:<\x01\xff>", "RCPT TO:<\x01\xff>\r\n" },
	{ "a_line_feed_is_not_sent", SMTP_RCPT, "TO:<u>\nDATA", NULL },
	{ "a_carriage_return_is_not_sent", SMTP_EHLO, "x\rDATA", NULL },
	{ "nor_both", SMTP_AUTH, "PLAIN\r\nDATA\r\n", NULL },
};

static void check_said(void **state)
{
	const struct said *row = *state;
	char got[200] = "";
	int server;
	struct smtp_client *client = client_before("", 0, &server);

	assert_int_equal(smtp_send(client, row->word, row->argument), row->sent == NULL ? -EINVAL : 0);
	(void)recv(server, got, sizeof(got) - 1, MSG_DONTWAIT);
	assert_string_equal(got, row->sent == NULL ? "" : row->sent);
	smtp_close(client);
	(void)close(server);
}

static void too_long_an_argument_is_not_sent(void **state)
{
	char argument[SMTP_LINE_MAX];
	int server;
	struct smtp_client *client = client_before("", 0, &server);

	(void)state;
	memset(argument, 'x', sizeof(argument) - 1);
	argument[sizeof(argument) - 1] = '\0';
	assert_int_equal(smtp_send(client, SMTP_EHLO, argument), -EINVAL);
	smtp_close(client);
	(void)close(server);
}

/* Every word there is, each once: none of them hands a message over (the promise of octroi relaytest). */
static void no_word_sends_a_message(void **state)
{
	char got[4096] = "";
	int server;
	struct smtp_client *client = client_before("", 0, &server);

	(void)state;
	for (int word = SMTP_EHLO; word <= SMTP_PROXY; word++)
		assert_int_equal(smtp_send(client, (enum smtp_word)word, "x"), 0);
	assert_true(recv(server, got, sizeof(got) - 1, MSG_DONTWAIT) > 0);
	assert_null(strcasestr(got, "DATA"));
	assert_null(strcasestr(got, "BDAT"));
	assert_null(strcasestr(got, "SEND"));
	smtp_close(client);
	(void)close(server);
}

static void a_reply_before_the_question_is_none(void **state)
{
	struct smtp_reply reply;
	int server;
	struct smtp_client *client = client_before("220 gw\r\n250 ok\r\n", 16, &server);

	(void)state;
	assert_int_equal(smtp_read(client, &reply), 0);
	assert_int_equal(smtp_say(client, SMTP_RCPT, "TO:<u@example.com>", &reply), -EPROTO);
	smtp_close(client);
	(void)close(server);
}

static void a_server_that_hangs_up_may_say_why(void **state)
{
	struct smtp_reply reply;
	int server;
	struct smtp_client *client = client_before("", 0, &server);

	(void)state;
	assert_int_equal(send(server, "421 bye\r\n", 9, MSG_NOSIGNAL), 9);
	(void)close(server);
	assert_true(smtp_send(client, SMTP_RSET, "") < 0);
	assert_int_equal(smtp_read(client, &reply), 0);
	assert_int_equal(reply.code, 421);
	smtp_close(client);
}

static void keywords_are_whole_words_of_a_line(void **state)
{
	static const struct smtp_reply reply = { .code = 250, .text = "250-gw SMTPUTF8\n250-XSMTPUTF8\n250-size 10\n250 8BITMIME" };

	(void)state;
	assert_true(smtp_offers(&reply, "SIZE"));
	assert_true(smtp_offers(&reply, "8bitmime"));
	assert_false(smtp_offers(&reply, "SMTPUTF8"));
	assert_false(smtp_offers(&reply, "8BIT"));
	assert_false(smtp_offers(&reply, ""));
}

int main(void)
{
	static struct rows tests;

	rows_add(&tests, rows, check_reply);
	rows_add(&tests, said, check_said);
	rows_add_one(&tests, "a_line_without_an_end", a_line_without_an_end, NULL);
	rows_add_one(&tests, "a_reply_without_an_end", a_reply_without_an_end, NULL);
	rows_add_one(&tests, "long_lines_are_kept_as_far_as_there_is_room", long_lines_are_kept_as_far_as_there_is_room, NULL);
	rows_add_one(&tests, "too_long_an_argument_is_not_sent", too_long_an_argument_is_not_sent, NULL);
	rows_add_one(&tests, "no_word_sends_a_message", no_word_sends_a_message, NULL);
	rows_add_one(&tests, "a_reply_before_the_question_is_none", a_reply_before_the_question_is_none, NULL);
	rows_add_one(&tests, "a_server_that_hangs_up_may_say_why", a_server_that_hangs_up_may_say_why, NULL);
	rows_add_one(&tests, "keywords_are_whole_words_of_a_line", keywords_are_whole_words_of_a_line, NULL);
	return rows_run(&tests, "relaytest_smtp");
}

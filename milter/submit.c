/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/submit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "milter/base/arena.h"
#include "milter/base/clock.h"
#include "milter/smtp_write.h"

struct talk {
	struct smtp_client *client;
	char *why;
	struct smtp_reply reply;
};

/* Was the step answered with a code of that first digit? */
static enum submit_result judge(struct talk *talk, int r, unsigned wanted)
{
	const struct smtp_reply *reply = &talk->reply;

	if (r == 0 && reply->code / 100 == wanted)
		return SUBMIT_DONE;
	(void)snprintf(talk->why, SUBMIT_WHY_MAX, "%.*s", SUBMIT_WHY_MAX - 1, r < 0 ? smtp_error_text(r) : reply->text);
	for (char *p = talk->why; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	return r == 0 && reply->code >= 500 ? SUBMIT_NEVER : SUBMIT_LATER;
}

static enum submit_result say(struct talk *talk, const char *line, unsigned wanted)
{
	return judge(talk, smtp_ask(talk->client, line, &talk->reply), wanted);
}

/* RFC 5321 4.5.2: CR LF at each end of a line, and a dot in front of one that begins with a dot. */
static char *as_sent(struct arena *arena, const char *text)
{
	char *bytes = arena_alloc(arena, 2 * strlen(text) + 8), *end = bytes;
	bool fresh = true;

	for (; *text != '\0'; text++) {
		if (fresh && *text == '.')
			*end++ = '.';
		fresh = *text == '\n';
		if (fresh)
			*end++ = '\r';
		*end++ = *text;
	}
	(void)stpcpy(end, fresh ? ".\r\n" : "\r\n.\r\n");
	return bytes;
}

static enum submit_result send_text(struct talk *talk, const char *text)
{
	struct arena *arena = arena_new();
	const char *bytes = as_sent(arena, text);
	int r = smtp_write_bytes(talk->client, bytes, strlen(bytes));

	arena_free(arena);
	if (r == 0)
		r = smtp_read(talk->client, &talk->reply);
	return judge(talk, r, 2);
}

/* A server that has no EHLO is given none of the reasons to refuse for good: what it says to HELO counts. */
static enum submit_result greet(struct talk *talk, const char *helo)
{
	enum submit_result result = judge(talk, smtp_read(talk->client, &talk->reply), 2);
	char line[SMTP_LINE_MAX];

	if (result != SUBMIT_DONE)
		return SUBMIT_LATER;	/* 554 in a greeting is about the server, not about this message */
	(void)snprintf(line, sizeof(line), "EHLO %.255s", helo);
	if (say(talk, line, 2) == SUBMIT_DONE)
		return SUBMIT_DONE;
	(void)snprintf(line, sizeof(line), "HELO %.255s", helo);
	return say(talk, line, 2) == SUBMIT_DONE ? SUBMIT_DONE : SUBMIT_LATER;
}

static enum submit_result converse(struct talk *talk, const struct submission *submission)
{
	enum submit_result result = greet(talk, submission->helo);
	char rcpt[SMTP_LINE_MAX];

	(void)snprintf(rcpt, sizeof(rcpt), "RCPT TO:<%.300s>", submission->recipient);
	if (result == SUBMIT_DONE)
		result = say(talk, "MAIL FROM:<>", 2);
	if (result == SUBMIT_DONE)
		result = say(talk, rcpt, 2);
	if (result == SUBMIT_DONE)
		result = say(talk, "DATA", 3);
	if (result == SUBMIT_DONE)
		result = send_text(talk, submission->text);
	return result;
}

enum submit_result submit(const struct submission *submission, char why[SUBMIT_WHY_MAX])
{
	const char *problem = "";
	struct talk talk = { .why = why };
	enum submit_result result;

	why[0] = '\0';
	talk.client = smtp_open(submission->host, submission->port, submission->step_ms, clock_monotonic_ms() + submission->total_ms, &problem);
	if (talk.client == NULL) {
		(void)snprintf(why, SUBMIT_WHY_MAX, "%.150s", problem);
		return SUBMIT_LATER;
	}
	result = converse(&talk, submission);
	(void)smtp_write_line(talk.client, "QUIT");
	smtp_close(talk.client);
	return result;
}

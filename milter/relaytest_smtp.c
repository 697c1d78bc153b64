/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/relaytest_smtp.h"

#include <errno.h>
#include <stdio.h>

#include "milter/smtp_write.h"

/* What could hand a message over is missing here on purpose. */
static const char *const words[] = {
	[SMTP_EHLO] = "EHLO ", [SMTP_MAIL] = "MAIL ", [SMTP_RCPT] = "RCPT ", [SMTP_RSET] = "RSET", [SMTP_QUIT] = "QUIT",
	[SMTP_AUTH] = "AUTH ", [SMTP_AUTH_CANCEL] = "*", [SMTP_XCLIENT] = "XCLIENT ", [SMTP_XFORWARD] = "XFORWARD ",
	[SMTP_PROXY] = "PROXY ",
};

static int line_of(char line[SMTP_LINE_MAX], enum smtp_word word, const char *argument)
{
	int len = snprintf(line, SMTP_LINE_MAX, "%s%s", words[word], argument);

	return len < 0 || len >= SMTP_LINE_MAX ? -EINVAL : 0;
}

int smtp_send(struct smtp_client *client, enum smtp_word word, const char *argument)
{
	char line[SMTP_LINE_MAX];

	return line_of(line, word, argument) < 0 ? -EINVAL : smtp_write_line(client, line);
}

int smtp_say(struct smtp_client *client, enum smtp_word word, const char *argument, struct smtp_reply *ret_reply)
{
	char line[SMTP_LINE_MAX];

	*ret_reply = (struct smtp_reply){ .code = 0 };
	return line_of(line, word, argument) < 0 ? -EINVAL : smtp_ask(client, line, ret_reply);
}

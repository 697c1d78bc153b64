/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relaytest_smtp.h - an SMTP client that cannot send a message (RFC 5321), for octroi relaytest.
 *
 * The words below are all that it can say: DATA and BDAT are not among them, and an argument with a line end is not sent. */
#ifndef OCTROI_RELAYTEST_SMTP_H
#define OCTROI_RELAYTEST_SMTP_H

#include "milter/smtp_client.h"

enum smtp_word {
	SMTP_EHLO,
	SMTP_MAIL,		/* the argument begins with "FROM:" */
	SMTP_RCPT,		/* "TO:" */
	SMTP_RSET,
	SMTP_QUIT,
	SMTP_AUTH,		/* RFC 4954 */
	SMTP_AUTH_CANCEL,	/* "*" */
	SMTP_XCLIENT,		/* these two are Postfix's */
	SMTP_XFORWARD,
	SMTP_PROXY,		/* the line of the proxy protocol, which may stand before the greeting */
};

/* Sends one command; argument is "" or what follows the word. Returns 0, -EINVAL when the argument holds CR, LF or NUL or is too
 * long, or -errno when the connection is gone or takes nothing (-ETIMEDOUT). */
int smtp_send(struct smtp_client *client, enum smtp_word word, const char *argument);

/* Both, one command and its reply. A reply that lies there before the command was sent is -EPROTO. */
int smtp_say(struct smtp_client *client, enum smtp_word word, const char *argument, struct smtp_reply *ret_reply);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relaytest_smtp.h - an SMTP client that cannot send a message (RFC 5321), for octroi relaytest.
 *
 * The words below are all that it can say: DATA and BDAT are not among them, and an argument with a line end is not sent. Whoever
 * answers is believed nothing: a reply has a time, a length and a grammar, and what breaks them ends the connection. */
#ifndef OCTROI_RELAYTEST_SMTP_H
#define OCTROI_RELAYTEST_SMTP_H

#include <stdbool.h>
#include <stdint.h>

#include "milter/base/ip.h"

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

#define SMTP_LINE_MAX 2048	/* RFC 5321 4.5.3.1.5 says 512; some servers are talkative */
#define SMTP_LINES_MAX 100
#define SMTP_TEXT_MAX 4000

struct smtp_reply {
	unsigned code;			/* 200..599 */
	char text[SMTP_TEXT_MAX];	/* the lines with their codes, LF between them; bytes other than printable ASCII are "?"; what is
					 * over the size is left out */
};

struct smtp_client;

/* Connects to the first address of host that answers; host may be a name or an IP, port a number. Each later step may take
 * step_ms and none goes beyond deadline_ms (monotonic). Returns NULL with *ret_problem a phrase for people. */
struct smtp_client *smtp_open(const char *host, const char *port, unsigned step_ms, uint64_t deadline_ms, const char **ret_problem);

/* The same on a socket that is connected already, which it takes over. */
struct smtp_client *smtp_adopt(int fd, unsigned step_ms, uint64_t deadline_ms);

void smtp_close(struct smtp_client *client);

/* The address that was connected to. */
struct ip smtp_peer(const struct smtp_client *client);

/* Sends one command; argument is "" or what follows the word. Returns 0, -EINVAL when the argument holds CR, LF or NUL or is too
 * long, or -errno when the connection is gone or takes nothing (-ETIMEDOUT). */
int smtp_send(struct smtp_client *client, enum smtp_word word, const char *argument);

/* The next reply, the greeting included. Returns 0, -ETIMEDOUT, -ECONNRESET (the server has left), -EPROTO (what came is no reply),
 * -EMSGSIZE (a line or the reply is too long); after an error there is nothing more to be had. */
int smtp_read(struct smtp_client *client, struct smtp_reply *ret_reply);

/* Both, one command and its reply. A reply that lies there before the command was sent is -EPROTO. */
int smtp_say(struct smtp_client *client, enum smtp_word word, const char *argument, struct smtp_reply *ret_reply);

/* Does the reply to EHLO offer that keyword? */
bool smtp_offers(const struct smtp_reply *reply, const char *keyword);

/* What an error of the above means, for people. */
const char *smtp_error_text(int error);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* smtp_client.h - the listening half of an SMTP client (RFC 5321): connecting, and replies that are believed nothing.
 *
 * A reply has a time, a length and a grammar, and what breaks them ends the connection. What is said stands in smtp_write.h, which
 * octroi relaytest does not include. */
#ifndef OCTROI_SMTP_CLIENT_H
#define OCTROI_SMTP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "milter/base/ip.h"

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

/* The next reply, the greeting included. Returns 0, -ETIMEDOUT, -ECONNRESET (the server has left), -EPROTO (what came is no reply),
 * -EMSGSIZE (a line or the reply is too long); after an error there is nothing more to be had. */
int smtp_read(struct smtp_client *client, struct smtp_reply *ret_reply);

/* Does the reply to EHLO offer that keyword? */
bool smtp_offers(const struct smtp_reply *reply, const char *keyword);

/* What an error of the above means, for people. */
const char *smtp_error_text(int error);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reply.h - an SMTP reply: code, enhanced status code, text (RFC 5321 4.2, RFC 3463).
 *
 * Every reply of the program comes out of reply_make or reply_parse, so code, class of the status and what libmilter must
 * return cannot contradict each other: Postfix drops a milter that answers with unlike classes. */
#ifndef OCTROI_MAIL_REPLY_H
#define OCTROI_MAIL_REPLY_H

#include <stdbool.h>

#include "milter/base/arena.h"
#include "milter/base/str.h"

#define REPLY_TEXT_MAX 400	/* smfi_setreply takes 980 in a line; a client's log takes less */

struct reply {
	unsigned code;		/* 400..599 */
	unsigned status[3];	/* x.y.z; x is code / 100, y and z are at most 999 */
	const char *text;	/* one line of printable ASCII; lives as long as the arena it came from */
};

static inline bool reply_is_temporary(const struct reply *reply)
{
	return reply->code < 500;
}

/* "550", "5.7.1" and a text made from format: bytes other than printable ASCII become '?', and what is over REPLY_TEXT_MAX is
 * cut. Aborts when code and status disagree: they are ours. */
struct reply reply_make(struct arena *arena, unsigned code, const char *status, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The reply with " [id]" at the end of its text, which is cut so that the id always fits; an id that would leave no room
 * for a text is cut itself. */
struct reply reply_with_id(struct arena *arena, struct reply reply, const char *id);

/* Reads "550 5.7.1 No thanks" and copies the text into arena.
 * Returns 0, or -EINVAL when code and status disagree, a byte may not stand in a reply, or the text is empty or over
 * REPLY_TEXT_MAX; *ret_reply is written only on success. */
int reply_parse(struct arena *arena, struct str in, struct reply *ret_reply);

/* "550 5.7.1 No thanks", for people and logs. */
const char *reply_format(struct arena *arena, const struct reply *reply);

/* The three strings of smfi_setreply: code "550", status "5.7.1", and the text with each '%' doubled. */
struct reply_wire {
	char code[4];
	char status[12];
	char text[2 * REPLY_TEXT_MAX + 1];
};
void reply_to_wire(const struct reply *reply, struct reply_wire *ret_wire);

#endif

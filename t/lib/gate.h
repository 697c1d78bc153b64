/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gate.h - an engine made from a configuration text, and a session walked through it, for tests of scanners. The test binds its
 * own table of scanners. Links the top. */
#ifndef OCTROI_T_GATE_H
#define OCTROI_T_GATE_H

#include "milter/engine.h"

struct gate {
	struct conf *conf;
	struct store *store;
	struct zone *zone;		/* NULL: without a resolver */
	struct dns_upstream *upstream;	/* of zone.h */
	struct resolver *resolver;
	struct engine *engine;
	struct session *session;
};

/* What gates are opened with from now on, beside the store and resolver of their own: seen, holds, state, happened. */
extern struct services gate_services;

/* Fails the test when the text has errors. */
struct gate *gate_open(const char *configuration);

/* The same with a resolver that knows this zone text (t/lib/zone.h) and nothing else; section resolver of the configuration holds. */
struct gate *gate_open_zone(const char *configuration, const char *zone_text);
void gate_close(struct gate *gate);

/* A session from ip (of a Postfix, through its port), up to HELO; one that was open ends. */
void gate_connect(struct gate *gate, const char *ip);

/* The same with this HELO name; and HELO or EHLO once more. */
void gate_connect_helo(struct gate *gate, const char *ip, const char *helo);
void gate_helo(struct gate *gate, const char *helo);

/* MAIL FROM and RCPT TO; the verdict on it. login "" is none. */
struct verdict gate_mail(struct gate *gate, const char *login, const char *path);
struct verdict gate_rcpt(struct gate *gate, const char *path);

/* The message: header lines with LF, then the end of the message. No body is kept. */
struct verdict gate_message(struct gate *gate, const char *header);

/* "" for an accepted one, else "550 5.7.1" and the name of what decided: "550 5.7.1 relay:denied". */
const char *gate_word(struct gate *gate, const struct verdict *verdict);

#endif

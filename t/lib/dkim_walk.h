/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkim_walk.h - a message with its body through an engine with the scanner dkim, for tests: the job runs in this process instead of a cage. The test
 * binds its own tables; it links pool_ask of dkim_walk.c in place of the real one. */
#ifndef OCTROI_T_DKIM_WALK_H
#define OCTROI_T_DKIM_WALK_H

#include "milter/base/str.h"
#include "t/lib/gate.h"

/* What the pool answers: 0: what the job says; else this errno. */
extern int dkim_walk_result;
extern bool dkim_walk_garbage;	/* bytes that are no answer */
extern unsigned dkim_walk_jobs;	/* how often it was asked */

/* resolver: NULL for that of gate_open_zone. */
struct gate *dkim_walk_open(const char *configuration, const char *zone_text);
void dkim_walk_close(struct gate *gate);

/* MAIL, RCPT and the message (header, empty line, body; lines with CRLF or LF, as they are to be) to its end. */
struct verdict dkim_walk(struct gate *gate, struct str raw);

/* A line for each finding of the scanner: "pass: text". Lives as long as the message. */
const char *dkim_walk_findings(struct gate *gate);

/* Its outcomes alone, with a space between them. */
const char *dkim_walk_outcomes(struct gate *gate);

/* "example.com/selector=pass " for each identity: pass, fail or unsure. */
const char *dkim_walk_identities(struct gate *gate);

/* The value of Authentication-Results. */
const char *dkim_walk_results(struct gate *gate);

#endif

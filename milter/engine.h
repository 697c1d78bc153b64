/* SPDX-License-Identifier: GPL-2.0-or-later */
/* engine.h - the way of a message: facts, scanners, policy. The daemon, `octroi try` and every test walk it here.
 *
 * An engine is shared by all threads; a session belongs to one thread at a time. */
#ifndef OCTROI_ENGINE_H
#define OCTROI_ENGINE_H

#include "conf/conf.h"
#include "milter/model/scanner.h"
#include "milter/model/verdict.h"

struct engine;

/* Opens all scanners on a configuration without errors. On failure returns NULL with a sentence in problem. */
struct engine *engine_new(const struct conf *conf, const struct services *services, char problem[CONF_PROBLEM_MAX]);
void engine_free(struct engine *engine);

const struct conf *engine_conf(const struct engine *engine);
const struct services *engine_services(const struct engine *engine);

/* A session in which nothing has happened yet; everything of it is released by engine_session_end. */
struct session *engine_session_new(struct engine *engine);
void engine_session_end(struct engine *engine, struct session *session);

/* A transaction begins (and one that was open is dropped first). */
struct message *engine_message_new(struct engine *engine, struct session *session);
void engine_message_end(struct engine *engine, struct session *session);

struct engine_wait {
	void (*progress)(void *arg);	/* called now and then while a hook waits at PHASE_EOM; may be NULL */
	void *arg;
	bool at_rcpt;			/* PHASE_RCPT waits for all answers, whatever milter.conf says: for `octroi try` */
};

/* Facts are complete up to phase: runs the scanners' hooks for it, then policy. For PHASE_RCPT the last recipient of the message is
 * meant; when it is refused it is gone from the list of recipients afterwards. The verdict lives as long as the message (before
 * MAIL: as the session), that on a refused recipient until the next one is added. wait may be NULL. */
struct verdict engine_phase(struct engine *engine, struct session *session, enum phase phase, const struct engine_wait *wait);

/* A header field has arrived: appends it to message->headers and lets the scanners look at it. */
void engine_add_field(struct engine *engine, struct session *session, const char *name, const char *value);

/* The message is let in and its header will be headers: lets the scanners seal it (scanner.h). Returns 0, or what the first of them
 * returned that could not. */
int engine_seal(struct engine *engine, struct session *session, const struct headers *headers);

/* The transaction is over and the MTA was told, or the client has left: lets the scanners count it (scanner.h, settle), once. verdict NULL: no
 * message came to its end. */
void engine_settle(struct engine *engine, struct session *session, const struct verdict *verdict, bool let_in);

/* What scanners do now and then (scanner.h, chore); on a thread that may wait. */
void engine_chores(struct engine *engine);

/* A further recipient: parses the path as it stood after RCPT TO: and appends it; engine_phase(PHASE_RCPT) is next. The route is
 * copied; NULL: the MTA says nothing. */
void engine_add_recipient(struct message *message, const char *path, const struct mta_route *route);

/* The reverse-path as it stood after MAIL FROM:. */
void engine_set_mailfrom(struct message *message, const char *path);

#endif

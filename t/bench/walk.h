/* SPDX-License-Identifier: GPL-2.0-or-later */
/* walk.h - the order of commands in a session, CONNECT to end of message, and what each answer means for it. */
#ifndef OCTROI_BENCH_WALK_H
#define OCTROI_BENCH_WALK_H

#include "t/bench/session.h"

enum walk_next {
	WALK_ON,		/* the next command is due */
	WALK_WAIT,		/* the answer is still to come */
	WALK_END_MESSAGE,
	WALK_END_SESSION,
	WALK_ERROR
};

/* Resets what belongs to one message. */
void walk_begin(struct session *session);

/* Appends commands to session->out until one awaits an answer or enough is there to be sent; with nothing awaited,
 * call again once it is sent. */
void walk_on(struct session *session, uint64_t now_us);

/* Takes the answer to session->awaited; *ret_outcome is set where the message or session ends. */
enum walk_next walk_answer(struct session *session, struct peer_packet packet, enum outcome *ret_outcome);

#endif

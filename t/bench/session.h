/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session.h - one connection of the load generator: it walks messages of the corpus through a filter, as Postfix would.
 *
 * As in Postfix, packets are held back until an answer is needed: a filter that answers nothing gets a message in
 * few large writes. Nothing here blocks; the loop in load.c calls session_ready and session_wake. */
#ifndef OCTROI_BENCH_SESSION_H
#define OCTROI_BENCH_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "t/bench/corpus.h"
#include "t/bench/dial.h"
#include "t/bench/figures.h"
#include "t/bench/milter_peer.h"

#define RCPTS_MAX 100
#define NEVER UINT64_MAX

/* What all sessions do. */
struct plan {
	struct dial dial;
	struct corpus corpus;
	const char *client_name;
	struct ip client;
	const char *helo;
	const char *login;		/* NULL: not authenticated */
	const char *mailfrom;		/* without brackets */
	const char *rcpts[RCPTS_MAX];	/* without brackets */
	unsigned rcpts_len;
	const char *rcpt_mailer;
	uint64_t messages;		/* 0: until seconds are over */
	uint64_t seconds;		/* 0: until messages are sent */
	unsigned per_session;		/* messages in one session, then QUIT */
	bool abort_after;		/* ABORT after each message, as Postfix sends it */
	bool quit_nc;			/* QUIT_NC and a new session on the same connection, instead of QUIT */
	uint64_t pace_us;		/* rest between two messages of a session */
	double rate;			/* messages a second of all sessions together; 0: as fast as answers come */
	uint64_t timeout_us;		/* for one answer; PROGRESS begins it anew */
	const char *slow_name;		/* header that marks the messages of slow sessions; NULL: there are none */
	const char *slow_value;
	const char *required_header;	/* accepted messages are counted as unmarked without it; NULL: not looked at */
	uint64_t fresh_from;		/* 0: all senders are the same; else see struct sender */
};

#define SENDER_NAME_MAX 512

/* Who sends a message. With fresh_from each message (the client and its names: each session) comes from somebody else, so that no answer of
 * the DNS can be remembered: "%n" in the names is its number in the run plus fresh_from, and the client's address is raised by as much. */
struct sender {
	struct ip client;
	char client_name[SENDER_NAME_MAX], helo[SENDER_NAME_MAX], mailfrom[SENDER_NAME_MAX];
};

/* What they share. */
struct load {
	struct plan plan;
	struct figures figures;
	uint64_t started_at_us;
	uint64_t begun;			/* messages handed to sessions so far */
	bool stopping;			/* no further message is begun */
	int epoll_fd;
	unsigned opening;		/* connections that are not agreed yet */
	unsigned busy;			/* sessions that are neither done nor idle for good */
};

enum session_state {
	SESSION_WAITING,	/* no connection; wakes at *due_us */
	SESSION_CONNECTING,
	SESSION_NEGOTIATING,
	SESSION_TALKING,	/* a message is on its way */
	SESSION_PAUSED,		/* connected, between messages */
	SESSION_HOLDING,	/* connected, and to stay so */
	SESSION_LEAVING,	/* QUIT is being sent */
	SESSION_DONE
};

struct session {
	struct load *load;
	uint64_t *due_us;	/* when session_wake is to be called; NEVER */
	enum session_state state;
	int fd;
	bool idle;		/* negotiates and stays */
	bool slow;
	bool wants_write;
	struct peer peer;
	struct peer_bytes in, out;

	const struct corpus_message *message;	/* NULL: none begun */
	uint64_t opened_at_us, begun_at_us, eom_at_us;
	uint64_t number;			/* of the message, in the whole run */
	unsigned sent;				/* messages in this session */
	unsigned step;
	size_t position;			/* recipient, header, byte of the body that comes next */
	char awaited;				/* command whose answer is awaited; 0: none */
	char queue_id[16];
	struct sender sender;
	unsigned rcpts_refused;
	bool quarantined, marked;
	bool continued;				/* the end of the message was answered with continue */
	bool greeted;				/* CONNECT and HELO are done */
};

void session_init(struct session *session, struct load *load, uint64_t *due_us);

/* *due_us has come. */
void session_wake(struct session *session, uint64_t now_us);

/* epoll(7) has events for the connection. */
void session_ready(struct session *session, uint32_t events, uint64_t now_us);

void session_release(struct session *session);

#endif

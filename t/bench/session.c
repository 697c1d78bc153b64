/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/bench/session.h"

#include <errno.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "milter/base/cleanup.h"
#include "t/bench/walk.h"

#define RETRY_US 10000		/* after a refused connection: a filter that is away must not be hammered */
#define BACKLOG_US 1000
#define OPENING_MAX 64		/* idle connections being opened at a time */
#define READ_BYTES 65536

static void close_connection(struct session *session)
{
	if (session->state == SESSION_CONNECTING || session->state == SESSION_NEGOTIATING)
		session->load->opening--;
	if (session->state == SESSION_HOLDING)
		session->load->figures.idle_open--;
	session->fd = close_fd(session->fd);
	peer_release(&session->peer);
	peer_bytes_release(&session->in);
	peer_bytes_release(&session->out);
	session->awaited = 0;
	session->sent = 0;
	session->wants_write = false;
	session->greeted = false;
	session->opened_at_us = 0;
	session->state = SESSION_WAITING;
}

static void finish_session(struct session *session)
{
	if (session->state != SESSION_HOLDING)
		session->load->busy--;
	close_connection(session);
	session->state = SESSION_DONE;
	*session->due_us = NEVER;
}

/* The next message, or false when all have been begun. */
static bool take_message(struct session *session, uint64_t now_us)
{
	struct load *load = session->load;
	const struct plan *plan = &load->plan;
	uint64_t planned = now_us;

	if (plan->rate > 0)
		planned = load->started_at_us + (uint64_t)((double)load->begun * 1e6 / plan->rate);
	if (load->stopping || (plan->messages > 0 && load->begun >= plan->messages))
		return false;
	if (plan->seconds > 0 && (planned > now_us ? planned : now_us) >= load->started_at_us + plan->seconds * 1000000)
		return false;
	session->message = &plan->corpus.messages[load->begun % plan->corpus.len];
	/* A late start counts as latency, else a filter that stalls would look quick (coordinated omission). */
	session->begun_at_us = planned;
	session->number = ++load->begun;
	return true;
}

static void count_outcome(struct session *session, enum outcome outcome, uint64_t now_us)
{
	struct figures *figures = &session->load->figures;
	struct message_figures *mine = session->slow ? &figures->slow : &figures->plain;

	mine->outcomes[outcome]++;
	if (outcome <= OUTCOME_DISCARD) {
		samples_add(&mine->whole, now_us - session->begun_at_us);
		figures->size_bytes += session->message->raw.len;
		if (session->awaited == SMFIC_BODYEOB)
			samples_add(&mine->eom, now_us - session->eom_at_us);
	}
	if (outcome == OUTCOME_ACCEPT && session->load->plan.required_header != NULL && !session->marked)
		mine->unmarked++;
	session->message = NULL;
}

static void note_error(struct session *session, enum outcome outcome, const char *why)
{
	struct figures *figures = &session->load->figures;

	snprintf(figures->last_error, sizeof(figures->last_error), "%s: %s (%s, awaited %c)", outcome_name(outcome), why,
		 session->idle ? "idle session" : "session", session->awaited != 0 ? session->awaited : '-');
}

static void count_loss(struct session *session, enum outcome outcome)
{
	struct figures *figures = &session->load->figures;
	bool between = session->state == SESSION_PAUSED || session->state == SESSION_HOLDING;

	if (outcome == OUTCOME_REFUSED)
		figures->sessions_refused++;
	else if (outcome == OUTCOME_DROPPED && between)
		figures->sessions_dropped_idle++;
	else if (outcome == OUTCOME_DROPPED)
		figures->sessions_dropped++;
}

/* The connection is lost, or of no use any more. A message that only waited for its time goes over another one. */
static void drop(struct session *session, enum outcome outcome, uint64_t now_us, const char *why)
{
	note_error(session, outcome, why);
	count_loss(session, outcome);
	if (session->message != NULL && session->state != SESSION_PAUSED)
		count_outcome(session, outcome, now_us);
	if (session->idle) {
		finish_session(session);
		return;
	}
	close_connection(session);
	*session->due_us = now_us + RETRY_US;
}

static void watch(struct session *session, bool wants_write)
{
	struct epoll_event event = { .events = EPOLLIN | (wants_write ? EPOLLOUT : 0), .data.ptr = session };

	if (session->wants_write == wants_write)
		return;
	session->wants_write = wants_write;
	(void)epoll_ctl(session->load->epoll_fd, EPOLL_CTL_MOD, session->fd, &event);
}

/* Sends what can be sent now. Returns false when the connection is gone. */
static bool flush(struct session *session, uint64_t now_us)
{
	size_t sent = 0;

	while (sent < session->out.len) {
		ssize_t n = send(session->fd, session->out.p + sent, session->out.len - sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			drop(session, OUTCOME_DROPPED, now_us, strerror(errno));
			return false;
		}
		sent += (size_t)n;
	}
	peer_bytes_drop(&session->out, sent);
	watch(session, session->out.len > 0);
	return true;
}

static void rest(struct session *session, uint64_t now_us)
{
	*session->due_us = now_us + session->load->plan.pace_us;
}

static void leave(struct session *session, uint64_t now_us)
{
	session->state = SESSION_LEAVING;
	peer_write(&session->out, SMFIC_QUIT, (struct str){ 0 });
	*session->due_us = now_us + session->load->plan.timeout_us;
	if (flush(session, now_us) && session->out.len == 0) {
		close_connection(session);
		rest(session, now_us);
	}
}

/* libmilter obeys QUIT_NC only right after an end of message that it answered with continue (no ABORT between them). */
static bool can_reuse(const struct session *session)
{
	return session->load->plan.quit_nc && session->continued;
}

static void reuse(struct session *session)
{
	peer_write(&session->out, SMFIC_QUIT_NC, (struct str){ 0 });
	session->sent = 0;
	session->greeted = false;
}

static void end_message(struct session *session, enum outcome outcome, bool session_over, uint64_t now_us)
{
	const struct plan *plan = &session->load->plan;
	bool full = ++session->sent >= plan->per_session;

	count_outcome(session, outcome, now_us);
	session->awaited = 0;
	if (!session_over && full && can_reuse(session))
		reuse(session);
	else if (plan->abort_after && session->greeted)
		peer_write(&session->out, SMFIC_ABORT, (struct str){ 0 });
	if (session_over || (full && session->greeted)) {
		leave(session, now_us);
		return;
	}
	session->state = SESSION_PAUSED;
	if (flush(session, now_us))
		rest(session, now_us);
}

static void talk(struct session *session, uint64_t now_us)
{
	session->state = SESSION_TALKING;
	*session->due_us = now_us + session->load->plan.timeout_us;
	do
		walk_on(session, now_us);
	while (flush(session, now_us) && session->awaited == 0 && session->out.len == 0);
}

static void begin_message(struct session *session, uint64_t now_us)
{
	walk_begin(session);
	talk(session, now_us);
}

static void negotiated(struct session *session, struct peer_packet packet, uint64_t now_us)
{
	struct load *load = session->load;

	if (packet.command != SMFIC_OPTNEG || peer_agree(&session->peer, packet.data) < 0) {
		drop(session, OUTCOME_PROTOCOL_ERROR, now_us, "negotiation");
		return;
	}
	load->opening--;
	load->figures.sessions_opened++;
	samples_add(&load->figures.negotiate, now_us - session->opened_at_us);
	session->awaited = 0;
	if (!session->idle) {
		begin_message(session, now_us);
		return;
	}
	session->state = SESSION_HOLDING;
	*session->due_us = NEVER;
	load->busy--;
	load->figures.idle_open++;
}

static void answered(struct session *session, struct peer_packet packet, uint64_t now_us)
{
	enum outcome outcome;
	enum walk_next next;

	*session->due_us = now_us + session->load->plan.timeout_us;
	next = walk_answer(session, packet, &outcome);
	if (next == WALK_ON)
		talk(session, now_us);
	else if (next == WALK_ERROR)
		drop(session, OUTCOME_PROTOCOL_ERROR, now_us, "unexpected or malformed answer");
	else if (next == WALK_END_MESSAGE || next == WALK_END_SESSION)
		end_message(session, outcome, next == WALK_END_SESSION, now_us);
}

static void take_packet(struct session *session, struct peer_packet packet, uint64_t now_us)
{
	if (session->state == SESSION_NEGOTIATING)
		negotiated(session, packet, now_us);
	else if (session->state == SESSION_TALKING && session->awaited != 0)
		answered(session, packet, now_us);
	else if (session->state != SESSION_LEAVING)
		drop(session, OUTCOME_PROTOCOL_ERROR, now_us, "an answer that nobody asked for");
}

static void take_packets(struct session *session, uint64_t now_us)
{
	size_t taken = 0;
	int fd = session->fd;

	while (session->fd == fd && fd >= 0) {
		struct peer_packet packet;
		long n = peer_packet_next((struct str){ session->in.p + taken, session->in.len - taken }, &packet);

		if (n < 0)
			drop(session, OUTCOME_PROTOCOL_ERROR, now_us, "packet length");
		if (n <= 0)
			break;
		taken += (size_t)n;
		take_packet(session, packet, now_us);
	}
	if (session->fd >= 0)
		peer_bytes_drop(&session->in, taken);
}

static void take_input(struct session *session, uint64_t now_us)
{
	static char buffer[READ_BYTES];
	ssize_t n = recv(session->fd, buffer, sizeof(buffer), 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0 && session->state == SESSION_LEAVING) {
		close_connection(session);
		rest(session, now_us);
	} else if (n <= 0) {
		drop(session, OUTCOME_DROPPED, now_us, n == 0 ? "end of file" : strerror(errno));
	} else {
		peer_bytes_append(&session->in, buffer, (size_t)n);
		take_packets(session, now_us);
	}
}

static void negotiate(struct session *session, uint64_t now_us)
{
	session->state = SESSION_NEGOTIATING;
	session->awaited = SMFIC_OPTNEG;
	peer_offer(&session->peer, &session->out, PEER_VERSION, PEER_ACTIONS, PEER_STEPS);
	(void)flush(session, now_us);
}

static void connected(struct session *session, uint64_t now_us)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(session->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (error != 0)
		drop(session, OUTCOME_REFUSED, now_us, strerror(error));
	else
		negotiate(session, now_us);
}

static void open_connection(struct session *session, uint64_t now_us)
{
	struct load *load = session->load;
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT, .data.ptr = session };
	int r;

	if (session->opened_at_us == 0)
		session->opened_at_us = now_us;
	r = dial_connect(&load->plan.dial, &session->fd);
	if (r == -EAGAIN && now_us - session->opened_at_us < load->plan.timeout_us) {
		load->figures.backlog_waits++;
		*session->due_us = now_us + BACKLOG_US;
		return;
	}
	if (r < 0 && r != -EINPROGRESS) {
		drop(session, r == -EAGAIN ? OUTCOME_TIMEOUT : OUTCOME_REFUSED, now_us, strerror(-r));
		return;
	}
	load->opening++;
	session->state = SESSION_CONNECTING;
	*session->due_us = now_us + load->plan.timeout_us;
	session->wants_write = true;
	if (epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, session->fd, &event) < 0)
		drop(session, OUTCOME_REFUSED, now_us, strerror(errno));
	else if (r == 0)
		negotiate(session, now_us);
}

static void begin(struct session *session, uint64_t now_us)
{
	if (session->message == NULL && !take_message(session, now_us)) {
		if (session->state == SESSION_PAUSED)
			leave(session, now_us);
		if (session->state == SESSION_WAITING)
			finish_session(session);
		return;
	}
	if (session->begun_at_us > now_us) {
		*session->due_us = session->begun_at_us;
		return;
	}
	if (session->state == SESSION_PAUSED)
		begin_message(session, now_us);
	else
		open_connection(session, now_us);
}

static void begin_idle(struct session *session, uint64_t now_us)
{
	if (session->load->opening < OPENING_MAX)
		open_connection(session, now_us);
	else
		*session->due_us = now_us + BACKLOG_US;
}

void session_init(struct session *session, struct load *load, uint64_t *due_us)
{
	*session = (struct session){ .load = load, .due_us = due_us, .fd = -1 };
	*due_us = 0;
	load->busy++;
}

void session_wake(struct session *session, uint64_t now_us)
{
	switch (session->state) {
	case SESSION_WAITING:
	case SESSION_PAUSED:
		if (session->idle)
			begin_idle(session, now_us);
		else
			begin(session, now_us);
		break;
	case SESSION_CONNECTING:
	case SESSION_NEGOTIATING:
	case SESSION_TALKING:
	case SESSION_LEAVING:
		drop(session, OUTCOME_TIMEOUT, now_us, "no answer in time");
		break;
	case SESSION_HOLDING:
	case SESSION_DONE:
		*session->due_us = NEVER;
	}
}

void session_ready(struct session *session, uint32_t events, uint64_t now_us)
{
	if (session->fd < 0)
		return;
	if (session->state == SESSION_CONNECTING) {
		connected(session, now_us);
		return;
	}
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		take_input(session, now_us);
	if ((events & EPOLLOUT) == 0 || session->fd < 0)
		return;
	if (session->state == SESSION_TALKING && session->awaited == 0)
		talk(session, now_us);
	else if (flush(session, now_us) && session->state == SESSION_LEAVING && session->out.len == 0) {
		close_connection(session);
		rest(session, now_us);
	}
}

void session_release(struct session *session)
{
	close_connection(session);
}

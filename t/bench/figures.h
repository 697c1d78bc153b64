/* SPDX-License-Identifier: GPL-2.0-or-later */
/* figures.h - what a run of the load generator has counted and measured, and how it is printed.
 *
 * Every message that was begun has exactly one outcome, so the outcomes add up to the messages. */
#ifndef OCTROI_BENCH_FIGURES_H
#define OCTROI_BENCH_FIGURES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum outcome {
	OUTCOME_ACCEPT,
	OUTCOME_REJECT,
	OUTCOME_TEMPFAIL,
	OUTCOME_QUARANTINE,
	OUTCOME_DISCARD,
	OUTCOME_DROPPED,	/* the filter closed the session in the middle */
	OUTCOME_REFUSED,	/* no connection could be made */
	OUTCOME_PROTOCOL_ERROR,
	OUTCOME_TIMEOUT,
	OUTCOMES
};

/* Durations in microseconds, every one of them kept: percentiles are exact. */
struct samples {
	uint32_t *us;
	size_t len;
	size_t size;
};

void samples_add(struct samples *samples, uint64_t us);
void samples_release(struct samples *samples);

/* The smallest duration that is not below share (0..1) of all, in milliseconds; 0 when there is none. Sorts. */
double samples_percentile_ms(struct samples *samples, double share);

/* One population of messages. */
struct message_figures {
	uint64_t outcomes[OUTCOMES];
	uint64_t unmarked;		/* accepted without the header that --require-header names */
	struct samples eom;		/* from the last packet of a message to the filter's answer */
	struct samples whole;		/* from the start of the message, or of its session when it is the first there */
};

struct figures {
	double elapsed_s;
	uint64_t size_bytes;		/* of the messages that reached their end */
	struct message_figures plain;
	struct message_figures slow;	/* those of marked sessions */
	uint64_t sessions_opened;
	uint64_t sessions_refused;	/* connect(2) failed: nobody listens */
	uint64_t sessions_dropped;	/* closed by the filter while a message was on its way */
	uint64_t sessions_dropped_idle;	/* closed by the filter between messages, or while it was to stay */
	uint64_t backlog_waits;		/* connect(2) had to wait for room in the queue of the listening socket */
	uint64_t rcpts_refused;
	uint64_t edits;
	uint64_t progress;
	uint64_t idle_wanted, idle_open;	/* open: still there at the end */
	struct samples negotiate;	/* from connect(2) to the agreement */
	char last_error[160];
};

const char *outcome_name(enum outcome outcome);

uint64_t figures_now_us(void);
uint64_t figures_messages(const struct message_figures *figures);
void figures_release(struct figures *figures);

/* One JSON object on a line, or a table for people. Both sort the samples. */
void figures_print_json(struct figures *figures, FILE *out);
void figures_print_text(struct figures *figures, FILE *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deadlines.h - a thread that calls functions when their time has come. Every function may be called from any thread. */
#ifndef OCTROI_LOOKUP_DEADLINES_H
#define OCTROI_LOOKUP_DEADLINES_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct deadlines;

/* Part of what has a deadline; zeroed at first. */
struct deadline {
	uint64_t due_ms;	/* monotonic */
	size_t place;		/* private to deadlines.c; 0: it is not set */
	void (*fn)(struct deadline *deadline);
};

/* Starts the thread, with all signals blocked. NULL with errno set when the system has none. */
struct deadlines *deadlines_new(void);

/* Ends the thread when the function it is in has returned; what is set still is not called. NULL is allowed. */
void deadlines_free(struct deadlines *deadlines);

/* deadline->fn(deadline) is called once, at due_ms or as soon after it as the thread can. It must not be set already. */
void deadline_set(struct deadlines *deadlines, struct deadline *deadline, uint64_t due_ms);

/* Returns whether it was set: fn will not be called then. Otherwise fn has been called, is being called, or is about to be: whatever
 * keeps the deadline in memory is fn's to release. */
bool deadline_clear(struct deadlines *deadlines, struct deadline *deadline);

/* A condition on the monotonic clock, and waiting for it until until_ms, or less. */
void condition_init(pthread_cond_t *condition);
void condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, uint64_t until_ms);

#endif

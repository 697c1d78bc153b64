/* SPDX-License-Identifier: GPL-2.0-or-later */
/* backoff.h - how long to wait before a process that keeps crashing is started again. */
#ifndef OCTROI_BACKOFF_H
#define OCTROI_BACKOFF_H

#include <stdint.h>

enum {
	BACKOFF_FREE = 5,		/* crashes within BACKOFF_WINDOW_MS that cost no waiting */
	BACKOFF_WINDOW_MS = 10000,
	BACKOFF_MAX_MS = 5000,
	BACKOFF_CALM_MS = 60000,	/* a process that lived so long starts afresh */
};

/* Zeroed at the start. */
struct backoff {
	uint64_t crashed_at_ms[BACKOFF_FREE];	/* a ring */
	unsigned crashes;
	unsigned wait_ms;
};

/* Notes a crash at now_ms (monotonic). Returns the milliseconds to wait: 0, and from the fifth crash within ten seconds on
 * 1, 2, 4 ... up to 5 seconds, until a process has lived for a minute. */
unsigned backoff_crash(struct backoff *backoff, uint64_t now_ms);

#endif

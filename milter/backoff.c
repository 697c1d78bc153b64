/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/backoff.h"

#include <stdbool.h>
#include <string.h>

static uint64_t last_crash(const struct backoff *backoff)
{
	return backoff->crashed_at_ms[(backoff->crashes + BACKOFF_FREE - 1) % BACKOFF_FREE];
}

static bool too_many(const struct backoff *backoff, uint64_t now_ms)
{
	/* The ring is full: its next place holds the oldest crash. */
	return backoff->crashes >= BACKOFF_FREE &&
	       now_ms - backoff->crashed_at_ms[backoff->crashes % BACKOFF_FREE] <= BACKOFF_WINDOW_MS;
}

unsigned backoff_crash(struct backoff *backoff, uint64_t now_ms)
{
	if (backoff->crashes > 0 && now_ms - last_crash(backoff) > BACKOFF_CALM_MS)
		memset(backoff, 0, sizeof(*backoff));
	backoff->crashed_at_ms[backoff->crashes++ % BACKOFF_FREE] = now_ms;
	if (backoff->wait_ms > 0)
		backoff->wait_ms = backoff->wait_ms * 2 < BACKOFF_MAX_MS ? backoff->wait_ms * 2 : BACKOFF_MAX_MS;
	else if (too_many(backoff, now_ms))
		backoff->wait_ms = 1000;
	return backoff->wait_ms;
}

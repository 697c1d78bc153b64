/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/clock.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

static int64_t (*_Atomic shift)(void);
static bool frozen;
static uint64_t frozen_monotonic_ms, frozen_wall_ms;

static uint64_t read_ms(clockid_t id)
{
	struct timespec now;

	(void)clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t clock_monotonic_ms(void)
{
	return frozen ? frozen_monotonic_ms : read_ms(CLOCK_MONOTONIC);
}

uint64_t clock_wall_ms(void)
{
	int64_t (*shift_ms)(void) = atomic_load_explicit(&shift, memory_order_relaxed);

	if (frozen)
		return frozen_wall_ms;
	return read_ms(CLOCK_REALTIME) + (shift_ms == NULL ? 0 : (uint64_t)shift_ms());
}

void clock_shift(int64_t (*shift_ms)(void))
{
	atomic_store(&shift, shift_ms);
}

void clock_freeze(uint64_t monotonic_ms, uint64_t wall_ms)
{
	frozen = true;
	frozen_monotonic_ms = monotonic_ms;
	frozen_wall_ms = wall_ms;
}

void clock_thaw(void)
{
	frozen = false;
}

int clock_left_ms(uint64_t deadline_ms)
{
	uint64_t now_ms = clock_monotonic_ms();

	if (deadline_ms <= now_ms)
		return 0;
	return deadline_ms - now_ms > INT_MAX ? INT_MAX : (int)(deadline_ms - now_ms);
}

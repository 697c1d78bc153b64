/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock.h - time in milliseconds: monotonic for limits and deadlines, wall clock for dates.
 * Tests set both with clock_freeze, or shift the latter. */
#ifndef OCTROI_BASE_CLOCK_H
#define OCTROI_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds since some moment in the past; never goes back. */
uint64_t clock_monotonic_ms(void);

/* Milliseconds since 1970-01-01 00:00 UTC. */
uint64_t clock_wall_ms(void);

/* From now on both clocks stand at these values. Tests only; not while other threads run. */
void clock_freeze(uint64_t monotonic_ms, uint64_t wall_ms);

/* From now on the wall clock is that of the system and so much more: for programs of tests, which let weeks pass while others run. shift_ms is called
 * from any thread. The program that is installed never calls it. NULL: the system's again. */
void clock_shift(int64_t (*shift_ms)(void));

/* Back to the system's clocks. */
void clock_thaw(void);

/* Milliseconds from now until deadline_ms (monotonic), 0 when it has passed; capped to INT_MAX for poll(2). */
int clock_left_ms(uint64_t deadline_ms);

#endif

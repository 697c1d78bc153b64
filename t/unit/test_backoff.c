/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include "milter/backoff.h"

#define CRASHES_MAX 12

static const struct row {
	const char *name;
	uint64_t at_ms[CRASHES_MAX];		/* 0 ends them */
	unsigned wait_ms[CRASHES_MAX];
} rows[] = {
	{ "one_crash_costs_no_waiting", { 5 }, { 0 } },
	{ "four_crashes_at_once_cost_no_waiting", { 5, 5, 6, 7 }, { 0, 0, 0, 0 } },
	{ "the_fifth_within_ten_seconds_waits_and_waits_grow_RES_09",
	  { 1, 2, 3, 4, 5, 1006, 3007, 7008, 15009, 31010, 61011 },
	  { 0, 0, 0, 0, 1000, 2000, 4000, 5000, 5000, 5000, 5000 } },
	{ "five_within_exactly_ten_seconds", { 1, 2, 3, 4, 10001 }, { 0, 0, 0, 0, 1000 } },
	{ "five_within_more_than_ten_seconds", { 1, 2, 3, 4, 10002 }, { 0, 0, 0, 0, 0 } },
	{ "the_window_slides", { 1, 9000, 9001, 9002, 11000, 11001 }, { 0, 0, 0, 0, 0, 1000 } },
	{ "a_process_that_lived_for_a_minute_starts_afresh", { 1, 2, 3, 4, 5, 60006, 60007 }, { 0, 0, 0, 0, 1000, 0, 0 } },
	{ "one_that_lived_for_just_less_does_not", { 1, 2, 3, 4, 5, 60005 }, { 0, 0, 0, 0, 1000, 2000 } },
};

static void check(void **state)
{
	const struct row *row = *state;
	struct backoff backoff = { .crashes = 0 };

	for (size_t i = 0; i < CRASHES_MAX && row->at_ms[i] != 0; i++)
		assert_int_equal(backoff_crash(&backoff, row->at_ms[i]), row->wait_ms[i]);
}

int main(void)
{
	static struct rows tests;

	rows_add(&tests, rows, check);
	return rows_run(&tests, "backoff");
}

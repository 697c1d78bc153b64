/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/clock.h"

#include <limits.h>
#include <time.h>

#include "t/unit/rows.h"

static void a_frozen_clock_stands(void **state)
{
	(void)state;
	clock_freeze(1000, 1700000000000);
	assert_int_equal(clock_monotonic_ms(), 1000);
	assert_int_equal(clock_wall_ms(), 1700000000000);
	clock_freeze(1001, 1);
	assert_int_equal(clock_monotonic_ms(), 1001);
	assert_int_equal(clock_wall_ms(), 1);
	clock_thaw();
}

static void a_thawed_clock_is_the_system_s(void **state)
{
	time_t before, after;
	uint64_t wall_ms, first_ms;

	(void)state;
	clock_freeze(5, 5);
	clock_thaw();
	before = time(NULL);
	wall_ms = clock_wall_ms();
	after = time(NULL);
	assert_in_range(wall_ms / 1000, (uint64_t)before - 1, (uint64_t)after + 1);
	first_ms = clock_monotonic_ms();
	for (int i = 0; i < 1000; i++)
		assert_true(clock_monotonic_ms() >= first_ms);
}

static int64_t two_days_ahead(void)
{
	return 2 * 86400 * INT64_C(1000);
}

static void a_shifted_clock_goes_on_ahead(void **state)
{
	time_t now = time(NULL);
	uint64_t monotonic_ms = clock_monotonic_ms();

	(void)state;
	clock_shift(two_days_ahead);
	assert_in_range(clock_wall_ms() / 1000, (uint64_t)now + 2 * 86400 - 1, (uint64_t)now + 2 * 86400 + 3600);
	assert_true(clock_monotonic_ms() - monotonic_ms < 86400000);
	clock_freeze(7, 7);
	assert_int_equal(clock_wall_ms(), 7);
	clock_thaw();
	clock_shift(NULL);
	assert_in_range(clock_wall_ms() / 1000, (uint64_t)now - 1, (uint64_t)now + 3600);
}

static const struct left {
	const char *name;
	uint64_t now_ms, deadline_ms;
	int expected_ms;
} left_table[] = {
	{ "time_is_left", 1000, 1250, 250 },
	{ "the_deadline_is_now", 1000, 1000, 0 },
	{ "the_deadline_has_passed", 1000, 999, 0 },
	{ "a_deadline_of_zero", 1000, 0, 0 },
	{ "never_is_capped_for_poll", 1000, UINT64_MAX, INT_MAX },
	{ "one_over_the_cap", 1000, 1000 + (uint64_t)INT_MAX + 1, INT_MAX },
	{ "just_the_cap", 1000, 1000 + (uint64_t)INT_MAX, INT_MAX },
	{ "beyond_2038_RES_07", 4102444800000, 4102444800500, 500 },
};

static void check_left(void **state)
{
	const struct left *row = *state;

	clock_freeze(row->now_ms, 0);
	assert_int_equal(clock_left_ms(row->deadline_ms), row->expected_ms);
	clock_thaw();
}

int main(void)
{
	static struct rows rows;

	rows_add_one(&rows, "a_frozen_clock_stands", a_frozen_clock_stands, NULL);
	rows_add_one(&rows, "a_thawed_clock_is_the_system_s", a_thawed_clock_is_the_system_s, NULL);
	rows_add_one(&rows, "a_shifted_clock_goes_on_ahead", a_shifted_clock_goes_on_ahead, NULL);
	rows_add(&rows, left_table, check_left);
	return rows_run(&rows, "clock");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/deadlines.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "milter/base/arena.h"
#include "milter/base/clock.h"
#include "t/unit/rows.h"

#define EVENTUALLY_MS 30000	/* only what is broken takes so long */
#define NEVER_MS (1000 * (uint64_t)EVENTUALLY_MS)

struct event {
	struct deadline deadline;
	atomic_uint_fast64_t called_at_ms;
	atomic_uint calls;
	unsigned order;
};

static atomic_uint calls;

static void on_due(struct deadline *deadline)
{
	struct event *event = (struct event *)deadline;

	event->called_at_ms = clock_monotonic_ms();
	event->order = calls;
	atomic_fetch_add(&event->calls, 1);
	atomic_fetch_add(&calls, 1);
}

static struct event *events_new(size_t len)
{
	struct event *events = xcalloc(len, sizeof(*events));

	for (size_t i = 0; i < len; i++)
		events[i].deadline.fn = on_due;
	calls = 0;
	return events;
}

static void wait_for_calls(unsigned wanted)
{
	uint64_t until_ms = clock_monotonic_ms() + EVENTUALLY_MS;

	while (calls < wanted && clock_monotonic_ms() < until_ms)
		(void)usleep(500);
	assert_true(calls >= wanted);
}

static void each_is_called_once_and_not_before_its_time(void **state)
{
	enum { LEN = 1000 };
	struct deadlines *deadlines = deadlines_new();
	struct event *events = events_new(LEN);
	uint64_t now_ms = clock_monotonic_ms();

	(void)state;
	for (unsigned i = 0; i < LEN; i++)
		deadline_set(deadlines, &events[i].deadline, now_ms + i * 7919u % 50);
	wait_for_calls(LEN);
	for (unsigned i = 0; i < LEN; i++) {
		assert_int_equal(events[i].calls, 1);
		assert_true(events[i].called_at_ms >= now_ms + i * 7919u % 50);
	}
	deadlines_free(deadlines);
	free(events);
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void pass_gate(struct deadline *deadline)
{
	(void)pthread_mutex_lock(&gate);
	(void)pthread_mutex_unlock(&gate);
	on_due(deadline);
}

static void they_are_called_in_the_order_in_which_they_are_due(void **state)
{
	enum { LEN = 2000, SPREAD_MS = 100 };
	struct deadlines *deadlines = deadlines_new();
	struct event *events = events_new(LEN + 1), *by_order[LEN + 1];
	uint64_t due_ms = clock_monotonic_ms() + 20;
	unsigned seed = 1;

	(void)state;
	(void)pthread_mutex_lock(&gate);	/* nothing is called before all are set, however slow this thread is */
	events[LEN].deadline.fn = pass_gate;
	deadline_set(deadlines, &events[LEN].deadline, 0);
	for (unsigned i = 0; i < LEN; i++)
		deadline_set(deadlines, &events[i].deadline, due_ms + (unsigned)rand_r(&seed) % SPREAD_MS);
	for (unsigned i = 0; i < LEN; i += 3)
		assert_true(deadline_clear(deadlines, &events[i].deadline));
	for (unsigned i = 0; i < LEN; i += 3)
		deadline_set(deadlines, &events[i].deadline, due_ms + (unsigned)rand_r(&seed) % SPREAD_MS);
	(void)pthread_mutex_unlock(&gate);
	wait_for_calls(LEN + 1);
	for (unsigned i = 0; i <= LEN; i++)
		by_order[events[i].order] = &events[i];
	for (unsigned i = 1; i <= LEN; i++)
		assert_true(by_order[i - 1]->deadline.due_ms <= by_order[i]->deadline.due_ms);
	deadlines_free(deadlines);
	free(events);
}

static void an_earlier_one_does_not_wait_for_a_later(void **state)
{
	struct deadlines *deadlines = deadlines_new();
	struct event *events = events_new(2);

	(void)state;
	deadline_set(deadlines, &events[0].deadline, clock_monotonic_ms() + NEVER_MS);
	(void)usleep(2000);	/* its thread sleeps */
	deadline_set(deadlines, &events[1].deadline, clock_monotonic_ms() + 1);
	wait_for_calls(1);
	assert_int_equal(events[0].calls, 0);
	assert_int_equal(events[1].calls, 1);
	assert_true(deadline_clear(deadlines, &events[0].deadline));
	deadlines_free(deadlines);
	free(events);
}

static void one_that_was_cleared_is_not_called(void **state)
{
	enum { LEN = 300 };
	struct deadlines *deadlines = deadlines_new();
	struct event *events = events_new(LEN + 1);
	uint64_t due_ms = clock_monotonic_ms() + 20;
	bool cleared[LEN];

	(void)state;
	for (unsigned i = 0; i < LEN; i++)
		deadline_set(deadlines, &events[i].deadline, due_ms);
	for (unsigned i = 0; i < LEN; i++)
		cleared[i] = deadline_clear(deadlines, &events[i].deadline);
	deadline_set(deadlines, &events[LEN].deadline, due_ms + 1);
	wait_for_calls(1);
	while (events[LEN].calls == 0)
		(void)usleep(500);
	for (unsigned i = 0; i < LEN; i++)
		assert_true(cleared[i] ? events[i].calls == 0 : events[i].calls == 1);
	assert_false(deadline_clear(deadlines, &events[LEN].deadline));
	deadlines_free(deadlines);
	free(events);
}

static void one_that_was_called_may_be_set_again(void **state)
{
	struct deadlines *deadlines = deadlines_new();
	struct event *events = events_new(1);

	(void)state;
	for (unsigned i = 1; i <= 3; i++) {
		deadline_set(deadlines, &events[0].deadline, clock_monotonic_ms());
		wait_for_calls(i);
	}
	assert_int_equal(events[0].calls, 3);
	deadlines_free(deadlines);
	free(events);
}

static void what_is_set_at_the_end_is_not_called(void **state)
{
	struct deadlines *deadlines = deadlines_new();
	struct event *events = events_new(1);

	(void)state;
	deadline_set(deadlines, &events[0].deadline, clock_monotonic_ms() + NEVER_MS);
	deadlines_free(deadlines);
	deadlines_free(NULL);
	assert_int_equal(events[0].calls, 0);
	free(events);
}

/* What fn or the one that clears must release is released exactly once. */
static void *set_and_clear(void *arg)
{
	enum { ROUNDS = 3000 };
	struct deadlines *deadlines = arg;
	struct event *events = xcalloc(ROUNDS, sizeof(*events));
	unsigned seed = (unsigned)(uintptr_t)events, cleared = 0;
	uint64_t until_ms = clock_monotonic_ms() + EVENTUALLY_MS;
	size_t called = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		events[i].deadline.fn = on_due;
		deadline_set(deadlines, &events[i].deadline, clock_monotonic_ms() + (unsigned)rand_r(&seed) % 3);
		cleared += deadline_clear(deadlines, &events[(unsigned)rand_r(&seed) % (i + 1)].deadline);
	}
	while (called + cleared < ROUNDS && clock_monotonic_ms() < until_ms) {
		(void)usleep(1000);
		called = 0;
		for (unsigned i = 0; i < ROUNDS; i++)
			called += events[i].calls;
	}
	free(events);
	return called + cleared == ROUNDS ? deadlines : NULL;
}

static void many_threads_set_and_clear(void **state)
{
	struct deadlines *deadlines = deadlines_new();
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, set_and_clear, deadlines), 0);
	for (size_t i = 0; i < 4; i++) {
		void *passed = NULL;

		assert_int_equal(pthread_join(threads[i], &passed), 0);
		assert_ptr_equal(passed, deadlines);
	}
	deadlines_free(deadlines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_called_once_and_not_before_its_time),
		cmocka_unit_test(they_are_called_in_the_order_in_which_they_are_due),
		cmocka_unit_test(an_earlier_one_does_not_wait_for_a_later),
		cmocka_unit_test(one_that_was_cleared_is_not_called),
		cmocka_unit_test(one_that_was_called_may_be_set_again),
		cmocka_unit_test(what_is_set_at_the_end_is_not_called),
		cmocka_unit_test(many_threads_set_and_clear),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("deadlines", tests, NULL, NULL);
}

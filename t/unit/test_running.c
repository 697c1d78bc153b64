/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/running.h"

#include <pthread.h>
#include <semaphore.h>

#include "milter/base/clock.h"
#include "milter/model/scanner.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { NULL };

static void nothing_runs(void **state)
{
	(void)state;
	clock_freeze(5000, 0);
	assert_int_equal(running_oldest_ms(), 0);
	running_leave();	/* of a thread that never entered */
	assert_int_equal(running_oldest_ms(), 0);
	clock_thaw();
}

static void a_callback_is_as_old_as_it_runs(void **state)
{
	(void)state;
	clock_freeze(1000, 0);
	running_enter();
	assert_int_equal(running_oldest_ms(), 0);
	clock_freeze(1250, 0);
	assert_int_equal(running_oldest_ms(), 250);
	running_leave();
	assert_int_equal(running_oldest_ms(), 0);
	running_enter();
	clock_freeze(1260, 0);
	assert_int_equal(running_oldest_ms(), 10);
	running_leave();
	clock_thaw();
}

static sem_t entered, may_leave;

static void *run_callback(void *unused)
{
	(void)unused;
	running_enter();
	(void)sem_post(&entered);
	(void)sem_wait(&may_leave);
	running_leave();
	(void)sem_post(&entered);
	(void)sem_wait(&may_leave);
	return NULL;
}

static void the_oldest_of_all_threads_counts(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(sem_init(&entered, 0, 0), 0);
	assert_int_equal(sem_init(&may_leave, 0, 0), 0);
	clock_freeze(1000, 0);
	assert_int_equal(pthread_create(&thread, NULL, run_callback, NULL), 0);
	(void)sem_wait(&entered);
	clock_freeze(1100, 0);
	running_enter();
	clock_freeze(1150, 0);
	assert_int_equal(running_oldest_ms(), 150);
	(void)sem_post(&may_leave);
	(void)sem_wait(&entered);
	assert_int_equal(running_oldest_ms(), 50);
	running_leave();
	assert_int_equal(running_oldest_ms(), 0);
	(void)sem_post(&may_leave);
	assert_int_equal(pthread_join(thread, NULL), 0);
	clock_thaw();
}

static void *end_inside(void *unused)
{
	(void)unused;
	running_enter();
	return NULL;
}

/* Were a thread's place not given back, the self-nudge would go on for ever. */
static void a_thread_that_ends_inside_runs_no_longer(void **state)
{
	pthread_t thread;

	(void)state;
	clock_freeze(1000, 0);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(pthread_create(&thread, NULL, end_inside, NULL), 0);
		assert_int_equal(pthread_join(thread, NULL), 0);
	}
	clock_freeze(9000, 0);
	assert_int_equal(running_oldest_ms(), 0);
	clock_thaw();
}

static void *enter_and_leave(void *unused)
{
	(void)unused;
	for (int i = 0; i < 20000; i++) {
		running_enter();
		(void)running_oldest_ms();
		running_leave();
	}
	return NULL;
}

static void threads_do_not_hinder_each_other(void **state)
{
	pthread_t threads[8];

	(void)state;
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, enter_and_leave, NULL), 0);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(running_oldest_ms(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_runs),
		cmocka_unit_test(a_callback_is_as_old_as_it_runs),
		cmocka_unit_test(the_oldest_of_all_threads_counts),
		cmocka_unit_test(a_thread_that_ends_inside_runs_no_longer),
		cmocka_unit_test(threads_do_not_hinder_each_other),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("running", tests, NULL, NULL);
}

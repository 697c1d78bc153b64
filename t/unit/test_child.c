/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "milter/child.h"
#include "milter/isolate/frame.h"

static void exit_0(int control, void *arg) { (void)control, (void)arg; _exit(0); }
static void exit_3(int control, void *arg) { (void)control, (void)arg; _exit(3); }
static void come_back(int control, void *arg) { (void)control, (void)arg; }

static void die(int control, void *arg)
{
	(void)control, (void)arg;
	(void)signal(SIGABRT, SIG_DFL);
	(void)raise(SIGABRT);
}

static void stay(int control, void *arg)
{
	struct frame frame;

	(void)arg;
	(void)frame_receive(control, &frame, NULL, 0, UINT64_MAX);
	_exit(0);
}

static const struct row {
	const char *name;
	void (*run)(int control, void *arg);
	bool kill;
	bool clean;
	const char *how;
} rows[] = {
	{ "ends_by_itself", exit_0, false, true, "ended with status 0" },
	{ "ends_with_a_failure", exit_3, false, false, "ended with status 3" },
	{ "never_goes_on_as_the_supervisor", come_back, false, false, "ended with status 1" },
	{ "dies_of_a_signal", die, false, false, "was killed by SIGABRT" },
	{ "is_killed", stay, true, false, "was killed by SIGKILL" },
};

static void wait_for_end(const struct child *child)
{
	struct pollfd ended = { .fd = child->pidfd, .events = POLLIN };

	assert_int_equal(poll(&ended, 1, -1), 1);
}

static void check(void **state)
{
	const struct row *row = *state;
	struct child *children = NULL, *child;
	char how[CHILD_TEXT_MAX];
	bool clean;

	child = child_start(&children, CHILD_FILTER, row->run, NULL);
	assert_non_null(child);
	assert_ptr_equal(children, child);
	assert_int_equal(child->state, CHILD_STARTING);
	if (row->kill) {
		assert_false(child_reap(child, how, &clean));
		child_kill(child);
	}
	wait_for_end(child);
	assert_true(child_reap(child, how, &clean));
	assert_string_equal(how, row->how);
	assert_int_equal(clean, row->clean);
	child_detach(&children, child);
	child_free(child);
	assert_null(children);
}

/* A filter that held the zygote's control open would keep it alive after the supervisor's end. */
static void the_second_holds_nothing_of_the_first(void **state)
{
	struct child *children = NULL, *first, *second;
	char how[CHILD_TEXT_MAX];
	bool clean;

	(void)state;
	first = child_start(&children, CHILD_ZYGOTE, stay, NULL);
	second = child_start(&children, CHILD_FILTER, stay, NULL);
	assert_int_equal(child_count(children, CHILD_ZYGOTE), 1);
	assert_ptr_equal(child_find(children, CHILD_FILTER, CHILD_STARTING), second);
	assert_null(child_find(children, CHILD_FILTER, CHILD_SERVING));
	(void)close(first->control);
	first->control = -1;
	wait_for_end(first);		/* hangs when the second has it open */
	assert_true(child_reap(first, how, &clean));
	assert_true(clean);
	child_detach(&children, first);
	assert_ptr_equal(children, second);
	child_kill(second);
	wait_for_end(second);
	assert_true(child_reap(second, how, &clean));
	child_detach(&children, second);
	child_free(first);
	child_free(second);
}

static void report(int control, void *arg)
{
	struct frame frame;

	frame_start(&frame, 7);
	frame_put_u64(&frame, *(const uint64_t *)arg);
	(void)frame_send(control, &frame, NULL, 0, clock_monotonic_ms() + 5000);
	_exit(0);
}

static void what_it_said_is_there_after_its_end(void **state)
{
	struct child *children = NULL, *child;
	uint64_t number = 42;
	struct frame frame;
	char how[CHILD_TEXT_MAX];
	bool clean;

	(void)state;
	child = child_start(&children, CHILD_FILTER, report, &number);
	wait_for_end(child);
	assert_int_equal(frame_receive(child->control, &frame, NULL, 0, 0), 0);
	assert_int_equal(frame.kind, 7);
	assert_int_equal(frame_get_u64(&frame), 42);
	assert_int_equal(frame_receive(child->control, &frame, NULL, 0, 0), -EPIPE);
	assert_true(child_reap(child, how, &clean));
	child_detach(&children, child);
	child_free(child);
}

int main(void)
{
	static struct rows tests;

	rows_add(&tests, rows, check);
	rows_add_one(&tests, "the_second_holds_nothing_of_the_first", the_second_holds_nothing_of_the_first, NULL);
	rows_add_one(&tests, "what_it_said_is_there_after_its_end", what_it_said_is_there_after_its_end, NULL);
	return rows_run(&tests, "child");
}

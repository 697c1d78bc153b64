/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/deadlines.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "milter/base/arena.h"
#include "milter/base/clock.h"

struct deadlines {
	pthread_mutex_t lock;
	pthread_cond_t earlier;		/* the first one has changed, or ending */
	pthread_t thread;
	bool ending;
	struct deadline **heap;		/* from 1: none is due before the one at half its place */
	size_t len, capacity;
};

void condition_init(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(condition, &attributes);
	(void)pthread_condattr_destroy(&attributes);
}

/* By the time that is left, not the moment itself: a test may have set clock.h. */
void condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, uint64_t until_ms)
{
	int left_ms = clock_left_ms(until_ms);
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += left_ms / 1000;
	until.tv_nsec += left_ms % 1000 * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	(void)pthread_cond_timedwait(condition, lock, &until);
}

static void place(struct deadlines *deadlines, struct deadline *deadline, size_t at)
{
	deadlines->heap[at] = deadline;
	deadline->place = at;
}

/* Moves what is due earlier than those above it upwards. */
static void rise(struct deadlines *deadlines, struct deadline *deadline, size_t at)
{
	for (; at > 1 && deadlines->heap[at / 2]->due_ms > deadline->due_ms; at /= 2)
		place(deadlines, deadlines->heap[at / 2], at);
	place(deadlines, deadline, at);
}

static void sink(struct deadlines *deadlines, struct deadline *deadline, size_t at)
{
	for (size_t child = at * 2; child <= deadlines->len; child = at * 2) {
		if (child < deadlines->len && deadlines->heap[child + 1]->due_ms < deadlines->heap[child]->due_ms)
			child++;
		if (deadlines->heap[child]->due_ms >= deadline->due_ms)
			break;
		place(deadlines, deadlines->heap[child], at);
		at = child;
	}
	place(deadlines, deadline, at);
}

static void take(struct deadlines *deadlines, struct deadline *deadline)
{
	size_t at = deadline->place;
	struct deadline *last = deadlines->heap[deadlines->len--];

	deadline->place = 0;
	if (last == deadline)
		return;
	if (at > 1 && deadlines->heap[at / 2]->due_ms > last->due_ms)
		rise(deadlines, last, at);
	else
		sink(deadlines, last, at);
}

/* With the lock held; without it while the function runs. */
static void call_first(struct deadlines *deadlines)
{
	struct deadline *deadline = deadlines->heap[1];

	take(deadlines, deadline);
	(void)pthread_mutex_unlock(&deadlines->lock);
	deadline->fn(deadline);
	(void)pthread_mutex_lock(&deadlines->lock);
}

static void *run(void *arg)
{
	struct deadlines *deadlines = arg;

	(void)pthread_mutex_lock(&deadlines->lock);
	while (!deadlines->ending) {
		if (deadlines->len == 0)
			(void)pthread_cond_wait(&deadlines->earlier, &deadlines->lock);
		else if (clock_left_ms(deadlines->heap[1]->due_ms) > 0)
			condition_wait_until(&deadlines->earlier, &deadlines->lock, deadlines->heap[1]->due_ms);
		else
			call_first(deadlines);
	}
	(void)pthread_mutex_unlock(&deadlines->lock);
	return NULL;
}

static int start_thread(struct deadlines *deadlines)
{
	sigset_t all, before;
	int r;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&deadlines->thread, NULL, run, deadlines);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

static void release(struct deadlines *deadlines)
{
	(void)pthread_cond_destroy(&deadlines->earlier);
	(void)pthread_mutex_destroy(&deadlines->lock);
	free(deadlines->heap);
	free(deadlines);
}

struct deadlines *deadlines_new(void)
{
	struct deadlines *deadlines = xcalloc(1, sizeof(*deadlines));
	int r;

	(void)pthread_mutex_init(&deadlines->lock, NULL);
	condition_init(&deadlines->earlier);
	r = start_thread(deadlines);
	if (r == 0)
		return deadlines;
	release(deadlines);
	errno = r;
	return NULL;
}

void deadlines_free(struct deadlines *deadlines)
{
	if (deadlines == NULL)
		return;
	(void)pthread_mutex_lock(&deadlines->lock);
	deadlines->ending = true;
	(void)pthread_cond_signal(&deadlines->earlier);
	(void)pthread_mutex_unlock(&deadlines->lock);
	(void)pthread_join(deadlines->thread, NULL);
	release(deadlines);
}

static void make_room(struct deadlines *deadlines)
{
	struct deadline **larger;

	if (deadlines->len + 1 < deadlines->capacity)
		return;
	deadlines->capacity = deadlines->capacity == 0 ? 64 : deadlines->capacity * 2;
	larger = xcalloc(deadlines->capacity, sizeof(struct deadline *));
	for (size_t i = 1; i <= deadlines->len; i++)
		larger[i] = deadlines->heap[i];
	free(deadlines->heap);
	deadlines->heap = larger;
}

void deadline_set(struct deadlines *deadlines, struct deadline *deadline, uint64_t due_ms)
{
	(void)pthread_mutex_lock(&deadlines->lock);
	make_room(deadlines);
	deadline->due_ms = due_ms;
	rise(deadlines, deadline, ++deadlines->len);
	if (deadline->place == 1)
		(void)pthread_cond_signal(&deadlines->earlier);
	(void)pthread_mutex_unlock(&deadlines->lock);
}

bool deadline_clear(struct deadlines *deadlines, struct deadline *deadline)
{
	bool was_set;

	(void)pthread_mutex_lock(&deadlines->lock);
	was_set = deadline->place != 0;
	if (was_set)
		take(deadlines, deadline);
	(void)pthread_mutex_unlock(&deadlines->lock);
	return was_set;
}

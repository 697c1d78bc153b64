/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/isolate/pool_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/isolate/examiner.h"
#include "milter/isolate/zygote.h"

enum {
	PATIENCE_MS = 5,		/* a waiter of this age has one more examiner forked */
	SEND_MS = 1000,			/* a zygote that does not read for so long is as good as dead */
	START_MS = 30 * 1000,		/* to warm up */
	RETRY_MS = 50, RETRY_MS_MAX = 5000,
	SWEEP_MS = 1000,
	SURPLUS_MS = 30 * 1000,		/* an idle examiner that was not needed for so long, and is one too many, ends */
	CALM_MS = 10 * 1000,		/* demand of so long ago counts half */
};

/* After a failure the next try waits, each time longer: a system without memory is not helped by more forks. */
static void note_failure(struct pool *pool)
{
	uint64_t wait_ms = RETRY_MS;

	for (unsigned i = 0; i < pool->failures && wait_ms < RETRY_MS_MAX; i++)
		wait_ms *= 2;
	pool->failures++;
	pool->retry_at_ms = clock_monotonic_ms() + (wait_ms < RETRY_MS_MAX ? wait_ms : RETRY_MS_MAX);
	(void)pthread_mutex_lock(&pool->lock);
	pool->stats.unfit++;
	(void)pthread_mutex_unlock(&pool->lock);
}

static void end_starting(struct pool *pool, size_t index)
{
	examiner_end(pool->starting[index]);
	pool->starting[index] = pool->starting[--pool->starting_len];
}

/* The zygote is gone; what it promised will not come. Examiners that it has forked can do without it. */
static void close_channel(struct pool *pool)
{
	pool->channel = close_fd(pool->channel);
	pool->asked = 0;
}

/* Takes over what pool_set_zygote left. Call with the lock held. */
static void adopt_channel(struct pool *pool)
{
	if (pool->generation == pool->channel_generation)
		return;
	close_channel(pool);
	while (pool->starting_len > 0)
		end_starting(pool, 0);
	pool->channel = pool->next_channel;
	pool->next_channel = -1;
	pool->channel_generation = pool->generation;
	pool->failures = 0;
	pool->retry_at_ms = 0;
}

static size_t count_impatient(const struct pool *pool, uint64_t now_ms)
{
	size_t count = 0;

	for (const struct waiter *waiter = pool->waiters; waiter != NULL; waiter = waiter->next)
		count += waiter->since_ms + PATIENCE_MS <= now_ms;
	return count;
}

/* How many forks to ask for now. Call with the lock held. */
static size_t count_wanted(const struct pool *pool, uint64_t now_ms)
{
	size_t coming = pool->asked + pool->starting_len;
	size_t have = pool->idle_len + coming;
	size_t goal = pool_spare_wanted(pool) + count_impatient(pool, now_ms);
	size_t all = have + pool->busy;
	size_t room = pool->settings.max > all ? pool->settings.max - all : 0;
	size_t wanted;

	if (pool->channel < 0 || now_ms < pool->retry_at_ms)
		return 0;
	if (goal == 0 && pool->ready_generation != pool->generation)
		goal = 1;	/* a new zygote has to show that it works */
	wanted = goal > have ? goal - have : 0;
	if (room > POOL_STARTING_MAX - coming)
		room = POOL_STARTING_MAX - coming;
	return wanted < room ? wanted : room;
}

/* When something is due that no descriptor will tell. Call with the lock held. */
static uint64_t next_look_ms(const struct pool *pool, uint64_t now_ms)
{
	uint64_t next_ms = pool->swept_at_ms + SWEEP_MS;

	if (now_ms < pool->retry_at_ms)
		next_ms = earlier(next_ms, pool->retry_at_ms);
	for (const struct waiter *waiter = pool->waiters; waiter != NULL; waiter = waiter->next) {
		if (waiter->since_ms + PATIENCE_MS > now_ms)
			return earlier(next_ms, waiter->since_ms + PATIENCE_MS);
	}
	return next_ms;
}

/* Asks are not waited for one by one: the zygote finds them in its queue. */
static void ask_zygote(struct pool *pool, size_t wanted)
{
	for (size_t i = 0; i < wanted; i++) {
		frame_start(&pool->frame, CHANNEL_FORK);
		if (frame_send(pool->channel, &pool->frame, NULL, 0, clock_monotonic_ms() + SEND_MS) < 0) {
			close_channel(pool);
			return;
		}
		pool->asked++;
	}
}

static void add_starting(struct pool *pool, const int fds[2], pid_t pid)
{
	struct examiner *examiner = xcalloc(1, sizeof(*examiner));

	*examiner = (struct examiner){ .socket = fds[0], .pidfd = fds[1], .pid = pid,
				       .generation = pool->channel_generation, .since_ms = clock_monotonic_ms() };
	if (pool->starting_len == POOL_STARTING_MAX)
		examiner_end(examiner);		/* more than was asked for */
	else
		pool->starting[pool->starting_len++] = examiner;
}

static void on_channel(struct pool *pool)
{
	int fds[2];
	int r = frame_receive(pool->channel, &pool->frame, fds, 2, clock_monotonic_ms());
	uint64_t number = frame_get_u64(&pool->frame);

	if (r < 0 && r != -EBADMSG) {
		if (r != -ETIMEDOUT)
			close_channel(pool);
		return;
	}
	if (pool->asked > 0)
		pool->asked--;
	if (r == 0 && pool->frame.kind == CHANNEL_EXAMINER && fds[0] >= 0 && fds[1] >= 0 && number > 1) {
		add_starting(pool, fds, (pid_t)number);
		return;
	}
	(void)close_fd(fds[0]);		/* we may be out of descriptors ourselves */
	(void)close_fd(fds[1]);
	note_failure(pool);
}

static void welcome(struct pool *pool, struct examiner *examiner)
{
	pool->failures = 0;
	(void)pthread_mutex_lock(&pool->lock);
	pool->stats.started++;
	if (examiner->generation == pool->generation) {
		pool->ready_generation = pool->generation;
		(void)pthread_cond_broadcast(&pool->arrived);
	}
	pool_give(pool, examiner);
	(void)pthread_mutex_unlock(&pool->lock);
}

/* It says that it is ready, or what is wrong, or it died. No message was near it yet. */
static void on_starting(struct pool *pool, size_t index)
{
	struct examiner *examiner = pool->starting[index];
	int r = frame_receive(examiner->socket, &pool->frame, NULL, 0, clock_monotonic_ms());

	if (r == 0 && pool->frame.kind == EXAMINER_READY) {
		pool->starting[index] = pool->starting[--pool->starting_len];
		welcome(pool, examiner);
	} else {
		end_starting(pool, index);
		note_failure(pool);
	}
}

static bool is_gone(const struct examiner *examiner)
{
	struct pollfd pollfd = { .fd = examiner->socket, .events = POLLIN };

	return poll(&pollfd, 1, 0) != 0;	/* it died, or speaks without being asked */
}

static void remove_idle(struct pool *pool, size_t index)
{
	examiner_end(pool->idle[index]);
	pool->idle_len--;
	memmove(&pool->idle[index], &pool->idle[index + 1], (pool->idle_len - index) * sizeof(struct examiner *));
}

static void sweep_idle(struct pool *pool, uint64_t now_ms)
{
	for (size_t i = pool->idle_len; i-- > 0;) {
		if (is_gone(pool->idle[i])) {
			remove_idle(pool, i);
			pool->stats.crashed++;
		}
	}
	while (pool->idle_len > pool_spare_wanted(pool) && pool->idle[0]->since_ms + SURPLUS_MS <= now_ms)
		remove_idle(pool, 0);
}

static void sweep_starting(struct pool *pool, uint64_t now_ms)
{
	for (size_t i = pool->starting_len; i-- > 0;) {
		if (pool->starting[i]->since_ms + START_MS <= now_ms) {
			end_starting(pool, i);
			note_failure(pool);
		}
	}
}

static void sweep(struct pool *pool, uint64_t now_ms)
{
	if (now_ms < pool->swept_at_ms + SWEEP_MS)
		return;
	pool->swept_at_ms = now_ms;
	sweep_starting(pool, now_ms);
	(void)pthread_mutex_lock(&pool->lock);
	if (now_ms >= pool->calmed_at_ms + CALM_MS) {
		pool->calmed_at_ms = now_ms;
		pool->boost /= 2;
	}
	sweep_idle(pool, now_ms);
	(void)pthread_mutex_unlock(&pool->lock);
}

static void listen_to_all(struct pool *pool, int timeout_ms)
{
	struct pollfd pollfds[2 + POOL_STARTING_MAX] = {
		{ .fd = pool->wake, .events = POLLIN },
		{ .fd = pool->channel, .events = POLLIN },	/* poll ignores -1 */
	};
	size_t starting_len = pool->starting_len;
	eventfd_t count;

	for (size_t i = 0; i < starting_len; i++)
		pollfds[2 + i] = (struct pollfd){ .fd = pool->starting[i]->socket, .events = POLLIN };
	if (poll(pollfds, (nfds_t)(2 + starting_len), timeout_ms) <= 0)
		return;
	if (pollfds[0].revents != 0)
		(void)eventfd_read(pool->wake, &count);
	/* From the last to the first: one that goes leaves its place to one that was already looked at. */
	for (size_t i = starting_len; i-- > 0;) {
		if (pollfds[2 + i].revents != 0)
			on_starting(pool, i);
	}
	if (pollfds[1].revents != 0)
		on_channel(pool);
}

/* Returns false when the pool is being freed. */
static bool look(struct pool *pool)
{
	uint64_t now_ms = clock_monotonic_ms(), next_ms;
	size_t wanted;
	bool stopping;

	sweep(pool, now_ms);
	(void)pthread_mutex_lock(&pool->lock);
	adopt_channel(pool);
	wanted = count_wanted(pool, now_ms);
	next_ms = next_look_ms(pool, now_ms);
	stopping = pool->stopping;
	(void)pthread_mutex_unlock(&pool->lock);
	if (stopping)
		return false;
	ask_zygote(pool, wanted);
	listen_to_all(pool, clock_left_ms(next_ms));
	return true;
}

void *pool_spawn_run(void *arg)
{
	struct pool *pool = arg;

	while (look(pool))
		;
	while (pool->starting_len > 0)
		end_starting(pool, 0);
	close_channel(pool);
	(void)close_fd(pool->next_channel);
	return NULL;
}

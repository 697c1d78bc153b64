/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/journal_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "milter/base/arena.h"

uint64_t journal_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void init_cond(pthread_cond_t *cond)
{
	pthread_condattr_t attributes;

	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(cond, &attributes);
	(void)pthread_condattr_destroy(&attributes);
}

/* Pages of it are the system's until they are written to. */
void journal_queue_init(struct journal_queue *queue)
{
	(void)pthread_mutex_init(&queue->lock, NULL);
	init_cond(&queue->wake);
	init_cond(&queue->done);
	queue->waiting.bytes = xcalloc(1, JOURNAL_QUEUE_BYTES);
}

void journal_queue_clear(struct journal_queue *queue)
{
	free(queue->waiting.bytes);
	(void)pthread_mutex_destroy(&queue->lock);
	(void)pthread_cond_destroy(&queue->wake);
	(void)pthread_cond_destroy(&queue->done);
}

/* Returns whether the writer has to know of it. */
static bool add(struct journal_queue *queue, const char *bytes, size_t len)
{
	struct journal_buffer *waiting = &queue->waiting;

	if (waiting->len + len > JOURNAL_QUEUE_BYTES || waiting->entries == JOURNAL_QUEUE_ENTRIES || queue->ends) {
		queue->dropped++;
		return false;
	}
	if (waiting->entries == 0)
		queue->first_at_ms = journal_now_ms();
	memcpy(waiting->bytes + waiting->len, bytes, len);
	waiting->len += len;
	waiting->entries++;
	queue->put++;
	return waiting->entries == 1 || waiting->entries == JOURNAL_BATCH_ENTRIES;
}

void journal_queue_add(struct journal_queue *queue, const char *bytes, size_t len)
{
	bool wake;

	(void)pthread_mutex_lock(&queue->lock);
	wake = add(queue, bytes, len);
	(void)pthread_mutex_unlock(&queue->lock);
	if (wake)
		(void)pthread_cond_signal(&queue->wake);
}

/* With the lock. Returns whether there is time left. */
static bool wait_until(struct journal_queue *queue, pthread_cond_t *cond, uint64_t until_ms)
{
	struct timespec until = { .tv_sec = (time_t)(until_ms / 1000), .tv_nsec = (long)(until_ms % 1000) * 1000000 };

	return pthread_cond_timedwait(cond, &queue->lock, &until) != ETIMEDOUT;
}

static bool is_complete(const struct journal_queue *queue)
{
	return queue->hurry || queue->ends || queue->waiting.entries >= JOURNAL_BATCH_ENTRIES ||
		queue->waiting.len > JOURNAL_QUEUE_BYTES / 2;
}

bool journal_queue_take(struct journal_queue *queue, struct journal_buffer *buffer, uint64_t until_ms)
{
	struct journal_buffer empty = *buffer;
	bool goes_on;

	(void)pthread_mutex_lock(&queue->lock);
	while (!queue->ends && queue->waiting.entries == 0 && wait_until(queue, &queue->wake, until_ms))
		;
	while (queue->waiting.entries > 0 && !is_complete(queue) && wait_until(queue, &queue->wake, queue->first_at_ms + JOURNAL_LINGER_MS))
		;
	*buffer = queue->waiting;
	queue->waiting = empty;
	queue->hurry = false;
	goes_on = !queue->ends || buffer->entries > 0;
	(void)pthread_mutex_unlock(&queue->lock);
	return goes_on;
}

bool journal_queue_pause(struct journal_queue *queue, uint64_t wait_ms)
{
	uint64_t until_ms = journal_now_ms() + wait_ms;
	bool ends;

	(void)pthread_mutex_lock(&queue->lock);
	while (!queue->ends && wait_until(queue, &queue->wake, until_ms))
		;
	ends = queue->ends;
	(void)pthread_mutex_unlock(&queue->lock);
	return ends;
}

void journal_queue_finish(struct journal_queue *queue, uint64_t entries)
{
	(void)pthread_mutex_lock(&queue->lock);
	queue->finished += entries;
	(void)pthread_cond_broadcast(&queue->done);
	(void)pthread_mutex_unlock(&queue->lock);
}

void journal_queue_flush(struct journal_queue *queue, uint64_t wait_ms)
{
	uint64_t until_ms = journal_now_ms() + wait_ms, wanted;

	(void)pthread_mutex_lock(&queue->lock);
	wanted = queue->put;
	queue->hurry = true;
	(void)pthread_cond_signal(&queue->wake);
	while (queue->finished < wanted && wait_until(queue, &queue->done, until_ms))
		;
	(void)pthread_mutex_unlock(&queue->lock);
}

void journal_queue_end(struct journal_queue *queue)
{
	(void)pthread_mutex_lock(&queue->lock);
	queue->ends = true;
	(void)pthread_cond_signal(&queue->wake);
	(void)pthread_mutex_unlock(&queue->lock);
}

void journal_queue_has_ended(struct journal_queue *queue)
{
	(void)pthread_mutex_lock(&queue->lock);
	queue->has_ended = true;
	(void)pthread_cond_broadcast(&queue->done);
	(void)pthread_mutex_unlock(&queue->lock);
}

bool journal_queue_await_end(struct journal_queue *queue, uint64_t wait_ms)
{
	uint64_t until_ms = journal_now_ms() + wait_ms;
	bool has_ended;

	(void)pthread_mutex_lock(&queue->lock);
	while (!queue->has_ended && wait_until(queue, &queue->done, until_ms))
		;
	has_ended = queue->has_ended;
	(void)pthread_mutex_unlock(&queue->lock);
	return has_ended;
}

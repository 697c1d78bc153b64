/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal_queue.h - entries on their way to the writer, as bytes, in a bounded buffer. */
#ifndef OCTROI_LOOKUP_JOURNAL_QUEUE_H
#define OCTROI_LOOKUP_JOURNAL_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_QUEUE_BYTES ((size_t)8 << 20)
#define JOURNAL_QUEUE_ENTRIES 20000
#define JOURNAL_LINGER_MS 200		/* an entry waits this long for others */
#define JOURNAL_BATCH_ENTRIES 2000	/* so many wait for no more */

struct journal_buffer {
	char *bytes;
	size_t len;
	uint64_t entries;
};

struct journal_queue {
	pthread_mutex_t lock;
	pthread_cond_t wake;		/* the writer: there is something, or enough, or it ends */
	pthread_cond_t done;		/* those who flush */
	struct journal_buffer waiting;
	uint64_t first_at_ms;		/* when the first of those that wait came */
	uint64_t put, finished;		/* entries taken in, and written or given up */
	uint64_t dropped;		/* not taken in: there was no room */
	bool hurry, ends, has_ended;
};

/* Monotonic, and no test's clock: the writer sleeps by it. */
uint64_t journal_now_ms(void);

void journal_queue_init(struct journal_queue *queue);
void journal_queue_clear(struct journal_queue *queue);

/* Copies the bytes of one entry, or counts it as dropped. */
void journal_queue_add(struct journal_queue *queue, const char *bytes, size_t len);

/* Waits until a batch is complete, at most until until_ms, and swaps it for *buffer, which must be empty. Returns false when it ends and
 * nothing waits. */
bool journal_queue_take(struct journal_queue *queue, struct journal_buffer *buffer, uint64_t until_ms);

/* Sleeps; returns true when it ends. */
bool journal_queue_pause(struct journal_queue *queue, uint64_t wait_ms);

/* The writer has done with so many. */
void journal_queue_finish(struct journal_queue *queue, uint64_t entries);

/* Waits until what was put before is finished. */
void journal_queue_flush(struct journal_queue *queue, uint64_t wait_ms);

/* Asks the writer to end; the writer says that it has; the one who asked waits for it. */
void journal_queue_end(struct journal_queue *queue);
void journal_queue_has_ended(struct journal_queue *queue);
bool journal_queue_await_end(struct journal_queue *queue, uint64_t wait_ms);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pool_internal.h - what pool.c (the asking threads), pool_await.c (their wait for an answer) and pool_spawn.c (the thread that
 * speaks with the zygote) share.
 *
 * An examiner is owned by one of: the spawn thread (while it sets itself up), the list of idle ones, a caller. */
#ifndef OCTROI_ISOLATE_POOL_INTERNAL_H
#define OCTROI_ISOLATE_POOL_INTERNAL_H

#include <pthread.h>
#include <sys/types.h>

#include "milter/isolate/pool.h"

#define POOL_PROGRESS_MS 1000
#define POOL_STARTING_MAX 16	/* forks in flight: more would only compete for the processors */

struct examiner {
	int socket, pidfd;
	pid_t pid;
	uint64_t generation;		/* of the zygote it came from */
	uint64_t since_ms;		/* when it was forked; later: when it became idle */
	unsigned jobs;
	bool slow;			/* has a lower priority now and cannot get it back */
};

/* A thread that found no idle examiner; lives on its stack. */
struct waiter {
	struct waiter *next;
	pthread_cond_t given;
	struct examiner *examiner;	/* what it waits for */
	uint64_t since_ms;
};

struct pool {
	struct pool_settings settings;
	pthread_t thread;
	int wake;			/* eventfd: there may be something to do for the thread */

	pthread_mutex_t lock;		/* of all that follows, up to the next remark */
	pthread_condattr_t monotonic;
	pthread_cond_t arrived;		/* ready_generation has changed */
	bool stopping;
	bool none;			/* pool_set_zygote has said that there is no zygote */
	uint64_t generation;		/* counts the calls of pool_set_zygote */
	uint64_t ready_generation;	/* the last of which an examiner came */
	int next_channel;		/* handed over by pool_set_zygote when generation is ahead of channel_generation */
	struct examiner **idle;		/* the last to become idle is the last; room for settings.max */
	size_t idle_len;
	unsigned busy;
	struct waiter *waiters;		/* the first has waited longest */
	unsigned boost;			/* how many found none idle lately */
	struct pool_stats stats;	/* idle and busy are not kept here */

	/* The thread's own. */
	int channel;
	uint64_t channel_generation;
	unsigned asked;			/* forks without an answer */
	struct examiner *starting[POOL_STARTING_MAX];
	size_t starting_len;
	unsigned failures;		/* in a row */
	uint64_t retry_at_ms;
	uint64_t swept_at_ms, calmed_at_ms;
	struct frame frame;
};

static inline uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t after(uint64_t start_ms, uint64_t more_ms)
{
	return more_ms > UINT64_MAX - start_ms ? UINT64_MAX : start_ms + more_ms;
}

/* Waits for the answer of an examiner that has been handed the job, answers what it asks meanwhile. Returns as pool_ask does, without
 * looking into the frame. */
int examiner_await(struct examiner *examiner, const struct pool_job *job, struct frame *ret_answer);

/* The thread. */
void *pool_spawn_run(void *pool);

/* Makes the thread look at the pool again. */
void pool_wake(struct pool *pool);

/* Idle examiners there should be. Call with the lock held. */
size_t pool_spare_wanted(const struct pool *pool);

/* Kills it, whatever it does, and forgets it. */
void examiner_end(struct examiner *examiner);

/* Gives an examiner that is ready to the one who waits longest, or makes it idle; ends it when its zygote is not the present
 * one. Call with the lock held. */
void pool_give(struct pool *pool, struct examiner *examiner);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pool.h - the filter's examiners: one job at a time each, killed at its deadline, replaced at once.
 *
 * Threads call pool_ask in parallel. No job waits behind a slow one while there is room for another examiner. */
#ifndef OCTROI_ISOLATE_POOL_H
#define OCTROI_ISOLATE_POOL_H

#include "milter/isolate/frame.h"

struct pool;

struct pool_settings {
	unsigned spare;			/* idle examiners kept ready; more while many are wanted */
	unsigned max;			/* examiners at the most */
	unsigned jobs_each;		/* jobs after which one is recycled; 0: never */
};

struct pool_stats {
	unsigned idle, busy;
	uint64_t started;		/* examiners that were ready to work */
	uint64_t killed;		/* at a deadline */
	uint64_t crashed;		/* died or gave no proper answer */
	uint64_t unfit;			/* could not be forked or set up */
	uint64_t jobs;			/* answered, the failed ones included */
};

/* Starts a thread, with all signals blocked. NULL with errno set when the system has no descriptor or thread for it. */
struct pool *pool_new(const struct pool_settings *settings);

/* Ends all examiners. No pool_ask may be running. NULL is allowed. */
void pool_free(struct pool *pool);

/* A channel to a (new) zygote; the pool owns it from now on. Examiners of the one before serve no further job: idle ones end
 * now, busy ones after their answer. fd -1: there is no zygote, and no pool_ask waits for one (it does after a channel just closed, and
 * before the first call: then one is coming). */
void pool_set_zygote(struct pool *pool, int fd);

/* Waits until an examiner of the present zygote is there. Returns 0 or -ETIMEDOUT. */
int pool_wait_ready(struct pool *pool, uint64_t deadline_ms);

struct pool_job {
	unsigned kind;				/* place in job_kinds */
	const struct frame *question;		/* the caller's data; its kind does not matter */
	int message_fd;				/* sealed memfd, or -1; the examiner gets a descriptor of its own with offset 0.
						 * Where there is no /proc they share the offset: use pread on it. */
	uint64_t deadline_ms;			/* monotonic: waiting for an examiner included */
	uint64_t wait_ms;			/* time to get an examiner; 0: until deadline_ms */
	uint64_t run_ms;			/* time an examiner may take, counted from the hand-over; then it is killed */
	void (*progress)(void *arg);		/* called about every second while waiting, on the caller's thread; may be NULL */
	void *progress_arg;
	/* Answers what the job asks with examiner_ask (job.h), on the caller's thread; ret_answer is started. The question is
	 * hostile. It may wait, but not beyond until_ms, which is at most a second away: -EAGAIN then says that it has no answer
	 * yet, and it is called with the same question again once progress has been told. What it takes counts for run_ms and
	 * deadline_ms. Returns 0 or another negative errno, which the job gets (-EMSGSIZE when the answer did not fit). NULL:
	 * nothing is answered (-ENOSYS). */
	int (*answer)(void *arg, struct frame *question, uint64_t until_ms, struct frame *ret_answer);
	void *answer_arg;
};

/* Returns 0 with the answer; -EAGAIN when no examiner could be had in time, or no descriptor (nothing ran); -ETIME when the
 * examiner was killed at its deadline; -EPIPE when it died; -EBADMSG when its answer was no frame; -EMSGSIZE for a bad
 * question; or the negative errno that the job returned, as -EREMOTEIO with *ret_error set. */
int pool_ask(struct pool *pool, const struct pool_job *job, struct frame *ret_answer, int *ret_error);

void pool_read_stats(struct pool *pool, struct pool_stats *ret_stats);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/isolate/pool_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/isolate/examiner.h"

static struct timespec timespec_of(uint64_t ms)
{
	const uint64_t seconds_max = 1ULL << 40;	/* for ever */
	uint64_t seconds = ms / 1000;

	return (struct timespec){ .tv_sec = (time_t)(seconds < seconds_max ? seconds : seconds_max),
				  .tv_nsec = (long)(ms % 1000) * 1000000 };
}

void pool_wake(struct pool *pool)
{
	(void)eventfd_write(pool->wake, 1);
}

size_t pool_spare_wanted(const struct pool *pool)
{
	size_t share = (pool->busy + 3) / 4;	/* so that one burst does not fork examiners for ever */

	return pool->settings.spare + (pool->boost < share ? pool->boost : share);
}

void examiner_end(struct examiner *examiner)
{
	(void)pidfd_send_signal(examiner->pidfd, SIGKILL, NULL, 0);
	(void)close_fd(examiner->pidfd);
	(void)close_fd(examiner->socket);
	free(examiner);
}

void pool_give(struct pool *pool, struct examiner *examiner)
{
	struct waiter *waiter = pool->waiters;

	if (examiner->generation != pool->generation || pool->idle_len == pool->settings.max) {
		examiner_end(examiner);
		return;
	}
	if (waiter == NULL) {
		examiner->since_ms = clock_monotonic_ms();
		pool->idle[pool->idle_len++] = examiner;
		return;
	}
	pool->waiters = waiter->next;
	pool->busy++;
	waiter->examiner = examiner;
	(void)pthread_cond_signal(&waiter->given);
}

static void join_waiters(struct pool *pool, struct waiter *waiter)
{
	struct waiter **end = &pool->waiters;

	while (*end != NULL)
		end = &(*end)->next;
	*end = waiter;
}

static void leave_waiters(struct pool *pool, const struct waiter *waiter)
{
	struct waiter **at = &pool->waiters;

	while (*at != waiter)
		at = &(*at)->next;
	*at = waiter->next;
}

/* Returns with the lock held, as it was called. */
static void call_progress(struct pool *pool, const struct pool_job *job)
{
	if (job->progress == NULL)
		return;
	(void)pthread_mutex_unlock(&pool->lock);
	job->progress(job->progress_arg);
	(void)pthread_mutex_lock(&pool->lock);
}

static uint64_t patience_ends_ms(const struct pool_job *job, uint64_t start_ms)
{
	return job->wait_ms == 0 ? job->deadline_ms : earlier(job->deadline_ms, after(start_ms, job->wait_ms));
}

/* Waits until the waiter was given an examiner, its time is over, or it is certain that none will come. */
static void wait_given(struct pool *pool, struct waiter *waiter, const struct pool_job *job)
{
	uint64_t end_ms = patience_ends_ms(job, waiter->since_ms);
	uint64_t progress_ms = after(waiter->since_ms, POOL_PROGRESS_MS);

	while (waiter->examiner == NULL && !pool->none) {
		uint64_t now_ms = clock_monotonic_ms();
		struct timespec until = timespec_of(earlier(end_ms, progress_ms));

		if (now_ms >= end_ms)
			return;
		if (now_ms >= progress_ms) {
			progress_ms = after(now_ms, POOL_PROGRESS_MS);
			call_progress(pool, job);
		} else {
			(void)pthread_cond_timedwait(&waiter->given, &pool->lock, &until);
		}
	}
}

static struct examiner *wait_for_examiner(struct pool *pool, const struct pool_job *job)
{
	struct waiter waiter = { .since_ms = clock_monotonic_ms() };

	if (pthread_cond_init(&waiter.given, &pool->monotonic) != 0)
		return NULL;
	join_waiters(pool, &waiter);
	if (pool->boost < pool->settings.max)
		pool->boost++;
	pool_wake(pool);
	wait_given(pool, &waiter, job);
	if (waiter.examiner == NULL)
		leave_waiters(pool, &waiter);
	(void)pthread_cond_destroy(&waiter.given);
	return waiter.examiner;
}

/* The one that worked last: its memory is in the caches, and those that are not needed stay idle long enough to be
 * noticed. */
static struct examiner *take_examiner(struct pool *pool, const struct pool_job *job)
{
	struct examiner *examiner;

	(void)pthread_mutex_lock(&pool->lock);
	if (clock_left_ms(job->deadline_ms) == 0) {
		examiner = NULL;
	} else if (pool->idle_len == 0) {
		examiner = wait_for_examiner(pool, job);
	} else {
		examiner = pool->idle[--pool->idle_len];
		pool->busy++;
		if (pool->idle_len < pool_spare_wanted(pool))
			pool_wake(pool);
	}
	(void)pthread_mutex_unlock(&pool->lock);
	return examiner;
}

/* Ends an examiner that was taken, and counts it. */
static void drop_examiner(struct pool *pool, struct examiner *examiner, uint64_t *counter)
{
	examiner_end(examiner);
	(void)pthread_mutex_lock(&pool->lock);
	pool->busy--;
	*counter += 1;
	(void)pthread_mutex_unlock(&pool->lock);
	pool_wake(pool);
}

static void return_examiner(struct pool *pool, struct examiner *examiner, unsigned jobs)
{
	(void)pthread_mutex_lock(&pool->lock);
	pool->busy--;
	pool->stats.jobs += jobs;
	pool_give(pool, examiner);
	(void)pthread_mutex_unlock(&pool->lock);
}

/* An idle examiner has nothing to say: one that does, or is gone, is of no use any more. */
static bool is_silent(const struct examiner *examiner)
{
	char byte;

	return recv(examiner->socket, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* A descriptor with an offset of its own, read-only. */
static int reopen(int fd)
{
	char path[32];
	int own;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, O_RDONLY | O_CLOEXEC);
	if (own < 0 && errno != EMFILE && errno != ENFILE)
		own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return own < 0 ? -errno : own;
}

/* Returns 0, -EPIPE when this examiner cannot take a job, or -EAGAIN or -EMSGSIZE when the job cannot be handed to any. */
static int hand_over(struct examiner *examiner, const struct pool_job *job)
{
	_cleanup_(close_fdp) int fd = -1;
	int r;

	if (!is_silent(examiner))
		return -EPIPE;
	if (job->message_fd >= 0) {
		fd = reopen(job->message_fd);
		if (fd < 0)
			return -EAGAIN;
	}
	r = frame_send_as(examiner->socket, job->kind, job->question, &fd, fd < 0 ? 0 : 1,
			  earlier(job->deadline_ms, after(clock_monotonic_ms(), job->run_ms)));
	if (r == -ETIMEDOUT)
		return -EPIPE;
	return r == 0 || r == -EMSGSIZE || r == -EPIPE ? r : -EAGAIN;
}

/* The answer is hostile: it is one of the two that are possible, or none. */
static int check_answer(const struct pool_job *job, struct frame *answer, int *ret_error)
{
	uint64_t error;

	if (answer->kind == job->kind)
		return 0;
	if (answer->kind != EXAMINER_FAILED)
		return -EBADMSG;
	error = frame_get_u64(answer);
	if (!frame_done(answer) || error == 0 || error > 4095)
		return -EBADMSG;
	*ret_error = -(int)error;
	return -EREMOTEIO;
}

/* One that gave no proper answer is killed, even if it may still give one: the next job must not get it. */
static void settle(struct pool *pool, struct examiner *examiner, int result)
{
	unsigned jobs_each = pool->settings.jobs_each;

	if (result != 0 && result != -EREMOTEIO) {
		drop_examiner(pool, examiner, result == -ETIME ? &pool->stats.killed : &pool->stats.crashed);
		return;
	}
	examiner->jobs++;
	if (examiner->slow || (jobs_each != 0 && examiner->jobs >= jobs_each))
		drop_examiner(pool, examiner, &pool->stats.jobs);
	else
		return_examiner(pool, examiner, 1);
}

/* Finds an examiner that takes the job. Returns 0 or -EAGAIN or -EMSGSIZE. */
static int start_job(struct pool *pool, const struct pool_job *job, struct examiner **ret_examiner)
{
	struct examiner *examiner;
	int r;

	while ((examiner = take_examiner(pool, job)) != NULL) {
		r = hand_over(examiner, job);
		if (r == 0) {
			*ret_examiner = examiner;
			return 0;
		}
		if (r != -EPIPE) {
			return_examiner(pool, examiner, 0);
			return r;
		}
		drop_examiner(pool, examiner, &pool->stats.crashed);
	}
	return -EAGAIN;
}

int pool_ask(struct pool *pool, const struct pool_job *job, struct frame *ret_answer, int *ret_error)
{
	struct examiner *examiner = NULL;
	int r = start_job(pool, job, &examiner);

	*ret_error = 0;
	if (examiner == NULL)
		return r;
	r = examiner_await(examiner, job, ret_answer);
	if (r == 0)
		r = check_answer(job, ret_answer, ret_error);
	settle(pool, examiner, r);
	return r;
}

/* libmilter and the supervisor have their own ideas of signals: none comes to this thread. */
static int start_thread(struct pool *pool)
{
	sigset_t all, before;
	int r;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&pool->thread, NULL, pool_spawn_run, pool);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

static void release(struct pool *pool)
{
	(void)pthread_cond_destroy(&pool->arrived);
	(void)pthread_condattr_destroy(&pool->monotonic);
	(void)pthread_mutex_destroy(&pool->lock);
	(void)close_fd(pool->wake);
	free(pool->idle);
	free(pool);
}

struct pool *pool_new(const struct pool_settings *settings)
{
	struct pool *pool = xcalloc(1, sizeof(*pool));
	int r;

	pool->settings = *settings;
	if (pool->settings.max == 0)
		pool->settings.max = 1;
	pool->idle = xcalloc(pool->settings.max, sizeof(struct examiner *));
	pool->channel = pool->next_channel = -1;
	(void)pthread_mutex_init(&pool->lock, NULL);
	(void)pthread_condattr_init(&pool->monotonic);
	(void)pthread_condattr_setclock(&pool->monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&pool->arrived, &pool->monotonic);
	pool->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = pool->wake < 0 ? errno : start_thread(pool);
	if (r == 0)
		return pool;
	release(pool);
	errno = r;
	return NULL;
}

static void end_idle(struct pool *pool)
{
	while (pool->idle_len > 0)
		examiner_end(pool->idle[--pool->idle_len]);
}

void pool_free(struct pool *pool)
{
	if (pool == NULL)
		return;
	(void)pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	(void)pthread_mutex_unlock(&pool->lock);
	pool_wake(pool);
	(void)pthread_join(pool->thread, NULL);
	end_idle(pool);
	release(pool);
}

void pool_set_zygote(struct pool *pool, int fd)
{
	(void)pthread_mutex_lock(&pool->lock);
	(void)close_fd(pool->next_channel);	/* one that the thread did not come to see */
	pool->next_channel = fd;
	pool->generation++;
	pool->none = fd < 0;
	end_idle(pool);
	for (struct waiter *waiter = pool->waiters; pool->none && waiter != NULL; waiter = waiter->next)
		(void)pthread_cond_signal(&waiter->given);
	(void)pthread_mutex_unlock(&pool->lock);
	pool_wake(pool);
}

int pool_wait_ready(struct pool *pool, uint64_t deadline_ms)
{
	const struct timespec until = timespec_of(deadline_ms);
	int r = 0;

	(void)pthread_mutex_lock(&pool->lock);
	while (r == 0 && (pool->generation == 0 || pool->ready_generation != pool->generation)) {
		if (pthread_cond_timedwait(&pool->arrived, &pool->lock, &until) == ETIMEDOUT)
			r = -ETIMEDOUT;
	}
	(void)pthread_mutex_unlock(&pool->lock);
	return r;
}

void pool_read_stats(struct pool *pool, struct pool_stats *ret_stats)
{
	(void)pthread_mutex_lock(&pool->lock);
	*ret_stats = pool->stats;
	ret_stats->idle = (unsigned)pool->idle_len;
	ret_stats->busy = pool->busy;
	(void)pthread_mutex_unlock(&pool->lock);
}

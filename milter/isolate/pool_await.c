/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/isolate/pool_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/isolate/examiner.h"

enum {
	SLOW_MS = 250,		/* a job that takes longer lets the others go first */
	SLOW_NICE = 10,
};

/* Mail that is done quickly must not wait for what is not. */
static void make_slow(struct examiner *examiner)
{
	examiner->slow = true;
	(void)setpriority(PRIO_PROCESS, (id_t)examiner->pid, SLOW_NICE);
}

/* A job that an examiner is at. */
struct errand {
	struct examiner *examiner;
	const struct pool_job *job;
	uint64_t end_ms, progress_ms;
	uint64_t slow_ms;		/* when it has taken long; what it waited for us does not count */
	unsigned asks;
};

/* When there will be something to do, however silent the examiner is. */
static uint64_t errand_next_ms(const struct errand *errand)
{
	uint64_t next_ms = earlier(errand->end_ms, errand->progress_ms);

	return errand->examiner->slow ? next_ms : earlier(next_ms, errand->slow_ms);
}

/* Does what is due by now. Returns 0, or -ETIME when the job's time is over. */
static int errand_tick(struct errand *errand)
{
	const struct pool_job *job = errand->job;
	uint64_t now_ms = clock_monotonic_ms();

	if (now_ms >= errand->end_ms)
		return -ETIME;
	if (!errand->examiner->slow && now_ms >= errand->slow_ms)
		make_slow(errand->examiner);
	if (now_ms >= errand->progress_ms) {
		errand->progress_ms = after(now_ms, POOL_PROGRESS_MS);
		if (job->progress != NULL)
			job->progress(job->progress_arg);
	}
	return 0;
}

/* Calls job->answer until it has an answer; told is then that, or the error. Returns 0 or -ETIME. */
static int find_answer(struct errand *errand, struct frame *question, struct frame *told)
{
	const struct pool_job *job = errand->job;
	int r = job->answer == NULL ? -ENOSYS : -EAGAIN;

	while (r == -EAGAIN) {
		question->at = 0;
		question->bad = false;
		frame_start(told, EXAMINER_TOLD);
		r = job->answer(job->answer_arg, question, earlier(errand->end_ms, errand->progress_ms), told);
		if (r == -EAGAIN && errand_tick(errand) < 0)
			return -ETIME;
	}
	if (r == 0 && told->bad)
		r = -EMSGSIZE;
	told->kind = EXAMINER_TOLD;
	if (r < 0) {
		frame_start(told, EXAMINER_FAILED);
		frame_put_u64(told, (uint64_t)-r);
	}
	return 0;
}

/* One that does not take its answers must not keep us from what is due. */
static int send_answer(struct errand *errand, const struct frame *told)
{
	int r = -ETIMEDOUT;

	while (r == -ETIMEDOUT) {
		r = frame_send(errand->examiner->socket, told, NULL, 0, errand_next_ms(errand));
		if (r == -ETIMEDOUT && errand_tick(errand) < 0)
			return -ETIME;
	}
	return r < 0 ? -EPIPE : 0;
}

/* The examiner wants to know something first. Returns 0, or what ends the job. */
static int answer_examiner(struct errand *errand, struct frame *question)
{
	_cleanup_(frame_freep) struct frame *told = NULL;
	uint64_t start_ms = clock_monotonic_ms();
	int r;

	if (++errand->asks > EXAMINER_ASKS_MAX)
		return -EBADMSG;	/* examiner_ask would not have done that */
	told = frame_new();
	r = find_answer(errand, question, told);
	if (r == 0)
		r = send_answer(errand, told);
	errand->slow_ms = after(errand->slow_ms, clock_monotonic_ms() - start_ms);
	return r;
}

int examiner_await(struct examiner *examiner, const struct pool_job *job, struct frame *ret_answer)
{
	uint64_t start_ms = clock_monotonic_ms();
	struct errand errand = {
		.examiner = examiner,
		.job = job,
		.end_ms = earlier(job->deadline_ms, after(start_ms, job->run_ms)),
		.progress_ms = after(start_ms, POOL_PROGRESS_MS),
		.slow_ms = after(start_ms, SLOW_MS),
	};

	for (;;) {
		int r = frame_receive(examiner->socket, ret_answer, NULL, 0, errand_next_ms(&errand));

		if (r == 0 && ret_answer->kind == EXAMINER_ASK)
			r = answer_examiner(&errand, ret_answer);
		else if (r != -ETIMEDOUT)
			return r == 0 || r == -EBADMSG ? r : -EPIPE;
		if (r == 0 || r == -ETIMEDOUT)
			r = errand_tick(&errand);
		if (r < 0)
			return r;
	}
}

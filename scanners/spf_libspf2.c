/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/spf_libspf2.h"

#include <errno.h>
#include <stdlib.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/isolate/pool.h"
#include "milter/lookup/resolver.h"
#include "scanners/spf_answer.h"

#define GRACE_MS 2000	/* for the evaluation itself, once every question has its answer */
#define WAIT_MS 20000	/* for an examiner */

/* Who answers the examiner's questions. */
struct clerk {
	struct resolver *resolver;
	uint64_t deadline_ms;		/* afterwards nothing is known any more; 0: set by the first question */
	uint64_t timeout_ms;
	uint64_t questions_left;
};

static void write_and_unref(struct frame *frame, struct dns_answer *answer)
{
	spf_dns_answer_write(frame, answer);
	dns_answer_unref(answer);
}

static int answer_question(void *arg, struct frame *frame, uint64_t until_ms, struct frame *ret_answer)
{
	struct clerk *clerk = arg;
	struct spf_dns_question question;
	struct dns_answer *answer;
	int r = spf_dns_question_read(frame, &question);

	if (r < 0)
		return r;
	if (clerk->deadline_ms == 0)
		clerk->deadline_ms = clock_monotonic_ms() + clerk->timeout_ms;
	if (clerk->questions_left == 0 || clock_left_ms(clerk->deadline_ms) == 0) {
		write_and_unref(ret_answer, dns_answer_unknown("too many questions or too late"));
		return 0;
	}
	answer = resolver_ask_and_wait(clerk->resolver, question.name, question.type,
				       until_ms < clerk->deadline_ms ? until_ms : clerk->deadline_ms);
	if (answer->status == DNS_UNKNOWN && clock_left_ms(until_ms) == 0) {
		dns_answer_unref(answer);	/* only this slice of the time is over */
		return -EAGAIN;
	}
	clerk->questions_left--;
	write_and_unref(ret_answer, answer);
	return 0;
}

static const char *failure(int r)
{
	switch (r) {
	case -ETIME:
		return "libspf2 took too long";
	case -EPIPE:
		return "libspf2 crashed";
	case -EAGAIN:
		return "no examiner is available for libspf2";
	default:
		return "libspf2 gave no usable answer";
	}
}

static int ask(struct scan *scan, unsigned kind, const struct spf_query *query, struct frame *question, struct frame *answer)
{
	const struct spf_settings *settings = scan->settings;
	struct clerk clerk = {
		.resolver = scan->services->resolver, .timeout_ms = settings->timeout_ms, .questions_left = settings->max_questions };
	const struct pool_job job = {
		.kind = kind,
		.question = question,
		.message_fd = -1,
		.deadline_ms = clock_monotonic_ms() + WAIT_MS + settings->timeout_ms + GRACE_MS,
		.wait_ms = WAIT_MS,
		.run_ms = settings->timeout_ms + GRACE_MS,
		.progress = scan->progress,
		.progress_arg = scan->progress_arg,
		.answer = answer_question,
		.answer_arg = &clerk,
	};
	int error;

	frame_start(question, kind);
	spf_query_write(question, query);
	return pool_ask(scan->services->pool, &job, answer, &error);
}

static int ask_and_read(struct scan *scan, unsigned kind, const struct spf_query *query, struct spf_answer *ret_answer)
{
	/* too large for the stack of a libmilter thread */
	_cleanup_(frame_freep) struct frame *question = frame_new();
	_cleanup_(frame_freep) struct frame *answer = frame_new();
	int r = ask(scan, kind, query, question, answer);

	return r < 0 ? r : spf_answer_read(scan->arena, answer, ret_answer);
}

struct spf_answer spf_libspf2_ask(struct scan *scan, unsigned kind, const struct spf_query *query)
{
	struct spf_answer answer = { .result = SPF_TEMPERROR, .mechanism = "", .domain = "", .problem = "", .explanation = "" };
	int r = -EAGAIN;

	if (scan->services->resolver == NULL) {
		answer.problem = "there is no resolver";
		return answer;
	}
	if (scan->services->pool != NULL)
		r = ask_and_read(scan, kind, query, &answer);
	if (r < 0)
		answer.problem = failure(r);
	return answer;
}

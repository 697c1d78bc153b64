/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dkim_examine.h"

#include <errno.h>
#include <stdlib.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/isolate/pool.h"
#include "scanners/dkim_settings.h"

#define WAIT_MS 20000	/* for an examiner */

static const char *failure(int r)
{
	switch (r) {
	case 0:
		return NULL;
	case -ETIME:
		return "verifying took too long";
	case -EPIPE:
		return "the verifier crashed";
	case -EAGAIN:
		return "no examiner is available";
	default:
		return "the verifier gave no usable answer";
	}
}

static int ask(struct scan *scan, unsigned kind, const struct dkim_question *asked, struct frame *question, struct frame *answer)
{
	const struct dkim_settings *settings = scan->settings;
	const struct pool_job job = {
		.kind = kind,
		.question = question,
		.message_fd = scan->message->body_fd,
		.deadline_ms = clock_monotonic_ms() + WAIT_MS + settings->timeout_ms,
		.wait_ms = WAIT_MS,
		.run_ms = settings->timeout_ms,
		.progress = scan->progress,
		.progress_arg = scan->progress_arg,
	};
	int error;

	frame_start(question, kind);
	dkim_question_write(question, asked);
	return pool_ask(scan->services->pool, &job, answer, &error);
}

static int ask_and_read(struct scan *scan, unsigned kind, const struct dkim_question *question, struct dkim_answer *ret_answer)
{
	/* too large for the stack of a libmilter thread */
	_cleanup_(frame_freep) struct frame *asking = frame_new();
	_cleanup_(frame_freep) struct frame *told = frame_new();
	int r = ask(scan, kind, question, asking, told);

	return r < 0 ? r : dkim_answer_read(told, question->len, ret_answer);
}

const char *dkim_examine(struct scan *scan, unsigned kind, const struct dkim_question *question, struct dkim_answer *ret_answer)
{
	return failure(scan->services->pool == NULL ? -EAGAIN : ask_and_read(scan, kind, question, ret_answer));
}

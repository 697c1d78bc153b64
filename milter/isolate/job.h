/* SPDX-License-Identifier: GPL-2.0-or-later */
/* job.h - what a cage can do. The table of job kinds is bound at link time; foreign libraries live behind it. */
#ifndef OCTROI_ISOLATE_JOB_H
#define OCTROI_ISOLATE_JOB_H

#include "milter/isolate/frame.h"

#define JOB_STATUS_MAX 256

struct conf;

struct job_kind {
	const char *name;

	/* In the zygote, once, before it forks: loads what all examiners will share and proves that it works.
	 * Writes a phrase for the log into status ("ClamAV 1.4.6, 8700000 signatures" or what is wrong).
	 * Returns 0, or a negative errno: this zygote then never serves. May be NULL. Descriptors and threads that it leaves
	 * do not come along into an examiner. */
	int (*prepare)(const struct conf *conf, void **ret_shared, char status[JOB_STATUS_MAX]);

	/* In each examiner before the sandbox closes: opens what will be needed later; the files of the system can still be
	 * read. scratch is its private, empty, bounded directory for temporary files, under this path in the closed sandbox,
	 * too. Returns 0 or a negative errno. May be NULL. Must leave no thread. */
	int (*warm)(void *shared, const char *scratch);

	/* In the examiner, caged: reads question (already positioned on the caller's data) and the sealed memfd (its offset is 0),
	 * writes answer. Returns 0; a negative errno is sent to the filter in place of the answer (-EMSGSIZE when the answer
	 * did not fit). The examiner closes message_fd and every descriptor that run opened, and empties scratch. message_fd
	 * is -1 when the filter gave none. Nothing may be logged here. */
	int (*run)(void *shared, struct frame *question, int message_fd, struct frame *answer);
};

/* For run alone: asks the filter something while the job goes on and waits for its answer (pool_job.answer on the other side). A question and
 * an answer are frames of the caller's own making; their kinds do not matter. At most EXAMINER_ASKS_MAX a job. Returns 0, or a negative errno: the
 * filter would not or could not answer. */
#define EXAMINER_ASKS_MAX 1000
int examiner_ask(const struct frame *question, struct frame *ret_answer);

/* NULL at the end. A job's number is its place in the table. */
extern const struct job_kind *const job_kinds[];

#endif

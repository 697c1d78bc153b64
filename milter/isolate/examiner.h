/* SPDX-License-Identifier: GPL-2.0-or-later */
/* examiner.h - one examiner: sets up its cage, then does one job after the other until its socket closes.
 *
 * A question is a frame whose kind is the job's place in job_kinds, with the memfd of the message as its descriptor (or
 * none). The answer has the same kind, or EXAMINER_FAILED. */
#ifndef OCTROI_ISOLATE_EXAMINER_H
#define OCTROI_ISOLATE_EXAMINER_H

#include <stdint.h>

#include "milter/isolate/job.h"

/* Kinds beyond every place in job_kinds. */
enum examiner_frame {
	EXAMINER_READY = 0x7fffff01,	/* once, first: a string: the layers of its sandbox */
	EXAMINER_UNFIT,			/* once, first, in its place: a string: what could not be set up; then it ends */
	EXAMINER_FAILED,		/* an answer: u64: the errno of the job */
	EXAMINER_ASK,			/* to the filter, in the middle of a job: examiner_ask */
	EXAMINER_TOLD,			/* to the examiner: the answer to it; kind as the filter's, or EXAMINER_FAILED with the errno */
};

#define JOB_KINDS_MAX 32

struct examiner_settings {
	void *const *shared;		/* of each job kind */
	const char *scratch;		/* base of the private directories */
	uint64_t scratch_bytes;
	uint64_t memory_bytes;
};

/* In a forked child of one thread. Closes every other descriptor first. */
_Noreturn void examiner_run(int socket, const struct examiner_settings *settings);

#endif

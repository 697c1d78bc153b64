/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zygote.h - the process that loads once and forks examiners that share what it loaded copy-on-write. */
#ifndef OCTROI_ISOLATE_ZYGOTE_H
#define OCTROI_ISOLATE_ZYGOTE_H

#include "milter/isolate/job.h"
#include "milter/isolate/sandbox.h"

/* Frames between the supervisor and a zygote. */
enum zygote_frame {
	ZYGOTE_READY = 1,	/* to the supervisor: prepared; a string: status of each job, joined with "; ".
				 * Then a string: the sandbox layers that an examiner has and lacks (sandbox_describe). */
	ZYGOTE_FAILED,		/* to the supervisor: a string: why; the process ends after it */
	ZYGOTE_CHANNEL,		/* to the zygote, with one descriptor: the zygote's end of a channel to a filter */
};

/* Frames on a channel between a filter and a zygote. Both kinds of connection are made with frame_socketpair. */
enum channel_frame {
	CHANNEL_FORK = 1,	/* to the zygote: an examiner, please */
	CHANNEL_EXAMINER,	/* to the filter, with two descriptors: the examiner's socket and its pidfd; u64: its pid.
				 * It is still setting itself up and says on its socket when it is done (examiner.h). */
	CHANNEL_REFUSED,	/* to the filter: fork failed; u64: errno */
};

struct zygote_settings {
	const struct conf *conf;
	const char *scratch;		/* directory under which examiners get theirs; made, and removed when it is empty, by
					 * the zygote; zygotes of one user may share it. Absolute, at most 200 bytes. */
	uint64_t scratch_bytes;		/* room for temporary files of one examiner */
	uint64_t memory_bytes;		/* address space an examiner may add to what it starts with; 0: no bound */
};

/* Serves until the supervisor's end of control closes; never returns. Single-threaded. Closes all other descriptors but
 * 0 to 2 first, ignores SIGHUP, SIGINT and SIGTERM: its life is bound to control alone. */
_Noreturn void zygote_run(int control, const struct zygote_settings *settings);

#endif

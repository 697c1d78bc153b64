/* SPDX-License-Identifier: GPL-2.0-or-later */
/* content_answer.h - what the filter asks the content job and what the job answers. The answer is hostile: content_answer_read checks all of it. */
#ifndef OCTROI_SCANNERS_CONTENT_ANSWER_H
#define OCTROI_SCANNERS_CONTENT_ANSWER_H

#include "milter/unpack/unpack.h"
#include "scanners/antivirus_answer.h"

struct content_question {
	bool unpack;			/* content.enabled */
	struct unpack_limits limits;
	bool links;
	uint64_t scan_timeout_ms;	/* 0: no virus scan */
};

struct content_answer {
	struct inventory inventory;	/* all zero without unpack */
	bool has_antivirus;
	struct antivirus_answer antivirus;
};

void content_question_write(struct frame *frame, const struct content_question *question);
void content_answer_write(struct frame *frame, const struct content_answer *answer);

/* Return 0 or -EBADMSG; *ret is written only on success. */
int content_question_read(struct frame *frame, struct content_question *ret_question);
int content_answer_read(struct arena *arena, struct frame *frame, struct content_answer *ret_answer);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkim_answer.h - what the filter and the DKIM job say to each other.
 *
 * The answer is hostile: the job has read a stranger's message with a foreign library. */
#ifndef OCTROI_SCANNERS_DKIM_ANSWER_H
#define OCTROI_SCANNERS_DKIM_ANSWER_H

#include "milter/isolate/frame.h"
#include "milter/mail/dkim_key.h"

#define DKIM_SIGNATURES_MAX 32	/* of one message that are verified */

/* One signature that is to be verified. */
struct dkim_task {
	uint64_t place;			/* of its field among the DKIM-Signature fields of the message, 0 for the first */
	enum dkim_algorithm algorithm;	/* never DKIM_RSA_SHA1 */
	bool body_relaxed;
	bool measured;			/* the length of the body is wanted: there is l= */
	uint64_t timestamp;		/* t=; UINT64_MAX: none */
	struct str b, bh, key;		/* decoded; the key as in struct dkim_key */
};

struct dkim_question {
	uint64_t body_offset;		/* where the body begins in the message */
	uint64_t fields;		/* how many DKIM-Signature fields the library is given: the first ones */
	struct dkim_task tasks[DKIM_SIGNATURES_MAX];	/* places rise and are below fields */
	size_t len;
};

enum dkim_status {
	DKIM_VERIFIED,
	DKIM_BAD_SIGNATURE,	/* header or signature */
	DKIM_BAD_BODY,		/* bh= is not the hash of the body */
	DKIM_TOO_LONG,		/* l= is more than the body has */
	DKIM_BAD_KEY,		/* libcrypto does not take it */
	DKIM_UNREAD,		/* the library could make nothing of the field */
};

struct dkim_answer {
	struct dkim_answer_item {
		enum dkim_status status;
		uint64_t body_bytes;	/* of the canonical body, all of it; 0 when it was not measured */
	} items[DKIM_SIGNATURES_MAX];	/* as many as tasks, in their order */
	size_t len;
};

/* Each writes at the end of a frame that was started; frame->bad tells when it did not fit. */
void dkim_question_write(struct frame *frame, const struct dkim_question *question);
void dkim_answer_write(struct frame *frame, const struct dkim_answer *answer);

/* Each reads the whole rest of a frame; strings point into it. Return 0, or -EBADMSG; *ret is good only on success. tasks: how many were asked. */
int dkim_question_read(struct frame *frame, struct dkim_question *ret_question);
int dkim_answer_read(struct frame *frame, size_t tasks, struct dkim_answer *ret_answer);

#endif

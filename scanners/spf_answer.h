/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spf_answer.h - what the filter and the libspf2 job say to each other.
 *
 * What comes out of the cage, an answer and a question to the DNS, is hostile: nothing in it is believed before it was read here. */
#ifndef OCTROI_SCANNERS_SPF_ANSWER_H
#define OCTROI_SCANNERS_SPF_ANSWER_H

#include "milter/isolate/frame.h"
#include "milter/lookup/dns.h"
#include "milter/lookup/spf_evaluate.h"

#define SPF_TEXT_MAX 512	/* octets of a text in an answer */
#define SPF_NAME_MAX 1023	/* of one in a question */

/* Each writes at the end of a frame that was started; frame->bad tells when it did not fit. */
void spf_query_write(struct frame *frame, const struct spf_query *query);
void spf_answer_write(struct frame *frame, const struct spf_answer *answer);
void spf_dns_question_write(struct frame *frame, const char *name, enum dns_type type);
void spf_dns_answer_write(struct frame *frame, const struct dns_answer *answer);

/* Each reads the whole rest of a frame. Return 0, or -EBADMSG: it is no such frame, or what it says cannot be; *ret is written only on
 * success. Strings live in arena. */
int spf_query_read(struct arena *arena, struct frame *frame, struct spf_query *ret_query);

/* Texts are printable ASCII; .domain is not told. */
int spf_answer_read(struct arena *arena, struct frame *frame, struct spf_answer *ret_answer);

struct spf_dns_question {
	enum dns_type type;
	char name[SPF_NAME_MAX + 1];
};
int spf_dns_question_read(struct frame *frame, struct spf_dns_question *ret_question);

/* The reference is the caller's. */
int spf_dns_answer_read(struct frame *frame, struct dns_answer **ret_answer);

#endif

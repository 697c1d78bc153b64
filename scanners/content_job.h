/* SPDX-License-Identifier: GPL-2.0-or-later */
/* content_job.h - everything that looks into a message, in one job of the cage: the readings of milter/unpack and libclamav.
 *
 * Question and answer are those of content_answer.h. The message begins with a line "From x\n" of ours, so that no first header line of a stranger's
 * decides what kind of file it is taken for; then comes the message, with LF or CRLF. A question for what is switched off is -EOPNOTSUPP. */
#ifndef OCTROI_SCANNERS_CONTENT_JOB_H
#define OCTROI_SCANNERS_CONTENT_JOB_H

#include "milter/isolate/job.h"

extern const struct job_kind job_content;

/* Releases what prepare made: for tests; an examiner only ends. */
void content_job_free(void *shared);

#endif

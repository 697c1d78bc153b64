/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkim_job.h - verifies the signatures of one message in a cage: libopendkim makes the canonical header and body and hashes them (RFC 6376 3.7),
 * libcrypto compares. Question and answer are those of dkim_answer.h; the message is that of milter/spool.h. */
#ifndef OCTROI_SCANNERS_DKIM_JOB_H
#define OCTROI_SCANNERS_DKIM_JOB_H

#include "milter/isolate/job.h"

/* Its prepare takes no configuration (NULL) for one that has dkim switched on. */
extern const struct job_kind job_dkim;

/* Releases what prepare made: for tests; an examiner only ends. */
void dkim_job_free(void *shared);

#endif

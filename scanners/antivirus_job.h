/* SPDX-License-Identifier: GPL-2.0-or-later */
/* antivirus_job.h - libclamav in a cage.
 *
 * Question and answer are those of antivirus_answer.h. The message begins with a line "From x\n" of ours, so that no first
 * header line of a stranger's decides what kind of file the message is taken for; then comes the message, with LF or CRLF. */
#ifndef OCTROI_SCANNERS_ANTIVIRUS_JOB_H
#define OCTROI_SCANNERS_ANTIVIRUS_JOB_H

#include "milter/isolate/job.h"
#include "scanners/antivirus_answer.h"

extern const struct job_kind job_antivirus;

/* What a cl_error_t alone says about a message; a number libclamav did not have when this was written is ANTIVIRUS_ERROR. */
enum antivirus_outcome antivirus_job_outcome(int status);

/* Releases what prepare made: for tests; an examiner only ends. */
void antivirus_job_free(void *shared);

#endif

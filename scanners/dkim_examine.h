/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkim_examine.h - asks a cage about the signatures of a message. (dkim_verify and dkim_sign are names of libopendkim: a function of ours that was
 * called so would be called by the library.) */
#ifndef OCTROI_SCANNERS_DKIM_EXAMINE_H
#define OCTROI_SCANNERS_DKIM_EXAMINE_H

#include "milter/model/scanner.h"
#include "scanners/dkim_answer.h"

/* WAITS, with scan->progress. kind is the place of the job. Returns NULL with *ret_answer, as many items as tasks; or why there is no answer, a
 * constant phrase: then nothing is known of any of them. */
const char *dkim_examine(struct scan *scan, unsigned kind, const struct dkim_question *question, struct dkim_answer *ret_answer);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* antivirus_evidence.h - what was noticed during the scan of one message, and what follows from all of it. */
#ifndef OCTROI_SCANNERS_ANTIVIRUS_EVIDENCE_H
#define OCTROI_SCANNERS_ANTIVIRUS_EVIDENCE_H

#include "scanners/antivirus_answer.h"

/* The first text noted for each outcome; empty: nothing of that kind. Zeroed at the start. */
struct evidence {
	char texts[ANTIVIRUS_ERROR + 1][ANTIVIRUS_TEXT_MAX + 1];
};

void evidence_note(struct evidence *evidence, enum antivirus_outcome outcome, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* An alert of libclamav's, by its name: a virus, or a limit or an encryption that it reports in the same way. NULL is a
 * virus without a name. */
void evidence_note_alert(struct evidence *evidence, const char *name);

/* A system call has failed with error: noted when the system is short of something. No content makes a call fail so. */
void evidence_note_shortage(struct evidence *evidence, int error);

bool evidence_has(const struct evidence *evidence, enum antivirus_outcome outcome);

/* The one outcome: infected, else error, else unscannable, else clean; *ret_text lives as long as evidence. */
enum antivirus_outcome evidence_outcome(const struct evidence *evidence, const char **ret_text);

#endif

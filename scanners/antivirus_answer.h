/* SPDX-License-Identifier: GPL-2.0-or-later */
/* antivirus_answer.h - what the filter asks the antivirus job and what the job answers.
 *
 * The answer comes out of a cage that has read a stranger's bytes: nothing in it is believed before
 * antivirus_answer_read has looked at it. */
#ifndef OCTROI_SCANNERS_ANTIVIRUS_ANSWER_H
#define OCTROI_SCANNERS_ANTIVIRUS_ANSWER_H

#include "milter/isolate/frame.h"

enum antivirus_outcome {
	ANTIVIRUS_CLEAN,	/* everything was scanned and nothing found */
	ANTIVIRUS_INFECTED,	/* whatever else could not be scanned */
	ANTIVIRUS_UNSCANNABLE,	/* scanned as far as possible: a limit, or something encrypted or malformed */
	ANTIVIRUS_ERROR,	/* the scan did not work: nothing is known */
};

#define ANTIVIRUS_TEXT_MAX 128

struct antivirus_question {
	uint64_t timeout_ms;	/* for the scan itself; the pool should kill the examiner a little later. Not 0 */
};

struct antivirus_answer {
	enum antivirus_outcome outcome;
	/* Printable ASCII. Clean: empty; infected: the virus; unscannable: "limits: ...", "encrypted: ...", "malformed: ..."
	 * or "unsupported: ..."; error: why. */
	char text[ANTIVIRUS_TEXT_MAX + 1];
	uint64_t signatures;	/* in the engine that scanned */
	uint64_t elapsed_ms;
};

/* Each writes at the end of a frame that was started; frame->bad tells when it did not fit. */
void antivirus_question_write(struct frame *frame, const struct antivirus_question *question);
void antivirus_answer_write(struct frame *frame, const struct antivirus_answer *answer);

/* Read the whole rest of the frame. Return 0, or -EBADMSG: it is no such frame, or holds more, or what it says cannot be.
 * *ret is written only on success. */
int antivirus_question_read(struct frame *frame, struct antivirus_question *ret_question);
int antivirus_answer_read(struct frame *frame, struct antivirus_answer *ret_answer);

/* Copies text with every byte outside printable ASCII as "?", cut to ANTIVIRUS_TEXT_MAX bytes, without the white space at
 * its ends. */
void antivirus_text_copy(char ret_text[ANTIVIRUS_TEXT_MAX + 1], struct str text);

#endif

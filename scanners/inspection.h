/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspection.h - what the cage found out about the content of a message: a fact (message->inspection) for the scanners that look at content.
 *
 * It is there at the end of the message, before all hooks of that phase (scanner.h: inspect). */
#ifndef OCTROI_SCANNERS_INSPECTION_H
#define OCTROI_SCANNERS_INSPECTION_H

#include "scanners/content_answer.h"

enum inspection_state {
	INSPECTION_DONE,	/* answer is filled */
	INSPECTION_CUT,		/* over limits.message_size or header limits of the gateway: only the beginning is there, nothing was looked at */
	INSPECTION_NO_ROOM,	/* the message could not be kept */
	INSPECTION_POISON,	/* it has stopped examiners three times */
	INSPECTION_FAILED,	/* see problem */
};

struct inspection {
	enum inspection_state state;
	const char *problem;		/* INSPECTION_FAILED: "stopped in mid-scan", "took too long", "is not available", "gave no usable answer" */
	struct content_answer answer;
};

#endif

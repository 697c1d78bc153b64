/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mime_lines.h - lines of a message that could be delimiters, found once; then those that are, for one boundary (RFC 2046 5.1.1, threats MIME-09). */
#ifndef OCTROI_UNPACK_MIME_LINES_H
#define OCTROI_UNPACK_MIME_LINES_H

#include "milter/unpack/unpack.h"

/* A line that begins with "--", perhaps after white space or NUL. A line begins after LF, CRLF or a bare CR. */
struct mime_line {
	uint32_t start;		/* of the line */
	uint32_t dashes;	/* where "--" is */
};

struct mime_lines {
	struct mime_line *items;	/* in the order of the message */
	size_t len;
};

/* Returns false when there was no memory (noted). Released in any case. */
bool mime_lines_find(struct unpack *unpack, struct str bytes, struct mime_lines *ret_lines);
void mime_lines_release(struct unpack *unpack, struct mime_lines *lines);

enum {
	MIME_CUT_END = 1 << 0,		/* "--boundary--" */

	/* What some readers let pass for a delimiter and others for content. */
	MIME_CUT_PADDED = 1 << 1,	/* white space at the end: RFC 2046 lets it pass */
	MIME_CUT_PREFIX = 1 << 2,	/* more text behind the boundary */
	MIME_CUT_TAIL = 1 << 3,		/* "--boundary-", or text behind the last "--" */
	MIME_CUT_INDENTED = 1 << 4,	/* white space in front of or behind the dashes */
	MIME_CUT_CR = 1 << 5,		/* begins or ends at a bare CR */
	MIME_CUT_NUL = 1 << 6,
};

/* A delimiter of one boundary. */
struct mime_cut {
	uint32_t before, after;		/* what is in front ends here (without the line end), what follows begins here */
	unsigned flags;			/* of MIME_CUT_ */
};

struct mime_cuts {
	struct mime_cut *items;
	size_t len;
	unsigned seen;		/* flags of all of them */
	uint64_t work;		/* what finding them has cost: bytes and lines looked at */
	bool overflowed;	/* there are more than max */
};

/* All lines in bytes [start, end) that are delimiters for boundary in any reading. */
void mime_cuts_find(struct arena *arena, struct str bytes, const struct mime_lines *lines, struct str boundary, size_t start, size_t end,
		    size_t max, struct mime_cuts *ret_cuts);

#endif

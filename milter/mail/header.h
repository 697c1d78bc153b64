/* SPDX-License-Identifier: GPL-2.0-or-later */
/* header.h - the header fields of one message in the order in which they came (RFC 5322 2.2, 3.6). */
#ifndef OCTROI_MAIL_HEADER_H
#define OCTROI_MAIL_HEADER_H

#include <stdbool.h>

#include "milter/base/arena.h"
#include "milter/base/str.h"

#define HEADER_LINE_MAX 998	/* RFC 5322 2.1.1, without the line end */

struct header {
	const char *name;	/* as received, up to the colon; may hold odd bytes */
	const char *value;	/* as received after the colon, leading white space included; folds are LF and white space */
	unsigned index;		/* 1 for the first field of this name (without case), as smfi_chgheader counts */
};

struct header_count;

struct headers {
	struct header *items;
	size_t len;
	size_t size_bytes;	/* names, colons, values and line ends */

	struct header_count *counts;	/* private to header.c: how often each name came */
	size_t counts_len, counts_size;
};

/* Copies name and value into arena. A struct headers of zeros is the empty one. */
void headers_add(struct arena *arena, struct headers *headers, const char *name, const char *value);

/* Do two names mean the same field to some mail program: without case, and without white space and control bytes before
 * the colon or in front (threats HDR-03)? */
bool header_name_equal(const char *a, const char *b);

/* A name that RFC 5322 2.2 does not allow: empty, or with a byte that is not printable ASCII, or a colon. */
bool header_name_is_odd(const char *name);

/* The next field of that name (header_name_equal) after *position (start with 0), or NULL. */
const struct header *headers_next(const struct headers *headers, const char *name, size_t *position);

/* The value in one line: folds become what RFC 5322 2.2.3 says, a line end that is none becomes a space, white space at
 * both ends is dropped. */
const char *header_unfold(struct arena *arena, const char *value);

/* A value for a field that we write: bytes other than printable ASCII become '?', and it is folded with "\n\t" at
 * spaces so that lines stay below 78 where that is possible (threats HDR-10). A word that would make a line longer than
 * HEADER_LINE_MAX is cut in two. Spaces at both ends are dropped; each line holds a visible character. */
const char *header_fold(struct arena *arena, const char *name, const char *value);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkim_canon.h - the canonical form "relaxed" of a header field and of a body, which is what DKIM signs (RFC 6376 3.4.2, 3.4.4).
 *
 * Pure and linear in what comes in; nothing is parsed. A line ends with CRLF, or with LF alone, which every MTA makes a CRLF
 * before it passes a message on. A CR that stands alone is a byte like any other. */
#ifndef OCTROI_MAIL_DKIM_CANON_H
#define OCTROI_MAIL_DKIM_CANON_H

#include <stdbool.h>
#include <stdint.h>

#include "milter/base/str.h"

/* Gets the canonical bytes, piece by piece. */
typedef void (*dkim_sink)(void *arg, const char *bytes, size_t len);

/* A body on its way; private to dkim_canon.c but for longest_line. */
struct dkim_canon {
	dkim_sink sink;
	void *arg;
	uint64_t line_ends;	/* seen, and not yet written: those at the end of the body are left out */
	bool space;		/* white space likewise */
	bool cr;		/* the last byte was a CR */
	bool empty;		/* nothing has been written */
	uint64_t line;		/* octets of the line so far, without its end */
	uint64_t longest_line;	/* of all lines, as they came in */
	size_t len;
	char buffer[4096];
};

void dkim_canon_start(struct dkim_canon *canon, dkim_sink sink, void *arg);

/* Any piece: pieces need not end where lines do. */
void dkim_canon_add(struct dkim_canon *canon, const char *bytes, size_t len);

/* The body is complete; its last line is ended when it was not. A body without a visible byte is empty: nothing has been
 * written. */
void dkim_canon_end(struct dkim_canon *canon);

#define DKIM_FIELD_ROOM(name_len, value_len) ((name_len) + (value_len) + 3)

/* Writes "name:value" CRLF to out, which has DKIM_FIELD_ROOM, and returns the end of it; not terminated. value is what stood
 * after the colon, folds and all. */
char *dkim_canon_field(char *out, struct str name, struct str value);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mime_header.h - the header of one entity, in every plausible reading: which content types, boundaries, encodings and names it could have.
 *
 * A lenient mail program may take the first or the last of two fields, a comma for a semicolon, a comment for a value. So each question has a list of
 * answers, the most plausible (RFC 2045, RFC 2231, RFC 5322) first. Linear in the header; each list is bounded. */
#ifndef OCTROI_UNPACK_MIME_HEADER_H
#define OCTROI_UNPACK_MIME_HEADER_H

#include "milter/base/arena.h"
#include "milter/base/str.h"
#include "milter/unpack/encodings.h"

#define MIME_CANDIDATES_MAX 12	/* of one list; more is .overflowed */
#define MIME_NAMES_MAX 24

/* A header block split off a message or part. */
struct mime_header {
	/* "type/subtype", lower case, no comments; "" as the only one: no Content-Type at all. Readings as a list, of repeated fields, with decoded
	 * encoded words, with and without NUL. */
	struct str types[MIME_CANDIDATES_MAX];
	size_t types_len;

	enum transfer_encoding encodings[MIME_CANDIDATES_MAX];	/* distinct; no field at all: one, ENCODING_IDENTITY */
	size_t encodings_len;
	bool encoding_is_unknown;	/* some field names one that nobody knows */

	struct str boundaries[MIME_CANDIDATES_MAX];	/* distinct, raw bytes: literal, unquoted, decoded, reassembled (RFC 2231), trimmed ... */
	size_t boundaries_len;

	struct str charsets[MIME_CANDIDATES_MAX];
	size_t charsets_len;

	struct str names[MIME_NAMES_MAX];	/* name, filename, their RFC 2231 forms in every plausible reassembly, Content-Description; raw: filename.h reads on.
						 * A Content-Description alone is no name unless it has an ending like a file's. */
	size_t names_len;

	bool is_attachment;		/* Content-Disposition other than inline, or a name */
	bool is_odd;			/* fields that are none, white space or NUL in or before names, folds that are none: HDR-03, MIME-03 */
	bool differs_by_nul;		/* NUL made a difference */
	bool differs_by_line_end;	/* a bare CR or LF made a difference */
	bool overflowed;		/* a list or the number of parameters was cut: UNPACK_NAMES */
	const char *why;		/* the first oddity, for people; "" */
};

/* bytes: the header block without the empty line that ends it. Strings point into bytes or arena. */
void mime_header_read(struct arena *arena, struct str bytes, struct mime_header *ret_header);

/* The places where the header of an entity could end, most plausible first: CRLF CRLF or LF LF, CR CR, a line of white space alone, of NUL, a first line
 * that is no field; the end of the bytes when there is none. Returns how many (at least 1, at most max) distinct ones were written. */
struct mime_separator {
	size_t header_len;	/* bytes of header */
	size_t body_start;
	bool is_regular;	/* CRLF CRLF or LF LF in a header of regular fields */
};
size_t mime_separators(struct str entity, struct mime_separator *ret_separators, size_t max);

#endif

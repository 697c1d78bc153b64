/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mime_fields.h - the lines of a header block, and which of them some program takes for one of the fields of RFC 2045 and RFC 2183. */
#ifndef OCTROI_UNPACK_MIME_FIELDS_H
#define OCTROI_UNPACK_MIME_FIELDS_H

#include "milter/base/str.h"

enum line_ends {
	LINES_END_LF,		/* LF or CRLF */
	LINES_END_ANY,		/* also CR alone */
	LINES_END_CRLF,		/* nothing else: a LF alone stands in the line */
};

/* The next line without its end; *rest is what follows it, of length 0 after the last one. */
struct str mime_line_next(struct str *rest, enum line_ends ends);

/* Are there line ends besides those of LINES_END_LF, so that reading by another rule shows other lines? */
bool mime_has_bare_cr(struct str bytes);
bool mime_mixes_line_ends(struct str bytes);	/* CRLF here, LF alone there */

/* Has the line a name that RFC 5322 2.2 allows, and a colon (white space between the two is let pass)? */
bool mime_line_is_field(struct str line);

/* "From ..." of a mailbox file. */
bool mime_line_is_envelope(struct str line);

enum mime_field_kind { FIELD_TYPE, FIELD_ENCODING, FIELD_DISPOSITION, FIELD_DESCRIPTION, MIME_FIELD_KINDS };

struct mime_field {
	enum mime_field_kind kind;
	struct str value;	/* as it stands behind the colon, folds included */
	struct str loose;	/* the same with the lines behind it that are no fields: folds whose white space is missing */
	bool is_odd;		/* only some programs take it for that field */
};

#define MIME_FIELDS_MAX 24

struct mime_fields {
	struct mime_field items[MIME_FIELDS_MAX];	/* when there are more: the first ones and the last */
	size_t len;
	bool overflowed;
	bool has_junk;		/* a line that is neither field nor fold */
};

/* block is a header without a line "From ..." in front. */
void mime_fields_find(struct str block, enum line_ends ends, struct mime_fields *ret_fields);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mime_encoding.h - what a value of Content-Transfer-Encoding could name (RFC 2045 6.1, threats MIME-02). */
#ifndef OCTROI_UNPACK_MIME_ENCODING_H
#define OCTROI_UNPACK_MIME_ENCODING_H

#include "milter/base/arena.h"
#include "milter/base/str.h"
#include "milter/unpack/encodings.h"

struct mime_encodings {
	enum transfer_encoding items[8];	/* distinct, most plausible first, at least one */
	size_t len;
	bool is_unknown;			/* it names one that nobody knows */
};

/* value is a line without folds. Exactly one of RFC 2045, or of those that were ever in use, is one reading. Of anything else all are readings that
 * somebody could see in it, and that it means nothing. */
void mime_encoding_read(struct arena *arena, struct str value, struct mime_encodings *ret_encodings);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* encoded.h - encoded words (RFC 2047) as lenient mail programs take them, for looking, never for writing.
 *
 * Characters stay in the charset of the word: only ASCII can be trusted in the result. */
#ifndef OCTROI_MAIL_ENCODED_H
#define OCTROI_MAIL_ENCODED_H

#include <stdbool.h>

#include "milter/base/arena.h"
#include "milter/base/str.h"

struct encoded {
	struct str text;	/* the input with each word decoded; it may hold any byte */
	size_t words;		/* how many there were */
	bool has_at;		/* an @ came out of a word */
	bool has_delimiter;	/* so did a byte with a meaning of its own in lists of addresses: "()<>,:;\ */
	bool is_opaque;		/* NUL, CR or LF came out, or a charset in which ASCII bytes do not stand for themselves */
};

/* Decodes every "=?charset?B|Q?text?=" whatever stands around it and however long it is; white space between two words is
 * dropped. Never fails; linear. */
void encoded_decode(struct arena *arena, struct str in, struct encoded *ret_encoded);

#endif

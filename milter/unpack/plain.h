/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plain.h - markup as ASCII: what is in UTF-16 or UTF-32 becomes one byte for each character, so that words can be looked for. */
#ifndef OCTROI_UNPACK_PLAIN_H
#define OCTROI_UNPACK_PLAIN_H

#include "milter/unpack/unpack.h"

struct plain {
	struct str text;
	void *taken;		/* to be given back */
	size_t taken_size;
};

/* bytes themselves when each character of ASCII is one byte of them, and also when memory lacks (then that is noted). plain_close when done. */
void plain_open(struct unpack *unpack, struct str bytes, struct plain *ret_plain);
void plain_close(struct unpack *unpack, struct plain *plain);

/* Where a word (lower case) is in text, whatever its case, at or after from; (size_t)-1 when nowhere. */
size_t plain_find(struct str text, size_t from, struct str word);
bool plain_has(struct str text, struct str word);

/* Copies text with "&#60;" and "&#x3c;" as the character, into out, which has room for text.len; returns the length. Other references stay. */
size_t plain_unescape(struct str text, char *out);

#endif

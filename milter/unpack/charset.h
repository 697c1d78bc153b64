/* SPDX-License-Identifier: GPL-2.0-or-later */
/* charset.h - text in the charsets that mail uses, as UTF-8; by iconv, whose converters charset_prepare has loaded (the cage has no files). */
#ifndef OCTROI_UNPACK_CHARSET_H
#define OCTROI_UNPACK_CHARSET_H

#include "milter/base/arena.h"
#include "milter/base/str.h"

/* Is the charset one in which bytes of ASCII do not stand for themselves (UTF-7, UTF-16, UTF-32, EBCDIC, ISO-2022, HZ)? */
bool charset_hides_ascii(struct str charset);

/* in as UTF-8, what cannot be converted as U+FFFD; at most three bytes for each of in, and never more than max_bytes. Returns false when nobody knows
 * the charset (then *ret_text is in itself). */
bool charset_to_utf8(struct arena *arena, struct str charset, struct str in, size_t max_bytes, struct str *ret_text);

#endif

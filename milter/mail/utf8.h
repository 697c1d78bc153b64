/* SPDX-License-Identifier: GPL-2.0-or-later */
/* utf8.h - are bytes UTF-8 (RFC 3629)? Overlong forms, surrogates and what is above U+10FFFF are not. */
#ifndef OCTROI_MAIL_UTF8_H
#define OCTROI_MAIL_UTF8_H

#include <stdbool.h>

#include "milter/base/str.h"

/* Length in bytes of the character s begins with (1 for ASCII), 0 when s is empty or begins with none. */
size_t utf8_length(struct str s);

bool utf8_is_valid(struct str s);

/* Does s begin with a control character above ASCII (U+0080 to U+009F)? */
static inline bool utf8_is_c1(struct str s)
{
	return s.len >= 2 && (unsigned char)s.p[0] == 0xc2 && (unsigned char)s.p[1] < 0xa0;
}

#endif

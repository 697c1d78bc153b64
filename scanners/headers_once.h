/* SPDX-License-Identifier: GPL-2.0-or-later */
/* headers_once.h - fields that a message may have once (RFC 5322 3.6, RFC 2045, RFC 2183). From is the business of authors.h. */
#ifndef OCTROI_SCANNERS_HEADERS_ONCE_H
#define OCTROI_SCANNERS_HEADERS_ONCE_H

#include "milter/mail/header.h"

struct headers_once {
	const char *repeated;	/* names of those that are there more than once, with ", " between them; "" for none */
	const char *differing;	/* one of them decides how the body is decoded, and they say different things; NULL: none */
};

/* Names are compared with header_name_equal, values without case and white space. Strings live in arena; at most one
 * name each. Linear in the size of the header section. */
struct headers_once headers_once_read(struct arena *arena, const struct headers *headers);

#endif

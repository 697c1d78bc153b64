/* SPDX-License-Identifier: GPL-2.0-or-later */
/* helo_name.h - reads what a client says at HELO or EHLO (RFC 5321 4.1.1.1, 4.1.3). Pure; any bytes. */
#ifndef OCTROI_SCANNERS_HELO_NAME_H
#define OCTROI_SCANNERS_HELO_NAME_H

#include "milter/base/arena.h"
#include "milter/base/ip.h"

enum helo_kind {
	HELO_MISSING,		/* nothing was said */
	HELO_MALFORMED,		/* neither a name nor an address */
	HELO_LITERAL,		/* "[192.0.2.1]", "[IPv6:2001:db8::1]" (also without the tag) */
	HELO_BARE_ADDRESS,	/* "192.0.2.1", which is a name to RFC 5321, and to nobody else */
	HELO_UNQUALIFIED,	/* a name of one label: "localhost" */
	HELO_NAME,		/* with a dot; an underscore is let pass, as in the DNS and in Postfix */
};

struct helo_name {
	enum helo_kind kind;
	const char *name;	/* HELO_UNQUALIFIED, HELO_NAME: normalised (domain.h); in arena */
	struct ip ip;		/* HELO_LITERAL, HELO_BARE_ADDRESS */
};

struct helo_name helo_name_read(struct arena *arena, const char *helo);

/* The argument as it may stand between quotes in a text for people: printable ASCII without quotes and backslashes, cut.
 * Returns text. */
#define HELO_SHOWN_MAX 68
const char *helo_name_show(const char *helo, char text[HELO_SHOWN_MAX]);

#endif

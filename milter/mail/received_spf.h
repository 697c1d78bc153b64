/* SPDX-License-Identifier: GPL-2.0-or-later */
/* received_spf.h - the value of a Received-SPF field (RFC 7208 9.1). */
#ifndef OCTROI_MAIL_RECEIVED_SPF_H
#define OCTROI_MAIL_RECEIVED_SPF_H

#include "milter/base/arena.h"
#include "milter/base/ip.h"

/* Strings of strangers may hold any bytes; NULL and "" leave a key out, but for envelope_from and helo. */
struct received_spf {
	const char *result;		/* a word of RFC 7208 2.6: "pass" */
	const char *comment;		/* for people */
	const char *identity;		/* "mailfrom" or "helo" */
	const char *receiver;		/* our name */
	struct ip client;		/* IP_NONE: left out */
	const char *envelope_from;	/* "" is the null sender and is written; NULL is not */
	const char *helo;		/* likewise */
	const char *mechanism;		/* what matched; "default" for nothing */
	const char *problem;		/* of temperror and permerror */
};

/* In one line, as stamp_add takes it. What is no dot-atom is quoted, what may not stand in a quoted string or a comment becomes '?'; each
 * value is cut at 256 octets. */
const char *received_spf_format(struct arena *arena, const struct received_spf *fields);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkim_signature.h - what a DKIM-Signature field says (RFC 6376 3.5, RFC 8301, RFC 8463). */
#ifndef OCTROI_MAIL_DKIM_SIGNATURE_H
#define OCTROI_MAIL_DKIM_SIGNATURE_H

#include "milter/base/arena.h"
#include "milter/mail/dkim_tags.h"

#define DKIM_SIGNATURE_MAX 16384	/* octets of the field's value */
#define DKIM_FIELDS_MAX 256		/* names in h= */
#define DKIM_H_MAX 4096			/* octets of h=: more libopendkim cuts, and says that the signature is bad */
#define DKIM_B_MAX 2048			/* octets of a decoded b=: RSA with 16384 bits */
#define DKIM_SKEW_S 300			/* how far clocks may be apart */

enum dkim_algorithm { DKIM_RSA_SHA256, DKIM_ED25519_SHA256, DKIM_RSA_SHA1 };

struct dkim_signature {
	const char *algorithm_name;		/* a=, as a word of ours; "" when it is none that is known */
	enum dkim_algorithm algorithm;
	bool header_relaxed, body_relaxed;	/* c= */
	const char *domain, *selector;		/* d=, s=: lower case, nothing odd in them; "" when they cannot be read */
	const char *identity_domain;		/* of i=; d= without one */
	const struct str *fields;		/* h=, as written; an empty name never stands there */
	size_t fields_len;
	struct str b, bh;			/* decoded */
	char b_start[9];			/* the first characters of b=: header.b (RFC 6008) */
	bool has_length, has_timestamp, has_expiry;
	uint64_t length;			/* l=: octets of the canonical body; UINT64_MAX: more than any body has */
	uint64_t timestamp, expiry;		/* t=, x=: seconds since 1970; UINT64_MAX: later than any clock will show */
};

/* Reads the value of a field, folds as LF or CRLF. What is refused: each tag that is missing, there twice or not as the RFC has it; domains and
 * selectors that are no names of the DNS, with anything that a later reader might drop or cut (threats HDR-05); i= that is not within d=; h=
 * without From; q= without dns/txt; x= that is not later than t=. Unknown tags are ignored. Strings point into arena.
 * Returns 0, or -EINVAL with *ret_problem a static phrase; *ret_signature then says what could be read. */
int dkim_signature_parse(struct arena *arena, struct str value, struct dkim_signature *ret_signature, const char **ret_problem);

/* Why the signature does not hold at this time (seconds since 1970): from the future, or expired; NULL: it does. */
const char *dkim_signature_untimely(const struct dkim_signature *signature, uint64_t now_s);

/* Is a field of this name (without case) in h=, and how often? */
size_t dkim_signature_signs(const struct dkim_signature *signature, const char *name);

#endif

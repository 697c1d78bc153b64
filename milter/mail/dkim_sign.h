/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkim_sign.h - the DKIM-Signature field of a message (RFC 6376 3.5, 3.7), relaxed/relaxed, SHA-256, the whole body. */
#ifndef OCTROI_MAIL_DKIM_SIGN_H
#define OCTROI_MAIL_DKIM_SIGN_H

#include <stdint.h>

#include "milter/mail/dkim_sign_key.h"
#include "milter/mail/header.h"

/* Which fields are to be signed: every one of that name. A name stands once in a list of these, in any case. */
struct dkim_sign_name {
	const char *name;	/* as h= is to show it */
	enum dkim_oversign {
		DKIM_OVERSIGN_NEVER,
		DKIM_OVERSIGN_PRESENT,	/* when there is one, h= names it once more: nobody can add another (RFC 6376 8.15) */
		DKIM_OVERSIGN_ALWAYS,	/* when there is none, too */
	} oversign;
};

/* The signed part of a header, the same for every key. */
struct dkim_sign_header {
	const char *h;			/* the value of h=, with a space behind each colon so that it can be folded */
	struct str canonical;		/* in the order of h=: of one name from the last to the first (RFC 6376 5.4.2) */
	size_t names;			/* in h= */
	size_t longest_line;		/* octets of the longest line among them as they came, name and colon included */
};

struct dkim_sign_header dkim_sign_select(struct arena *arena, const struct headers *headers, const struct dkim_sign_name *names,
					 size_t names_len);

struct dkim_sign_task {
	const char *domain, *selector;	/* normalised */
	const struct dkim_sign_key *key;
	const char *body_hash;		/* dkim_sign_hash_text */
	uint64_t signed_at_s;		/* since 1970 */
	uint64_t expires_at_s;		/* 0: never */
};

/* The value of the field in one line of words that no folding needs to cut (header_fold): folded at its spaces it is, in
 * canonical form, what was signed. NULL when libcrypto fails. */
const char *dkim_sign_field(struct arena *arena, const struct dkim_sign_task *task, const struct dkim_sign_header *header);

#endif

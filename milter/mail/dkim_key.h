/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkim_key.h - what a key record says (RFC 6376 3.6.1, RFC 8463 4). */
#ifndef OCTROI_MAIL_DKIM_KEY_H
#define OCTROI_MAIL_DKIM_KEY_H

#include "milter/base/arena.h"
#include "milter/mail/dkim_signature.h"

#define DKIM_KEY_RECORD_MAX 8192	/* octets */

enum dkim_key_type { DKIM_KEY_RSA, DKIM_KEY_ED25519 };

struct dkim_key {
	enum dkim_key_type type;
	struct str bytes;	/* RSA: DER of RSAPublicKey (RFC 8017 A.1.1), whichever form the record has; Ed25519: 32 octets */
	unsigned bits;		/* of the modulus; 256 for Ed25519 */
	bool sha256;		/* h= allows it */
	bool testing;		/* t=y */
	bool same_domain;	/* t=s: i= must name d= itself */
};

/* Is it a key record at all, well-formed or not? Other TXT records are found at a key's name where a wildcard covers it. */
bool dkim_key_is_one(struct str record);

/* Reads a record whose strings are joined. Refused: v= that is not DKIM1 or not first, a missing p=, an empty one ("the key is revoked"), keys that
 * are no keys of their type, types and services that are not ours. The size of a key is the caller's question; an exponent that is even, below 3 or
 * above 32 bits and an even modulus are refused here, before anybody computes with them (threats DNS-09).
 * Returns 0, or -EINVAL with *ret_problem a static phrase. Strings live in arena. */
int dkim_key_parse(struct arena *arena, struct str record, struct dkim_key *ret_key, const char **ret_problem);

/* Why this key is not one for this signature, or NULL. */
const char *dkim_key_unfit(const struct dkim_key *key, const struct dkim_signature *signature);

#endif

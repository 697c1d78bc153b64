/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relaytest_patterns.h - the ways in which gateways were made to relay: published open-relay tests and the address tricks of RFC 5321,
 * RFC 1123 and UUCP. */
#ifndef OCTROI_RELAYTEST_PATTERNS_H
#define OCTROI_RELAYTEST_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>

#include "milter/base/arena.h"

enum relaytest_expect {
	RELAYTEST_CONTROL,	/* mail to ourselves: must be taken, or no refusal of the others means anything */
	RELAYTEST_FOREIGN,	/* leads to another domain, in some reading: must be refused */
	RELAYTEST_BELOW,	/* a name below ours: refused unless it is ours, too */
	RELAYTEST_NOWHERE,	/* no address at all: taken or not, it reaches nobody outside */
};

/* What is said before MAIL. */
enum relaytest_prelude {
	RELAYTEST_NO_PRELUDE,
	RELAYTEST_AUTH,		/* AUTH that must not succeed */
	RELAYTEST_XCLIENT,
	RELAYTEST_XFORWARD,
	RELAYTEST_PROXY,	/* before the greeting */
};

/* mailfrom, rcpt, first_rcpt, helo and words hold: $O our domain, $G the gateway's name, $L the gateway's address as a literal, $X the
 * other domain, $Y the same in capitals, $S our domain without its last letter, $U a local part there, $M an address of ours
 * that exists, $F the domain of senders. NULL: none. */
struct relaytest_pattern {
	const char *id;		/* of the catalogue: R01 to R40 */
	enum relaytest_expect expect;
	const char *mailfrom, *rcpt;	/* what stands after "FROM:" and "TO:" */
	const char *first_rcpt;	/* a recipient before it */
	const char *helo;	/* the name in EHLO */
	enum relaytest_prelude prelude;
	const char *words;	/* the argument of the prelude */
	bool utf8;		/* MAIL with SMTPUTF8 where the server has it (RFC 6531) */
};

const struct relaytest_pattern *relaytest_patterns(size_t *ret_len);

/* What the letters after "$" stand for. */
struct relaytest_names {
	const char *ours, *ours_short, *gateway, *literal, *foreign, *foreign_upper, *user, *mailbox, *sender_domain;
};

/* The template with the names in it. */
const char *relaytest_expand(struct arena *arena, const struct relaytest_names *names, const char *template);

#endif

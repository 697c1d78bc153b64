/* SPDX-License-Identifier: GPL-2.0-or-later */
/* address.h - envelope addresses: Reverse-path and Forward-path of RFC 5321 4.1.2 (and RFC 6531 for UTF-8).
 *
 * There is one normalised form and every check uses it; what does not parse is never repaired. */
#ifndef OCTROI_MAIL_ADDRESS_H
#define OCTROI_MAIL_ADDRESS_H

#include <stdbool.h>

#include "milter/base/arena.h"
#include "milter/base/ip.h"
#include "milter/base/str.h"

#define ADDRESS_MAX 254			/* RFC 5321 4.5.3.1.3 less the brackets */
#define ADDRESS_LOCALPART_MAX 64	/* RFC 5321 4.5.3.1.1; of recipients alone: senders of bounces have longer ones (VERP) */

struct address {
	const char *text;	/* localpart@domain with the local part quoted where it must be; "" for the null sender */
	const char *localpart;	/* without quotes and quoted pairs; case kept; no NUL or control byte; "" for the null sender */
	const char *domain;	/* normalised (domain.h); "[192.0.2.1]" for a literal; NULL when there is none */
	struct ip literal;	/* family IP_NONE unless the domain is an address literal */
	bool quoted;		/* the local part was a quoted string */
	bool source_route;	/* "@a,@b:" stood before it: judged by what follows (RFC 5321 4.1.1.3) */
};

enum address_kind {
	ADDRESS_SENDER,		/* MAIL FROM: the null path <> is allowed */
	ADDRESS_RECIPIENT,	/* RCPT TO */
};

/* Reads what stands after "MAIL FROM:" or "RCPT TO:", with or without brackets, up to the closing bracket; ESMTP
 * parameters after it are ignored. An address without a domain is read (domain NULL): whether one may be used is
 * the caller's question. An empty quoted local part ("" before the @) is refused: some MTA reads it as "@domain", everybody.
 * Returns 0, or -EINVAL with *ret_problem a static phrase such as "two @ outside quotes";
 * *ret_address is written only on success and lives in arena. */
int address_parse(struct arena *arena, struct str in, enum address_kind kind, struct address *ret_address,
		  const char **ret_problem);

/* Builds one from a local part without its quotes and a domain as written (a name, or a literal with its brackets; p is
 * NULL when there is none). Both forms of an address, envelope and header, are made here.
 * Returns 0, or -EINVAL as address_parse does. */
int address_from_parts(struct arena *arena, struct str localpart, struct str domain, struct address *ret_address,
		       const char **ret_problem);

/* Is there another reading of the local part that names another host: "user%host", "host!user", "user@host", "@host:user"
 * (threats ID-01)? An MTA may take that route. */
bool address_reroutes(const struct address *address);

/* Is the local part postmaster or abuse (RFC 5321 4.5.1, RFC 2142), without case? */
bool address_is_postmaster(const struct address *address);

/* Compares an address with an entry as operators write it: "user@example.com", "@example.com" or "example.com" (everybody
 * there, that domain alone), "@.example.com" or ".example.com" (everybody at names below it), "*" (all but the null sender),
 * "<>" (the null sender). Local parts are compared without ASCII case. entry must come from address_entry_normalise. */
bool address_matches(const struct address *address, const char *entry);

/* Checks and normalises an entry (U-labels to A-labels, lower case). Returns 0, or -EINVAL. */
int address_entry_normalise(struct arena *arena, struct str in, const char **ret_entry);

#endif

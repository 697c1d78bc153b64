/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domain.h - domain names as mail compares them: lower-case A-labels, no trailing dot (RFC 5890, RFC 5321 2.3.5).
 *
 * A domain is normalised once, where it comes in; afterwards equal domains are equal strings. */
#ifndef OCTROI_MAIL_DOMAIN_H
#define OCTROI_MAIL_DOMAIN_H

#include <stdbool.h>

#include "milter/base/arena.h"
#include "milter/base/str.h"

#define DOMAIN_MAX 253

/* One trailing dot is dropped, U-labels (UTF-8, NFC, IDNA2008 with the non-transitional UTS 46 mapping; the
 * ideographic full stops count as dots) become A-labels, ASCII letters become lower case. Refused: empty labels, labels
 * over 63 and names over DOMAIN_MAX octets, bytes other than letters, digits, hyphen and underscore, hyphens at the ends
 * of a label, invalid UTF-8, A-labels that do not decode to what encodes to them. A name whose last label is a number
 * ("203.0.113.9", "1.2", "0x7f000001") is refused too: a resolver would take it for an address.
 * Returns 0, or -EINVAL; *ret_domain lives in arena and is written only on success. */
int domain_normalise(struct arena *arena, struct str in, const char **ret_domain);

/* Both normalised: is domain a name below parent (not parent itself)? Compared label by label. */
bool domain_is_below(const char *domain, const char *parent);

/* Does domain match an entry of a list as operators write it: "example.com" is that name alone, ".example.com" every name
 * below it, "*" everything? Both normalised (the entry apart from its dot). */
bool domain_matches(const char *domain, const char *entry);

#endif

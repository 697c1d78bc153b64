/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dmarc_walk.h - which policy holds for a domain, and which organization it belongs to (RFC 9989 section 4.10), as pure functions over
 * answered questions: the same answers give the same result, in whatever order they come.
 *
 * All that one name needs is asked at once. Nothing is allocated: names are parts of the domain that was asked about, records point into
 * answers. Domains are normalised (domain.h). */
#ifndef OCTROI_LOOKUP_DMARC_WALK_H
#define OCTROI_LOOKUP_DMARC_WALK_H

#include "milter/lookup/dns.h"
#include "milter/lookup/psl.h"
#include "milter/mail/dmarc_record.h"

#define DMARC_WALK_MAX 8	/* questions for one name: RFC 9989 4.10 */

enum dmarc_method {
	DMARC_TREEWALK,	/* RFC 9989: what the DNS says on the way from the name to the top */
	DMARC_PSL,	/* RFC 7489: the organizational domain is what the Public Suffix List says; psd= means nothing */
};

/* In the tree walk the list is a bound for what nobody has thought of: a record at a public suffix that does not say psd= is read as one with
 * psd=y. By the letter of RFC 9989 such a record at "com" or at the name of a dynamic DNS provider would make one organization of all of its
 * customers, and each could pass for the others. Whoever owns a listed name and is one organization (a brand's top-level domain) says psd=n,
 * which is believed, as psd=y is of names that are not listed: what the zone says outweighs a list that may be old. */
struct dmarc_rules {
	enum dmarc_method method;
	const struct psl *psl;
};

struct dmarc_organization {
	const char *domain;	/* the organizational domain; NULL: it could not be told */
	/* When it could not be told: the name whose question failed, and why (a constant for people); of the records below that name the
	 * one nearest to it, or NULL. */
	const char *failed, *why;
	const char *nearest;
};

/* Returns 0, or -EAGAIN: answers are missing, all that is needed has been asked. */
int dmarc_organization_find(const char *domain, const struct dmarc_rules *rules, dns_asker ask, void *arg,
			    struct dmarc_organization *ret_organization);

enum dmarc_same { DMARC_SAME_NO, DMARC_SAME_YES, DMARC_SAME_UNKNOWN };

/* Are two domains of the same organization, though perhaps it could not be told which that is? */
enum dmarc_same dmarc_organization_same(const struct dmarc_organization *a, const struct dmarc_organization *b);

enum dmarc_tag { DMARC_TAG_P, DMARC_TAG_SP, DMARC_TAG_NP };

struct dmarc_discovery {
	enum dns_status status;		/* of the policy: DNS_NOTHING: there is none; DNS_UNKNOWN: it could not be told */
	const char *failed, *why;	/* of DNS_UNKNOWN: the name whose question failed, and why */
	/* With DNS_FOUND: */
	const char *domain;		/* whose record it is: the domain itself, or one above it */
	struct dmarc_record record;
	enum dmarc_tag tag;		/* whose value holds, be it by the fallback from np to sp to p */
	enum dmarc_policy policy;	/* that value */
	enum dmarc_policy enforced;	/* that value after t=y */

	struct dmarc_organization organization;	/* in any case: of the domain */
};

/* The policy for an author domain: its own, else that of its organizational domain, else that of the public suffix above it. Whether the domain
 * exists, for np, is told by a question for its address: NXDOMAIN says that there is no such name (RFC 8020); asked only where np says
 * something else than sp. Returns 0 or -EAGAIN. */
int dmarc_discover(const char *domain, const struct dmarc_rules *rules, dns_asker ask, void *arg, struct dmarc_discovery *ret_discovery);

#endif

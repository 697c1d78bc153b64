/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dnsbl_lookup.h - one thing (a client, a HELO name, a sender's domain) looked up in all lists for it, while nobody waits. */
#ifndef OCTROI_DNSBL_LOOKUP_H
#define OCTROI_DNSBL_LOOKUP_H

#include "milter/mail/domain.h"
#include "scanners/dnsbl_settings.h"
#include "scanners/dnsbl_zone.h"

/* A section, read. */
struct dnsbl_list {
	struct dnsbl_settings settings;		/* with on_listed as the type means it */
	const char *zone;
	unsigned subjects;			/* bits of enum dnsbl_subject */
	struct dnsbl_filter filter;
	struct dnsbl_zone *health[DNSBL_KINDS];	/* NULL: it is not asked for this kind; owned by dnsbl.c */
};

struct dnsbl_lookup {
	const struct dnsbl_list *list;
	struct dnsbl_zone *health;
	struct resolver *resolver;
	const char *name;			/* that is asked; lives as long as pursuit */
	struct pursuit *pursuit;		/* NULL: it was not asked, as there was no resolver or the list was off */
	bool tests;				/* the list had passed no test when it was asked */
	struct dnsbl_state tested;		/* then: what this pursuit learned of it */
	const struct dns_answer *answer;
};

/* Part of a session's or message's state, all zeros at the start. */
struct dnsbl_lookups {
	enum dnsbl_subject subject;
	char asked[DOMAIN_MAX + 1];		/* "192.0.2.9", "mx.example"; "": nothing is looked up */
	struct dnsbl_lookup *items;
	size_t len;
	bool tied;				/* to the arena that drops the pursuits */
};

/* Asks these lists. A further call replaces what was looked up, unless it is the same: then only what nobody could tell is asked
 * again. The first one is for addresses, which are not looked up when they are private; the second for normalised names, which are
 * not when they cannot be in a list. Everything is released with arena. */
struct dnsbl_lists {
	const struct dnsbl_list *items;
	size_t len;
};
void dnsbl_lookup_client(struct dnsbl_lookups *lookups, struct scan *scan, const struct dnsbl_lists *lists, struct arena *arena);
void dnsbl_lookup_name(struct dnsbl_lookups *lookups, struct scan *scan, const struct dnsbl_lists *lists, struct arena *arena,
		       enum dnsbl_subject subject, const char *name);

/* Can a host outside have this address? No list knows anything about the others (RFC 6890). */
bool dnsbl_is_public(const struct ip *ip);

/* Is the answer there? */
bool dnsbl_lookup_done(const struct dnsbl_lookup *lookup);

/* What it is worth by what is known of the list by now. Only when it is done; before, it is an error. */
struct dnsbl_reading dnsbl_lookup_read(const struct dnsbl_lookup *lookup);

/* Are they there, or not wanted? Only when it is listed. */
bool dnsbl_lookup_reason_known(const struct dnsbl_lookup *lookup);

/* The list's words about it (dnsbl_reason). WAITS for them until wait_until_ms (monotonic; 0: not at all). Only when it is listed. */
const char *dnsbl_lookup_reason(const struct dnsbl_lookup *lookup, uint64_t wait_until_ms, char text[DNSBL_REASON_MAX + 1]);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listings.h - in which DNS lists our own addresses and domains stand: a file that survives the filter. One writer at a time, any readers. */
#ifndef OCTROI_LOOKUP_LISTINGS_H
#define OCTROI_LOOKUP_LISTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "milter/base/arena.h"

struct listing {
	const char *about;	/* "address:192.0.2.9", "domain:example.com" */
	const char *list;	/* title of its section dnsbl */
	const char *code;	/* "127.0.0.2" */
	const char *reason;	/* the list's own words: printable ASCII; "" */
	const char *removal;	/* where to ask for removal; "" when nobody knows */
	int64_t since_ms;	/* wall clock: when we saw it first */
	int64_t seen_ms;	/* when we saw it last */
};

/* All lines that can be read, into arena, at most 1000. Returns how many (0 when there is no file), or a negative errno. */
int listings_read(const char *path, struct arena *arena, struct listing **ret_listings);

/* Replaces the file in one step. Returns 0 or a negative errno; then the old one is still there. */
int listings_write(const char *path, const struct listing *listings, size_t len);

#endif

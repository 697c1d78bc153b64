/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolver_cache.h - answers by name and type, bounded in bytes: what was not asked for the longest goes first.
 *
 * For one thread at a time; the resolver has several, each behind a lock. */
#ifndef OCTROI_LOOKUP_RESOLVER_CACHE_H
#define OCTROI_LOOKUP_RESOLVER_CACHE_H

#include "milter/lookup/dns.h"

/* A name as dns_name_normalise writes it; hash is that of name and type under a key nobody outside knows. */
struct resolver_key {
	uint64_t hash;
	enum dns_type type;
	size_t len;
	const char *name;
};

bool resolver_key_equal(const struct resolver_key *a, const struct resolver_key *b);

/* SipHash-1-3: strangers choose the names, and must not be able to choose names that fall together. */
uint64_t resolver_hash(const uint64_t secret[2], const char *name, size_t len, enum dns_type type);

struct resolver_cache;

/* max_bytes: of everything, what malloc adds included. */
struct resolver_cache *resolver_cache_new(size_t max_bytes);
void resolver_cache_free(struct resolver_cache *cache);

/* A new reference, or NULL: not there, or expired by now_ms. */
struct dns_answer *resolver_cache_find(struct resolver_cache *cache, const struct resolver_key *key, uint64_t now_ms);

/* Takes a reference of its own and replaces what was there; one that would fill more than half of the cache is not kept, nor is one that
 * has expired already. Returns how many others had to go. */
size_t resolver_cache_put(struct resolver_cache *cache, const struct resolver_key *key, struct dns_answer *answer, uint64_t now_ms,
			  uint64_t expires_ms);

size_t resolver_cache_entries(const struct resolver_cache *cache);
size_t resolver_cache_bytes(const struct resolver_cache *cache);

#endif

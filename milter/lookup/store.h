/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store.h - counters that expire, shared by all processes that are forked after store_new.
 *
 * Memory is fixed; it outlives a crash or reload of the filter because the supervisor made it. When the table is full
 * the least used of the candidates makes room. Every call is atomic, from any thread of any process. */
#ifndef OCTROI_LOOKUP_STORE_H
#define OCTROI_LOOKUP_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

/* A table of at least this many keys (56 bytes each). Returns NULL when memory cannot be had. */
struct store *store_new(size_t keys);
void store_free(struct store *store);

/* Counts amount under key unless the sum over the last window_ms would then be over limit. Never lets more than limit through in
 * any window_ms; what was counted is forgotten after window_ms to 8/7 of it. A key has one window: with another it starts afresh.
 * Returns true when it was counted. *ret_retry_ms (may be NULL) says after how long some of it expires. */
bool store_take(struct store *store, const char *key, uint64_t amount, uint64_t limit, uint64_t window_ms,
		uint64_t *ret_retry_ms);

/* Undoes a store_take of the same key. */
void store_give_back(struct store *store, const char *key, uint64_t amount);

/* The sum over the last window_ms. */
uint64_t store_count(struct store *store, const char *key, uint64_t window_ms);

#endif

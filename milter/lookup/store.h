/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store.h - counters that expire, shared by all processes that are forked after store_open.
 *
 * Memory is fixed; the counters outlive the filter because the supervisor holds them, and with a file the supervisor and the machine, too.
 * When the table is full the least used of the candidates makes room: keys that are used once push out no counter that counts more, and to
 * lose one that counts much its whole set must count more still. Every call is atomic, from any thread of any process. */
#ifndef OCTROI_LOOKUP_STORE_H
#define OCTROI_LOOKUP_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

/* A table with room for this many keys (56 bytes each) in the file path (mapped.h), NULL: in memory alone. When so many are there, about one
 * in eight, of those that count least, has made room already. Returns 0 or a negative errno. */
int store_open(const char *path, size_t keys, struct store **ret_store);

/* In memory alone. Returns NULL when it cannot be had. */
struct store *store_new(size_t keys);
void store_free(struct store *store);

/* Counts amount under key unless the sum over the last window_ms would then be over limit. Never lets more than limit through in
 * any window_ms; what was counted is forgotten after window_ms to 8/7 of it. A key has one window: with another it starts afresh.
 * Returns true when it was counted. *ret_retry_ms (may be NULL) says after how long there is room for it; for more than limit at once: after
 * how long all has expired. */
bool store_take(struct store *store, const char *key, uint64_t amount, uint64_t limit, uint64_t window_ms,
		uint64_t *ret_retry_ms);

/* What was taken, for giving it back exactly. */
struct store_receipt {
	uint64_t key;		/* 0: nothing */
	uint64_t taken_ms;
	uint64_t amount;
};

/* store_take with a receipt; *ret_receipt is written only when it was counted. */
bool store_reserve(struct store *store, const char *key, uint64_t amount, uint64_t limit, uint64_t window_ms,
		   struct store_receipt *ret_receipt, uint64_t *ret_retry_ms);
void store_return(struct store *store, const struct store_receipt *receipt);

/* What stands in the receipts of key. */
uint64_t store_key(const struct store *store, const char *key);

/* Undoes a store_take of the same key: the newest first. */
void store_give_back(struct store *store, const char *key, uint64_t amount);

/* The sum over the last window_ms. */
uint64_t store_count(struct store *store, const char *key, uint64_t window_ms);

/* How many counters that still counted had to make room for others so far: if it grows quickly somebody sends under ever new names. */
uint64_t store_pushed_out(const struct store *store);

#endif

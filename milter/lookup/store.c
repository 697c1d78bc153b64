/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/store.h"

#include <errno.h>
#include <stdlib.h>

#include "milter/base/arena.h"
#include "milter/lookup/mapped.h"

enum { SLICES = 8 };		/* a window is counted in slices of an eighth: it slides, and needs no list of events */

struct entry {
	uint64_t key;		/* mapped_hash; 0: free */
	uint64_t slice;		/* number of the newest slice, counted from the start of the clock */
	uint32_t slice_ms;
	uint32_t counts[SLICES];	/* by slice number modulo SLICES */
};

struct store {
	struct mapped *mapped;
};

int store_open(const char *path, size_t keys, struct store **ret_store)
{
	static const struct mapped_kind kind = { .name = "counters", .version = 1, .entry_size = sizeof(struct entry) };
	struct mapped *mapped;
	int r = mapped_open(path, &kind, keys, &mapped);

	if (r < 0)
		return r;
	*ret_store = xcalloc(1, sizeof(**ret_store));
	(*ret_store)->mapped = mapped;
	return 0;
}

struct store *store_new(size_t keys)
{
	struct store *store;

	return store_open(NULL, keys, &store) < 0 ? NULL : store;
}

void store_free(struct store *store)
{
	if (store == NULL)
		return;
	mapped_close(store->mapped);
	free(store);
}

static uint64_t entry_sum(const struct entry *entry)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < SLICES; i++)
		sum += entry->counts[i];
	return sum;
}

/* Forgets what has left the window. A slice far in the future is damage: it would never leave. */
static void entry_advance(struct entry *entry, uint64_t now_ms)
{
	uint64_t slice, passed;

	if (entry->slice_ms == 0)	/* its filter died while it was made */
		return;
	slice = now_ms / entry->slice_ms;
	if (entry->slice > slice && entry->slice - slice > SLICES)
		entry->slice = slice;
	passed = slice > entry->slice ? slice - entry->slice : 0;
	for (uint64_t i = 1; i <= passed && i <= SLICES; i++)
		entry->counts[(entry->slice + i) % SLICES] = 0;
	if (slice > entry->slice)
		entry->slice = slice;
}

static uint32_t slice_length_ms(uint64_t window_ms)
{
	/* the newest slice is only partly in the past */
	uint64_t slice_ms = window_ms / (SLICES - 1) + (window_ms % (SLICES - 1) != 0);

	if (slice_ms == 0)
		return 1;
	return slice_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)slice_ms;
}

static struct entry *entry_find(struct entry *set, uint64_t key, uint64_t now_ms)
{
	for (size_t i = 0; i < MAPPED_WAYS; i++) {
		if (set[i].key != key)
			continue;
		entry_advance(&set[i], now_ms);
		return &set[i];
	}
	return NULL;
}

/* The entry that counts least: who sends much stays. */
static struct entry *entry_least(struct entry *set, uint64_t now_ms, uint64_t *ret_sum)
{
	struct entry *least = set;

	*ret_sum = UINT64_MAX;
	for (size_t i = 0; i < MAPPED_WAYS; i++) {
		uint64_t sum = 0;

		if (set[i].key != 0) {
			entry_advance(&set[i], now_ms);
			sum = entry_sum(&set[i]);
		}
		if (sum < *ret_sum) {
			*ret_sum = sum;
			least = &set[i];
		}
	}
	return least;
}

/* The entry of the key, or the one that makes room for it. */
static struct entry *entry_claim(struct store *store, struct entry *set, uint64_t key, uint64_t window_ms, uint64_t now_ms)
{
	struct entry *entry = entry_find(set, key, now_ms);
	uint64_t lost;

	if (entry == NULL) {
		entry = entry_least(set, now_ms, &lost);
		if (lost > 0)
			mapped_count_pushed_out(store->mapped);
		*entry = (struct entry){ .key = key };
	}
	if (entry->slice_ms != slice_length_ms(window_ms)) {	/* new, or the operator changed the window */
		*entry = (struct entry){ .key = key, .slice_ms = slice_length_ms(window_ms) };
		entry->slice = now_ms / entry->slice_ms;
	}
	return entry;
}

/* When will so much of what counts, the oldest first, have left the window? */
static uint64_t leaves_ms(const struct entry *entry, uint64_t amount, uint64_t now_ms)
{
	uint64_t left = 0, retry_ms = 0;

	for (uint64_t age = SLICES; age-- > 0 && left < amount;) {
		if (entry->slice < age || entry->counts[(entry->slice - age) % SLICES] == 0)
			continue;
		left += entry->counts[(entry->slice - age) % SLICES];
		retry_ms = (entry->slice - age + SLICES) * entry->slice_ms - now_ms;
	}
	return retry_ms;
}

bool store_reserve(struct store *store, const char *key, uint64_t amount, uint64_t limit, uint64_t window_ms,
		   struct store_receipt *ret_receipt, uint64_t *ret_retry_ms)
{
	uint64_t hash = mapped_hash(store->mapped, key), now_ms = mapped_now_ms(store->mapped);
	struct entry *set = mapped_lock(store->mapped, hash);
	struct entry *entry = entry_claim(store, set, hash, window_ms, now_ms);
	uint32_t *count = &entry->counts[entry->slice % SLICES];
	uint64_t sum = entry_sum(entry);
	bool fits = amount <= limit && sum <= limit - amount && amount <= UINT32_MAX - *count;

	if (fits) {
		*count += (uint32_t)amount;
		*ret_receipt = (struct store_receipt){ .key = hash, .taken_ms = entry->slice * entry->slice_ms, .amount = amount };
	} else if (ret_retry_ms != NULL) {
		*ret_retry_ms = leaves_ms(entry, amount > limit ? sum : sum - (limit - amount), now_ms);
	}
	mapped_unlock(store->mapped, hash);
	return fits;
}

bool store_take(struct store *store, const char *key, uint64_t amount, uint64_t limit, uint64_t window_ms,
		uint64_t *ret_retry_ms)
{
	struct store_receipt receipt;

	return store_reserve(store, key, amount, limit, window_ms, &receipt, ret_retry_ms);
}

uint64_t store_key(const struct store *store, const char *key)
{
	return mapped_hash(store->mapped, key);
}

static uint64_t slice_give_back(struct entry *entry, uint64_t slice, uint64_t amount)
{
	uint32_t *count = &entry->counts[slice % SLICES];
	uint32_t back = amount < *count ? (uint32_t)amount : *count;

	*count -= back;
	return back;
}

/* From the slice in which it was counted: else another's count would expire with its time. */
void store_return(struct store *store, const struct store_receipt *receipt)
{
	uint64_t now_ms = mapped_now_ms(store->mapped), slice;
	struct entry *entry;

	if (receipt->key == 0)
		return;
	entry = entry_find(mapped_lock(store->mapped, receipt->key), receipt->key, now_ms);
	if (entry != NULL && entry->slice_ms != 0) {
		slice = receipt->taken_ms / entry->slice_ms;
		if (slice <= entry->slice && entry->slice - slice < SLICES)
			(void)slice_give_back(entry, slice, receipt->amount);
	}
	mapped_unlock(store->mapped, receipt->key);
}

void store_give_back(struct store *store, const char *key, uint64_t amount)
{
	uint64_t hash = mapped_hash(store->mapped, key), now_ms = mapped_now_ms(store->mapped);
	struct entry *entry = entry_find(mapped_lock(store->mapped, hash), hash, now_ms);

	for (uint64_t age = 0; entry != NULL && amount > 0 && age < SLICES && age <= entry->slice; age++)
		amount -= slice_give_back(entry, entry->slice - age, amount);
	mapped_unlock(store->mapped, hash);
}

uint64_t store_count(struct store *store, const char *key, uint64_t window_ms)
{
	uint64_t hash = mapped_hash(store->mapped, key), now_ms = mapped_now_ms(store->mapped);
	struct entry *entry = entry_find(mapped_lock(store->mapped, hash), hash, now_ms);
	uint64_t sum = entry == NULL || entry->slice_ms != slice_length_ms(window_ms) ? 0 : entry_sum(entry);

	mapped_unlock(store->mapped, hash);
	return sum;
}

uint64_t store_pushed_out(const struct store *store)
{
	return mapped_pushed_out(store->mapped);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/dnsd_counts.h"

#include <stdlib.h>

#include "milter/base/arena.h"
#include "t/lib/zone_name.h"

static uint64_t hash_of(struct str name, unsigned type)
{
	return ((zone_name_hash(name) ^ type) * 0x9e3779b97f4a7c15U) | 1;
}

/* The slot of a hash, or the free one where it would be. The table is never full. */
static struct dnsd_count *slot_of(const struct dnsd_counts *counts, uint64_t hash)
{
	size_t at = (size_t)(hash >> 20) & (counts->size - 1);

	while (counts->slots[at].hash != 0 && counts->slots[at].hash != hash)
		at = (at + 1) & (counts->size - 1);
	return &counts->slots[at];
}

static void grow(struct dnsd_counts *counts)
{
	struct dnsd_counts larger = { .used = counts->used, .total = counts->total, .size = counts->size == 0 ? 1024 : counts->size * 2 };

	larger.slots = xcalloc(larger.size, sizeof(*larger.slots));
	for (size_t i = 0; i < counts->size; i++)
		if (counts->slots[i].hash != 0)
			*slot_of(&larger, counts->slots[i].hash) = counts->slots[i];
	free(counts->slots);
	*counts = larger;
}

static void count(struct dnsd_counts *counts, uint64_t hash)
{
	struct dnsd_count *slot;

	if (counts->used * 4 >= counts->size * 3 && counts->size < DNSD_COUNTS_MAX)
		grow(counts);
	slot = slot_of(counts, hash);
	if (slot->hash == 0) {
		if (counts->used * 4 >= counts->size * 3)
			return;
		slot->hash = hash;
		counts->used++;
	}
	slot->count++;
}

void dnsd_counts_add(struct dnsd_counts *counts, struct str name, unsigned type)
{
	counts->total++;
	count(counts, hash_of(name, 0));
	count(counts, hash_of(name, type));
}

unsigned dnsd_counts_of(const struct dnsd_counts *counts, struct str name, unsigned type)
{
	return counts->size == 0 ? 0 : slot_of(counts, hash_of(name, type))->count;
}

void dnsd_counts_release(struct dnsd_counts *counts)
{
	free(counts->slots);
	*counts = (struct dnsd_counts){ 0 };
}

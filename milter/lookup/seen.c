/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/seen.h"

#include <stdlib.h>

#include "milter/base/arena.h"
#include "milter/base/clock.h"
#include "milter/lookup/mapped.h"

struct entry {
	uint64_t key;			/* mapped_hash; 0: free */
	int64_t first_ms, last_ms, until_ms;
	uint64_t value;
	uint32_t times;
	uint32_t check;			/* one that was half written is free */
};

struct seen {
	struct mapped *mapped;
};

int seen_open(const char *path, size_t keys, struct seen **ret_seen)
{
	static const struct mapped_kind kind = { .name = "seen", .version = 1, .entry_size = sizeof(struct entry) };
	struct mapped *mapped;
	int r = mapped_open(path, &kind, keys, &mapped);

	if (r < 0)
		return r;
	*ret_seen = xcalloc(1, sizeof(**ret_seen));
	(*ret_seen)->mapped = mapped;
	return 0;
}

void seen_close(struct seen *seen)
{
	if (seen == NULL)
		return;
	mapped_close(seen->mapped);
	free(seen);
}

static uint32_t check_of(const struct entry *entry)
{
	const uint64_t words[] = { entry->key, (uint64_t)entry->first_ms, (uint64_t)entry->last_ms, (uint64_t)entry->until_ms,
				   entry->value, entry->times };
	uint64_t check = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		check = (check ^ words[i]) * 0x9e3779b97f4a7c15u;
		check ^= check >> 32;
	}
	return (uint32_t)check;
}

static int64_t sum_of(int64_t now_ms, uint64_t keep_ms)
{
	return keep_ms > (uint64_t)(INT64_MAX - now_ms) ? INT64_MAX : now_ms + (int64_t)keep_ms;
}

/* When the wall clock has gone back no time has passed since: else what was seen under a clock that stood in the future would never end. */
static void entry_set_back(struct entry *entry, int64_t now_ms)
{
	int64_t by_ms = entry->last_ms - now_ms;

	entry->first_ms = entry->first_ms < by_ms ? 0 : entry->first_ms - by_ms;
	entry->last_ms = now_ms;
	entry->until_ms -= by_ms;
}

/* False: it is free, or its time is over. */
static bool entry_lives(struct entry *entry, int64_t now_ms)
{
	if (entry->key == 0 || entry->check != check_of(entry) || entry->first_ms > entry->last_ms || entry->last_ms > entry->until_ms ||
	    entry->first_ms < 0)
		return false;
	if (entry->last_ms > now_ms) {
		entry_set_back(entry, now_ms);
		entry->check = check_of(entry);
	}
	return entry->until_ms > now_ms;
}

static struct entry *entry_find(struct entry *set, uint64_t key, int64_t now_ms)
{
	for (size_t i = 0; i < MAPPED_WAYS; i++)
		if (set[i].key == key && entry_lives(&set[i], now_ms))
			return &set[i];
	return NULL;
}

/* A free one, or the one that is nearest to its end. */
static struct entry *entry_claim(struct seen *seen, struct entry *set, int64_t now_ms)
{
	struct entry *nearest = NULL;

	for (size_t i = 0; i < MAPPED_WAYS; i++) {
		if (!entry_lives(&set[i], now_ms))
			return &set[i];
		if (nearest == NULL || set[i].until_ms < nearest->until_ms)
			nearest = &set[i];
	}
	mapped_count_pushed_out(seen->mapped);
	return nearest;
}

static struct sighting sighting_of(const struct entry *entry)
{
	if (entry == NULL)
		return (struct sighting){ .times = 0 };
	return (struct sighting){ .first_ms = entry->first_ms, .last_ms = entry->last_ms, .times = entry->times, .value = entry->value };
}

struct sighting seen_note(struct seen *seen, const char *key, uint64_t keep_ms, uint64_t value)
{
	uint64_t hash = mapped_hash(seen->mapped, key);
	int64_t now_ms = (int64_t)clock_wall_ms(), until_ms = sum_of(now_ms, keep_ms);
	struct entry *set = mapped_lock(seen->mapped, hash), *entry = entry_find(set, hash, now_ms);
	struct sighting before = sighting_of(entry);

	if (entry == NULL) {
		entry = entry_claim(seen, set, now_ms);
		*entry = (struct entry){ .key = hash, .first_ms = now_ms };
	}
	entry->last_ms = now_ms;
	entry->until_ms = until_ms > entry->until_ms ? until_ms : entry->until_ms;
	entry->value = value != 0 ? value : entry->value;
	entry->times += entry->times < UINT32_MAX;
	entry->check = check_of(entry);
	mapped_unlock(seen->mapped, hash);
	return before;
}

struct sighting seen_look(struct seen *seen, const char *key)
{
	uint64_t hash = mapped_hash(seen->mapped, key);
	struct sighting known = sighting_of(entry_find(mapped_lock(seen->mapped, hash), hash, (int64_t)clock_wall_ms()));

	mapped_unlock(seen->mapped, hash);
	return known;
}

void seen_forget(struct seen *seen, const char *key)
{
	uint64_t hash = mapped_hash(seen->mapped, key);
	struct entry *entry = entry_find(mapped_lock(seen->mapped, hash), hash, (int64_t)clock_wall_ms());

	if (entry != NULL)
		*entry = (struct entry){ .key = 0 };
	mapped_unlock(seen->mapped, hash);
}

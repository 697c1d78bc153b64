/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/tally.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "milter/base/str.h"

enum { SLOTS_FIRST = 64 };

/* Names are strangers': nobody shall choose those that fall into one slot. */
static uint64_t hash(const struct tally *tally, const char *name)
{
	uint64_t h = tally->seed;

	for (; *name != '\0'; name++) {
		h = (h ^ (unsigned char)ascii_lower(*name)) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	return h ^ h >> 32;
}

static void grow(struct tally *tally)
{
	struct tally_item **old = tally->slots;
	size_t old_len = tally->slots_len;

	if (old_len == 0 && getrandom(&tally->seed, sizeof(tally->seed), GRND_NONBLOCK) < 0)
		tally->seed = (uint64_t)(uintptr_t)tally;
	tally->slots_len = old_len == 0 ? SLOTS_FIRST : old_len * 2;
	tally->slots = arena_array(tally->arena, tally->slots_len, sizeof(struct tally_item *));
	for (size_t i = 0; i < old_len; i++)
		for (struct tally_item *item = old[i], *next; item != NULL; item = next) {
			struct tally_item **slot = &tally->slots[hash(tally, item->name) % tally->slots_len];

			next = item->next;
			item->next = *slot;
			*slot = item;
		}
}

static struct tally_item *find(const struct tally *tally, const char *name)
{
	struct tally_item *item = tally->slots_len == 0 ? NULL : tally->slots[hash(tally, name) % tally->slots_len];

	while (item != NULL && !ascii_equal(item->name, name))
		item = item->next;
	return item;
}

const struct tally_item *tally_find(const struct tally *tally, const char *name)
{
	return find(tally, name);
}

static struct tally_item *make(struct tally *tally, const char *name, int64_t time_ms)
{
	struct tally_item *item = arena_new_of(tally->arena, struct tally_item), **slot;

	if (tally->len >= tally->slots_len)
		grow(tally);
	slot = &tally->slots[hash(tally, name) % tally->slots_len];
	*item = (struct tally_item){ .name = arena_strdup(tally->arena, name), .first_ms = time_ms, .last_ms = time_ms, .detail = "", .next = *slot };
	*slot = item;
	tally->len++;
	return item;
}

void tally_add(struct tally *tally, const char *name, uint64_t amount, int64_t time_ms, const char *detail)
{
	struct tally_item *item;

	if (name[0] == '\0')
		return;
	tally->total += amount;
	item = find(tally, name);
	if (item == NULL && tally->len >= TALLY_NAMES_MAX) {
		tally->others += amount;
		return;
	}
	if (item == NULL)
		item = make(tally, name, time_ms);
	item->count += amount;
	if (detail != NULL && (item->detail[0] == '\0' || time_ms > item->last_ms) && strcmp(item->detail, detail) != 0)
		item->detail = arena_strdup(tally->arena, detail);
	if (time_ms < item->first_ms)
		item->first_ms = time_ms;
	if (time_ms > item->last_ms)
		item->last_ms = time_ms;
}

static int by_count(const void *a, const void *b)
{
	const struct tally_item *first = a, *second = b;

	if (first->count != second->count)
		return first->count < second->count ? 1 : -1;
	return strcmp(first->name, second->name);
}

size_t tally_sorted(const struct tally *tally, struct tally_item **ret_items)
{
	struct tally_item *items = arena_array(tally->arena, tally->len + 1, sizeof(*items));
	size_t len = 0;

	for (size_t i = 0; i < tally->slots_len; i++)
		for (const struct tally_item *item = tally->slots[i]; item != NULL; item = item->next)
			items[len++] = *item;
	if (len > 1)
		qsort(items, len, sizeof(*items), by_count);
	*ret_items = items;
	return len;
}

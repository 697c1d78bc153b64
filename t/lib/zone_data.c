/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/zone_data.h"

#include <stdlib.h>

struct zone *zone_data_new(size_t names)
{
	struct zone *zone = xcalloc(1, sizeof(*zone));

	zone->arena = arena_new();
	zone->buckets_len = 64;
	while (zone->buckets_len < 2 * names)
		zone->buckets_len *= 2;
	zone->buckets = arena_array(zone->arena, zone->buckets_len, sizeof(struct zone_node *));
	zone->last = &zone->first;
	return zone;
}

void zone_free(struct zone *zone)
{
	if (zone == NULL)
		return;
	arena_free(zone->arena);
	free(zone);
}

static struct zone_node **bucket_of(const struct zone *zone, struct str name)
{
	return &zone->buckets[zone_name_hash(name) & (zone->buckets_len - 1)];
}

static struct zone_node *node_of(const struct zone *zone, struct str name)
{
	struct zone_node *node = *bucket_of(zone, name);

	while (node != NULL && !str_equal(node->name, name))
		node = node->bucket_next;
	return node;
}

static struct str keep(struct arena *arena, struct str s)
{
	char *copy = arena_alloc(arena, s.len + 1);

	if (s.len > 0)
		memcpy(copy, s.p, s.len);
	return (struct str){ copy, s.len };
}

struct zone_node *zone_node_make(struct zone *zone, struct str name)
{
	struct zone_node **bucket, *node = node_of(zone, name);

	if (node != NULL)
		return node;
	bucket = bucket_of(zone, name);
	node = arena_new_of(zone->arena, struct zone_node);
	*node = (struct zone_node){ .bucket_next = *bucket, .name = keep(zone->arena, name) };
	*bucket = node;
	*zone->last = node;
	zone->last = &node->next;
	return node;
}

static void mark_existing(struct zone *zone, struct zone_node *node)
{
	while (!node->exists) {
		node->exists = true;
		if (!zone_name_is_root(node->name))
			node = zone_node_make(zone, zone_name_parent(node->name));
	}
}

void zone_record_add(struct zone *zone, struct zone_node *node, uint16_t type, uint32_t ttl_s, struct str rdata)
{
	struct zone_record *record = arena_new_of(zone->arena, struct zone_record);

	*record = (struct zone_record){ .type = type, .ttl_s = ttl_s, .rdata = keep(zone->arena, rdata) };
	if (node->records == NULL)
		node->records_last = &node->records;
	*node->records_last = record;
	node->records_last = &record->next;
	mark_existing(zone, node);
}

void zone_behaviour_add(struct zone *zone, struct zone_behaviour **list, struct zone_behaviour behaviour)
{
	struct zone_behaviour *added = arena_new_of(zone->arena, struct zone_behaviour);

	*added = behaviour;
	added->next = *list;
	*list = added;
}

static const struct zone_node *wildcard_at(const struct zone *zone, struct str parent)
{
	struct zone_name wildcard;

	return zone_name_join("*", parent, &wildcard) == 0 ? node_of(zone, zone_name_str(&wildcard)) : NULL;
}

/* RFC 4592 3.3.1: only the wildcard at the closest ancestor that exists counts. */
const struct zone_node *zone_find(const struct zone *zone, struct str name)
{
	const struct zone_node *node = node_of(zone, name);

	if (node != NULL && node->exists)
		return node;
	do {
		name = zone_name_parent(name);
		node = node_of(zone, name);
	} while ((node == NULL || !node->exists) && !zone_name_is_root(name));
	node = wildcard_at(zone, name);
	return node != NULL && node->exists ? node : NULL;
}

const struct zone_record *zone_record_of(const struct zone_record *record, unsigned type)
{
	while (record != NULL && record->type != type)
		record = record->next;
	return record;
}

const struct zone_behaviour *zone_behaviours(const struct zone *zone, struct str name)
{
	const struct zone_node *node = node_of(zone, name);

	for (struct str above = name; (node == NULL || node->behaviours == NULL) && !zone_name_is_root(above);) {
		above = zone_name_parent(above);
		node = wildcard_at(zone, above);
	}
	if (node != NULL && node->behaviours != NULL)
		return node->behaviours;
	return zone_find(zone, name) == NULL ? zone->fallback : NULL;
}

const struct zone_behaviour *zone_behaviour_of(const struct zone_behaviour *behaviour, enum zone_behaviour_kind kind, unsigned type)
{
	while (behaviour != NULL && (behaviour->kind != kind || (behaviour->type != ZONE_ANY && behaviour->type != type)))
		behaviour = behaviour->next;
	return behaviour;
}

const struct zone_node *zone_apex(const struct zone *zone, struct str name)
{
	const struct zone_node *node = node_of(zone, name);

	while ((node == NULL || zone_record_of(node->records, ZONE_SOA) == NULL) && !zone_name_is_root(name)) {
		name = zone_name_parent(name);
		node = node_of(zone, name);
	}
	return node;
}

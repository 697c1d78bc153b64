/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/resolver_cache.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "milter/base/arena.h"

enum {
	BYTES_PER_BUCKET = 256,		/* about what an entry costs */
	MALLOC_UNIT = 16,		/* glibc: sizes are multiples of it, and a header of 8 octets comes before each */
	MALLOC_HEADER = 8,
};

struct entry {
	struct entry *next;		/* in its bucket */
	struct entry *newer, *older;	/* by the time of the last question */
	uint64_t expires_ms;
	struct dns_answer *answer;
	struct resolver_key key;	/* its name is the one below */
	size_t bytes;
	char name[];
};

struct resolver_cache {
	struct entry *newest, *oldest;
	size_t entries, bytes, max_bytes;
	size_t mask;
	struct entry *buckets[];
};

static uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1]; v[1] = rotate(v[1], 13); v[1] ^= v[0]; v[0] = rotate(v[0], 32);
	v[2] += v[3]; v[3] = rotate(v[3], 16); v[3] ^= v[2];
	v[0] += v[3]; v[3] = rotate(v[3], 21); v[3] ^= v[0];
	v[2] += v[1]; v[1] = rotate(v[1], 17); v[1] ^= v[2]; v[2] = rotate(v[2], 32);
}

static void sip_add(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
}

uint64_t resolver_hash(const uint64_t secret[2], const char *name, size_t len, enum dns_type type)
{
	uint64_t v[4] = { secret[0] ^ UINT64_C(0x736f6d6570736575), secret[1] ^ UINT64_C(0x646f72616e646f6d),
			  secret[0] ^ UINT64_C(0x6c7967656e657261), secret[1] ^ UINT64_C(0x7465646279746573) };
	uint64_t word;
	size_t i = 0;

	for (; i + sizeof(word) <= len; i += sizeof(word)) {
		memcpy(&word, name + i, sizeof(word));
		sip_add(v, word);
	}
	word = 0;
	memcpy(&word, name + i, len - i);
	sip_add(v, word);
	sip_add(v, (uint64_t)len << 32 | (uint64_t)type);	/* with the type, where SipHash has the length alone */
	v[2] ^= 0xff;
	for (i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

bool resolver_key_equal(const struct resolver_key *a, const struct resolver_key *b)
{
	return a->hash == b->hash && a->type == b->type && a->len == b->len && memcmp(a->name, b->name, a->len) == 0;
}

static size_t malloc_bytes(size_t size)
{
	return (size + MALLOC_HEADER + MALLOC_UNIT - 1) / MALLOC_UNIT * MALLOC_UNIT;
}

struct resolver_cache *resolver_cache_new(size_t max_bytes)
{
	struct resolver_cache *cache;
	size_t buckets = 16, size;

	while (buckets * 2 <= max_bytes / BYTES_PER_BUCKET)
		buckets *= 2;
	size = sizeof(*cache) + buckets * sizeof(struct entry *);
	cache = xcalloc(1, size);
	cache->mask = buckets - 1;
	cache->bytes = malloc_bytes(size);
	cache->max_bytes = max_bytes;
	return cache;
}

/* The lowest bits of the hash chose the cache. */
static struct entry **bucket_of(struct resolver_cache *cache, const struct resolver_key *key)
{
	return &cache->buckets[key->hash >> 16 & cache->mask];
}

static void age_unlink(struct resolver_cache *cache, struct entry *entry)
{
	*(entry->newer == NULL ? &cache->newest : &entry->newer->older) = entry->older;
	*(entry->older == NULL ? &cache->oldest : &entry->older->newer) = entry->newer;
}

static void age_link(struct resolver_cache *cache, struct entry *entry)
{
	entry->newer = NULL;
	entry->older = cache->newest;
	*(cache->newest == NULL ? &cache->oldest : &cache->newest->newer) = entry;
	cache->newest = entry;
}

static void drop(struct resolver_cache *cache, struct entry *entry)
{
	struct entry **p = bucket_of(cache, &entry->key);

	while (*p != entry)
		p = &(*p)->next;
	*p = entry->next;
	age_unlink(cache, entry);
	cache->entries--;
	cache->bytes -= entry->bytes;
	dns_answer_unref(entry->answer);
	free(entry);
}

static void drop_oldest(struct resolver_cache *cache)
{
	assert(cache->oldest->older == NULL);
	drop(cache, cache->oldest);
}

void resolver_cache_free(struct resolver_cache *cache)
{
	if (cache == NULL)
		return;
	while (cache->oldest != NULL)
		drop_oldest(cache);
	free(cache);
}

static struct entry *find(struct resolver_cache *cache, const struct resolver_key *key)
{
	struct entry *entry = *bucket_of(cache, key);

	while (entry != NULL && !resolver_key_equal(&entry->key, key))
		entry = entry->next;
	return entry;
}

struct dns_answer *resolver_cache_find(struct resolver_cache *cache, const struct resolver_key *key, uint64_t now_ms)
{
	struct entry *entry = find(cache, key);

	if (entry == NULL)
		return NULL;
	if (entry->expires_ms <= now_ms) {
		drop(cache, entry);
		return NULL;
	}
	if (cache->newest != entry) {
		age_unlink(cache, entry);
		age_link(cache, entry);
	}
	return dns_answer_ref(entry->answer);
}

static struct entry *entry_new(const struct resolver_key *key, struct dns_answer *answer, uint64_t expires_ms, size_t bytes)
{
	struct entry *entry = xcalloc(1, sizeof(*entry) + key->len + 1);

	memcpy(entry->name, key->name, key->len);
	entry->key = *key;
	entry->key.name = entry->name;
	entry->answer = dns_answer_ref(answer);
	entry->expires_ms = expires_ms;
	entry->bytes = bytes;
	return entry;
}

size_t resolver_cache_put(struct resolver_cache *cache, const struct resolver_key *key, struct dns_answer *answer, uint64_t now_ms,
			  uint64_t expires_ms)
{
	size_t bytes = malloc_bytes(sizeof(struct entry) + key->len + 1) + malloc_bytes(dns_answer_size_bytes(answer)), evicted = 0;
	struct entry *entry = find(cache, key);

	if (entry != NULL)
		drop(cache, entry);
	if (expires_ms <= now_ms || bytes > cache->max_bytes / 2)
		return 0;
	while (cache->oldest != NULL && cache->bytes + bytes > cache->max_bytes) {
		drop_oldest(cache);
		evicted++;
	}
	entry = entry_new(key, answer, expires_ms, bytes);
	entry->next = *bucket_of(cache, key);
	*bucket_of(cache, key) = entry;
	age_link(cache, entry);
	cache->entries++;
	cache->bytes += bytes;
	return evicted;
}

size_t resolver_cache_entries(const struct resolver_cache *cache)
{
	return cache->entries;
}

size_t resolver_cache_bytes(const struct resolver_cache *cache)
{
	return cache->bytes;
}

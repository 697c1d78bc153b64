/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/store.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "milter/base/clock.h"

enum {
	SLICES = 8,		/* a window is counted in slices of an eighth: it slides, and needs no list of events */
	WAYS = 8,		/* entries that a key may be in */
	LOCKS = 16,
};

struct entry {
	uint64_t key;		/* keyed hash; 0: free */
	uint64_t slice;		/* number of the newest slice, counted from the start of the clock */
	uint32_t slice_ms;
	uint32_t counts[SLICES];	/* by slice number modulo SLICES */
};

struct store {
	size_t size_bytes;
	size_t sets;		/* a power of two */
	uint64_t secret[2];
	pthread_mutex_t locks[LOCKS];
	struct entry entries[];
};

static void init_locks(struct store *store)
{
	pthread_mutexattr_t attributes;

	(void)pthread_mutexattr_init(&attributes);
	(void)pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	(void)pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	for (size_t i = 0; i < LOCKS; i++)
		(void)pthread_mutex_init(&store->locks[i], &attributes);
	(void)pthread_mutexattr_destroy(&attributes);
}

struct store *store_new(size_t keys)
{
	struct store *store;
	size_t sets = LOCKS, size;

	if (keys > SIZE_MAX / 4 / sizeof(struct entry))
		return NULL;
	while (sets * WAYS < keys)
		sets *= 2;
	size = sizeof(*store) + sets * WAYS * sizeof(struct entry);
	store = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (store == MAP_FAILED)
		return NULL;
	store->size_bytes = size;
	store->sets = sets;
	if (getrandom(store->secret, sizeof(store->secret), 0) != (ssize_t)sizeof(store->secret)) {
		(void)munmap(store, size);
		return NULL;
	}
	init_locks(store);
	return store;
}

void store_free(struct store *store)
{
	if (store != NULL)
		(void)munmap(store, store->size_bytes);
}

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* Keyed with a secret, so that a stranger cannot choose keys that push another's counter out. */
static uint64_t hash_key(const struct store *store, const char *key)
{
	uint64_t hash = store->secret[0];

	for (; *key != '\0'; key++)
		hash = mix(hash ^ (unsigned char)*key) + store->secret[1];
	return hash == 0 ? 1 : hash;
}

/* A filter that died inside left one count behind that may or may not be there, or an entry without its slices: the lock is simply
 * taken over. */
static pthread_mutex_t *lock_set(struct store *store, size_t set)
{
	pthread_mutex_t *lock = &store->locks[set % LOCKS];

	if (pthread_mutex_lock(lock) == EOWNERDEAD)
		(void)pthread_mutex_consistent(lock);
	return lock;
}

static uint64_t entry_sum(const struct entry *entry)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < SLICES; i++)
		sum += entry->counts[i];
	return sum;
}

/* Forgets what has left the window. */
static void entry_advance(struct entry *entry, uint64_t now_ms)
{
	uint64_t slice, passed;

	if (entry->slice_ms == 0)	/* its filter died while it was made */
		return;
	slice = now_ms / entry->slice_ms;
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

static struct entry *entry_find(struct store *store, uint64_t key, uint64_t now_ms)
{
	struct entry *set = &store->entries[(key & (store->sets - 1)) * WAYS];

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].key != key)
			continue;
		entry_advance(&set[i], now_ms);
		return &set[i];
	}
	return NULL;
}

/* The entry of the key, or a free one, or the one that counts least: who sends much stays. */
static struct entry *entry_claim(struct store *store, uint64_t key, uint64_t window_ms, uint64_t now_ms)
{
	struct entry *set = &store->entries[(key & (store->sets - 1)) * WAYS];
	struct entry *entry = entry_find(store, key, now_ms), *least = NULL;
	uint64_t least_sum = UINT64_MAX;

	for (size_t i = 0; entry == NULL && i < WAYS; i++) {
		uint64_t sum = 0;

		if (set[i].key != 0) {
			entry_advance(&set[i], now_ms);
			sum = entry_sum(&set[i]);
		}
		if (sum < least_sum) {
			least_sum = sum;
			least = &set[i];
		}
	}
	if (entry == NULL) {
		entry = least;
		*entry = (struct entry){ .key = key };
	}
	if (entry->slice_ms != slice_length_ms(window_ms)) {	/* new, or the operator changed the window */
		*entry = (struct entry){ .key = key, .slice_ms = slice_length_ms(window_ms) };
		entry->slice = now_ms / entry->slice_ms;
	}
	return entry;
}

/* When will the oldest count that is still in the window leave it? */
static uint64_t oldest_leaves_ms(const struct entry *entry, uint64_t now_ms)
{
	for (uint64_t age = SLICES; age-- > 0;) {
		if (entry->slice < age || entry->counts[(entry->slice - age) % SLICES] == 0)
			continue;
		return (entry->slice - age + SLICES) * entry->slice_ms - now_ms;
	}
	return 0;
}

bool store_take(struct store *store, const char *key, uint64_t amount, uint64_t limit, uint64_t window_ms,
		uint64_t *ret_retry_ms)
{
	uint64_t hash = hash_key(store, key), now_ms = clock_monotonic_ms();
	pthread_mutex_t *lock = lock_set(store, hash & (store->sets - 1));
	struct entry *entry = entry_claim(store, hash, window_ms, now_ms);
	uint64_t sum = entry_sum(entry);
	bool fits = amount <= limit && sum <= limit - amount && amount <= UINT32_MAX - sum;

	if (fits)
		entry->counts[entry->slice % SLICES] += (uint32_t)amount;
	else if (ret_retry_ms != NULL)
		*ret_retry_ms = oldest_leaves_ms(entry, now_ms);
	(void)pthread_mutex_unlock(lock);
	return fits;
}

void store_give_back(struct store *store, const char *key, uint64_t amount)
{
	uint64_t hash = hash_key(store, key), now_ms = clock_monotonic_ms();
	pthread_mutex_t *lock = lock_set(store, hash & (store->sets - 1));
	struct entry *entry = entry_find(store, hash, now_ms);

	for (uint64_t age = 0; entry != NULL && amount > 0 && age < SLICES && age <= entry->slice; age++) {
		uint32_t *count = &entry->counts[(entry->slice - age) % SLICES];
		uint32_t back = amount < *count ? (uint32_t)amount : *count;

		*count -= back;
		amount -= back;
	}
	(void)pthread_mutex_unlock(lock);
}

uint64_t store_count(struct store *store, const char *key, uint64_t window_ms)
{
	uint64_t hash = hash_key(store, key), now_ms = clock_monotonic_ms();
	pthread_mutex_t *lock = lock_set(store, hash & (store->sets - 1));
	struct entry *entry = entry_find(store, hash, now_ms);
	uint64_t sum = entry == NULL || entry->slice_ms != slice_length_ms(window_ms) ? 0 : entry_sum(entry);

	(void)pthread_mutex_unlock(lock);
	return sum;
}

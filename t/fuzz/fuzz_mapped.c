/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of counters and of what was seen, as a crash of the machine may leave them: pages of anything. They open, nothing hangs, no limit is
 * passed, and nobody is shut out for longer than his window. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "milter/lookup/seen.h"
#include "milter/lookup/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KEYS = 100, HEADER_BYTES = 4096, LIMIT = 5, CALLS = 40, KEY_BYTES = 8 };

#define START_MS UINT64_C(1800000000000)
#define WINDOW_MS UINT64_C(70000)

static char path[64];

static void require(bool good)
{
	if (!good)
		abort();
}

static void open_store(struct store **ret_store)
{
	require(store_open(path, KEYS, ret_store) == 0);
}

/* The first two bytes say where: in the header, or among the entries. */
static void damage(const uint8_t *data, size_t size)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	off_t end = lseek(fd, 0, SEEK_END), at;

	if (size < 2)
		size = 2;
	at = (data[0] | data[1] << 8) % (end - 1);
	if ((off_t)size - 2 > end - at)
		size = (size_t)(end - at) + 2;
	if (size > 2)
		require(pwrite(fd, data + 2, size - 2, at) == (ssize_t)size - 2);
	(void)close(fd);
}

static const char *key_of(const uint8_t *data, size_t size, size_t i, char key[KEY_BYTES])
{
	(void)snprintf(key, KEY_BYTES, "%u", size == 0 ? 0 : data[i % size] % 16);
	return key;
}

/* Damaged counters of nobody, with large counts, may leave two of ours one place that they take from each other: for a window. */
static void use_store(struct store *store, const uint8_t *data, size_t size, bool is_sound)
{
	unsigned passed[16] = { 0 };
	char key[KEY_BYTES];
	uint64_t retry_ms = 0;

	for (size_t i = 0; i < CALLS; i++) {
		bool fits;

		(void)key_of(data, size, i, key);
		fits = store_take(store, key, 1, LIMIT, WINDOW_MS, &retry_ms);
		passed[atoi(key)] += fits;
		require(!is_sound || passed[atoi(key)] <= LIMIT);
		require(store_count(store, key, WINDOW_MS) >= fits);
	}
	store_give_back(store, key_of(data, size, 0, key), data[0]);
}

static void check_store(const uint8_t *data, size_t size)
{
	struct store *store;
	char key[KEY_BYTES];

	clock_freeze(1000, START_MS);
	open_store(&store);
	use_store(store, data, size, true);
	store_free(store);
	damage(data, size);
	open_store(&store);
	use_store(store, data, size, false);
	clock_freeze(1000 + 2 * WINDOW_MS, START_MS);
	for (int i = 0; i < 16; i++) {
		(void)snprintf(key, sizeof(key), "%d", i);
		require(store_count(store, key, WINDOW_MS) == 0);
		require(store_take(store, key, LIMIT, LIMIT, WINDOW_MS, NULL));
	}
	store_free(store);
	(void)unlink(path);
}

static void check_seen(const uint8_t *data, size_t size)
{
	struct seen *seen;
	char key[KEY_BYTES];

	clock_freeze(1000, START_MS);
	require(seen_open(path, KEYS, &seen) == 0);
	for (size_t i = 0; i < CALLS; i++)
		(void)seen_note(seen, key_of(data, size, i, key), WINDOW_MS, i);
	seen_close(seen);
	damage(data, size);
	require(seen_open(path, KEYS, &seen) == 0);
	for (size_t i = 0; i < CALLS; i++) {
		struct sighting sighting = seen_look(seen, key_of(data, size, i, key));

		require(sighting.times == 0 || (sighting.first_ms <= sighting.last_ms && sighting.last_ms <= (int64_t)START_MS));
		(void)seen_note(seen, key, WINDOW_MS, i);
		require(seen_look(seen, key).times > 0);
	}
	seen_close(seen);
	(void)unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nothing[2];

	if (size < 2) {
		data = nothing;
		size = sizeof(nothing);
	}
	(void)snprintf(path, sizeof(path), "/dev/shm/octroi-fuzz-mapped-%d", (int)getpid());
	check_store(data, size);
	check_seen(data, size);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/seen.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "t/unit/rows.h"

#define HOUR_MS UINT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)
#define WALL_MS UINT64_C(1800000000000)

static char file[] = "/tmp/octroi-seen-XXXXXX";

static void at(uint64_t after_ms)
{
	clock_freeze(1000 + after_ms, WALL_MS + after_ms);
}

static struct seen *open_seen(size_t keys)
{
	struct seen *seen = NULL;

	at(0);
	assert_int_equal(seen_open(NULL, keys, &seen), 0);
	return seen;
}

static void end_seen(struct seen *seen)
{
	clock_thaw();
	seen_close(seen);
}

static void what_was_seen_is_told(void **state)
{
	struct seen *seen = open_seen(100);
	struct sighting sighting;

	(void)state;
	assert_int_equal(seen_look(seen, "key").times, 0);
	sighting = seen_note(seen, "key", HOUR_MS, 7);
	assert_int_equal(sighting.times, 0);
	at(60000);
	sighting = seen_note(seen, "key", HOUR_MS, 0);
	assert_int_equal(sighting.times, 1);
	assert_int_equal(sighting.value, 7);
	assert_int_equal(sighting.first_ms, WALL_MS);
	assert_int_equal(sighting.last_ms, WALL_MS);
	at(90000);
	sighting = seen_look(seen, "key");
	assert_int_equal(sighting.times, 2);
	assert_int_equal(sighting.value, 7);	/* 0 did not replace it */
	assert_int_equal(sighting.first_ms, WALL_MS);
	assert_int_equal(sighting.last_ms, WALL_MS + 60000);
	(void)seen_note(seen, "key", HOUR_MS, 8);
	assert_int_equal(seen_look(seen, "key").value, 8);
	assert_int_equal(seen_look(seen, "other").times, 0);
	assert_int_equal(seen_look(seen, "").times, 0);
	end_seen(seen);
}

static void it_ends_when_its_time_is_over(void **state)
{
	struct seen *seen = open_seen(100);

	(void)state;
	(void)seen_note(seen, "key", HOUR_MS, 1);
	at(HOUR_MS - 1);
	assert_int_equal(seen_look(seen, "key").times, 1);
	at(HOUR_MS);
	assert_int_equal(seen_look(seen, "key").times, 0);
	assert_int_equal(seen_note(seen, "key", HOUR_MS, 0).times, 0);
	assert_int_equal(seen_look(seen, "key").value, 0);	/* nothing of the first life */
	end_seen(seen);
}

static void its_time_never_becomes_shorter(void **state)
{
	struct seen *seen = open_seen(100);

	(void)state;
	(void)seen_note(seen, "key", DAY_MS, 1);
	at(1000);
	(void)seen_note(seen, "key", 1000, 1);
	at(DAY_MS - 1);
	assert_int_equal(seen_look(seen, "key").times, 2);
	(void)seen_note(seen, "key", HOUR_MS, 1);
	at(DAY_MS + HOUR_MS - 2);
	assert_int_equal(seen_look(seen, "key").times, 3);
	end_seen(seen);
}

static void what_is_forgotten_is_new_again(void **state)
{
	struct seen *seen = open_seen(100);

	(void)state;
	(void)seen_note(seen, "key", DAY_MS, 1);
	seen_forget(seen, "key");
	seen_forget(seen, "never seen");
	assert_int_equal(seen_look(seen, "key").times, 0);
	end_seen(seen);
}

static void for_ever_is_long_enough(void **state)
{
	struct seen *seen = open_seen(100);

	(void)state;
	(void)seen_note(seen, "key", UINT64_MAX, 1);
	at(100 * 365 * DAY_MS);
	assert_int_equal(seen_look(seen, "key").times, 1);
	(void)seen_note(seen, "moment", 0, 1);
	assert_int_equal(seen_look(seen, "moment").times, 0);
	end_seen(seen);
}

/* The clock was set back: what was noted under the wrong one lasts as long as it was to, not until that time comes again. */
static void a_clock_that_goes_back_ID_09(void **state)
{
	struct seen *seen = open_seen(100);
	struct sighting sighting;

	(void)state;
	at(1000 * DAY_MS);
	(void)seen_note(seen, "key", DAY_MS, 1);
	at(1000 * DAY_MS + HOUR_MS);
	(void)seen_note(seen, "key", DAY_MS, 1);
	at(0);
	sighting = seen_look(seen, "key");
	assert_int_equal(sighting.times, 2);
	assert_int_equal(sighting.last_ms, WALL_MS);
	assert_int_equal(sighting.first_ms, WALL_MS - HOUR_MS);
	at(DAY_MS - 1);
	assert_int_equal(seen_look(seen, "key").times, 2);
	at(DAY_MS);
	assert_int_equal(seen_look(seen, "key").times, 0);
	end_seen(seen);
}

/* However many there are: those who live long are pushed out by no one who lives short, but for one in each set that they fill. */
static void a_flood_of_short_lives_pushes_out_no_long_one_RES_11(void **state)
{
	enum { KNOWN = 1000, FLOOD = 500000 };
	struct seen *seen = open_seen(1 << 14);
	unsigned left = 0;
	char key[32];

	(void)state;
	for (int i = 0; i < KNOWN; i++) {
		(void)snprintf(key, sizeof(key), "known-%d", i);
		(void)seen_note(seen, key, 60 * DAY_MS, 1);
	}
	for (int i = 0; i < FLOOD; i++) {
		(void)snprintf(key, sizeof(key), "flood-%d", i);
		assert_int_equal(seen_note(seen, key, 8 * HOUR_MS, 1).times, 0);
		assert_int_equal(seen_look(seen, key).times, 1);	/* who is new has a place, for a while */
	}
	for (int i = 0; i < KNOWN; i++) {
		(void)snprintf(key, sizeof(key), "known-%d", i);
		left += seen_look(seen, key).times == 1;
	}
	assert_int_equal(left, KNOWN);
	end_seen(seen);
}

static void make_file(void)
{
	(void)snprintf(file, sizeof(file), "/tmp/octroi-seen-XXXXXX");
	(void)close(mkstemp(file));
}

static struct seen *open_file(void)
{
	struct seen *seen = NULL;

	assert_int_equal(seen_open(file, 100, &seen), 0);
	return seen;
}

static void it_survives_a_restart(void **state)
{
	struct seen *seen;

	(void)state;
	make_file();
	at(0);
	seen = open_file();
	(void)seen_note(seen, "key", DAY_MS, 5);
	seen_close(seen);
	clock_freeze(7, WALL_MS + HOUR_MS);
	seen = open_file();
	assert_int_equal(seen_look(seen, "key").value, 5);
	assert_int_equal(seen_look(seen, "key").first_ms, WALL_MS);
	end_seen(seen);
	(void)unlink(file);
}

/* Each bit of an entry: it is as it was or it is gone, and what is new has room. */
static void a_damaged_entry_is_forgotten(void **state)
{
	enum { HEADER_BYTES = 4096, ENTRY_BYTES = 48 };
	unsigned char bytes[64 * 1024], damaged[ENTRY_BYTES];
	struct seen *seen;
	ssize_t len;
	int fd;

	(void)state;
	make_file();
	at(0);
	seen = open_file();
	(void)seen_note(seen, "key", DAY_MS, 5);
	seen_close(seen);
	fd = open(file, O_RDWR | O_CLOEXEC);
	len = pread(fd, bytes, sizeof(bytes), 0);
	for (off_t entry = HEADER_BYTES; entry + ENTRY_BYTES <= len; entry += ENTRY_BYTES) {
		if (bytes[entry] == 0 && bytes[entry + 1] == 0)
			continue;
		for (int bit = 0; bit < ENTRY_BYTES * 8; bit++) {
			memcpy(damaged, bytes + entry, ENTRY_BYTES);
			damaged[bit / 8] ^= (unsigned char)(1 << bit % 8);
			assert_int_equal(pwrite(fd, damaged, ENTRY_BYTES, entry), ENTRY_BYTES);
			seen = open_file();
			assert_int_equal(seen_look(seen, "key").times, 0);
			assert_int_equal(seen_note(seen, "key", DAY_MS, 0).times, 0);
			assert_int_equal(seen_look(seen, "key").times, 1);
			seen_forget(seen, "key");
			seen_close(seen);
		}
	}
	(void)close(fd);
	clock_thaw();
	(void)unlink(file);
}

enum { THREADS = 8, NOTES = 20000 };

static void *note_often(void *seen)
{
	for (int i = 0; i < NOTES; i++)
		(void)seen_note(seen, "key", DAY_MS, 1);
	return NULL;
}

static void every_note_is_counted_among_threads(void **state)
{
	struct seen *seen = open_seen(100);
	pthread_t threads[THREADS];

	(void)state;
	clock_thaw();
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, note_often, seen), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(seen_look(seen, "key").times, THREADS * NOTES);
	seen_close(seen);
	seen_close(NULL);
}

#define ONE(test) rows_add_one(&rows, #test, test, NULL)

int main(void)
{
	static struct rows rows;

	ONE(what_was_seen_is_told);
	ONE(it_ends_when_its_time_is_over);
	ONE(its_time_never_becomes_shorter);
	ONE(what_is_forgotten_is_new_again);
	ONE(for_ever_is_long_enough);
	ONE(a_clock_that_goes_back_ID_09);
	ONE(a_flood_of_short_lives_pushes_out_no_long_one_RES_11);
	ONE(it_survives_a_restart);
	ONE(a_damaged_entry_is_forgotten);
	ONE(every_note_is_counted_among_threads);
	return rows_run(&rows, "seen");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "t/unit/rows.h"
#include "t/lib/skip.h"

#define HOUR_MS 3600000u
#define YEAR_MS (365 * 24 * (uint64_t)HOUR_MS)
#define START_MS 1000000000u

static struct store *new_store(size_t keys)
{
	struct store *store;

	clock_freeze(START_MS, 0);
	store = store_new(keys);
	assert_non_null(store);
	return store;
}

static void end_store(struct store *store)
{
	clock_thaw();
	store_free(store);
}

static const struct limit {
	const char *name;
	uint64_t amount, limit;
	unsigned passes;	/* of ten */
} limit_table[] = {
	{ "limit_is_exact", 1, 5, 5 },
	{ "limit_of_one", 1, 1, 1 },
	{ "limit_of_zero_lets_nothing_through", 1, 0, 0 },
	{ "amounts_add_up", 3, 10, 3 },
	{ "an_amount_over_the_limit", 11, 10, 0 },
	{ "an_amount_that_is_the_limit", 10, 10, 1 },
	{ "nothing_always_fits", 0, 0, 10 },
	{ "an_amount_that_would_wrap", UINT64_MAX, UINT64_MAX, 0 },
	{ "more_than_the_counters_hold", UINT32_MAX, UINT64_MAX, 1 },
};

static void check_limit(void **state)
{
	const struct limit *row = *state;
	struct store *store = new_store(100);
	unsigned passed = 0;

	for (int i = 0; i < 10; i++)
		passed += store_take(store, "key", row->amount, row->limit, HOUR_MS, NULL);
	assert_int_equal(passed, row->passes);
	assert_int_equal(store_count(store, "key", HOUR_MS), row->passes * row->amount);
	end_store(store);
}

static void keys_are_counted_apart(void **state)
{
	struct store *store = new_store(1000);

	(void)state;
	assert_true(store_take(store, "a", 1, 1, HOUR_MS, NULL));
	assert_true(store_take(store, "b", 1, 1, HOUR_MS, NULL));
	assert_true(store_take(store, "", 1, 1, HOUR_MS, NULL));
	assert_false(store_take(store, "a", 1, 1, HOUR_MS, NULL));
	assert_int_equal(store_count(store, "never seen", HOUR_MS), 0);
	end_store(store);
}

/* However the events lie, no stretch of window_ms lets more than the limit through, and all of it is free again after 8/7. */
static void the_window_slides(void **state)
{
	enum { LIMIT = 20, STEPS = 4000 };
	const uint64_t window_ms = 70000, step_ms = 500;
	struct store *store = new_store(100);
	static uint64_t passed_at[STEPS];
	size_t passed = 0;

	(void)state;
	for (uint64_t i = 0; i < STEPS; i++) {
		uint64_t now_ms = START_MS + i * step_ms;

		clock_freeze(now_ms, 0);
		if (!store_take(store, "key", 1, LIMIT, window_ms, NULL))
			continue;
		if (passed >= LIMIT)
			assert_true(now_ms - passed_at[passed - LIMIT] >= window_ms);
		passed_at[passed++] = now_ms;
	}
	/* 2,000 s at 20 for each 70 to 80 s */
	assert_in_range(passed, 2000000 / 80000 * LIMIT, 2000000 / 70000 * LIMIT + LIMIT);
	end_store(store);
}

static void what_was_counted_expires_and_says_when(void **state)
{
	struct store *store = new_store(100);
	uint64_t retry_ms = 0;

	(void)state;
	assert_true(store_take(store, "key", 5, 5, 70000, NULL));
	assert_false(store_take(store, "key", 1, 5, 70000, &retry_ms));
	assert_in_range(retry_ms, 70000, 80000);
	clock_freeze(START_MS + retry_ms - 1, 0);
	assert_false(store_take(store, "key", 1, 5, 70000, NULL));
	clock_freeze(START_MS + retry_ms, 0);
	assert_int_equal(store_count(store, "key", 70000), 0);
	assert_true(store_take(store, "key", 5, 5, 70000, NULL));
	end_store(store);
}

static void a_long_silence_forgets_everything_RES_07(void **state)
{
	struct store *store = new_store(100);

	(void)state;
	assert_true(store_take(store, "key", 5, 5, 1000, NULL));
	clock_freeze(UINT64_MAX / 2, 0);
	assert_int_equal(store_count(store, "key", 1000), 0);
	assert_true(store_take(store, "key", 5, 5, 1000, NULL));
	end_store(store);
}

/* The monotonic clock does not go back, but a thread may have read it before another that came first. */
static void a_late_thread_does_not_bring_counts_back_ID_09(void **state)
{
	struct store *store = new_store(100);

	(void)state;
	assert_true(store_take(store, "key", 1, 2, 7000, NULL));
	clock_freeze(START_MS - 3000, 0);
	assert_true(store_take(store, "key", 1, 2, 7000, NULL));
	assert_false(store_take(store, "key", 1, 2, 7000, NULL));
	end_store(store);
}

static const struct window {
	const char *name;
	uint64_t window_ms;
} window_table[] = {
	{ "window_of_nothing", 0 }, { "window_of_a_millisecond", 1 }, { "window_of_less_than_the_slices", 5 },
	{ "window_of_a_day", 86400000 }, { "window_of_ten_years", 315360000000 }, { "window_for_ever", UINT64_MAX },
};

static void check_window(void **state)
{
	const struct window *row = *state;
	struct store *store = new_store(100);
	uint64_t retry_ms = 0;

	assert_true(store_take(store, "key", 1, 1, row->window_ms, NULL));
	assert_false(store_take(store, "key", 1, 1, row->window_ms, &retry_ms));
	assert_true(retry_ms > 0);
	if (row->window_ms > 1) {
		clock_freeze(START_MS + (row->window_ms < YEAR_MS ? row->window_ms : YEAR_MS) * 9 / 10, 0);
		assert_false(store_take(store, "key", 1, 1, row->window_ms, NULL));
	}
	end_store(store);
}

static void what_is_given_back_can_be_taken_again(void **state)
{
	struct store *store = new_store(100);

	(void)state;
	assert_true(store_take(store, "key", 3, 5, 70000, NULL));
	clock_freeze(START_MS + 15000, 0);
	assert_true(store_take(store, "key", 2, 5, 70000, NULL));
	store_give_back(store, "key", 4);
	assert_int_equal(store_count(store, "key", 70000), 1);
	store_give_back(store, "key", 100);
	assert_int_equal(store_count(store, "key", 70000), 0);
	store_give_back(store, "never taken", 1);
	assert_true(store_take(store, "key", 5, 5, 70000, NULL));
	end_store(store);
}

/* Each count leaves with its own time, also when a later one was given back before it. */
static void what_is_returned_was_the_one_that_was_reserved(void **state)
{
	struct store *store = new_store(100);
	struct store_receipt early, late;
	uint64_t retry_ms;

	(void)state;
	assert_true(store_reserve(store, "key", 1, 2, 70000, &early, NULL));
	clock_freeze(START_MS + 40000, 0);
	assert_true(store_reserve(store, "key", 1, 2, 70000, &late, NULL));
	store_return(store, &early);
	assert_true(store_take(store, "key", 1, 2, 70000, NULL));
	assert_false(store_take(store, "key", 1, 2, 70000, &retry_ms));
	assert_in_range(retry_ms, 70000, 80000);
	clock_freeze(START_MS + 90000, 0);
	assert_int_equal(store_count(store, "key", 70000), 2);
	clock_freeze(START_MS + 200000, 0);
	store_return(store, &late);	/* it has left the window already */
	store_return(store, &(struct store_receipt){ .key = 0 });
	assert_true(store_take(store, "key", 2, 2, 70000, NULL));
	store_return(store, &late);
	assert_int_equal(store_count(store, "key", 70000), 2);
	end_store(store);
}

static void it_says_when_there_is_room_for_as_much_as_is_wanted(void **state)
{
	struct store *store = new_store(100);
	uint64_t one_ms, three_ms, never_ms;

	(void)state;
	for (uint64_t i = 0; i < 5; i++) {
		clock_freeze(START_MS + i * 10000, 0);
		assert_true(store_take(store, "key", 1, 5, 70000, NULL));
	}
	assert_false(store_take(store, "key", 1, 5, 70000, &one_ms));
	assert_false(store_take(store, "key", 3, 5, 70000, &three_ms));
	assert_false(store_take(store, "key", 6, 5, 70000, &never_ms));
	assert_in_range(three_ms, one_ms + 20000, one_ms + 20000);
	assert_in_range(never_ms, one_ms + 40000, one_ms + 40000);
	clock_freeze(START_MS + 40000 + three_ms, 0);
	assert_true(store_take(store, "key", 3, 5, 70000, NULL));
	end_store(store);
}

static char file[] = "/tmp/octroi-store-XXXXXX";

static void make_file(void)
{
	(void)snprintf(file, sizeof(file), "/tmp/octroi-store-XXXXXX");
	(void)close(mkstemp(file));
}

static struct store *open_file(void)
{
	struct store *store = NULL;

	assert_int_equal(store_open(file, 1000, &store), 0);
	return store;
}

static void counters_survive_a_restart_ID_09(void **state)
{
	struct store *store;

	(void)state;
	make_file();
	clock_freeze(START_MS, START_MS);
	store = open_file();
	assert_true(store_take(store, "key", 5, 5, 70000, NULL));
	store_free(store);
	clock_freeze(1000, START_MS + 60000);	/* the machine, too */
	store = open_file();
	assert_int_equal(store_count(store, "key", 70000), 5);
	assert_false(store_take(store, "key", 1, 5, 70000, NULL));
	store_free(store);
	clock_freeze(1000, START_MS + 60000 + 80000);
	store = open_file();
	assert_true(store_take(store, "key", 5, 5, 70000, NULL));
	end_store(store);
	(void)unlink(file);
}

/* The wall clock is set back by a day: what was counted is neither free at once nor held for a day longer. */
static void a_wall_clock_that_goes_back_changes_nothing_ID_09(void **state)
{
	struct store *store;

	(void)state;
	make_file();
	clock_freeze(START_MS, START_MS);
	store = open_file();
	assert_true(store_take(store, "key", 5, 5, 70000, NULL));
	store_free(store);
	clock_freeze(1000, START_MS - 24 * HOUR_MS);
	store = open_file();
	assert_false(store_take(store, "key", 1, 5, 70000, NULL));
	clock_freeze(1000 + 80000, START_MS - 24 * HOUR_MS + 80000);
	assert_true(store_take(store, "key", 5, 5, 70000, NULL));
	end_store(store);
	(void)unlink(file);
}

static void fill_with_noise(unsigned seed)
{
	enum { HEADER_BYTES = 4096 };
	int fd = open(file, O_RDWR | O_CLOEXEC);
	off_t size = lseek(fd, 0, SEEK_END);

	assert_true(size > HEADER_BYTES);
	for (off_t at = HEADER_BYTES; at < size; at += 4) {
		uint32_t noise = seed = seed * 1664525 + 1013904223;

		/* the free space between entries and some that are almost good */
		noise = seed % 3 == 0 ? 0 : seed % 3 == 1 ? seed >> 24 : noise;
		assert_int_equal(pwrite(fd, &noise, sizeof(noise), at), sizeof(noise));
	}
	(void)close(fd);
}

/* Pages of a file that a crash tore apart: nothing crashes, no limit is passed, and nobody is shut out for ever. */
static void damaged_counters_heal(void **state)
{
	char key[32];

	(void)state;
	for (unsigned seed = 1; seed < 20; seed++) {
		struct store *store;
		unsigned passed = 0;

		make_file();
		clock_freeze(START_MS, START_MS);
		store_free(open_file());
		fill_with_noise(seed);
		store = open_file();
		for (int i = 0; i < 2000; i++) {
			(void)snprintf(key, sizeof(key), "%d", i % 200);
			passed += store_take(store, key, 1, 5, 70000, NULL);
			store_give_back(store, key, i % 3 == 0);
		}
		assert_true(passed > 0);
		clock_freeze(START_MS + HOUR_MS, START_MS);
		for (int i = 0; i < 200; i++) {
			(void)snprintf(key, sizeof(key), "%d", i);
			assert_true(store_take(store, key, 5, 5, 70000, NULL));
			assert_false(store_take(store, key, 1, 5, 70000, NULL));
		}
		end_store(store);
		(void)unlink(file);
	}
}

/* A counter that claims to be of a time long after ours would never end. */
static void a_counter_from_the_future_ends_with_its_window(void **state)
{
	enum { HEADER_BYTES = 4096, ENTRY_BYTES = 56 };
	static const uint64_t slices[] = { UINT64_MAX, UINT64_MAX / 2, UINT64_C(1) << 40, START_MS };
	unsigned char bytes[64 * 1024];

	(void)state;
	for (size_t i = 0; i < sizeof(slices) / sizeof(*slices); i++) {
		struct store *store;
		ssize_t len;
		int fd;

		make_file();
		clock_freeze(START_MS, START_MS);
		store = open_file();
		assert_true(store_take(store, "key", 5, 5, 70000, NULL));
		store_free(store);
		fd = open(file, O_RDWR | O_CLOEXEC);
		len = pread(fd, bytes, sizeof(bytes), 0);
		for (off_t at = HEADER_BYTES; at + ENTRY_BYTES <= len; at += ENTRY_BYTES)
			if (bytes[at] != 0 || bytes[at + 1] != 0)
				assert_int_equal(pwrite(fd, &slices[i], sizeof(slices[i]), at + 8), sizeof(slices[i]));
		(void)close(fd);
		store = open_file();
		assert_false(store_take(store, "key", 1, 5, 70000, NULL));
		clock_freeze(START_MS + 80000, START_MS);
		assert_true(store_take(store, "key", 5, 5, 70000, NULL));
		end_store(store);
		(void)unlink(file);
	}
}

static void a_new_window_starts_afresh(void **state)
{
	struct store *store = new_store(100);

	(void)state;
	assert_true(store_take(store, "key", 5, 5, 1000, NULL));
	assert_int_equal(store_count(store, "key", 2000), 0);
	assert_true(store_take(store, "key", 5, 5, 2000, NULL));
	assert_int_equal(store_count(store, "key", 2000), 5);
	end_store(store);
}

enum { CROWD = 50, TRIES_EACH = 200, CROWD_LIMIT = 777 };

struct crowd {
	struct store *store;
	_Atomic unsigned passed;
};

static void *take_part(void *arg)
{
	struct crowd *crowd = arg;

	for (int i = 0; i < TRIES_EACH; i++) {
		char other[16];

		(void)snprintf(other, sizeof(other), "%d", i);
		(void)store_take(crowd->store, other, 1, 1, HOUR_MS, NULL);
		if (store_take(crowd->store, "key", 1, CROWD_LIMIT, HOUR_MS, NULL))
			atomic_fetch_add(&crowd->passed, 1);
	}
	return NULL;
}

static void assert_crowd_is_exact(struct store *store)
{
	struct crowd crowd = { .store = store };
	pthread_t threads[CROWD];

	for (size_t i = 0; i < CROWD; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_part, &crowd), 0);
	for (size_t i = 0; i < CROWD; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(crowd.passed, CROWD_LIMIT);
}

static void the_limit_is_exact_for_fifty_threads_ID_09(void **state)
{
	struct store *store = new_store(4096);

	(void)state;
	assert_crowd_is_exact(store);
	end_store(store);
}

static void the_limit_is_exact_for_fifty_threads_in_a_file_ID_09(void **state)
{
	struct store *store;

	(void)state;
	make_file();
	store = open_file();
	assert_crowd_is_exact(store);
	store_free(store);
	(void)unlink(file);
}

static void the_limit_is_exact_for_fifty_processes_ID_09(void **state)
{
	struct crowd *crowd = mmap(NULL, sizeof(*crowd), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(crowd, MAP_FAILED);
	crowd->store = new_store(4096);
	for (size_t i = 0; i < CROWD; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			(void)take_part(crowd);
			_exit(0);
		}
	}
	for (size_t i = 0; i < CROWD; i++)
		assert_true(wait(NULL) > 0);
	assert_int_equal(crowd->passed, CROWD_LIMIT);
	end_store(crowd->store);
	assert_return_code(munmap(crowd, sizeof(*crowd)), errno);
}

/* Stopped before its first step, so that the steps that are counted are those of store_take. */
_Noreturn static void be_stepped(struct store *store)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(1);
	(void)raise(SIGSTOP);
	(void)store_take(store, "key", 1, 1000000, HOUR_MS, NULL);
	_exit(0);
}

/* Another process takes one of the key, and is killed after that many machine instructions. Returns how many it came to. */
static unsigned take_and_die_after(struct store *store, unsigned steps)
{
	unsigned done = 0;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		be_stepped(store);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	for (; done < steps && WIFSTOPPED(status); done++)
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) < 0 || waitpid(pid, &status, 0) != pid)
			break;
	if (!WIFSTOPPED(status))
		return done;
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return done;
}

static unsigned instructions_of_a_take(void)
{
	struct store *store = new_store(8);
	unsigned steps = take_and_die_after(store, 1000000);

	end_store(store);
	return steps;
}

/* Places to die lie all over it: holding the lock, with half an entry made, with the count not yet written. Whoever comes next
 * neither hangs nor crashes, and counts at most one wrong. */
static void a_process_that_dies_inside_stops_nobody(void **state)
{
	enum { PLACES = 150 };
	unsigned steps = instructions_of_a_take();

	(void)state;
	if (steps < PLACES)
		SKIP("no permission to trace");
	for (unsigned i = 0; i < PLACES; i++) {
		struct store *store = new_store(8);

		(void)take_and_die_after(store, (unsigned)((uint64_t)steps * i / PLACES));
		(void)alarm(20);
		assert_true(store_take(store, "key", 1, 1000000, HOUR_MS, NULL));
		for (int j = 0; j < 8; j++)
			(void)store_take(store, "abcdefgh" + j, 1, 10, HOUR_MS, NULL);
		(void)alarm(0);
		assert_in_range(store_count(store, "key", HOUR_MS), 1, 2);
		end_store(store);
	}
}

/* Keys that are used once push out no counter that counts more, however many they are; in a table that they fill fifteen times. */
static void a_million_random_keys_push_out_nobody_who_counts_RES_11(void **state)
{
	enum { COUNTED = 1000, FLOOD = 1000000 };
	struct store *store = new_store(1 << 16);
	char key[32];

	(void)state;
	for (int i = 0; i < COUNTED; i++) {
		(void)snprintf(key, sizeof(key), "counted-%d", i);
		assert_true(store_take(store, key, 2, 2, HOUR_MS, NULL));
	}
	assert_int_equal(store_pushed_out(store), 0);
	for (int i = 0; i < FLOOD; i++) {
		(void)snprintf(key, sizeof(key), "flood-%d", i);
		assert_true(store_take(store, key, 1, 100, HOUR_MS, NULL));
	}
	for (int i = 0; i < COUNTED; i++) {
		(void)snprintf(key, sizeof(key), "counted-%d", i);
		assert_int_equal(store_count(store, key, HOUR_MS), 2);
		assert_false(store_take(store, key, 1, 2, HOUR_MS, NULL));
	}
	assert_true(store_pushed_out(store) > FLOOD / 2);
	end_store(store);
}

/* A table that is full of heavy ones: of each set the lightest gives its place to whoever comes, and they push out one another. */
static void a_flood_over_a_full_table_costs_one_in_eight_RES_11(void **state)
{
	enum { HEAVY = 4096 };
	struct store *store = new_store(1024);
	unsigned heavy = 0, left = 0;
	char key[32];

	(void)state;
	for (int i = 0; i < HEAVY; i++) {
		(void)snprintf(key, sizeof(key), "heavy-%d", i);
		(void)store_take(store, key, 50, 100, HOUR_MS, NULL);
	}
	for (int i = 0; i < HEAVY; i++) {
		(void)snprintf(key, sizeof(key), "heavy-%d", i);
		heavy += store_count(store, key, HOUR_MS) == 50;
	}
	assert_int_equal(heavy, 1024);
	for (int i = 0; i < 100000; i++) {
		(void)snprintf(key, sizeof(key), "flood-%d", i);
		assert_true(store_take(store, key, 1, 100, HOUR_MS, NULL));
	}
	for (int i = 0; i < HEAVY; i++) {
		(void)snprintf(key, sizeof(key), "heavy-%d", i);
		left += store_count(store, key, HOUR_MS) == 50;
	}
	assert_int_equal(left, 1024 / 8 * 7);
	end_store(store);
}

static void a_flood_of_keys_does_not_free_the_heavy_one_RES_11(void **state)
{
	struct store *store = new_store(4096);
	unsigned light = 0;
	char key[32];

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_true(store_take(store, "heavy", 1, 100, HOUR_MS, NULL));
	for (int i = 0; i < 200000; i++) {
		(void)snprintf(key, sizeof(key), "flood-%d", i);
		light += store_take(store, key, 1, 100, HOUR_MS, NULL);
	}
	assert_int_equal(light, 200000);	/* nobody new is refused because the table is full */
	assert_false(store_take(store, "heavy", 1, 100, HOUR_MS, NULL));
	assert_int_equal(store_count(store, "heavy", HOUR_MS), 100);
	end_store(store);
}

static void what_has_expired_makes_room_first_RES_11(void **state)
{
	struct store *store = new_store(1);	/* the smallest there is */
	unsigned kept = 0;
	char key[32];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(key, sizeof(key), "old-%d", i);
		(void)store_take(store, key, 1000, 1000, 1000, NULL);
	}
	clock_freeze(START_MS + 10000, 0);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(key, sizeof(key), "new-%d", i);
		(void)store_take(store, key, 1, 1, 1000, NULL);
	}
	for (int i = 0; i < 20; i++) {
		(void)snprintf(key, sizeof(key), "new-%d", i);
		kept += !store_take(store, key, 1, 1, 1000, NULL);
	}
	assert_in_range(kept, 19, 20);
	end_store(store);
}

static void a_table_that_no_memory_could_hold_is_refused(void **state)
{
	(void)state;
	assert_null(store_new(SIZE_MAX));
	assert_null(store_new(SIZE_MAX / 2 + 1));
	store_free(NULL);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, limit_table, check_limit);
	rows_add_one(&rows, "keys_are_counted_apart", keys_are_counted_apart, NULL);
	rows_add_one(&rows, "the_window_slides", the_window_slides, NULL);
	rows_add_one(&rows, "what_was_counted_expires_and_says_when", what_was_counted_expires_and_says_when, NULL);
	rows_add_one(&rows, "a_long_silence_forgets_everything_RES_07", a_long_silence_forgets_everything_RES_07, NULL);
	rows_add_one(&rows, "a_late_thread_does_not_bring_counts_back_ID_09", a_late_thread_does_not_bring_counts_back_ID_09, NULL);
	rows_add(&rows, window_table, check_window);
	rows_add_one(&rows, "what_is_given_back_can_be_taken_again", what_is_given_back_can_be_taken_again, NULL);
	rows_add_one(&rows, "what_is_returned_was_the_one_that_was_reserved", what_is_returned_was_the_one_that_was_reserved, NULL);
	rows_add_one(&rows, "it_says_when_there_is_room_for_as_much_as_is_wanted", it_says_when_there_is_room_for_as_much_as_is_wanted, NULL);
	rows_add_one(&rows, "counters_survive_a_restart_ID_09", counters_survive_a_restart_ID_09, NULL);
	rows_add_one(&rows, "a_wall_clock_that_goes_back_changes_nothing_ID_09", a_wall_clock_that_goes_back_changes_nothing_ID_09, NULL);
	rows_add_one(&rows, "a_counter_from_the_future_ends_with_its_window", a_counter_from_the_future_ends_with_its_window, NULL);
	rows_add_one(&rows, "damaged_counters_heal", damaged_counters_heal, NULL);
	rows_add_one(&rows, "a_new_window_starts_afresh", a_new_window_starts_afresh, NULL);
	rows_add_one(&rows, "the_limit_is_exact_for_fifty_threads_ID_09", the_limit_is_exact_for_fifty_threads_ID_09, NULL);
	rows_add_one(&rows, "the_limit_is_exact_for_fifty_threads_in_a_file_ID_09",
		     the_limit_is_exact_for_fifty_threads_in_a_file_ID_09, NULL);
	rows_add_one(&rows, "the_limit_is_exact_for_fifty_processes_ID_09", the_limit_is_exact_for_fifty_processes_ID_09, NULL);
	rows_add_one(&rows, "a_process_that_dies_inside_stops_nobody", a_process_that_dies_inside_stops_nobody, NULL);
	rows_add_one(&rows, "a_million_random_keys_push_out_nobody_who_counts_RES_11",
		     a_million_random_keys_push_out_nobody_who_counts_RES_11, NULL);
	rows_add_one(&rows, "a_flood_over_a_full_table_costs_one_in_eight_RES_11",
		     a_flood_over_a_full_table_costs_one_in_eight_RES_11, NULL);
	rows_add_one(&rows, "a_flood_of_keys_does_not_free_the_heavy_one_RES_11",
		     a_flood_of_keys_does_not_free_the_heavy_one_RES_11, NULL);
	rows_add_one(&rows, "what_has_expired_makes_room_first_RES_11", what_has_expired_makes_room_first_RES_11, NULL);
	rows_add_one(&rows, "a_table_that_no_memory_could_hold_is_refused", a_table_that_no_memory_could_hold_is_refused, NULL);
	return rows_run(&rows, "store");
}

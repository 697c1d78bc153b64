/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "t/unit/rows.h"

#define DAY_MS UINT64_C(86400000)
#define START_MS UINT64_C(1000000000)
#define WALL_MS UINT64_C(1800000000000)

enum { KEYS = 100, HEADER_BYTES = 4096 };

static char directory[64], path[128];

static const struct mapped_kind kind = { .name = "test", .version = 1, .entry_size = 16 };

struct pair {
	uint64_t key, value;
};

static int setup(void **state)
{
	(void)state;
	(void)snprintf(directory, sizeof(directory), "/tmp/octroi-mapped-XXXXXX");
	assert_non_null(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/table", directory);
	clock_freeze(START_MS, WALL_MS);
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	clock_thaw();
	(void)snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static struct mapped *open_table(void)
{
	struct mapped *mapped = NULL;

	assert_int_equal(mapped_open(path, &kind, KEYS, &mapped), 0);
	return mapped;
}

static void put(struct mapped *mapped, const char *key, uint64_t value)
{
	uint64_t hash = mapped_hash(mapped, key);
	struct pair *set = mapped_lock(mapped, hash);

	set[0] = (struct pair){ hash, value };
	mapped_unlock(mapped, hash);
}

static uint64_t get(struct mapped *mapped, const char *key)
{
	uint64_t hash = mapped_hash(mapped, key), value = 0;
	const struct pair *set = mapped_lock(mapped, hash);

	for (size_t i = 0; i < MAPPED_WAYS; i++)
		if (set[i].key == hash)
			value = set[i].value;
	mapped_unlock(mapped, hash);
	return value;
}

/* A table with 7 under "key" in the file, and nobody who has it open. */
static void make_file(void)
{
	struct mapped *mapped = open_table();

	put(mapped, "key", 7);
	mapped_close(mapped);
}

static uint64_t get_from_file(void)
{
	struct mapped *mapped = open_table();
	uint64_t value = get(mapped, "key");

	put(mapped, "key", value);	/* the locks work, too */
	mapped_close(mapped);
	return value;
}

static void change_file(off_t offset, const void *bytes, size_t len)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, len, offset), len);
	(void)close(fd);
}

static void what_is_in_the_file_outlives_us(void **state)
{
	struct stat st;

	(void)state;
	make_file();
	assert_int_equal(get_from_file(), 7);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

/* A full disk is met now and not when an entry is written. */
static void its_room_on_the_disk_is_taken_at_once_RES_01(void **state)
{
	struct mapped *mapped = NULL;
	struct stat st;

	(void)state;
	assert_int_equal(mapped_open(path, &kind, 100000, &mapped), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size >= 100000 * 16);
	assert_true(st.st_blocks * 512 >= st.st_size);
	mapped_close(mapped);
}

static void each_table_has_a_secret_of_its_own_RES_11(void **state)
{
	struct mapped *a = NULL, *b = NULL;

	(void)state;
	assert_int_equal(mapped_open(NULL, &kind, KEYS, &a), 0);
	assert_int_equal(mapped_open(NULL, &kind, KEYS, &b), 0);
	assert_true(mapped_hash(a, "key") != mapped_hash(b, "key"));
	assert_true(mapped_hash(a, "") != 0);
	mapped_close(a);
	mapped_close(b);
	mapped_close(NULL);
}

static const struct other {
	const char *name;
	struct mapped_kind kind;
	size_t keys;
} other_table[] = {
	{ "another_version_begins_afresh", { "test", 2, 16 }, KEYS },
	{ "another_kind_begins_afresh", { "tess", 1, 16 }, KEYS },
	{ "another_size_of_entries_begins_afresh", { "test", 1, 24 }, KEYS },
	{ "another_number_of_keys_begins_afresh", { "test", 1, 16 }, 100000 },
};

static void check_other(void **state)
{
	const struct other *row = *state;
	struct mapped *mapped = NULL;

	make_file();
	assert_int_equal(mapped_open(path, &row->kind, row->keys, &mapped), 0);
	put(mapped, "other", 9);
	mapped_close(mapped);
	assert_int_equal(get_from_file(), 0);
}

/* Each byte of what does not change while the file lives. */
static void a_damaged_header_begins_afresh(void **state)
{
	(void)state;
	for (off_t offset = 0; offset < 80; offset++) {
		unsigned char byte;
		int fd;

		make_file();
		fd = open(path, O_RDONLY | O_CLOEXEC);
		assert_int_equal(pread(fd, &byte, 1, offset), 1);
		(void)close(fd);
		byte ^= 0x40;
		change_file(offset, &byte, 1);
		assert_int_equal(get_from_file(), 0);
	}
}

static void a_file_of_another_length_begins_afresh(void **state)
{
	static const off_t lengths[] = { 0, 1, 100, HEADER_BYTES, HEADER_BYTES + 100, 1 << 20 };

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		make_file();
		assert_int_equal(truncate(path, lengths[i]), 0);
		assert_int_equal(get_from_file(), 0);
		assert_int_equal(get_from_file(), 0);
	}
}

/* After a crash the bytes of the locks are those of processes that do not live any more, and the pages are a mixture. */
static void stale_locks_are_made_anew(void **state)
{
	unsigned char noise[HEADER_BYTES - 80];

	(void)state;
	for (int pattern = 0; pattern < 3; pattern++) {
		make_file();
		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = pattern == 0 ? 0xff : pattern == 1 ? 1 : (unsigned char)(i * 167 + 13);
		change_file(80, noise, sizeof(noise));
		(void)alarm(20);
		assert_int_equal(get_from_file(), 7);
		(void)alarm(0);
	}
}

/* Also of a clock that stands at the end of all days. */
static void a_damaged_time_is_not_believed_RES_07(void **state)
{
	static const uint64_t times[] = { UINT64_MAX, UINT64_MAX / 2, UINT64_C(40000000000000) };

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		struct mapped *mapped;

		make_file();
		change_file(88, &times[i], sizeof(times[i]));
		mapped = open_table();
		assert_int_equal(mapped_now_ms(mapped), WALL_MS);
		mapped_close(mapped);
	}
}

/* Forks somebody who has the table mapped, and no descriptor of it, until its pipe is closed. */
static pid_t start_user(struct mapped *mapped, int *ret_fd)
{
	int ends[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)close(ends[1]);
		while (read(ends[0], &byte, 1) > 0)
			put(mapped, "user", 3);
		put(mapped, "end", 5);
		_exit(0);
	}
	(void)close(ends[0]);
	*ret_fd = ends[1];
	return pid;
}

static void stop_user(pid_t pid, int fd)
{
	int status;

	(void)close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* The supervisor has died and starts again while a filter of its still drains: they share. (Whoever is alone sets the clock: by that it is
 * seen.) */
static void who_comes_while_others_use_it_joins_them(void **state)
{
	struct mapped *mapped = open_table();
	int fd;
	pid_t pid = start_user(mapped, &fd);

	(void)state;
	mapped_close(mapped);
	clock_freeze(START_MS, WALL_MS + DAY_MS);
	mapped = open_table();
	assert_int_equal(mapped_now_ms(mapped), WALL_MS);
	stop_user(pid, fd);
	assert_int_equal(get(mapped, "end"), 5);
	mapped_close(mapped);
	mapped = open_table();
	assert_int_equal(mapped_now_ms(mapped), WALL_MS + DAY_MS);
	mapped_close(mapped);
}

/* Nothing is taken away under somebody who reads it: that would be SIGBUS. */
static void who_has_an_old_file_mapped_keeps_it(void **state)
{
	static const struct mapped_kind newer = { .name = "test", .version = 2, .entry_size = 16 };
	struct mapped *old = open_table(), *mapped = NULL;
	int fd;
	pid_t pid = start_user(old, &fd);

	(void)state;
	assert_int_equal(mapped_open(path, &newer, KEYS, &mapped), 0);
	assert_int_equal(write(fd, "x", 1), 1);
	stop_user(pid, fd);
	assert_int_equal(get(old, "user"), 3);
	assert_int_equal(get(mapped, "user"), 0);
	mapped_close(mapped);
	mapped_close(old);
}

static void a_lock_that_somebody_else_keeps_is_an_error(void **state)
{
	struct mapped *mapped = NULL;
	int fd;

	(void)state;
	make_file();
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(mapped_open(path, &kind, KEYS, &mapped), -EBUSY);
	(void)close(fd);
	assert_int_equal(get_from_file(), 7);
}

enum { THREADS = 4, TIMES = 200000 };

static pthread_barrier_t start;

static void *add_often(void *mapped)
{
	uint64_t hash = mapped_hash(mapped, "key");

	(void)pthread_barrier_wait(&start);
	for (int i = 0; i < TIMES; i++) {
		struct pair *set = mapped_lock(mapped, hash);
		uint64_t value = set[0].value;

		if (i % 1000 == 0)
			(void)sched_yield();
		set[0].value = value + 1;
		mapped_unlock(mapped, hash);
	}
	return NULL;
}

static void assert_lock_excludes(struct mapped *mapped)
{
	pthread_t threads[THREADS];

	put(mapped, "key", 0);
	assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_often, mapped), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(get(mapped, "key"), THREADS * TIMES);
}

static void who_dies_with_a_lock_stops_nobody(void **state)
{
	struct mapped *mapped = open_table();
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)mapped_lock(mapped, mapped_hash(mapped, "key"));
		(void)raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)alarm(60);
	put(mapped, "key", 2);
	assert_int_equal(get(mapped, "key"), 2);
	assert_lock_excludes(mapped);
	(void)alarm(0);
	mapped_close(mapped);
}

/* A link is not followed, even to what would be a good table, and what it points to not written. */
static void a_link_is_replaced_OS_05(void **state)
{
	char target[160];
	struct stat before, after;

	(void)state;
	make_file();
	(void)snprintf(target, sizeof(target), "%s/target", directory);
	assert_int_equal(rename(path, target), 0);
	assert_int_equal(stat(target, &before), 0);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(get_from_file(), 0);
	assert_int_equal(lstat(path, &after), 0);
	assert_true(S_ISREG(after.st_mode));
	assert_int_equal(stat(target, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_int_equal(rename(target, path), 0);
	assert_int_equal(get_from_file(), 7);
}

static void a_fifo_is_replaced_and_nobody_waits_OS_05(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	(void)alarm(20);
	make_file();
	(void)alarm(0);
	assert_int_equal(get_from_file(), 7);
}

static void a_directory_is_an_error(void **state)
{
	struct mapped *mapped = NULL;

	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(mapped_open(path, &kind, KEYS, &mapped) < 0);
	assert_int_equal(rmdir(path), 0);
}

static void a_directory_that_is_missing_is_an_error(void **state)
{
	struct mapped *mapped = NULL;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/none/table", directory);
	assert_int_equal(mapped_open(path, &kind, KEYS, &mapped), -ENOENT);
}

/* No room for it: an error now and no SIGBUS later, and nothing is left lying about. */
static void a_full_disk_is_an_error_RES_01(void **state)
{
	const struct rlimit small = { HEADER_BYTES, RLIM_INFINITY }, usual = { RLIM_INFINITY, RLIM_INFINITY };
	struct mapped *mapped = NULL;
	char left[160];
	int r;

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	r = mapped_open(path, &kind, KEYS, &mapped);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual), 0);
	assert_true(r < 0);
	(void)snprintf(left, sizeof(left), "%s.new", path);
	assert_int_equal(access(left, F_OK), -1);
	assert_int_equal(access(path, F_OK), -1);
}

static void what_a_crash_left_half_made_is_no_hindrance(void **state)
{
	char left[160];
	int fd;

	(void)state;
	(void)snprintf(left, sizeof(left), "%s.new", path);
	fd = open(left, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "half", 4), 4);
	(void)close(fd);
	make_file();
	assert_int_equal(get_from_file(), 7);
}

static void the_clock_does_not_follow_the_wall_while_it_runs_ID_09(void **state)
{
	struct mapped *mapped = open_table();

	(void)state;
	clock_freeze(START_MS + 1000, WALL_MS - DAY_MS);
	assert_int_equal(mapped_now_ms(mapped), WALL_MS + 1000);
	clock_freeze(START_MS + 2000, WALL_MS + 400 * DAY_MS);
	assert_int_equal(mapped_now_ms(mapped), WALL_MS + 2000);
	clock_freeze(START_MS, WALL_MS);
	assert_in_range(mapped_now_ms(mapped), WALL_MS + 1900, WALL_MS + 2000);
	mapped_close(mapped);
}

static const struct restart {
	const char *name;
	int64_t wall_moves_ms;
	uint64_t time_moves_ms;
} restart_table[] = {
	{ "time_passes_over_a_restart", 3600000, 3600000 },
	{ "a_wall_clock_that_has_gone_back_does_not_ID_09", -(int64_t)DAY_MS, 0 },
	{ "a_machine_without_a_clock_that_starts_in_1970_RES_07", -(int64_t)WALL_MS + 5000, 0 },
};

/* The monotonic clock begins anew with the machine. */
static void check_restart(void **state)
{
	const struct restart *row = *state;
	uint64_t wall_ms = WALL_MS + (uint64_t)row->wall_moves_ms;
	struct mapped *mapped;

	make_file();
	clock_freeze(5000, wall_ms);
	mapped = open_table();
	assert_int_equal(mapped_now_ms(mapped), WALL_MS + row->time_moves_ms);
	clock_freeze(5000 + 60000, wall_ms + 60000);
	assert_int_equal(mapped_now_ms(mapped), WALL_MS + row->time_moves_ms + 60000);
	mapped_close(mapped);
}

static void tables_that_no_memory_could_hold_are_refused(void **state)
{
	struct mapped *mapped = NULL;

	(void)state;
	assert_int_equal(mapped_open(NULL, &kind, SIZE_MAX, &mapped), -ENOMEM);
	assert_int_equal(mapped_open(NULL, &kind, SIZE_MAX / 128, &mapped), -ENOMEM);
}

#define ONE(test) rows_add_one(&rows, #test, test, NULL)

int main(void)
{
	static struct rows rows;

	ONE(what_is_in_the_file_outlives_us);
	ONE(its_room_on_the_disk_is_taken_at_once_RES_01);
	ONE(each_table_has_a_secret_of_its_own_RES_11);
	rows_add(&rows, other_table, check_other);
	ONE(a_damaged_header_begins_afresh);
	ONE(a_file_of_another_length_begins_afresh);
	ONE(stale_locks_are_made_anew);
	ONE(a_damaged_time_is_not_believed_RES_07);
	ONE(who_comes_while_others_use_it_joins_them);
	ONE(who_has_an_old_file_mapped_keeps_it);
	ONE(a_lock_that_somebody_else_keeps_is_an_error);
	ONE(who_dies_with_a_lock_stops_nobody);
	ONE(a_link_is_replaced_OS_05);
	ONE(a_fifo_is_replaced_and_nobody_waits_OS_05);
	ONE(a_directory_is_an_error);
	ONE(a_directory_that_is_missing_is_an_error);
	ONE(a_full_disk_is_an_error_RES_01);
	ONE(what_a_crash_left_half_made_is_no_hindrance);
	ONE(the_clock_does_not_follow_the_wall_while_it_runs_ID_09);
	rows_add(&rows, restart_table, check_restart);
	ONE(tables_that_no_memory_could_hold_are_refused);
	for (size_t i = 0; i < rows.len; i++) {
		rows.tests[i].setup_func = setup;
		rows.tests[i].teardown_func = teardown;
	}
	return rows_run(&rows, "mapped");
}

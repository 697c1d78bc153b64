/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "t/lib/spool_bench.h"
#include "t/unit/rows.h"

struct told {
	char ids[400];
	size_t most;	/* then it wants no more; 0: never */
	size_t len;
};

static bool tell(void *arg, const struct quarantine_item *item)
{
	struct told *told = arg;
	size_t len = strlen(told->ids);

	(void)snprintf(told->ids + len, sizeof(told->ids) - len, "%s%.4s%s", len == 0 ? "" : " ", item->id, item->held_by[0] == '\0' ? "!" : "");
	return ++told->len != told->most;
}

static void hold_four(struct bench *bench)
{
	bench_hold(bench, "AAAA-AAAA", 2000, "x");
	bench_hold(bench, "BBBB-BBBB", 4000, "x");
	bench_hold(bench, "CCCC-CCCC", 1000, "x");
	bench_hold(bench, "DDDD-DDDD", 3000, "x");
}

static const struct list_row {
	const char *name;
	size_t limit, most;
	const char *expected;
} list_table[] = {
	{ "all_the_newest_first", 0, 0, "BBBB DDDD AAAA CCCC" },
	{ "the_newest_two", 2, 0, "BBBB DDDD" },
	{ "more_than_there_are", 10, 0, "BBBB DDDD AAAA CCCC" },
	{ "until_the_caller_has_enough", 0, 3, "BBBB DDDD AAAA" },
};

static void check_list(void **state)
{
	const struct list_row *row = *state;
	struct bench *bench = bench_new();
	struct told told = { .most = row->most };

	hold_four(bench);
	assert_int_equal(quarantine_list(bench->quarantine, row->limit, tell, &told), 4);
	assert_string_equal(told.ids, row->expected);
	bench_free(bench);
}

static void an_empty_spool_has_nothing(void **state)
{
	struct bench *bench = bench_new();
	struct told told = { .most = 0 };

	(void)state;
	assert_int_equal(quarantine_list(bench->quarantine, 0, tell, &told), 0);
	assert_int_equal(told.len, 0);
	bench_free(bench);
}

static void what_is_damaged_or_no_file_is_listed_with_its_name_and_other_names_are_not(void **state)
{
	struct bench *bench = bench_new();
	struct told told = { .most = 0 };
	char path[300];

	(void)state;
	bench_hold(bench, "AAAA-AAAA", 2000, "x");
	(void)snprintf(path, sizeof(path), "%s/AAAA-AAAA", bench->spool);
	bench_patch(path, 100, "X");
	assert_int_equal(utimensat(AT_FDCWD, path, (const struct timespec[2]){ { .tv_sec = 2 }, { .tv_sec = 2 } }, 0), 0);
	(void)snprintf(path, sizeof(path), "%s/BBBB-BBBB", bench->spool);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	(void)snprintf(path, sizeof(path), "%s/CCCC-CCCC.new", bench->spool);
	bench_write(path, "x");
	(void)snprintf(path, sizeof(path), "%s/README", bench->spool);
	bench_write(path, "x");
	assert_int_equal(quarantine_list(bench->quarantine, 0, tell, &told), 2);
	assert_string_equal(told.ids, "BBBB! AAAA!");
	bench_free(bench);
}

static void gone(void *arg, const char *id)
{
	struct told *told = arg;
	size_t len = strlen(told->ids);

	(void)snprintf(told->ids + len, sizeof(told->ids) - len, "%.4s", id);
}

static void what_is_older_expires(void **state)
{
	struct bench *bench = bench_new();
	struct told told = { .most = 0 };

	(void)state;
	hold_four(bench);
	assert_int_equal(quarantine_expire(bench->quarantine, 1000, gone, &told), 0);
	assert_int_equal(quarantine_expire(bench->quarantine, 1001, gone, &told), 1);
	assert_string_equal(told.ids, "CCCC");
	assert_int_equal(quarantine_expire(bench->quarantine, 4000, NULL, NULL), 2);
	assert_true(bench_has(bench, "BBBB-BBBB"));
	assert_int_equal(bench_names(bench), 1);
	bench_free(bench);
}

enum { HOUR_MS = 3600000, DAY_MS = 24 * HOUR_MS };

/* The clock of the files cannot be set: ours goes forward instead. */
static const struct left_row {
	const char *name, *file;
	int64_t later_ms;
	bool stays;
} left_table[] = {
	{ "what_is_just_written_stays_RES_01", "AAAA-AAAA.new", HOUR_MS / 2, true },
	{ "what_nobody_finished_goes_RES_01", "AAAA-AAAA.new", 2 * HOUR_MS, false },
	{ "a_mark_stays_for_days", "AAAA-AAAA.mark", 6LL * DAY_MS, true },
	{ "a_mark_goes_after_a_week", "AAAA-AAAA.mark", 8LL * DAY_MS, false },
	{ "a_spent_mark_stays_for_days", "AAAA-AAAA.spent", 6LL * DAY_MS, true },
	{ "a_spent_mark_goes_after_a_week", "AAAA-AAAA.spent", 8LL * DAY_MS, false },
	{ "what_is_not_ours_stays", "README.new", 100LL * DAY_MS, true },
	{ "what_has_another_suffix_stays", "AAAA-AAAA.txt", 100LL * DAY_MS, true },
};

static void check_left(void **state)
{
	const struct left_row *row = *state;
	struct bench *bench = bench_new();
	char path[300];

	(void)snprintf(path, sizeof(path), "%s/%s", bench->spool, row->file);
	bench_write(path, "x");
	clock_freeze(clock_monotonic_ms(), clock_wall_ms() + (uint64_t)row->later_ms);
	assert_int_equal(quarantine_expire(bench->quarantine, 0, NULL, NULL), 0);
	clock_thaw();
	assert_int_equal(bench_has(bench, row->file), row->stays);
	bench_free(bench);
}

static int try_one(struct bench *bench, const char *id, size_t size)
{
	char *body = calloc(1, size);
	struct quarantine_item item = bench_item(id, 1000);
	int r = bench_put(bench, &item, STR("\r\n"), (struct str){ body, size });

	free(body);
	return r;
}

static void a_full_spool_takes_nothing_until_there_is_room_RES_01(void **state)
{
	struct bench *bench = bench_new();

	(void)state;
	clock_freeze(1000, 1000);
	quarantine_limit(bench->quarantine, 100000);
	assert_int_equal(try_one(bench, "AAAA-AAAA", 60000), 0);
	assert_int_equal(try_one(bench, "BBBB-BBBB", 60000), -EDQUOT);
	assert_false(bench_has(bench, "BBBB-BBBB"));
	assert_int_equal(try_one(bench, "CCCC-CCCC", 200000), -EDQUOT);
	assert_int_equal(try_one(bench, "DDDD-DDDD", 20000), 0);
	assert_int_equal(quarantine_delete(bench->quarantine, "AAAA-AAAA"), 0);
	clock_freeze(3000, 3000);
	assert_int_equal(try_one(bench, "BBBB-BBBB", 60000), 0);
	clock_thaw();
	bench_free(bench);
}

static void what_lies_there_from_before_counts(void **state)
{
	struct bench *bench = bench_new();

	(void)state;
	assert_int_equal(try_one(bench, "AAAA-AAAA", 60000), 0);
	quarantine_limit(bench->quarantine, 100000);
	assert_int_equal(try_one(bench, "BBBB-BBBB", 60000), -EDQUOT);
	bench_free(bench);
}

int main(void)
{
	struct rows rows = { .len = 0 };

	rows_add(&rows, list_table, check_list);
	rows_add(&rows, left_table, check_left);
	rows_add_one(&rows, "an_empty_spool_has_nothing", an_empty_spool_has_nothing, NULL);
	rows_add_one(&rows, "what_is_damaged_or_no_file_is_listed_with_its_name_and_other_names_are_not",
		     what_is_damaged_or_no_file_is_listed_with_its_name_and_other_names_are_not, NULL);
	rows_add_one(&rows, "what_is_older_expires", what_is_older_expires, NULL);
	rows_add_one(&rows, "a_full_spool_takes_nothing_until_there_is_room_RES_01", a_full_spool_takes_nothing_until_there_is_room_RES_01, NULL);
	rows_add_one(&rows, "what_lies_there_from_before_counts", what_lies_there_from_before_counts, NULL);
	return rows_run(&rows, "quarantine_list");
}

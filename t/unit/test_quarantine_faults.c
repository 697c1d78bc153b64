/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is held survives an end of the process or an error of the system at every single system call: it is there whole, or it is not there and
 * nobody was told that it is. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "t/lib/skip.h"
#include "t/lib/spool_bench.h"
#include "t/lib/syscall_faults.h"
#include "t/unit/rows.h"

#define ID "AAAA-AAAA"
#define MESSAGE "Subject: x\r\n\r\ntext\r\n"

static int body_fd;

static int do_put(void *arg)
{
	struct quarantine_item item = bench_item(ID, 1000);

	return quarantine_put(((struct bench *)arg)->quarantine, &item, "Subject: x\r\n\r\n", 14, body_fd, 0);
}

static int do_delete(void *arg)
{
	return quarantine_delete(((struct bench *)arg)->quarantine, ID);
}

static int do_release(void *arg)
{
	struct quarantine *quarantine = ((struct bench *)arg)->quarantine;
	char mark[QUARANTINE_MARK_SIZE];
	int r = quarantine_release_begin(quarantine, ID, mark);

	return r < 0 ? r : quarantine_release_end(quarantine, ID, true);
}

static int do_expire(void *arg)
{
	return quarantine_expire(((struct bench *)arg)->quarantine, 2000, NULL, NULL) < 0 ? -1 : 0;
}

/* A release whose process died between the two: whoever comes next finds a mark. */
static int do_spend(void *arg)
{
	struct quarantine *quarantine = ((struct bench *)arg)->quarantine;
	char mark[QUARANTINE_MARK_SIZE];
	int r = quarantine_release_begin(quarantine, ID, mark);

	return r < 0 ? r : quarantine_mark_spend(quarantine, mark);
}

static const struct work {
	const char *name;
	int (*fn)(void *arg);
	bool held_before, held_after;	/* when nothing goes wrong */
	bool may_go;			/* the item may be gone even when it did not succeed */
} works[] = {
	{ "put", do_put, false, true, false },
	{ "delete", do_delete, true, false, true },
	{ "release", do_release, true, false, true },
	{ "expire", do_expire, true, false, true },
	{ "spend", do_spend, true, true, false },
};

static const struct trouble {
	const char *name;
	enum fault_kind kind;
	int error;
} troubles[] = {
	{ "killed_before_any_call", FAULT_KILL_BEFORE, 0 },
	{ "killed_after_any_call", FAULT_KILL_AFTER, 0 },
	{ "no_space_at_any_call", FAULT_ERROR, ENOSPC },
	{ "quota_at_any_call", FAULT_ERROR, EDQUOT },
	{ "input_output_error_at_any_call", FAULT_ERROR, EIO },
	{ "read_only_from_any_call_on", FAULT_ERROR_ON, EROFS },
	{ "no_space_from_any_call_on", FAULT_ERROR_ON, ENOSPC },
	{ "input_output_error_from_any_call_on", FAULT_ERROR_ON, EIO },
	{ "interrupted_at_any_call", FAULT_ERROR, EINTR },
};

struct case_of {
	char name[100];
	const struct work *work;
	const struct trouble *trouble;
};

/* Either whole or not at all; and what was told is true. */
static void assert_sane(struct bench *bench, const struct work *work, const struct trouble *trouble, const struct fault_end *end)
{
	bool there = bench_has(bench, ID), told_done = end->ended && end->result == 0;

	if (there)
		bench_assert_message(bench, ID, MESSAGE);
	if (told_done)
		assert_int_equal(there, work->held_after);
	else if (work->held_before)
		assert_true(there || work->may_go);
	else if (end->ended && trouble->kind == FAULT_ERROR)
		assert_int_equal(bench_names(bench), 0);	/* whoever hears of an error keeps the message: one of the two is enough */
	assert_int_equal(bench_outside(bench), 0);
}

/* Whatever happened: the next one can do its work. */
static void assert_works_again(struct bench *bench)
{
	struct quarantine_item item = bench_item("BBBB-BBBB", 1000);
	char mark[QUARANTINE_MARK_SIZE];

	assert_int_equal(bench_put(bench, &item, STR("\r\n"), STR("x")), 0);
	assert_int_equal(quarantine_release_begin(bench->quarantine, "BBBB-BBBB", mark), 0);
	assert_int_equal(quarantine_release_end(bench->quarantine, "BBBB-BBBB", false), 0);
	if (bench_has(bench, ID)) {
		int r = quarantine_release_begin(bench->quarantine, ID, mark);

		assert_true(r == 0 || r == -EALREADY);
	}
}

static bool run_one(const struct case_of *row, size_t number)
{
	const struct fault fault = { .kind = row->trouble->kind, .number = number, .error = row->trouble->error };
	struct bench *bench = bench_new();
	struct fault_end end;

	if (row->work->held_before)
		bench_hold(bench, ID, 1000, "text\r\n");
	faults_run(row->work->fn, bench, &fault, &end);
	assert_sane(bench, row->work, row->trouble, &end);
	assert_works_again(bench);
	bench_free(bench);
	return end.hit;
}

static void check(void **state)
{
	const struct case_of *row = *state;
	size_t number = 0;

	if (row->trouble->error != 0 ? !faults_errors_possible() : !faults_possible())
		SKIP("processes cannot be traced here");
	while (run_one(row, number))
		number++;
	assert_true(number >= 5);
}

static size_t find_call(const struct fault_end *end, long call, size_t from)
{
	while (from < end->calls_len && end->calls[from] != call)
		from++;
	return from;
}

/* A crash of the machine cannot be tested; the order in which it is made safe can. */
static void the_file_is_synced_before_it_gets_its_name_and_the_directory_after_it(void **state)
{
	struct bench *bench = bench_new();
	struct fault_end end;
	size_t sync, name;

	(void)state;
	if (!faults_possible()) {
		bench_free(bench);
		SKIP("processes cannot be traced here");
	}
	faults_run(do_put, bench, &(struct fault){ .kind = FAULT_NONE }, &end);
	assert_true(end.ended && end.result == 0);
	sync = find_call(&end, SYS_fsync, find_call(&end, SYS_openat2, 0));
	name = find_call(&end, SYS_renameat2, 0);
	assert_true(find_call(&end, SYS_write, sync) == end.calls_len);
	assert_true(sync < name && name < end.calls_len);
	assert_true(find_call(&end, SYS_fsync, name) < end.calls_len);
	bench_free(bench);
}

static void mount_over(struct bench *bench, const char *options, unsigned long flags)
{
	char problem[256];

	quarantine_close(bench->quarantine);
	bench->quarantine = NULL;
	assert_int_equal(mount("tmpfs", bench->spool, "tmpfs", flags, options), 0);
	assert_int_equal(quarantine_open(bench->spool, &bench->quarantine, problem), 0);
}

static void unmount(struct bench *bench)
{
	quarantine_close(bench->quarantine);
	bench->quarantine = NULL;
	(void)umount(bench->spool);
	bench_free(bench);
}

/* The real thing, where there may be one. */
static const struct disk {
	const char *name, *options;
	unsigned long flags;
	size_t size;
	int expected;
} disks[] = {
	{ "a_disk_that_is_full_RES_01", "size=64k,mode=700", 0, 200000, -ENOSPC },
	{ "a_disk_without_inodes_RES_01", "nr_inodes=1,mode=700", 0, 10, -ENOSPC },
	{ "a_disk_that_is_read_only_RES_01", "mode=700", MS_RDONLY, 10, -EROFS },
};

static void check_disk(void **state)
{
	const struct disk *row = *state;
	struct bench *bench = bench_new();
	struct quarantine_item item = bench_item(ID, 1000);
	char *body = calloc(1, row->size);

	if (mount("tmpfs", bench->spool, "tmpfs", 0, "mode=700") < 0) {
		free(body);
		bench_free(bench);
		SKIP("nothing can be mounted here");
	}
	(void)umount(bench->spool);
	mount_over(bench, row->options, row->flags);
	assert_int_equal(bench_put(bench, &item, STR("\r\n"), (struct str){ body, row->size }), row->expected);
	assert_int_equal(bench_names(bench), 0);
	free(body);
	unmount(bench);
}

int main(void)
{
	enum { WORKS = sizeof(works) / sizeof(works[0]), TROUBLES = sizeof(troubles) / sizeof(troubles[0]) };
	static struct case_of cases[WORKS * TROUBLES];
	struct rows rows = { .len = 0 };

	body_fd = memfd_create("body", MFD_CLOEXEC);
	if (body_fd < 0 || write(body_fd, "text\r\n", 6) != 6)
		return EXIT_FAILURE;
	for (size_t i = 0; i < WORKS * TROUBLES; i++) {
		cases[i].work = &works[i / TROUBLES];
		cases[i].trouble = &troubles[i % TROUBLES];
		(void)snprintf(cases[i].name, sizeof(cases[i].name), "%s_%s_RES_01", cases[i].work->name, cases[i].trouble->name);
		rows_add_one(&rows, cases[i].name, check, &cases[i]);
	}
	rows_add_one(&rows, "the_file_is_synced_before_it_gets_its_name_and_the_directory_after_it",
		     the_file_is_synced_before_it_gets_its_name_and_the_directory_after_it, NULL);
	rows_add(&rows, disks, check_disk);
	return rows_run(&rows, "quarantine_faults");
}

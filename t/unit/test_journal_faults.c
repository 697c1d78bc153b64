/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the disk may do to the journal: a file system under SQLite that fails when it is told to. */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "milter/lookup/journal_queue.h"
#include "t/unit/journal_stage.h"

/* --- a file system that fails --- */

enum operation { READ = 1, WRITE = 2, SYNC = 4, TRUNCATE = 8, OPEN = 16, MAP = 32 };

static _Atomic unsigned failing;	/* operations that fail now */
static _Atomic int failing_code;
static _Atomic int calls_left;		/* of any operation until one fails; -1: none will */
static _Atomic int stuck_ms;		/* a write takes so long */
static _Atomic int calls;

struct faulty {
	sqlite3_file base;
	sqlite3_file *real;
};

static int refuse(enum operation operation)
{
	atomic_fetch_add(&calls, 1);
	if (operation == WRITE && stuck_ms > 0)
		(void)nanosleep(&(struct timespec){ .tv_sec = stuck_ms / 1000, .tv_nsec = stuck_ms % 1000 * 1000000L }, NULL);
	if ((failing & operation) == 0 && !(calls_left > 0 && atomic_fetch_sub(&calls_left, 1) == 1))
		return SQLITE_OK;
	errno = failing_code == SQLITE_FULL ? ENOSPC : EIO;
	return failing_code;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
	return ((struct faulty *)(void *)file)->real;
}

/* A method that hands its arguments on unless its operation fails. */
#define METHOD(name, operation, params, args)                       \
	static int faulty_##name params                             \
	{                                                           \
		int code = refuse(operation);                       \
		return code != SQLITE_OK ? code : real_of(file)->pMethods->name args; \
	}
#define QUIET(name, type, params, args) \
	static type faulty_##name params { return real_of(file)->pMethods->name args; }

METHOD(xRead, READ, (sqlite3_file *file, void *to, int len, sqlite3_int64 at), (real_of(file), to, len, at))
METHOD(xWrite, WRITE, (sqlite3_file *file, const void *from, int len, sqlite3_int64 at), (real_of(file), from, len, at))
METHOD(xTruncate, TRUNCATE, (sqlite3_file *file, sqlite3_int64 size), (real_of(file), size))
METHOD(xSync, SYNC, (sqlite3_file *file, int flags), (real_of(file), flags))
METHOD(xShmMap, MAP, (sqlite3_file *file, int page, int size, int extend, void volatile **to), (real_of(file), page, size, extend, to))
QUIET(xShmLock, int, (sqlite3_file *file, int offset, int n, int flags), (real_of(file), offset, n, flags))
QUIET(xClose, int, (sqlite3_file *file), (real_of(file)))
QUIET(xFileSize, int, (sqlite3_file *file, sqlite3_int64 *to), (real_of(file), to))
QUIET(xLock, int, (sqlite3_file *file, int level), (real_of(file), level))
QUIET(xUnlock, int, (sqlite3_file *file, int level), (real_of(file), level))
QUIET(xCheckReservedLock, int, (sqlite3_file *file, int *to), (real_of(file), to))
QUIET(xFileControl, int, (sqlite3_file *file, int operation, void *arg), (real_of(file), operation, arg))
QUIET(xSectorSize, int, (sqlite3_file *file), (real_of(file)))
QUIET(xDeviceCharacteristics, int, (sqlite3_file *file), (real_of(file)))
QUIET(xShmUnmap, int, (sqlite3_file *file, int delete), (real_of(file), delete))

static void faulty_xShmBarrier(sqlite3_file *file)
{
	real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static const sqlite3_io_methods faulty_methods = {
	.iVersion = 2,
	.xClose = faulty_xClose, .xRead = faulty_xRead, .xWrite = faulty_xWrite, .xTruncate = faulty_xTruncate, .xSync = faulty_xSync,
	.xFileSize = faulty_xFileSize, .xLock = faulty_xLock, .xUnlock = faulty_xUnlock, .xCheckReservedLock = faulty_xCheckReservedLock,
	.xFileControl = faulty_xFileControl, .xSectorSize = faulty_xSectorSize, .xDeviceCharacteristics = faulty_xDeviceCharacteristics,
	.xShmMap = faulty_xShmMap, .xShmLock = faulty_xShmLock, .xShmBarrier = faulty_xShmBarrier, .xShmUnmap = faulty_xShmUnmap,
};

static sqlite3_vfs *below;

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	struct faulty *faulty = (struct faulty *)(void *)file;
	int code = refuse(OPEN);

	(void)vfs;
	file->pMethods = NULL;
	if (code != SQLITE_OK)
		return code;
	faulty->real = (sqlite3_file *)(void *)(faulty + 1);
	code = below->xOpen(below, name, faulty->real, flags, ret_flags);
	if (code == SQLITE_OK)
		file->pMethods = &faulty_methods;
	return code;
}

static int install(void **state)
{
	static sqlite3_vfs vfs;

	(void)state;
	below = sqlite3_vfs_find(NULL);
	vfs = *below;
	vfs.zName = "faulty";
	vfs.pNext = NULL;
	vfs.szOsFile = (int)sizeof(struct faulty) + below->szOsFile;
	vfs.xOpen = faulty_open;
	return sqlite3_vfs_register(&vfs, 1) != SQLITE_OK;
}

static void mend(void)
{
	failing = 0;
	calls_left = -1;
	stuck_ms = 0;
}

/* --- what is told --- */

static pthread_mutex_t told_lock = PTHREAD_MUTEX_INITIALIZER;
static char told[2048];
static size_t told_lines;

static void note_told(const char *text)
{
	(void)pthread_mutex_lock(&told_lock);
	(void)snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s\n", text);
	told_lines++;
	(void)pthread_mutex_unlock(&told_lock);
}

static bool was_told(const char *part)
{
	bool found;

	(void)pthread_mutex_lock(&told_lock);
	found = strstr(told, part) != NULL;
	(void)pthread_mutex_unlock(&told_lock);
	return found;
}

static void begin(struct stage *stage)
{
	mend();
	told[0] = '\0';
	told_lines = 0;
	stage_make(stage);
	stage_open_with(stage, &stage_settings, note_told);
	stage_put_id(stage, "AAAA-AAAA");
	stage_flush(stage);
}

static void await_failures(struct stage *stage, uint64_t more_than)
{
	struct journal_stats stats;

	for (int i = 0; i < STAGE_WAIT_MS; i++) {
		journal_read_stats(stage->journal, &stats);
		if (stats.failures > more_than)
			return;
		(void)usleep(1000);
	}
	fail_msg("the writer has not met the fault");
}

/* --- a disk that fails for a while --- */

static const struct fault {
	const char *name;
	unsigned operations;
	int code;
	int error;
} fault_table[] = {
	{ "a_full_disk_costs_no_mail_RES_01", WRITE | TRUNCATE, SQLITE_FULL, -ENOSPC },
	{ "an_error_of_writing_RES_01", WRITE, SQLITE_IOERR_WRITE, -EIO },
	{ "an_error_of_reading_RES_01", READ | WRITE, SQLITE_IOERR_READ, -EIO },
	{ "a_disk_that_is_read_only_RES_01", WRITE, SQLITE_READONLY, -EROFS },
	{ "a_file_that_cannot_be_opened_again_RES_01", WRITE | OPEN, SQLITE_CANTOPEN, -EIO },
	{ "no_shared_memory_RES_01", WRITE | MAP, SQLITE_IOERR_SHMMAP, -EIO },
};

static void check_fault(void **state)
{
	const struct fault *row = *state;
	struct journal_stats stats;
	struct stage stage;

	begin(&stage);
	failing_code = row->code;
	failing = row->operations;
	stage_put_id(&stage, "BBBB-BBBB");
	await_failures(&stage, 2);
	journal_read_stats(stage.journal, &stats);
	assert_int_equal(stats.error, row->error);
	assert_int_equal(stats.waiting, 1);
	assert_true(was_told("cannot be written"));
	stage_put_id(&stage, "BBBB-BBBB");
	mend();
	stage_flush(&stage);
	assert_true(was_told("is written again; 0 entries are missing"));
	journal_read_stats(stage.journal, &stats);
	assert_int_equal(stats.written, 3);
	assert_int_equal(stats.dropped, 0);
	assert_int_equal(stats.error, 0);
	assert_int_equal(told_lines, 2);
	assert_int_equal(stage_count(&stage, &(struct journal_query){ .id = "BBBB-BBBB" }), 2);
	stage_assert_whole(&stage);
	stage_remove(&stage);
}

/* Each call of the disk from the opening to the end fails once, in turn: the entry is there in the end, once. */
static void check_each_call(void **state)
{
	int code = *(const int *)*state, at = 1;
	bool over = false;

	for (; !over; at++) {
		struct stage stage;
		char problem[CONF_PROBLEM_MAX] = "";

		mend();
		stage_make(&stage);
		failing_code = code;
		calls_left = at;
		if (journal_open(stage.directory, &stage_settings, NULL, &stage.journal, problem) < 0)
			fail_msg("call %d: %s", at, problem);
		stage_put_id(&stage, "AAAA-AAAA");
		stage_flush(&stage);
		stage_close(&stage);
		over = calls_left > 0;
		mend();
		assert_int_equal(stage_count(&stage, &(struct journal_query){ .id = "AAAA-AAAA" }), 1);
		stage_assert_whole(&stage);
		stage_remove(&stage);
	}
	assert_in_range(at, 20, 1000);
}

/* During a reload another one writes: nothing to tell of. */
static void a_lock_of_others_is_told_late(void **state)
{
	struct journal_stats stats;
	struct stage stage;
	struct sql *other;
	char path[128];

	(void)state;
	begin(&stage);
	assert_int_equal(sql_open(stage_path(&stage, "journal.db", path), SQL_WRITE, &other), 0);
	sql_patience(other, STAGE_WAIT_MS);
	assert_int_equal(sql_run(other, "BEGIN IMMEDIATE"), 0);
	stage_put_id(&stage, "BBBB-BBBB");
	await_failures(&stage, 0);
	journal_read_stats(stage.journal, &stats);
	assert_int_equal(stats.error, -EBUSY);
	assert_int_equal(sql_run(other, "ROLLBACK"), 0);
	sql_close(other);
	stage_flush(&stage);
	assert_int_equal(stage_count(&stage, &(struct journal_query){ .id = "BBBB-BBBB" }), 1);
	assert_string_equal(told, "");
	stage_remove(&stage);
}

/* --- a disk that is slow --- */

static uint64_t thread_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* The writer hangs in a call for as long as it takes to put all of them, twice over; who waited for it would still be waiting. */
static void a_disk_that_hangs_keeps_nobody_waiting(void **state)
{
	struct journal_stats stats;
	struct stage stage;
	uint64_t began_us = thread_us();

	(void)state;
	begin(&stage);
	stuck_ms = 300;
	for (int i = 0; i < 30000; i++)
		stage_put_id(&stage, "BBBB-BBBB");
	journal_read_stats(stage.journal, &stats);
	assert_true(stats.waiting > 0);
	assert_int_equal(stats.written, 1);
	assert_true(thread_us() - began_us < 20000000);
	mend();
	stage_flush(&stage);
	journal_read_stats(stage.journal, &stats);
	assert_int_equal(stats.written + stats.dropped, 30001);
	stage_remove(&stage);
}

static void closing_does_not_wait_for_a_disk_that_hangs(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage);
	stuck_ms = 8000;
	stage_put_id(&stage, "BBBB-BBBB");
	stage_close(&stage);
	/* it still hangs: whoever had waited for it would come too late to see this */
	assert_int_equal(stage_count(&stage, &(struct journal_query){ .id = "BBBB-BBBB" }), 0);
	mend();
	stage_remove(&stage);
}

/* Nothing is open and nothing comes: the writer sleeps. */
static void a_writer_without_a_database_is_not_busy(void **state)
{
	struct stage stage;
	struct timespec before, after;
	char problem[CONF_PROBLEM_MAX];

	(void)state;
	mend();
	stage_make(&stage);
	failing_code = SQLITE_FULL;
	failing = OPEN | WRITE;
	assert_int_equal(journal_open(stage.directory, &stage_settings, NULL, &stage.journal, problem), 0);
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	(void)usleep(500000);
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	/* a loop that never sleeps would take all of it */
	assert_true((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 < 100);
	mend();
	stage_put_id(&stage, "AAAA-AAAA");
	stage_flush(&stage);
	assert_int_equal(stage_count(&stage, &(struct journal_query){ .id = "AAAA-AAAA" }), 1);
	stage_remove(&stage);
}

/* --- files that go away --- */

static void a_file_that_was_removed_is_made_again(void **state)
{
	struct stage stage;
	char path[128];

	(void)state;
	begin(&stage);
	journal_configuration(stage.journal, "c0ffee", "f", "line");
	stage_put_id(&stage, "AAAA-AAAA");
	stage_flush(&stage);
	assert_return_code(unlink(stage_path(&stage, "journal.db", path)), errno);
	(void)unlink(stage_path(&stage, "journal.db-wal", path));
	(void)unlink(stage_path(&stage, "journal.db-shm", path));
	stage_put_id(&stage, "BBBB-BBBB");
	stage_flush(&stage);
	assert_int_equal(stage_count(&stage, &(struct journal_query){ .id = "BBBB-BBBB" }), 1);
	assert_int_equal(stage_count(&stage, &(struct journal_query){ .id = "AAAA-AAAA" }), 0);
	assert_int_equal(stage_number(&stage, "SELECT count(*) FROM configuration WHERE name = 'c0ffee'"), 1);
	stage_remove(&stage);
}

static void a_directory_that_comes_back(void **state)
{
	struct stage stage;
	char away[80];

	(void)state;
	begin(&stage);
	(void)snprintf(away, sizeof(away), "%s-away", stage.directory);
	assert_return_code(rename(stage.directory, away), errno);
	stage_put_id(&stage, "BBBB-BBBB");
	await_failures(&stage, 1);
	assert_true(was_told("No such file or directory"));
	assert_return_code(rename(away, stage.directory), errno);
	stage_flush(&stage);
	assert_int_equal(stage_count(&stage, &(struct journal_query){ .id = "BBBB-BBBB" }), 1);
	assert_int_equal(stage_count(&stage, &(struct journal_query){ .id = "AAAA-AAAA" }), 1);
	stage_assert_whole(&stage);
	stage_remove(&stage);
}

/* --- damaged databases --- */

static const struct damage {
	const char *name;
	off_t from;
	size_t len;		/* bytes that are overwritten; 0: the file ends there */
} damage_table[] = {
	{ "another_program's_bytes", 0, 20 },
	{ "a_file_that_is_all_garbage", 0, 65536 },
	{ "a_first_page_that_is_garbage", 100, 3900 },
	{ "a_schema_that_is_garbage", 4096, 8192 },
	{ "tables_that_are_garbage", 12288, 65536 },
	{ "a_file_that_was_cut", 5000, 0 },
	{ "a_file_of_one_page", 4096, 0 },
	{ "a_file_cut_within_its_header", 50, 0 },
};

static void damage(const struct stage *stage, const struct damage *row)
{
	char path[128], garbage[65536];
	int fd = open(stage_path(stage, "journal.db", path), O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	memset(garbage, 0xa5, sizeof(garbage));
	if (row->len > 0)
		assert_int_equal(pwrite(fd, garbage, row->len, row->from), row->len);
	else
		assert_return_code(ftruncate(fd, row->from), errno);
	(void)close(fd);
}

static size_t count_files(const struct stage *stage, const char *prefix)
{
	DIR *dir = opendir(stage->directory);
	struct dirent *entry;
	size_t count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0 && strstr(entry->d_name, "-wal") == NULL;
	(void)closedir(dir);
	return count;
}

static void check_damage(void **state)
{
	const struct damage *row = *state;
	struct stage stage;

	begin(&stage);
	for (int i = 0; i < 2000; i++)
		stage_put_id(&stage, "AAAA-AAAA");
	stage_close(&stage);
	damage(&stage, row);
	stage_open_with(&stage, &stage_settings, note_told);
	stage_put_id(&stage, "BBBB-BBBB");
	stage_flush(&stage);
	assert_int_equal(stage_count(&stage, &(struct journal_query){ .id = "BBBB-BBBB" }), 1);
	assert_int_equal(count_files(&stage, "journal.db.damaged-"), 1);
	assert_true(was_told("is damaged: it is "));
	stage_assert_whole(&stage);
	stage_remove(&stage);
}

/* Of a disk that damages each new one. */
static void damaged_ones_do_not_fill_the_disk(void **state)
{
	static const struct damage all = { "", 0, 65536 };
	struct stage stage;
	char path[128], name[64], problem[CONF_PROBLEM_MAX];

	(void)state;
	begin(&stage);
	stage_close(&stage);
	for (int i = 0; i < 5; i++) {
		(void)snprintf(name, sizeof(name), "journal.db.damaged-%d", i);
		(void)close(open(stage_path(&stage, name, path), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	}
	damage(&stage, &all);
	assert_int_equal(journal_open(stage.directory, &stage_settings, note_told, &stage.journal, problem), -EBADMSG);
	stage.journal = NULL;
	assert_int_equal(count_files(&stage, "journal.db.damaged-"), 5);
	stage_remove(&stage);
}

/* Both open, one finds it damaged and begins a new one: the other goes on in that. */
static void another_process_follows_to_the_new_one(void **state)
{
	struct journal_database database = { .path = NULL };
	struct stage stage;
	char path[128], name[CONF_PROBLEM_MAX];

	(void)state;
	begin(&stage);
	database.path = strdup(stage_path(&stage, "journal.db", path));
	assert_int_equal(journal_database_open(&database), 0);
	assert_int_equal(journal_database_move_aside(&database, name), 0);
	assert_non_null(strstr(name, "journal.db.damaged-"));
	assert_int_equal(journal_database_move_aside(&database, name), 0);
	assert_string_equal(name, "");
	stage_put_id(&stage, "BBBB-BBBB");
	stage_flush(&stage);
	assert_int_equal(stage_count(&stage, &(struct journal_query){ .id = "BBBB-BBBB" }), 1);
	assert_int_equal(count_files(&stage, "journal.db.damaged-"), 1);
	free(database.path);
	stage_assert_whole(&stage);
	stage_remove(&stage);
}

int main(void)
{
	static struct rows rows;
	static const int codes[] = { SQLITE_FULL, SQLITE_IOERR_WRITE };

	rows_add(&rows, fault_table, check_fault);
	rows_add_one(&rows, "each_call_finds_the_disk_full_once_RES_01", check_each_call, &codes[0]);
	rows_add_one(&rows, "each_call_fails_once_RES_01", check_each_call, &codes[1]);
	rows_add_one(&rows, "a_lock_of_others_is_told_late", a_lock_of_others_is_told_late, NULL);
	rows_add_one(&rows, "a_disk_that_hangs_keeps_nobody_waiting", a_disk_that_hangs_keeps_nobody_waiting, NULL);
	rows_add_one(&rows, "closing_does_not_wait_for_a_disk_that_hangs", closing_does_not_wait_for_a_disk_that_hangs, NULL);
	rows_add_one(&rows, "a_writer_without_a_database_is_not_busy", a_writer_without_a_database_is_not_busy, NULL);
	rows_add_one(&rows, "a_file_that_was_removed_is_made_again", a_file_that_was_removed_is_made_again, NULL);
	rows_add_one(&rows, "a_directory_that_comes_back", a_directory_that_comes_back, NULL);
	rows_add(&rows, damage_table, check_damage);
	rows_add_one(&rows, "damaged_ones_do_not_fill_the_disk", damaged_ones_do_not_fill_the_disk, NULL);
	rows_add_one(&rows, "another_process_follows_to_the_new_one", another_process_follows_to_the_new_one, NULL);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests("journal_faults", rows.tests, rows.len, install, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "conf/conf.h"
#include "milter/base/clock.h"
#include "milter/lookup/journal_queue.h"
#include "t/lib/skip.h"
#include "t/unit/journal_stage.h"

/* --- what is kept of a text --- */

static const struct text {
	const char *name, *put, *kept;
	size_t repeat;		/* times that put is repeated */
	size_t kept_len;	/* when kept is NULL */
} text_table[] = {
	{ "a_text_as_it_is", "a'b\"c\\d%s\n\033[1m", "a'b\"c\\d%s\n\033[1m", 1, 0 },
	{ "utf8_as_it_is_LOG_01", "\303\244\342\202\254\360\237\230\200", "\303\244\342\202\254\360\237\230\200", 1, 0 },
	{ "bytes_that_are_no_utf8_LOG_01", "a\377b\303", "a?b?", 1, 0 },
	{ "an_overlong_slash_LOG_01", "\300\257", "??", 1, 0 },
	{ "a_surrogate_LOG_01", "\355\240\200", "???", 1, 0 },
	{ "nothing", "", "", 1, 0 },
	{ "a_long_text_is_cut_LOG_01", "0123456789abcdef", NULL, 4096, 255 },
	{ "no_character_is_cut_of_two_bytes_LOG_01", "\303\244", NULL, 4096, 254 },
	{ "no_character_is_cut_of_three_bytes_LOG_01", "\342\202\254", NULL, 4096, 255 },
	{ "no_character_is_cut_of_four_bytes_LOG_01", "\360\237\230\200", NULL, 4096, 252 },
	{ "bytes_that_continue_nothing_LOG_01", "\200", NULL, 4096, 255 },
	{ "bytes_that_begin_and_never_end_LOG_01", "\360", NULL, 4096, 255 },
};

struct copy {
	char helo[600], address[600];
};

static bool copy_texts(void *arg, int64_t n, const struct journal_entry *entry)
{
	struct copy *copy = arg;

	(void)n;
	(void)snprintf(copy->helo, sizeof(copy->helo), "%s", entry->helo);
	(void)snprintf(copy->address, sizeof(copy->address), "%s", entry->recipients[0].detail);
	return true;
}

static char *repeat(const char *text, size_t times)
{
	char *all = calloc(times, strlen(text) + 1), *p = all;

	assert_non_null(all);
	for (size_t i = 0; i < times; i++)
		p = stpcpy(p, text);
	return all;
}

/* helo and a recipient's detail have the same limit: the one is a column, the other stands in JSON. */
static void check_text(void **state)
{
	const struct text *row = *state;
	struct stage stage;
	char *text = repeat(row->put, row->repeat);
	struct journal_recipient recipient = { "a@b.example", "", text, "", true };
	struct journal_entry entry = journal_nothing;
	struct journal_reader *reader;
	struct copy copy = { "unset", "unset" };

	stage_make(&stage);
	stage_open(&stage);
	entry.kind = JOURNAL_MESSAGE; entry.helo = text; entry.recipients = &recipient; entry.recipients_len = 1;
	journal_put(stage.journal, &entry);
	stage_flush(&stage);
	reader = stage_reader(&stage);
	assert_int_equal(journal_search(reader, &(struct journal_query){ .id = NULL }, copy_texts, &copy), 1);
	assert_string_equal(copy.helo, copy.address);
	if (row->kept != NULL)
		assert_string_equal(copy.helo, row->kept);
	else
		assert_int_equal(strlen(copy.helo), row->kept_len);
	journal_reader_close(reader);
	stage_remove(&stage);
	free(text);
}

/* --- lists --- */

static bool check_lists(void *arg, int64_t n, const struct journal_entry *entry)
{
	size_t *lens = arg;

	(void)n;
	lens[0] = entry->recipients_len;
	lens[1] = entry->findings_len;
	lens[2] = entry->attachments_len;
	return true;
}

static void very_long_lists_are_bounded_and_do_not_displace_each_other_RES_11(void **state)
{
	enum { MANY = 5000 };
	static struct journal_recipient recipients[MANY];
	static struct journal_finding findings[MANY];
	static struct journal_attachment attachments[MANY];
	struct journal_entry entry = journal_nothing;
	struct stage stage;
	struct journal_reader *reader;
	size_t lens[3] = { 0 };
	char *text = repeat("x", 2000);

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		recipients[i] = (struct journal_recipient){ text, text, text, text, true };
		findings[i] = (struct journal_finding){ .scanner = "x", .outcome = "y", .action = "", .recipient = "", .text = "", .rule_file = "" };
		attachments[i] = (struct journal_attachment){ text, text, text, UINT64_MAX };
	}
	entry.kind = JOURNAL_MESSAGE;
	entry.recipients = recipients; entry.recipients_len = MANY;
	entry.findings = findings; entry.findings_len = MANY;
	entry.attachments = attachments; entry.attachments_len = MANY;
	stage_make(&stage);
	stage_open(&stage);
	journal_put(stage.journal, &entry);
	stage_flush(&stage);
	reader = stage_reader(&stage);
	assert_int_equal(journal_search(reader, &(struct journal_query){ .id = NULL }, check_lists, lens), 1);
	journal_reader_close(reader);
	assert_in_range(lens[0], 100, 1000);
	assert_int_equal(lens[1], 300);
	assert_int_equal(lens[2], 300);
	assert_int_equal(stage_number(&stage, "SELECT max(size_bytes) = 9223372036854775807 FROM attachment"), 1);
	stage_remove(&stage);
	free(text);
}

/* --- files --- */

static void files_belong_to_nobody_else_OS_05(void **state)
{
	static const char *const names[] = { "journal.db", "journal.db-wal", "journal.db-shm" };
	mode_t before = umask(0);
	struct stage stage;
	struct stat st;
	char path[128];

	(void)state;
	stage_make(&stage);
	stage_open(&stage);
	stage_put_id(&stage, "AAAA-AAAA");
	stage_flush(&stage);
	for (size_t i = 0; i < 3; i++) {
		assert_return_code(stat(stage_path(&stage, names[i], path), &st), errno);
		assert_int_equal(st.st_mode & 0777, 0640);
	}
	stage_remove(&stage);
	(void)umask(before);
}

static void what_root_makes_belongs_to_the_owner_of_the_directory(void **state)
{
	struct stage stage;
	struct stat st;
	char path[128];

	(void)state;
	if (geteuid() != 0)
		SKIP("not root");
	stage_make(&stage);
	assert_return_code(chown(stage.directory, 65534, 65534), errno);
	stage_open(&stage);
	stage_put_id(&stage, "AAAA-AAAA");
	stage_flush(&stage);
	for (int i = 0; i < 3; i++) {
		assert_return_code(stat(stage_path(&stage, i == 0 ? "journal.db" : i == 1 ? "journal.db-wal" : "journal.db-shm", path), &st), errno);
		assert_int_equal(st.st_uid, 65534);
		assert_int_equal(st.st_gid, 65534);
	}
	stage_remove(&stage);
}

enum obstacle { SYMLINK, DANGLING, HARD_LINK, DIRECTORY, FIFO };

static const struct trap {
	const char *name, *file;
	enum obstacle obstacle;
} trap_table[] = {
	{ "a_symbolic_link_is_not_followed_OS_05", "journal.db", SYMLINK },
	{ "a_symbolic_link_to_nothing_makes_nothing_OS_05", "journal.db", DANGLING },
	{ "a_log_that_is_a_symbolic_link_OS_05", "journal.db-wal", SYMLINK },
	{ "a_log_that_is_a_link_to_nothing_OS_05", "journal.db-wal", DANGLING },
	{ "shared_memory_that_is_a_symbolic_link_OS_05", "journal.db-shm", SYMLINK },
	{ "a_rollback_journal_that_is_a_symbolic_link_OS_05", "journal.db-journal", SYMLINK },
	{ "a_hard_link_OS_05", "journal.db", HARD_LINK },
	{ "a_directory_OS_05", "journal.db", DIRECTORY },
	{ "a_fifo_OS_05", "journal.db", FIFO },
};

static void set_trap(const struct trap *row, const char *path, const char *victim)
{
	if (row->obstacle == SYMLINK || row->obstacle == DANGLING)
		assert_return_code(symlink(victim, path), errno);
	else if (row->obstacle == HARD_LINK)
		assert_return_code(link(victim, path), errno);
	else if (row->obstacle == DIRECTORY)
		assert_return_code(mkdir(path, 0700), errno);
	else
		assert_return_code(mkfifo(path, 0600), errno);
}

static void check_trap(void **state)
{
	const struct trap *row = *state;
	char victim[] = "/tmp/octroi-victim-XXXXXX", path[128], problem[CONF_PROBLEM_MAX] = "";
	int fd = mkstemp(victim);
	struct journal *journal;
	struct stage stage;
	struct stat st;

	assert_true(fd >= 0);
	if (row->obstacle == DANGLING)
		assert_return_code(unlink(victim), errno);
	stage_make(&stage);
	set_trap(row, stage_path(&stage, row->file, path), victim);
	assert_int_equal(journal_open(stage.directory, &stage_settings, NULL, &journal, problem), -ELOOP);
	assert_non_null(strstr(problem, "no file of ours"));
	assert_return_code(fstat(fd, &st), errno);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(access(victim, F_OK) < 0, row->obstacle == DANGLING);
	(void)close(fd);
	(void)unlink(victim);
	(void)rmdir(path);
	stage_remove(&stage);
}

static void the_directory_may_be_named_through_a_link(void **state)
{
	char path[] = "/tmp/octroi-link-XXXXXX", problem[CONF_PROBLEM_MAX] = "";
	struct journal *journal;
	struct stage stage;

	(void)state;
	stage_make(&stage);
	(void)close(mkstemp(path));
	(void)unlink(path);
	assert_return_code(symlink(stage.directory, path), errno);
	assert_int_equal(journal_open(path, &stage_settings, NULL, &journal, problem), 0);
	journal_close(journal);
	(void)unlink(path);
	stage_remove(&stage);
}

static void a_missing_directory_is_told(void **state)
{
	struct journal *journal;
	char problem[CONF_PROBLEM_MAX] = "";

	(void)state;
	assert_int_equal(journal_open("/nonexistent/octroi", &stage_settings, NULL, &journal, problem), -ENOENT);
	assert_string_equal(problem, "/nonexistent/octroi/journal.db: No such file or directory");
}

/* --- flushing, closing, none at all --- */

static void without_a_journal_nothing_happens(void **state)
{
	(void)state;
	journal_put(NULL, &journal_nothing);
	journal_configuration(NULL, "", "", "");
	journal_flush(NULL, 1000);
	journal_close(NULL);
}

static void closing_writes_what_waits(void **state)
{
	struct stage stage;

	(void)state;
	stage_make(&stage);
	stage_open(&stage);
	for (int i = 0; i < 1000; i++)
		stage_put_id(&stage, "AAAA-AAAA");
	stage_close(&stage);
	assert_int_equal(stage_count(&stage, &(struct journal_query){ .id = "AAAA-AAAA" }), 1000);
	stage_assert_whole(&stage);
	stage_remove(&stage);
}

static void stats_count_what_was_written(void **state)
{
	struct journal_stats stats;
	struct stage stage;

	(void)state;
	stage_make(&stage);
	stage_open(&stage);
	stage_put_id(&stage, "AAAA-AAAA");
	stage_flush(&stage);
	stage_put_id(&stage, "AAAA-AAAA");
	stage_put_id(&stage, "AAAA-AAAA");
	stage_flush(&stage);
	journal_read_stats(stage.journal, &stats);
	assert_int_equal(stats.written, 3);
	assert_in_range(stats.batches, 2, 3);
	assert_int_equal(stats.dropped + stats.failures + stats.waiting, 0);
	assert_int_equal(stats.error, 0);
	stage_remove(&stage);
}

static const struct bound {
	const char *name;
	size_t bytes;
	uint64_t fit;
} bound_table[] = {
	{ "a_queue_is_bounded_by_count", 10, JOURNAL_QUEUE_ENTRIES },
	{ "a_queue_is_bounded_by_bytes", 100000, JOURNAL_QUEUE_BYTES / 100000 },
	{ "an_entry_of_all_the_room", JOURNAL_QUEUE_BYTES, 1 },
};

static void check_bound(void **state)
{
	const struct bound *row = *state;
	struct journal_queue queue = { .put = 0 };
	char *bytes = calloc(1, row->bytes);

	assert_non_null(bytes);
	journal_queue_init(&queue);
	for (uint64_t i = 0; i < row->fit + 7; i++)
		journal_queue_add(&queue, bytes, row->bytes);
	assert_int_equal(queue.put, row->fit);
	assert_int_equal(queue.dropped, 7);
	journal_queue_clear(&queue);
	free(bytes);
}

/* A transaction of another one keeps the writer from writing: puts go on at once, and what does not fit is counted. */
static void a_full_queue_drops_and_counts(void **state)
{
	enum { MANY = 60000 };
	struct journal_stats stats;
	struct stage stage;
	struct sql *other;
	char path[128];

	(void)state;
	stage_make(&stage);
	stage_open(&stage);
	assert_int_equal(sql_open(stage_path(&stage, "journal.db", path), SQL_WRITE, &other), 0);
	sql_patience(other, STAGE_WAIT_MS);
	assert_int_equal(sql_run(other, "BEGIN IMMEDIATE"), 0);
	for (int i = 0; i < MANY; i++)
		stage_put_id(&stage, "AAAA-AAAA");
	journal_read_stats(stage.journal, &stats);
	assert_true(stats.dropped > 0);
	assert_in_range(stats.waiting, JOURNAL_QUEUE_ENTRIES, 2 * JOURNAL_QUEUE_ENTRIES);
	assert_int_equal(stats.dropped + stats.waiting, MANY);
	assert_int_equal(sql_run(other, "COMMIT"), 0);
	sql_close(other);
	stage_flush(&stage);
	journal_read_stats(stage.journal, &stats);
	assert_int_equal(stats.written + stats.dropped, MANY);
	assert_int_equal(stage_number(&stage, "SELECT count(*) FROM entry"), stats.written);
	stage_remove(&stage);
}

/* --- several at once --- */

enum { WRITERS = 8, EACH = 500 };

static void *put_many(void *arg)
{
	for (int i = 0; i < EACH; i++)
		stage_put_id(arg, "AAAA-AAAA");
	return NULL;
}

static void many_threads_lose_nothing(void **state)
{
	pthread_t threads[WRITERS];
	struct stage stage;

	(void)state;
	stage_make(&stage);
	stage_open(&stage);
	for (size_t i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, put_many, &stage), 0);
	for (size_t i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	stage_flush(&stage);
	assert_int_equal(stage_count(&stage, &(struct journal_query){ .id = "AAAA-AAAA" }), WRITERS * EACH);
	stage_remove(&stage);
}

_Noreturn static void write_in_small_batches(struct stage *stage)
{
	char problem[CONF_PROBLEM_MAX];
	struct journal_stats stats;
	int error;

	do {
		error = journal_open(stage->directory, &stage_settings, NULL, &stage->journal, problem);
	} while (error == -EBUSY);
	for (int i = 0; error == 0 && i < EACH; i++) {
		stage_put_id(stage, "AAAA-AAAA");
		if (i % 10 == 0)
			journal_flush(stage->journal, STAGE_WAIT_MS);
	}
	if (error == 0) {
		journal_flush(stage->journal, STAGE_WAIT_MS);
		journal_read_stats(stage->journal, &stats);
		error = stats.written == EACH ? 0 : 1;
		journal_close(stage->journal);
	}
	_exit(error != 0);
}

/* Both make the database, too. */
static void two_filters_write_at_once_during_a_reload(void **state)
{
	struct stage stage;
	int status;

	(void)state;
	stage_make(&stage);
	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			write_in_small_batches(&stage);
	}
	for (int i = 0; i < 2; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(stage_count(&stage, &(struct journal_query){ .id = "AAAA-AAAA" }), 2 * EACH);
	stage_assert_whole(&stage);
	stage_remove(&stage);
}

/* --- kill -9 --- */

/* Says after each flush, through a pipe, how many are surely written. */
_Noreturn static void write_until_killed(struct stage *stage, int64_t from, int pipe_fd)
{
	char problem[CONF_PROBLEM_MAX];

	if (journal_open(stage->directory, &stage_settings, NULL, &stage->journal, problem) < 0)
		_exit(1);
	for (int64_t i = from;; i++) {
		struct journal_entry entry = journal_nothing;
		char id[32];

		(void)snprintf(id, sizeof(id), "%lld", (long long)i);
		entry.kind = JOURNAL_MESSAGE;
		entry.id = id;
		entry.login = "alice";
		journal_put(stage->journal, &entry);
		if (i % 50 != 0)
			continue;
		journal_flush(stage->journal, STAGE_WAIT_MS);
		if (write(pipe_fd, &i, sizeof(i)) != sizeof(i))
			_exit(1);
	}
}

static int64_t last_said(int fd)
{
	int64_t said, last = 0;

	while (read(fd, &said, sizeof(said)) == sizeof(said))
		last = said;
	return last;
}

static int64_t write_and_kill(struct stage *stage, int64_t from, unsigned after_us)
{
	int fds[2], status;
	int64_t said;
	pid_t pid;

	assert_return_code(pipe(fds), errno);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		write_until_killed(stage, from, fds[1]);
	(void)close(fds[1]);
	(void)usleep(after_us);
	(void)kill(pid, SIGKILL);
	said = last_said(fds[0]);
	(void)close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return said;
}

static void assert_written(const struct stage *stage, int64_t at_least, int64_t *ret_count)
{
	int64_t count = stage_number(stage, "SELECT count(*) FROM entry");

	assert_true(count >= at_least);
	assert_int_equal(count, stage_number(stage, "SELECT max(CAST(id AS INTEGER)) FROM entry"));
	assert_int_equal(count, stage_number(stage, "SELECT count(DISTINCT id) FROM entry"));
	assert_int_equal(count, stage_count(stage, &(struct journal_query){ .login = "alice" }));
	stage_assert_whole(stage);
	*ret_count = count;
}

static void write_and_kill_ten_times(unsigned *random)
{
	struct stage stage;
	int64_t count = 0, known = 0;

	stage_make(&stage);
	for (int i = 0; i < 10; i++) {
		int64_t said = write_and_kill(&stage, count + 1, 1000 + (unsigned)rand_r(random) % 150000);

		known = said > known ? said : known;
		if (known > 0)	/* else it was killed before there was anything */
			assert_written(&stage, known, &count);
	}
	stage_remove(&stage);
}

static void a_killed_writer_loses_the_last_batch_at_most(void **state)
{
	const char *often = getenv("OCTROI_LONG");
	int rounds = often != NULL && strcmp(often, "1") == 0 ? 10 : 1;
	unsigned random = (unsigned)time(NULL);

	(void)state;
	print_message("# seed %u\n", random);
	for (int i = 0; i < rounds; i++)
		write_and_kill_ten_times(&random);
}

/* --- retention --- */

static void put_at(struct stage *stage, int64_t time_ms, int count)
{
	struct journal_entry entry = journal_nothing;

	entry.kind = JOURNAL_MESSAGE;
	entry.time_ms = time_ms;
	entry.id = "AAAA-AAAA";
	entry.helo = "a-name-that-is-long-enough-to-make-a-file-large.of-which-some-part-will-have-to-go.example";
	for (int i = 0; i < count; i++)
		journal_put(stage->journal, &entry);
}

static struct sql *open_sql(const struct stage *stage)
{
	struct sql *sql;
	char path[128];

	assert_int_equal(sql_open(stage_path(stage, "journal.db", path), SQL_WRITE, &sql), 0);
	sql_patience(sql, STAGE_WAIT_MS);
	return sql;
}

static void the_old_go_in_small_steps(void **state)
{
	const struct journal_settings settings = { .keep_ms = 1000, .size_bytes = UINT64_C(1) << 40 };
	struct stage stage;
	struct sql *sql;

	(void)state;
	stage_make(&stage);
	stage_open(&stage);
	put_at(&stage, 9000000, 1);	/* by a clock that was wrong: it stands before those that are old */
	stage_flush(&stage);
	put_at(&stage, 1000, 250);
	stage_flush(&stage);
	put_at(&stage, 5000, 100);
	stage_close(&stage);
	sql = open_sql(&stage);
	assert_int_equal(journal_retain(sql, &settings, 5500, 100), 100);
	assert_int_equal(journal_retain(sql, &settings, 5500, 100), 100);
	assert_int_equal(journal_retain(sql, &settings, 5500, 100), 50);
	assert_int_equal(journal_retain(sql, &settings, 5500, 100), 0);
	assert_int_equal(stage_count(&stage, &(struct journal_query){ .id = "AAAA-AAAA" }), 101);
	assert_int_equal(journal_retain(sql, &settings, 5000000, 1000), 100);
	assert_int_equal(stage_count(&stage, &(struct journal_query){ .id = "AAAA-AAAA" }), 1);
	sql_close(sql);
	stage_assert_whole(&stage);
	stage_remove(&stage);
}

static void too_many_go_and_the_file_shrinks(void **state)
{
	const struct journal_settings settings = { .keep_ms = UINT64_C(1) << 40, .size_bytes = 400000 };
	struct stage stage;
	struct stat st;
	struct sql *sql;
	char path[128];
	int64_t deleted, count;

	(void)state;
	stage_make(&stage);
	stage_open(&stage);
	for (int i = 0; i < 20; i++) {
		put_at(&stage, 1000 + i, 500);
		stage_flush(&stage);
	}
	stage_close(&stage);
	assert_return_code(stat(stage_path(&stage, "journal.db", path), &st), errno);
	assert_true(st.st_size > 1000000);
	sql = open_sql(&stage);
	do {
		deleted = journal_retain(sql, &settings, 2000, 100);
		assert_in_range(deleted, 0, 100);
	} while (deleted > 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(journal_retain(sql, &settings, 2000, 100), 0);
	sql_close(sql);
	assert_return_code(stat(path, &st), errno);
	assert_in_range(st.st_size, 200000, 400000);
	count = stage_count(&stage, &(struct journal_query){ .id = "AAAA-AAAA" });
	assert_in_range(count, 500, 5000);
	assert_int_equal(count, stage_number(&stage, "SELECT max(n) - min(n) + 1 FROM entry"));
	assert_int_equal(stage_number(&stage, "SELECT max(n) FROM entry"), 10000);
	assert_true(stage_number(&stage, "SELECT count(*) FROM fact") < 20);
	stage_assert_whole(&stage);
	stage_remove(&stage);
}

static void a_new_entry_gets_a_number_that_none_had(void **state)
{
	const struct journal_settings settings = { .keep_ms = 1, .size_bytes = UINT64_C(1) << 40 };
	struct stage stage;
	struct sql *sql;

	(void)state;
	stage_make(&stage);
	stage_open(&stage);
	put_at(&stage, 1000, 10);
	stage_flush(&stage);
	sql = open_sql(&stage);
	assert_int_equal(journal_retain(sql, &settings, 2000, 100), 10);
	sql_close(sql);
	stage_put_id(&stage, "BBBB-BBBB");
	stage_flush(&stage);
	assert_int_equal(stage_count(&stage, &(struct journal_query){ .id = "AAAA-AAAA" }), 0);
	assert_int_equal(stage_count(&stage, &(struct journal_query){ .id = "BBBB-BBBB" }), 1);
	assert_int_equal(stage_number(&stage, "SELECT n FROM entry"), 11);
	stage_remove(&stage);
}

static void the_writer_retains_by_itself(void **state)
{
	const struct journal_settings settings = { .enabled = true, .keep_ms = 3600000, .size_bytes = UINT64_C(1) << 40 };
	struct stage stage;

	(void)state;
	stage_make(&stage);
	stage_open_with(&stage, &settings, NULL);
	put_at(&stage, 1000, 1500);
	stage_flush(&stage);
	put_at(&stage, (int64_t)clock_wall_ms(), 10);
	stage_flush(&stage);
	stage_close(&stage);
	assert_int_equal(stage_count(&stage, &(struct journal_query){ .id = "AAAA-AAAA" }), 10);
	stage_remove(&stage);
}

static void configurations_are_kept_as_long_as_their_entries(void **state)
{
	const struct journal_settings settings = { .keep_ms = UINT64_C(1) << 40, .size_bytes = UINT64_C(1) << 40 };
	struct stage stage;
	struct sql *sql;

	(void)state;
	stage_make(&stage);
	stage_open(&stage);
	put_at(&stage, 5000, 10);
	stage_close(&stage);
	sql = open_sql(&stage);
	assert_int_equal(sql_run(sql, "INSERT INTO configuration VALUES ('gone', 1000, 'f', ''), ('needed', 2000, 'f', ''), ('now', 6000, 'f', '')"), 0);
	assert_int_equal(sql_run(sql, "INSERT INTO entry(n, time_ms, kind) VALUES (1000, 1, 1)"), 0);
	assert_int_equal(journal_retain(sql, &(struct journal_settings){ .keep_ms = 1000, .size_bytes = UINT64_C(1) << 40 }, 1500, 100), 1);
	assert_int_equal(journal_retain(sql, &settings, 1500, 100), 0);
	sql_close(sql);
	assert_int_equal(stage_number(&stage, "SELECT count(*) FROM configuration"), 2);
	assert_int_equal(stage_number(&stage, "SELECT count(*) FROM configuration WHERE name = 'gone'"), 0);
	stage_remove(&stage);
}

/* --- settings --- */

static const struct setting {
	const char *name, *text, *error;
} setting_table[] = {
	{ "the_defaults_are_good", "", NULL },
	{ "all_settings", "journal { enabled = no subjects = yes keep = 7d size = 100M }\n", NULL },
	{ "kept_for_no_time", "journal { keep = 0s }\n", "keep" },
	{ "kept_for_a_thousand_years", "journal { keep = 366000d }\n", "keep" },
	{ "a_size_that_holds_nothing", "journal { size = 1M }\n", "size" },
};

static void check_setting(void **state)
{
	static const struct option_section *const sections[] = { &journal_section, NULL };
	const struct setting *row = *state;
	char path[] = "/tmp/octroi-test-XXXXXX";
	int fd = mkstemp(path);
	struct conf *conf;
	const struct conf_error *errors;
	size_t len;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, row->text, strlen(row->text)), strlen(row->text));
	(void)close(fd);
	conf = conf_load(path, sections);
	(void)unlink(path);
	errors = conf_errors(conf, &len);
	assert_int_equal(len > 0, row->error != NULL);
	if (row->error != NULL)
		assert_non_null(strstr(errors[0].text, row->error));
	else
		assert_int_equal(((const struct journal_settings *)conf_settings(conf, "journal"))->enabled, row->text[0] == '\0');
	conf_free(conf);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, text_table, check_text);
	rows_add_one(&rows, "very_long_lists_are_bounded_and_do_not_displace_each_other_RES_11",
		     very_long_lists_are_bounded_and_do_not_displace_each_other_RES_11, NULL);
	rows_add_one(&rows, "files_belong_to_nobody_else_OS_05", files_belong_to_nobody_else_OS_05, NULL);
	rows_add_one(&rows, "what_root_makes_belongs_to_the_owner_of_the_directory_OS_05",
		     what_root_makes_belongs_to_the_owner_of_the_directory, NULL);
	rows_add(&rows, trap_table, check_trap);
	rows_add_one(&rows, "the_directory_may_be_named_through_a_link", the_directory_may_be_named_through_a_link, NULL);
	rows_add_one(&rows, "a_missing_directory_is_told", a_missing_directory_is_told, NULL);
	rows_add_one(&rows, "without_a_journal_nothing_happens", without_a_journal_nothing_happens, NULL);
	rows_add_one(&rows, "closing_writes_what_waits", closing_writes_what_waits, NULL);
	rows_add_one(&rows, "stats_count_what_was_written", stats_count_what_was_written, NULL);
	rows_add(&rows, bound_table, check_bound);
	rows_add_one(&rows, "a_full_queue_drops_and_counts", a_full_queue_drops_and_counts, NULL);
	rows_add_one(&rows, "many_threads_lose_nothing", many_threads_lose_nothing, NULL);
	rows_add_one(&rows, "two_filters_write_at_once_during_a_reload", two_filters_write_at_once_during_a_reload, NULL);
	rows_add_one(&rows, "a_killed_writer_loses_the_last_batch_at_most", a_killed_writer_loses_the_last_batch_at_most, NULL);
	rows_add_one(&rows, "the_old_go_in_small_steps", the_old_go_in_small_steps, NULL);
	rows_add_one(&rows, "too_many_go_and_the_file_shrinks", too_many_go_and_the_file_shrinks, NULL);
	rows_add_one(&rows, "a_new_entry_gets_a_number_that_none_had", a_new_entry_gets_a_number_that_none_had, NULL);
	rows_add_one(&rows, "the_writer_retains_by_itself", the_writer_retains_by_itself, NULL);
	rows_add_one(&rows, "configurations_are_kept_as_long_as_their_entries", configurations_are_kept_as_long_as_their_entries, NULL);
	rows_add(&rows, setting_table, check_setting);
	return rows_run(&rows, "journal");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t/unit/journal_stage.h"

/* The steps of another history: what later versions will be to this one. */
static const char *const steps[] = {
	"CREATE TABLE entry(n INTEGER PRIMARY KEY, id TEXT); PRAGMA application_id = 1331913834;",
	"ALTER TABLE entry ADD COLUMN more TEXT DEFAULT ''; CREATE TABLE other(x);",
	"INSERT INTO other VALUES (42);",
};
static const char *const broken_steps[] = {
	"CREATE TABLE entry(n INTEGER PRIMARY KEY, id TEXT); PRAGMA application_id = 1331913834;",
	"ALTER TABLE entry ADD COLUMN more TEXT; CREATE TABLE entry(x);",
};

static struct sql *open_file(const struct stage *stage)
{
	char path[128];
	struct sql *sql;

	(void)close(open(stage_path(stage, "journal.db", path), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(sql_open(path, SQL_WRITE, &sql), 0);
	sql_patience(sql, STAGE_WAIT_MS);
	return sql;
}

static int64_t ask(struct sql *sql, const char *text)
{
	int64_t number;

	assert_int_equal(sql_ask(sql, text, &number), 0);
	return number;
}

static const struct climb {
	const char *name;
	size_t from, to;
	int64_t others;		/* rows of the last table; -1: it is not there */
} climb_table[] = {
	{ "from_nothing_to_version_1", 0, 1, -1 },
	{ "from_nothing_to_version_3", 0, 3, 1 },
	{ "from_version_1_to_2", 1, 2, 0 },
	{ "from_version_1_to_3", 1, 3, 1 },
	{ "from_version_2_to_3", 2, 3, 1 },
	{ "version_3_stays", 3, 3, 1 },
};

static void check_climb(void **state)
{
	const struct climb *row = *state;
	struct stage stage;
	struct sql *sql;
	char problem[CONF_PROBLEM_MAX];

	stage_make(&stage);
	sql = open_file(&stage);
	if (row->from > 0) {
		assert_int_equal(journal_migrate(sql, steps, row->from, problem), 0);
		assert_int_equal(sql_run(sql, "INSERT INTO entry(id) VALUES ('kept')"), 0);
	}
	assert_int_equal(journal_migrate(sql, steps, row->to, problem), 0);
	assert_int_equal(ask(sql, "PRAGMA user_version"), row->to);
	assert_int_equal(ask(sql, "SELECT count(*) FROM entry WHERE id = 'kept'"), row->from > 0);
	if (row->others >= 0)
		assert_int_equal(ask(sql, "SELECT count(*) FROM other"), row->others);
	sql_close(sql);
	stage_remove(&stage);
}

static void a_step_that_fails_changes_nothing(void **state)
{
	struct stage stage;
	struct sql *sql;
	char problem[CONF_PROBLEM_MAX];

	(void)state;
	stage_make(&stage);
	sql = open_file(&stage);
	assert_int_equal(journal_migrate(sql, broken_steps, 1, problem), 0);
	assert_int_equal(journal_migrate(sql, broken_steps, 2, problem), -EINVAL);
	assert_non_null(strstr(problem, "already exists"));
	assert_int_equal(ask(sql, "PRAGMA user_version"), 1);
	assert_int_equal(ask(sql, "SELECT count(*) FROM pragma_table_info('entry')"), 2);
	assert_false(sql_in_transaction(sql));
	sql_close(sql);
	stage_remove(&stage);
}

/* What the new filter does while the old one writes. */
static void the_old_filter_writes_on_after_the_step_of_a_new_one(void **state)
{
	struct stage stage;
	struct sql *sql;

	(void)state;
	stage_make(&stage);
	stage_open(&stage);
	stage_put_id(&stage, "AAAA-AAAA");
	stage_flush(&stage);
	sql = open_file(&stage);
	assert_int_equal(sql_run(sql, "BEGIN IMMEDIATE; ALTER TABLE entry ADD COLUMN more TEXT; PRAGMA user_version = 2; COMMIT"), 0);
	sql_close(sql);
	stage_put_id(&stage, "BBBB-BBBB");
	stage_flush(&stage);
	sql = open_file(&stage);
	assert_int_equal(ask(sql, "SELECT count(*) FROM entry WHERE more IS NULL"), 2);
	sql_close(sql);
	stage_remove(&stage);
}

static const struct foreign {
	const char *name, *sql, *problem;
	int reader_error;
} foreign_table[] = {
	{ "a_newer_schema_is_refused", "PRAGMA user_version = 2", "newer octroi", -EPROTO },
	{ "another_program's_database_is_refused", "PRAGMA application_id = 7", "another program's", -EPROTO },
	{ "a_database_without_version_but_with_tables_is_refused", "PRAGMA user_version = 0", "another program's", -EPROTO },
	{ "a_negative_version_is_refused", "PRAGMA user_version = -1", "another program's", -EPROTO },
};

static void check_foreign(void **state)
{
	const struct foreign *row = *state;
	struct journal *journal;
	struct journal_reader *reader;
	struct stage stage;
	struct sql *sql;
	char problem[CONF_PROBLEM_MAX] = "";

	stage_make(&stage);
	stage_open(&stage);
	stage_put_id(&stage, "AAAA-AAAA");
	stage_close(&stage);
	sql = open_file(&stage);
	assert_int_equal(sql_run(sql, row->sql), 0);
	sql_close(sql);
	assert_int_equal(journal_open(stage.directory, &stage_settings, NULL, &journal, problem), -EPROTO);
	assert_non_null(strstr(problem, row->problem));
	assert_int_equal(journal_reader_open(stage.directory, &reader, problem), row->reader_error);
	assert_non_null(strstr(problem, row->problem));
	sql = open_file(&stage);
	assert_int_equal(ask(sql, "SELECT count(*) FROM entry"), 1);
	sql_close(sql);
	stage_remove(&stage);
}

static void an_empty_file_becomes_a_journal(void **state)
{
	struct stage stage;
	struct journal_reader *reader;
	char problem[CONF_PROBLEM_MAX];

	(void)state;
	stage_make(&stage);
	sql_close(open_file(&stage));
	assert_int_equal(journal_reader_open(stage.directory, &reader, problem), -ENOENT);
	stage_open(&stage);
	stage_put_id(&stage, "AAAA-AAAA");
	stage_flush(&stage);
	assert_int_equal(stage_count(&stage, &(struct journal_query){ .id = "AAAA-AAAA" }), 1);
	stage_remove(&stage);
}

/* The columns of the last version are the members of the structs. */
static void the_schema_has_a_column_for_each_member(void **state)
{
	struct stage stage;
	struct sql *sql;
	char text[256];

	(void)state;
	stage_make(&stage);
	stage_open(&stage);
	stage_close(&stage);
	sql = open_file(&stage);
	for (size_t i = 0; i < journal_table_entry.fields_len; i++) {
		(void)snprintf(text, sizeof(text), "SELECT cid FROM pragma_table_info('entry') WHERE name = '%s'", journal_table_entry.fields[i].name);
		assert_int_equal(ask(sql, text), i + 1);
	}
	for (size_t list = 0; list < JOURNAL_LISTS; list++) {
		for (size_t i = 0; i < journal_lists[list].fields_len; i++) {
			(void)snprintf(text, sizeof(text), "SELECT count(*) FROM pragma_table_info('%s') WHERE name = '%s'", journal_lists[list].name,
				       journal_lists[list].fields[i].name);
			assert_int_equal(ask(sql, text), 1);
		}
	}
	sql_close(sql);
	stage_remove(&stage);
}

_Noreturn static void migrate_in_child(const struct stage *stage)
{
	char problem[CONF_PROBLEM_MAX];
	struct sql *sql = open_file(stage);

	_exit(journal_migrate(sql, steps, 3, problem) != 0);
}

static void two_processes_migrate_at_once(void **state)
{
	enum { PROCESSES = 8 };
	struct stage stage;
	struct sql *sql;
	int status;

	(void)state;
	stage_make(&stage);
	for (int i = 0; i < PROCESSES; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			migrate_in_child(&stage);
	}
	for (int i = 0; i < PROCESSES; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	sql = open_file(&stage);
	assert_int_equal(ask(sql, "SELECT count(*) FROM other"), 1);
	sql_close(sql);
	stage_remove(&stage);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, climb_table, check_climb);
	rows_add_one(&rows, "a_step_that_fails_changes_nothing", a_step_that_fails_changes_nothing, NULL);
	rows_add_one(&rows, "the_old_filter_writes_on_after_the_step_of_a_new_one", the_old_filter_writes_on_after_the_step_of_a_new_one, NULL);
	rows_add(&rows, foreign_table, check_foreign);
	rows_add_one(&rows, "an_empty_file_becomes_a_journal", an_empty_file_becomes_a_journal, NULL);
	rows_add_one(&rows, "the_schema_has_a_column_for_each_member", the_schema_has_a_column_for_each_member, NULL);
	rows_add_one(&rows, "two_processes_migrate_at_once", two_processes_migrate_at_once, NULL);
	return rows_run(&rows, "journal_migrate");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/lookup/journal_internal.h"

enum {
	DAMAGED_MAX = 5,	/* are kept for somebody to look at; a disk that damages each new one is not filled with them */
	PATIENCE_MS = 250,
};

/* Of the write-ahead log: a reader that was stopped in the middle of a query keeps it from being emptied. */
#define LOG_MAX ((off_t)256 << 20)

static int fail(struct journal_database *database, int error, const char *text)
{
	(void)snprintf(database->problem, sizeof(database->problem), "%.250s", text);
	return error;
}

static int fail_sql(struct journal_database *database, int error)
{
	return error == 0 ? 0 : fail(database, error, sql_problem(database->sql));
}

/* --- files --- */

/* What another user put there, or a link, is not followed into. */
static int check_file(struct journal_database *database, const char *suffix)
{
	char path[PATH_MAX];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s%s", database->path, suffix);
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : fail(database, -errno, strerror(errno));
	if (S_ISREG(st.st_mode) && st.st_nlink == 1 && (st.st_uid == geteuid() || geteuid() == 0))
		return 0;
	(void)snprintf(database->problem, sizeof(database->problem), "%.200s is no file of ours", path);
	return -ELOOP;
}

static int check_files(struct journal_database *database)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
	int error = 0;

	for (size_t i = 0; error == 0 && i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		error = check_file(database, suffixes[i]);
	return error;
}

/* A command that root runs may be the first; the file is the filter's nevertheless. */
static int give_to_owner(struct journal_database *database, int fd)
{
	char directory[PATH_MAX];
	struct stat st;

	if (geteuid() != 0)
		return 0;
	(void)snprintf(directory, sizeof(directory), "%s", database->path);
	if (stat(dirname(directory), &st) < 0 || fchown(fd, st.st_uid, st.st_gid) < 0)
		return fail(database, -errno, strerror(errno));
	return 0;
}

/* Only when it is missing: to open and close a file that SQLite has open, too, would lose its locks. */
static int make_file(struct journal_database *database)
{
	_cleanup_(close_fdp) int fd = -1;
	struct stat st;

	if (lstat(database->path, &st) == 0)
		return 0;
	fd = open(database->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return errno == EEXIST ? 0 : fail(database, -errno, strerror(errno));
	if (fchmod(fd, 0640) < 0)
		return fail(database, -errno, strerror(errno));
	return give_to_owner(database, fd);
}

bool journal_database_is_there(const struct journal_database *database)
{
	struct stat now;

	return stat(database->path, &now) == 0 && now.st_dev == database->file.st_dev && now.st_ino == database->file.st_ino;
}

/* --- opening --- */

static int set_wal(struct journal_database *database)
{
	int error;
	_cleanup_(sql_finishp) struct sql_statement *statement = sql_prepare(database->sql, "PRAGMA journal_mode=WAL", &error);

	if (statement == NULL)
		return fail_sql(database, error);
	error = sql_step(statement);
	if (error < 0)
		return fail_sql(database, error);
	return strcmp(sql_text(statement, 0), "wal") == 0 ? 0 : fail(database, -EBUSY, "the database takes no write-ahead log");
}

/* synchronous=NORMAL: what is committed outlives the process; of what the host loses with its power nothing is half there.
 * auto_vacuum must come before the first table. */
static int set_up(struct journal_database *database)
{
	int error = sql_run(database->sql, "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-4096;"
			    "PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=67108864; PRAGMA temp_store=MEMORY");

	if (error < 0)
		return fail_sql(database, error);
	error = set_wal(database);
	if (error == 0)
		error = journal_migrate(database->sql, journal_steps, journal_steps_len, database->problem);
	if (error < 0)
		return error;
	return fail_sql(database, journal_insert_new(database->sql, &database->insert));
}

static int open_file(struct journal_database *database)
{
	int error = check_files(database);

	if (error == 0)
		error = make_file(database);
	if (error < 0)
		return error;
	error = sql_open(database->path, SQL_WRITE, &database->sql);
	if (error < 0)
		return fail(database, error, error == -EBADMSG ? "it is no database" : strerror(-error));
	if (stat(database->path, &database->file) < 0)
		return fail(database, -errno, strerror(errno));
	sql_patience(database->sql, PATIENCE_MS);
	return set_up(database);
}

int journal_database_open(struct journal_database *database)
{
	int error;

	database->problem[0] = '\0';
	error = open_file(database);
	if (error < 0)
		journal_database_close(database);
	return error;
}

static void leave(struct journal_database *database, void (*close)(struct sql *sql))
{
	journal_insert_free(database->insert);
	database->insert = NULL;
	close(database->sql);
	database->sql = NULL;
}

void journal_database_close(struct journal_database *database)
{
	leave(database, journal_database_is_there(database) ? sql_close : sql_abandon);
}

/* --- writing --- */

static int put_all(struct journal_database *database, char *bytes, size_t len)
{
	int64_t last;
	int error = sql_ask(database->sql, "SELECT max(ifnull((SELECT max(n) FROM entry), 0), "
			    "ifnull((SELECT last FROM fact ORDER BY n DESC LIMIT 1), 0))", &last);

	if (error == 0)
		error = journal_insert_batch(database->insert, last + 1, bytes, len);
	return error == 0 ? sql_run(database->sql, "COMMIT") : error;
}

static int check_log(struct journal_database *database)
{
	char path[PATH_MAX];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s-wal", database->path);
	if (stat(path, &st) < 0 || st.st_size < LOG_MAX)
		return 0;
	(void)sql_run(database->sql, "PRAGMA wal_checkpoint(TRUNCATE)");
	if (stat(path, &st) < 0 || st.st_size < LOG_MAX)
		return 0;
	return fail(database, -ENOSPC, "its log is too large, and somebody who reads the journal keeps it from being emptied");
}

int journal_database_put(struct journal_database *database, char *bytes, size_t len)
{
	int error = check_log(database);

	if (error < 0)
		return error;
	error = sql_run(database->sql, "BEGIN IMMEDIATE");
	if (error == 0)
		error = put_all(database, bytes, len);
	(void)fail_sql(database, error);
	if (sql_in_transaction(database->sql))
		(void)sql_run(database->sql, "ROLLBACK");
	return error;
}

int journal_database_configuration(struct journal_database *database, const char *name, const char *file, const char *text)
{
	int error;
	_cleanup_(sql_finishp) struct sql_statement *statement =
		sql_prepare(database->sql, "INSERT OR REPLACE INTO configuration(name, time_ms, file, text) VALUES (?, ?, ?, ?)", &error);

	if (statement == NULL)
		return fail_sql(database, error);
	sql_bind_text(statement, 1, name, strlen(name));
	sql_bind_number(statement, 2, (int64_t)clock_wall_ms());
	sql_bind_text(statement, 3, file, strlen(file));
	sql_bind_text(statement, 4, text, strlen(text));
	return fail_sql(database, sql_execute(statement));
}

/* --- a damaged one --- */

static size_t count_damaged(const char *path)
{
	static const char prefix[] = JOURNAL_FILE ".damaged-";
	char directory[PATH_MAX];
	struct dirent *entry;
	size_t count = 0;
	DIR *dir;

	(void)snprintf(directory, sizeof(directory), "%s", path);
	dir = opendir(dirname(directory));
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		count += strncmp(entry->d_name, prefix, sizeof(prefix) - 1) == 0 && strstr(entry->d_name, "-wal") == NULL;
	if (dir != NULL)
		(void)closedir(dir);
	return count;
}

/* The log first: whoever finds no database makes a new one, with a log of its own. */
static int rename_files(struct journal_database *database, const char *name)
{
	char from[PATH_MAX], to[PATH_MAX + 8];

	(void)snprintf(from, sizeof(from), "%s-wal", database->path);
	(void)snprintf(to, sizeof(to), "%s-wal", name);
	(void)rename(from, to);
	(void)snprintf(from, sizeof(from), "%s-shm", database->path);
	(void)unlink(from);
	return rename(database->path, name) < 0 ? fail(database, -errno, strerror(errno)) : 0;
}

int journal_database_move_aside(struct journal_database *database, char ret_name[CONF_PROBLEM_MAX])
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	char name[PATH_MAX], date[32];
	struct tm tm;

	ret_name[0] = '\0';
	leave(database, sql_abandon);
	if (!journal_database_is_there(database))
		return 0;
	if (count_damaged(database->path) >= DAMAGED_MAX)
		return fail(database, -EBADMSG, "it is damaged, and so many damaged ones lie beside it that no new one is begun");
	(void)strftime(date, sizeof(date), "%Y%m%d-%H%M%S", gmtime_r(&now, &tm));
	(void)snprintf(name, sizeof(name), "%s.damaged-%s", database->path, date);
	(void)snprintf(ret_name, CONF_PROBLEM_MAX, "%.250s", name);
	return rename_files(database, name);
}

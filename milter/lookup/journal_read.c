/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/journal_read.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "milter/lookup/journal_reader.h"

enum { PATIENCE_MS = 2000 };

static int say(char *problem, int error, const char *directory, const char *text)
{
	(void)snprintf(problem, CONF_PROBLEM_MAX, "%.120s/" JOURNAL_FILE ": %.100s", directory, text);
	return error;
}

/* A journal that nobody writes has no log beside it, and one who may not write in the directory cannot make the shared memory that goes
 * with a log: then the file alone is the whole. */
static int open_either(const char *path, struct sql **ret_sql)
{
	int64_t version;
	int error = sql_open(path, SQL_READ, ret_sql);

	if (error < 0)
		return error;
	sql_patience(*ret_sql, PATIENCE_MS);
	error = sql_ask(*ret_sql, "SELECT count(*) FROM sqlite_master", &version);
	if (error == 0 || error == -EBADMSG || error == -EBUSY)
		return 0;
	sql_close(*ret_sql);
	return sql_open(path, SQL_READ_STILL, ret_sql);
}

static int open_checked(struct journal_reader *reader, const char *directory, char *problem)
{
	char real[PATH_MAX], path[PATH_MAX + sizeof("/" JOURNAL_FILE)], text[CONF_PROBLEM_MAX] = "";
	int error;

	if (realpath(directory, real) == NULL)
		return say(problem, -errno, directory, strerror(errno));
	(void)snprintf(path, sizeof(path), "%s/" JOURNAL_FILE, real);
	error = access(path, R_OK) < 0 ? -errno : open_either(path, &reader->sql);
	if (error < 0)
		return say(problem, error, directory, error == -ENOENT ? "there is no journal" : strerror(-error));
	error = journal_version_check(reader->sql, text);
	return error < 0 ? say(problem, error, directory, text) : 0;
}

int journal_reader_open(const char *directory, struct journal_reader **ret_reader, char *problem)
{
	struct journal_reader *reader = xcalloc(1, sizeof(*reader));
	int error;

	reader->arena = arena_new();
	error = open_checked(reader, directory, problem);
	if (error == 0) {
		*ret_reader = reader;
		return 0;
	}
	journal_reader_close(reader);
	return error;
}

void journal_reader_close(struct journal_reader *reader)
{
	if (reader == NULL)
		return;
	sql_close(reader->sql);
	arena_free(reader->arena);
	free(reader);
}

/* --- a line of a configuration --- */

static const char *line_of(struct arena *arena, const char *text, unsigned line)
{
	const char *end;

	for (; line > 1 && text != NULL; line--) {
		text = strchr(text, '\n');
		text = text == NULL ? NULL : text + 1;
	}
	if (line == 0 || text == NULL || text[0] == '\0')
		return NULL;
	end = strchrnul(text, '\n');
	return arena_strndup(arena, text, (size_t)(end - text));
}

const char *journal_configuration_line(struct journal_reader *reader, struct arena *arena, const char *name, const char *file, unsigned line)
{
	struct sql_statement *statement = sql_prepare(reader->sql, "SELECT text FROM configuration WHERE name = ? AND file = ?", NULL);
	const char *text = NULL;

	if (statement == NULL)
		return NULL;
	sql_bind_text(statement, 1, name, strlen(name));
	sql_bind_text(statement, 2, file, strlen(file));
	if (sql_step(statement) == 1)
		text = line_of(arena, sql_text(statement, 0), line);
	sql_finish(statement);
	return text;
}

/* --- totals --- */

struct rows {
	const char ***items;
	size_t len;
};

static const char **copy_row(struct arena *arena, struct sql_statement *statement, size_t columns_len)
{
	const char **columns = arena_array(arena, columns_len, sizeof(*columns));

	for (size_t i = 0; i < columns_len; i++)
		columns[i] = arena_strdup(arena, sql_text(statement, (int)i));
	return columns;
}

static int read_rows(struct arena *arena, struct sql_statement *statement, size_t columns_len, struct rows *rows)
{
	int row;

	while ((row = sql_step(statement)) > 0)
		*(const char ***)arena_push(arena, (void **)&rows->items, &rows->len, sizeof(*rows->items)) =
			copy_row(arena, statement, columns_len);
	return row;
}

static int64_t give_rows(const struct rows *rows, size_t columns_len, bool (*fn)(void *arg, const char *const *columns, size_t columns_len),
			 void *arg)
{
	for (size_t i = 0; i < rows->len; i++)
		if (!fn(arg, rows->items[i], columns_len))
			return (int64_t)i + 1;
	return (int64_t)rows->len;
}

/* All rows are read before the first is given: a reader that waits in a pager would keep the writer's log from being emptied. */
int64_t journal_select(struct journal_reader *reader, const char *sql, const char *const *params, size_t params_len,
		       bool (*fn)(void *arg, const char *const *columns, size_t columns_len), void *arg)
{
	int error;
	struct sql_statement *statement = sql_prepare(reader->sql, sql, &error);
	struct arena *arena;
	struct rows rows = { NULL, 0 };
	size_t columns_len;
	int64_t count;

	if (statement == NULL)
		return error;
	arena = arena_new();
	columns_len = (size_t)sql_columns(statement);
	for (size_t i = 0; i < params_len; i++)
		sql_bind_text(statement, (int)i + 1, params[i], params[i] == NULL ? 0 : strlen(params[i]));
	error = read_rows(arena, statement, columns_len, &rows);
	sql_finish(statement);
	count = error < 0 ? error : give_rows(&rows, columns_len, fn, arg);
	arena_free(arena);
	return count;
}

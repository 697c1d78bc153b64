/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/sql.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "milter/base/arena.h"

enum { STATEMENT_MAX = 65536, URI_MAX = 3 * 4096 + 64 };

struct sql {
	sqlite3 *handle;
};

/* sqlite3_stmt under a name of ours. */
static sqlite3_stmt *stmt_of(struct sql_statement *statement)
{
	return (sqlite3_stmt *)statement;
}

static int error_of_system(int error, int otherwise)
{
	switch (error) {
	case ENOSPC: case EDQUOT: case EFBIG:
		return -ENOSPC;
	case EROFS: case EACCES: case ENOENT: case ELOOP:
		return -error;
	case EPERM:
		return -EACCES;
	default:
		return otherwise;
	}
}

static int error_of(sqlite3 *handle, int code)
{
	switch (code & 0xff) {
	case SQLITE_OK: case SQLITE_DONE:
		return 0;
	case SQLITE_BUSY: case SQLITE_LOCKED: case SQLITE_PROTOCOL:
		return -EBUSY;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_PERM: case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_CORRUPT: case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_IOERR:
		return error_of_system(sqlite3_system_errno(handle), -EIO);
	case SQLITE_CANTOPEN:
		return code == SQLITE_CANTOPEN_SYMLINK ? -ELOOP : error_of_system(sqlite3_system_errno(handle), -EIO);
	default:
		return -EINVAL;
	}
}

/* "?" and "%" and "#" mean something in a URI. */
static void write_uri(const char *path, char uri[URI_MAX])
{
	size_t len = (size_t)snprintf(uri, URI_MAX, "file:");

	for (; *path != '\0' && len < URI_MAX - 64; path++)
		len += (size_t)snprintf(uri + len, URI_MAX - len, strchr("?%#", *path) != NULL ? "%%%02X" : "%c", (unsigned)(unsigned char)*path);
	(void)snprintf(uri + len, URI_MAX - len, "?immutable=1");
}

int sql_open(const char *path, enum sql_mode mode, struct sql **ret_sql)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
	struct sql *sql = xcalloc(1, sizeof(*sql));
	char uri[URI_MAX];
	int code, error;

	flags |= mode == SQL_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	if (mode == SQL_READ_STILL) {
		write_uri(path, uri);
		path = uri;
		flags |= SQLITE_OPEN_URI;
	}
	code = sqlite3_open_v2(path, &sql->handle, flags, NULL);
	*ret_sql = sql;
	if (code == SQLITE_OK) {
		(void)sqlite3_db_config(sql->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
		(void)sqlite3_db_config(sql->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
		return 0;
	}
	error = error_of(sql->handle, code);
	sql_close(sql);
	*ret_sql = NULL;
	return error;
}

void sql_close(struct sql *sql)
{
	if (sql == NULL)
		return;
	(void)sqlite3_close_v2(sql->handle);
	free(sql);
}

void sql_abandon(struct sql *sql)
{
	/* else the last connection removes the log, by its name */
	if (sql != NULL)
		(void)sqlite3_db_config(sql->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sql_close(sql);
}

void sql_patience(struct sql *sql, int wait_ms)
{
	(void)sqlite3_busy_timeout(sql->handle, wait_ms);
}

int sql_run(struct sql *sql, const char *text)
{
	return error_of(sql->handle, sqlite3_exec(sql->handle, text, NULL, NULL, NULL));
}

int sql_ask(struct sql *sql, const char *text, int64_t *ret_number)
{
	int error;
	struct sql_statement *statement = sql_prepare(sql, text, &error);

	*ret_number = 0;
	if (statement == NULL)
		return error;
	error = sql_step(statement);
	if (error == 1)
		*ret_number = sql_number(statement, 0);
	sql_finish(statement);
	return error < 0 ? error : 0;
}

const char *sql_problem(const struct sql *sql)
{
	return sqlite3_errmsg(sql->handle);
}

bool sql_in_transaction(const struct sql *sql)
{
	return sqlite3_get_autocommit(sql->handle) == 0;
}

struct sql_statement *sql_prepare(struct sql *sql, const char *text, int *ret_error)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v3(sql->handle, text, (int)strnlen(text, STATEMENT_MAX), SQLITE_PREPARE_PERSISTENT, &stmt, NULL);

	if (ret_error != NULL)
		*ret_error = stmt == NULL && code == SQLITE_OK ? -EINVAL : error_of(sql->handle, code);
	return (struct sql_statement *)stmt;
}

void sql_finish(struct sql_statement *statement)
{
	(void)sqlite3_finalize(stmt_of(statement));
}

void sql_finishp(struct sql_statement **statement)
{
	sql_finish(*statement);
	*statement = NULL;
}

void sql_bind_text(struct sql_statement *statement, int i, const char *text, size_t len)
{
	(void)sqlite3_bind_text64(stmt_of(statement), i, text, len, SQLITE_STATIC, SQLITE_UTF8);
}

void sql_bind_number(struct sql_statement *statement, int i, int64_t number)
{
	(void)sqlite3_bind_int64(stmt_of(statement), i, number);
}

void sql_bind_real(struct sql_statement *statement, int i, double number)
{
	(void)sqlite3_bind_double(stmt_of(statement), i, number);
}

void sql_bind_blob(struct sql_statement *statement, int i, const void *bytes, size_t len)
{
	(void)sqlite3_bind_blob64(stmt_of(statement), i, bytes, len, SQLITE_STATIC);
}

int sql_step(struct sql_statement *statement)
{
	int code = sqlite3_step(stmt_of(statement));

	return code == SQLITE_ROW ? 1 : error_of(sqlite3_db_handle(stmt_of(statement)), code);
}

void sql_reset(struct sql_statement *statement)
{
	(void)sqlite3_reset(stmt_of(statement));
}

int sql_execute(struct sql_statement *statement)
{
	int error = sql_step(statement);

	sql_reset(statement);
	return error < 0 ? error : 0;
}

int sql_columns(struct sql_statement *statement)
{
	return sqlite3_column_count(stmt_of(statement));
}

const char *sql_text(struct sql_statement *statement, int i)
{
	const unsigned char *text = sqlite3_column_text(stmt_of(statement), i);

	return text == NULL ? "" : (const char *)text;
}

int64_t sql_number(struct sql_statement *statement, int i)
{
	return sqlite3_column_int64(stmt_of(statement), i);
}

double sql_real(struct sql_statement *statement, int i)
{
	return sqlite3_column_double(stmt_of(statement), i);
}

const void *sql_blob(struct sql_statement *statement, int i, size_t *ret_len)
{
	const void *bytes = sqlite3_column_blob(stmt_of(statement), i);

	*ret_len = bytes == NULL ? 0 : (size_t)sqlite3_column_bytes(stmt_of(statement), i);
	return bytes;
}

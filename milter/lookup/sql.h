/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sql.h - a SQLite database, with errors as errno.
 *
 * A connection and its statements belong to one thread at a time. What may come back besides 0:
 * -ENOSPC (disk or quota full), -EBUSY (somebody else writes), -EROFS, -EACCES, -ENOENT, -EIO, -EBADMSG (no database, or a damaged one),
 * -ELOOP (a symbolic link), -ENOMEM, -EINVAL (everything else: our own mistake). */
#ifndef OCTROI_LOOKUP_SQL_H
#define OCTROI_LOOKUP_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sql;
struct sql_statement;

enum sql_mode {
	SQL_WRITE,	/* the file must exist */
	SQL_READ,
	SQL_READ_STILL,	/* nobody writes, and there is no log beside it: reads the file alone and makes none */
};

/* path has no symbolic link in it. On failure *ret_sql is NULL. */
int sql_open(const char *path, enum sql_mode mode, struct sql **ret_sql);
void sql_close(struct sql *sql);

/* Closes a connection whose file has been renamed or damaged: touches nothing that has its name now. */
void sql_abandon(struct sql *sql);

/* How long a call waits for another writer. */
void sql_patience(struct sql *sql, int wait_ms);

/* Statements without parameters, ";" between. */
int sql_run(struct sql *sql, const char *text);

/* The first column of the first row, 0 when there is none. */
int sql_ask(struct sql *sql, const char *text, int64_t *ret_number);

/* What the last error was, in words; lives until the next call. */
const char *sql_problem(const struct sql *sql);

bool sql_in_transaction(const struct sql *sql);

/* NULL on failure; then *ret_error (may be NULL) says why. */
struct sql_statement *sql_prepare(struct sql *sql, const char *text, int *ret_error);
void sql_finish(struct sql_statement *statement);
void sql_finishp(struct sql_statement **statement);

/* Parameters are counted from 1. Texts and blobs must live until the statement is reset; a text that is NULL is NULL. */
void sql_bind_text(struct sql_statement *statement, int i, const char *text, size_t len);
void sql_bind_number(struct sql_statement *statement, int i, int64_t number);
void sql_bind_real(struct sql_statement *statement, int i, double number);
void sql_bind_blob(struct sql_statement *statement, int i, const void *bytes, size_t len);

/* 1: there is a row; 0: no more; or a negative errno. */
int sql_step(struct sql_statement *statement);
void sql_reset(struct sql_statement *statement);

/* Runs a statement that gives no rows, and resets it. */
int sql_execute(struct sql_statement *statement);

/* Columns are counted from 0 and live until the next step. A text is never NULL. */
int sql_columns(struct sql_statement *statement);
const char *sql_text(struct sql_statement *statement, int i);
int64_t sql_number(struct sql_statement *statement, int i);
double sql_real(struct sql_statement *statement, int i);
const void *sql_blob(struct sql_statement *statement, int i, size_t *ret_len);

#endif

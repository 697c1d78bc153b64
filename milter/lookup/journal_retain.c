/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "milter/base/cleanup.h"
#include "milter/lookup/journal_internal.h"

/* The pages of the database that hold something, and all it has. */
static int read_size(struct sql *sql, int64_t *ret_used, int64_t *ret_size)
{
	int64_t pages = 0, free_pages = 0, page_bytes = 0;
	int error = sql_ask(sql, "PRAGMA page_count", &pages);

	if (error == 0)
		error = sql_ask(sql, "PRAGMA freelist_count", &free_pages);
	if (error == 0)
		error = sql_ask(sql, "PRAGMA page_size", &page_bytes);
	if (error < 0)
		return error;
	*ret_used = (pages - free_pages) * page_bytes;
	*ret_size = pages * page_bytes;
	return 0;
}

static int64_t delete_with(struct sql *sql, const char *text, int64_t first, int64_t second)
{
	int error;
	int64_t count = 0;
	_cleanup_(sql_finishp) struct sql_statement *statement = sql_prepare(sql, text, &error);

	if (statement == NULL)
		return error;
	sql_bind_number(statement, 1, first);
	sql_bind_number(statement, 2, second);
	error = sql_execute(statement);
	if (error == 0)
		error = sql_ask(sql, "SELECT changes()", &count);
	return error < 0 ? error : count;
}

/* By the index of times: an entry with a time in the future, from a clock that went wrong, does not keep others. */
static int64_t delete_old(struct sql *sql, int64_t before_ms, int64_t step)
{
	return delete_with(sql, "DELETE FROM entry WHERE n IN (SELECT n FROM entry WHERE time_ms < ?1 ORDER BY time_ms LIMIT ?2)",
			   before_ms, step);
}

static int64_t delete_first(struct sql *sql, int64_t step)
{
	return delete_with(sql, "DELETE FROM entry WHERE n IN (SELECT n FROM entry ORDER BY n LIMIT ?1)", step, 0);
}

/* What belongs to no entry any more: facts of batches that lie before the oldest one, and configurations that were followed by another
 * before it was written. */
static int delete_orphans(struct sql *sql)
{
	return sql_run(sql, "DELETE FROM fact WHERE last < (SELECT ifnull(min(n), 0) FROM entry)"
		       " AND n < (SELECT ifnull(min(n), 0) FROM entry);"
		       "DELETE FROM configuration WHERE EXISTS (SELECT 1 FROM configuration later WHERE later.time_ms > configuration.time_ms"
		       " AND later.time_ms < (SELECT min(time_ms) FROM entry))");
}

static int64_t retain(struct sql *sql, const struct journal_settings *settings, int64_t now_ms, int64_t step)
{
	int64_t used = 0, size = 0, deleted;
	int error = read_size(sql, &used, &size);

	if (error < 0)
		return error;
	deleted = delete_old(sql, now_ms - (int64_t)settings->keep_ms, step);
	if (deleted == 0 && (uint64_t)used > settings->size_bytes)
		deleted = delete_first(sql, step);
	if (deleted > 0)
		error = delete_orphans(sql);
	return error < 0 ? error : deleted;
}

/* Pages that are free are written again as a rule; only a file that is larger than it may be gives them back. */
static int shrink(struct sql *sql, const struct journal_settings *settings)
{
	int64_t used = 0, size = 0;
	int error = read_size(sql, &used, &size);

	if (error < 0 || (uint64_t)size <= settings->size_bytes || size == used)
		return error;
	return sql_run(sql, "PRAGMA incremental_vacuum(256)");
}

int64_t journal_retain(struct sql *sql, const struct journal_settings *settings, int64_t now_ms, int64_t step)
{
	int64_t deleted;
	int error = sql_run(sql, "BEGIN IMMEDIATE");

	if (error < 0)
		return error;
	deleted = retain(sql, settings, now_ms, step);
	error = deleted < 0 ? (int)deleted : sql_run(sql, "COMMIT");
	if (sql_in_transaction(sql))
		(void)sql_run(sql, "ROLLBACK");
	if (error == 0)
		error = shrink(sql, settings);
	return error < 0 ? error : deleted;
}

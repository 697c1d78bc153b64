/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal_stage.h - a journal in a directory of its own, for tests. */
#ifndef OCTROI_UNIT_JOURNAL_STAGE_H
#define OCTROI_UNIT_JOURNAL_STAGE_H

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/lookup/journal_internal.h"
#include "milter/lookup/journal_read.h"
#include "t/unit/rows.h"

#define STAGE_WAIT_MS 20000	/* long enough for any machine; it is over when the work is */

struct stage {
	char directory[64];
	struct journal *journal;
};

static const struct journal_settings stage_settings = {
	.enabled = true, .keep_ms = UINT64_C(36500) * 24 * 3600 * 1000, .size_bytes = UINT64_C(1) << 40,
};

static inline void stage_make(struct stage *stage)
{
	*stage = (struct stage){ .directory = "/tmp/octroi-journal-XXXXXX" };
	assert_non_null(mkdtemp(stage->directory));
}

static inline const char *stage_path(const struct stage *stage, const char *name, char path[128])
{
	(void)snprintf(path, 128, "%s/%s", stage->directory, name);
	return path;
}

static inline void stage_open_with(struct stage *stage, const struct journal_settings *settings, void (*tell)(const char *text))
{
	char problem[CONF_PROBLEM_MAX] = "";

	if (journal_open(stage->directory, settings, tell, &stage->journal, problem) < 0)
		fail_msg("%s", problem);
}

static inline void stage_open(struct stage *stage)
{
	stage_open_with(stage, &stage_settings, NULL);
}

static inline void stage_close(struct stage *stage)
{
	journal_close(stage->journal);
	stage->journal = NULL;
}

/* The directory, too. */
static inline void stage_remove(struct stage *stage)
{
	DIR *dir;
	struct dirent *entry;
	char path[400];

	journal_close(stage->journal);
	dir = opendir(stage->directory);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", stage->directory, entry->d_name);
		(void)unlink(path);
	}
	if (dir != NULL)
		(void)closedir(dir);
	(void)rmdir(stage->directory);
}

static inline void stage_put_id(struct stage *stage, const char *id)
{
	struct journal_entry entry = journal_nothing;

	entry.kind = JOURNAL_MESSAGE;
	entry.time_ms = 1000;
	entry.id = id;
	journal_put(stage->journal, &entry);
}

static inline void stage_flush(struct stage *stage)
{
	journal_flush(stage->journal, STAGE_WAIT_MS);
}

static inline struct journal_reader *stage_reader(const struct stage *stage)
{
	struct journal_reader *reader = NULL;
	char problem[CONF_PROBLEM_MAX] = "";

	if (journal_reader_open(stage->directory, &reader, problem) < 0)
		fail_msg("%s", problem);
	return reader;
}

static inline bool stage_count_one(void *arg, int64_t n, const struct journal_entry *entry)
{
	(void)n, (void)entry;
	++*(int64_t *)arg;
	return true;
}

/* How many entries match. */
static inline int64_t stage_count(const struct stage *stage, const struct journal_query *query)
{
	struct journal_reader *reader = stage_reader(stage);
	int64_t given = 0, count = journal_search(reader, query, stage_count_one, &given);

	assert_int_equal(given, count);
	journal_reader_close(reader);
	return count;
}

static inline bool stage_copy_number(void *arg, const char *const *columns, size_t columns_len)
{
	*(int64_t *)arg = columns_len == 1 ? strtoll(columns[0], NULL, 10) : -1;
	return false;
}

static inline int64_t stage_number(const struct stage *stage, const char *sql)
{
	struct journal_reader *reader = stage_reader(stage);
	int64_t number = -1;

	(void)journal_select(reader, sql, NULL, 0, stage_copy_number, &number);
	journal_reader_close(reader);
	return number;
}

static inline bool stage_copy_text(void *arg, const char *const *columns, size_t columns_len)
{
	(void)snprintf(arg, 64, "%.60s", columns_len == 1 ? columns[0] : "");
	return false;
}

static inline void stage_assert_whole(const struct stage *stage)
{
	struct journal_reader *reader = stage_reader(stage);
	char text[64] = "";

	assert_int_equal(journal_select(reader, "PRAGMA integrity_check", NULL, 0, stage_copy_text, text), 1);
	assert_string_equal(text, "ok");
	journal_reader_close(reader);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "milter/lookup/journal_internal.h"

#define APPLICATION_ID "1331913834"	/* "Ocdj" in the file's header: what file(1) and we know it by */

#define ITEM(i, name) "json_extract(j.value,'$[" #i "]') AS " name
#define ITEM_TEXT(i, name) "json_extract(j.value,'$[" #i "]') COLLATE NOCASE AS " name

/* In the columns of entry, what is searched for most stands first: reading a row ends at the last column that is wanted. */
static const char version_1[] =
	"CREATE TABLE entry(n INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, kind INTEGER NOT NULL, id TEXT COLLATE NOCASE, "
	"configuration TEXT, client TEXT COLLATE NOCASE, network TEXT COLLATE NOCASE, client_name TEXT COLLATE NOCASE, "
	"helo TEXT COLLATE NOCASE, mta_host TEXT COLLATE NOCASE, daemon TEXT COLLATE NOCASE, tls TEXT COLLATE NOCASE, "
	"login TEXT COLLATE NOCASE, certificate TEXT COLLATE NOCASE, direction TEXT COLLATE NOCASE, mailfrom TEXT COLLATE NOCASE, "
	"header_from TEXT COLLATE NOCASE, message_id TEXT COLLATE NOCASE, subject TEXT COLLATE NOCASE, "
	"subject_digest TEXT COLLATE NOCASE, tied_login TEXT COLLATE NOCASE, size_bytes INTEGER, queue_id TEXT COLLATE NOCASE, "
	"verdict TEXT COLLATE NOCASE, reply TEXT, decided_by TEXT COLLATE NOCASE, rule_file TEXT, rule_line INTEGER, observed TEXT, "
	"failure TEXT, score REAL, results TEXT, dmarc TEXT, refused INTEGER, elapsed_ms INTEGER, content_ms INTEGER, "
	"event TEXT COLLATE NOCASE, subject_of TEXT COLLATE NOCASE, operator TEXT COLLATE NOCASE, note TEXT, "
	"recipients TEXT, findings TEXT, attachments TEXT);"
	"CREATE INDEX entry_time ON entry(time_ms);"
	"CREATE TABLE fact(n INTEGER PRIMARY KEY, last INTEGER NOT NULL, hashes BLOB NOT NULL);"
	"CREATE TABLE configuration(name TEXT PRIMARY KEY, time_ms INTEGER NOT NULL, file TEXT, text TEXT);"
	"CREATE VIEW recipient AS SELECT e.n AS n, j.key AS i, " ITEM_TEXT(0, "address") ", " ITEM_TEXT(5, "domain") ", "
	ITEM_TEXT(1, "ground") ", " ITEM(2, "detail") ", " ITEM(3, "reply") ", " ITEM(4, "accepted")
	" FROM entry e, json_each(e.recipients) j;"
	"CREATE VIEW finding AS SELECT e.n AS n, j.key AS i, " ITEM_TEXT(0, "scanner") ", " ITEM_TEXT(1, "outcome") ", "
	ITEM_TEXT(2, "action") ", " ITEM(3, "weight") ", " ITEM(4, "observed") ", " ITEM(5, "decided") ", " ITEM_TEXT(6, "recipient") ", "
	ITEM(7, "text") ", " ITEM(8, "rule_file") ", " ITEM(9, "rule_line") " FROM entry e, json_each(e.findings) j;"
	"CREATE VIEW attachment AS SELECT e.n AS n, j.key AS i, " ITEM_TEXT(0, "name") ", " ITEM_TEXT(1, "type") ", "
	ITEM_TEXT(2, "sha256") ", " ITEM(3, "size_bytes") " FROM entry e, json_each(e.attachments) j;"
	"PRAGMA application_id = " APPLICATION_ID ";";

const char *const journal_steps[] = { version_1 };
const size_t journal_steps_len = sizeof(journal_steps) / sizeof(journal_steps[0]);

static int say(char *problem, int error, const char *text)
{
	(void)snprintf(problem, CONF_PROBLEM_MAX, "%s", text);
	return error;
}

/* What has tables but no version is somebody else's database. */
static int read_version(struct sql *sql, int64_t *ret_version, char *problem)
{
	int64_t application = 0, tables = 0;
	int error = sql_ask(sql, "PRAGMA user_version", ret_version);

	if (error == 0)
		error = sql_ask(sql, "PRAGMA application_id", &application);
	if (error == 0)
		error = sql_ask(sql, "SELECT count(*) FROM sqlite_master", &tables);
	if (error < 0)
		return say(problem, error, sql_problem(sql));
	if (*ret_version < 0 || (tables > 0 && (*ret_version == 0 || application != strtoll(APPLICATION_ID, NULL, 10))))
		return say(problem, -EPROTO, "it is another program's database");
	return 0;
}

int journal_version_check(struct sql *sql, char *problem)
{
	int64_t version;
	int error = read_version(sql, &version, problem);

	if (error < 0)
		return error;
	if (version == 0)
		return say(problem, -ENOENT, "the journal is empty");
	if (version > (int64_t)journal_steps_len)
		return say(problem, -EPROTO, "it was written by a newer octroi");
	return 0;
}

/* Within a transaction: another filter may be at it, too. */
static int climb(struct sql *sql, const char *const *steps, size_t steps_len, char *problem)
{
	int64_t version;
	int error = read_version(sql, &version, problem);
	char text[64];

	if (error == 0 && version > (int64_t)steps_len)
		return say(problem, -EPROTO, "it was written by a newer octroi");
	if (error == 0 && version == (int64_t)steps_len)
		return 0;
	for (size_t i = (size_t)version; error == 0 && i < steps_len; i++)
		error = sql_run(sql, steps[i]);
	(void)snprintf(text, sizeof(text), "PRAGMA user_version = %zu", steps_len);
	if (error == 0)
		error = sql_run(sql, text);
	return error == 0 || problem[0] != '\0' ? error : say(problem, error, sql_problem(sql));
}

int journal_migrate(struct sql *sql, const char *const *steps, size_t steps_len, char *problem)
{
	int64_t version;
	int error = sql_ask(sql, "PRAGMA user_version", &version);

	problem[0] = '\0';
	if (error == 0 && version == (int64_t)steps_len)
		return read_version(sql, &version, problem);	/* the usual case takes no lock */
	if (error == 0)
		error = sql_run(sql, "BEGIN IMMEDIATE");
	if (error < 0)
		return say(problem, error, sql_problem(sql));
	error = climb(sql, steps, steps_len, problem);
	if (error == 0) {
		error = sql_run(sql, "COMMIT");
		if (error < 0)
			(void)say(problem, error, sql_problem(sql));
	}
	if (sql_in_transaction(sql))
		(void)sql_run(sql, "ROLLBACK");
	return error;
}

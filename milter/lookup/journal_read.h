/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal_read.h - reading the journal beside a filter that writes it: for the commands. */
#ifndef OCTROI_LOOKUP_JOURNAL_READ_H
#define OCTROI_LOOKUP_JOURNAL_READ_H

#include "milter/base/arena.h"
#include "milter/lookup/journal.h"

struct journal_reader;

/* Opens directory/journal.db to read; never writes, never blocks the writer. Returns 0, or a negative errno with a sentence in problem
 * (-ENOENT: there is no journal; -EPROTO: its schema is newer than this program). */
int journal_reader_open(const char *directory, struct journal_reader **ret_reader, char *problem);
void journal_reader_close(struct journal_reader *reader);

/* Every member that is set must match; text is compared without case (of ASCII) and as a whole, but subject and attachment (the name of
 * one), which may be a part. Where the text of Subject is not kept, subject must be the whole of it. header_from is one address of several.
 * domain is that of a recipient; scanner and outcome are those of one finding. */
struct journal_query {
	int64_t since_ms, until_ms;	/* from, and before; 0: open */
	const char *id, *queue_id, *client, *network, *login, *tied_login, *mailfrom, *header_from, *message_id, *recipient, *domain, *sha256,
		*verdict, *scanner, *outcome, *direction, *event, *subject_of, *subject, *attachment;	/* NULL: any */
	bool refused_only;		/* deferred and rejected */
	bool events;			/* entries of kind JOURNAL_EVENT, too; event and subject_of imply it */
	size_t limit;			/* the newest so many; 0: all */
};

/* Calls fn for each entry that matches, the newest first, with recipients, findings and attachments filled; what it gets lives until fn
 * returns. fn returns false to stop. Returns how many were given, or a negative errno. */
int64_t journal_search(struct journal_reader *reader, const struct journal_query *query,
		       bool (*fn)(void *arg, int64_t n, const struct journal_entry *entry), void *arg);

/* The text of the line of a configuration ("    on_fail = reject"), into arena; NULL when it is not known. */
const char *journal_configuration_line(struct journal_reader *reader, struct arena *arena, const char *name, const char *file, unsigned line);

/* For totals, of all entries or a stretch of time (no other index is there): runs one SELECT with text parameters ?1 ..., calls fn with the columns as text ("" for NULL). Returns rows or a negative
 * errno. sql is ours, never a stranger's; the parameters may be anything. */
int64_t journal_select(struct journal_reader *reader, const char *sql, const char *const *params, size_t params_len,
		       bool (*fn)(void *arg, const char *const *columns, size_t columns_len), void *arg);

#endif

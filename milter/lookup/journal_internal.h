/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal_internal.h - what the files of the journal share: how entries stand in the queue and in the database.
 *
 * The database is made for appending, because indices on random values cost ten times what all the rest does. An entry is one row; what
 * it has several of stands in it as JSON, shown as tables by views. What people search for stands once more as 32 bits of a hash for each
 * value: one row of table fact holds those of a batch, and a search reads them all, newest first: a million entries are 100 MB. */
#ifndef OCTROI_LOOKUP_JOURNAL_INTERNAL_H
#define OCTROI_LOOKUP_JOURNAL_INTERNAL_H

#include <sys/stat.h>

#include "conf/conf.h"
#include "milter/base/str.h"
#include "milter/lookup/journal.h"
#include "milter/lookup/sql.h"

#define JOURNAL_FILE "journal.db"

/* --- fields --- */

enum journal_type { JOURNAL_TEXT, JOURNAL_INT64, JOURNAL_UINT64, JOURNAL_UINT, JOURNAL_ENUM, JOURNAL_BOOL, JOURNAL_REAL };

/* What is hashed together with a value, so that a login "reject" is no verdict. They stand in the database: never changed, only added to. */
enum journal_fact {
	FACT_NONE,
	FACT_ID = 1, FACT_QUEUE_ID, FACT_CLIENT, FACT_NETWORK, FACT_LOGIN, FACT_MAILFROM, FACT_HEADER_FROM, FACT_MESSAGE_ID, FACT_SUBJECT_DIGEST,
	FACT_TIED_LOGIN, FACT_VERDICT, FACT_EVENT, FACT_SUBJECT_OF, FACT_RECIPIENT, FACT_DOMAIN, FACT_SCANNER, FACT_OUTCOME, FACT_SHA256,
};

struct journal_field {
	const char *name;		/* of member and column */
	enum journal_type type;
	size_t offset;
	unsigned max;			/* bytes of a text that are kept */
	enum journal_fact fact;
};

struct journal_table {
	const char *name;
	const struct journal_field *fields;
	size_t fields_len;
	size_t size;			/* of its struct */
	size_t max;			/* of them in an entry */
	bool has_domain;		/* the domain of its first field is a column more, the last one in JSON */
};

/* Table entry and the three lists in it: recipient, finding, attachment. */
extern const struct journal_table journal_table_entry;
#define JOURNAL_LISTS 3
extern const struct journal_table journal_lists[JOURNAL_LISTS];

const char *journal_field_text(const void *from, const struct journal_field *field);
int64_t journal_field_number(const void *from, const struct journal_field *field);
void journal_field_set_text(void *to, const struct journal_field *field, const char *text);
void journal_field_set_number(void *to, const struct journal_field *field, int64_t number, double real);
const void *journal_list(const struct journal_entry *entry, size_t list, size_t *ret_len);
void journal_set_list(struct journal_entry *entry, size_t list, const void *items, size_t len);

/* Length of what is kept of a text: at most max bytes, no character cut in the middle. */
size_t journal_text_length(const char *text, size_t max);

/* Puts '?' for each byte that is not UTF-8. */
void journal_text_clean(char *text, size_t len);

/* The hash of a value of that kind, ASCII letters without case. */
uint32_t journal_fact(enum journal_fact fact, struct str value);

/* Behind the last @; "" without one. */
struct str journal_domain(struct str address);

/* --- an entry as bytes --- */

#define JOURNAL_ENTRY_MAX ((size_t)1 << 20)

/* Writes entry to bytes as far as it fits into capacity; returns how long it is as a whole, at most JOURNAL_ENTRY_MAX: of very long lists
 * the end is left out. */
size_t journal_encode(const struct journal_entry *entry, char *bytes, size_t capacity);

/* Reads what journal_encode wrote. */
struct journal_decoder {
	char *p;
};
struct str journal_decode_text(struct journal_decoder *decoder);	/* cleaned; a NUL follows it */
int64_t journal_decode_number(struct journal_decoder *decoder);
double journal_decode_real(struct journal_decoder *decoder);

/* Reads the items of a list as they stand in the database; strings live in arena. What makes no sense ends it. */
struct arena;
void journal_read_list(struct arena *arena, size_t list, const char *json, struct journal_entry *entry);

/* --- the database --- */

/* Each makes the version that is its index plus one from the one before. Old ones are never changed; a new one only adds, because the
 * filter that is being put aside still writes with its own statements. */
extern const char *const journal_steps[];
extern const size_t journal_steps_len;

/* Brings a database to the version steps_len. -EPROTO: it is newer, or is none of ours. */
int journal_migrate(struct sql *sql, const char *const *steps, size_t steps_len, char *problem);

/* A version that this program can read? 0, -EPROTO or another negative errno. */
int journal_version_check(struct sql *sql, char *problem);

/* Statements that append; of one connection. */
struct journal_insert;
int journal_insert_new(struct sql *sql, struct journal_insert **ret_insert);
void journal_insert_free(struct journal_insert *insert);

/* Appends entries (what journal_encode wrote, one after the other) with their facts, the first as n. Within a transaction. */
int journal_insert_batch(struct journal_insert *insert, int64_t n, char *bytes, size_t len);

/* What is too old or too much: deletes at most step entries. Returns how many, or a negative errno. */
int64_t journal_retain(struct sql *sql, const struct journal_settings *settings, int64_t now_ms, int64_t step);

/* --- the writer's database: opened anew when something went wrong --- */

struct journal_database {
	char *path;
	struct sql *sql;		/* NULL: not open */
	struct journal_insert *insert;
	struct stat file;		/* what was opened */
	char problem[CONF_PROBLEM_MAX];	/* of the last call that failed */
};

/* Opens the file at path, makes it where it is missing. -ELOOP: something that is no file of ours stands there. */
int journal_database_open(struct journal_database *database);
void journal_database_close(struct journal_database *database);

/* Is what was opened still there under its name? */
bool journal_database_is_there(const struct journal_database *database);

/* All entries in one transaction, or none. */
int journal_database_put(struct journal_database *database, char *bytes, size_t len);

int journal_database_configuration(struct journal_database *database, const char *name, const char *file, const char *text);

/* Renames a damaged database, unless another process has done so. ret_name: its new name, "" when there was nothing to do. */
int journal_database_move_aside(struct journal_database *database, char ret_name[CONF_PROBLEM_MAX]);

#endif

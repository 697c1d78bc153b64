/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal.h - what the filter remembers: one entry for each message, refused recipient, refused session and event, in SQLite.
 *
 * Never in the way of mail: journal_put copies and returns. One thread of the journal writes in batches: an entry waits 200 ms for others,
 * or until there are 2,000; that is what a kill -9 costs at the most. While the database cannot be written (a full disk, a locked file) up
 * to 8 MiB wait in memory, a batch for a minute at the most; the rest is dropped and counted. A damaged database is renamed to
 * journal.db.damaged-DATE. */
#ifndef OCTROI_LOOKUP_JOURNAL_H
#define OCTROI_LOOKUP_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum journal_kind {
	JOURNAL_MESSAGE = 1,	/* it has its verdict, and the MTA was told */
	JOURNAL_RECIPIENT,	/* one recipient was refused; the id is that of its message, which may have an entry of its own */
	JOURNAL_TRANSACTION,	/* MAIL was refused, or all recipients were, and no message came */
	JOURNAL_SESSION,	/* refused before MAIL */
	JOURNAL_EVENT,		/* something that was done or noticed: .event says what */
};

struct journal_recipient {
	const char *address;	/* as normalised (address.h); its domain is what stands behind the last @ */
	const char *ground;	/* ground_name; "" of a refused one */
	const char *detail;	/* the grant's title, the login ... */
	const char *reply;	/* "550 5.7.1 ..." of a refused one, else "" */
	bool accepted;
};

struct journal_finding {
	const char *scanner, *outcome;
	const char *action;	/* action_name of what milter.conf wants; a weight says "weight" */
	double weight;
	bool observed;		/* "would have" */
	bool decided;		/* the verdict came of this one */
	const char *recipient;	/* "": concerns the message or session */
	const char *text;
	const char *rule_file;	/* "": a default */
	unsigned rule_line;
};

struct journal_attachment {
	const char *name;
	const char *type;	/* filetype_name */
	const char *sha256;	/* 64 hexadecimal digits */
	uint64_t size_bytes;
};

/* No string is NULL: "" means that it is not known or does not apply. */
struct journal_entry {
	int64_t time_ms;	/* wall clock (clock_wall_ms), when it was recorded */
	enum journal_kind kind;
	const char *id;		/* "7K3F-QX2M": of several entries when several recipients of a message were refused */
	const char *configuration;	/* journal_configuration's name of it */

	const char *client;	/* address; "" for local mail */
	const char *network;	/* "192.0.2.1" itself for IPv4, the /64 for IPv6: "2001:db8:0:1::/64" */
	const char *client_name, *helo;
	const char *mta_host;
	const char *daemon;	/* the service of the MTA it came through: {daemon_name}, or "" */
	const char *tls;	/* {tls_version} */
	const char *login;
	const char *certificate;	/* subject */

	const char *direction;	/* direction_name; "" before MAIL */
	const char *mailfrom;	/* "" also for the null sender: see kind */
	const char *header_from;	/* addresses, ", " between */
	const char *message_id;	/* as in the field, without < and > */
	const char *subject;	/* "" unless journal.subjects */
	const char *subject_digest;	/* the first 16 hexadecimal digits of the SHA-256 of the decoded subject, white space squeezed */
	const char *tied_login;	/* of a bounce: whose message it is about */
	uint64_t size_bytes;
	const char *queue_id;

	const char *verdict;	/* action_name, as carried out */
	const char *reply;	/* "550 5.7.1 ... [7K3F-QX2M]" */
	const char *decided_by;	/* "antivirus:infected", "score", "" */
	const char *rule_file;	/* the line of milter.conf that decided; "" for a default */
	unsigned rule_line;
	const char *observed;	/* "reject (antivirus:infected)" */
	const char *failure;	/* why a verdict could not be carried out */
	double score;
	const char *results;	/* Authentication-Results as written */
	const char *dmarc;	/* "result=fail disposition=reject ...": what aggregate reports need */
	uint64_t refused;	/* recipients that were refused in this transaction */
	uint64_t elapsed_ms;	/* from MAIL (session: from connect) to the answer */
	uint64_t content_ms;	/* of it, after the last byte of the message had come */

	const char *event;	/* JOURNAL_EVENT: "hold", "free", "alert", "listed", "unlisted", "quarantined", "released", "deleted",
				 * "degraded", "recovered", "started" */
	const char *subject_of;	/* whom or what it is about: "login:bob", "client:192.0.2.1", "quarantine:7K3F-QX2M", "address:192.0.2.9" */
	const char *operator;	/* who did it: a login of this host, "octroi" for the filter itself */
	const char *note;	/* in words */

	const struct journal_recipient *recipients;
	size_t recipients_len;
	const struct journal_finding *findings;
	size_t findings_len;
	const struct journal_attachment *attachments;
	size_t attachments_len;
};

/* An entry in which every string is "". */
extern const struct journal_entry journal_nothing;

struct journal_settings {		/* section "journal" */
	bool enabled;
	bool subjects;			/* keep the text of Subject */
	uint64_t keep_ms;		/* age */
	uint64_t size_bytes;		/* of the database: the oldest go first */
};
extern const struct option_section journal_section;

struct journal;

struct journal_stats {
	uint64_t written, dropped;	/* entries */
	uint64_t batches, failures;
	uint64_t waiting;		/* in memory now */
	int error;			/* negative errno of the last batch, 0: it was written */
};

/* Opens (makes, migrates) directory/journal.db and starts the writer. tell (may be NULL) gets a line when writing begins to fail and when
 * it works again; it is called from the writer's thread. Returns 0, or a negative errno with a sentence in problem (CONF_PROBLEM_MAX):
 * the filter then works without a journal. */
int journal_open(const char *directory, const struct journal_settings *settings, void (*tell)(const char *text),
		 struct journal **ret_journal, char *problem);

/* Copies the entry; never waits for the disk. Any thread. */
void journal_put(struct journal *journal, const struct journal_entry *entry);

/* The configuration of this process, for entries from now on and for `explain`, which quotes its lines: name is the beginning of the
 * digest of text, text that of the file with line numbers kept (bounded to 1 MiB). Once, before the first entry. */
void journal_configuration(struct journal *journal, const char *name, const char *file, const char *text);

void journal_read_stats(struct journal *journal, struct journal_stats *ret_stats);

/* Waits until all that was put before is written or dropped, at most wait_ms. */
void journal_flush(struct journal *journal, uint64_t wait_ms);

/* Writes what waits (at most 2 s) and closes. */
void journal_close(struct journal *journal);

/* The schema of the database (PRAGMA user_version 1): column names are the members above; "" is "", and a list without items is NULL.
 *
 *   entry(n INTEGER PRIMARY KEY, time_ms, kind, id, configuration, client, network, client_name, helo, mta_host, daemon, tls, login,
 *         certificate, direction, mailfrom, header_from, message_id, subject, subject_digest, tied_login, size_bytes, queue_id, verdict,
 *         reply, decided_by, rule_file, rule_line, observed, failure, score, results, dmarc, refused, elapsed_ms, content_ms,
 *         event, subject_of, operator, note, recipients, findings, attachments)
 *   recipient(n, i, address, domain, ground, detail, reply, accepted)       n: of the entry it belongs to; i: its place, from 0
 *   finding(n, i, scanner, outcome, action, weight, observed, decided, recipient, text, rule_file, rule_line)
 *   attachment(n, i, name, type, sha256, size_bytes)
 *   configuration(name PRIMARY KEY, time_ms, file, text)
 *
 * The three in the middle are views of what stands in entry as JSON. The only index is entry(time_ms): those of random values would cost ten
 * times what all the rest does. journal_search (journal_read.h) is quick by hashes in table fact. */

#endif

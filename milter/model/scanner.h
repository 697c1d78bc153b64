/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scanner.h - the contract of a scanner: one constant struct. The table of scanners is bound at link time.
 *
 * A hook reads facts and adds findings (that it could not tell is one, too); it does not reply, edit, log or know another scanner. Hooks
 * of different sessions run in parallel, those of one session one at a time but on changing threads. Hooks before PHASE_EOM never wait. */
#ifndef OCTROI_MODEL_SCANNER_H
#define OCTROI_MODEL_SCANNER_H

#include "conf/conf.h"
#include "milter/lookup/store.h"
#include "milter/model/event.h"
#include "milter/model/message.h"
#include "milter/model/session.h"

struct holds;
struct pool;
struct names;
struct seen;
struct resolver;
struct scanner;
struct inspection;

/* What all scanners may use; bound when the engine is made. */
struct services {
	struct pool *pool;	/* cages; NULL: there are none */
	struct store *store;	/* counters */
	struct seen *seen;	/* small records that expire; NULL: there are none (octroi try) */
	struct holds *holds;	/* who may send nothing for now; NULL likewise */
	const char *state;	/* the directory that state.directory names, for what a scanner keeps in files of its own; NULL: nothing is kept */
	void (*happened)(const struct event *event);	/* any thread; may be NULL */
	struct resolver *resolver;	/* NULL: there is none, and a scanner that asks the DNS could not tell */
	void (*tell)(const char *text);	/* one line for the administrator, rarely; any thread; may be NULL */
	const struct names *domains;	/* mail for these is ours */
	const char *host;	/* authserv_id: the name of this host */
};

/* What one hook call gets. */
struct scan {
	const struct scanner *scanner;
	const void *settings;			/* of the scanner's first section */
	void *shared;				/* what open returned; not written after it */
	const struct services *services;
	const struct session *session;
	const struct message *message;		/* NULL before MAIL */
	enum phase phase;			/* where the message is; of report: PHASE_MAILFROM, PHASE_RCPT or PHASE_EOM */
	size_t recipient;			/* index of the recipient at PHASE_RCPT, else FINDING_MESSAGE */
	struct findings *findings;
	struct arena *arena;			/* lives as long as the findings do */
	void *session_state, *message_state;	/* its own, zeroed at the start; NULL for sizes of 0 and, before MAIL, for the message */
	uint64_t wait_until_ms;			/* in report: how long it may wait for answers; 0: not at all; UINT64_MAX: the last call */
	void (*progress)(void *arg);		/* to be called while waiting at PHASE_EOM; may be NULL */
	void *progress_arg;
};

typedef void (*scanner_hook)(struct scan *scan);

struct scanner {
	const char *name;
	const char *summary;
	const struct option_section *const *sections;	/* of milter.conf, NULL at the end; the first has the scanner's name */
	const struct outcome *outcomes;		/* an outcome with name NULL ends them */
	unsigned directions;			/* SCANNER_IN(DIRECTION_...) joined with |; 0: all */

	/* Builds what all sessions share. Returns 0, or a negative errno with a problem. May be NULL, as every hook. */
	int (*open)(const struct conf *conf, const struct services *services, void **ret_shared, char *problem);
	void (*close)(void *shared);

	/* Does it ask cages under this configuration? ret_directory (may be NULL) is then the directory whose changes call for a new
	 * zygote. */
	bool (*needs_cage)(const struct conf *conf, const char **ret_directory);

	/* Room that its job needs for the temporary files of one message; examiners.scratch_size must not be less. May be NULL. */
	uint64_t (*scratch_bytes)(const struct conf *conf);

	/* Does it read message->body_fd itself at PHASE_EOM under this configuration? */
	bool (*needs_body)(const struct conf *conf);

	/* For `octroi check`: says what an administrator should know about the configuration and the system. May be NULL. */
	void (*advise)(const struct conf *conf, void (*say)(void *arg, const char *format, ...), void *arg);

	/* The same for what only the DNS can tell; it may wait for answers until deadline_ms (monotonic). */
	void (*advise_dns)(const struct conf *conf, struct resolver *resolver, uint64_t deadline_ms,
			   void (*say)(void *arg, const char *format, ...), void *arg);

	/* Exactly one scanner of the table decides the direction of a message, at MAIL, from facts alone. */
	enum direction (*direction)(const struct scan *scan);

	/* Exactly one scanner of the table says on which ground a recipient may be reached, at RCPT. GROUND_NONE comes with a finding
	 * that refuses it. */
	enum ground (*ground)(struct scan *scan, const char **ret_detail);

	/* Bytes of its state for each session and each message; what it holds besides memory goes with arena_defer of theirs. */
	size_t session_size, message_size;

	scanner_hook connect, helo, mailfrom, rcpt, eoh, eom;

	/* A header field has arrived (it is the last of message->headers). Of those beyond limits.header_count nobody hears. */
	scanner_hook field;

	/* What it asked the DNS in the hooks above and now knows: adds its findings, results and stamps for this message and returns true;
	 * then it is not called again for the message. Called at MAIL, before the hooks of each RCPT, and before and after those of the end
	 * of message, the last of which must return true. It may wait until scan->wait_until_ms; before the end of message this is only
	 * not 0 at RCPT, as resolver.rcpt_wait says, and only those should wait that could refuse there. While false is returned nothing
	 * may have been added. */
	bool (*report)(struct scan *scan);

	/* Exactly one scanner of the table has the content of a message examined, at the end of the message before all other hooks of that
	 * phase; what it returns (in scan->arena; NULL: nothing was to be examined) is message->inspection. It adds no findings here. */
	const struct inspection *(*inspect)(struct scan *scan);

	/* The transaction is over and the MTA was told, or the client left before: for what counts messages. verdict is NULL when no message
	 * came to its end; let_in says whether the message goes on its way (held ones do not). scan->message->recipients are the accepted ones.
	 * Adds nothing to the message. Called once for each transaction, also of those that were refused at MAIL. */
	void (*settle)(struct scan *scan, const struct verdict *verdict, bool let_in);

	/* Called about once a minute on a thread of the filter's own, which may wait and ask the DNS; not in a filter that is being put aside. */
	void (*chore)(const void *settings, void *shared, const struct services *services);

	/* The message is let in or held, and this is how its header leaves, from the top, with all edits but those of the seals themselves:
	 * puts on it with stamp_add what depends on the others, such as a signature. It finds nothing more: the verdict stands. Returns 0, or
	 * a negative errno: without its seal the message must not go, and is deferred. */
	int (*seal)(struct scan *scan, const struct headers *headers);
};

#define SCANNER_IN(direction) (1u << (direction))

/* The table, NULL at its end; order is the order of the hooks. */
extern const struct scanner *const scanners[];

/* Adds a finding with the outcome of that name (it must be one of the scanner's); the text is copied and what is not printable
 * ASCII becomes '?'. */
void finding_add(struct scan *scan, const char *outcome, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same with the rule in these settings, of one of several sections of the scanner. */
void finding_add_of(struct scan *scan, const void *settings, const char *outcome, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* A note on the finding that was added last; both are copied. octroi try --json shows it. */
void finding_note(struct scan *scan, const char *key, const char *value);
void finding_flag(struct scan *scan, const char *key, bool value);

/* Could a finding with that outcome refuse or defer somebody in this direction (observed or not)? For those who might wait at RCPT. */
bool rule_refuses(const struct rule *rule, enum direction direction);

/* For Authentication-Results; its strings are copied. */
void result_add(struct scan *scan, const struct authres_result *result);

/* What a domain vouches for; copied. Whoever reads message->identities stands behind those who add them in the table of scanners, and reads
 * them in its report at the end of message (scan->wait_until_ms is UINT64_MAX then). */
void identity_add(struct scan *scan, const struct identity *identity);

/* What DMARC found, in one line for the record; copied. Once for a message. */
void dmarc_note(struct scan *scan, const char *text);

/* A header field for a message that is let in; both are copied. */
void stamp_add(struct scan *scan, const char *name, const char *value);

#endif

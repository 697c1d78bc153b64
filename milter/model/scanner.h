/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scanner.h - the contract of a scanner: one constant struct. The table of scanners is bound at link time.
 *
 * A hook reads facts and adds findings (that it could not tell is one, too); it does not reply, edit, log or know another scanner. Hooks of different sessions run in
 * parallel, those of one session one at a time but on changing threads. Hooks before PHASE_EOM never wait. */
#ifndef OCTROI_MODEL_SCANNER_H
#define OCTROI_MODEL_SCANNER_H

#include "conf/conf.h"
#include "milter/lookup/store.h"
#include "milter/model/message.h"
#include "milter/model/session.h"

struct pool;
struct names;
struct scanner;

/* What all scanners may use; bound when the engine is made. */
struct services {
	struct pool *pool;	/* cages; NULL: there are none */
	struct store *store;	/* counters */
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
	size_t recipient;			/* index of the recipient at PHASE_RCPT, else FINDING_MESSAGE */
	struct findings *findings;
	struct arena *arena;			/* lives as long as the findings do */
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

	/* For `octroi check`: says what an administrator should know about the configuration and the system. May be NULL. */
	void (*advise)(const struct conf *conf, void (*say)(void *arg, const char *format, ...), void *arg);

	/* Exactly one scanner of the table decides the direction of a message, at MAIL, from facts alone. */
	enum direction (*direction)(const struct scan *scan);

	/* Exactly one scanner of the table says on which ground a recipient may be reached, at RCPT. GROUND_NONE comes with a finding
	 * that refuses it. */
	enum ground (*ground)(struct scan *scan, const char **ret_detail);

	scanner_hook connect, helo, mailfrom, rcpt, eoh, eom;

};

#define SCANNER_IN(direction) (1u << (direction))

/* The table, NULL at its end; order is the order of the hooks. */
extern const struct scanner *const scanners[];

/* Adds a finding with the outcome of that name (it must be one of the scanner's); the text is copied and what is not printable
 * ASCII becomes '?'. */
void finding_add(struct scan *scan, const char *outcome, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif

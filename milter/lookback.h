/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lookback.h - what the commands that look into the journal have in common: their arguments, and the journal itself. */
#ifndef OCTROI_LOOKBACK_H
#define OCTROI_LOOKBACK_H

#include "milter/base/arena.h"
#include "milter/lookup/journal_read.h"
#include "milter/show.h"

/* "--login NAME" of one command; name without its hyphens. */
struct lookback_option {
	const char *name;
	const char **value;
};

struct lookback {
	const char *command;		/* its name, for what it complains about */
	const char *usage;
	const char *config, *state;	/* --config FILE; --state DIR instead of state.directory of it */
	const char *since, *until;	/* in words (since.h) */
	int64_t since_ms, until_ms;	/* 0: not given */
	bool json;
	const char **words;		/* what is no option; of argv */
	size_t words_len;
	struct show show;
	struct journal_reader *reader;
};

/* Reads argv: --config, --state, --since, --until, --json, --ascii and those of options (NULL: none; a name NULL ends them; also as NAME=VALUE
 * when the command takes no words). What cannot be understood is said on standard error. Returns 0, or -1. Memory lives in lookback->show.arena,
 * which lookback_close releases. */
int lookback_arguments(struct lookback *lookback, int argc, char **argv, const struct lookback_option *options);

/* Opens the journal; says why it cannot. Returns 0 or a negative errno. */
int lookback_open(struct lookback *lookback);
void lookback_close(struct lookback *lookback);

/* "octroi search: ..." on standard error; what strangers wrote is made harmless. */
void lookback_complain(const struct lookback *lookback, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Runs a SELECT; complains when it cannot be run. Returns rows or a negative errno. */
int64_t lookback_select(const struct lookback *lookback, const char *sql, const char *const *params, size_t params_len,
			bool (*fn)(void *arg, const char *const *columns, size_t columns_len), void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* operator.h - commands with which a person changes what the filter does: who that is, and the entry of the journal that says so. */
#ifndef OCTROI_OPERATOR_H
#define OCTROI_OPERATOR_H

#include "conf/conf.h"
#include "milter/base/arena.h"
#include "milter/lookback.h"
#include "milter/lookup/journal.h"

/* The login of whoever types: SUDO_USER (DOAS_USER) if there is such an account, else that of the user id, else "uid 1000". In arena. Before
 * as_daemon, which forgets it. */
const char *operator_name(struct arena *arena);

struct operation {
	struct conf *conf;
	const char *directory;		/* --state, or state.directory: usable */
	const char *operator;
};

/* Reads the configuration that the arguments name, notes who is asking, and becomes the user of the filter: what is written belongs to it, and what
 * somebody else put into its directory can do root no harm. Says on standard error why it cannot. Returns 0 or a negative errno. */
int operation_begin(struct lookback *lookback, struct operation *ret_operation);
void operation_end(struct operation *operation);

/* Writes an entry of kind JOURNAL_EVENT to the journal in directory, beside a filter that writes it, too. entry begins as
 * journal_nothing; its kind and, where it is 0, its time are filled in. Returns 0, also when milter.conf wants no journal, or a negative
 * errno with a sentence in problem (CONF_PROBLEM_MAX): what was done is done all the same. */
int operator_record(const struct conf *conf, const char *directory, const struct journal_entry *entry, char *problem);

#endif

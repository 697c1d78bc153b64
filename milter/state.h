/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state.h - section "state": the directory in which the filter keeps what outlives it, and what is opened there before processes fork. */
#ifndef OCTROI_STATE_H
#define OCTROI_STATE_H

#include "conf/conf.h"
#include "milter/base/arena.h"
#include "milter/lookup/seen.h"
#include "milter/lookup/store.h"

struct state_settings {			/* section "state" */
	const char *directory;		/* "": nothing is kept */
};
extern const struct option_section state_section;

/* What all processes share. A directory that cannot be used leaves everything in memory alone, which is told. */
struct state {
	const char *directory;		/* NULL: none can be used */
	struct store *store;		/* NULL: no memory either */
	struct seen *seen;
};

/* directory/name into arena; NULL when there is no directory. */
const char *state_path(struct arena *arena, const char *directory, const char *name);

/* The directory of a configuration that can be used by this process (its own or root's, writable by nobody else), or NULL with a sentence in
 * problem: "" when none is wanted. */
const char *state_directory(const struct conf *conf, char problem[CONF_PROBLEM_MAX]);

/* In the supervisor, before it forks; a line in the log for what could not be had. */
void state_open(const struct conf *conf, struct state *ret_state);
void state_close(struct state *state);

#endif

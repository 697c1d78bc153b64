/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child.h - a process of ours: how it is started, spoken to and found to have ended.
 *
 * Children are forked without exec, from the supervisor's one thread. */
#ifndef OCTROI_CHILD_H
#define OCTROI_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum child_kind { CHILD_FILTER, CHILD_ZYGOTE };

enum child_state {
	CHILD_STARTING,		/* has not reported yet */
	CHILD_SERVING,
	CHILD_LEAVING,		/* was told to end */
};

struct child {
	struct child *next;
	enum child_kind kind;
	enum child_state state;
	pid_t pid;
	int pidfd;
	int control;		/* SOCK_SEQPACKET, frames; -1: closed */
	uint64_t kill_at_ms;	/* monotonic: by then it must have reported, or be gone; UINT64_MAX: never */
	uint64_t configuration;	/* number of the configuration it was started with */
	uint64_t zygote;	/* a zygote's own number; of a filter, that of the one it is connected with, or 0 */
	bool aside;		/* of a filter: it accepts no connection any more */
	char reason[256];	/* why it said it cannot work, or "" */
};

#define CHILD_TEXT_MAX 128

/* Forks; the new child (state CHILD_STARTING) stands first in *list. In it, the descriptors of the other children are
 * closed and run is called, which must not return. Returns NULL when there is no room, with errno. */
struct child *child_start(struct child **list, enum child_kind kind, void (*run)(int control, void *arg), void *arg);

/* "filter 123" */
const char *child_name(const struct child *child, char text[CHILD_TEXT_MAX]);

/* SIGKILL. */
void child_kill(const struct child *child);

/* Has it ended? Then text says how: "ended with status 1", "was killed by SIGSEGV"; *ret_clean: by itself, with status 0. */
bool child_reap(const struct child *child, char text[CHILD_TEXT_MAX], bool *ret_clean);

/* Takes it out of the list; closes and frees it. */
void child_detach(struct child **list, const struct child *child);
void child_free(struct child *child);

/* The first of that kind and state, or NULL. */
struct child *child_find(struct child *list, enum child_kind kind, enum child_state state);
size_t child_count(const struct child *list, enum child_kind kind);

#endif

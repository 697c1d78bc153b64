/* SPDX-License-Identifier: GPL-2.0-or-later */
/* privilege.h - from root to an account that may do nothing, for good, and the proof of it. */
#ifndef OCTROI_PRIVILEGE_H
#define OCTROI_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>

#include "conf/option.h"

#define IDENTITY_GROUPS_MAX 64

/* Who the program is going to be. */
struct run_as {
	char name[64];
	bool was_root;			/* there is something to drop */
	uid_t uid;
	gid_t gid;
	gid_t socket_gid;		/* (gid_t)-1: none was named */
	gid_t groups[IDENTITY_GROUPS_MAX];
	int groups_len;
};

/* Started as root: user must name an account other than root. Else: who we are now, whatever user says.
 * socket_group may be "". Returns 0, or a negative errno with a sentence in problem. */
int run_as_find(const char *user, const char *socket_group, struct run_as *ret_identity,
		  char problem[CONF_PROBLEM_MAX]);

/* Becomes identity with all user and group ids, without capabilities, without a way to new ones, and looks whether that
 * is so. Call it with one thread, before any child. Returns 0, or a negative errno with a problem: do not go on then. */
int privilege_drop(const struct run_as *identity, char problem[CONF_PROBLEM_MAX]);

/* Does status (the text of /proc/self/status) show identity, no capability and no_new_privs?
 * Returns 0, or -EPERM with a problem. A line that is missing is a problem too. */
int privilege_check_status(const char *status, const struct run_as *identity, char problem[CONF_PROBLEM_MAX]);

/* Is the process in no group but those of identity (and its first one)? Returns 0, or -EPERM with a problem. */
int privilege_check_groups(const struct run_as *identity, char problem[CONF_PROBLEM_MAX]);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listener.h - the listening socket: opened here, or taken from the service manager. It outlives every filter. */
#ifndef OCTROI_LISTENER_H
#define OCTROI_LISTENER_H

#include <sys/types.h>

#include "milter/endpoint.h"
#include "milter/settings.h"

/* The descriptor of the listening socket in every process of ours, so that filter and supervisor agree on it. */
#define LISTENER_FD 3

struct listener {
	int fd;			/* LISTENER_FD; -1: closed */
	bool inherited;		/* the service manager's: its path is not ours to remove */
	struct endpoint endpoint;
	char path[108];		/* of a socket we made, else "" */
	dev_t device;
	ino_t inode;
};

/* Keeps descriptors 0 to 3 from being given to anything else, and closes those that a parent left open by mistake. Before
 * anything opens one. Returns 0 or a negative errno. */
int listener_reserve(void);

/* Takes what the service manager hands over, or opens settings->listen: a UNIX socket belongs to owner and group ((gid_t)-1:
 * unchanged) and has its mode before it can be connected to. A socket nobody listens on is replaced; one that another process
 * serves is left alone. Returns 0, or a negative errno with a sentence in problem. */
int listener_open(const struct settings *settings, uid_t owner, gid_t group, struct listener *ret_listener,
		  char problem[CONF_PROBLEM_MAX]);

/* Removes the path, when it still is the socket we made, and closes our descriptor. */
void listener_close(struct listener *listener);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dial.h - reaches the place where a filter listens, written as libmilter writes it. */
#ifndef OCTROI_BENCH_DIAL_H
#define OCTROI_BENCH_DIAL_H

#include <sys/socket.h>

struct dial {
	struct sockaddr_storage address;
	socklen_t len;
};

/* "unix:/path", "local:/path", "/path", "inet:port@host", "inet6:port@host"; host is a numeric address or localhost.
 * Returns 0, or -EINVAL. */
int dial_parse(const char *text, struct dial *ret_dial);

/* A non-blocking connection. Returns 0 when it stands, -EINPROGRESS when it will be writable once it does,
 * -EAGAIN when a UNIX socket's queue is full (ask again), or another negative errno. *ret_fd is owned by the caller
 * and is -1 except for the first two. */
int dial_connect(const struct dial *dial, int *ret_fd);

#endif

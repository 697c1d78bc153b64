/* SPDX-License-Identifier: GPL-2.0-or-later */
/* endpoint.h - where a listening socket is reached: asked of the socket itself, so that an inherited one needs no settings. */
#ifndef OCTROI_ENDPOINT_H
#define OCTROI_ENDPOINT_H

#include <stdbool.h>
#include <sys/socket.h>

struct endpoint {
	struct sockaddr_storage address;
	socklen_t len;
};

#define ENDPOINT_TEXT_MAX 160

/* The address a socket is bound to. Returns 0 or a negative errno. */
int endpoint_of(int fd, struct endpoint *ret_endpoint);

/* A connection (close-on-exec, non-blocking; with TCP it may still be under way), or a negative errno. Never waits. */
int endpoint_connect(const struct endpoint *endpoint);

/* Is fd a connection that was accepted at the endpoint? For TCP the port decides, since the endpoint may be a wildcard. */
bool endpoint_accepted(const struct endpoint *endpoint, int fd);

/* Can strangers on other hosts reach it? */
bool endpoint_is_remote(const struct endpoint *endpoint);

/* "unix:/path" or "inet:port@address", as libmilter writes it. Returns text. */
const char *endpoint_format(const struct endpoint *endpoint, char text[ENDPOINT_TEXT_MAX]);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/dnsd_sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "milter/base/cleanup.h"

enum {
	PORT_TRIES = 50,
	BUFFER_BYTES = 4 << 20,		/* a herd of questions must not get lost in the kernel */
};

static void must(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "dnsd: %s: %s\n", what, strerror(errno));
	abort();
}

static socklen_t address_of(const char *text, uint16_t port, struct sockaddr_storage *ret_address)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret_address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret_address;

	memset(ret_address, 0, sizeof(*ret_address));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return sizeof(*v4);
	}
	must(inet_pton(AF_INET6, text, &v6->sin6_addr) == 1, text);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	return sizeof(*v6);
}

static uint16_t port_of(int fd)
{
	struct sockaddr_in6 address = { 0 };	/* in both families the port stands at the same place */
	socklen_t len = sizeof(address);

	must(getsockname(fd, (struct sockaddr *)&address, &len) == 0, "getsockname");
	return ntohs(address.sin6_port);
}

/* A bound socket, or -1 when somebody has the port. */
static int bind_one(const char *text, uint16_t port, int type)
{
	struct sockaddr_storage address;
	socklen_t len = address_of(text, port, &address);
	int fd = socket(address.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	must(fd >= 0, "socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){ BUFFER_BYTES }, sizeof(int));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){ BUFFER_BYTES }, sizeof(int));
	if (type == SOCK_STREAM)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (bind(fd, (struct sockaddr *)&address, len) == 0 && (type == SOCK_DGRAM || listen(fd, SOMAXCONN) == 0))
		return fd;
	must(errno == EADDRINUSE, text);
	return close_fd(fd);
}

/* The first one finds the port of all when that is 0. */
static bool bind_address(struct dnsd_sockets *sockets, const char *text)
{
	size_t i = sockets->len++;

	sockets->tcp[i] = -1;
	sockets->udp[i] = bind_one(text, sockets->port, SOCK_DGRAM);
	if (sockets->udp[i] < 0)
		return false;
	sockets->port = port_of(sockets->udp[i]);
	sockets->tcp[i] = bind_one(text, sockets->port, SOCK_STREAM);
	return sockets->tcp[i] >= 0;
}

static bool bind_all(struct dnsd_sockets *sockets, const char *const addresses[DNSD_ADDRESSES_MAX])
{
	bool bound = bind_address(sockets, "127.0.0.1");

	for (size_t i = 0; bound && i < DNSD_ADDRESSES_MAX && addresses[i] != NULL; i++)
		bound = bind_address(sockets, addresses[i]);
	return bound;
}

struct dnsd_sockets dnsd_sockets_open(uint16_t port, const char *const addresses[DNSD_ADDRESSES_MAX])
{
	struct dnsd_sockets sockets = { .port = port };
	bool bound = bind_all(&sockets, addresses);

	for (int i = 0; i < PORT_TRIES && port == 0 && !bound; i++) {
		dnsd_sockets_close(&sockets);
		sockets.port = 0;
		bound = bind_all(&sockets, addresses);
	}
	must(bound, "no port");
	return sockets;
}

void dnsd_sockets_close(struct dnsd_sockets *sockets)
{
	while (sockets->len > 0) {
		sockets->len--;
		(void)close_fd(sockets->udp[sockets->len]);
		(void)close_fd(sockets->tcp[sockets->len]);
	}
}

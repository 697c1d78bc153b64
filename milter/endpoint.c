/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "milter/base/cleanup.h"
#include "milter/base/ip.h"

static const struct sockaddr *address_of(const struct endpoint *endpoint)
{
	return (const struct sockaddr *)(const void *)&endpoint->address;
}

int endpoint_of(int fd, struct endpoint *ret_endpoint)
{
	memset(ret_endpoint, 0, sizeof(*ret_endpoint));
	ret_endpoint->len = sizeof(ret_endpoint->address);
	if (getsockname(fd, (struct sockaddr *)(void *)&ret_endpoint->address, &ret_endpoint->len) < 0)
		return -errno;
	return 0;
}

int endpoint_connect(const struct endpoint *endpoint)
{
	int fd = socket(endpoint->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r;

	if (fd < 0)
		return -errno;
	if (connect(fd, address_of(endpoint), endpoint->len) == 0 || errno == EINPROGRESS)
		return fd;
	r = -errno;
	(void)close_fd(fd);
	return r;
}

static in_port_t port_of(const struct endpoint *endpoint)
{
	const void *address = &endpoint->address;

	if (endpoint->address.ss_family == AF_INET)
		return ((const struct sockaddr_in *)address)->sin_port;
	if (endpoint->address.ss_family == AF_INET6)
		return ((const struct sockaddr_in6 *)address)->sin6_port;
	return 0;
}

bool endpoint_accepted(const struct endpoint *endpoint, int fd)
{
	struct endpoint local;
	int listening = 0;
	socklen_t len = sizeof(listening);

	if (endpoint_of(fd, &local) < 0 || local.address.ss_family != endpoint->address.ss_family)
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0 || listening != 0)
		return false;
	if (local.address.ss_family != AF_UNIX)
		return port_of(&local) == port_of(endpoint);
	return local.len == endpoint->len && memcmp(&local.address, &endpoint->address, local.len) == 0;
}

bool endpoint_is_remote(const struct endpoint *endpoint)
{
	struct ip ip = ip_from_sockaddr(address_of(endpoint));

	return endpoint->address.ss_family != AF_UNIX && !ip_is_loopback(&ip);
}

const char *endpoint_format(const struct endpoint *endpoint, char text[ENDPOINT_TEXT_MAX])
{
	const struct sockaddr_un *local = (const void *)&endpoint->address;
	size_t path_max = endpoint->len - offsetof(struct sockaddr_un, sun_path);
	struct ip ip = ip_from_sockaddr(address_of(endpoint));
	char host[IP_TEXT_MAX];

	if (endpoint->address.ss_family != AF_UNIX)
		(void)snprintf(text, ENDPOINT_TEXT_MAX, "%s:%u@%s", endpoint->address.ss_family == AF_INET ? "inet" : "inet6",
			       (unsigned)ntohs(port_of(endpoint)), ip_format(&ip, host));
	else if (local->sun_path[0] == '\0')
		(void)snprintf(text, ENDPOINT_TEXT_MAX, "unix:@%.*s", (int)(path_max > 0 ? path_max - 1 : 0),
			       local->sun_path + 1);
	else
		(void)snprintf(text, ENDPOINT_TEXT_MAX, "unix:%.*s", (int)path_max, local->sun_path);
	return text;
}

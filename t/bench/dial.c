/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/bench/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/un.h>

#include "milter/base/cleanup.h"
#include "milter/base/str.h"

static int parse_path(struct str path, struct dial *dial)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&dial->address;

	if (path.len == 0 || path.len >= sizeof(un->sun_path))
		return -EINVAL;
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path.p, path.len);
	dial->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.len + 1);
	return 0;
}

static int parse_port(struct str text, in_port_t *ret_port)
{
	unsigned long long port;

	if (str_to_u64(text, &port) < 0 || port == 0 || port > UINT16_MAX)
		return -EINVAL;
	*ret_port = htons((uint16_t)port);
	return 0;
}

static int parse_inet(struct str text, bool six, struct dial *dial)
{
	struct str rest = text;
	struct str port = str_split(&rest, "@");
	struct sockaddr_in *in = (struct sockaddr_in *)&dial->address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&dial->address;
	const char *host = rest.p;

	if (host == NULL)
		return -EINVAL;
	if (strcmp(host, "localhost") == 0)
		host = six ? "::1" : "127.0.0.1";
	dial->address.ss_family = six ? AF_INET6 : AF_INET;
	dial->len = six ? sizeof(*in6) : sizeof(*in);
	if (inet_pton(dial->address.ss_family, host, six ? (void *)&in6->sin6_addr : (void *)&in->sin_addr) != 1)
		return -EINVAL;
	return parse_port(port, six ? &in6->sin6_port : &in->sin_port);
}

int dial_parse(const char *text, struct dial *ret_dial)
{
	struct str whole = str_of(text);

	*ret_dial = (struct dial){ 0 };
	if (text[0] == '/')
		return parse_path(whole, ret_dial);
	if (str_has_prefix(whole, STR("unix:")))
		return parse_path(str_of(text + 5), ret_dial);
	if (str_has_prefix(whole, STR("local:")))
		return parse_path(str_of(text + 6), ret_dial);
	if (str_has_prefix(whole, STR("inet:")))
		return parse_inet(str_of(text + 5), false, ret_dial);
	if (str_has_prefix(whole, STR("inet6:")))
		return parse_inet(str_of(text + 6), true, ret_dial);
	return -EINVAL;
}

int dial_connect(const struct dial *dial, int *ret_fd)
{
	int on = 1, error;

	*ret_fd = socket(dial->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*ret_fd < 0)
		return -errno;
	if (dial->address.ss_family != AF_UNIX)
		(void)setsockopt(*ret_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(*ret_fd, (const struct sockaddr *)&dial->address, dial->len) == 0)
		return 0;
	error = errno;
	if (error != EINPROGRESS)
		*ret_fd = close_fd(*ret_fd);
	return -error;
}

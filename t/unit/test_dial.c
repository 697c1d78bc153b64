/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/bench/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#include "t/unit/rows.h"

static const struct parse {
	const char *name;
	const char *text;
	int family;		/* 0: refused */
	const char *where;	/* path, or address */
	unsigned port;
} parse_table[] = {
	{ "unix", "unix:/run/x", AF_UNIX, "/run/x", 0 },
	{ "local", "local:/run/x", AF_UNIX, "/run/x", 0 },
	{ "path_alone", "/run/x", AF_UNIX, "/run/x", 0 },
	{ "inet", "inet:8891@127.0.0.1", AF_INET, "127.0.0.1", 8891 },
	{ "inet_localhost", "inet:8891@localhost", AF_INET, "127.0.0.1", 8891 },
	{ "inet6", "inet6:8891@::1", AF_INET6, "::1", 8891 },
	{ "inet6_localhost", "inet6:8891@localhost", AF_INET6, "::1", 8891 },
	{ "nothing", "", 0, NULL, 0 },
	{ "unix_without_path", "unix:", 0, NULL, 0 },
	{ "inet_without_host", "inet:8891", 0, NULL, 0 },
	{ "inet_with_empty_host", "inet:8891@", 0, NULL, 0 },
	{ "inet_without_port", "inet:@127.0.0.1", 0, NULL, 0 },
	{ "port_0", "inet:0@127.0.0.1", 0, NULL, 0 },
	{ "port_65536", "inet:65536@127.0.0.1", 0, NULL, 0 },
	{ "postfix_order", "inet:127.0.0.1:8891", 0, NULL, 0 },
	{ "unknown_family", "tcp:8891@127.0.0.1", 0, NULL, 0 },
};

static void check_parse(void **state)
{
	const struct parse *row = *state;
	struct dial dial;
	const struct sockaddr_in *in = (const struct sockaddr_in *)&dial.address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&dial.address;
	char text[INET6_ADDRSTRLEN];

	assert_int_equal(dial_parse(row->text, &dial), row->family == 0 ? -EINVAL : 0);
	if (row->family == 0)
		return;
	assert_int_equal(dial.address.ss_family, row->family);
	if (row->family == AF_UNIX) {
		assert_string_equal(((const struct sockaddr_un *)&dial.address)->sun_path, row->where);
		return;
	}
	assert_non_null(inet_ntop(row->family, row->family == AF_INET ? (const void *)&in->sin_addr : (const void *)&in6->sin6_addr,
				  text, sizeof(text)));
	assert_string_equal(text, row->where);
	assert_int_equal(ntohs(row->family == AF_INET ? in->sin_port : in6->sin6_port), row->port);
}

static void path_too_long_is_refused(void **state)
{
	char text[200] = "unix:/";
	struct dial dial;

	(void)state;
	memset(text + 6, 'x', sizeof(text) - 7);
	assert_int_equal(dial_parse(text, &dial), -EINVAL);
}

static void a_full_queue_is_told_from_nobody_there(void **state)
{
	char dir[] = "/tmp/octroi-dial-XXXXXX", text[64];
	struct dial dial;
	int listener, first, second, third;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(text, sizeof(text), "unix:%s/s", dir);
	assert_int_equal(dial_parse(text, &dial), 0);
	assert_int_equal(dial_connect(&dial, &first), -ENOENT);
	assert_int_equal(first, -1);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&dial.address, dial.len), 0);
	assert_int_equal(dial_connect(&dial, &first), -ECONNREFUSED);
	assert_int_equal(listen(listener, 0), 0);
	assert_int_equal(dial_connect(&dial, &second), 0);
	assert_int_equal(dial_connect(&dial, &third), -EAGAIN);
	assert_int_equal(third, -1);
	close(second);
	close(listener);
	unlink(text + 5);
	rmdir(dir);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, parse_table, check_parse);
	rows_add_one(&rows, "path_too_long_is_refused", path_too_long_is_refused, NULL);
	rows_add_one(&rows, "a_full_queue_is_told_from_nobody_there", a_full_queue_is_told_from_nobody_there, NULL);
	return rows_run(&rows, "dial");
}

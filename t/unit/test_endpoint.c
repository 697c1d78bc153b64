/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter/endpoint.h"

static struct endpoint inet(const char *address, unsigned port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct endpoint endpoint = { .len = sizeof(in) };

	assert_int_equal(inet_pton(AF_INET, address, &in.sin_addr), 1);
	memcpy(&endpoint.address, &in, sizeof(in));
	return endpoint;
}

static struct endpoint inet6(const char *address, unsigned port)
{
	struct sockaddr_in6 in = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	struct endpoint endpoint = { .len = sizeof(in) };

	assert_int_equal(inet_pton(AF_INET6, address, &in.sin6_addr), 1);
	memcpy(&endpoint.address, &in, sizeof(in));
	return endpoint;
}

static struct endpoint local(const char *path, size_t len)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct endpoint endpoint = { .len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len) };

	memcpy(un.sun_path, path, len);
	memcpy(&endpoint.address, &un, sizeof(un));
	return endpoint;
}

static const struct row {
	const char *name;
	int family;
	const char *address;
	size_t len;		/* of a path */
	const char *text;
	bool remote;
} rows[] = {
	{ "a_path", AF_UNIX, "/run/octroi.sock", 17, "unix:/run/octroi.sock", false },
	{ "the_longest_path", AF_UNIX,
	  "/23456789012345678901234567890123456789012345678901234567890"
	  "123456789012345678901234567890123456789012345678", 108,
	  "unix:/23456789012345678901234567890123456789012345678901234567890"
	  "123456789012345678901234567890123456789012345678", false },
	{ "an_abstract_name", AF_UNIX, "\00000abc", 6, "unix:@00abc", false },
	{ "an_unnamed_socket", AF_UNIX, "", 0, "unix:@", false },
	{ "loopback", AF_INET, "127.0.0.1", 0, "inet:8891@127.0.0.1", false },
	{ "all_of_loopback", AF_INET, "127.3.2.1", 0, "inet:8891@127.3.2.1", false },
	{ "a_network_address_MLT_14", AF_INET, "192.0.2.1", 0, "inet:8891@192.0.2.1", true },
	{ "the_wildcard_MLT_14", AF_INET, "0.0.0.0", 0, "inet:8891@0.0.0.0", true },
	{ "loopback_6", AF_INET6, "::1", 0, "inet6:8891@::1", false },
	{ "the_wildcard_6_MLT_14", AF_INET6, "::", 0, "inet6:8891@::", true },
	{ "a_network_address_6_MLT_14", AF_INET6, "2001:db8::1", 0, "inet6:8891@2001:db8::1", true },
};

static void check(void **state)
{
	const struct row *row = *state;
	char text[ENDPOINT_TEXT_MAX];
	struct endpoint endpoint = row->family == AF_UNIX ? local(row->address, row->len) :
				   row->family == AF_INET ? inet(row->address, 8891) : inet6(row->address, 8891);

	assert_string_equal(endpoint_format(&endpoint, text), row->text);
	assert_int_equal(endpoint_is_remote(&endpoint), row->remote);
}

static int listen_at(const struct endpoint *wanted, struct endpoint *ret_endpoint)
{
	int fd = socket(wanted->address.ss_family, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)(const void *)&wanted->address, wanted->len), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(endpoint_of(fd, ret_endpoint), 0);
	return fd;
}

/* What came in there is told from the listening socket, from our own end and from what came in elsewhere. */
static void check_accepted(const struct endpoint *wanted)
{
	struct endpoint here, there;
	int listening = listen_at(wanted, &here), other = listen_at(wanted, &there);
	int ours = endpoint_connect(&here), elsewhere = endpoint_connect(&there);
	int accepted = accept(listening, NULL, NULL), accepted_elsewhere = accept(other, NULL, NULL);

	assert_true(ours >= 0 && elsewhere >= 0 && accepted >= 0 && accepted_elsewhere >= 0);
	assert_true(endpoint_accepted(&here, accepted));
	assert_false(endpoint_accepted(&here, listening));
	assert_false(endpoint_accepted(&here, ours));
	assert_false(endpoint_accepted(&here, accepted_elsewhere));
	assert_false(endpoint_accepted(&here, STDERR_FILENO));
	assert_false(endpoint_accepted(&here, -1));
	(void)close(listening), (void)close(other), (void)close(ours), (void)close(elsewhere);
	(void)close(accepted), (void)close(accepted_elsewhere);
}

static void accepted_at_a_unix_socket(void **state)
{
	const struct endpoint any = local("", 0);

	(void)state;
	check_accepted(&any);
}

static void accepted_at_a_port(void **state)
{
	const struct endpoint any = inet("127.0.0.1", 0);

	(void)state;
	check_accepted(&any);
}

static void accepted_at_a_wildcard(void **state)
{
	const struct endpoint any = inet("0.0.0.0", 0);

	(void)state;
	check_accepted(&any);
}

static void connecting_never_waits(void **state)
{
	const struct endpoint any = local("", 0), nowhere = local("/nonexistent/socket", 20);
	struct endpoint here;
	int listening = listen_at(&any, &here), fds[16], n = 0, r;

	(void)state;
	while (n < 16 && (r = endpoint_connect(&here)) >= 0)
		fds[n++] = r;
	assert_int_equal(r, -EAGAIN);		/* the backlog is full */
	assert_int_equal(endpoint_connect(&nowhere), -ENOENT);
	while (n > 0)
		(void)close(fds[--n]);
	(void)close(listening);
	assert_int_equal(endpoint_connect(&here), -ECONNREFUSED);
}

int main(void)
{
	static struct rows tests;

	rows_add(&tests, rows, check);
	rows_add_one(&tests, "accepted_at_a_unix_socket", accepted_at_a_unix_socket, NULL);
	rows_add_one(&tests, "accepted_at_a_port", accepted_at_a_port, NULL);
	rows_add_one(&tests, "accepted_at_a_wildcard", accepted_at_a_wildcard, NULL);
	rows_add_one(&tests, "connecting_never_waits", connecting_never_waits, NULL);
	return rows_run(&tests, "endpoint");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include <errno.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter/drain.h"

static int listen_somewhere(struct endpoint *ret_endpoint)
{
	const struct sockaddr_un any = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_int_equal(bind(fd, (const struct sockaddr *)(const void *)&any, sizeof(any.sun_family)), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(endpoint_of(fd, ret_endpoint), 0);
	return fd;
}

static void sessions_are_counted(void **state)
{
	struct endpoint served;
	int listening = listen_somewhere(&served), ours[3], theirs[3];

	(void)state;
	assert_int_equal(drain_sessions(&served), 0);
	for (int i = 0; i < 3; i++) {
		ours[i] = endpoint_connect(&served);
		assert_int_equal(drain_sessions(&served), i);		/* it waits in the backlog: nobody's session yet */
		theirs[i] = accept(listening, NULL, NULL);
		assert_int_equal(drain_sessions(&served), i + 1);
	}
	(void)close(theirs[1]);
	assert_int_equal(drain_sessions(&served), 2);
	(void)close(ours[0]);
	assert_int_equal(drain_sessions(&served), 2);			/* the client has gone; we have not noticed */
	(void)close(theirs[0]), (void)close(theirs[2]), (void)close(ours[1]), (void)close(ours[2]);
	assert_int_equal(drain_sessions(&served), 0);
	(void)close(listening);
}

/* The socket lives on with whoever shares it; the descriptor leads to an idle one that nobody can name. */
static void the_socket_is_put_aside(void **state)
{
	struct endpoint served, idle, now;
	int listening = listen_somewhere(&served), shared = dup(listening), client;

	(void)state;
	assert_int_equal(drain_begin(listening, &idle), 0);
	client = endpoint_connect(&served);
	assert_true(client >= 0);
	assert_int_equal(accept(listening, NULL, NULL), -1);
	assert_int_equal(errno, EAGAIN);
	assert_true(accept(shared, NULL, NULL) >= 0);
	assert_int_equal(endpoint_of(listening, &now), 0);
	assert_int_equal(endpoint_connect(&now), -ENOENT);
	(void)close(client), (void)close(shared), (void)close(listening);
}

static void the_idle_one_is_reached_by_us(void **state)
{
	struct endpoint served, idle;
	int listening = listen_somewhere(&served), client, accepted;

	(void)state;
	assert_int_equal(drain_begin(listening, &idle), 0);
	client = endpoint_connect(&idle);
	assert_true(client >= 0);
	accepted = accept(listening, NULL, NULL);
	assert_true(accepted >= 0);
	assert_int_equal(drain_sessions(&served), 0);		/* a nudge is no session to wait for */
	(void)close(client), (void)close(accepted), (void)close(listening);
}

static void without_anybody_else_connections_are_refused(void **state)
{
	struct endpoint served, idle;
	int listening = listen_somewhere(&served);

	(void)state;
	assert_int_equal(drain_begin(listening, &idle), 0);
	assert_int_equal(endpoint_connect(&served), -ECONNREFUSED);
	(void)close(listening);
}

int main(void)
{
	static struct rows tests;

	rows_add_one(&tests, "sessions_are_counted", sessions_are_counted, NULL);
	rows_add_one(&tests, "the_socket_is_put_aside", the_socket_is_put_aside, NULL);
	rows_add_one(&tests, "the_idle_one_is_reached_by_us", the_idle_one_is_reached_by_us, NULL);
	rows_add_one(&tests, "without_anybody_else_connections_are_refused", without_anybody_else_connections_are_refused, NULL);
	return rows_run(&tests, "drain");
}

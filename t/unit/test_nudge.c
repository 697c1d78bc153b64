/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include <poll.h>
#include <stdatomic.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter/callbacks.h"
#include "milter/nudge.h"

/* In place of the real one. */
static atomic_uint oldest_ms;

unsigned callbacks_oldest_ms(void)
{
	return atomic_load(&oldest_ms);
}

unsigned callbacks_waiting(void)
{
	return 0;
}

static int listen_somewhere(struct endpoint *ret_endpoint)
{
	const struct sockaddr_un any = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (const struct sockaddr *)(const void *)&any, sizeof(any.sun_family)), 0);
	assert_int_equal(listen(fd, 100), 0);
	assert_int_equal(endpoint_of(fd, ret_endpoint), 0);
	return fd;
}

/* Takes a connection that must come, and sees that nothing but its end follows. */
static void expect_nudge(int listening)
{
	char byte;
	int fd = accept(listening, NULL, NULL);

	assert_true(fd >= 0);
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
	(void)close(fd);
}

static bool is_quiet(int listening, int ms)
{
	struct pollfd pollfd = { .fd = listening, .events = POLLIN };

	return poll(&pollfd, 1, ms) == 0;
}

/* Those that were made before it was seen that nothing waits any more. */
static void forget_nudges(int listening)
{
	while (!is_quiet(listening, 200))
		expect_nudge(listening);
}

static void only_while_a_callback_is_slow(void **state)
{
	struct endpoint first, second;
	int listening = listen_somewhere(&first), idle = listen_somewhere(&second);

	(void)state;
	assert_int_equal(nudge_start(&first), 0);
	assert_true(is_quiet(listening, 200));
	atomic_store(&oldest_ms, 20);
	assert_true(is_quiet(listening, 200));
	atomic_store(&oldest_ms, 21);
	for (int i = 0; i < 10; i++)
		expect_nudge(listening);
	nudge_redirect(&second);		/* a drain */
	for (int i = 0; i < 10; i++)
		expect_nudge(idle);
	forget_nudges(listening);
	atomic_store(&oldest_ms, 0);
	forget_nudges(idle);
	assert_true(is_quiet(idle, 200));
	(void)close(listening), (void)close(idle);
}

int main(void)
{
	static struct rows tests;

	rows_add_one(&tests, "only_while_a_callback_is_slow", only_while_a_callback_is_slow, NULL);
	return rows_run(&tests, "nudge");
}

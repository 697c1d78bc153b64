/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include <poll.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "milter/selftest.h"

#define ANSWER "O\0\0\0\6\0\0\0\1\0\0\0\0"
#define ANSWER_MAX 128

static const struct row {
	const char *name;
	char answer[ANSWER_MAX];
	size_t len;
	bool close;		/* the peer closes after it */
	enum selftest_state state;
} rows[] = {
	{ "a_negotiation_answered", "\0\0\0\15" ANSWER, 17, false, SELFTEST_PASSED },
	{ "answered_with_lists_of_macros", "\0\0\0\25" ANSWER "\0\0\0\2i j", 25, false, SELFTEST_PASSED },
	{ "closed_at_once", "", 0, true, SELFTEST_FAILED },
	{ "no_answer", "", 0, false, SELFTEST_RUNNING },
	{ "half_an_answer", "\0\0\0\15O\0\0", 7, false, SELFTEST_RUNNING },
	{ "half_an_answer_and_closed", "\0\0\0\15O\0\0", 7, true, SELFTEST_FAILED },
	{ "another_command", "\0\0\0\15c\0\0\0\6\0\0\0\1\0\0\0\0", 17, false, SELFTEST_FAILED },
	{ "too_short_to_be_one", "\0\0\0\1O", 5, false, SELFTEST_FAILED },
	{ "longer_than_any", "\377\377\377\377O", 5, false, SELFTEST_FAILED },
	{ "not_milter_at_all", "220 mail.example.org ESMTP\r\n", 28, false, SELFTEST_FAILED },
};

static int listen_somewhere(struct endpoint *ret_endpoint)
{
	const struct sockaddr_un any = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)(const void *)&any, sizeof(any.sun_family)), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(endpoint_of(fd, ret_endpoint), 0);
	return fd;
}

static void check(void **state)
{
	const struct row *row = *state;
	uint8_t question[64];
	struct endpoint endpoint;
	struct selftest selftest;
	int listening = listen_somewhere(&endpoint), peer;

	assert_int_equal(selftest_start(&selftest, &endpoint, UINT64_MAX), SELFTEST_RUNNING);
	assert_int_equal(selftest_events(&selftest), POLLOUT);
	assert_int_equal(selftest_step(&selftest), SELFTEST_RUNNING);
	assert_int_equal(selftest_events(&selftest), POLLIN);
	peer = accept(listening, NULL, NULL);
	assert_int_equal(recv(peer, question, sizeof(question), 0), 17);
	assert_memory_equal(question, "\0\0\0\15O\0\0\0\6\0\0\1\377\0\37\377\377", 17);
	assert_int_equal(send(peer, row->answer, row->len, 0), (ssize_t)row->len);
	if (row->close)
		assert_int_equal(shutdown(peer, SHUT_WR), 0);
	assert_int_equal(selftest_step(&selftest), row->state);
	assert_int_equal(selftest.fd >= 0, row->state == SELFTEST_RUNNING);
	if (row->state == SELFTEST_PASSED) {
		assert_int_equal(recv(peer, question, sizeof(question), 0), 5);
		assert_memory_equal(question, "\0\0\0\1Q", 5);
	}
	selftest_cancel(&selftest);
	(void)close(peer);
	(void)close(listening);
}

static void an_answer_in_single_bytes(void **state)
{
	static const char answer[] = "\0\0\0\15" ANSWER;
	struct endpoint endpoint;
	struct selftest selftest;
	int listening = listen_somewhere(&endpoint), peer;

	(void)state;
	assert_int_equal(selftest_start(&selftest, &endpoint, UINT64_MAX), SELFTEST_RUNNING);
	assert_int_equal(selftest_step(&selftest), SELFTEST_RUNNING);
	peer = accept(listening, NULL, NULL);
	for (size_t i = 0; i < 17; i++) {
		assert_int_equal(send(peer, answer + i, 1, 0), 1);
		assert_int_equal(selftest_step(&selftest), i == 16 ? SELFTEST_PASSED : SELFTEST_RUNNING);
	}
	(void)close(peer);
	(void)close(listening);
}

static void it_has_failed_at_its_deadline(void **state)
{
	struct endpoint endpoint;
	struct selftest selftest;
	int listening = listen_somewhere(&endpoint);

	(void)state;
	clock_freeze(1000, 1000);
	assert_int_equal(selftest_start(&selftest, &endpoint, 2000), SELFTEST_RUNNING);
	assert_int_equal(selftest_step(&selftest), SELFTEST_RUNNING);
	clock_freeze(1999, 1000);
	assert_int_equal(selftest_step(&selftest), SELFTEST_RUNNING);
	clock_freeze(2000, 1000);
	assert_int_equal(selftest_step(&selftest), SELFTEST_FAILED);
	assert_int_equal(selftest.fd, -1);
	clock_thaw();
	(void)close(listening);
}

static void nobody_listens(void **state)
{
	struct endpoint endpoint;
	struct selftest selftest;
	int listening = listen_somewhere(&endpoint);

	(void)state;
	(void)close(listening);
	assert_int_equal(selftest_start(&selftest, &endpoint, UINT64_MAX), SELFTEST_FAILED);
	assert_int_equal(selftest.fd, -1);
}

int main(void)
{
	static struct rows tests;

	rows_add(&tests, rows, check);
	rows_add_one(&tests, "an_answer_in_single_bytes", an_answer_in_single_bytes, NULL);
	rows_add_one(&tests, "it_has_failed_at_its_deadline", it_has_failed_at_its_deadline, NULL);
	rows_add_one(&tests, "nobody_listens", nobody_listens, NULL);
	return rows_run(&tests, "selftest");
}

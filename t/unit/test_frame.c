/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/isolate/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "t/unit/rows.h"

static struct frame sent, received;
static char letters[FRAME_MAX];

static uint64_t soon(void)
{
	return clock_monotonic_ms() + 5000;
}

static int count_open(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void put_numbers(struct frame *frame, size_t count)
{
	for (size_t i = 0; i < count; i++)
		frame_put_u64(frame, i * 0x0102030405060708ULL);
}

static void what_is_put_is_got_back(void **state)
{
	struct str binary = { "a\0b", 3 };

	(void)state;
	frame_start(&sent, 7);
	frame_put_u64(&sent, 0);
	frame_put_u64(&sent, UINT64_MAX);
	frame_put_str(&sent, binary);
	frame_put_str(&sent, (struct str){ NULL, 0 });
	assert_false(frame_done(&sent));
	assert_int_equal(frame_get_u64(&sent), 0);
	assert_int_equal(frame_get_u64(&sent), UINT64_MAX);
	assert_true(str_equal(frame_get_str(&sent), binary));
	assert_int_equal(frame_get_str(&sent).len, 0);
	assert_true(frame_done(&sent));
}

/* A frame of these bytes, read as numbers (n) and strings (s). */
static const struct read_row {
	const char *name, *bytes;
	size_t len;
	const char *reads;
	bool done;
} read_rows[] = {
	{ "nothing", "", 0, "", true },
	{ "a number", "\1\2\3\4\5\6\7\10", 8, "n", true },
	{ "a number cut short", "\1\2\3\4\5\6\7", 7, "n", false },
	{ "bytes left over", "\1\2\3\4\5\6\7\10\0", 9, "n", false },
	{ "an empty string", "\0\0\0\0", 4, "s", true },
	{ "a string", "\2\0\0\0ab", 6, "s", true },
	{ "a string longer than the frame", "\3\0\0\0ab", 6, "s", false },
	{ "a string of 4 GiB", "\377\377\377\377ab", 6, "s", false },
	{ "a length cut short", "\2\0\0", 3, "s", false },
	{ "a bad string, then what would fit", "\377\0\0\0\1\2\3\4\5\6\7\10", 12, "sn", false },
	{ "one number too many", "\1\2\3\4\5\6\7\10", 8, "nn", false },
};

static void check_read(void **state)
{
	const struct read_row *row = *state;

	frame_start(&received, 1);
	memcpy(received.data, row->bytes, row->len);
	received.len = row->len;
	for (const char *p = row->reads; *p != '\0'; p++) {
		bool was_bad = received.bad;

		if (*p == 'n')
			assert_true(frame_get_u64(&received) == 0 || !was_bad);
		else
			assert_true(frame_get_str(&received).len == 0 || !received.bad);
		assert_true(received.bad || !was_bad);
		assert_true(received.at <= received.len);
	}
	assert_int_equal(frame_done(&received), row->done);
}

static void writing_past_the_end_is_bad_and_stays_bad(void **state)
{
	(void)state;
	frame_start(&sent, 1);
	put_numbers(&sent, FRAME_MAX / 8);
	assert_false(sent.bad);
	assert_int_equal(sent.len, FRAME_MAX);
	frame_put_u64(&sent, 1);
	assert_true(sent.bad);
	sent.len = 0;
	frame_put_u64(&sent, 1);
	assert_true(sent.bad);
	frame_start(&sent, 1);
	frame_put_str(&sent, (struct str){ letters, FRAME_MAX - 3 });
	assert_true(sent.bad);
	frame_start(&sent, 1);
	frame_put_str(&sent, (struct str){ letters, FRAME_MAX - 4 });
	assert_false(sent.bad);
	frame_put_str(&sent, (struct str){ letters, SIZE_MAX });
	assert_true(sent.bad);
	assert_int_equal(frame_send(-1, &sent, NULL, 0, 0), -EMSGSIZE);
}

static int sockets[2];

/* What an earlier test left in the queue goes with its sockets. */
static void new_sockets(void)
{
	static bool had_some;

	for (int i = 0; had_some && i < 2; i++)
		(void)close(sockets[i]);
	assert_int_equal(frame_socketpair(sockets), 0);
	had_some = true;
}

static void the_largest_frame_crosses(void **state)
{
	(void)state;
	new_sockets();
	frame_start(&sent, 0xfedcba98);
	put_numbers(&sent, FRAME_MAX / 8);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(frame_send(sockets[0], &sent, NULL, 0, soon()), 0);
		assert_int_equal(frame_receive(sockets[1], &received, NULL, 0, soon()), 0);
		assert_int_equal(received.kind, 0xfedcba98);
		assert_int_equal(received.len, FRAME_MAX);
		assert_memory_equal(received.data, sent.data, FRAME_MAX);
	}
}

static void another_kind_can_be_sent(void **state)
{
	(void)state;
	new_sockets();
	frame_start(&sent, 1);
	assert_int_equal(frame_send_as(sockets[0], 2, &sent, NULL, 0, soon()), 0);
	assert_int_equal(frame_receive(sockets[1], &received, NULL, 0, UINT64_MAX), 0);
	assert_int_equal(received.kind, 2);
	assert_int_equal(received.len, 0);
	assert_true(frame_done(&received));
}

/* Packets that are no frames. */
static const struct packet_row {
	const char *name;
	size_t len;
	int expected;
} packet_rows[] = {
	{ "an empty packet is the end", 0, -EPIPE },
	{ "a packet of one byte", 1, -EBADMSG },
	{ "a packet of three bytes", 3, -EBADMSG },
	{ "a kind alone", 4, 0 },
	{ "the largest packet", 4 + FRAME_MAX, 0 },
	{ "one byte too many", 5 + FRAME_MAX, -EBADMSG },
	{ "twice the largest packet", (size_t)2 * FRAME_MAX, -EBADMSG },
};

static void check_packet(void **state)
{
	const struct packet_row *row = *state;
	static char packet[(size_t)2 * FRAME_MAX];

	new_sockets();
	assert_int_equal(send(sockets[0], packet, row->len, 0), row->len);
	assert_int_equal(frame_receive(sockets[1], &received, NULL, 0, soon()), row->expected);
	assert_int_equal(received.bad, row->expected != 0);
	assert_true(row->expected == 0 || (frame_get_u64(&received) == 0 && !frame_done(&received)));
}

static void descriptors_cross_and_are_close_on_exec(void **state)
{
	int fds[3] = { -2, -2, -2 };
	int out[2];

	(void)state;
	new_sockets();
	memcpy(out, sockets, sizeof(out));
	frame_start(&sent, 1);
	assert_int_equal(frame_send(sockets[0], &sent, out, 2, soon()), 0);
	assert_int_equal(frame_receive(sockets[1], &received, fds, 3, soon()), 0);
	assert_true(fds[0] >= 0 && fds[1] >= 0);
	assert_int_equal(fds[2], -1);
	assert_int_equal(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void descriptors_nobody_asked_for_are_closed(void **state)
{
	int out[4] = { 0, 0, 0, 0 };
	int fd, before;

	(void)state;
	new_sockets();
	before = count_open();
	frame_start(&sent, 1);
	assert_int_equal(frame_send(sockets[0], &sent, out, 3, soon()), 0);
	assert_int_equal(frame_receive(sockets[1], &received, &fd, 1, soon()), 0);
	assert_true(fd >= 0);
	assert_int_equal(count_open(), before + 1);
	(void)close(fd);
	assert_int_equal(frame_send(sockets[0], &sent, out, 3, soon()), 0);
	assert_int_equal(frame_receive(sockets[1], &received, NULL, 0, soon()), 0);
	assert_int_equal(count_open(), before);
	assert_int_equal(frame_send(sockets[0], &sent, out, 4, soon()), -EMSGSIZE);
}

/* As a cage that was taken over may. */
static void send_many_fds(size_t len)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * 64)];
	} control = { .bytes = { 0 } };
	char kind[4] = "\1\0\0";
	struct iovec iov = { .iov_base = kind, .iov_len = sizeof(kind) };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
				  .msg_controllen = CMSG_SPACE(sizeof(int) * len) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	*header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
				    .cmsg_len = CMSG_LEN(sizeof(int) * len) };
	for (size_t i = 0; i < len; i++)
		memcpy(CMSG_DATA(header) + i * sizeof(int), &sockets[0], sizeof(int));
	assert_int_equal(sendmsg(sockets[0], &message, 0), sizeof(kind));
}

static void too_many_descriptors_are_no_frame_and_none_stays_open(void **state)
{
	int fds[2] = { -2, -2 };
	int before;

	(void)state;
	new_sockets();
	before = count_open();
	send_many_fds(60);
	assert_int_equal(frame_receive(sockets[1], &received, fds, 2, soon()), -EBADMSG);
	assert_int_equal(fds[0], -1);
	assert_int_equal(fds[1], -1);
	assert_int_equal(count_open(), before);
}

static void a_peer_that_is_gone_is_epipe(void **state)
{
	(void)state;
	new_sockets();
	frame_start(&sent, 1);
	assert_int_equal(shutdown(sockets[1], SHUT_RDWR), 0);
	assert_int_equal(frame_send(sockets[0], &sent, NULL, 0, soon()), -EPIPE);
	assert_int_equal(frame_receive(sockets[0], &received, NULL, 0, UINT64_MAX), -EPIPE);
}

static void deadlines_are_kept_in_both_directions(void **state)
{
	int r;

	(void)state;
	new_sockets();
	assert_int_equal(frame_receive(sockets[1], &received, NULL, 0, clock_monotonic_ms() + 5), -ETIMEDOUT);
	assert_int_equal(frame_receive(sockets[1], &received, NULL, 0, 0), -ETIMEDOUT);
	frame_start(&sent, 1);
	put_numbers(&sent, FRAME_MAX / 8);
	while ((r = frame_send(sockets[0], &sent, NULL, 0, clock_monotonic_ms() + 5)) == 0)
		;
	assert_int_equal(r, -ETIMEDOUT);
	assert_int_equal(frame_receive(sockets[1], &received, NULL, 0, 0), 0);
}

int main(void)
{
	static struct rows rows;

#define ADD(test) rows_add_one(&rows, #test, test, NULL)
	ADD(what_is_put_is_got_back);
	rows_add(&rows, read_rows, check_read);
	ADD(writing_past_the_end_is_bad_and_stays_bad);
	ADD(the_largest_frame_crosses);
	ADD(another_kind_can_be_sent);
	rows_add(&rows, packet_rows, check_packet);
	ADD(descriptors_cross_and_are_close_on_exec);
	ADD(descriptors_nobody_asked_for_are_closed);
	ADD(too_many_descriptors_are_no_frame_and_none_stays_open);
	ADD(a_peer_that_is_gone_is_epipe);
	ADD(deadlines_are_kept_in_both_directions);
	return rows_run(&rows, "frame");
}

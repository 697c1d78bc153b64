/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_frame.c - a packet from a cage that was taken over: the first byte says how it is read, the rest is the packet. */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "milter/isolate/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct frame frame;
static volatile unsigned sum;	/* every byte is really read */

static void check(bool condition)
{
	if (!condition)
		abort();
}

/* Reads numbers and strings in the order of the bits of how. What is read lies inside, and bad stays bad. */
static void read_all(unsigned how)
{
	const char *start = (const char *)frame.data;

	for (int i = 0; i < 64; i++) {
		bool was_bad = frame.bad;
		struct str text = { start, 0 };

		if ((how >> (i % 8) & 1) != 0)
			check(frame_get_u64(&frame) == 0 || !frame.bad);
		else
			text = frame_get_str(&frame);
		check(frame.bad || !was_bad);
		check(text.len == 0 || (!frame.bad && text.p >= start && text.p + text.len <= start + frame.len));
		for (size_t j = 0; j < text.len; j++)
			sum += (unsigned char)text.p[j];
		check(frame.at <= frame.len && frame.len <= FRAME_MAX);
	}
	check(!frame.bad || !frame_done(&frame));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int sockets[2];
	int fds[2];

	if (sockets[1] == 0)
		check(frame_socketpair(sockets) == 0);
	if (size == 0 || send(sockets[0], data + 1, size - 1, MSG_DONTWAIT) < 0)
		return 0;
	if (frame_receive(sockets[1], &frame, fds, 2, 0) < 0)
		check(frame.bad && !frame_done(&frame));
	else
		check(frame.len + 4 == size - 1);
	read_all(data[0]);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/selftest.h"

#include <errno.h>
#include <libmilter/mfdef.h>
#include <poll.h>
#include <string.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"

enum {
	HEAD_BYTES = 5,
	ANSWER_MAX = 4096,	/* versions, flags and the lists of macros */
};

/* All that an MTA can offer: libmilter keeps one table of states for all sessions and edits it by what is negotiated, so
 * this session must not look different from those of the MTA. */
static const uint8_t negotiation[] = {
	0, 0, 0, 13, SMFIC_OPTNEG,
	0, 0, 0, 6,
	0, 0, 0x01, 0xff,	/* every SMFIF_ action */
	0, 0x1f, 0xff, 0xff,	/* every SMFIP_ step */
};
static const uint8_t farewell[] = { 0, 0, 0, 1, SMFIC_QUIT };

static enum selftest_state finish(struct selftest *selftest, enum selftest_state state)
{
	selftest->fd = close_fd(selftest->fd);
	return state;
}

enum selftest_state selftest_start(struct selftest *selftest, const struct endpoint *endpoint, uint64_t deadline_ms)
{
	*selftest = (struct selftest){ .fd = endpoint_connect(endpoint), .deadline_ms = deadline_ms };
	if (selftest->fd < 0) {
		selftest->fd = -1;
		return SELFTEST_FAILED;
	}
	return SELFTEST_RUNNING;
}

short selftest_events(const struct selftest *selftest)
{
	return selftest->asked ? POLLIN : POLLOUT;
}

static uint32_t answer_bytes(const struct selftest *selftest)
{
	return ((uint32_t)selftest->head[0] << 24 | (uint32_t)selftest->head[1] << 16 |
		(uint32_t)selftest->head[2] << 8 | selftest->head[3]) + 4;
}

/* Takes up to the whole answer; 1: complete and an answer to a negotiation, 0: more must come, else an errno. */
static int read_answer(struct selftest *selftest)
{
	uint8_t rest[ANSWER_MAX];
	ssize_t n;

	while (selftest->got < HEAD_BYTES) {
		n = recv(selftest->fd, selftest->head + selftest->got, HEAD_BYTES - selftest->got, MSG_DONTWAIT);
		if (n <= 0)
			return n == 0 ? -EPIPE : -errno;
		selftest->got += (size_t)n;
	}
	if (selftest->head[4] != SMFIC_OPTNEG || answer_bytes(selftest) > ANSWER_MAX || answer_bytes(selftest) < 17)
		return -EPROTO;
	while (selftest->got < answer_bytes(selftest)) {
		n = recv(selftest->fd, rest, answer_bytes(selftest) - selftest->got, MSG_DONTWAIT);
		if (n <= 0)
			return n == 0 ? -EPIPE : -errno;
		selftest->got += (size_t)n;
	}
	return 1;
}

enum selftest_state selftest_step(struct selftest *selftest)
{
	int r;

	if (!selftest->asked) {
		if (send(selftest->fd, negotiation, sizeof(negotiation), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
			selftest->asked = true;
		else if (errno != EAGAIN)
			return finish(selftest, SELFTEST_FAILED);
	} else {
		r = read_answer(selftest);
		if (r == 1) {
			(void)send(selftest->fd, farewell, sizeof(farewell), MSG_DONTWAIT | MSG_NOSIGNAL);
			return finish(selftest, SELFTEST_PASSED);
		}
		if (r != -EAGAIN)
			return finish(selftest, SELFTEST_FAILED);
	}
	if (clock_left_ms(selftest->deadline_ms) == 0)
		return finish(selftest, SELFTEST_FAILED);
	return SELFTEST_RUNNING;
}

void selftest_cancel(struct selftest *selftest)
{
	selftest->fd = close_fd(selftest->fd);
}

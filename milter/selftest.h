/* SPDX-License-Identifier: GPL-2.0-or-later */
/* selftest.h - are sessions served? A negotiation with our own socket, as an MTA begins one; never waits. */
#ifndef OCTROI_SELFTEST_H
#define OCTROI_SELFTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "milter/endpoint.h"

struct selftest {
	int fd;			/* -1: none is running */
	uint64_t deadline_ms;
	bool asked;
	size_t got;		/* bytes of the answer so far */
	uint8_t head[5];	/* length and command of the answer */
};

enum selftest_state { SELFTEST_RUNNING, SELFTEST_PASSED, SELFTEST_FAILED };

/* Begins one; it has failed at deadline_ms (monotonic). Poll fd for selftest_events and call selftest_step then. */
enum selftest_state selftest_start(struct selftest *selftest, const struct endpoint *endpoint, uint64_t deadline_ms);
short selftest_events(const struct selftest *selftest);

/* To be called when fd is ready and at the deadline. When it has passed or failed, fd is -1 again. */
enum selftest_state selftest_step(struct selftest *selftest);

void selftest_cancel(struct selftest *selftest);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/clock.h"
#include "milter/base/log.h"
#include "milter/manager.h"
#include "milter/supervisor_state.h"

enum {
	EVERY_MS = 10000,	/* where no watchdog says how often */
	ANSWER_MS = 5000,
	FAILURES_MAX = 3,	/* in a row; then the filter is taken for hung */
};

void health_start(struct supervisor *supervisor)
{
	supervisor->watchdog_ms = manager_watchdog_ms();
	supervisor->selftest_every_ms = supervisor->watchdog_ms > 0 ? supervisor->watchdog_ms / 3 : EVERY_MS;
	supervisor->selftest_at_ms = clock_monotonic_ms() + supervisor->selftest_every_ms;
	supervisor->selftest.fd = -1;
}

static void failed(struct supervisor *supervisor)
{
	const struct child *filter = child_find(supervisor->children, CHILD_FILTER, CHILD_SERVING);

	log_warning("a session with our own socket was not answered (%u of %d)", ++supervisor->selftest_failures,
		    FAILURES_MAX);
	if (supervisor->selftest_failures < FAILURES_MAX || filter == NULL)
		return;
	supervisor->selftest_failures = 0;
	log_error("filter %ld does not answer: killed", (long)filter->pid);
	child_kill(filter);
}

static void take_state(struct supervisor *supervisor, enum selftest_state state)
{
	if (state == SELFTEST_FAILED) {
		failed(supervisor);
	} else if (state == SELFTEST_PASSED) {
		supervisor->selftest_failures = 0;
		manager_watchdog();
	}
}

void health_event(struct supervisor *supervisor)
{
	if (supervisor->selftest.fd >= 0)
		take_state(supervisor, selftest_step(&supervisor->selftest));
}

void health_due(struct supervisor *supervisor, uint64_t now_ms)
{
	uint64_t answer_ms = earlier(supervisor->selftest_every_ms, ANSWER_MS);

	if (supervisor->selftest.fd >= 0 && now_ms >= supervisor->selftest.deadline_ms)
		health_event(supervisor);
	if (now_ms < supervisor->selftest_at_ms)
		return;
	supervisor->selftest_at_ms = now_ms + supervisor->selftest_every_ms;
	if (supervisor->stopping)
		manager_watchdog();	/* nothing accepts any more; that we count the sessions down is the life there is */
	else if (supervisor->selftest.fd < 0 && child_find(supervisor->children, CHILD_FILTER, CHILD_SERVING) != NULL)
		take_state(supervisor, selftest_start(&supervisor->selftest, &supervisor->listener.endpoint,
						      now_ms + answer_ms));
}

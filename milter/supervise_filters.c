/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "milter/base/clock.h"
#include "milter/base/log.h"
#include "milter/filter.h"
#include "milter/settings.h"
#include "milter/supervisor_state.h"

enum {
	START_MS = 60000,	/* for a filter to report */
	SEND_MS = 1000,		/* for a frame to go into the socket of a child that reads */
	FORK_RETRY_MS = 1000,
};

struct start {
	struct supervisor *supervisor;
	const struct conf *conf;
};

static void run_filter(int control, void *arg)
{
	const struct start *start = arg;

	supervisor_close_in_child(start->supervisor, true);
	filter_run(&(struct filter_args){ .conf = start->conf, .listen_fd = LISTENER_FD, .control = control,
					  .config_file = start->supervisor->config_file, .state = &start->supervisor->state });
}

int filters_start(struct supervisor *supervisor, const struct conf *conf, uint64_t configuration)
{
	struct start start = { supervisor, conf };
	struct child *child = child_start(&supervisor->children, CHILD_FILTER, run_filter, &start);

	if (child == NULL) {
		int r = -errno;

		log_error("cannot start a filter: %s", strerror(-r));
		return r;
	}
	child->configuration = configuration;
	child->kill_at_ms = clock_monotonic_ms() + START_MS;
	return 0;
}

static void tell_drain(struct child *child, uint64_t drain_ms)
{
	struct frame frame;
	uint64_t now_ms = clock_monotonic_ms();
	int r;

	frame_start(&frame, FILTER_DRAIN);
	frame_put_u64(&frame, drain_ms);
	child->state = CHILD_LEAVING;
	child->kill_at_ms = now_ms + drain_ms + STOP_GRACE_MS;
	r = frame_send(child->control, &frame, NULL, 0, now_ms + SEND_MS);
	if (r == 0)
		return;
	log_error("filter %ld does not listen to us (%s): killed", (long)child->pid, strerror(-r));
	child_kill(child);
}

/* It takes over: new connections are its own from the moment the others have put their socket aside. */
static void filter_ready(struct supervisor *supervisor, struct child *ready)
{
	uint64_t drain_ms;

	if (ready->state != CHILD_STARTING)
		return;
	supervisor->filter_was_ready = true;
	ready->state = CHILD_SERVING;
	ready->kill_at_ms = NEVER;
	if (ready->configuration > supervisor->configuration)
		supervisor_reload_done(supervisor, true);
	drain_ms = settings_of(supervisor->conf)->drain_ms;
	for (struct child *child = supervisor->children; child != NULL; child = child->next)
		if (child->kind == CHILD_FILTER && child->state == CHILD_SERVING &&
		    (child != ready || child->configuration < supervisor->configuration))
			tell_drain(child, drain_ms);
	zygotes_connect(supervisor, ready);
	supervisor_tell_ready(supervisor);
}

/* Until those before have put their socket aside, a new connection may still be theirs: a reload is not over yet. */
bool filters_hand_over(const struct supervisor *supervisor)
{
	for (const struct child *child = supervisor->children; child != NULL; child = child->next)
		if (child->kind == CHILD_FILTER && child->configuration < supervisor->configuration && !child->aside)
			return true;
	return false;
}

void filters_frame(struct supervisor *supervisor, struct child *child, struct frame *frame)
{
	struct str reason;

	if (frame->kind == FILTER_READY) {
		filter_ready(supervisor, child);
	} else if (frame->kind == FILTER_ASIDE) {
		child->aside = true;
		if (!supervisor->ready_sent)
			supervisor_tell_ready(supervisor);
	} else if (frame->kind == FILTER_FAILED) {
		reason = frame_get_str(frame);
		(void)snprintf(child->reason, sizeof(child->reason), "%.*s", (int)reason.len, reason.p);
		log_error("filter %ld cannot start: %s", (long)child->pid, child->reason);
	}
}

static void schedule_restart(struct supervisor *supervisor)
{
	uint64_t now_ms = clock_monotonic_ms();
	unsigned wait_ms = backoff_crash(&supervisor->filter_backoff, now_ms);

	if (wait_ms > 0)
		log_error("filters keep ending: the next one starts in %u s", wait_ms / 1000);
	supervisor->filter_retry_at_ms = now_ms + wait_ms;
}

static bool has_filter(const struct supervisor *supervisor)
{
	return child_find(supervisor->children, CHILD_FILTER, CHILD_SERVING) != NULL ||
	       child_find(supervisor->children, CHILD_FILTER, CHILD_STARTING) != NULL;
}

void filters_ended(struct supervisor *supervisor, const struct child *child, bool clean, const char *how)
{
	if (!clean || child->state != CHILD_LEAVING)
		log_error("filter %ld %s", (long)child->pid, how);
	zygotes_retire_unused(supervisor);
	if (!supervisor->ready_sent)
		supervisor_tell_ready(supervisor);
	if (supervisor->stopping || child->state == CHILD_LEAVING)
		return;
	if (child->configuration > supervisor->configuration)
		supervisor_reload_done(supervisor, false);
	if (!supervisor->filter_was_ready && child->reason[0] != '\0')
		/* It said what is wrong, and trying again would not change that: better a service that does not start. */
		supervisor_stop(supervisor, EXIT_FAILURE);
	else if (!has_filter(supervisor))
		schedule_restart(supervisor);
}

void filters_due(struct supervisor *supervisor, uint64_t now_ms)
{
	if (now_ms < supervisor->filter_retry_at_ms)
		return;
	supervisor->filter_retry_at_ms = NEVER;
	if (!has_filter(supervisor) && filters_start(supervisor, supervisor->conf, supervisor->configuration) < 0)
		supervisor->filter_retry_at_ms = now_ms + FORK_RETRY_MS;
}

void filters_stop(struct supervisor *supervisor)
{
	uint64_t stop_ms = settings_of(supervisor->conf)->stop_ms;
	uint64_t latest = clock_monotonic_ms() + stop_ms + STOP_GRACE_MS;

	supervisor->filter_retry_at_ms = NEVER;
	for (struct child *child = supervisor->children; child != NULL; child = child->next)
		if (child->kind == CHILD_FILTER && (child->state != CHILD_LEAVING || child->kill_at_ms > latest))
			tell_drain(child, stop_ms);
}

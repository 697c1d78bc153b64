/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/base/log.h"
#include "milter/filter.h"
#include "milter/isolate/zygote.h"
#include "milter/settings.h"
#include "milter/supervisor_state.h"

enum {
	LOAD_MS = 600000,	/* for a large database on a slow machine */
	LEAVE_MS = 15000,	/* it waits for its examiners for ten seconds */
	RETRY_MS = 30000,	/* after one that failed: a missing database may have come */
	SEND_MS = 1000,
	STATUS_MAX = 200,
};

static void run_zygote(int control, void *arg)
{
	struct supervisor *supervisor = arg;
	const struct examiner_settings *examiners = settings_examiners(supervisor->conf);

	supervisor_close_in_child(supervisor, false);
	state_close(&supervisor->state);	/* what a cage cannot reach nobody can write to from there */
	zygote_run(control, &(struct zygote_settings){ .conf = supervisor->conf, .scratch = supervisor->scratch,
						       .scratch_bytes = examiners->scratch_bytes,
						       .memory_bytes = examiners->memory_bytes });
}

/* A file system in memory, since what examiners write lives for one scan. */
void zygotes_choose_scratch(struct supervisor *supervisor)
{
	static const char *const templates[] = { "/dev/shm/octroi-XXXXXX", "/tmp/octroi-XXXXXX" };
	const char *chosen = settings_examiners(supervisor->conf)->scratch, *runtime = getenv("RUNTIME_DIRECTORY");

	if (*chosen != '\0' || (runtime != NULL && strchr(runtime, ':') == NULL)) {
		(void)snprintf(supervisor->scratch, sizeof(supervisor->scratch), "%s%s", *chosen != '\0' ? chosen : runtime,
			       *chosen != '\0' ? "" : "/scratch");
		return;
	}
	for (size_t i = 0; i < sizeof(templates) / sizeof(*templates) && !supervisor->scratch_is_ours; i++) {
		(void)snprintf(supervisor->scratch, sizeof(supervisor->scratch), "%s", templates[i]);
		supervisor->scratch_is_ours = mkdtemp(supervisor->scratch) != NULL;
	}
	if (!supervisor->scratch_is_ours)
		log_error("no directory for temporary files can be made in /dev/shm or /tmp: set examiners.scratch");
}

static void start(struct supervisor *supervisor)
{
	uint64_t now_ms = clock_monotonic_ms();
	struct child *child;

	/* Before it loads: what changes while it does is a change. */
	database_watch_start(&supervisor->database, settings_watched_directory(supervisor->conf));
	supervisor->zygote_again = false;
	supervisor->zygote_retry_at_ms = NEVER;
	child = child_start(&supervisor->children, CHILD_ZYGOTE, run_zygote, supervisor);
	if (child == NULL) {
		log_error("cannot start a zygote: %s", strerror(errno));
		supervisor->zygote_retry_at_ms = now_ms + RETRY_MS;
		return;
	}
	child->kill_at_ms = now_ms + LOAD_MS;
	child->configuration = supervisor->configuration;
	child->zygote = ++supervisor->zygotes_started;
}

/* Closing its control is what tells a zygote to end; examiners that it has made go on until their filter lets them go.
 * One that is loading has none yet, and would notice late. */
static void dismiss(struct child *child)
{
	if (child->state == CHILD_STARTING)
		child_kill(child);
	child->control = close_fd(child->control);
	child->state = CHILD_LEAVING;
	child->kill_at_ms = earlier(child->kill_at_ms, clock_monotonic_ms() + LEAVE_MS);
}

static bool is_used(const struct supervisor *supervisor, const struct child *zygote)
{
	for (const struct child *child = supervisor->children; child != NULL; child = child->next)
		if (child->kind == CHILD_FILTER && child->zygote == zygote->zygote)
			return true;
	return false;
}

/* One that does not serve any more stays while a filter that drains has no other. */
void zygotes_retire_unused(struct supervisor *supervisor)
{
	for (struct child *child = supervisor->children; child != NULL; child = child->next)
		if (child->kind == CHILD_ZYGOTE && child->state == CHILD_LEAVING && child->control >= 0 &&
		    !is_used(supervisor, child))
			dismiss(child);
}

static void retire(struct supervisor *supervisor, struct child *zygote)
{
	zygote->state = CHILD_LEAVING;
	zygotes_retire_unused(supervisor);
}

void zygotes_reload(struct supervisor *supervisor)
{
	struct child *loading = child_find(supervisor->children, CHILD_ZYGOTE, CHILD_STARTING);
	struct child *serving = child_find(supervisor->children, CHILD_ZYGOTE, CHILD_SERVING);

	if (supervisor->stopping)
		return;
	if (settings_need_cage(supervisor->conf)) {
		/* Never a third engine in memory: one that is loading finishes first, and is replaced then. */
		supervisor->zygote_again = loading != NULL;
		if (loading == NULL)
			start(supervisor);
		return;
	}
	supervisor->zygote_again = false;
	supervisor->zygote_retry_at_ms = NEVER;
	database_watch_start(&supervisor->database, NULL);
	if (loading != NULL)
		dismiss(loading);
	if (serving != NULL)
		retire(supervisor, serving);
}

static int connect_pair(const struct child *zygote, const struct child *filter, const int pair[2])
{
	uint64_t deadline_ms = clock_monotonic_ms() + SEND_MS;
	struct frame frame;
	int r;

	frame_start(&frame, ZYGOTE_CHANNEL);
	r = frame_send(zygote->control, &frame, &pair[0], 1, deadline_ms);
	if (r < 0)
		return r;
	frame_start(&frame, FILTER_ZYGOTE);
	return frame_send(filter->control, &frame, &pair[1], 1, deadline_ms);
}

/* Mail need not wait for an examiner that will not come. */
static void tell_none(const struct child *filter)
{
	struct frame frame;

	frame_start(&frame, FILTER_ZYGOTE);
	(void)frame_send(filter->control, &frame, NULL, 0, clock_monotonic_ms() + SEND_MS);
}

void zygotes_connect(struct supervisor *supervisor, struct child *filter)
{
	struct child *zygote = child_find(supervisor->children, CHILD_ZYGOTE, CHILD_SERVING);
	int pair[2], r;

	if (filter->state == CHILD_STARTING)
		return;
	if (zygote == NULL && supervisor->zygote_failed)
		tell_none(filter);
	if (zygote == NULL)
		return;
	r = frame_socketpair(pair);
	if (r == 0) {
		r = connect_pair(zygote, filter, pair);
		(void)close_fd(pair[0]);
		(void)close_fd(pair[1]);
	}
	if (r < 0)
		log_error("filter %ld and zygote %ld cannot be connected: %s", (long)filter->pid, (long)zygote->pid,
			  strerror(-r));
	else
		filter->zygote = zygote->zygote;
}

static void keep_text(char *text, size_t size, struct str value)
{
	(void)snprintf(text, size, "%.*s", (int)value.len, value.p);
}

static void zygote_ready(struct supervisor *supervisor, struct child *ready, struct frame *frame)
{
	struct child *old = child_find(supervisor->children, CHILD_ZYGOTE, CHILD_SERVING);
	char layers[STATUS_MAX];

	if (ready->state != CHILD_STARTING)
		return;
	keep_text(supervisor->zygote_status, STATUS_MAX, frame_get_str(frame));
	keep_text(layers, sizeof(layers), frame_get_str(frame));
	log_notice("zygote %ld serves: %s; sandbox: %s", (long)ready->pid, supervisor->zygote_status, layers);
	ready->state = CHILD_SERVING;
	ready->kill_at_ms = NEVER;
	supervisor->zygote_failed = false;
	if (old != NULL)
		old->state = CHILD_LEAVING;
	for (struct child *child = supervisor->children; child != NULL; child = child->next)
		if (child->kind == CHILD_FILTER)
			zygotes_connect(supervisor, child);
	zygotes_retire_unused(supervisor);
	supervisor->zygote_reported = true;
	supervisor_tell_ready(supervisor);
	if (supervisor->zygote_again)
		start(supervisor);
}

void zygotes_frame(struct supervisor *supervisor, struct child *child, struct frame *frame)
{
	if (frame->kind == ZYGOTE_READY)
		zygote_ready(supervisor, child, frame);
	else if (frame->kind == ZYGOTE_FAILED)
		keep_text(child->reason, sizeof(child->reason), frame_get_str(frame));
}

static void load_failed(struct supervisor *supervisor, const struct child *child, const char *how)
{
	const char *why = child->reason[0] != '\0' ? child->reason : how;

	supervisor->zygote_reported = true;
	if (child_find(supervisor->children, CHILD_ZYGOTE, CHILD_SERVING) != NULL) {
		log_error("zygote %ld could not load: %s; the one before goes on serving", (long)child->pid, why);
	} else {
		(void)snprintf(supervisor->zygote_status, sizeof(supervisor->zygote_status), "%.*s", STATUS_MAX, why);
		log_error("NOTHING CAN BE SCANNED, such mail is deferred: zygote %ld could not load: %s; next try in %d s",
			  (long)child->pid, why, RETRY_MS / 1000);
		supervisor->zygote_retry_at_ms = clock_monotonic_ms() + RETRY_MS;
		supervisor->zygote_failed = true;
		for (struct child *filter = supervisor->children; filter != NULL; filter = filter->next)
			if (filter->kind == CHILD_FILTER)
				zygotes_connect(supervisor, filter);
	}
	supervisor_tell_ready(supervisor);
	if (supervisor->zygote_again)
		start(supervisor);
}

static void serving_ended(struct supervisor *supervisor, const struct child *child, const char *how)
{
	uint64_t now_ms = clock_monotonic_ms();
	unsigned wait_ms = backoff_crash(&supervisor->zygote_backoff, now_ms);

	supervisor->zygote_status[0] = '\0';
	log_error("zygote %ld %s; the next one starts in %u s", (long)child->pid, how, wait_ms / 1000);
	if (child_find(supervisor->children, CHILD_ZYGOTE, CHILD_STARTING) == NULL)
		supervisor->zygote_retry_at_ms = now_ms + wait_ms;
}

void zygotes_ended(struct supervisor *supervisor, const struct child *child, const char *how)
{
	if (supervisor->stopping || child->state == CHILD_LEAVING)
		return;
	if (child->state == CHILD_STARTING)
		load_failed(supervisor, child, how);
	else
		serving_ended(supervisor, child, how);
}

void zygotes_due(struct supervisor *supervisor, uint64_t now_ms)
{
	if (now_ms >= supervisor->zygote_retry_at_ms) {
		supervisor->zygote_retry_at_ms = NEVER;
		zygotes_reload(supervisor);
	}
	if (now_ms < supervisor->database_look_at_ms)
		return;
	supervisor->database_look_at_ms = now_ms + DATABASE_WATCH_MS;
	if (database_watch_changed(&supervisor->database)) {
		log_notice("the database in %s has changed: a new zygote loads it", supervisor->database.directory);
		zygotes_reload(supervisor);
	}
}

void zygotes_stop(struct supervisor *supervisor)
{
	supervisor->zygote_retry_at_ms = NEVER;
	for (struct child *child = supervisor->children; child != NULL; child = child->next)
		if (child->kind == CHILD_ZYGOTE && child->control >= 0)
			dismiss(child);
}

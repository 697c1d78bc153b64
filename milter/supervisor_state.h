/* SPDX-License-Identifier: GPL-2.0-or-later */
/* supervisor_state.h - what the parts of the supervisor share: its loop (supervisor.c), what it does for filters
 * (supervise_filters.c), for zygotes (supervise_zygotes.c), and the self-test (supervise_health.c). */
#ifndef OCTROI_SUPERVISOR_STATE_H
#define OCTROI_SUPERVISOR_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "milter/backoff.h"
#include "milter/child.h"
#include "milter/database_watch.h"
#include "milter/isolate/frame.h"
#include "milter/listener.h"
#include "milter/state.h"
#include "milter/selftest.h"

#define NEVER UINT64_MAX

enum {
	STOP_GRACE_MS = 2000,		/* a filter ends by itself at its bound; it is killed when it is so much late */
};

struct supervisor {
	const char *config_file;
	struct conf *conf;		/* what new processes are started with */
	uint64_t configuration;		/* its number */
	struct conf *next_conf;		/* a reload (number configuration + 1): its first filter is starting; or NULL */
	bool reload_again;		/* SIGHUP came meanwhile */
	struct listener listener;
	struct state state;
	struct child *children;
	int signals;			/* signalfd */

	struct backoff filter_backoff;
	uint64_t filter_retry_at_ms;	/* NEVER: none is due */
	bool filter_was_ready;		/* once; until then a filter that cannot start ends the program */

	char scratch[256];
	bool scratch_is_ours;
	uint64_t zygotes_started;	/* gives each its number */
	struct backoff zygote_backoff;
	uint64_t zygote_retry_at_ms;
	bool zygote_reported;		/* ready or failed, once */
	bool zygote_failed;		/* the last that was loaded, and none serves */
	bool zygote_again;		/* what is loading is out of date already */
	char zygote_status[256];	/* "" or what the one that serves said */
	struct database_watch database;
	uint64_t database_look_at_ms;

	struct selftest selftest;
	uint64_t selftest_at_ms;
	unsigned selftest_failures;	/* in a row */
	uint64_t selftest_every_ms;
	uint64_t watchdog_ms;		/* 0: nobody watches */

	bool ready_sent;
	bool stopping;
	int status;			/* exit status */
};

static inline uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* supervise_filters.c */
int filters_start(struct supervisor *supervisor, const struct conf *conf, uint64_t configuration);
void filters_frame(struct supervisor *supervisor, struct child *child, struct frame *frame);
void filters_ended(struct supervisor *supervisor, const struct child *child, bool clean, const char *how);
bool filters_hand_over(const struct supervisor *supervisor);
void filters_due(struct supervisor *supervisor, uint64_t now_ms);
void filters_stop(struct supervisor *supervisor);

/* supervise_zygotes.c */
void zygotes_choose_scratch(struct supervisor *supervisor);
void zygotes_reload(struct supervisor *supervisor);	/* starts one, beside one that serves; ends all when none is needed */
void zygotes_connect(struct supervisor *supervisor, struct child *filter);
void zygotes_frame(struct supervisor *supervisor, struct child *child, struct frame *frame);
void zygotes_ended(struct supervisor *supervisor, const struct child *child, const char *how);
void zygotes_due(struct supervisor *supervisor, uint64_t now_ms);
void zygotes_retire_unused(struct supervisor *supervisor);
void zygotes_stop(struct supervisor *supervisor);

/* supervise_health.c */
void health_start(struct supervisor *supervisor);
void health_event(struct supervisor *supervisor);
void health_due(struct supervisor *supervisor, uint64_t now_ms);

/* supervisor.c */
void supervisor_tell_ready(struct supervisor *supervisor);	/* the service manager, when all parts have reported */
void supervisor_reload_done(struct supervisor *supervisor, bool taken);
void supervisor_stop(struct supervisor *supervisor, int status);
void supervisor_close_in_child(struct supervisor *supervisor, bool keep_listener);

#endif

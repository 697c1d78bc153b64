/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status.h - what a running filter says about itself: state.directory/status.json, written anew every 5 s on a thread of its own. A filter that is
 * being put aside says it in status.PID.json, which it removes at its end. */
#ifndef OCTROI_STATUS_H
#define OCTROI_STATUS_H

#include "milter/lookup/journal.h"
#include "milter/lookup/resolver.h"
#include "milter/model/rule.h"

struct pool;

#define STATUS_EVERY_MS 5000u
#define STATUS_STALE_MS 20000u	/* whoever has not written for so long does not run, or hangs */

struct status_settings {
	const char *directory;		/* state.directory */
	const char *host;		/* authserv_id */
	const char *config_file;	/* NULL: the defaults */
	const char *configuration;	/* its name in the journal, or "" */
	struct journal *journal;	/* NULL: there is none */
	struct resolver *resolver;	/* NULL likewise */
	struct pool *pool;		/* NULL: nothing needs a cage */
	unsigned spare;			/* examiners that should be ready */
};

/* Starts the thread, with all signals blocked; everything settings name must live until status_stop. Looks at the same time whether the journal is
 * written, the DNS answers and examiners are ready (events_degraded). directory NULL: that alone. Returns 0 or a negative errno. */
int status_start(const struct status_settings *settings);

/* Another filter has taken over. */
void status_draining(void);

/* Writes no more; what status_start was given is not used afterwards. A filter that was put aside leaves no file, one that served says that it has
 * ended. */
void status_stop(void);

/* A message got this verdict. Any thread; also before status_start. */
void status_count(enum action action);

/* A recipient, or a session before MAIL, was refused. */
void status_count_refused(void);

/* One look at everything and one file: what the thread does. For tests. */
int status_write(const struct status_settings *settings);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* events.h - what an administrator should hear of: a line in the log, an entry of the journal and, if urgent, a mail. */
#ifndef OCTROI_EVENTS_H
#define OCTROI_EVENTS_H

#include "milter/alert_settings.h"
#include "milter/lookup/journal.h"
#include "milter/model/event.h"

struct seen;

struct events_settings {
	const struct alert_settings *alert;	/* NULL: no mails */
	struct journal *journal;		/* NULL: lines alone */
	struct seen *seen;			/* remembers what was mailed; NULL: until the end of the process */
	const char *directory;			/* state.directory; NULL: there is none */
	const char *configuration;		/* its name in the journal, or "" */
	const char *host;			/* authserv_id */
};

/* Once, in the filter; everything it names must live as long as the process. What happens before is only logged. */
void events_open(const struct events_settings *settings);

/* For services->happened. Copies and returns; any thread. An urgent event is written about once for each (event, about) in alert.again. */
void events_happened(const struct event *event);

/* Something that must work does not (journal, zygote, resolver ...), or does again: an event "degraded" or "recovered" when that is new, and
 * nothing when it is known. why: in words. what is a constant. Any thread. */
void events_degraded(const char *what, bool is_degraded, const char *why);

/* What does not work now. Returns how many, at most max. */
struct events_degradation {
	const char *what;
	int64_t since_ms;	/* wall clock */
	char why[160];
};
unsigned events_read_degraded(struct events_degradation *ret_items, unsigned max);

/* Mails that wait to be sent. */
unsigned events_waiting(void);

/* Gives mails that nobody had time to send yet that long. Before the end of the process. */
void events_close(unsigned wait_ms);

#endif

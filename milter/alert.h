/* SPDX-License-Identifier: GPL-2.0-or-later */
/* alert.h - mails to the administrator: one thread sends them, and nobody waits for it. */
#ifndef OCTROI_ALERT_H
#define OCTROI_ALERT_H

#include "milter/alert_settings.h"
#include "milter/model/event.h"

#define ALERT_QUEUE_MAX 100	/* mails that wait: one event to one address */

struct alert_options {
	const struct alert_settings *settings;	/* it, and the strings below, must outlive the alert */
	const char *host;			/* authserv_id */
	const char *directory;			/* of the journal; NULL: there is none */
	unsigned retry_first_ms, retry_max_ms, give_up_ms;	/* 0: 30 s, then twice as long each time up to 30 min, for a day */
	void (*failed)(const struct event *event, void *arg);	/* it is given up for good; on the thread; may be NULL */
	void *failed_arg;
};

struct alert;

/* Starts the thread, with all signals blocked. NULL when there is nobody to write to (errno 0), or no thread (errno). */
struct alert *alert_open(const struct alert_options *options);

/* Copies and returns. id is that of the event. Returns whether there was room; when there was none, that is logged. */
bool alert_put(struct alert *alert, const struct event *event, const char *id);

/* Mails that wait. */
unsigned alert_waiting(struct alert *alert);

/* Waits at most wait_ms for those that wait to be sent; what is left is lost, and logged. NULL is allowed. */
void alert_close(struct alert *alert, unsigned wait_ms);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event.h - something an administrator should hear of, which is no single message's: for the log, the journal and, if urgent, a mail. */
#ifndef OCTROI_MODEL_EVENT_H
#define OCTROI_MODEL_EVENT_H

#include <stdbool.h>

struct event {
	const char *event;	/* one word: "alert", "hold", "listed", "unlisted", "degraded" ... (journal.h) */
	const char *about;	/* "login:bob", "client:192.0.2.1", "address:192.0.2.9" */
	const char *text;	/* the evidence, in words, in one line */
	bool urgent;		/* goes to alert.to, too: once for each (event, about) in alert.again */
};

#endif

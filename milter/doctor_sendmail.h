/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_sendmail.h - what a sendmail.cf says, as far as octroi doctor asks: the program has no postconf, and its lines are simple. */
#ifndef OCTROI_DOCTOR_SENDMAIL_H
#define OCTROI_DOCTOR_SENDMAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "milter/base/arena.h"
#include "milter/base/str.h"

/* X lines: Xoctroi, S=local:/path, F=T, T=S:10s;R:10s */
struct sendmail_filter {
	const char *name, *socket, *flags, *timeouts;	/* "" when not written */
};

struct sendmail {
	bool is_there;
	const char *problem;		/* NULL: it was read */
	const char *file;
	const char *text;		/* of sendmail.cf */
	const char *mc;			/* of the .mc beside it, NULL: there is none */
	const char *access;		/* of the access table's source beside it, NULL: there is none */
	struct sendmail_filter *filters;
	size_t filters_len;
};

void sendmail_read(struct arena *arena, const char *text, struct sendmail *ret_sendmail);
void sendmail_gather(struct arena *arena, const char *file, struct sendmail *ret_sendmail);

/* The value of "O Name=value", NULL when it is not set. Of several lines the next one after *line (NULL at the start), which is moved on. */
const char *sendmail_option(struct arena *arena, const struct sendmail *sendmail, const char *name, const char **line);

/* Was the configuration made with FEATURE(`name')? As the .mc says, else the ids that the m4 files leave in the .cf. */
bool sendmail_has_feature(const struct sendmail *sendmail, const char *name);

/* "R" of "S:10s;R:30s;E:5m" in milliseconds; the default of Sendmail (C:5m S:10s R:10s E:5m) when it is not written; UINT64_MAX: unreadable. */
uint64_t sendmail_timeout_ms(const struct sendmail_filter *filter, char letter);

#endif

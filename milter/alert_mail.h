/* SPDX-License-Identifier: GPL-2.0-or-later */
/* alert_mail.h - the mail about an event: plain ASCII, nothing in it that a mail program would act upon, and nothing that answers it. */
#ifndef OCTROI_ALERT_MAIL_H
#define OCTROI_ALERT_MAIL_H

#include <stdint.h>

#include "milter/base/arena.h"

struct alert_facts {
	const char *id;			/* of the event: octroi explain ID */
	const char *event, *about, *text;
	int64_t time_ms;		/* wall clock */
	const char *host;		/* authserv_id */
	const char *from, *to;		/* addresses */
	const char *more;		/* lines that follow the text, or "" */
};

/* Header and body with LF, into arena. What strangers may have chosen (about, text, more) gets there as printable ASCII: other bytes are \xHH. */
const char *alert_mail(struct arena *arena, const struct alert_facts *facts);

#endif

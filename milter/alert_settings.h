/* SPDX-License-Identifier: GPL-2.0-or-later */
/* alert_settings.h - section "alert" of milter.conf: who is written to when something urgent happens. */
#ifndef OCTROI_ALERT_SETTINGS_H
#define OCTROI_ALERT_SETTINGS_H

#include "conf/option.h"

struct alert_server {
	char host[256];		/* a name or an address */
	char port[6];
};

struct alert_settings {			/* section "alert" */
	struct conf_list to;		/* addresses; empty: nobody */
	const char *from;		/* "": octroi@ and authserv_id */
	struct alert_server through;
	uint64_t again_ms;		/* before the same about the same is written again */
};
extern const struct option_section alert_section;

/* "127.0.0.1:25", "mail.example.com", "[2001:db8::1]:587". Returns 0 or -EINVAL. */
int alert_server_parse(const char *text, struct alert_server *ret_server);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rate_settings.h - sections rate of milter.conf: how much one login, client, author ... may send. */
#ifndef OCTROI_SCANNERS_RATE_SETTINGS_H
#define OCTROI_SCANNERS_RATE_SETTINGS_H

#include "conf/conf.h"
#include "milter/lookup/rate.h"
#include "milter/model/rule.h"

enum rate_per { RATE_LOGIN, RATE_CLIENT, RATE_SENDER, RATE_FROM, RATE_RECIPIENT, RATE_RECIPIENT_DOMAIN };
enum rate_of { RATE_MESSAGES, RATE_RECIPIENTS };

struct rate_settings {
	const char *title;
	int per;		/* enum rate_per */
	int of;			/* enum rate_of */
	struct rate limit;
	struct conf_list directions, except;
	struct rule on_exceeded;
};

extern const struct option_section rate_section;

/* For which it counts: SCANNER_IN(...) joined with |. */
unsigned rate_settings_directions(const struct rate_settings *settings);

#endif

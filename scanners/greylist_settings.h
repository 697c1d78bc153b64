/* SPDX-License-Identifier: GPL-2.0-or-later */
/* greylist_settings.h - section greylist of milter.conf. */
#ifndef OCTROI_SCANNERS_GREYLIST_SETTINGS_H
#define OCTROI_SCANNERS_GREYLIST_SETTINGS_H

#include "conf/conf.h"
#include "milter/model/rule.h"

struct greylist_settings {
	bool enabled;
	uint64_t delay_ms, retry_within_ms, keep_ms;
	uint64_t correspondents_ms;
	bool null_sender;
	struct conf_list clients, senders, recipients;	/* of exceptions */
	struct rule on_greylisted;
};

extern const struct option_section greylist_section;

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relay_settings.h - section relay of milter.conf: who may send to domains that are not ours. */
#ifndef OCTROI_SCANNERS_RELAY_SETTINGS_H
#define OCTROI_SCANNERS_RELAY_SETTINGS_H

#include "conf/conf.h"
#include "milter/lookup/rate.h"

struct relay_settings {
	bool authenticated;
};

struct grant_settings {
	const char *title;
	struct conf_list clients, senders, recipients;
	struct rate rate;
	uint64_t expires_ms;	/* wall clock, the end of the day that was named; 0: never */
	const char *expires;	/* the same as written */
	const char *owner;
};

struct certificate_settings {
	const char *title;
	const char *subject;
	const char *issuer;
};

extern const struct option_section relay_section, grant_section, certificate_section;

#endif

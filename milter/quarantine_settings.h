/* SPDX-License-Identifier: GPL-2.0-or-later */
/* quarantine_settings.h - section "quarantine" of milter.conf. */
#ifndef OCTROI_QUARANTINE_SETTINGS_H
#define OCTROI_QUARANTINE_SETTINGS_H

#include "conf/conf.h"

enum quarantine_where { QUARANTINE_MTA, QUARANTINE_OWN };

struct quarantine_settings {		/* section "quarantine" */
	int where;			/* enum quarantine_where */
	uint64_t keep_ms;
	uint64_t size_bytes;		/* of all that is held */
	const char *sendmail;
};
extern const struct option_section quarantine_section;

const struct quarantine_settings *quarantine_settings_of(const struct conf *conf);

/* Adds the errors that only a look at several sections can find. */
void quarantine_settings_check(struct conf *conf);

#endif

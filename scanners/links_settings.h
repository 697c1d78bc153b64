/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links_settings.h - section links of milter.conf, and its sections list "zone". */
#ifndef OCTROI_SCANNERS_LINKS_SETTINGS_H
#define OCTROI_SCANNERS_LINKS_SETTINGS_H

#include "conf/conf.h"
#include "milter/base/arena.h"
#include "milter/model/rule.h"

struct links_settings {
	bool enabled;
	struct conf_list trusted;
	uint64_t max_hosts;
	struct rule on_display_mismatch;
};

struct links_list_settings {
	const char *title;
	bool enabled;
	const char *zone;		/* "": the title */
	struct conf_list codes, refusal_codes;
	const char *text;
	bool txt, self_test;
	uint64_t max_listed_percent;
	struct rule on_listed, on_error;
};

extern const struct option_section links_section, links_list_section;

/* Does anybody want to know the hosts of links? */
bool links_settings_wanted(const struct conf *conf);

/* The zone as it is asked: normalised (domain.h). A section that was loaded has one. */
const char *links_settings_zone(struct arena *arena, const struct links_list_settings *settings);

#endif

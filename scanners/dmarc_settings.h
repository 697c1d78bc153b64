/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dmarc_settings.h - section dmarc of milter.conf. */
#ifndef OCTROI_SCANNERS_DMARC_SETTINGS_H
#define OCTROI_SCANNERS_DMARC_SETTINGS_H

#include "milter/model/rule.h"

/* What comes of a message, from the best to the worst: of several authors the worst counts. */
enum dmarc_outcome {
	DMARC_PASS,
	DMARC_NO_POLICY,
	DMARC_UNSURE,		/* a temperror, but there would be nothing to enforce */
	DMARC_FAIL_NONE,
	DMARC_PERMERROR,
	DMARC_FAIL_QUARANTINE,
	DMARC_TEMPERROR,
	DMARC_FAIL_REJECT,
	DMARC_MANY_AUTHORS,
	DMARC_OUTCOMES
};

struct dmarc_settings {
	bool enabled;
	int method;		/* enum dmarc_method */
	const char *suffix_list;
	struct conf_list exempt_domains, exempt_clients, exempt_lists;
	struct rule rules[DMARC_OUTCOMES];	/* that of DMARC_UNSURE has no row: accept */
};

extern const struct option_section dmarc_section;

#endif

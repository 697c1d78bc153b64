/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reputation_settings.h - section "reputation" of milter.conf. */
#ifndef OCTROI_REPUTATION_SETTINGS_H
#define OCTROI_REPUTATION_SETTINGS_H

#include "conf/conf.h"
#include "scanners/dnsbl_settings.h"

struct reputation_settings {
	struct conf_list addresses, domains;	/* our own, as others see them */
	struct conf_list lists;			/* titles of sections dnsbl; empty: those that are asked about mail */
	uint64_t every_ms;
};

extern const struct option_section reputation_section;

/* Is this section dnsbl one of those that we look ourselves up in? Not an allow list: to stand there is good. */
bool reputation_wants(const struct reputation_settings *settings, const struct dnsbl_settings *list);

/* A title in lists that no section dnsbl has, or NULL. */
const char *reputation_unknown(const struct conf *conf, const struct reputation_settings *settings);

#endif

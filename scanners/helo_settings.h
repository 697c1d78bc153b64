/* SPDX-License-Identifier: GPL-2.0-or-later */
/* helo_settings.h - section helo of milter.conf. */
#ifndef OCTROI_SCANNERS_HELO_SETTINGS_H
#define OCTROI_SCANNERS_HELO_SETTINGS_H

#include "milter/model/rule.h"

struct helo_settings {
	bool enabled;
	struct conf_list trusted;
	struct rule on_missing, on_malformed, on_unqualified, on_literal, on_own, on_unresolvable, on_temperror;
};

extern const struct option_section helo_section;

#endif

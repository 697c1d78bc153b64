/* SPDX-License-Identifier: GPL-2.0-or-later */
/* content_settings.h - section content of milter.conf. */
#ifndef OCTROI_SCANNERS_CONTENT_SETTINGS_H
#define OCTROI_SCANNERS_CONTENT_SETTINGS_H

#include "milter/model/rule.h"
#include "milter/unpack/unpack.h"

struct content_settings {
	bool enabled;
	struct unpack_limits limits;
	struct conf_list ambiguities_allowed;
	struct rule on_ambiguous;
	struct rule on_limit[UNPACK_LIMITS];
	struct rule on_error, on_poison;
};

extern const struct option_section content_section;

/* Bits 1 << AMBIGUITY_... of ambiguities_allowed. */
uint64_t content_settings_allowed(const struct content_settings *settings);

#endif

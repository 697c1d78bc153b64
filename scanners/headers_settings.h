/* SPDX-License-Identifier: GPL-2.0-or-later */
/* headers_settings.h - section headers of milter.conf. */
#ifndef OCTROI_SCANNERS_HEADERS_SETTINGS_H
#define OCTROI_SCANNERS_HEADERS_SETTINGS_H

#include "milter/model/rule.h"

struct headers_settings {
	bool enabled;
	uint64_t max_received;
	struct rule on_from_missing, on_from_multiple, on_from_authors, on_from_ambiguous, on_from_malformed;
	struct rule on_display_address, on_display_own;
	struct rule on_duplicate, on_duplicate_mime, on_odd_name, on_nul, on_loop;
};

extern const struct option_section headers_section;

#endif

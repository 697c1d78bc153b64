/* SPDX-License-Identifier: GPL-2.0-or-later */
/* antivirus_settings.h - section antivirus of milter.conf. */
#ifndef OCTROI_SCANNERS_ANTIVIRUS_SETTINGS_H
#define OCTROI_SCANNERS_ANTIVIRUS_SETTINGS_H

#include "milter/model/rule.h"

struct antivirus_settings {
	bool enabled;
	const char *database;		/* a directory */
	bool official_only;
	uint64_t timeout_ms;
	uint64_t max_scan_bytes;	/* all that is unpacked from one message */
	uint64_t max_file_bytes;	/* the message and each thing found in it */
	uint64_t max_html_bytes;
	uint64_t max_recursion;
	uint64_t max_files;
	struct rule on_infected, on_unscannable, on_error, on_poison;
};

extern const struct option antivirus_options[];
extern const struct option_section antivirus_section;

#endif

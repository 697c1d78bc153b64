/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkim_settings.h - section dkim of milter.conf. */
#ifndef OCTROI_SCANNERS_DKIM_SETTINGS_H
#define OCTROI_SCANNERS_DKIM_SETTINGS_H

#include "milter/model/rule.h"

enum dkim_outcome {
	DKIM_PASS,
	DKIM_FAIL,
	DKIM_NEUTRAL,		/* does not verify, but its key is in test mode (t=y) */
	DKIM_POLICY,		/* not looked into: nothing that we accept */
	DKIM_PARTIAL,		/* verifies, but l= ends before the body does */
	DKIM_UNCOVERED,		/* verifies, but there are more fields of a name than it signs */
	DKIM_TEMPERROR,
	DKIM_PERMERROR,
	DKIM_NONE,		/* no signature at all */
	DKIM_TOO_MANY,		/* signatures beyond max_signatures */
	DKIM_OUTCOMES
};

struct dkim_settings {
	bool enabled;
	uint64_t max_signatures;
	uint64_t min_key_bits;
	uint64_t timeout_ms;		/* of the job in the cage */
	struct rule rules[DKIM_OUTCOMES];
};

#define DKIM_MAX_KEY_BITS 4096		/* what more costs is the verifier's (RFC 8301 3.2) */

extern const struct option_section dkim_section;

#endif

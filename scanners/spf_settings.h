/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spf_settings.h - section spf of milter.conf. */
#ifndef OCTROI_SCANNERS_SPF_SETTINGS_H
#define OCTROI_SCANNERS_SPF_SETTINGS_H

#include "milter/lookup/spf_evaluate.h"
#include "milter/model/rule.h"

enum spf_evaluator { SPF_BUILTIN, SPF_LIBSPF2 };
enum spf_identity { SPF_MAILFROM, SPF_HELO };

#define SPF_RESULTS (SPF_PERMERROR + 1)

struct spf_settings {
	bool enabled;
	int evaluator;
	uint64_t timeout_ms;
	uint64_t max_questions;
	bool explain;
	struct conf_list trusted;
	struct rule rules[2][SPF_RESULTS];	/* by identity and result */
};

extern const struct option_section spf_section;

#endif

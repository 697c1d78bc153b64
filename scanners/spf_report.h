/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spf_report.h - what is told about an identity that was judged: a finding, a result for Authentication-Results, a Received-SPF. */
#ifndef OCTROI_SCANNERS_SPF_REPORT_H
#define OCTROI_SCANNERS_SPF_REPORT_H

#include "milter/model/scanner.h"
#include "scanners/spf_settings.h"

struct spf_report {
	enum spf_identity identity;		/* whose outcomes count */
	bool by_helo;				/* the name that was judged is the HELO name: of a null sender, too */
	struct ip client;
	const char *helo;
	const char *name;			/* the domain that was judged */
	const struct spf_answer *answer;	/* of SPF_NONE .problem, if any, says why there was nothing to judge */
};

extern const struct outcome spf_outcomes[];

void spf_report_add(struct scan *scan, const struct spf_report *report);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dmarc_report.h - what is told about a message that was judged: a finding, a result for Authentication-Results, facts for reports. */
#ifndef OCTROI_SCANNERS_DMARC_REPORT_H
#define OCTROI_SCANNERS_DMARC_REPORT_H

#include "milter/lookup/dmarc_judge.h"
#include "milter/model/scanner.h"
#include "scanners/dmarc_authors.h"
#include "scanners/dmarc_exempt.h"

extern const struct outcome dmarc_outcomes[];

/* What an aggregate report says about one message (RFC 9990), besides message->identities. Lives as long as the message. */
struct dmarc_facts {
	enum dmarc_outcome outcome;
	const struct dmarc_judgement *judgement;	/* of the author that decided: policy, record, alignment; NULL: of none */
	const char *problem;				/* of DMARC_PERMERROR and DMARC_MANY_AUTHORS; else NULL */
	struct dmarc_exemption exemption;		/* the reason why the policy was not enforced; .option NULL: none */
	const char *disposition;			/* none, quarantine or reject (an action for RFC 9990), or defer: what dmarc alone calls for */
};

/* Chooses what decides. A judgement for each author. */
struct dmarc_facts dmarc_facts_find(struct scan *scan, const struct dmarc_authors *authors, const struct dmarc_judgement *judgements,
				    const struct dmarc_exemptions *exemptions, const struct psl *psl);

/* One line, "header_from=... domain=... p=reject sp=none ...": what a journal keeps for reports. */
const char *dmarc_facts_text(struct arena *arena, const struct dmarc_facts *facts);

void dmarc_report_add(struct scan *scan, const struct dmarc_facts *facts);

#endif

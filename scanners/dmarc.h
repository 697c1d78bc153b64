/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dmarc.h - what the scanner dmarc keeps of a message, for a journal. */
#ifndef OCTROI_SCANNERS_DMARC_H
#define OCTROI_SCANNERS_DMARC_H

#include "scanners/dmarc_report.h"

struct dmarc_message {
	struct dmarc_authors authors;
	bool ready;			/* authors were read */
	struct dmarc_facts facts;	/* after its report; else .disposition is NULL */
};

#endif

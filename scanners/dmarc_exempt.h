/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dmarc_exempt.h - whose mail is taken although DMARC fails, as milter.conf says. */
#ifndef OCTROI_SCANNERS_DMARC_EXEMPT_H
#define OCTROI_SCANNERS_DMARC_EXEMPT_H

#include "milter/lookup/psl.h"
#include "milter/model/scanner.h"
#include "scanners/dmarc_settings.h"

struct dmarc_exemptions;

/* Lives in arena. */
const struct dmarc_exemptions *dmarc_exemptions_new(struct arena *arena, const struct dmarc_settings *settings);

struct dmarc_exemption {
	const char *option;	/* "exempt_lists"; NULL: there is none */
	const char *entry;	/* of that option */
	const char *reported;	/* what RFC 9990 calls it */
};

/* That for every author of the message: by its client, or its list. Reads message->identities. */
struct dmarc_exemption dmarc_exemption_find(struct scan *scan, const struct dmarc_exemptions *exemptions, const struct psl *psl);

/* That for one author. */
struct dmarc_exemption dmarc_exemption_find_domain(const struct dmarc_exemptions *exemptions, const char *author);

#endif

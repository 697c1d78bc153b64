/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dmarc_authors.h - whose domains a message may claim to be from, for DMARC (RFC 9989 section 5.3.1; threats HDR-06 to HDR-08). */
#ifndef OCTROI_SCANNERS_DMARC_AUTHORS_H
#define OCTROI_SCANNERS_DMARC_AUTHORS_H

#include "milter/lookup/dmarc_judge.h"
#include "milter/model/message.h"

struct dmarc_authors {
	const char *domains[DMARC_AUTHORS_MAX];	/* each once, normalised */
	size_t len;
	bool too_many;		/* there are more, or more than anybody reads */
	const char *problem;	/* why it is not certain that these are the authors, and no others; NULL: it is. A constant */
};

/* Reads all From fields. Where programs may find different authors every domain is there that any of them finds. A field that is outside the
 * grammar, but in which every program finds the same domain (authors.h: AUTHORS_MALFORMED), is as good as another. Strings live in arena. */
void dmarc_authors_read(struct arena *arena, const struct message *message, struct dmarc_authors *ret_authors);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status_facts.h - what octroi status shows: the filters, who is held, where we are listed, what did not work lately. */
#ifndef OCTROI_STATUS_FACTS_H
#define OCTROI_STATUS_FACTS_H

#include <jansson.h>
#include <stdio.h>

#include "milter/lookup/holds.h"
#include "milter/lookup/listings.h"
#include "milter/show.h"
#include "milter/suspects.h"

struct status_moment {
	int64_t time_ms;
	const char *event, *about, *note;
};

struct status_facts {
	int64_t now_ms;
	const char *directory;
	json_t *filters;		/* of status_read.h */
	struct hold *holds;		/* freed ones among them */
	int holds_len;
	struct listing *listings;
	int listings_len;
	struct status_moment *moments;	/* degraded, recovered, listed ..., the newest first */
	size_t moments_len;
	const char *moments_problem;	/* why the journal cannot tell; NULL: it can */
	struct suspect *suspects;	/* looked for when we are listed */
	int suspects_len;
};

/* Does a filter serve, and everything work? */
bool status_is_good(const struct status_facts *facts);

void status_print(FILE *out, const struct show *show, const struct status_facts *facts);
void status_print_json(FILE *out, struct arena *arena, const struct status_facts *facts);

#endif

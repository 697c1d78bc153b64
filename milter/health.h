/* SPDX-License-Identifier: GPL-2.0-or-later */
/* health.h - does what a filter needs still work: judged from counters that are looked at now and then, told by events_degraded. */
#ifndef OCTROI_HEALTH_H
#define OCTROI_HEALTH_H

#include "milter/isolate/pool.h"
#include "milter/lookup/journal.h"
#include "milter/lookup/resolver.h"

/* All zeros at first. */
struct health {
	uint64_t answered, timeouts;	/* of the resolver, at the last look */
	unsigned silent, bare;		/* looks in a row: nothing but timeouts; no examiner */
};

/* Is it written? */
void health_journal(const struct journal_stats *stats);

/* Does the DNS answer? Two looks in a row with timeouts alone say no; a look without questions says nothing. */
void health_resolver(struct health *health, const struct resolver_stats *stats);

/* Are there examiners? Twelve looks in a row without one say no: signatures take a while to load. */
void health_examiners(struct health *health, const struct pool_stats *stats);

#endif

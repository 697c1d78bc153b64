/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/health.h"

#include <string.h>

#include "milter/events.h"

enum {
	TIMEOUTS_MIN = 5,	/* one dead name server of a stranger is not our trouble */
	SILENT_LOOKS = 2,
	BARE_LOOKS = 12,
};

void health_journal(const struct journal_stats *stats)
{
	events_degraded("journal", stats->error < 0, stats->error < 0 ? strerror(-stats->error) : "");
}

void health_resolver(struct health *health, const struct resolver_stats *stats)
{
	uint64_t answered = stats->found + stats->nothing, timeouts = stats->timeouts - health->timeouts;

	if (answered > health->answered) {
		health->silent = 0;
		events_degraded("resolver", false, "");
	} else if (timeouts >= TIMEOUTS_MIN && ++health->silent >= SILENT_LOOKS) {
		events_degraded("resolver", true, "the DNS does not answer: what needs it ends with temperror");
	}
	health->answered = answered;
	health->timeouts = stats->timeouts;
}

void health_examiners(struct health *health, const struct pool_stats *stats)
{
	if (stats->idle + stats->busy > 0) {
		health->bare = 0;
		events_degraded("examiners", false, "");
	} else if (++health->bare >= BARE_LOOKS) {
		events_degraded("examiners", true, "no examiner is ready: content cannot be looked into");
	}
}

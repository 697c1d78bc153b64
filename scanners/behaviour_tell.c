/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Once, at the first recipient that makes it so: the MTA may not say for a while that a transaction is over. The sync to the disk is waited for in the session
 * of the one who is suspended. */
#include <string.h>

#include "milter/lookup/holds.h"
#include "scanners/behaviour_internal.h"
#include "scanners/behaviour_text.h"

static void write_hold(const struct scan *scan, const struct behaviour_subject *subject, uint64_t now_ms, uint64_t until_ms, const char *evidence)
{
	struct hold hold = {
		.kind = subject->kind == PROFILE_LOGIN ? HOLD_LOGIN : HOLD_CLIENT,
		.subject = subject->name,
		.since_ms = (int64_t)now_ms,
		.until_ms = (int64_t)until_ms,
		.by = "behaviour",
		.because = evidence,
	};
	int r;

	if (scan->services->state == NULL)
		return;		/* it is in the profile, which is enough for this filter */
	r = holds_add(arena_printf(scan->arena, "%s/holds", scan->services->state), &hold);
	if (r < 0 && scan->services->tell != NULL)
		scan->services->tell(arena_printf(scan->arena, "behaviour: %s cannot be written to the file of holds: %s",
						  behaviour_about(scan->arena, subject), strerror(-r)));
}

void behaviour_tell(const struct scan *scan, const struct behaviour_subject *subject, const struct behaviour_standing *standing,
		    uint64_t now_ms)
{
	const char *evidence = behaviour_evidence(scan->arena, &standing->judgement), *done = "on the step slow";
	struct event event = { .event = "alert", .about = behaviour_about(scan->arena, subject), .urgent = true };

	if (standing->until_ms > 0) {
		write_hold(scan, subject, now_ms, standing->until_ms, evidence);
		event.event = "hold";
		done = arena_printf(scan->arena, "suspended until %s", behaviour_time(scan->arena, standing->until_ms));
	} else if (standing->step >= STEP_HOLD) {
		done = standing->step == STEP_HOLD ? "on the step hold" : "on the step suspended";
	}
	event.text = arena_printf(scan->arena, "%s: %s", done, evidence);
	if (scan->services->happened != NULL)
		scan->services->happened(&event);
}

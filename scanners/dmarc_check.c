/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dmarc_check.h"

#include "milter/base/clock.h"

/* For each author a walk and whether it exists, and walks for what honest mail has of identities. What is asked beyond that could not be told:
 * a message with many signatures must not make us flood somebody's name servers. */
#define QUESTIONS_MAX (DMARC_AUTHORS_MAX * (DMARC_WALK_MAX + 1) + 10 * DMARC_WALK_MAX)

struct dmarc_check {
	struct pursuit *pursuit;	/* owns this struct */
	struct dmarc_rules rules;
	struct dmarc_case dmarc_case;
};

static bool step(struct pursuit *pursuit, void *state)
{
	struct dmarc_check *check = state;

	return dmarc_case_judge(&check->dmarc_case, &check->rules, pursuit_ask, pursuit) == 0;
}

struct dmarc_check *dmarc_check_start(struct resolver *resolver, const struct dmarc_rules *rules, const struct dmarc_case *dmarc_case)
{
	const uint64_t time_ms = 2 * resolver_settings_of(resolver)->timeout_ms;
	struct pursuit *pursuit = pursuit_new(resolver, clock_monotonic_ms() + time_ms, QUESTIONS_MAX);
	struct dmarc_check *check = arena_new_of(pursuit_arena(pursuit), struct dmarc_check);

	*check = (struct dmarc_check){ .pursuit = pursuit, .rules = *rules, .dmarc_case = *dmarc_case };
	pursuit_start(pursuit, step, check);
	return check;
}

const struct dmarc_judgement *dmarc_check_finish(struct dmarc_check *check, void (*progress)(void *arg), void *progress_arg)
{
	if (!pursuit_done(check->pursuit))
		(void)pursuit_wait(check->pursuit, UINT64_MAX, progress, progress_arg);
	return check->dmarc_case.judgements;
}

void dmarc_check_drop(void *check)
{
	if (check != NULL)
		pursuit_drop(((struct dmarc_check *)check)->pursuit);
}

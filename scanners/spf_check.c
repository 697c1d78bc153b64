/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/spf_check.h"

#include "milter/base/clock.h"

struct spf_check {
	struct pursuit *pursuit;	/* owns this struct */
	struct spf_query query;
	struct spf_limits limits;
	struct spf_answer answer;
};

static bool step(struct pursuit *pursuit, void *state)
{
	struct spf_check *check = state;

	return spf_evaluate(pursuit_arena(pursuit), &check->query, &check->limits, pursuit_ask, pursuit, &check->answer) == 0;
}

static struct spf_query copy_query(struct arena *arena, const struct spf_query *query)
{
	struct spf_query copy = *query;

	copy.domain = arena_strdup(arena, query->domain);
	copy.sender = arena_strdup(arena, query->sender);
	copy.helo = arena_strdup(arena, query->helo);
	copy.host = arena_strdup(arena, query->host);
	return copy;
}

struct spf_check *spf_check_start(struct resolver *resolver, const struct spf_settings *settings, const struct spf_query *query)
{
	unsigned questions = (unsigned)settings->max_questions;
	struct pursuit *pursuit;
	struct spf_check *check;

	if (resolver == NULL)
		return NULL;
	/* the evaluator counts them in each call anew; with another order of answers it may ask some that an earlier call did not */
	pursuit = pursuit_new(resolver, clock_monotonic_ms() + settings->timeout_ms, 2 * questions);
	check = arena_new_of(pursuit_arena(pursuit), struct spf_check);
	check->pursuit = pursuit;
	check->query = copy_query(pursuit_arena(pursuit), query);
	check->query.explain = settings->explain;
	check->limits = spf_limits_default;
	check->limits.questions = questions;
	pursuit_start(pursuit, step, check);
	return check;
}

bool spf_check_wait(struct spf_check *check, uint64_t until_ms, void (*progress)(void *arg), void *progress_arg)
{
	if (check == NULL || pursuit_done(check->pursuit))
		return true;
	return until_ms > 0 && pursuit_wait(check->pursuit, until_ms, progress, progress_arg);
}

const struct spf_answer *spf_check_answer(const struct spf_check *check)
{
	static const struct spf_answer no_resolver = {
		.result = SPF_TEMPERROR, .mechanism = "", .domain = "", .problem = "there is no resolver", .explanation = "" };

	return check == NULL ? &no_resolver : &check->answer;
}

void spf_check_drop(void *check)
{
	if (check != NULL)
		pursuit_drop(((struct spf_check *)check)->pursuit);
}

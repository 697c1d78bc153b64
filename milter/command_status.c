/* SPDX-License-Identifier: GPL-2.0-or-later */
/* octroi status: what the running filters do, and what an administrator should know now. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "milter/base/clock.h"
#include "milter/commands.h"
#include "milter/operator.h"
#include "milter/state.h"
#include "milter/status_facts.h"
#include "milter/status_read.h"

static const char usage[] = "usage: octroi status [--config FILE | --state DIR] [--json] [--ascii]\n";

#define DAY_MS (24LL * 3600 * 1000)
#define MOMENTS_MS (7 * DAY_MS)

struct moments {
	struct arena *arena;
	struct status_facts *facts;
};

static bool take_moment(void *arg, const char *const *columns, size_t columns_len)
{
	struct moments *moments = arg;
	struct status_moment *moment;

	if (columns_len < 4)
		return false;
	moment = arena_push(moments->arena, (void **)&moments->facts->moments, &moments->facts->moments_len, sizeof(*moment));
	*moment = (struct status_moment){ strtoll(columns[0], NULL, 10), arena_strdup(moments->arena, columns[1]),
					  arena_strdup(moments->arena, columns[2]), arena_strdup(moments->arena, columns[3]) };
	return true;
}

/* By the index of times; the kind stands at the beginning of a row, so that those of messages cost little. */
static int find_moments(const struct lookback *lookback, struct status_facts *facts)
{
	static const char sql[] = "SELECT time_ms, event, subject_of, note FROM entry WHERE time_ms >= CAST(?1 AS INTEGER) AND kind = 5 "
				  "AND event IN ('degraded', 'recovered', 'listed', 'unlisted', 'alert', 'hold', 'free') ORDER BY n DESC LIMIT 12";
	struct moments moments = { lookback->show.arena, facts };
	const char *since = arena_printf(lookback->show.arena, "%lld", (long long)(facts->now_ms - MOMENTS_MS));
	int64_t rows = journal_select(lookback->reader, sql, &since, 1, take_moment, &moments);

	_Static_assert(JOURNAL_EVENT == 5, "as in the query");
	return rows < 0 ? (int)rows : 0;
}

/* --- */

static void find_suspects(const struct lookback *lookback, struct status_facts *facts)
{
	int64_t until_ms = 0;

	for (int i = 0; i < facts->listings_len; i++)
		if (facts->listings[i].since_ms > until_ms)
			until_ms = facts->listings[i].since_ms;
	if (until_ms > 0)
		facts->suspects_len = suspects_find(lookback->reader, lookback->show.arena, until_ms - DAY_MS, until_ms, &facts->suspects);
}

static void ask_journal(struct lookback *lookback, struct status_facts *facts)
{
	char problem[CONF_PROBLEM_MAX] = "";
	int r = journal_reader_open(facts->directory, &lookback->reader, problem);

	if (r < 0) {
		facts->moments_problem = arena_strdup(lookback->show.arena, problem);
		return;
	}
	r = find_moments(lookback, facts);
	if (r < 0)
		facts->moments_problem = strerror(-r);
	find_suspects(lookback, facts);
}

static int run(struct lookback *lookback, const struct operation *operation)
{
	struct arena *arena = lookback->show.arena;
	struct status_facts facts = { .now_ms = (int64_t)clock_wall_ms(), .directory = operation->directory };
	int status;

	facts.filters = status_read(facts.directory, facts.now_ms);
	if (facts.filters == NULL) {
		lookback_complain(lookback, "%s: %s", facts.directory, strerror(errno));
		return EXIT_USAGE;
	}
	facts.holds_len = holds_list(state_path(arena, facts.directory, "holds"), arena, &facts.holds);
	facts.listings_len = listings_read(state_path(arena, facts.directory, "listed"), arena, &facts.listings);
	ask_journal(lookback, &facts);
	if (lookback->json)
		status_print_json(stdout, arena, &facts);
	else
		status_print(stdout, &lookback->show, &facts);
	status = status_is_good(&facts) ? EXIT_GOOD : EXIT_WRONG;
	json_decref(facts.filters);
	return status;
}

/* A directory alone, perhaps a copy of one, is looked at without the configuration that it belongs to. */
static int run_as_asked(struct lookback *lookback)
{
	struct operation operation = { .directory = lookback->state };
	int status;

	if (lookback->state != NULL && lookback->config == NULL)
		return run(lookback, &operation);
	if (operation_begin(lookback, &operation) < 0)
		return EXIT_USAGE;
	status = run(lookback, &operation);
	operation_end(&operation);
	return status;
}

int command_status(int argc, char **argv)
{
	struct lookback lookback = { .command = "status", .usage = usage };
	int status = EXIT_USAGE;

	if (lookback_arguments(&lookback, argc, argv, NULL) == 0) {
		if (lookback.words_len > 0)
			(void)fputs(usage, stderr);
		else
			status = run_as_asked(&lookback);
	}
	lookback_close(&lookback);
	return status;
}

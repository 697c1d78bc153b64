/* SPDX-License-Identifier: GPL-2.0-or-later */
/* octroi report: totals of a time, and what should be looked at. */
#include <string.h>

#include "milter/base/clock.h"
#include "milter/commands.h"
#include "milter/lookback.h"
#include "milter/report.h"

static const char usage[] = "usage: octroi report [--config FILE | --state DIR] [--json] [--ascii] [--since WHEN] [--until WHEN]\n"
			    "       Of the last 24 hours, unless --since says otherwise: 3d, monday, 2026-11-20\n";

#define DAY_MS (86400LL * 1000)

static bool take(void *arg, int64_t n, const struct journal_entry *entry)
{
	(void)n;
	report_add(arg, entry);
	return true;
}

static bool is_ours(void *arg, int64_t n, const struct journal_entry *entry)
{
	bool *found = arg;

	(void)n;
	*found = entry->kind == JOURNAL_MESSAGE && strcmp(entry->direction, "inbound") != 0 && strcmp(entry->verdict, "reject") != 0;
	return !*found;
}

/* What cannot be read is not known: then it is no likely false alarm either. */
static bool had_written(void *arg, const char *address, int64_t time_ms)
{
	const struct lookback *lookback = arg;
	bool found = false;

	(void)journal_search(lookback->reader, &(struct journal_query){ .recipient = address, .until_ms = time_ms }, is_ours, &found);
	return found;
}

static int run(struct lookback *lookback)
{
	int64_t now_ms = (int64_t)clock_wall_ms(), until_ms = lookback->until_ms == 0 ? now_ms : lookback->until_ms;
	struct journal_query query = { .since_ms = lookback->since_ms, .until_ms = lookback->until_ms, .events = true };
	struct report *report = arena_new_of(lookback->show.arena, struct report);
	int64_t found;

	if (query.since_ms == 0)
		query.since_ms = until_ms - DAY_MS;
	report_begin(report, lookback->show.arena, query.since_ms, until_ms);
	found = journal_search(lookback->reader, &query, take, report);
	if (found < 0) {
		lookback_complain(lookback, "the journal cannot be read: %s", strerror((int)-found));
		return EXIT_USAGE;
	}
	report_judge(report, had_written, lookback);
	if (lookback->json)
		report_print_json(stdout, report);
	else
		report_print(stdout, &lookback->show, report);
	return found == 0 ? EXIT_WRONG : EXIT_GOOD;
}

int command_report(int argc, char **argv)
{
	struct lookback lookback = { .command = "report", .usage = usage };
	int status = EXIT_USAGE;

	if (lookback_arguments(&lookback, argc, argv, NULL) == 0) {
		if (lookback.words_len > 0)
			(void)fputs(usage, stderr);
		else if (lookback_open(&lookback) == 0)
			status = run(&lookback);
	}
	lookback_close(&lookback);
	return status;
}

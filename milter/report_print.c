/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "milter/report.h"
#include "milter/tally_show.h"

enum { DOUBTFUL_SHOWN = 20, EVENTS_SHOWN = 40, COUNT_WIDTH = 10 };

static uint64_t sum_of(const struct report *report, size_t direction)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < REPORT_VERDICTS; i++)
		sum += report->messages[direction][i];
	return sum;
}

static void print_totals(FILE *out, const struct show *show, const struct report *report)
{
	(void)fprintf(out, "\n%-12s", "Messages");
	for (size_t i = 0; i < REPORT_VERDICTS; i++)
		(void)fprintf(out, "%*s", COUNT_WIDTH + 1, report_verdicts[i]);
	(void)fprintf(out, "%*s\n", COUNT_WIDTH + 1, "all");
	for (size_t direction = 0; direction < REPORT_DIRECTIONS; direction++) {
		if (direction == REPORT_DIRECTIONS - 1 && sum_of(report, direction) == 0)
			continue;
		(void)fprintf(out, "  %-10s", report_directions[direction]);
		for (size_t i = 0; i < REPORT_VERDICTS; i++)
			(void)fprintf(out, "%*s", COUNT_WIDTH + 1, show_number(show, report->messages[direction][i]));
		(void)fprintf(out, "%*s\n", COUNT_WIDTH + 1, show_number(show, sum_of(report, direction)));
	}
	show_say(out, show, 2, "%s to %s. Refused before there was a message: %s, %s, %s.", show_size(show, report->size_bytes),
		 show_count(show, report->recipients, "recipient", "recipients"),
		 show_count(show, report->refused_recipients, "recipient", "recipients"),
		 show_count(show, report->refused_attempts, "attempt to send", "attempts to send"),
		 show_count(show, report->refused_sessions, "session", "sessions"));
}

static void print_tally(FILE *out, const struct show *show, const struct tally *tally, const char *title, const char *detail_title)
{
	unsigned width = show->columns - COUNT_WIDTH - 4 > 60 ? 40 : show->columns / 2, rest = show->columns - width - COUNT_WIDTH - 4;
	struct tally_item *items;
	size_t len = tally_show_title(out, show, tally, title, &items);

	for (size_t i = 0; i < len; i++) {
		const char *detail = items[i].detail[0] == '\0' ? "" : arena_printf(show->arena, "%s%s", detail_title, items[i].detail);

		(void)fprintf(out, "%*s  %s\n", COUNT_WIDTH, show_number(show, items[i].count),
			      show_trimmed(show, arena_printf(show->arena, "%s  %s", show_cell(show, items[i].name, width), show_cell(show, detail, rest))));
	}
}

static void print_observed(FILE *out, const struct show *show, const struct report *report)
{
	size_t shown = 0;

	if (report->would.total == 0)
		return;
	print_tally(out, show, &report->would, "Only observed: without observe it would have been", "");
	if (report->doubtful == 0) {
		show_say(out, show, 2, "None of them is from somebody to whom one of ours had written before.");
		return;
	}
	show_say(out, show, 2, "Likely false alarms, for one of ours had written to the sender before: %s.",
		 show_count(show, report->doubtful, "message", "messages"));
	for (size_t i = 0; i < report->observed_len && shown < DOUBTFUL_SHOWN; i++) {
		const struct report_observed *observed = &report->observed[i];

		if (!observed->doubtful)
			continue;
		shown++;
		show_say(out, show, 4, "%s %s <%s>: %s", show_time(show->arena, observed->time_ms), observed->id, observed->mailfrom, observed->would);
	}
	if (report->doubtful > shown)
		show_say(out, show, 4, "and %s more (--json)", show_number(show, report->doubtful - shown));
}

static bool is_of(const struct report_event *event, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(event->event, *names) == 0)
			return true;
	return false;
}

/* The oldest first: as it happened. */
static void print_events(FILE *out, const struct show *show, const struct report *report, const char *title, const char *const *names)
{
	size_t shown = 0;

	for (size_t i = report->events_len; i-- > 0;) {
		const struct report_event *event = &report->events[i];

		if (!is_of(event, names))
			continue;
		if (shown++ == 0)
			(void)fprintf(out, "\n%s\n", title);
		if (shown <= EVENTS_SHOWN)
			show_say(out, show, 2, "%s %s %s%s%s%s%s", show_time(show->arena, event->time_ms), event->event, event->about,
				 event->operator[0] == '\0' ? "" : " by ", event->operator, event->note[0] == '\0' ? "" : ": ", event->note);
	}
	if (shown > EVENTS_SHOWN)
		show_say(out, show, 2, "and %s more (--json)", show_number(show, shown - EVENTS_SHOWN));
}

static void print_quarantine(FILE *out, const struct show *show, const struct report *report)
{
	if (report->held + report->released + report->deleted == 0)
		return;
	(void)fprintf(out, "\nQuarantine\n");
	show_say(out, show, 2, "%s held, %s released, %s deleted.", show_number(show, report->held), show_number(show, report->released),
		 show_number(show, report->deleted));
}

void report_print(FILE *out, const struct show *show, const struct report *report)
{
	static const char *const degraded[] = { "degraded", "recovered", "started", NULL };
	static const char *const accounts[] = { "alert", "hold", "free", "suspended", NULL };
	static const char *const listings[] = { "listed", "unlisted", NULL };

	show_say(out, show, 0, "From %s to %s", show_time(show->arena, report->since_ms), show_time(show->arena, report->until_ms));
	print_totals(out, show, report);
	print_tally(out, show, &report->reasons, "Because of", "the last: ");
	print_tally(out, show, &report->viruses, "Viruses", "the last: ");
	print_observed(out, show, report);
	print_tally(out, show, &report->unsure, "Deferred because something could not tell", "the last: ");
	print_tally(out, show, &report->failures, "Verdicts that could not be carried out", "the last: ");
	print_events(out, show, report, "Degraded moments", degraded);
	print_tally(out, show, &report->lists, "DNS lists that did not answer as they should", "");
	print_tally(out, show, &report->behaving, "Accounts and hosts out of line", "");
	print_events(out, show, report, "Alerts and holds", accounts);
	print_events(out, show, report, "Our own name in DNS lists", listings);
	print_quarantine(out, show, report);
	print_tally(out, show, &report->logins, "Logins with the most recipients", "");
	print_tally(out, show, &report->clients, "Clients with the most entries", "");
	print_tally(out, show, &report->domains, "Domains that most of our mail went to", "");
	if (report->bounces > 0)
		show_say(out, show, 2, "Bounces of our mail: %s.", show_number(show, report->bounces));
	if (report->events_left_out > 0)
		show_say(out, show, 2, "There is more than is shown: %s were left out.", show_count(show, report->events_left_out, "event", "events"));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/report.h"

#include <string.h>

#include "milter/explain_advice.h"

enum { OBSERVED_MAX = 1000, EVENTS_MAX = 1000, ABOUT_MAX = 200, REASON_SIZE = 200 };

const char *const report_directions[REPORT_DIRECTIONS] = { "inbound", "submission", "granted", "local", "unknown" };
const char *const report_verdicts[REPORT_VERDICTS] = { "accept", "tag", "quarantine", "defer", "discard", "reject" };

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

void report_begin(struct report *report, struct arena *arena, int64_t since_ms, int64_t until_ms)
{
	struct tally *const tallies[] = {
		&report->reasons, &report->would, &report->unsure, &report->failures, &report->viruses, &report->lists, &report->behaving,
		&report->logins, &report->clients, &report->domains,
	};

	memset(report, 0, sizeof(*report));
	report->arena = arena;
	report->since_ms = since_ms;
	report->until_ms = until_ms;
	for (size_t i = 0; i < sizeof(tallies) / sizeof(tallies[0]); i++)
		tallies[i]->arena = arena;
}

static size_t index_of(const char *const *names, size_t len, const char *name)
{
	for (size_t i = 0; i + 1 < len; i++)
		if (is(names[i], name))
			return i;
	return len - 1;
}

static const char *subject_of(const struct report *report, const struct journal_entry *entry)
{
	if (entry->login[0] != '\0')
		return arena_printf(report->arena, "login:%s", entry->login);
	return arena_printf(report->arena, "client:%s", entry->client);
}

/* "zen.example could not tell about 192.0.2.1: ..." */
static const char *list_of(const struct report *report, const char *text)
{
	const char *end = strstr(text, " could not tell");

	return end == NULL ? text : arena_strndup(report->arena, text, (size_t)(end - text));
}

static void add_finding(struct report *report, const struct journal_entry *entry, const struct journal_finding *finding)
{
	bool list = is(finding->scanner, "dnsbl") || is(finding->scanner, "links");

	if (list && is(finding->outcome, "error"))
		tally_add(&report->lists, list_of(report, finding->text), 1, entry->time_ms, finding->text);
	if (is(finding->scanner, "antivirus") && is(finding->outcome, "infected")) {
		report->infected++;
		tally_add(&report->viruses, finding->text, 1, entry->time_ms, entry->id);
	}
	if (!is(finding->scanner, "behaviour"))
		return;
	if (is(finding->outcome, "bounce"))
		report->bounces++;
	else
		tally_add(&report->behaving, subject_of(report, entry), 1, entry->time_ms,
			  arena_printf(report->arena, "%s: %s", finding->outcome, finding->text));
}

static void add_observed(struct report *report, const struct journal_entry *entry)
{
	struct report_observed *observed;

	if (entry->observed[0] == '\0')
		return;
	tally_add(&report->would, entry->observed, 1, entry->time_ms, NULL);
	if (report->observed_len >= OBSERVED_MAX)
		return;
	observed = arena_push(report->arena, (void **)(void *)&report->observed, &report->observed_len, sizeof(*observed));
	*observed = (struct report_observed){
		.time_ms = entry->time_ms,
		.id = arena_strdup(report->arena, entry->id),
		.mailfrom = arena_strdup(report->arena, entry->mailfrom),
		.would = arena_strdup(report->arena, entry->observed),
	};
}

static void add_reason(struct report *report, const struct journal_entry *entry)
{
	const struct explain_advice *advice = explain_advice_find(entry->decided_by);
	char reason[REASON_SIZE];

	(void)snprintf(reason, sizeof(reason), "%s %s", entry->verdict, entry->decided_by);
	if (entry->failure[0] != '\0')
		tally_add(&report->failures, entry->failure, 1, entry->time_ms, entry->id);
	else if (!is(entry->verdict, "accept"))
		tally_add(&report->reasons, reason, 1, entry->time_ms, entry->id);
	if (advice != NULL && advice->unsure && is(entry->verdict, "defer"))
		tally_add(&report->unsure, entry->decided_by, 1, entry->time_ms, entry->id);
}

static const char *domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return at == NULL ? "" : at + 1;
}

static void add_message(struct report *report, const struct journal_entry *entry)
{
	size_t direction = index_of(report_directions, REPORT_DIRECTIONS, entry->direction);

	report->messages[direction][index_of(report_verdicts, REPORT_VERDICTS, entry->verdict)]++;
	report->recipients += entry->recipients_len;
	report->size_bytes += entry->size_bytes;
	report->held += is(entry->verdict, "quarantine");
	tally_add(&report->logins, entry->login, entry->recipients_len, entry->time_ms, NULL);
	for (size_t i = 0; i < entry->recipients_len && !is(entry->direction, "inbound"); i++)
		tally_add(&report->domains, domain_of(entry->recipients[i].address), 1, entry->time_ms, NULL);
	add_observed(report, entry);
}

static void add_event(struct report *report, const struct journal_entry *entry)
{
	struct report_event *event;

	report->released += is(entry->event, "released");
	report->deleted += is(entry->event, "deleted");
	if (is(entry->event, "quarantined") || is(entry->event, "released") || is(entry->event, "deleted"))
		return;
	if (report->events_len >= EVENTS_MAX) {
		report->events_left_out++;
		return;
	}
	event = arena_push(report->arena, (void **)(void *)&report->events, &report->events_len, sizeof(*event));
	*event = (struct report_event){
		.time_ms = entry->time_ms,
		.event = arena_strdup(report->arena, entry->event),
		.about = arena_strdup(report->arena, entry->subject_of),
		.operator = arena_strdup(report->arena, entry->operator),
		.note = arena_strdup(report->arena, entry->note),
	};
}

void report_add(struct report *report, const struct journal_entry *entry)
{
	report->entries++;
	switch (entry->kind) {
	case JOURNAL_MESSAGE:
		add_message(report, entry);
		break;
	case JOURNAL_RECIPIENT:
		report->refused_recipients++;
		break;
	case JOURNAL_TRANSACTION:
		report->refused_attempts++;
		break;
	case JOURNAL_SESSION:
		report->refused_sessions++;
		break;
	case JOURNAL_EVENT:
		add_event(report, entry);
		return;
	}
	tally_add(&report->clients, entry->network, 1, entry->time_ms, entry->client_name);
	if (entry->kind == JOURNAL_TRANSACTION && entry->refused > 0)
		return;		/* each of its recipients has said why */
	add_reason(report, entry);
	for (size_t i = 0; i < entry->findings_len; i++)
		add_finding(report, entry, &entry->findings[i]);
}

/* Asked only once about each address, with the newest time: who was written to before the newest is near enough. */
void report_judge(struct report *report, bool (*had_written)(void *arg, const char *address, int64_t time_ms), void *arg)
{
	struct tally known = { .arena = report->arena };
	size_t asked = 0;

	for (size_t i = 0; i < report->observed_len; i++) {
		struct report_observed *observed = &report->observed[i];
		const struct tally_item *item = tally_find(&known, observed->mailfrom);

		if (observed->mailfrom[0] == '\0' || (item == NULL && asked >= ABOUT_MAX))
			continue;
		if (item == NULL) {
			asked++;
			observed->doubtful = had_written(arg, observed->mailfrom, observed->time_ms);
			tally_add(&known, observed->mailfrom, observed->doubtful, 0, NULL);
		} else {
			observed->doubtful = item->count > 0;
		}
		report->doubtful += observed->doubtful;
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/entry_line.h"

#include <string.h>

enum {
	TIME_WIDTH = 19,
	ID_WIDTH = 9,
	VERDICT_WIDTH = 10,
	CLIENT_WIDTH = 15,
	CLIENT_FROM = 130,		/* columns from which there is room for it */
	WHY_LEAST = 18,
	WHY_MOST = 40,
	GAPS = 5,
};

/* sender, recipient and why share what the others leave. */
struct widths {
	unsigned client, address, why;
};

static struct widths widths_of(const struct show *show)
{
	struct widths widths = { .client = show->columns >= CLIENT_FROM ? CLIENT_WIDTH + 1 : 0 };
	unsigned left = show->columns - TIME_WIDTH - ID_WIDTH - VERDICT_WIDTH - GAPS - widths.client;

	if (show->columns < TIME_WIDTH + ID_WIDTH + VERDICT_WIDTH + GAPS + widths.client + WHY_LEAST + 2)
		return (struct widths){ .address = 1, .why = 1 };
	widths.why = left / 3 < WHY_LEAST ? WHY_LEAST : left / 3 > WHY_MOST ? WHY_MOST : left / 3;
	widths.address = (left - widths.why) / 2;
	return widths;
}

static const char *line(const struct show *show, const char *const cells[7])
{
	struct widths widths = widths_of(show);
	const char *client = widths.client == 0 ? "" : arena_printf(show->arena, "%s ", show_cell(show, cells[3], widths.client - 1));

	return show_trimmed(show, arena_printf(show->arena, "%s %s %s %s%s %s %s", show_cell(show, cells[0], TIME_WIDTH),
					       show_cell(show, cells[1], ID_WIDTH), show_cell(show, cells[2], VERDICT_WIDTH), client,
					       show_cell(show, cells[4], widths.address), show_cell(show, cells[5], widths.address),
					       show_cell(show, cells[6], widths.why)));
}

const char *entry_line_heading(const struct show *show)
{
	return line(show, (const char *const[]){ "TIME", "ID", "VERDICT", "CLIENT", "FROM", "TO", "WHY" });
}

static const char *event_line(const struct show *show, const struct journal_entry *entry)
{
	struct widths widths = widths_of(show);
	const char *by = entry->operator[0] == '\0' ? "" : arena_printf(show->arena, " (%s)", entry->operator);
	unsigned left = widths.client + 2 * widths.address + widths.why + 2;

	return show_trimmed(show, arena_printf(show->arena, "%s %s %s %s", show_cell(show, show_time(show->arena, entry->time_ms), TIME_WIDTH),
					       show_cell(show, entry->id, ID_WIDTH), show_cell(show, entry->event, VERDICT_WIDTH),
					       show_cell(show, arena_printf(show->arena, "%s%s: %s", entry->subject_of, by, entry->note), left)));
}

/* Whoever logged in is known by that; "<>" is the null sender. */
static const char *from_cell(const struct show *show, const struct journal_entry *entry)
{
	const char *sender = entry->kind == JOURNAL_SESSION ? entry->client : entry->mailfrom[0] == '\0' ? "<>" : entry->mailfrom;

	if (entry->login[0] != '\0' && strcmp(entry->login, sender) != 0)
		return arena_printf(show->arena, "%s (%s)", sender, entry->login);
	return sender;
}

static const char *to_cell(const struct show *show, const struct journal_entry *entry)
{
	if (entry->recipients_len == 0)
		return entry->refused == 0 ? "-" : show_count(show, entry->refused, "refused", "refused");
	if (entry->recipients_len == 1)
		return entry->recipients[0].address;
	return arena_printf(show->arena, "+%zu %s", entry->recipients_len - 1, entry->recipients[0].address);
}

static const char *why_cell(const struct show *show, const struct journal_entry *entry)
{
	if (entry->failure[0] != '\0')
		return entry->failure;
	if (entry->decided_by[0] != '\0')
		return entry->decided_by;
	return entry->observed[0] == '\0' ? "" : arena_printf(show->arena, "would: %s", entry->observed);
}

const char *entry_line(const struct show *show, const struct journal_entry *entry)
{
	if (entry->kind == JOURNAL_EVENT)
		return event_line(show, entry);
	return line(show, (const char *const[]){ show_time(show->arena, entry->time_ms), entry->id, entry->verdict, entry->client, from_cell(show, entry),
						 to_cell(show, entry), why_cell(show, entry) });
}

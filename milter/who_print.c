/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "milter/tally_show.h"
#include "milter/who.h"

enum { NAME_LEAST = 20, COUNT_WIDTH = 9, TIME_WIDTH = 19 };

static const char *kind_words(enum who_kind kind)
{
	static const char *const words[] = { [WHO_LOGIN] = "login", [WHO_ADDRESS] = "address", [WHO_CLIENT] = "host", [WHO_NETWORK] = "network",
					     [WHO_FILE] = "file with this SHA-256" };

	return words[kind];
}

static void print_head(FILE *out, const struct show *show, const struct who *who)
{
	show_say(out, show, 0, "%s (%s)", who->subject.name, kind_words(who->subject.kind));
	if (who->first_ms != 0)
		show_say(out, show, 2, "First seen %s, last seen %s.", show_time(show->arena, who->first_ms), show_time(show->arena, who->last_ms));
	show_say(out, show, 2, "Sent %s to %s, %s.", show_count(show, who->total.messages, "message", "messages"),
		 show_count(show, who->total.recipients, "recipient", "recipients"), show_size(show, who->size_bytes));
	if (who->subject.kind == WHO_ADDRESS)
		show_say(out, show, 2, "Received %s.", show_count(show, who->received, "message", "messages"));
	show_say(out, show, 2, "Refused or deferred: %s. Held: %s. Infected: %s.", show_number(show, who->total.refused), show_number(show, who->held),
		 show_number(show, who->infected));
	if (who->bounces > 0)
		show_say(out, show, 2, "Bounces of its mail: %s, %s of them in the last 24 hours.", show_number(show, who->bounces),
			 show_number(show, who->bounces_recent));
}

static void print_usual(FILE *out, const struct show *show, const struct who *who)
{
	struct who_usual usual = who_usual(who);

	(void)fprintf(out, "\nRecipients, against its own usual\n");
	if (usual.days == 0) {
		show_say(out, show, 2, "%s in the last 24 hours, %s of them in the busiest. There is no past to compare with.",
			 show_number(show, usual.recent.recipients), show_number(show, usual.recent_hour));
	} else {
		show_say(out, show, 2, "A day:   %s in the last 24 hours (%s before: mean %.1f, highest %s).", show_number(show, usual.recent.recipients),
			 show_count(show, usual.days, "day", "days"), usual.day_mean, show_number(show, usual.day_highest));
		show_say(out, show, 2, "An hour: %s in the busiest of the last 24 hours (before: mean %.2f, highest %s).",
			 show_number(show, usual.recent_hour), usual.hour_mean, show_number(show, usual.hour_highest));
	}
	show_say(out, show, 2, "Domains it had never sent to before: %s in the last 24 hours.", show_number(show, usual.new_domains));
}

/* The ten most frequent; with_detail: what stands beside each, else when it was seen. */
static void print_tally(FILE *out, const struct show *show, const struct tally *tally, const char *title, bool with_detail)
{
	unsigned left = show->columns - COUNT_WIDTH - 2 * TIME_WIDTH - 8, width = left < NAME_LEAST ? NAME_LEAST : left > 50 ? 50 : left;
	struct tally_item *items;
	size_t len = tally_show_title(out, show, tally, title, &items);

	for (size_t i = 0; i < len; i++) {
		(void)fprintf(out, "  %*s  %s", COUNT_WIDTH - 2, show_number(show, items[i].count), show_cell(show, items[i].name, width));
		if (with_detail)
			(void)fprintf(out, "  %s\n", show_trimmed(show, show_cell(show, items[i].detail, 2 * TIME_WIDTH + 3)));
		else
			(void)fprintf(out, "  %s - %s\n", show_time(show->arena, items[i].first_ms), show_time(show->arena, items[i].last_ms));
	}
}

void who_print(FILE *out, const struct show *show, const struct who *who)
{
	print_head(out, show, who);
	print_usual(out, show, who);
	print_tally(out, show, &who->networks, "Came from these networks", false);
	print_tally(out, show, &who->helos, "Called itself (HELO)", false);
	if (who->subject.kind != WHO_LOGIN)
		print_tally(out, show, &who->logins, "Logins", false);
	print_tally(out, show, &who->senders, "Senders in the envelope", false);
	print_tally(out, show, &who->authors, "Authors in the From field", false);
	print_tally(out, show, &who->domains, "Domains of its recipients", false);
	if (who->subject.kind == WHO_FILE)
		print_tally(out, show, &who->recipients, "Recipients", false);
	print_tally(out, show, &who->correspondents, "Received mail from", false);
	print_tally(out, show, &who->files, who->subject.kind == WHO_FILE ? "Names of the file" : "Attachments", false);
	print_tally(out, show, &who->reasons, "Refused, deferred or held because of", true);
	who_print_timeline(out, show, who);
}

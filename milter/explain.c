/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/explain.h"

#include <errno.h>
#include <string.h>

#include "milter/base/str.h"
#include "milter/explain_parts.h"

enum { ID_LETTERS = 8 };

static char id_letter(char c)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

	c = ascii_lower(c);
	if (c == 'o')
		return '0';
	if (c == 'i' || c == 'l')
		return '1';
	if (ascii_is_alpha(c))
		c = (char)(c - ('a' - 'A'));
	return c != '\0' && strchr(alphabet, c) != NULL ? c : '\0';
}

int explain_id(const char *text, char ret_id[EXPLAIN_ID_SIZE])
{
	struct str s = str_trim(str_of(text));
	size_t len = 0;

	if (s.len > 1 && s.p[0] == '[' && s.p[s.len - 1] == ']')
		s = (struct str){ s.p + 1, s.len - 2 };
	for (size_t i = 0; i < s.len; i++) {
		char c = id_letter(s.p[i]);

		if (s.p[i] == '-' && len == ID_LETTERS / 2)
			continue;
		if (c == '\0' || len == ID_LETTERS + 1)
			return -EINVAL;
		if (len == ID_LETTERS / 2)
			ret_id[len++] = '-';
		ret_id[len++] = c;
	}
	ret_id[len] = '\0';
	return len == ID_LETTERS + 1 ? 0 : -EINVAL;
}

size_t explain_main(const struct explain_story *story)
{
	static const enum journal_kind best_first[] = { JOURNAL_MESSAGE, JOURNAL_TRANSACTION, JOURNAL_SESSION, JOURNAL_RECIPIENT, JOURNAL_EVENT };

	for (size_t kind = 0; kind < sizeof(best_first) / sizeof(best_first[0]); kind++)
		for (size_t i = 0; i < story->len; i++)
			if (story->entries[i].kind == best_first[kind])
				return i;
	return 0;
}

static const char *message_words(const struct journal_entry *entry)
{
	if (strcmp(entry->direction, "submission") == 0)
		return "a message of somebody who may send (submission)";
	if (strcmp(entry->direction, "granted") == 0)
		return "a message of a device with a grant";
	if (strcmp(entry->direction, "local") == 0)
		return "a message of the MTA itself (local)";
	return "a message from outside (inbound)";
}

static const char *what_words(const struct journal_entry *entry)
{
	switch (entry->kind) {
	case JOURNAL_MESSAGE:
		return message_words(entry);
	case JOURNAL_RECIPIENT:
		return "a recipient of a message";
	case JOURNAL_TRANSACTION:
		return "an attempt to send, which ended before there was a message";
	case JOURNAL_SESSION:
		return "a session, which ended before anything was sent";
	case JOURNAL_EVENT:
		break;
	}
	return "something that happened";
}

static const char *verdict_words(const char *verdict)
{
	static const struct {
		const char *verdict, *words;
	} table[] = {
		{ "accept", "let in" }, { "tag", "let in with a mark (tag)" }, { "quarantine", "held in quarantine" },
		{ "defer", "deferred: the sender was told to try again later" }, { "discard", "taken and thrown away (discard)" },
		{ "reject", "refused (reject)" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(verdict, table[i].verdict) == 0)
			return table[i].words;
	return verdict;
}

static void section(const struct explain *explain, const char *title)
{
	(void)fprintf(explain->out, "\n%s\n", title);
}

static void print_event(const struct explain *explain, const struct journal_entry *event)
{
	explain_say(explain, "%s: %s%s%s%s%s", show_time(explain->show->arena, event->time_ms), event->event,
		    event->operator[0] == '\0' ? "" : " by ", event->operator, event->note[0] == '\0' ? "" : ": ", event->note);
}

static void print_events(const struct explain *explain)
{
	bool begun = false;

	for (size_t i = 0; i < explain->story->len; i++) {
		const struct journal_entry *event = &explain->story->entries[i];

		if (event->kind != JOURNAL_EVENT)
			continue;
		if (!begun)
			section(explain, "What happened to it");
		begun = true;
		print_event(explain, event);
	}
}

static void print_decision(const struct explain *explain)
{
	section(explain, "What came");
	explain_facts(explain);
	if (explain->entry->results[0] != '\0' || explain->entry->dmarc[0] != '\0') {
		section(explain, "What was asked and answered");
		explain_results(explain);
	}
	section(explain, "What each check found");
	explain_findings(explain);
	section(explain, "What decided");
	explain_decision(explain);
	explain_recipients(explain);
	explain_remedy(explain);
}

void explain_print(FILE *out, const struct show *show, const struct explain_story *story)
{
	const struct journal_entry *entry = &story->entries[explain_main(story)];
	const struct explain explain = { out, show, story, entry };

	if (entry->kind == JOURNAL_EVENT) {
		show_say(out, show, 0, "%s: nothing is kept of it but what was done with it.", entry->id);
	} else {
		show_say(out, show, 0, "%s: %s, %s.", entry->id, what_words(entry), verdict_words(entry->verdict));
		show_say(out, show, 0, "%s, in %s%s%s", show_time(show->arena, entry->time_ms), show_count(show, entry->elapsed_ms, "ms", "ms"),
			 entry->mta_host[0] == '\0' ? "" : ", on ", entry->mta_host);
		print_decision(&explain);
	}
	print_events(&explain);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "milter/base/str.h"
#include "milter/explain_advice.h"
#include "milter/explain_parts.h"

enum { RECIPIENTS_SHOWN = 50 };

const char *explain_reply(const struct explain *explain, const char *reply)
{
	char *text = arena_strdup(explain->show->arena, reply);

	for (char *c = text; *c != '\0'; c++)
		if (*c == '\n' || *c == '\r')
			*c = ' ';
	return text;
}

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static void say_score(const struct explain *explain)
{
	const struct journal_entry *entry = explain->entry;
	const char *sum = "";

	for (size_t i = 0; i < entry->findings_len; i++) {
		const struct journal_finding *finding = &entry->findings[i];

		if (is(finding->action, "weight") && !finding->observed)
			sum = arena_printf(explain->show->arena, "%s%s%s:%s %+.1f", sum, sum[0] == '\0' ? "" : ", ", finding->scanner,
					   finding->outcome, finding->weight);
	}
	explain_say(explain, "The points of all checks together: %.1f (%s). So many mean %s, %s.", entry->score, sum, entry->verdict,
		    explain_rule(explain, entry->configuration, entry->rule_file, entry->rule_line));
}

static void say_decided(const struct explain *explain)
{
	const struct journal_entry *entry = explain->entry;

	if (is(entry->decided_by, "score"))
		say_score(explain);
	else if (is(entry->decided_by, "policy:no_ground"))
		explain_say(explain, "No recipient was left for which there was a ground, and nothing leaves without one.");
	else if (entry->decided_by[0] != '\0')
		explain_say(explain, "%s did: %s, %s.", entry->decided_by, entry->verdict,
			    explain_rule(explain, entry->configuration, entry->rule_file, entry->rule_line));
	else
		explain_say(explain, "Nothing that was found is a reason to stop it%s.",
			    entry->score > 0 ? arena_printf(explain->show->arena, ", and %.1f points are not enough for that", entry->score) : "");
	if (entry->failure[0] != '\0')
		explain_say(explain, "But this could not be carried out: %s. So the MTA was asked to let the sender try again.", entry->failure);
	if (entry->observed[0] != '\0')
		explain_say(explain, "Only observed: had milter.conf not said observe, it would have been %s.", entry->observed);
}

static void say_told(const struct explain *explain)
{
	const struct journal_entry *entry = explain->entry;

	if (entry->failure[0] != '\0')
		return;
	if (entry->reply[0] != '\0')
		explain_say(explain, "The sender was told: %s", explain_reply(explain, entry->reply));
	else if (is(entry->verdict, "accept") || is(entry->verdict, "tag"))
		explain_say(explain, "The sender was told that it was taken (250).");
	else if (is(entry->verdict, "quarantine") || is(entry->verdict, "discard"))
		explain_say(explain, "The sender was told that it was taken (250), and nothing else.");
	if (entry->kind == JOURNAL_SESSION)
		explain_say(explain, "(Before HELO an MTA says it in its own words, and the id is in our log alone.)");
}

void explain_decision(const struct explain *explain)
{
	say_decided(explain);
	say_told(explain);
}

static const char *ground_words(const struct explain *explain, const struct journal_recipient *recipient)
{
	struct arena *arena = explain->show->arena;

	if (is(recipient->ground, "domain"))
		return "its domain is ours";
	if (is(recipient->ground, "auth"))
		return arena_printf(arena, "the client had logged in as %s", recipient->detail);
	if (is(recipient->ground, "cert"))
		return arena_printf(arena, "the client had shown the certificate of %s", recipient->detail);
	if (is(recipient->ground, "grant"))
		return arena_printf(arena, "the grant \"%s\" allows it", recipient->detail);
	if (is(recipient->ground, "local"))
		return "it is mail of the MTA itself";
	return arena_printf(arena, "the ground was \"%s\" %s", recipient->ground, recipient->detail);
}

static void say_recipient(const struct explain *explain, const struct journal_entry *entry, const struct journal_recipient *recipient)
{
	bool goes_on = is(entry->verdict, "accept") || is(entry->verdict, "tag");

	if (recipient->accepted) {
		explain_say(explain, "<%s> %s let in (ground %s): %s.", recipient->address, goes_on ? "was" : "would have been", recipient->ground,
			    ground_words(explain, recipient));
		return;
	}
	explain_say(explain, "<%s> was refused by %s, %s.", recipient->address, entry->decided_by,
		    explain_rule(explain, entry->configuration, entry->rule_file, entry->rule_line));
	show_say(explain->out, explain->show, EXPLAIN_INDENT + 4, "It was told: %s",
		 explain_reply(explain, recipient->reply[0] == '\0' ? entry->reply : recipient->reply));
	for (size_t i = 0; i < entry->findings_len; i++)
		if (entry->findings[i].decided)
			show_say(explain->out, explain->show, EXPLAIN_INDENT + 4, "Because: %s", entry->findings[i].text);
}

void explain_recipients(const struct explain *explain)
{
	const struct explain_story *story = explain->story;
	size_t shown = 0, left_out = 0;

	for (size_t i = 0; i < story->len; i++)
		for (size_t j = 0; j < story->entries[i].recipients_len; j++) {
			if (shown == 0)
				(void)fprintf(explain->out, "\nRecipients\n");
			if (shown++ < RECIPIENTS_SHOWN)
				say_recipient(explain, &story->entries[i], &story->entries[i].recipients[j]);
			else
				left_out++;
		}
	if (left_out > 0)
		explain_say(explain, "And %zu more (--json has all).", left_out);
}

static const char *remedy_of(const char *name, size_t len)
{
	const struct explain_advice *advice;
	char text[64];

	if (len == 0 || len >= sizeof(text))
		return NULL;
	memcpy(text, name, len);
	text[len] = '\0';
	advice = explain_advice_find(text);
	return advice == NULL ? NULL : advice->text;
}

/* "reject (antivirus:infected)" */
static const char *remedy_of_observed(const char *observed)
{
	const char *open = strchr(observed, '('), *end = open == NULL ? NULL : strchr(open, ')');

	return end == NULL ? NULL : remedy_of(open + 1, (size_t)(end - open - 1));
}

struct remedies {
	const char **items;
	size_t len;
};

static void add_once(struct remedies *remedies, const char *text)
{
	if (text == NULL)
		return;
	for (size_t i = 0; i < remedies->len; i++)
		if (remedies->items[i] == text)
			return;
	remedies->items[remedies->len++] = text;
}

size_t explain_remedies(const struct show *show, const struct explain_story *story, const char ***ret_remedies)
{
	struct remedies remedies = { arena_array(show->arena, 2 * story->len + 1, sizeof(char *)), 0 };

	for (size_t i = 0; i < story->len; i++) {
		const struct journal_entry *entry = &story->entries[i];

		if (entry->kind == JOURNAL_EVENT)
			continue;
		add_once(&remedies, remedy_of(entry->decided_by, strlen(entry->decided_by)));
		add_once(&remedies, remedy_of_observed(entry->observed));
	}
	*ret_remedies = remedies.items;
	return remedies.len;
}

void explain_remedy(const struct explain *explain)
{
	const char **remedies;
	size_t len = explain_remedies(explain->show, explain->story, &remedies);

	if (len > 0)
		(void)fputc('\n', explain->out);
	for (size_t i = 0; i < len; i++)
		show_say(explain->out, explain->show, 0, "Would change it: %s.", remedies[i]);
}

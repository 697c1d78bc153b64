/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "milter/explain_parts.h"

const char *explain_rule(const struct explain *explain, const char *configuration, const char *file, unsigned line)
{
	const struct explain_story *story = explain->story;
	const char *text = NULL;

	if (file[0] == '\0')
		return "by default";
	if (story->line != NULL)
		text = story->line(story->line_arg, configuration, file, line);
	if (text == NULL)
		return arena_printf(explain->show->arena, "by line %u of %s", line, file);
	text += strspn(text, " \t");
	return arena_printf(explain->show->arena, "by line %u of %s: %s", line, file, text);
}

/* "reject", "2.0 points", "would be reject, but is only observed". */
static const char *action_words(const struct explain *explain, const struct journal_finding *finding)
{
	struct arena *arena = explain->show->arena;
	const char *action = finding->action;

	if (strcmp(action, "weight") == 0)
		action = arena_printf(arena, "%+.1f points", finding->weight);
	if (finding->observed)
		return arena_printf(arena, "would be %s, but is only observed", action);
	return action;
}

static void say_finding(const struct explain *explain, const struct journal_entry *entry, const struct journal_finding *finding)
{
	bool about_one = finding->recipient[0] != '\0';

	explain_say(explain, "%s:%s%s%s%s%s%s%s", finding->scanner, finding->outcome, about_one ? " about <" : "", finding->recipient,
		    about_one ? ">" : "", finding->text[0] == '\0' ? "" : ": ", finding->text, finding->decided ? "   <-- this decided" : "");
	show_say(explain->out, explain->show, EXPLAIN_INDENT + 4, "%s, %s", action_words(explain, finding),
		 explain_rule(explain, entry->configuration, finding->rule_file, finding->rule_line));
}

void explain_findings(const struct explain *explain)
{
	const struct journal_entry *entry = explain->entry;

	for (size_t i = 0; i < entry->findings_len; i++)
		say_finding(explain, entry, &entry->findings[i]);
	if (entry->findings_len == 0)
		explain_say(explain, "Nothing.");
}

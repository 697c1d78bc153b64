/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/model/finding.h"

#include <assert.h>
#include <stdarg.h>

#include "milter/base/str.h"
#include "milter/model/scanner.h"

static const struct outcome *find_outcome(const struct scanner *scanner, const char *name)
{
	const struct outcome *outcome = scanner->outcomes;

	while (outcome->name != NULL && strcmp(outcome->name, name) != 0)
		outcome++;
	assert(outcome->name != NULL);
	return outcome;
}

static struct rule rule_for(const struct scan *scan, const struct outcome *outcome)
{
	struct rule rule = { .where = { .file = NULL } };

	if (outcome->rule_offset != OUTCOME_FIXED)
		return *(const struct rule *)(const void *)((const char *)scan->settings + outcome->rule_offset);
	for (size_t i = 0; i < RULE_DIRECTIONS; i++)
		rule.by_direction[i].action = outcome->fixed_action;
	return rule;
}

static void make_printable(char *text)
{
	for (; *text != '\0'; text++)
		if (ascii_is_control(*text) || (unsigned char)*text >= 0x80)
			*text = '?';
}

void finding_add(struct scan *scan, const char *name, const char *format, ...)
{
	const struct outcome *outcome = find_outcome(scan->scanner, name);
	struct findings *findings = scan->findings;
	struct finding *finding;
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vprintf(findings->arena, format, args);
	va_end(args);
	make_printable(text);
	finding = arena_push(findings->arena, (void **)&findings->items, &findings->len, sizeof(*finding));
	*finding = (struct finding){
		.scanner = scan->scanner,
		.outcome = outcome,
		.rule = rule_for(scan, outcome),
		.text = text,
		.recipient = scan->recipient,
	};
}

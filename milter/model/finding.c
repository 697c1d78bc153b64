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

static struct rule rule_for(const void *settings, const struct outcome *outcome)
{
	struct rule rule = { .where = { .file = NULL } };

	if (outcome->rule_offset != OUTCOME_FIXED)
		return *(const struct rule *)(const void *)((const char *)settings + outcome->rule_offset);
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

static void __attribute__((format(printf, 4, 0)))
add(struct scan *scan, const void *settings, const char *name, const char *format, va_list args)
{
	const struct outcome *outcome = find_outcome(scan->scanner, name);
	struct findings *findings = scan->findings;
	char *text = arena_vprintf(findings->arena, format, args);
	struct finding *finding = arena_push(findings->arena, (void **)&findings->items, &findings->len, sizeof(*finding));

	make_printable(text);
	*finding = (struct finding){
		.scanner = scan->scanner,
		.outcome = outcome,
		.rule = rule_for(settings, outcome),
		.text = text,
		.recipient = scan->recipient,
	};
}

void finding_add(struct scan *scan, const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(scan, scan->settings, name, format, args);
	va_end(args);
}

void finding_add_of(struct scan *scan, const void *settings, const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(scan, settings, name, format, args);
	va_end(args);
}

static void add_note(struct scan *scan, const char *key, const char *value, bool is_flag)
{
	struct finding *finding = &scan->findings->items[scan->findings->len - 1];
	struct arena *arena = scan->findings->arena;
	struct finding_note *note = arena_push(arena, (void **)&finding->notes, &finding->notes_len, sizeof(*note));
	char *text = arena_strdup(arena, value);

	make_printable(text);
	*note = (struct finding_note){ arena_strdup(arena, key), text, is_flag };
}

void finding_note(struct scan *scan, const char *key, const char *value)
{
	add_note(scan, key, value, false);
}

void finding_flag(struct scan *scan, const char *key, bool value)
{
	add_note(scan, key, value ? "true" : "false", true);
}

bool rule_refuses(const struct rule *rule, enum direction direction)
{
	enum action action = rule->by_direction[direction].action;

	return action == ACTION_DEFER || action == ACTION_REJECT;
}

/* scan->message is read-only for scanners; this is how they add to it. */
static struct message *written_message(struct scan *scan)
{
	assert(scan->message != NULL && scan->session->message == scan->message);
	return scan->session->message;
}

void result_add(struct scan *scan, const struct authres_result *result)
{
	struct message *message = written_message(scan);
	struct arena *arena = message->arena;
	struct authres_result *copy = arena_push(arena, (void **)&message->results, &message->results_len, sizeof(*copy));

	copy->method = arena_strdup(arena, result->method);
	copy->result = arena_strdup(arena, result->result);
	copy->reason = arena_strdup(arena, result->reason);
	for (size_t i = 0; i < AUTHRES_PROPERTIES && result->properties[i].name != NULL; i++) {
		copy->properties[i].name = arena_strdup(arena, result->properties[i].name);
		copy->properties[i].value = arena_strdup(arena, result->properties[i].value);
	}
}

void identity_add(struct scan *scan, const struct identity *identity)
{
	struct message *message = written_message(scan);
	struct arena *arena = message->arena;
	struct identity *copy = arena_push(arena, (void **)&message->identities, &message->identities_len, sizeof(*copy));

	*copy = *identity;
	copy->domain = arena_strdup(arena, identity->domain);
	copy->selector = arena_strdup(arena, identity->selector);
	copy->result = arena_strdup(arena, identity->result);
}

void dmarc_note(struct scan *scan, const char *text)
{
	struct message *message = written_message(scan);

	message->dmarc = arena_strdup(message->arena, text);
}

void stamp_add(struct scan *scan, const char *name, const char *value)
{
	struct message *message = written_message(scan);
	struct stamp *stamp = arena_push(message->arena, (void **)&message->stamps.items, &message->stamps.len, sizeof(*stamp));

	*stamp = (struct stamp){ arena_strdup(message->arena, name), arena_strdup(message->arena, value) };
}

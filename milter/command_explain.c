/* SPDX-License-Identifier: GPL-2.0-or-later */
/* octroi explain: the story of one decision. */
#include <stdlib.h>
#include <string.h>

#include "milter/commands.h"
#include "milter/entry_copy.h"
#include "milter/entry_json.h"
#include "milter/explain.h"
#include "milter/lookback.h"

enum { ENTRIES_MAX = 2000 };

static const char usage[] = "usage: octroi explain [--config FILE | --state DIR] [--json] [--ascii] ID\n"
			    "       ID is ours, as it stands in replies and in the log, or the MTA's queue id\n";

struct found {
	struct arena *arena;
	struct found_entry {
		int64_t n;
		struct journal_entry entry;
	} *items;
	size_t len;
};

static bool keep(void *arg, int64_t n, const struct journal_entry *entry)
{
	struct found *found = arg;
	struct found_entry *item;

	for (size_t i = 0; i < found->len; i++)
		if (found->items[i].n == n)
			return true;
	item = arena_push(found->arena, (void **)(void *)&found->items, &found->len, sizeof(*item));
	item->n = n;
	item->entry = entry_copy(found->arena, entry);
	return found->len < ENTRIES_MAX;
}

static int by_number(const void *a, const void *b)
{
	const struct found_entry *first = a, *second = b;

	return (first->n > second->n) - (first->n < second->n);
}

/* A part of the story that cannot be read is worse than none: the rest would mislead. */
static int search(const struct lookback *lookback, const struct journal_query *query, struct found *found)
{
	int64_t r = journal_search(lookback->reader, query, keep, found);

	if (r < 0)
		lookback_complain(lookback, "the journal cannot be read: %s", strerror((int)-r));
	return r < 0 ? -1 : 0;
}

static int gather(const struct lookback *lookback, const char *id, struct found *found)
{
	const char *held = arena_printf(found->arena, "quarantine:%s", id);

	if (search(lookback, &(struct journal_query){ .id = id, .events = true }, found) < 0 ||
	    search(lookback, &(struct journal_query){ .subject_of = held, .events = true }, found) < 0)
		return -1;
	if (found->len > 1)
		qsort(found->items, found->len, sizeof(*found->items), by_number);
	return 0;
}

/* An MTA uses its queue ids again: the newest is meant, and the others are named. */
static const char *id_of_queue(const struct lookback *lookback, const char *queue_id)
{
	struct found found = { .arena = lookback->show.arena };
	const char *id = "";

	if (search(lookback, &(struct journal_query){ .queue_id = queue_id, .limit = 100 }, &found) < 0)
		return NULL;
	for (size_t i = 0; i < found.len; i++) {
		const char *other = found.items[i].entry.id;

		if (id[0] == '\0')
			id = other;
		else if (strcmp(other, id) != 0 && strcmp(other, found.items[i - 1].entry.id) != 0)
			lookback_complain(lookback, "there was an earlier message with queue id %s: %s", queue_id, other);
	}
	return id;
}

static const char *line_of(void *arg, const char *configuration, const char *file, unsigned line)
{
	const struct lookback *lookback = arg;

	return journal_configuration_line(lookback->reader, lookback->show.arena, configuration, file, line);
}

static void print_json(const struct lookback *lookback, const struct explain_story *story)
{
	json_t *object = json_object(), *entries = json_array(), *remedies_json = json_array();
	const struct journal_entry *entry = &story->entries[explain_main(story)];
	const char **remedies, *line = NULL;
	size_t len = explain_remedies(&lookback->show, story, &remedies);

	for (size_t i = 0; i < story->len; i++)
		(void)json_array_append_new(entries, entry_json(&story->entries[i]));
	for (size_t i = 0; i < len; i++)
		(void)json_array_append_new(remedies_json, json_string(remedies[i]));
	if (entry->rule_file[0] != '\0')
		line = line_of((void *)(uintptr_t)lookback, entry->configuration, entry->rule_file, entry->rule_line);
	(void)json_object_set_new(object, "id", entry_json_text(entry->id));
	(void)json_object_set_new(object, "verdict", entry_json_text(entry->verdict));
	if (line != NULL)
		(void)json_object_set_new(object, "rule_text", entry_json_text(line));
	(void)json_object_set_new(object, "would_change_it", remedies_json);
	(void)json_object_set_new(object, "entries", entries);
	entry_json_page(stdout, object);
}

static void print(struct lookback *lookback, const struct found *found)
{
	struct journal_entry *entries = arena_array(found->arena, found->len, sizeof(*entries));
	const struct explain_story story = { .entries = entries, .len = found->len, .line = line_of, .line_arg = lookback };

	for (size_t i = 0; i < found->len; i++)
		entries[i] = found->items[i].entry;
	if (lookback->json)
		print_json(lookback, &story);
	else
		explain_print(stdout, &lookback->show, &story);
}

/* Ours first: a short queue id may look like one. */
static int explain(struct lookback *lookback, const char *asked)
{
	struct found found = { .arena = lookback->show.arena };
	char own[EXPLAIN_ID_SIZE];
	const char *id;

	if (explain_id(asked, own) == 0 && gather(lookback, own, &found) < 0)
		return EXIT_USAGE;
	if (found.len == 0) {
		id = id_of_queue(lookback, asked);
		if (id == NULL || (id[0] != '\0' && gather(lookback, id, &found) < 0))
			return EXIT_USAGE;
	}
	if (found.len == 0) {
		lookback_complain(lookback, "\"%s\" is not in the journal", asked);
		return EXIT_WRONG;
	}
	print(lookback, &found);
	return EXIT_GOOD;
}

int command_explain(int argc, char **argv)
{
	struct lookback lookback = { .command = "explain", .usage = usage };
	int status = EXIT_USAGE;

	if (lookback_arguments(&lookback, argc, argv, NULL) == 0) {
		if (lookback.words_len != 1)
			(void)fputs(usage, stderr);
		else if (lookback_open(&lookback) == 0)
			status = explain(&lookback, lookback.words[0]);
	}
	lookback_close(&lookback);
	return status;
}

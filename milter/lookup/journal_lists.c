/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "milter/base/arena.h"
#include "milter/lookup/journal_internal.h"

/* The JSON that journal_insert.c writes: an array of arrays of strings and numbers, without white space. Through SQLite's functions it would
 * take ten times as long, and a report reads a day of entries. */
struct reader {
	const char *p;		/* ends with a NUL, at which nothing goes on */
	struct arena *arena;
};

static bool take(struct reader *reader, char c)
{
	if (*reader->p != c)
		return false;
	reader->p++;
	return true;
}

/* Only control characters are written as \u. */
static char unescape(struct reader *reader)
{
	char digits[5] = "";

	if (*reader->p != 'u')
		return *reader->p == '\0' ? '\0' : *reader->p++;
	reader->p++;
	for (size_t i = 0; i < 4 && *reader->p != '\0'; i++)
		digits[i] = *reader->p++;
	return (char)strtoul(digits, NULL, 16);
}

static const char *take_text(struct reader *reader)
{
	const char *end = reader->p + strcspn(reader->p, "\"\\");
	char *text, *to;

	if (*end == '"') {
		text = arena_strndup(reader->arena, reader->p, (size_t)(end - reader->p));
		reader->p = end + 1;
		return text;
	}
	text = to = arena_alloc(reader->arena, strlen(reader->p) + 1);
	while (*reader->p != '\0' && *reader->p != '"') {
		char c = *reader->p++;

		c = c == '\\' ? unescape(reader) : c;
		if (c != '\0')
			*to++ = c;
	}
	(void)take(reader, '"');
	return text;
}

static void take_value(struct reader *reader, const struct journal_field *field, void *to)
{
	char *end;

	if (take(reader, '"')) {
		const char *text = take_text(reader);

		if (field != NULL && field->type == JOURNAL_TEXT)
			journal_field_set_text(to, field, text);
		return;
	}
	if (field != NULL && field->type != JOURNAL_TEXT)
		journal_field_set_number(to, field, strtoll(reader->p, NULL, 10), strtod(reader->p, NULL));
	(void)strtod(reader->p, &end);
	reader->p = end;
}

/* Fields that this program does not know stand behind those it knows. */
static void take_item(struct reader *reader, const struct journal_table *table, void *to)
{
	for (size_t i = 0; i < table->fields_len; i++)
		if (table->fields[i].type == JOURNAL_TEXT)
			journal_field_set_text(to, &table->fields[i], "");
	for (size_t i = 0; i == 0 || take(reader, ','); i++)
		take_value(reader, i < table->fields_len ? &table->fields[i] : NULL, to);
}

static size_t count_items(const char *json, size_t max)
{
	size_t count = 0;

	for (; *json != '\0' && count < max; json++)
		count += *json == '[';
	return count;
}

void journal_read_list(struct arena *arena, size_t list, const char *json, struct journal_entry *entry)
{
	const struct journal_table *table = &journal_lists[list];
	struct reader reader = { json, arena };
	size_t len = 0, max = count_items(json, table->max + 1);
	char *items;

	if (!take(&reader, '['))
		return;
	items = arena_array(arena, max, table->size);
	while (len < max && take(&reader, '[')) {
		take_item(&reader, table, items + len++ * table->size);
		if (!take(&reader, ']') || !take(&reader, ','))
			break;
	}
	journal_set_list(entry, list, items, len);
}

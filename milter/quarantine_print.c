/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/quarantine_print.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "milter/base/str.h"
#include "milter/entry_json.h"

enum {
	SHOWN_BYTES = 1 << 16,		/* of a message */
	BODY_LINES = 20,
	HELD_BY_COLUMNS = 24,
	ADDRESS_COLUMNS = 26,
	SIZE_COLUMNS = 9,
	FIXED_COLUMNS = 9 + 2 + 19 + 2 + SIZE_COLUMNS + 2 + HELD_BY_COLUMNS + 2 + 2 * (ADDRESS_COLUMNS + 2),
	SUBJECT_COLUMNS = 20,
};

static unsigned subject_width(const struct show *show)
{
	return show->columns > FIXED_COLUMNS + SUBJECT_COLUMNS ? show->columns - FIXED_COLUMNS : SUBJECT_COLUMNS;
}

static const char *first_recipient(const struct show *show, const struct quarantine_item *item)
{
	if (item->recipients_len == 0)
		return "";
	if (item->recipients_len == 1)
		return item->recipients[0];
	return arena_printf(show->arena, "+%zu %s", item->recipients_len - 1, item->recipients[0]);
}

void quarantine_print_heading(FILE *out, const struct show *show)
{
	(void)fprintf(out, "%-9s  %-19s  %9s  %s  %s  %s  %s\n", "ID", "HELD SINCE", "SIZE", show_cell(show, "HELD BY", HELD_BY_COLUMNS),
		      show_cell(show, "FROM", ADDRESS_COLUMNS), show_cell(show, "TO", ADDRESS_COLUMNS), "SUBJECT");
}

void quarantine_print_line(FILE *out, const struct show *show, const struct quarantine_item *item)
{
	bool damaged = item->held_by[0] == '\0';

	(void)fprintf(out, "%s  %s  %9s  %s  %s  %s  %s\n", item->id, show_time(show->arena, item->time_ms), show_size(show, item->size_bytes),
		      show_cell(show, damaged ? "(damaged)" : item->held_by, HELD_BY_COLUMNS),
		      show_cell(show, item->mailfrom[0] == '\0' ? "<>" : item->mailfrom, ADDRESS_COLUMNS),
		      show_cell(show, first_recipient(show, item), ADDRESS_COLUMNS), show_cell(show, item->subject, subject_width(show)));
}

static void print_fact(FILE *out, const struct show *show, const char *name, const char *value)
{
	if (value[0] != '\0')
		(void)fprintf(out, "%-12s %s\n", name, show_text(show, value));
}

static void print_facts(FILE *out, const struct show *show, const struct quarantine_item *item)
{
	print_fact(out, show, "id", item->id);
	print_fact(out, show, "held since", show_time(show->arena, item->time_ms));
	print_fact(out, show, "held by", item->held_by);
	print_fact(out, show, "because", item->because);
	print_fact(out, show, "client", item->client);
	print_fact(out, show, "helo", item->helo);
	print_fact(out, show, "login", item->login);
	print_fact(out, show, "direction", item->direction);
	print_fact(out, show, "queue id", item->queue_id);
	print_fact(out, show, "mail from", arena_printf(show->arena, "<%s>", item->mailfrom));
	for (size_t i = 0; i < item->recipients_len; i++)
		print_fact(out, show, "rcpt to", arena_printf(show->arena, "<%s>", item->recipients[i]));
	print_fact(out, show, "size", show_size(show, item->size_bytes));
	for (size_t i = 0; i < item->attachments_len; i++)
		print_fact(out, show, "attachment",
			   arena_printf(show->arena, "%s (%s, %s)", item->attachments[i].name, item->attachments[i].type,
					show_size(show, item->attachments[i].size_bytes)));
}

/* A C string for each part between NULs. */
static void print_bytes(FILE *out, const struct show *show, struct str line)
{
	for (;;) {
		const char *part = arena_strndup(show->arena, line.p, line.len);
		size_t len = strlen(part);

		(void)fputs(show_text(show, part), out);
		if (len == line.len)
			break;
		(void)fputs("\\x00", out);
		line = (struct str){ line.p + len + 1, line.len - len - 1 };
	}
	(void)fputc('\n', out);
}

static struct str next_line(struct str *rest)
{
	struct str line = str_split(rest, "\n");

	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* A long line of the body says as little as its beginning does; in the header every byte may matter. */
static void print_lines(FILE *out, const struct show *show, struct str rest)
{
	bool in_body = false;

	for (unsigned left = BODY_LINES; rest.p != NULL && rest.len > 0 && left > 0; left -= in_body) {
		struct str line = next_line(&rest);

		if (in_body && line.len > show->columns)
			line.len = show->columns;
		in_body = in_body || line.len == 0;
		print_bytes(out, show, line);
	}
	if (rest.p != NULL && rest.len > 0)
		(void)fputs("(there is more: --raw gives all of it)\n", out);
}

void quarantine_print_item(FILE *out, const struct show *show, const struct quarantine_item *item, int fd)
{
	char *bytes = arena_alloc(show->arena, SHOWN_BYTES);
	size_t len = 0;
	ssize_t n;

	print_facts(out, show, item);
	do {
		n = read(fd, bytes + len, SHOWN_BYTES - len);
		len += n > 0 ? (size_t)n : 0;
	} while ((n > 0 && len < SHOWN_BYTES) || (n < 0 && errno == EINTR));
	(void)fputc('\n', out);
	print_lines(out, show, (struct str){ bytes, len });
}

static json_t *attachments_json(const struct quarantine_item *item)
{
	json_t *array = json_array();

	for (size_t i = 0; i < item->attachments_len; i++) {
		json_t *object = json_object();

		(void)json_object_set_new(object, "name", entry_json_text(item->attachments[i].name));
		(void)json_object_set_new(object, "type", entry_json_text(item->attachments[i].type));
		(void)json_object_set_new(object, "size_bytes", json_integer((json_int_t)item->attachments[i].size_bytes));
		(void)json_array_append_new(array, object);
	}
	return array;
}

json_t *quarantine_item_json(const struct quarantine_item *item)
{
	const struct {
		const char *key, *value;
	} texts[] = {
		{ "held_by", item->held_by }, { "because", item->because }, { "client", item->client }, { "helo", item->helo },
		{ "login", item->login }, { "direction", item->direction }, { "queue_id", item->queue_id }, { "mailfrom", item->mailfrom },
		{ "header_from", item->header_from }, { "subject", item->subject },
	};
	json_t *object = json_object(), *recipients = json_array();
	struct arena *arena = arena_new();

	(void)json_object_set_new(object, "id", entry_json_text(item->id));
	(void)json_object_set_new(object, "time", json_string(show_time_utc(arena, item->time_ms)));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		(void)json_object_set_new(object, texts[i].key, entry_json_text(texts[i].value));
	for (size_t i = 0; i < item->recipients_len; i++)
		(void)json_array_append_new(recipients, entry_json_text(item->recipients[i]));
	(void)json_object_set_new(object, "recipients", recipients);
	(void)json_object_set_new(object, "size_bytes", json_integer((json_int_t)item->size_bytes));
	(void)json_object_set_new(object, "attachments", attachments_json(item));
	(void)json_object_set_new(object, "damaged", json_boolean(item->held_by[0] == '\0'));
	arena_free(arena);
	return object;
}

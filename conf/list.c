/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf/internal.h"
#include "conf/scan.h"

#define LIST_FILE_PREFIX "file:"

/* What an entry adds to the list: itself, or the lines of a file. */
struct list_part {
	const struct conf_item *item;
	const char *path;	/* NULL: the entry itself */
	char *text;
	size_t len;
};

/* A list on its way from entries to items. */
struct list_reader {
	struct conf *conf;
	const struct block *block;
	const struct option *option;
	struct conf_item *items;
	size_t len;
	bool wrong;
};

static void list_error(struct list_reader *reader, struct conf_where where, const char *problem)
{
	char name[CONF_NAME_MAX];

	reader->wrong = true;
	conf_add_error(reader->conf, where, "%s: %s", option_name(reader->block, reader->option->name, name), problem);
}

static void item_error(struct list_reader *reader, struct conf_where where, const char *text, size_t len,
		       const char *problem)
{
	char shown[CONF_SHOWN_MAX], sentence[CONF_PROBLEM_MAX];

	(void)snprintf(sentence, sizeof(sentence), "%s %s", conf_show(text, len, shown), problem);
	list_error(reader, where, sentence);
}

static void item_add(struct list_reader *reader, const char *text, struct conf_where where)
{
	char problem[CONF_PROBLEM_MAX] = "an entry is not right";

	if (reader->option->parse != NULL && reader->option->parse(reader->conf, text, where, NULL, problem) != 0)
		list_error(reader, where, problem);
	reader->items[reader->len++] = (struct conf_item){ text, where };
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The entry of a line: without a comment and the white space around it. */
static char *line_entry(char *line, size_t len, size_t *ret_len)
{
	for (size_t i = 0; i < len; i++)
		if (line[i] == '#' && (i == 0 || is_blank(line[i - 1])))
			len = i;
	while (len > 0 && is_blank(line[len - 1]))
		len--;
	while (len > 0 && is_blank(*line)) {
		line++;
		len--;
	}
	*ret_len = len;
	return line;
}

static void line_add(struct list_reader *reader, char *line, size_t len, struct conf_where where)
{
	size_t entry_len;
	char *entry = line_entry(line, len, &entry_len);

	if (entry_len == 0)
		return;
	if (len > CONF_LIST_LINE_MAX) {
		item_error(reader, where, entry, entry_len, "is too long for an entry");
	} else if (memchr(entry, '\0', entry_len) != NULL) {
		item_error(reader, where, entry, entry_len, "holds a NUL byte");
	} else {
		entry[entry_len] = '\0';	/* over white space, a comment or the end of the line */
		if (strncmp(entry, LIST_FILE_PREFIX, strlen(LIST_FILE_PREFIX)) == 0)
			item_error(reader, where, entry, entry_len, "names a file, which only milter.conf itself may do");
		else
			item_add(reader, entry, where);
	}
}

static void file_add(struct list_reader *reader, const struct list_part *part)
{
	struct conf_where where = { part->path, 1 };
	char *line = part->text, *end;

	if (line == NULL)	/* the file could not be read, which is an error already */
		return;
	end = line + part->len;
	for (; line < end; where.line++) {
		char *newline = memchr(line, '\n', (size_t)(end - line));
		char *next = newline == NULL ? end : newline;

		line_add(reader, line, (size_t)(next - line), where);
		line = next + 1;
	}
}

/* Loads the file of a part. Returns how many items it may have. */
static size_t part_load(struct list_reader *reader, struct list_part *part)
{
	size_t name = strlen(LIST_FILE_PREFIX), lines = 1;
	char problem[CONF_PROBLEM_MAX];

	if (strncmp(part->item->text, LIST_FILE_PREFIX, name) != 0)
		return 1;
	part->path = file_path(reader->conf, part->item->text + name, strlen(part->item->text + name));
	if (file_read(reader->conf, part->path, FILE_IS_LIST, CONF_LIST_FILE_MAX, &part->text, &part->len, problem) < 0) {
		list_error(reader, part->item->where, problem);
		part->len = 0;
		return 0;
	}
	for (size_t i = 0; i < part->len; i++)
		lines += part->text[i] == '\n';
	return lines;
}

static void parts_add(struct list_reader *reader, const struct list_part *parts, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (parts[i].path != NULL)
			file_add(reader, &parts[i]);
		else
			item_add(reader, parts[i].item->text, parts[i].item->where);
	}
}

int list_read(struct conf *conf, const struct block *block, const struct option *option,
	      const struct written *written, struct conf_list *ret_list)
{
	struct list_reader reader = { .conf = conf, .block = block, .option = option };
	struct list_part *parts = conf_keep(conf, written->len * sizeof(*parts));
	size_t room = 0;

	for (size_t i = 0; i < written->len; i++) {
		parts[i].item = &written->items[i];
		room += part_load(&reader, &parts[i]);
	}
	if (room > CONF_LIST_ITEMS_MAX) {
		list_error(&reader, written->where, "the list has too many entries");
		return -EINVAL;
	}
	reader.items = conf_keep(conf, room * sizeof(*reader.items));
	parts_add(&reader, parts, written->len);
	*ret_list = (struct conf_list){ reader.items, reader.len, written->where };
	return reader.wrong ? -EINVAL : 0;
}

static int fallback_entry(struct conf *conf, struct scan *scan, struct token token, struct written *written)
{
	size_t len;
	const char *text;

	if (token.kind != TOKEN_WORD || token.problem != NULL)
		return -EINVAL;
	text = scan_word(scan, token, &len);
	if (memchr(text, '\\', len) != NULL)
		return -EINVAL;
	written->items = conf_grow(conf, written->items, written->len, sizeof(*written->items));
	written->items[written->len++] = (struct conf_item){ .text = conf_keep_text(conf, text, len) };
	return 0;
}

int list_split(struct conf *conf, const char *fallback, struct written *ret_written)
{
	size_t len = fallback == NULL ? 0 : strlen(fallback);
	struct scan scan = { .text = conf_keep_text(conf, len == 0 ? "" : fallback, len), .len = len, .line = 1 };
	struct token token = scan_next(&scan);
	bool braces = token.kind == TOKEN_OPEN;
	enum token_kind end = braces ? TOKEN_CLOSE : TOKEN_END;

	*ret_written = (struct written){ .len = 0 };
	if (braces)
		token = scan_next(&scan);
	while (token.kind != end) {
		int r = fallback_entry(conf, &scan, token, ret_written);

		if (r < 0)
			return r;
		token = scan_next(&scan);
		if (token.kind == TOKEN_COMMA)
			token = scan_next(&scan);
		else if (token.kind != end)
			return -EINVAL;
	}
	return braces && scan_next(&scan).kind != TOKEN_END ? -EINVAL : 0;
}

const char *list_format(struct conf *conf, const struct written *written)
{
	size_t room = sizeof("{ }"), at = 0;
	char *text;

	for (size_t i = 0; i < written->len; i++)
		room += strlen(value_quote(conf, written->items[i].text)) + 2;
	text = conf_keep(conf, room);
	text[at++] = '{';
	for (size_t i = 0; i < written->len; i++)
		at += (size_t)snprintf(text + at, room - at, "%s%s", i == 0 ? " " : ", ",
				       value_quote(conf, written->items[i].text));
	(void)snprintf(text + at, room - at, " }");
	return text;
}

const char *row_format(struct conf *conf, const struct option *option, const char *text)
{
	struct written written;

	if (option->type != OPTION_LIST)
		return value_format(conf, option, text == NULL ? "" : text);
	(void)list_split(conf, text, &written);
	return list_format(conf, &written);
}

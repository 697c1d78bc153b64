/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "conf/internal.h"
#include "conf/scan.h"

/* From line first of the text on, the lines are those of file from line on. */
struct source_run {
	unsigned first;
	const char *file;
	unsigned line;
};

static bool include_file(struct source *source, const char *path, struct conf_where from, unsigned depth);

static void run_begin(struct source *source, const char *file, unsigned line)
{
	struct source_run *last;

	source->runs = conf_grow(source->conf, source->runs, source->runs_len, sizeof(*source->runs));
	last = &source->runs[source->runs_len++];
	*last = (struct source_run){ .first = source->line, .file = file, .line = line };
}

struct conf_where source_where(const struct source *source, unsigned line)
{
	size_t low = 0, high = source->runs_len;	/* the answer is in [low, high) */

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (source->runs[middle].first <= line)
			low = middle;
		else
			high = middle;
	}
	if (high == low || line < source->runs[low].first)
		return (struct conf_where){ source->conf->file, 0 };
	return (struct conf_where){ source->runs[low].file, source->runs[low].line + (line - source->runs[low].first) };
}

static bool text_has_room(struct source *source, size_t len)
{
	size_t room = source->room == 0 ? 4096 : source->room;
	char *text;

	if (len > CONF_TEXT_MAX - source->len)
		return false;
	while (room < source->len + len)
		room *= 2;
	if (room == source->room)
		return true;
	text = realloc(source->text, room);
	if (text == NULL)
		return false;
	source->text = text;
	source->room = room;
	return true;
}

static void emit(struct source *source, const char *text, size_t len)
{
	if (source->full || len == 0)
		return;
	if (!text_has_room(source, len)) {
		source->full = source->conf->incomplete = true;
		conf_add_error(source->conf, source_where(source, source->line),
			       "the configuration and what it includes are larger than %d KiB", CONF_TEXT_MAX / 1024);
		return;
	}
	memcpy(source->text + source->len, text, len);
	source->len += len;
	for (size_t i = 0; i < len; i++)
		source->line += text[i] == '\n';
}

/* A word that may not stand like this is reported and becomes a harmless word of the same place. */
static void defuse(struct source *source, struct scan *scan, const char *file, struct token token)
{
	const char *word = scan->text + token.start;
	size_t len = token.end - token.start;
	char shown[CONF_SHOWN_MAX];

	if (*word == '"' || *word == '\'') {	/* conf_show has quotes of its own */
		len -= len > 1 && word[len - 1] == *word ? 2 : 1;
		word++;
	}
	conf_add_syntax_error(source->conf, (struct conf_where){ file, token.line }, "%s %s",
			      conf_show(word, len, shown), token.problem);
	scan_blank(scan, token.start, token.end);
	scan->text[token.start] = 'x';
}

static struct token next_word(struct source *source, struct scan *scan, const char *file)
{
	struct token token = scan_next(scan);

	if (token.problem != NULL) {
		defuse(source, scan, file, token);
		token.end = token.start + 1;
	}
	return token;
}

/* include("name"): true when the tokens behind the word are those of an include, and the word with the name. */
static bool include_follows(struct source *source, struct scan *scan, const char *file, struct token *ret_name)
{
	struct scan start = *scan;

	if (scan_next(scan).kind == TOKEN_ROUND_OPEN) {
		*ret_name = next_word(source, scan, file);
		if (ret_name->kind == TOKEN_WORD && scan_next(scan).kind == TOKEN_ROUND_CLOSE)
			return true;
	}
	*scan = start;
	return false;
}

static void include_token(struct source *source, const struct scan *scan, const char *file, struct token name,
			  unsigned depth)
{
	size_t len;
	const char *text = scan_word(scan, name, &len);
	struct conf_where from = { file, name.line };

	emit(source, "\n", 1);
	if (memchr(text, '\\', len) != NULL || len == 0)
		conf_add_error(source->conf, from, "the name of an included file must not be empty or hold a backslash");
	else
		(void)include_file(source, file_path(source->conf, text, len), from, depth + 1);
	emit(source, "\n", 1);
	run_begin(source, file, scan->line);
}

static void splice(struct source *source, const char *file, struct scan *scan, unsigned depth)
{
	size_t copied = 0;

	run_begin(source, file, 1);
	for (;;) {
		struct token token = next_word(source, scan, file), name;

		if (token.kind == TOKEN_END)
			break;
		if (!scan_is(scan, token, "include") || !include_follows(source, scan, file, &name))
			continue;
		emit(source, scan->text + copied, token.start - copied);
		copied = scan->at;
		include_token(source, scan, file, name, depth);
	}
	emit(source, scan->text + copied, scan->len - copied);
}

static bool include_file(struct source *source, const char *path, struct conf_where from, unsigned depth)
{
	char problem[CONF_PROBLEM_MAX];
	struct scan scan = { .line = 1 };

	if (depth > CONF_INCLUDE_DEPTH_MAX || ++source->files > CONF_FILES_MAX) {
		source->conf->incomplete = true;
		if (depth > CONF_INCLUDE_DEPTH_MAX)
			conf_add_error(source->conf, from, "files include each other more than %d deep",
				       CONF_INCLUDE_DEPTH_MAX);
		else
			conf_add_error(source->conf, from, "more than %d files are read", CONF_FILES_MAX);
		return false;
	}
	if (file_read(source->conf, path, FILE_IS_CONFIG, CONF_TEXT_MAX, &scan.text, &scan.len, problem) < 0) {
		source->conf->incomplete = true;
		conf_add_error(source->conf, from, "%s", problem);
		return false;
	}
	if (scan.len >= 3 && memcmp(scan.text, "\xef\xbb\xbf", 3) == 0)	/* some editors begin a file with it */
		memset(scan.text, ' ', 3);
	splice(source, path, &scan, depth);
	return true;
}

void source_read(struct source *source, struct conf *conf)
{
	*source = (struct source){ .conf = conf, .line = 1 };
	if (include_file(source, conf->file, (struct conf_where){ conf->file, 0 }, 0))
		emit(source, "\n", 1);
}

void source_free(struct source *source)
{
	free(source->text);
	source->text = NULL;
}

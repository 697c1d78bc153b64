/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "conf/internal.h"
#include "conf/scan.h"

/* Where the reader stands: in which section of which block. */
struct place {
	struct block *block;
	unsigned line;		/* of the opening brace */
};

struct reader {
	struct outline *outline;
	struct scan scan;
	struct place places[CONF_SECTION_DEPTH_MAX];
	size_t depth;		/* of the current place */
};

/* One "name = value" or "name { ... }". */
struct statement {
	struct token name;
	const char *text;	/* of the name */
	struct conf_where where;
	struct token sign;	/* behind the name (and title) */
	struct token title;	/* kind TOKEN_END: none */
};

static struct conf *reader_conf(const struct reader *reader)
{
	return reader->outline->conf;
}

static struct conf_where reader_where(const struct reader *reader, unsigned line)
{
	return source_where(reader->outline->source, line);
}

static struct block *reader_block(const struct reader *reader)
{
	return reader->places[reader->depth].block;
}

static char *word_keep(struct reader *reader, struct token token)
{
	size_t len;
	const char *text = scan_word(&reader->scan, token, &len);

	return conf_keep_text(reader_conf(reader), text, len);
}

/* Takes the statement out of the text, from its name to where the reader is now. */
static void take_out(struct reader *reader, const struct statement *statement)
{
	scan_blank(&reader->scan, statement->name.start, reader->scan.at);
}

/* Reads a list from behind its opening brace. Returns false when it is malformed. */
static bool list_skip(struct reader *reader, size_t *ret_count)
{
	for (*ret_count = 0;; ++*ret_count) {
		struct token token = scan_next(&reader->scan);

		if (token.kind == TOKEN_CLOSE)
			return true;
		if (token.kind != TOKEN_WORD)
			return false;
		token = scan_next(&reader->scan);
		if (token.kind == TOKEN_CLOSE) {
			++*ret_count;
			return true;
		}
		if (token.kind != TOKEN_COMMA)
			return false;
	}
}

static bool value_skip(struct reader *reader, bool *ret_braces, size_t *ret_count)
{
	struct token token = scan_next(&reader->scan);

	*ret_braces = token.kind == TOKEN_OPEN;
	*ret_count = 1;
	return token.kind == TOKEN_WORD || (*ret_braces && list_skip(reader, ret_count));
}

/* Reads to the brace that closes the one already read. Returns false when there is none. */
static bool braces_skip(struct reader *reader)
{
	for (size_t open = 1; open > 0;) {
		struct token token = scan_next(&reader->scan);

		if (token.kind == TOKEN_END)
			return false;
		if (token.kind == TOKEN_OPEN)
			open++;
		else if (token.kind == TOKEN_CLOSE)
			open--;
	}
	return true;
}

static void assignment_record(struct reader *reader, const struct statement *statement, const struct option *option,
			      size_t count)
{
	struct outline *outline = reader->outline;
	struct written *written = block_written(reader_block(reader), option);

	if (written->where.file == NULL) {
		written->where = statement->where;
		written->appends = statement->sign.kind == TOKEN_APPEND;
	}
	outline->assignments = conf_grow(outline->conf, outline->assignments, outline->len,
					 sizeof(*outline->assignments));
	outline->assignments[outline->len++] = (struct assignment){ reader_block(reader), option, count };
}

/* What is wrong with an assignment whose syntax is right; NULL: nothing. */
static const char *assignment_problem(struct reader *reader, const struct statement *statement,
				      const struct option *option, bool braces)
{
	const struct written *written = block_written(reader_block(reader), option);

	if (option->type != OPTION_LIST && statement->sign.kind == TOKEN_APPEND)
		return "+= is for lists; write =";
	if (option->type != OPTION_LIST && braces)
		return "takes one value, not a list in braces";
	if (written->where.file == NULL || statement->sign.kind == TOKEN_APPEND)
		return NULL;
	if (strcmp(written->where.file, statement->where.file) == 0)
		return conf_keep_printf(reader_conf(reader), "is set already in line %u%s", written->where.line,
					option->type == OPTION_LIST ? "; += adds to a list" : "");
	return conf_keep_printf(reader_conf(reader), "is set already at %s:%u", written->where.file, written->where.line);
}

static bool option_read(struct reader *reader, const struct statement *statement)
{
	struct block *block = reader_block(reader);
	const struct option *option = option_find(block->section, statement->text);
	const char *problem = NULL;
	char name[CONF_NAME_MAX];
	size_t count;
	bool braces;

	if (!value_skip(reader, &braces, &count)) {
		if (option == NULL)
			name_unknown(reader_conf(reader), statement->where, block->section, statement->text, false);
		return false;
	}
	if (option == NULL)
		name_unknown(reader_conf(reader), statement->where, block->section, statement->text, false);
	else
		problem = assignment_problem(reader, statement, option, braces);
	if (problem != NULL)
		conf_add_error(reader_conf(reader), statement->where, "%s: %s",
			       option_name(block, option->name, name), problem);
	if (option == NULL || problem != NULL) {
		block->wrong = true;
		take_out(reader, statement);
		return true;
	}
	assignment_record(reader, statement, option, count);
	return true;
}

/* load.c made all of these before. */
static struct block *untitled_block(struct conf *conf, const struct option_section *section, struct conf_where where)
{
	for (size_t i = 0; i < conf->blocks_len; i++) {
		struct block *block = conf->blocks[i];

		if (block->section != section)
			continue;
		if (block->where.file == NULL)
			block->where = where;
		return block;
	}
	return NULL;
}

static const char *title_problem(struct reader *reader, const struct option_section *section, const char *title)
{
	const struct conf *conf = reader_conf(reader);

	if (conf->blocks_len >= CONF_BLOCKS_MAX)
		return "there are too many sections";
	if (*title == '\0')
		return "the title is empty";
	if (strpbrk(title, "\\\"") != NULL)
		return "a title may hold neither a backslash nor a quote";
	for (size_t i = 0; i < conf->blocks_len; i++) {
		if (conf->blocks[i]->section == section && strcmp(conf->blocks[i]->title, title) == 0)
			return conf_keep_printf(reader_conf(reader), "there is one with this title already, at %s:%u",
						conf->blocks[i]->where.file, conf->blocks[i]->where.line);
	}
	return NULL;
}

/* The block of a section that begins here; NULL when it may not begin like this. */
static struct block *section_begin(struct reader *reader, const struct statement *statement,
				   const struct option_section *section)
{
	struct conf *conf = reader_conf(reader);
	bool has_title = statement->title.kind != TOKEN_END;
	char name[CONF_NAME_MAX];
	const char *title, *problem;

	section_name(section, name);
	if (section->titled != has_title) {
		conf_add_error(conf, statement->where, has_title ? "section %s has no title: write %s { ... }"
								  : "section %s needs a title: write %s \"NAME\" { ... }",
			       name, statement->text);
		return NULL;
	}
	if (!has_title)
		return untitled_block(conf, section, statement->where);
	title = word_keep(reader, statement->title);
	problem = title_problem(reader, section, title);
	if (problem != NULL) {
		conf_add_error(conf, statement->where, "%s \"%.60s\": %s", name, title, problem);
		return NULL;
	}
	return block_new(conf, section, title, statement->where);
}

static bool section_read(struct reader *reader, const struct statement *statement)
{
	struct block *outer = reader_block(reader);
	const struct option_section *section = section_find(reader_conf(reader), outer->section, statement->text);
	struct block *block = NULL;

	if (section == NULL)
		name_unknown(reader_conf(reader), statement->where, outer->section, statement->text, true);
	else
		block = section_begin(reader, statement, section);
	if (block != NULL && reader->depth + 1 < CONF_SECTION_DEPTH_MAX) {
		reader->places[++reader->depth] = (struct place){ block, statement->sign.line };
		return true;
	}
	outer->wrong = true;
	if (!braces_skip(reader))
		conf_add_error(reader_conf(reader), statement->where, "the brace that opens here is not closed");
	take_out(reader, statement);
	return true;
}

/* Returns false where the syntax cannot be followed; libconfuse will say what it expected there. */
static bool statement_read(struct reader *reader, struct token name)
{
	struct statement statement = { .name = name, .where = reader_where(reader, name.line) };

	statement.text = word_keep(reader, name);
	statement.sign = scan_next(&reader->scan);
	if (statement.sign.kind == TOKEN_WORD) {
		statement.title = statement.sign;
		statement.sign = scan_next(&reader->scan);
		if (statement.sign.kind != TOKEN_OPEN)
			return false;
	}
	if (statement.sign.kind == TOKEN_IS || statement.sign.kind == TOKEN_APPEND)
		return option_read(reader, &statement);
	return statement.sign.kind == TOKEN_OPEN && section_read(reader, &statement);
}

static bool token_read(struct reader *reader, struct token token)
{
	if (token.kind == TOKEN_CLOSE && reader->depth > 0) {
		reader->depth--;
		return true;
	}
	return token.kind == TOKEN_WORD && statement_read(reader, token);
}

/* libconfuse takes the end of the file for the end of a section. */
static void report_open_sections(struct reader *reader)
{
	for (; reader->depth > 0; reader->depth--) {
		const struct place *place = &reader->places[reader->depth];
		char name[CONF_NAME_MAX];

		conf_add_error(reader_conf(reader), reader_where(reader, place->line),
			       "the brace that opens section %s here is not closed", option_name(place->block, "", name));
	}
}

void outline_read(struct outline *outline)
{
	struct reader reader = { .outline = outline,
				 .scan = { .text = outline->source->text, .len = outline->source->len, .line = 1 } };

	reader.places[0].block = outline->conf->blocks[0];
	for (;;) {
		struct token token = scan_next(&reader.scan);

		if (token.kind == TOKEN_END)
			break;
		if (!token_read(&reader, token)) {
			outline->stopped_line = token.line;
			return;
		}
	}
	report_open_sections(&reader);
}

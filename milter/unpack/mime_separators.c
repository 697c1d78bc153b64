/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/mime_fields.h"
#include "milter/unpack/mime_header.h"

struct found {
	struct mime_separator *items;
	size_t len, max;
};

static void add(struct found *found, const char *start, const char *header_end, const char *body, bool is_regular)
{
	struct mime_separator separator = { (size_t)(header_end - start), (size_t)(body - start), is_regular };

	for (size_t i = 0; i < found->len; i++)
		if (found->items[i].header_len == separator.header_len && found->items[i].body_start == separator.body_start)
			return;
	if (found->len < found->max)
		found->items[found->len++] = separator;
}

/* White space, form feeds, NUL: nothing that one sees. */
static bool is_blank(struct str line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.p[i] != '\0' && strchr(" \t\r\v\f", line.p[i]) == NULL)
			return false;
	return true;
}

/* A line "--" is no field, whatever follows it: the delimiter of a body without an empty line. */
static bool is_field(struct str line)
{
	return !str_has_prefix(line, STR("--")) && mime_line_is_field(line);
}

/* What the lines of one reading show. */
struct walk {
	const char *end, *body;			/* of the header, at the empty line; end is NULL when there is none */
	const char *blank_end, *blank_body;	/* at the first line of white space or NUL before that */
	const char *junk;			/* the first line before it that is no field */
};

static void note_line(struct walk *walk, struct str line, struct str rest, bool is_first)
{
	if (is_blank(line)) {
		if (walk->blank_end == NULL) {
			walk->blank_end = line.p;
			walk->blank_body = rest.p;
		}
	} else if (line.p[0] != ' ' && line.p[0] != '\t' && walk->junk == NULL && !is_field(line) &&
		   !(is_first && mime_line_is_envelope(line))) {
		walk->junk = line.p;
	}
}

static struct walk walk_lines(struct str entity, enum line_ends ends)
{
	struct walk walk = { .end = NULL };
	struct str rest = entity;

	while (rest.len > 0) {
		struct str line = mime_line_next(&rest, ends);

		if (line.len == 0) {
			walk.end = line.p;
			walk.body = rest.p;
			break;
		}
		note_line(&walk, line, rest, line.p == entity.p);
	}
	return walk;
}

static struct str after(struct str entity, const char *p)
{
	return (struct str){ p, entity.len - (size_t)(p - entity.p) };
}

/* Of an entity without an empty line the first line that is no field is where a body begins, if there is one. */
static void add_walk(struct found *found, struct str entity, const struct walk *walk, bool is_regular)
{
	const char *end = entity.p + entity.len;

	if (walk->end != NULL)
		add(found, entity.p, walk->end, walk->body, is_regular);
	else if (walk->junk != NULL)
		add(found, entity.p, walk->junk, walk->junk, false);
	if (walk->end == NULL)
		add(found, entity.p, end, end, false);
	if (walk->blank_end != NULL)
		add(found, entity.p, walk->blank_end, walk->blank_body, false);
	if (walk->junk != NULL)
		add(found, entity.p, walk->junk, walk->junk, false);
}

static bool holds_message(struct str header)
{
	struct mime_fields fields;

	mime_fields_find(header, LINES_END_LF, &fields);
	for (size_t i = 0; i < fields.len; i++)
		if (fields.items[i].kind == FIELD_TYPE && memmem(fields.items[i].value.p, fields.items[i].value.len, "essage", 6) != NULL)
			return true;
	return false;
}

/* Behind the empty line comes what looks like a header with MIME fields, and it is no attached message: who passes over empty lines in front of
 * a header, or takes only another kind of line end for one, goes on there. */
static void add_second_header(struct found *found, struct str entity, const struct walk *walk)
{
	struct str body = after(entity, walk->body), line;
	struct mime_fields fields;
	struct walk second;

	while (body.len > 0 && (body.p[0] == '\r' || body.p[0] == '\n'))
		body = after(body, body.p + 1);
	line = body;
	line = mime_line_next(&line, LINES_END_LF);
	if (line.len == 0 || (line.p[0] != 'C' && line.p[0] != 'c'))
		return;
	mime_fields_find(line, LINES_END_LF, &fields);
	if (fields.len == 0 || fields.items[0].kind == FIELD_DESCRIPTION || holds_message((struct str){ entity.p, (size_t)(walk->end - entity.p) }))
		return;
	second = walk_lines(body, LINES_END_LF);
	if (second.end != NULL && second.junk == NULL)
		add(found, entity.p, second.end, second.body, false);
}

size_t mime_separators(struct str entity, struct mime_separator *ret_separators, size_t max)
{
	struct found found = { ret_separators, 0, max };
	struct walk walk = walk_lines(entity, LINES_END_LF), other;
	struct str header = { entity.p, walk.end != NULL ? (size_t)(walk.body - entity.p) : entity.len }, first = header;
	bool bare_cr = mime_has_bare_cr(header);

	if (mime_line_is_envelope(mime_line_next(&first, LINES_END_LF)))
		header = first;		/* its line end is ours */
	add_walk(&found, entity, &walk, walk.blank_end == NULL && walk.junk == NULL && !bare_cr);
	if (bare_cr) {
		other = walk_lines(entity, LINES_END_ANY);
		add_walk(&found, entity, &other, false);
	}
	if (mime_mixes_line_ends(header)) {
		other = walk_lines(entity, LINES_END_CRLF);
		if (other.end != NULL)
			add(&found, entity.p, other.end, other.body, false);
	}
	if (walk.end != NULL)
		add_second_header(&found, entity, &walk);
	return found.len;
}

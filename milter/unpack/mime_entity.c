/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/mime_walk.h"

#define SEPARATORS_MAX 6

bool mime_may_go_on(struct mime_walk *walk, uint64_t work)
{
	walk->work += work;
	if (walk->work > walk->work_max && !walk->stopped) {
		walk->stopped = true;
		unpack_limit(walk->unpack, UNPACK_PARTS, "the MIME structure can be read in too many ways");
	}
	return !walk->stopped && !unpack_stopped(walk->unpack);
}

void mime_ambiguous(struct mime_walk *walk, enum ambiguity ambiguity, const char *text)
{
	if (!walk->is_quiet)
		unpack_ambiguous(walk->unpack, ambiguity, "%s", text);
}

void mime_differ(struct mime_walk *walk, const struct mime_header *header, enum ambiguity ambiguity, const char *text)
{
	if (header->differs_by_nul)
		ambiguity = AMBIGUITY_NUL;
	else if (header->differs_by_line_end)
		ambiguity = AMBIGUITY_LINE_END;
	else if (header->is_odd)
		ambiguity = AMBIGUITY_HEADER;
	mime_ambiguous(walk, ambiguity, header->why != NULL && header->why[0] != '\0' ? header->why : text);
}

static void header_read(struct mime_walk *walk, struct str bytes, struct mime_header *ret_header)
{
	uint64_t max = unpack_limits_of(walk->unpack)->header_bytes;

	if (bytes.len > max) {
		unpack_limit(walk->unpack, UNPACK_HEADER, "a header of %zu bytes", bytes.len);
		bytes.len = (size_t)max;
	}
	mime_header_read(walk->arena, bytes, ret_header);
	if (ret_header->overflowed)
		unpack_limit(walk->unpack, UNPACK_NAMES, "more fields, parameters or names in one header than are looked at");
}

/* Does any reading of the type say so? */
static bool has_type(const struct mime_header *header, bool is_multipart)
{
	for (size_t i = 0; i < header->types_len; i++) {
		if (mime_type_is(header->types[i], "multipart/") == is_multipart)
			return true;
	}
	return false;
}

static void body_read(struct mime_walk *walk, const struct mime_level *level, const struct mime_entity *entity, struct mime_outcome *outcome)
{
	const struct mime_header *header = entity->header;
	struct mime_outcome parts = { NULL, 0 }, whole = { NULL, 0 };
	bool may_split = header->boundaries_len > 0 || has_type(header, true);
	bool is_split = may_split && mime_multipart_read(walk, level, entity, &parts);

	if (!is_split || has_type(header, false)) {
		mime_leaf_read(walk, level, entity, &whole);
		if (is_split && !mime_outcome_equal(&parts, &whole))
			mime_differ(walk, header, AMBIGUITY_TYPE, "Content-Type can be read as a multipart or as something else");
	}
	mime_outcome_join(walk->arena, outcome, &parts);
	mime_outcome_join(walk->arena, outcome, &whole);
}

static void entity_read(struct mime_walk *walk, const struct mime_level *level, size_t start, size_t end, struct mime_outcome *outcome)
{
	const struct str bytes = { walk->bytes.p + start, end - start };
	struct mime_separator separators[SEPARATORS_MAX];
	size_t len = mime_separators(bytes, separators, SEPARATORS_MAX);

	for (size_t i = 0; i < len && mime_may_go_on(walk, separators[i].header_len); i++) {
		struct mime_header header;
		struct mime_outcome other = { NULL, 0 };
		struct mime_entity entity = { .header = &header, .start = start + separators[i].body_start, .end = end };

		header_read(walk, (struct str){ bytes.p, separators[i].header_len }, &header);
		body_read(walk, level, &entity, i == 0 ? outcome : &other);
		if (i > 0 && !mime_outcome_equal(outcome, &other))
			mime_differ(walk, &header, AMBIGUITY_SEPARATOR, "the header of a part can be read to end in different places");
		if (i > 0)
			mime_outcome_join(walk->arena, outcome, &other);
	}
}

/* Case does not matter, nor what comes before it in a line: text about fields costs a look, no more. */
static size_t find_field(struct str bytes, struct str name)
{
	for (size_t i = 0; i + name.len <= bytes.len; i++) {
		const char *p = memchr(bytes.p + i, '\n', bytes.len - i);

		if (str_equal_nocase((struct str){ bytes.p + i, name.len }, name))
			return i;
		if (p == NULL)
			break;
		i = (size_t)(p - bytes.p);
	}
	return bytes.len;
}

/* Where the paragraph begins that a line is in. */
static size_t paragraph_start(struct str bytes, size_t line)
{
	size_t start = line;

	while (start >= 2 && !(bytes.p[start - 1] == '\n' && (bytes.p[start - 2] == '\n' || (start >= 3 && bytes.p[start - 2] == '\r' &&
			       bytes.p[start - 3] == '\n'))))
		start--;
	return start < 2 ? 0 : start;
}

/* Text that nobody shows may be an entity for a program that does not look at delimiters: threats MIME-10, MIME-23. */
static void hidden_entity_read(struct mime_walk *walk, const struct mime_level *level, size_t start, size_t end, struct mime_outcome *outcome)
{
	const struct str bytes = { walk->bytes.p + start, end - start };
	size_t type = find_field(bytes, STR("Content-Type:")), encoding = find_field(bytes, STR("Content-Transfer-Encoding:"));
	size_t first = type < encoding ? type : encoding;

	if (first < bytes.len)
		mime_range_read(walk, level, start + paragraph_start(bytes, first), end, MIME_ENTITY, outcome);
}

static void outside_read(struct mime_walk *walk, const struct mime_level *level, size_t start, size_t end, struct mime_outcome *outcome)
{
	const struct item item = { .parent = &level->item, .kind = ITEM_PART, .bytes = { walk->bytes.p + start, end - start },
				   .media_type = STR("text/plain") };
	const struct content *content;

	if (!mime_may_go_on(walk, item.bytes.len))
		return;
	content = unpack_found(walk->unpack, &item);
	if (mime_is_recognised(content))
		mime_outcome_add(walk->arena, outcome, content);
	hidden_entity_read(walk, level, start, end, outcome);
}

static struct mime_seen *seen_find(struct mime_walk *walk, size_t start, size_t end, enum mime_range_kind kind, bool *ret_is_new)
{
	struct mime_seen **bucket = &walk->seen[(start * 31 + end) % MIME_SEEN_BUCKETS], *seen;

	*ret_is_new = false;
	for (seen = *bucket; seen != NULL; seen = seen->next) {
		if (seen->start == start && seen->end == end && seen->kind == kind)
			return seen;
	}
	seen = arena_new_of(walk->arena, struct mime_seen);
	*seen = (struct mime_seen){ .next = *bucket, .start = start, .end = end, .kind = kind };
	*bucket = seen;
	*ret_is_new = true;
	return seen;
}

void mime_range_read(struct mime_walk *walk, const struct mime_level *level, size_t start, size_t end, enum mime_range_kind kind,
		     struct mime_outcome *outcome)
{
	struct mime_seen *seen;
	bool is_new;

	if (walk->stopped)
		return;
	seen = seen_find(walk, start, end, kind, &is_new);
	if (is_new && !unpack_count(walk->unpack, UNPACK_PARTS)) {
		walk->stopped = true;
		return;
	}
	if (is_new && kind == MIME_OUTSIDE)
		outside_read(walk, level, start, end, &seen->outcome);
	else if (is_new)
		entity_read(walk, level, start, end, &seen->outcome);
	mime_outcome_join(walk->arena, outcome, &seen->outcome);
}

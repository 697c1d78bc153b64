/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/mime_walk.h"

#define GUESS_LINES_MAX 32	/* lines that are looked at for a boundary that nobody declared */
#define GUESS_BOUNDARY_MAX 998

/* A multipart under one of its boundaries. */
struct multipart {
	struct mime_walk *walk;
	struct mime_level level;	/* of its parts */
	size_t start, end;		/* of its body */
	bool is_main;			/* the most plausible reading: what is outside of it is hidden */
	struct mime_cuts cuts;
};

enum place { IN_FRONT, PART, BEHIND, LATE };

static void outside_hidden(const struct multipart *multipart, struct mime_outcome *outcome, const struct mime_outcome *hidden, enum place place)
{
	static const char *const texts[] = {
		[IN_FRONT] = "content in front of the first delimiter of a multipart", [BEHIND] = "content behind the last delimiter of a multipart",
		[LATE] = "parts behind the closing delimiter of a multipart",
	};

	if (hidden->len == 0)
		return;
	if (multipart->is_main && multipart->level.is_plain)
		mime_ambiguous(multipart->walk, AMBIGUITY_OUTSIDE, texts[place]);
	if (place == LATE)
		mime_outcome_join(multipart->walk->arena, outcome, hidden);
}

static bool is_blank(const struct mime_walk *walk, size_t start, size_t end)
{
	while (start < end && (ascii_is_space(walk->bytes.p[start])))
		start++;
	return start >= end;
}

static void piece_read(const struct multipart *multipart, size_t start, size_t end, enum place place, struct mime_outcome *outcome)
{
	struct mime_outcome hidden = { NULL, 0 };
	enum mime_range_kind kind = multipart->level.is_digest ? MIME_DIGEST_ENTITY : MIME_ENTITY;

	if (end <= start || is_blank(multipart->walk, start, end))
		return;
	if (place == PART) {
		mime_range_read(multipart->walk, &multipart->level, start, end, kind, outcome);
		return;
	}
	mime_range_read(multipart->walk, &multipart->level, start, end, place == LATE ? kind : MIME_OUTSIDE, &hidden);
	outside_hidden(multipart, outcome, &hidden, place);
}

/* Everything between those delimiters that have no other flags than those allowed. */
static void parts_read(const struct multipart *multipart, unsigned allowed, struct mime_outcome *outcome)
{
	size_t start = multipart->start;
	enum place place = IN_FRONT;
	bool is_over = false;

	for (size_t i = 0; i < multipart->cuts.len && !multipart->walk->stopped; i++) {
		const struct mime_cut *cut = &multipart->cuts.items[i];

		if ((cut->flags & ~(allowed | MIME_CUT_END)) != 0)
			continue;
		piece_read(multipart, start, cut->before, place, outcome);
		start = cut->after;
		is_over |= (cut->flags & MIME_CUT_END) != 0;
		place = (cut->flags & MIME_CUT_END) != 0 ? BEHIND : is_over ? LATE : PART;
	}
	piece_read(multipart, start, multipart->end, place, outcome);
}

static size_t count_allowed(const struct mime_cuts *cuts, unsigned allowed)
{
	size_t len = 0;

	for (size_t i = 0; i < cuts->len; i++)
		len += (cuts->items[i].flags & ~(allowed | MIME_CUT_END)) == 0;
	return len;
}

static void compare(const struct multipart *multipart, struct mime_outcome *main, struct mime_outcome *other, enum ambiguity ambiguity,
		    const char *text)
{
	if (!mime_outcome_equal(main, other))
		mime_ambiguous(multipart->walk, ambiguity, text);
	mime_outcome_join(multipart->walk->arena, main, other);
}

/* One reading more, if it is one. */
static void delimiters_read(struct multipart *multipart, unsigned allowed, struct mime_outcome *outcome, enum ambiguity ambiguity, const char *text)
{
	struct mime_outcome other = { NULL, 0 };

	if (count_allowed(&multipart->cuts, allowed) == 0)
		return;
	multipart->level.is_plain = false;
	parts_read(multipart, allowed, &other);
	compare(multipart, outcome, &other, ambiguity, text);
}

static const struct oddity {
	unsigned flag;
	enum ambiguity ambiguity;
	const char *text;
} oddities[] = {
	{ MIME_CUT_CR, AMBIGUITY_LINE_END, "a delimiter that a bare CR begins or ends" },
	{ MIME_CUT_NUL, AMBIGUITY_NUL, "a NUL in a delimiter" },
	{ MIME_CUT_PREFIX, AMBIGUITY_DELIMITER, "a delimiter with text behind the boundary" },
	{ MIME_CUT_TAIL, AMBIGUITY_DELIMITER, "a delimiter that is half a closing one" },
	{ MIME_CUT_INDENTED, AMBIGUITY_DELIMITER, "a delimiter with white space in it" },
};

static void odd_delimiters_read(struct multipart *multipart, struct mime_outcome *outcome)
{
	unsigned seen = multipart->cuts.seen & ~(unsigned)MIME_CUT_END, odd = seen & ~(unsigned)MIME_CUT_PADDED;

	for (size_t i = 0; i < sizeof(oddities) / sizeof(oddities[0]); i++) {
		if ((odd & oddities[i].flag) != 0)
			delimiters_read(multipart, MIME_CUT_PADDED | oddities[i].flag, outcome, oddities[i].ambiguity, oddities[i].text);
	}
	if ((odd & (odd - 1)) != 0)
		delimiters_read(multipart, ~0u, outcome, AMBIGUITY_DELIMITER, "delimiters that are odd in more than one way");
	if ((seen & MIME_CUT_PADDED) != 0)
		delimiters_read(multipart, 0, outcome, AMBIGUITY_DELIMITER, "a delimiter with white space behind it");
}

static bool is_boundary_above(const struct mime_level *level, struct str boundary)
{
	for (; level != NULL; level = level->above) {
		if (str_equal(level->boundary, boundary))
			return true;
	}
	return false;
}

/* A program that reads an inner multipart to its own end passes over delimiters of the outer one: the inner has no end here, but further on. */
static void beyond_read(const struct multipart *multipart, const struct mime_level *level, struct mime_outcome *outcome)
{
	struct multipart longer = *multipart;
	struct mime_outcome other = { NULL, 0 };

	if ((multipart->cuts.seen & MIME_CUT_END) != 0 || multipart->end >= level->end || is_boundary_above(level, multipart->level.boundary))
		return;
	mime_cuts_find(multipart->walk->arena, multipart->walk->bytes, &multipart->walk->lines, multipart->level.boundary, multipart->end, level->end,
		       (size_t)unpack_limits_of(multipart->walk->unpack)->parts + 2, &longer.cuts);
	if (!mime_may_go_on(multipart->walk, longer.cuts.work) || count_allowed(&longer.cuts, MIME_CUT_PADDED) == 0)
		return;
	mime_cuts_find(multipart->walk->arena, multipart->walk->bytes, &multipart->walk->lines, multipart->level.boundary, multipart->start, level->end,
		       (size_t)unpack_limits_of(multipart->walk->unpack)->parts + 2, &longer.cuts);
	longer.end = longer.level.end = level->end;
	longer.level.is_plain = false;
	parts_read(&longer, MIME_CUT_PADDED, &other);
	compare(multipart, outcome, &other, AMBIGUITY_DELIMITER, "a multipart that ends behind the end of the one that it is in");
}

static bool cuts_read(struct multipart *multipart)
{
	struct mime_walk *walk = multipart->walk;
	uint64_t max = unpack_limits_of(walk->unpack)->parts;

	mime_cuts_find(walk->arena, walk->bytes, &walk->lines, multipart->level.boundary, multipart->start, multipart->end, (size_t)max + 2,
		       &multipart->cuts);
	if (multipart->cuts.overflowed)
		unpack_limit(walk->unpack, UNPACK_PARTS, "more than %llu", (unsigned long long)max);
	return mime_may_go_on(walk, multipart->cuts.work) && multipart->cuts.len > 0;
}

/* Returns false when no line is a delimiter for this boundary. */
static bool boundary_read(struct mime_walk *walk, const struct mime_level *level, const struct mime_entity *entity, struct str boundary, bool is_main,
			  struct mime_outcome *outcome)
{
	struct multipart multipart = { .walk = walk, .start = entity->start, .end = entity->end, .is_main = is_main,
		.level = { .above = level, .item = level->item, .boundary = boundary, .end = entity->end, .is_plain = level->is_plain,
			   .is_digest = entity->header->types_len > 0 && mime_type_is(entity->header->types[0], "multipart/digest") } };

	if (++multipart.level.item.depth > unpack_limits_of(walk->unpack)->depth) {
		unpack_limit(walk->unpack, UNPACK_DEPTH, "more than %llu levels", (unsigned long long)unpack_limits_of(walk->unpack)->depth);
		return false;
	}
	if (!cuts_read(&multipart))
		return false;
	if (count_allowed(&multipart.cuts, MIME_CUT_PADDED) > 0) {
		parts_read(&multipart, MIME_CUT_PADDED, outcome);
		if (level->is_plain)
			beyond_read(&multipart, level, outcome);
	} else {
		parts_read(&multipart, ~0u, outcome);
	}
	odd_delimiters_read(&multipart, outcome);
	return true;
}

static bool begins_field(struct str bytes, size_t at)
{
	return at < bytes.len && bytes.len - at >= 8 && str_equal_nocase((struct str){ bytes.p + at, 8 }, STR("Content-"));
}

/* The first line that looks like a delimiter with a part behind it: "--x", then "Content-...". */
static bool boundary_guess(const struct mime_walk *walk, const struct mime_entity *entity, struct str *ret_boundary)
{
	for (size_t i = 0, looked = 0; i < walk->lines.len && looked < GUESS_LINES_MAX; i++) {
		const struct mime_line *line = &walk->lines.items[i];
		struct str rest = { walk->bytes.p + line->dashes, entity->end - line->dashes };

		if (line->start < entity->start)
			continue;
		if (line->start >= entity->end || rest.len < 2)
			return false;
		looked++;
		*ret_boundary = str_split(&rest, "\n");
		*ret_boundary = str_trim((struct str){ ret_boundary->p + 2, ret_boundary->len < 2 ? 0 : ret_boundary->len - 2 });
		if (rest.p != NULL && ret_boundary->len > 0 && ret_boundary->len <= GUESS_BOUNDARY_MAX &&
		    begins_field(walk->bytes, (size_t)(rest.p - walk->bytes.p)))
			return true;
	}
	return false;
}

static bool guessed_read(struct mime_walk *walk, const struct mime_level *level, const struct mime_entity *entity, struct mime_outcome *outcome)
{
	struct str boundary;

	if (!boundary_guess(walk, entity, &boundary) || !boundary_read(walk, level, entity, boundary, true, outcome))
		return false;
	if (outcome->len > 0)
		mime_differ(walk, entity->header, AMBIGUITY_BOUNDARY, "a multipart with other delimiters than its header declares");
	return true;
}

/* RFC 2045 6.4 forbids an encoding here; a program that decodes the body all the same may find delimiters in it. A body that has delimiters as it is
 * was not encoded, by a program that says quoted-printable of everything: decoded, its base64 would lose its end. */
static bool decoded_read_as(struct mime_walk *walk, const struct mime_level *level, const struct mime_entity *entity, enum transfer_encoding encoding,
			    bool is_split, struct mime_outcome *outcome)
{
	const struct str body = { walk->bytes.p + entity->start, entity->end - entity->start };
	bool is_quiet = is_split && encoding == ENCODING_QP, is_found;
	struct mime_outcome decoded = { NULL, 0 };
	char *out = unpack_take(walk->unpack, body.len);
	size_t len;

	if (out == NULL)
		return false;
	len = encoding == ENCODING_BASE64 ? base64_decode(BASE64_SKIP_JUNK, body, out) : qp_decode(QP_LENIENT, body, out);
	is_found = mime_decoded_multipart(walk, level, entity->header, (struct str){ out, len }, is_quiet, &decoded);
	unpack_give_unused(walk->unpack, out, body.len, is_found ? len : 0);
	if (is_quiet || !is_found)
		return is_found;
	if (decoded.len > 0)
		mime_differ(walk, entity->header, AMBIGUITY_ENCODING, "a multipart that is encoded as a whole");
	mime_outcome_join(walk->arena, outcome, &decoded);
	return true;
}

static bool decoded_read(struct mime_walk *walk, const struct mime_level *level, const struct mime_entity *entity, bool is_split,
			 struct mime_outcome *outcome)
{
	bool is_found = false;

	for (size_t i = 0; i < entity->header->encodings_len; i++) {
		enum transfer_encoding encoding = entity->header->encodings[i];

		if ((encoding == ENCODING_BASE64 || encoding == ENCODING_QP) && mime_may_go_on(walk, entity->end - entity->start))
			is_found |= decoded_read_as(walk, level, entity, encoding, is_split, outcome);
	}
	return is_found;
}

bool mime_multipart_read(struct mime_walk *walk, const struct mime_level *level, const struct mime_entity *entity, struct mime_outcome *outcome)
{
	const struct mime_header *header = entity->header;
	bool is_split = false;

	for (size_t i = 0; i < header->boundaries_len && mime_may_go_on(walk, 0); i++) {
		struct mime_outcome other = { NULL, 0 };

		if (!boundary_read(walk, level, entity, header->boundaries[i], !is_split, is_split ? &other : outcome))
			continue;
		if (is_split && !mime_outcome_equal(outcome, &other))
			mime_differ(walk, header, AMBIGUITY_BOUNDARY, "the boundary of a multipart can be read in different ways");
		mime_outcome_join(walk->arena, outcome, &other);
		is_split = true;
	}
	if (!is_split)
		is_split = guessed_read(walk, level, entity, outcome);
	if (decoded_read(walk, level, entity, is_split, outcome))
		is_split = true;
	return is_split;
}

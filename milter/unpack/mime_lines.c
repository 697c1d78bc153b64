/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/mime_lines.h"

/* Walks from line to line. The next LF is remembered: a message of bare CRs is still read once. */
struct line_walk {
	struct str bytes;
	size_t start;
	size_t lf;		/* the first LF at or after start */
	bool has_lf;		/* lf is known to be right */
};

static size_t find_byte(struct str bytes, size_t from, size_t to, char c)
{
	const char *p = from < to ? memchr(bytes.p + from, c, to - from) : NULL;

	return p == NULL ? to : (size_t)(p - bytes.p);
}

static void line_walk_next(struct line_walk *walk)
{
	size_t cr;

	if (!walk->has_lf || walk->lf < walk->start)
		walk->lf = find_byte(walk->bytes, walk->start, walk->bytes.len, '\n');
	walk->has_lf = true;
	cr = find_byte(walk->bytes, walk->start, walk->lf, '\r');
	walk->start = cr + 1 < walk->lf ? cr + 1 : walk->lf + 1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\0';
}

static bool could_be_delimiter(struct str bytes, size_t start, size_t *ret_dashes)
{
	size_t first = start, second;

	while (first < bytes.len && is_blank(bytes.p[first]))
		first++;
	if (first >= bytes.len || bytes.p[first] != '-')
		return false;
	for (second = first + 1; second < bytes.len && bytes.p[second] == '\0';)
		second++;
	*ret_dashes = first;
	return second < bytes.len && bytes.p[second] == '-';
}

/* Counts them; writes them, too, when there is somewhere to write to. */
static size_t scan(struct str bytes, struct mime_line *out)
{
	struct line_walk walk = { .bytes = bytes };
	size_t len = 0, dashes;

	for (; walk.start < bytes.len; line_walk_next(&walk)) {
		if (!could_be_delimiter(bytes, walk.start, &dashes))
			continue;
		if (out != NULL)
			out[len] = (struct mime_line){ (uint32_t)walk.start, (uint32_t)dashes };
		len++;
	}
	return len;
}

bool mime_lines_find(struct unpack *unpack, struct str bytes, struct mime_lines *ret_lines)
{
	size_t len = scan(bytes, NULL);

	*ret_lines = (struct mime_lines){ NULL, 0 };
	if (len == 0)
		return true;
	ret_lines->items = unpack_take(unpack, len * sizeof(*ret_lines->items));
	if (ret_lines->items == NULL)
		return false;
	ret_lines->len = scan(bytes, ret_lines->items);
	return true;
}

void mime_lines_release(struct unpack *unpack, struct mime_lines *lines)
{
	unpack_give_unused(unpack, lines->items, lines->len * sizeof(*lines->items), 0);
	*lines = (struct mime_lines){ NULL, 0 };
}

static size_t first_from(const struct mime_lines *lines, size_t start)
{
	size_t low = 0, high = lines->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (lines->items[middle].start < start)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Reads a line without its NULs. */
struct cursor {
	const char *p, *end;
	bool has_nul;
};

/* -1: the line ends here. */
static int peek(struct cursor *cursor)
{
	while (cursor->p < cursor->end && *cursor->p == '\0') {
		cursor->has_nul = true;
		cursor->p++;
	}
	if (cursor->p >= cursor->end || *cursor->p == '\r' || *cursor->p == '\n')
		return -1;
	return (unsigned char)*cursor->p;
}

static bool skip_blanks(struct cursor *cursor)
{
	bool any = false;

	for (int c = peek(cursor); c == ' ' || c == '\t'; c = peek(cursor)) {
		cursor->p++;
		any = true;
	}
	return any;
}

static bool skip_text(struct cursor *cursor, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '\0')
			continue;
		if (peek(cursor) != (unsigned char)text.p[i])
			return false;
		cursor->p++;
	}
	return true;
}

/* What stands behind the boundary. */
static unsigned read_tail(struct cursor *cursor)
{
	unsigned flags = 0;

	if (peek(cursor) == '-') {
		cursor->p++;
		flags |= MIME_CUT_TAIL;
		if (peek(cursor) == '-') {
			cursor->p++;
			flags = MIME_CUT_END;
		}
	}
	if (skip_blanks(cursor))
		flags |= MIME_CUT_PADDED;
	if (peek(cursor) != -1)
		flags |= (flags & MIME_CUT_END) != 0 ? MIME_CUT_TAIL : MIME_CUT_PREFIX;
	return flags;
}

/* Where the line end in front of a line begins; not before floor. */
static size_t end_in_front(struct str bytes, size_t start, size_t floor, bool *ret_is_cr)
{
	*ret_is_cr = start > 0 && bytes.p[start - 1] == '\r';
	if (start > floor && bytes.p[start - 1] == '\r')
		return start - 1;
	if (start > floor && bytes.p[start - 1] == '\n')
		start--;
	if (start > floor && bytes.p[start] == '\n' && bytes.p[start - 1] == '\r')
		start--;
	return start;
}

static size_t end_behind(struct str bytes, size_t from, size_t end, bool *ret_is_cr)
{
	size_t at = from;

	while (at < end && bytes.p[at] != '\n' && bytes.p[at] != '\r')
		at++;
	*ret_is_cr = at + 1 < end && bytes.p[at] == '\r' && bytes.p[at + 1] != '\n';
	if (at + 1 < end && bytes.p[at] == '\r' && bytes.p[at + 1] == '\n')
		at++;
	return at < end ? at + 1 : end;
}

static bool cut_read(struct str bytes, const struct mime_line *line, struct str boundary, size_t start, size_t end, struct mime_cut *ret_cut)
{
	struct cursor cursor = { .p = bytes.p + line->dashes, .end = bytes.p + end };
	unsigned flags = line->dashes != line->start ? MIME_CUT_INDENTED : 0;
	bool cr_in_front, cr_behind;

	(void)skip_text(&cursor, STR("--"));
	if (boundary.len == 0 || (boundary.p[0] != ' ' && boundary.p[0] != '\t')) {
		if (boundary.len > 0 && skip_blanks(&cursor))
			flags |= MIME_CUT_INDENTED;
	}
	if (!skip_text(&cursor, boundary))
		return false;
	flags |= read_tail(&cursor);
	ret_cut->before = (uint32_t)end_in_front(bytes, line->start, start, &cr_in_front);
	ret_cut->after = (uint32_t)end_behind(bytes, (size_t)(cursor.p - bytes.p), end, &cr_behind);
	if (cr_in_front || cr_behind)
		flags |= MIME_CUT_CR;
	/* In front of the dashes NULs were passed over before the cursor began. */
	if (cursor.has_nul || memchr(bytes.p + line->start, '\0', line->dashes - line->start) != NULL)
		flags |= MIME_CUT_NUL;
	ret_cut->flags = flags;
	return true;
}

void mime_cuts_find(struct arena *arena, struct str bytes, const struct mime_lines *lines, struct str boundary, size_t start, size_t end,
		    size_t max, struct mime_cuts *ret_cuts)
{
	*ret_cuts = (struct mime_cuts){ .len = 0 };
	for (size_t i = first_from(lines, start); i < lines->len && lines->items[i].start < end; i++) {
		struct mime_cut cut;

		ret_cuts->work++;
		if (!cut_read(bytes, &lines->items[i], boundary, start, end, &cut))
			continue;
		ret_cuts->work += cut.after - lines->items[i].start;
		if (ret_cuts->len >= max) {
			ret_cuts->overflowed = true;
			return;
		}
		*(struct mime_cut *)arena_push(arena, (void **)&ret_cuts->items, &ret_cuts->len, sizeof(cut)) = cut;
		ret_cuts->seen |= cut.flags;
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last net: the message as a mere sequence of bytes, without a thought for what its headers say. It runs after the readings of the structure and
 * leaves out what they have decoded in the only way there is; of an ordinary message that leaves the headers. */
#include "milter/unpack/encodings.h"
#include "milter/unpack/handlers.h"
#include "milter/unpack/octets.h"
#include "milter/unpack/suspect.h"

#define RUN_CHARS_MIN 64	/* the shortest payload that counts, EICAR, has 68 bytes */
#define ESCAPES_MIN 8		/* in a text whose other '=' are not many more: URLs have some by chance */
#define SHORT_TEXT_MAX 512	/* bytes of a text that is worth it for one escape */
#define LINE_LOOK_MAX 100	/* bytes of a line, back from a soft line break */

/* The bytes from at on that a reading of the structure has covered. Coverage of a stretch is coverage of each shorter one, so it can be searched. */
static size_t covered_from(const struct unpack *unpack, struct str rest)
{
	size_t yes = 0, step = 1;

	while (yes < rest.len) {
		size_t try = step < rest.len - yes ? step : rest.len - yes;

		if (unpack_covered(unpack, (struct str){ rest.p, yes + try })) {
			yes += try;
			step *= 2;
		} else if (step == 1) {
			break;
		} else {
			step = step > 4 ? step / 4 : 1;
		}
	}
	return yes;
}

struct equals {
	size_t all, escapes;
	bool has_pair;		/* two escapes in a row: no text has that by chance */
	bool has_soft_break;
};

static bool is_hex(char c)
{
	return ascii_is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

static bool is_escape(const char *at, const char *end)
{
	return end - at >= 3 && is_hex(at[1]) && is_hex(at[2]);
}

/* "text=" at the end of a line. Of a line of base64 it is padding: somewhere before it there must be something else. */
static bool is_soft_break(const char *begin, const char *at, const char *end)
{
	const char *from = at - begin > LINE_LOOK_MAX ? at - LINE_LOOK_MAX : begin;

	if (at + 1 < end && at[1] != '\r' && at[1] != '\n' && at[1] != ' ' && at[1] != '\t')
		return false;
	for (const char *back = at; back > from && back[-1] != '\n'; back--)
		if (!ascii_is_alnum(back[-1]) && strchr("+/=-_\r", back[-1]) == NULL)
			return true;
	return false;
}

static struct equals count_equals(struct str text)
{
	const char *at = text.p, *end = text.p + text.len;
	struct equals equals = { .all = 0 };

	while (at < end && (at = memchr(at, '=', (size_t)(end - at))) != NULL) {
		bool escape = is_escape(at, end);

		equals.all++;
		equals.escapes += escape;
		equals.has_pair |= escape && end - at >= 6 && at[3] == '=' && is_escape(at + 3, end);
		equals.has_soft_break |= is_soft_break(text.p, at, end);
		at += escape ? 3 : 1;
	}
	return equals;
}

static bool looks_quoted_printable(struct str text)
{
	struct equals equals = count_equals(text);
	bool is_short = text.len <= SHORT_TEXT_MAX;

	if (equals.has_pair || equals.has_soft_break)
		return true;
	return equals.escapes >= (is_short ? 1 : ESCAPES_MIN) && equals.escapes * (is_short ? 2 : 4) >= equals.all;
}

static void salvage_base64(struct unpack *unpack, const struct item *item, struct str bytes, enum suspect_noise noise)
{
	size_t position = 0;
	struct str run;

	while (!unpack_stopped(unpack) && base64_run_next(bytes, RUN_CHARS_MIN, &position, &run)) {
		if (!unpack_covered(unpack, run))
			suspect_base64(unpack, item, ITEM_SALVAGED, run, noise);
	}
}

static void salvage_uuencode(struct unpack *unpack, const struct item *item, struct str bytes)
{
	struct encoded_file file;
	size_t position = 0;
	char *out;

	if (!octets_has(bytes, STR("begin")))
		return;
	out = unpack_take(unpack, bytes.len);
	while (out != NULL && !unpack_stopped(unpack) && uuencode_next(bytes, &position, out, &file))
		suspect_found(unpack, item, ITEM_SALVAGED, (struct str){ out, file.len }, FILETYPE_UNKNOWN);
	unpack_give_unused(unpack, out, bytes.len, 0);
}

/* Signatures, stamps and traces of other filters fill headers with base64 that decodes to noise. */
static void salvage_header(struct unpack *unpack, const struct item *item, struct str header)
{
	if (header.len >= RUN_CHARS_MIN)
		salvage_base64(unpack, item, header, SUSPECT_NO_NOISE);
}

/* Where the body of a segment begins: behind its first empty line; a segment without one is all body. */
static size_t body_of(struct str segment)
{
	size_t at = 0;

	while (at < segment.len) {
		const char *lf = memchr(segment.p + at, '\n', segment.len - at);
		size_t next = lf == NULL ? segment.len : (size_t)(lf - segment.p) + 1;

		if (next - at <= 2 && (segment.p[at] == '\n' || segment.p[at] == '\r'))
			return next;
		at = next;
	}
	return 0;
}

/* Does the line behind the delimiter begin as a field does? */
static bool begins_as_header(struct str segment)
{
	const char *lf = memchr(segment.p, '\n', segment.len);
	size_t at = lf == NULL ? segment.len : (size_t)(lf - segment.p) + 1;

	while (at < segment.len && (ascii_is_alnum(segment.p[at]) || segment.p[at] == '-'))
		at++;
	return at < segment.len && segment.p[at] == ':';
}

static void salvage_body(struct unpack *unpack, const struct item *item, struct str body)
{
	if (body.len < RUN_CHARS_MIN)
		return;
	salvage_base64(unpack, item, body, SUSPECT_NOISE);
	salvage_uuencode(unpack, item, body);
	if (looks_quoted_printable(body))
		suspect_qp(unpack, item, ITEM_SALVAGED, body);
}

/* The line end before a delimiter is a part of it. */
static struct str without_line_end(struct str segment)
{
	if (segment.len > 0 && segment.p[segment.len - 1] == '\n')
		segment.len--;
	if (segment.len > 0 && segment.p[segment.len - 1] == '\r')
		segment.len--;
	return segment;
}

/* A header and a body, or, in an attached message, two headers and a body: told by where a reading of the structure has found the body. A header alone
 * (a multipart's) ends with its empty line, of which the line end may be the delimiter's. */
static void salvage_segment(struct unpack *unpack, const struct item *item, struct str whole)
{
	bool is_last = whole.p + whole.len == item->bytes.p + item->bytes.len;
	struct str segment = is_last ? whole : without_line_end(whole);
	size_t first = body_of(whole) > segment.len ? segment.len : body_of(whole), second = first + body_of(octets_from(segment, first));
	size_t covered = covered_from(unpack, octets_from(segment, first));

	if (first == segment.len && !begins_as_header(segment))
		first = second = 0;
	if (covered == 0 && second > first) {
		covered = covered_from(unpack, octets_from(segment, second));
		first = covered > 0 ? second : first;
	}
	salvage_header(unpack, item, octets_sub(segment, 0, first));
	salvage_body(unpack, item, octets_from(segment, first + covered));
}

/* Segments end where a line begins with "--", as a delimiter would. */
static void salvage_segments(struct unpack *unpack, const struct item *item)
{
	struct str rest = item->bytes;

	while (rest.len > 0 && !unpack_stopped(unpack)) {
		size_t end = octets_find(rest, 0, STR("\n--"));
		struct str segment = octets_sub(rest, 0, end == SIZE_MAX ? rest.len : end + 1);

		if (segment.len >= RUN_CHARS_MIN)
			salvage_segment(unpack, item, segment);
		rest = octets_from(rest, segment.len);
	}
}

static bool has_bare_cr(struct str bytes)
{
	const char *at = bytes.p, *end = bytes.p + bytes.len;

	while (at < end && (at = memchr(at, '\r', (size_t)(end - at))) != NULL) {
		if (++at == end || *at != '\n')
			return true;
	}
	return false;
}

static size_t drop_nul(struct str in, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < in.len; i++)
		if (in.p[i] != '\0')
			out[len++] = in.p[i];
	return len;
}

static size_t bare_cr_to_lf(struct str in, char *out)
{
	for (size_t i = 0; i < in.len; i++) {
		bool is_bare = in.p[i] == '\r' && (i + 1 == in.len || in.p[i + 1] != '\n');

		out[i] = is_bare ? '\n' : in.p[i];
	}
	return in.len;
}

/* The whole once more, as a program reads it that does something else with such bytes. */
static void salvage_changed(struct unpack *unpack, const struct item *item, size_t (*change)(struct str in, char *out))
{
	size_t size = item->bytes.len, len = 0;
	char *out = unpack_take(unpack, size);

	if (out != NULL) {
		len = change(item->bytes, out);
		(void)unpack_found(unpack, &(struct item){ .parent = item, .kind = ITEM_SALVAGED, .bytes = { out, len },
							   .media_type = STR("message/rfc822") });
	}
	unpack_give_unused(unpack, out, size, len);
}

void salvage_unpack(struct unpack *unpack, const struct item *item)
{
	salvage_segments(unpack, item);
	/* What a change gives comes here too, without what was changed: so both are made, and it ends. */
	if (memchr(item->bytes.p, '\0', item->bytes.len) != NULL)
		salvage_changed(unpack, item, drop_nul);
	if (has_bare_cr(item->bytes))
		salvage_changed(unpack, item, bare_cr_to_lf);
}

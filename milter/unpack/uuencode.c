/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/encodings.h"

#include <stdint.h>

#include "milter/unpack/lines.h"

#define INDENT_MAX 8	/* bytes of white space before "begin" */
#define EXTRA_MAX 2	/* characters that some encoders put at the end of a line: a checksum, a mark against trimming */

struct begin {
	size_t start, data;	/* where the line begins, where what follows it does */
	struct str name;
	bool is_base64;
	bool has_mode;
};

static struct str skip_blanks(struct str s)
{
	while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = (struct str){ s.p + 1, s.len - 1 };
	return s;
}

static struct str skip_prefix(struct str s, size_t len)
{
	return (struct str){ s.p + len, s.len - len };
}

static bool skip_mode(struct str *rest)
{
	struct str s = *rest;
	size_t digits = 0;

	while (digits < s.len && s.p[digits] >= '0' && s.p[digits] <= '7')
		digits++;
	if (digits < 3 || digits > 6 || (digits < s.len && s.p[digits] != ' ' && s.p[digits] != '\t'))
		return false;
	*rest = skip_blanks(skip_prefix(s, digits));
	return true;
}

static bool read_begin(struct str line, struct begin *begin)
{
	struct str rest = skip_blanks(line);
	struct str after;

	begin->is_base64 = str_has_prefix(rest, STR("begin-base64"));
	if (!begin->is_base64 && !str_has_prefix(rest, STR("begin")))
		return false;
	rest = skip_prefix(rest, begin->is_base64 ? 12 : 5);
	after = skip_blanks(rest);
	if (after.len == rest.len || after.len == 0)
		return false;
	begin->has_mode = skip_mode(&after);
	begin->name = str_trim(after);
	return true;
}

/* What a length byte asks for: 4 characters for each 3 bytes. */
static size_t chars_of(char length)
{
	return (((size_t)(length - ' ') & 63) + 2) / 3 * 4;
}

static bool is_of_alphabet(struct str line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.p[i] < ' ' || line.p[i] > '`')
			return false;
	return line.len > 0;
}

static bool is_full_line(struct str line)
{
	size_t chars = line.len == 0 ? 0 : chars_of(line.p[0]);

	return is_of_alphabet(line) && chars > 0 && line.len - 1 >= chars && line.len - 1 <= chars + EXTRA_MAX;
}

/* Without a mode, prose may begin so: then the next line must be a full one. (Some clients take any line that begins with "begin  ".) */
static bool is_followed_by_data(struct str in, size_t data)
{
	struct str line;

	return line_next(in, &data, &line) && is_full_line(line);
}

/* Only the start of a line, perhaps indented. */
static bool line_start_before(struct str in, size_t at, size_t *ret_start)
{
	size_t start = at;

	while (start > 0 && at - start < INDENT_MAX && (in.p[start - 1] == ' ' || in.p[start - 1] == '\t'))
		start--;
	*ret_start = start;
	return line_starts_at(in, start);
}

static bool find_begin(struct str in, size_t from, struct begin *ret_begin)
{
	const char *found;

	while (from < in.len && (found = memmem(in.p + from, in.len - from, "begin", 5)) != NULL) {
		size_t at = (size_t)(found - in.p), position;
		struct str line = STR("");

		from = at + 5;
		if (!line_start_before(in, at, &position))
			continue;
		ret_begin->start = position;
		(void)line_next(in, &position, &line);
		ret_begin->data = position;
		if (read_begin(line, ret_begin) && (ret_begin->has_mode || is_followed_by_data(in, position)))
			return true;
		from = position > from ? position : from;
	}
	return false;
}

static bool is_end(struct str line)
{
	return str_equal(str_trim(line), STR("end"));
}

static bool is_begin(struct str line)
{
	struct begin begin;

	return read_begin(line, &begin) && begin.has_mode;
}

/* Three bytes of four characters; a missing one counts as the space that was trimmed from the end of the line. */
static void decode_group(struct str line, size_t at, size_t len, char *out)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < 4; i++)
		bits = bits << 6 | (at + i < line.len ? (uint32_t)(line.p[at + i] - ' ') & 63 : 0);
	for (size_t i = 0; i < len && i < 3; i++)
		out[i] = (char)(bits >> (16 - 8 * i));
}

/* room: as much may be written; a short line may give more bytes than it has characters. */
static size_t decode_line(struct str line, size_t room, char *out)
{
	size_t len = (size_t)(line.p[0] - ' ') & 63;

	if (len > room)
		len = room;
	for (size_t done = 0; done < len; done += 3)
		decode_group(line, 1 + done / 3 * 4, len - done, out + done);
	return len;
}

static void decode_lines(struct str in, const struct begin *begin, char *out, struct encoded_file *file)
{
	size_t position = begin->data, next = position;
	bool has_end = false, is_odd = false;
	struct str line;

	for (; !has_end && line_next(in, &next, &line) && !is_begin(line); position = next) {
		has_end = is_end(line);
		if (has_end || line.len == 0)
			continue;
		is_odd |= !is_full_line(line) && !(is_of_alphabet(line) && chars_of(line.p[0]) == 0);
		if (is_of_alphabet(line))
			file->len += decode_line(line, next - begin->start - file->len, out + file->len);
	}
	file->is_broken = !has_end || is_odd;
	file->end = position;
}

/* Up to "====", which is not in the data. */
static void decode_base64(struct str in, const struct begin *begin, char *out, struct encoded_file *file)
{
	size_t position = begin->data, next = position;
	struct str line;

	file->is_broken = true;
	for (; line_next(in, &next, &line) && !is_begin(line) && !is_end(line); position = next) {
		if (str_has_prefix(line, STR("===="))) {
			file->is_broken = false;
			break;
		}
	}
	file->len = base64_decode(BASE64_SKIP_JUNK, (struct str){ in.p + begin->data, position - begin->data }, out);
	file->end = file->is_broken ? position : next;
}

bool uuencode_next(struct str in, size_t *position, char *out, struct encoded_file *ret_file)
{
	struct begin begin;

	while (find_begin(in, *position, &begin)) {
		struct encoded_file file = { .name = begin.name, .start = begin.start };

		if (begin.is_base64)
			decode_base64(in, &begin, out, &file);
		else
			decode_lines(in, &begin, out, &file);
		*position = file.end > begin.data ? file.end : begin.data;
		if (file.len > 0) {
			*ret_file = file;
			return true;
		}
	}
	*position = in.len;
	return false;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* iCalendar (RFC 5545 3.8.1.1) and vCard (2.1, RFC 2426, RFC 6350): values that are files. */
#include "milter/unpack/encodings.h"
#include "milter/unpack/handlers.h"
#include "milter/unpack/octets.h"

#define NAMES_MAX 4
#define DATA_HEAD_MAX 1024	/* bytes of a data: URL before its data */

struct property {
	struct str media_type;
	struct str names[NAMES_MAX];
	size_t names_len;
	bool is_base64;
};

static bool is_word(struct str s, const char *word)
{
	return str_equal_nocase(s, str_of(word));
}

/* RFC 5545 3.1: a line end and a blank are nothing. Returns the length. */
static size_t unfold(struct str in, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < in.len; i++) {
		size_t next = i + (in.p[i] == '\r' && octets_u8(in, i + 1) == '\n');
		bool is_end = in.p[i] == '\n' || in.p[i] == '\r';

		if (is_end && (octets_u8(in, next + 1) == ' ' || octets_u8(in, next + 1) == '\t')) {
			i = next + 1;
			continue;
		}
		out[len++] = in.p[i] == '\r' ? '\n' : in.p[i];
		i = next;
	}
	return len;
}

static struct str unquote(struct str s)
{
	return s.len >= 2 && s.p[0] == '"' && s.p[s.len - 1] == '"' ? octets_sub(s, 1, s.len - 2) : s;
}

static void read_parameter(struct property *property, struct str parameter)
{
	struct str value = parameter, name = str_trim(str_split(&value, "="));

	value = unquote(str_trim(value));
	if (value.p == NULL)	/* vCard 2.1: ";BASE64" */
		property->is_base64 |= is_word(name, "BASE64") || is_word(name, "B");
	else if (is_word(name, "ENCODING"))
		property->is_base64 |= is_word(value, "BASE64") || is_word(value, "B");
	else if (is_word(name, "VALUE"))
		property->is_base64 |= is_word(value, "BINARY");
	else if (is_word(name, "FMTTYPE") || is_word(name, "MEDIATYPE"))
		property->media_type = value;
	else if (name.len >= 8 && is_word(octets_from(name, name.len - 8), "FILENAME") && property->names_len < NAMES_MAX)
		property->names[property->names_len++] = value;
}

/* Up to ';' or ':' that is not within quotes. */
static size_t parameter_end(struct str s, size_t at)
{
	bool in_quotes = false;

	for (; at < s.len && (in_quotes || (s.p[at] != ';' && s.p[at] != ':')); at++)
		in_quotes ^= s.p[at] == '"';
	return at;
}

/* RFC 2397: "data:image/png;base64,AAAA"; returns what follows the comma. */
static struct str read_data_url(struct property *property, struct str value)
{
	struct str head = octets_sub(value, 5, DATA_HEAD_MAX);
	const char *comma = memchr(head.p, ',', head.len);

	if (comma == NULL)
		return value;
	head.len = (size_t)(comma - head.p);
	property->is_base64 = head.len >= 6 && octets_spell(head, head.len - 6, STR("base64"));
	property->media_type = str_split(&head, ";");
	return octets_from(value, (size_t)(comma - value.p) + 1);
}

/* NAME;PARAMETER=...:VALUE. Returns the value. */
static struct str read_property(struct str line, struct property *property)
{
	size_t at = parameter_end(line, 0);
	struct str value;

	*property = (struct property){ .names_len = 0 };
	while (at < line.len && line.p[at] == ';') {
		size_t end = parameter_end(line, at + 1);

		read_parameter(property, octets_sub(line, at + 1, end - at - 1));
		at = end;
	}
	value = str_trim(octets_from(line, at + 1));
	return octets_spell(value, 0, STR("data:")) ? read_data_url(property, value) : value;
}

/* A media type is given in lower case. */
static struct str lower(struct unpack *unpack, struct str s)
{
	char *copy = arena_strndup(unpack_arena(unpack), s.len == 0 ? "" : s.p, s.len < DATA_HEAD_MAX ? s.len : DATA_HEAD_MAX);

	for (char *p = copy; *p != '\0'; p++)
		*p = ascii_lower(*p);
	return str_of(copy);
}

static void found(struct unpack *unpack, const struct item *item, const struct property *property, struct str bytes)
{
	(void)unpack_found(unpack, &(struct item){ .parent = item, .kind = ITEM_EMBEDDED, .bytes = bytes, .names = property->names,
						   .names_len = property->names_len, .media_type = lower(unpack, property->media_type),
						   .is_attachment = true });
}

/* vCard 2.1 ends base64 with an empty line and need not fold it: lines that are no property belong to it. */
static size_t value_end(struct str text, size_t at)
{
	while (at < text.len) {
		struct str rest = octets_from(text, at), line = str_split(&rest, "\n");

		if (str_trim(line).len == 0 || memchr(line.p, ':', line.len) != NULL)
			break;
		at += line.len + 1;
	}
	return at < text.len ? at : text.len;
}

/* What is decoded takes the place of what it was decoded from. */
static void read_lines(struct unpack *unpack, const struct item *item, char *bytes, size_t len)
{
	struct str text = { bytes, len };

	for (size_t at = 0, next; at < len && !unpack_stopped(unpack); at = next) {
		struct str rest = octets_from(text, at), line = str_split(&rest, "\n"), value;
		struct property property;

		next = at + line.len + 1;
		value = read_property(line, &property);
		if (!property.is_base64 || value.p == NULL)
			continue;
		next = value_end(text, next);
		value.len = (size_t)(text.p + next - value.p);
		value.len = base64_decode(BASE64_SKIP_JUNK, value, bytes + (value.p - text.p));
		if (value.len > 0)
			found(unpack, item, &property, value);
	}
}

void calendar_unpack(struct unpack *unpack, const struct item *item)
{
	size_t size = item->bytes.len;
	char *text = unpack_take(unpack, size);

	if (text != NULL)
		read_lines(unpack, item, text, unfold(item->bytes, text));
	unpack_give_unused(unpack, text, size, 0);
}

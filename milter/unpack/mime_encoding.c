/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/mime_encoding.h"

#include "milter/mail/encoded.h"

enum { VALUE_MAX = 4096 };

static const struct {
	struct str name;
	enum transfer_encoding encoding;
} names[] = {
	{ STR("7bit"), ENCODING_IDENTITY }, { STR("8bit"), ENCODING_IDENTITY }, { STR("binary"), ENCODING_IDENTITY },
	{ STR("base64"), ENCODING_BASE64 }, { STR("quoted-printable"), ENCODING_QP },
	{ STR("x-uuencode"), ENCODING_UUENCODE }, { STR("uuencode"), ENCODING_UUENCODE }, { STR("x-uue"), ENCODING_UUENCODE },
	{ STR("uue"), ENCODING_UUENCODE }, { STR("x-uu"), ENCODING_UUENCODE },
	{ STR("x-yencode"), ENCODING_YENC }, { STR("yencode"), ENCODING_YENC }, { STR("x-yenc"), ENCODING_YENC }, { STR("yenc"), ENCODING_YENC },
	{ STR("x-binhex40"), ENCODING_BINHEX }, { STR("x-binhex"), ENCODING_BINHEX }, { STR("binhex"), ENCODING_BINHEX },
	{ STR("mac-binhex40"), ENCODING_BINHEX }, { STR("binhex40"), ENCODING_BINHEX },
	/* what careless programs write */
	{ STR("7-bit"), ENCODING_IDENTITY }, { STR("8-bit"), ENCODING_IDENTITY }, { STR("7bits"), ENCODING_IDENTITY },
	{ STR("8bits"), ENCODING_IDENTITY }, { STR("none"), ENCODING_IDENTITY },
};

/* What a value may hold anywhere, without case, white space and quotes. */
static const struct {
	const char *part;
	enum transfer_encoding encoding;
} parts[] = {
	{ "base64", ENCODING_BASE64 }, { "base-64", ENCODING_BASE64 }, { "quoted-printable", ENCODING_QP }, { "quotedprintable", ENCODING_QP },
	{ "uue", ENCODING_UUENCODE }, { "yenc", ENCODING_YENC }, { "binhex", ENCODING_BINHEX },
	{ "7bit", ENCODING_IDENTITY }, { "8bit", ENCODING_IDENTITY }, { "binary", ENCODING_IDENTITY },
};

static bool find_name(struct str token, enum transfer_encoding *ret_encoding)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		*ret_encoding = names[i].encoding;
		if (str_equal_nocase(token, names[i].name))
			return true;
	}
	return false;
}

static void add(struct mime_encodings *encodings, enum transfer_encoding encoding)
{
	for (size_t i = 0; i < encodings->len; i++)
		if (encodings->items[i] == encoding)
			return;
	encodings->items[encodings->len++] = encoding;	/* there are fewer values than room */
}
_Static_assert(ENCODING_UNKNOWN < 8, "a list of distinct encodings has room for all of them");

/* A comment that does not end is none for this purpose: what is in it counts below. */
static size_t comment_length(struct str s)
{
	size_t depth = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return 0;
}

static struct str without_comments(struct str value, char *out)
{
	size_t len = 0;
	bool open = false;

	for (size_t i = 0; i < value.len; i++) {
		struct str rest = { value.p + i, value.len - i };
		size_t comment = value.p[i] == '(' && !open ? comment_length(rest) : 0;

		open |= value.p[i] == '(' && comment == 0;
		if (comment > 0)
			i += comment - 1;
		else
			out[len++] = value.p[i];
	}
	return str_trim((struct str){ out, len });
}

static void add_parts(struct mime_encodings *encodings, struct str value, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < value.len; i++)
		if (value.p[i] > ' ' && value.p[i] < 0x7f && strchr("\"'\\", value.p[i]) == NULL)
			out[len++] = ascii_lower(value.p[i]);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (memmem(out, len, parts[i].part, strlen(parts[i].part)) != NULL)
			add(encodings, parts[i].encoding);
}

/* Up to the first separator: what most programs look at. */
static struct str first_word(struct str value)
{
	struct str word = str_split(&value, ";, \t");

	return str_trim(word);
}

static void read_odd(struct arena *arena, struct str value, struct mime_encodings *encodings)
{
	char *out = arena_alloc(arena, value.len + 1);
	enum transfer_encoding encoding;
	struct encoded decoded;

	if (find_name(first_word(without_comments(value, out)), &encoding))
		add(encodings, encoding);
	add_parts(encodings, value, out);
	encoded_decode(arena, value, &decoded);
	if (decoded.words > 0)
		add_parts(encodings, decoded.text, out);
	encodings->is_unknown = encodings->len == 0;
	add(encodings, encodings->is_unknown ? ENCODING_UNKNOWN : ENCODING_IDENTITY);
}

void mime_encoding_read(struct arena *arena, struct str value, struct mime_encodings *ret_encodings)
{
	enum transfer_encoding encoding;

	*ret_encodings = (struct mime_encodings){ .len = 0 };
	value = str_trim(value);
	if (value.len > VALUE_MAX)
		value.len = VALUE_MAX;
	if (value.len == 0)
		add(ret_encodings, ENCODING_IDENTITY);
	else if (find_name(value, &encoding))
		add(ret_encodings, encoding);
	else
		read_odd(arena, value, ret_encodings);
}

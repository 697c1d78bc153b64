/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/tnef_properties.h"

#include "milter/unpack/octets.h"

#define MULTIPLE 0x1000		/* several values */
#define NAMED 0x8000		/* ids from here on come with a name */
#define TEXT_MAX 65536		/* bytes of a string that is converted */

static size_t padded(uint64_t len)
{
	return (size_t)((len + 3) & ~UINT64_C(3));
}

/* Bytes of a value of fixed length; 0 for those of another, -1 for types that are none. */
static int fixed_len(unsigned type)
{
	switch (type) {
	case 0x0001:	/* null */
	case 0x0002:	/* 16 bits */
	case 0x0003:
	case 0x0004:	/* float */
	case 0x000a:	/* error */
	case 0x000b:	/* boolean */
		return 4;
	case 0x0005:	/* double */
	case 0x0006:	/* currency */
	case 0x0007:	/* time */
	case 0x0014:	/* 64 bits */
	case 0x0040:	/* time */
		return 8;
	case 0x0048:	/* GUID */
		return 16;
	case TNEF_OBJECT:
	case TNEF_STRING:
	case TNEF_UNICODE:
	case TNEF_BINARY:
		return 0;
	default:
		return -1;
	}
}

static bool skip(struct str *rest, uint64_t len)
{
	bool is_there = octets_within(*rest, 0, len);

	*rest = octets_from(*rest, len);
	return is_there;
}

/* A GUID, then a number or a name in UTF-16. */
static bool skip_name(struct str *rest)
{
	uint32_t kind = octets_le32(*rest, 16);

	if (!skip(rest, 20))
		return false;
	return kind == 0 ? skip(rest, 4) : skip(rest, 4 + (uint64_t)padded(octets_le32(*rest, 0)));
}

/* A count, then each with its length: so also when there is but one. */
static bool read_variable(struct str *rest, struct tnef_property *property, void (*read)(void *arg, const struct tnef_property *property), void *arg)
{
	uint32_t count = octets_le32(*rest, 0);

	if (!skip(rest, 4))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t len = octets_le32(*rest, 0);

		if (!skip(rest, 4))
			return false;
		property->value = octets_sub(*rest, 0, len);
		read(arg, property);
		if (!skip(rest, len))
			return false;
		(void)skip(rest, padded(len) - len);	/* the last need not be filled up */
	}
	return true;
}

static bool skip_fixed(struct str *rest, bool is_multiple, int len)
{
	uint64_t count = 1;

	if (is_multiple) {
		count = octets_le32(*rest, 0);
		if (!skip(rest, 4))
			return false;
	}
	return skip(rest, count * (uint64_t)len);
}

bool tnef_properties_read(struct str bytes, void (*read)(void *arg, const struct tnef_property *property), void *arg)
{
	uint32_t count = octets_le32(bytes, 0);
	struct str rest = bytes;

	if (!skip(&rest, 4))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		struct tnef_property property = { .type = octets_le16(rest, 0), .id = octets_le16(rest, 2) };
		bool is_multiple = (property.type & MULTIPLE) != 0;
		int len;

		property.type &= (uint16_t)~(unsigned)MULTIPLE;
		len = fixed_len(property.type);
		if (!skip(&rest, 4) || len < 0 || (property.id >= NAMED && !skip_name(&rest)))
			return false;
		if (len == 0 ? !read_variable(&rest, &property, read, arg) : !skip_fixed(&rest, is_multiple, len))
			return false;
	}
	return true;
}

static size_t put_utf8(uint32_t code, char *out)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

/* Half a pair counts as U+FFFD. */
static uint32_t next_code(struct str in, size_t *at)
{
	uint32_t code = octets_le16(in, *at), low = octets_le16(in, *at + 2);

	*at += 2;
	if (code >= 0xd800 && code < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
		*at += 2;
		return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	}
	return code >= 0xd800 && code < 0xe000 ? 0xfffd : code;
}

static struct str utf8_of(struct arena *arena, struct str in)
{
	char *out = arena_alloc(arena, in.len / 2 * 3 + 4);
	size_t len = 0;

	for (size_t at = 0; at + 1 < in.len;)
		len += put_utf8(next_code(in, &at), out + len);
	return (struct str){ out, len };
}

struct str tnef_text(struct arena *arena, const struct tnef_property *property)
{
	struct str text = property->value;

	if (property->type == TNEF_UNICODE)
		text = utf8_of(arena, octets_sub(text, 0, TEXT_MAX));
	while (text.len > 0 && text.p[text.len - 1] == '\0')
		text.len--;
	return text;
}

struct str tnef_media_type(struct arena *arena, const struct tnef_property *property)
{
	struct str text = tnef_text(arena, property);
	char *lower = arena_strndup(arena, text.len == 0 ? "" : text.p, text.len < 256 ? text.len : 256);

	for (char *p = lower; *p != '\0'; p++)
		*p = ascii_lower(*p);
	return str_of(lower);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/plain.h"

#include "milter/unpack/octets.h"

/* Bytes of one character: ASCII in wide units has the others zero. The first three characters of markup tell. */
static size_t unit_of(struct str bytes, size_t *ret_low, size_t *ret_start)
{
	static const struct {
		struct str start;
		size_t unit, low, skip;
	} shapes[] = {
		{ { "\xff\xfe\0\0", 4 }, 4, 0, 4 }, { { "\0\0\xfe\xff", 4 }, 4, 3, 4 }, { { "\xff\xfe", 2 }, 2, 0, 2 }, { { "\xfe\xff", 2 }, 2, 1, 2 },
	};

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (octets_match(bytes, 0, shapes[i].start)) {
			*ret_low = shapes[i].low;
			*ret_start = shapes[i].skip;
			return shapes[i].unit;
		}
	}
	*ret_start = 0;
	*ret_low = octets_u8(bytes, 0) == 0 ? 1 : 0;
	if (bytes.len >= 8 && bytes.p[0] == 0 && bytes.p[1] == 0 && bytes.p[2] == 0 && bytes.p[3] != 0) {
		*ret_low = 3;
		return 4;
	}
	if (bytes.len >= 4 && (bytes.p[0] == 0) != (bytes.p[1] == 0) && (bytes.p[2] == 0) == (bytes.p[0] == 0))
		return bytes.p[2] == 0 && bytes.p[3] == 0 ? 4 : 2;
	return 1;
}

void plain_open(struct unpack *unpack, struct str bytes, struct plain *ret_plain)
{
	size_t low, start, unit = unit_of(bytes, &low, &start), len = 0;
	char *out;

	*ret_plain = (struct plain){ .text = bytes };
	if (unit == 1 || (out = unpack_take(unpack, bytes.len / unit + 1)) == NULL)
		return;
	for (size_t at = start; at + unit <= bytes.len; at += unit) {
		bool is_ascii = true;

		for (size_t i = 0; i < unit; i++)
			is_ascii &= i == low ? (bytes.p[at + i] & 0x80) == 0 : bytes.p[at + i] == 0;
		out[len++] = is_ascii ? bytes.p[at + low] : '?';
	}
	*ret_plain = (struct plain){ .text = { out, len }, .taken = out, .taken_size = bytes.len / unit + 1 };
}

void plain_close(struct unpack *unpack, struct plain *plain)
{
	if (plain->taken != NULL)
		unpack_give(unpack, plain->taken, plain->taken_size);
	plain->taken = NULL;
}

/* A text full of the first letter costs a comparison for each. */
size_t plain_find(struct str text, size_t from, struct str word)
{
	char low = word.p[0], high = low >= 'a' && low <= 'z' ? (char)(low - ('a' - 'A')) : low;
	const char *p = text.p + from, *end = text.p + text.len;

	if (from >= text.len || text.len - from < word.len)
		return (size_t)-1;
	end -= word.len - 1;
	for (; p < end; p++) {
		if (low == high && (p = memchr(p, low, (size_t)(end - p))) == NULL)
			break;
		if (*p != low && *p != high)
			continue;
		if (octets_spell(text, (size_t)(p - text.p), word))
			return (size_t)(p - text.p);
	}
	return (size_t)-1;
}

bool plain_has(struct str text, struct str word)
{
	return plain_find(text, 0, word) != (size_t)-1;
}

static int digit_of(char c, int base)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return base == 16 && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The character that "&#...;" at in->p stands for, and its length; 0 when it is none. Leading zeros may be many. */
static size_t reference(struct str in, uint32_t *ret_c)
{
	int base = octets_u8(in, 2) == 'x' || octets_u8(in, 2) == 'X' ? 16 : 10;
	size_t start = base == 16 ? 3 : 2, at = start;
	uint32_t c = 0;

	for (; at < in.len && at < start + 16; at++) {
		int digit = digit_of(in.p[at], base);

		if (digit < 0)
			break;
		c = c < 0x110000 ? c * (uint32_t)base + (uint32_t)digit : c;
	}
	*ret_c = c;
	return at == start ? 0 : at + (at < in.len && in.p[at] == ';');
}

size_t plain_unescape(struct str text, char *out)
{
	size_t at = 0, len = 0;

	while (at < text.len) {
		uint32_t c = 0;
		size_t n = text.p[at] == '&' && octets_u8(text, at + 1) == '#' ? reference(octets_from(text, at), &c) : 0;

		out[len++] = n == 0 ? text.p[at] : c < 0x80 ? (char)c : '?';
		at += n == 0 ? 1 : n;
	}
	return len;
}

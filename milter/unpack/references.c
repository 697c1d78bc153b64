/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/references.h"

#include <stdint.h>

static const struct {
	const char *name;
	uint32_t character;
} names[] = {
	{ "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "apos", '\'' }, { "nbsp", 0xa0 }, { "period", '.' }, { "sol", '/' },
	{ "bsol", '\\' }, { "colon", ':' }, { "commat", '@' }, { "Tab", '\t' }, { "NewLine", '\n' }, { "shy", 0xad }, { "zwnj", 0x200c },
	{ "zwj", 0x200d }, { "lowbar", '_' }, { "hyphen", 0x2010 }, { "dash", 0x2010 }, { "percnt", '%' }, { "num", '#' }, { "quest", '?' },
	{ "equals", '=' }, { "semi", ';' }, { "comma", ',' }, { "excl", '!' }, { "lpar", '(' }, { "rpar", ')' }, { "lsqb", '[' },
	{ "rsqb", ']' }, { "lbrack", '[' }, { "rbrack", ']' }, { "plus", '+' }, { "ast", '*' }, { "dollar", '$' }, { "grave", '`' },
	{ "lcub", '{' }, { "rcub", '}' }, { "verbar", '|' }, { "vert", '|' },
};

static size_t utf8_write(uint32_t c, char out[REFERENCE_UTF8_MAX])
{
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (len == 1) {
		out[0] = (char)c;
		return 1;
	}
	for (size_t i = len - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	out[0] = (char)(lead[len] | c);
	return len;
}

static int digit_of(char c, unsigned base)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return base == 16 && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "&#46" and "&#x2e", with or without a semicolon. What is no character is U+FFFD; leading zeros may be many. */
static size_t number_decode(struct str text, uint32_t *ret_character)
{
	unsigned base = text.len > 2 && ascii_lower(text.p[2]) == 'x' ? 16 : 10;
	size_t start = base == 16 ? 3 : 2, at = start;
	uint32_t c = 0;

	for (; at < text.len && digit_of(text.p[at], base) >= 0; at++)
		c = c > 0x10ffff ? c : c * base + (uint32_t)digit_of(text.p[at], base);
	if (at == start)
		return 0;
	*ret_character = c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0xfffd : c;
	return at < text.len && text.p[at] == ';' ? at + 1 : at;
}

static size_t name_decode(struct str text, uint32_t *ret_character)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = strlen(names[i].name);

		if (text.len <= len + 1 || memcmp(text.p + 1, names[i].name, len) != 0)
			continue;
		if (text.p[len + 1] == ';') {
			*ret_character = names[i].character;
			return len + 2;
		}
	}
	return 0;
}

size_t reference_decode(struct str text, char ret_utf8[REFERENCE_UTF8_MAX], size_t *ret_len)
{
	uint32_t c;
	size_t used;

	if (text.len < 3)
		return 0;
	used = text.p[1] == '#' ? number_decode(text, &c) : name_decode(text, &c);
	if (used > 0)
		*ret_len = utf8_write(c, ret_utf8);
	return used;
}

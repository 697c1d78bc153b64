/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/encoded.h"

#include "milter/mail/lex.h"

struct word {
	struct str charset;
	char encoding;		/* 'b' or 'q' */
	struct str text;
	size_t length;		/* of the whole, with its delimiters */
};

static const char *find(struct str s, char c)
{
	return s.len == 0 ? NULL : memchr(s.p, c, s.len);
}

/* Each part ends at the first '?', and a failed attempt looks no further: looking at every "=?" stays linear. */
static bool word_read(struct str s, struct word *ret_word)
{
	const char *start = s.p, *mark;

	if (!str_has_prefix(s, STR("=?")))
		return false;
	s = lex_skip(s, 2);
	mark = find(s, '?');
	if (mark == NULL || mark == s.p)
		return false;
	ret_word->charset = (struct str){ s.p, (size_t)(mark - s.p) };
	s = lex_skip(s, ret_word->charset.len + 1);
	if (s.len < 2 || s.p[1] != '?')
		return false;
	ret_word->encoding = ascii_lower(s.p[0]);
	s = lex_skip(s, 2);
	mark = find(s, '?');
	if (mark == NULL || mark + 1 == s.p + s.len || mark[1] != '=')
		return false;
	ret_word->text = (struct str){ s.p, (size_t)(mark - s.p) };
	ret_word->length = (size_t)(mark + 2 - start);
	return ret_word->encoding == 'b' || ret_word->encoding == 'q';
}

static int hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *p = c == '\0' ? NULL : strchr(digits, ascii_lower(c));

	return p == NULL ? -1 : (int)(p - digits);
}

static size_t decode_q(struct str text, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		int high = i + 2 < text.len ? hex_value(text.p[i + 1]) : -1;
		int low = i + 2 < text.len ? hex_value(text.p[i + 2]) : -1;

		if (text.p[i] == '=' && high >= 0 && low >= 0) {
			out[len++] = (char)(high * 16 + low);
			i += 2;
		} else {
			out[len] = text.p[i];
			if (out[len] == '_')
				out[len] = ' ';
			len++;
		}
	}
	return len;
}

static int base64_value(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c == '\0' ? NULL : strchr(digits, c);

	return p == NULL ? -1 : (int)(p - digits);
}

/* Foreign bytes are skipped, and padding in the middle begins anew: what the lenient decoders have in common. */
static size_t decode_b(struct str text, char *out)
{
	unsigned bits = 0, count = 0;
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		int value = base64_value(text.p[i]);

		if (text.p[i] == '=')
			count = 0;
		if (value < 0)
			continue;
		bits = (bits << 6 | (unsigned)value) & 0xffff;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		out[len++] = (char)(bits >> count & 0xff);
	}
	return len;
}

/* ISO-2022 (RFC 1468): between "ESC $" and "ESC ( B" two bytes of ASCII range make one character. */
static size_t drop_shifted(char *text, size_t len)
{
	size_t used = 0;
	bool shifted = false;

	for (size_t i = 0; i < len; i++) {
		bool escape = text[i] == '\x1b' && i + 2 < len;

		if (escape && text[i + 1] == '$') {
			shifted = true;
		} else if (escape && text[i + 1] == '(') {
			shifted = false;
			i += 2;
		} else if (!shifted) {
			text[used++] = text[i];
		}
	}
	return used;
}

static bool charset_has_prefix(struct str charset, struct str prefix)
{
	return charset.len >= prefix.len && str_equal_nocase((struct str){ charset.p, prefix.len }, prefix);
}

/* UTF-7, EBCDIC and notations with escapes. UTF-16 and UTF-32 show by their NUL bytes. */
static bool charset_is_opaque(struct str charset)
{
	static const char *const prefixes[] = {
		"utf-7", "utf7", "unicode-1-1-utf-7", "csunicode11utf7", "ebcdic", "ibm037", "ibm-037", "cp037", "ibm500", "cp500", "ibm1047",
		"ibm-1047", "cp1047", "ibm114", "cp114", "java", "c99",
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (charset_has_prefix(charset, str_of(prefixes[i])))
			return true;
	return false;
}

static size_t decode_word(const struct word *word, char *out, struct encoded *encoded)
{
	size_t len = word->encoding == 'b' ? decode_b(word->text, out) : decode_q(word->text, out);

	if (charset_has_prefix(word->charset, STR("iso-2022")))
		len = drop_shifted(out, len);
	encoded->words++;
	encoded->is_opaque |= charset_is_opaque(word->charset);
	for (size_t i = 0; i < len; i++) {
		encoded->has_at |= out[i] == '@';
		encoded->has_delimiter |= out[i] != '\0' && strchr("\"()<>,:;\\", out[i]) != NULL;
		encoded->is_opaque |= out[i] == '\0' || out[i] == '\r' || out[i] == '\n';
	}
	return len;
}

/* RFC 2047 6.2: white space between two words is not shown. */
static size_t space_before_word(struct str s)
{
	struct word word;
	size_t len = 0;

	while (len < s.len && ascii_is_space(s.p[len]))
		len++;
	return word_read(lex_skip(s, len), &word) ? len : 0;
}

void encoded_decode(struct arena *arena, struct str in, struct encoded *ret_encoded)
{
	struct encoded encoded = { .words = 0 };
	char *out = arena_alloc(arena, in.len + 1);
	struct word word;
	size_t len = 0;

	while (in.len > 0) {
		if (!word_read(in, &word)) {
			out[len++] = in.p[0];
			in = lex_skip(in, 1);
			continue;
		}
		len += decode_word(&word, out + len, &encoded);
		in = lex_skip(in, word.length);
		in = lex_skip(in, space_before_word(in));
	}
	encoded.text = (struct str){ out, len };
	*ret_encoded = encoded;
}

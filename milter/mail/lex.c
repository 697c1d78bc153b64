/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/lex.h"

#include "milter/mail/utf8.h"

bool lex_is_atext(char c)
{
	return ascii_is_alnum(c) || (unsigned char)c >= 0x80 || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Bytes of the fold that s begins with, 0 when its line end stands alone. */
static size_t fold_length(struct str s)
{
	size_t len = s.len >= 2 && s.p[0] == '\r' ? 1 : 0;

	if (s.p[len] != '\n' || s.len < len + 2)
		return 0;
	return s.p[len + 1] == ' ' || s.p[len + 1] == '\t' ? len + 1 : 0;
}

bool lex_is_clean(struct str value)
{
	while (value.len > 0) {
		char c = value.p[0];
		size_t len = utf8_length(value);

		if (c == '\r' || c == '\n')
			len = fold_length(value);
		else if ((ascii_is_control(c) && c != '\t') || utf8_is_c1(value))
			return false;
		if (len == 0)
			return false;
		value = lex_skip(value, len);
	}
	return true;
}

size_t lex_atom(struct str s)
{
	size_t len = 0;

	while (len < s.len && lex_is_atext(s.p[len]))
		len++;
	return len;
}

/* From the opening byte of a pair to the closing one. Of all pairs only comments nest. */
static size_t delimited(struct str s, const char pair[2])
{
	size_t depth = 1;

	if (s.len == 0 || s.p[0] != pair[0])
		return 0;
	for (size_t i = 1; i < s.len; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == pair[1])
			depth--;
		else if (pair[0] == '(' && s.p[i] == '(')
			depth++;
		if (depth == 0)
			return i + 1;
	}
	return 0;
}

size_t lex_quoted(struct str s)
{
	return delimited(s, "\"\"");
}

size_t lex_comment(struct str s)
{
	return delimited(s, "()");
}

size_t lex_literal(struct str s)
{
	return delimited(s, "[]");
}

bool lex_skip_cfws(struct str *s)
{
	while (s->len > 0) {
		size_t len = 1;

		if (s->p[0] == '(')
			len = lex_comment(*s);
		else if (!ascii_is_space(s->p[0]))
			break;
		if (len == 0)
			return false;
		*s = lex_skip(*s, len);
	}
	return true;
}

size_t lex_unquote(struct str quoted, char *out, size_t size)
{
	size_t len = 0;

	for (size_t i = 1; i + 1 < quoted.len; i++) {
		char c = quoted.p[i];

		if (c == '\r' || c == '\n')
			continue;
		if (c == '\\')
			c = quoted.p[++i];
		if (len + 1 >= size)
			return size;
		out[len++] = c;
	}
	return len;
}

bool lex_has_wide_at(struct str s)
{
	return memmem(s.p, s.len, "\xef\xbc\xa0", 3) != NULL || memmem(s.p, s.len, "\xef\xb9\xab", 3) != NULL;
}

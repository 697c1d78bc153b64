/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Authentication-Results field that we write (RFC 8601 2.2). */
#include "milter/mail/authres.h"
#include "milter/mail/lex.h"

enum {
	VALUE_MAX = 256,			/* octets of a stranger's value */
	QUOTED_MAX = 2 * VALUE_MAX + 2,		/* the same in quotes */
};

static const char cut_mark[] = "...";

/* What is too long ends in dots: a part of an address must not pass for another address, and ".." is in none. */
static struct str bounded(const char *text, char buffer[VALUE_MAX])
{
	size_t len = text == NULL ? 0 : strnlen(text, VALUE_MAX + 1), kept = VALUE_MAX - (sizeof(cut_mark) - 1);

	if (len <= VALUE_MAX)
		return (struct str){ len == 0 ? "" : text, len };
	memcpy(buffer, text, kept);
	memcpy(buffer + kept, cut_mark, sizeof(cut_mark) - 1);
	return (struct str){ buffer, VALUE_MAX };
}

/* RFC 2045 5.1, ASCII alone. */
static bool is_token(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (ascii_is_control(s.p[i]) || (unsigned char)s.p[i] >= 0x80 || strchr(" ()<>@,;:\\\"/[]?=", s.p[i]) != NULL)
			return false;
	return s.len > 0;
}

/* Atoms between dots; an empty local part is one, too: "@example.org" (RFC 8601 2.2, pvalue). */
static bool is_localpart(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		bool dot = s.p[i] == '.';

		if (dot && (i == 0 || i == s.len - 1 || s.p[i - 1] == '.'))
			return false;
		if (!dot && ((unsigned char)s.p[i] >= 0x80 || !lex_is_atext(s.p[i])))
			return false;
	}
	return true;
}

static bool is_label(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_alnum(s.p[i]) && (s.p[i] != '-' || i == 0 || i == s.len - 1))
			return false;
	return s.len > 0;
}

/* domain-name of RFC 6376 3.5: two labels at least. */
static bool is_domain(struct str s)
{
	size_t labels = 0;

	while (s.p != NULL) {
		if (!is_label(str_split(&s, ".")))
			return false;
		labels++;
	}
	return labels >= 2;
}

static bool is_address(struct str s)
{
	const char *at = memchr(s.p, '@', s.len);
	size_t before = at == NULL ? 0 : (size_t)(at - s.p);

	return at != NULL && is_localpart((struct str){ s.p, before }) && is_domain(lex_skip(s, before + 1));
}

/* Programs that do not parse look for "dkim=pass" anywhere and cut at each semicolon: neither may come out of a quoted string. An
 * address needs its '=' (VERP, SRS). */
static bool may_be_quoted(char c)
{
	return !ascii_is_control(c) && (unsigned char)c < 0x80 && c != ';' && c != '=';
}

static char *put_quoted(char *out, struct str s)
{
	*out++ = '"';
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			*out++ = '\\';
		*out++ = may_be_quoted(s.p[i]) ? s.p[i] : '?';
	}
	*out++ = '"';
	return out;
}

static char *put_value(char *out, const char *text)
{
	char buffer[VALUE_MAX];
	struct str s = bounded(text, buffer);

	return is_token(s) || is_address(s) ? (char *)mempcpy(out, s.p, s.len) : put_quoted(out, s);
}

static char *put_result(char *out, const struct authres_result *result)
{
	out = stpcpy(stpcpy(stpcpy(stpcpy(out, "; "), result->method), "="), result->result);
	if (result->reason != NULL)
		out = put_value(stpcpy(out, " reason="), result->reason);
	for (size_t i = 0; i < AUTHRES_PROPERTIES && result->properties[i].name != NULL; i++) {
		out = stpcpy(stpcpy(stpcpy(out, " "), result->properties[i].name), "=");
		out = put_value(out, result->properties[i].value);
	}
	return out;
}

/* Bytes that put_result writes at the most. */
static size_t result_room(const struct authres_result *result)
{
	size_t room = strlen(result->method) + strlen(result->result) + sizeof(";  = reason=") + QUOTED_MAX;

	for (size_t i = 0; i < AUTHRES_PROPERTIES && result->properties[i].name != NULL; i++)
		room += strlen(result->properties[i].name) + sizeof(" =") + QUOTED_MAX;
	return room;
}

const char *authres_format(struct arena *arena, const char *authserv_id, const struct authres_result *results, size_t len)
{
	size_t room = QUOTED_MAX + sizeof("; none");
	char *text, *out;

	for (size_t i = 0; i < len; i++)
		room += result_room(&results[i]);
	text = arena_alloc(arena, room);
	out = put_value(text, authserv_id);
	for (size_t i = 0; i < len; i++)
		out = put_result(out, &results[i]);
	if (len == 0)
		out = stpcpy(out, "; none");
	*out = '\0';
	return text;
}

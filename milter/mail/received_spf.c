/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/received_spf.h"

#include "milter/mail/lex.h"

enum { VALUE_MAX = 256, VALUES = 8, KEY_MAX = 24 };

/* Each octet may need a backslash. */
#define TEXT_MAX ((size_t)VALUES * (KEY_MAX + 2 * VALUE_MAX))

struct text {
	char *p;
	size_t len;
	bool has_pair;
};

static void add_plain(struct text *text, const char *s)
{
	size_t len = strlen(s);

	memcpy(text->p + text->len, s, len);
	text->len += len;
}

/* A comment ends at a parenthesis and a quoted string at a quote; neither holds a line end, so a value never becomes a field. */
static void add_escaped(struct text *text, const char *s, const char *specials)
{
	size_t len = strnlen(s, VALUE_MAX);

	for (size_t i = 0; i < len; i++) {
		bool printable = s[i] >= 0x20 && s[i] < 0x7f;

		if (printable && strchr(specials, s[i]) != NULL)
			text->p[text->len++] = '\\';
		text->p[text->len++] = (char)(printable ? s[i] : '?');
	}
}

static bool is_dot_atom(const char *s)
{
	bool dot = true;	/* none at the start, two in a row or at the end */

	if (strnlen(s, VALUE_MAX + 1) > VALUE_MAX)
		return false;
	for (; *s != '\0'; s++) {
		if ((dot && *s == '.') || (*s != '.' && (!lex_is_atext(*s) || (unsigned char)*s >= 0x80)))
			return false;
		dot = *s == '.';
	}
	return !dot;
}

static void add_pair(struct text *text, const char *key, const char *value)
{
	add_plain(text, text->has_pair ? "; " : " ");
	text->has_pair = true;
	add_plain(text, key);
	add_plain(text, "=");
	if (is_dot_atom(value)) {
		add_plain(text, value);
		return;
	}
	add_plain(text, "\"");
	add_escaped(text, value, "\"\\");
	add_plain(text, "\"");
}

static bool is_given(const char *value)
{
	return value != NULL && value[0] != '\0';
}

static void add_comment(struct text *text, const char *comment)
{
	add_plain(text, " (");
	add_escaped(text, comment, "()\\");
	add_plain(text, ")");
}

const char *received_spf_format(struct arena *arena, const struct received_spf *fields)
{
	struct text text = { arena_alloc(arena, TEXT_MAX), 0, false };
	char client[IP_TEXT_MAX];

	add_plain(&text, fields->result);
	if (is_given(fields->comment))
		add_comment(&text, fields->comment);
	if (is_given(fields->receiver))
		add_pair(&text, "receiver", fields->receiver);
	add_pair(&text, "identity", fields->identity);
	if (fields->client.family != IP_NONE)
		add_pair(&text, "client-ip", ip_format(&fields->client, client));
	if (fields->envelope_from != NULL)
		add_pair(&text, "envelope-from", fields->envelope_from);
	if (fields->helo != NULL)
		add_pair(&text, "helo", fields->helo);
	if (is_given(fields->mechanism))
		add_pair(&text, "mechanism", fields->mechanism);
	if (is_given(fields->problem))
		add_pair(&text, "problem", fields->problem);
	return arena_strndup(arena, text.p, text.len);
}

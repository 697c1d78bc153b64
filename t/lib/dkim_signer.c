/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/dkim_signer.h"

#include <stdio.h>
#include <stdlib.h>

/* Lines without blanks at their ends, runs of blanks as one space, no empty lines at the end. */
static struct str canonical_body(struct arena *arena, struct str body)
{
	char *out = arena_alloc(arena, body.len + 3), *end = out, *line;

	for (size_t i = 0; i < body.len;) {
		line = end;
		for (; i < body.len && body.p[i] != '\r'; i++) {
			if (body.p[i] != ' ' && body.p[i] != '\t')
				*end++ = body.p[i];
			else if (end == line || end[-1] != ' ')
				*end++ = ' ';
		}
		if (end > line && end[-1] == ' ')
			end--;
		end = stpcpy(end, "\r\n");
		i += 2;
	}
	while (end - out >= 4 && memcmp(end - 4, "\r\n\r\n", 4) == 0)
		end -= 2;
	if (end - out == 2)
		end = out;
	return (struct str){ out, (size_t)(end - out) };
}

/* "name:value" with folds undone and blanks as one space, none at the ends of the value. */
static char *canonical_field(char *out, struct str field)
{
	struct str value = field, name = str_trim(str_split(&value, ":"));
	bool blank = false;

	value = str_trim(value);
	for (size_t i = 0; i < name.len; i++)
		*out++ = ascii_lower(name.p[i]);
	*out++ = ':';
	for (size_t i = 0; i < value.len; i++) {
		if (ascii_is_space(value.p[i])) {
			blank = true;
			continue;
		}
		if (blank)
			*out++ = ' ';
		blank = false;
		*out++ = value.p[i];
	}
	return out;
}

/* Fields with their folds; the empty line ends them. */
struct fields {
	struct str items[600];
	bool used[600];
	size_t len;
	struct str body;
};

static void split(struct str message, struct fields *fields)
{
	const char *p = message.p, *end = message.p + message.len;

	fields->len = 0;
	while (p < end && *p != '\r' && fields->len < 600) {
		const char *stop = p;

		do
			stop = (const char *)memmem(stop, (size_t)(end - stop), "\r\n", 2) + 2;
		while (*stop == ' ' || *stop == '\t');
		fields->used[fields->len] = false;
		fields->items[fields->len++] = (struct str){ p, (size_t)(stop - p) - 2 };
		p = stop;
	}
	fields->body = (struct str){ p + 2, (size_t)(end - p) - 2 };
}

static struct str h_of(const char *tags)
{
	struct str rest = { strstr(tags, "h=") + 2, 0 };

	rest.len = strlen(rest.p);
	return str_split(&rest, ";");
}

/* RFC 6376 5.4.2: from the last of a name upwards; a name too many is nothing. */
static char *add_field(char *out, struct fields *fields, struct str wanted)
{
	for (size_t i = fields->len; i-- > 0;) {
		struct str rest = fields->items[i];

		if (fields->used[i] || !str_equal_nocase(str_trim(str_split(&rest, ":")), wanted))
			continue;
		fields->used[i] = true;
		return stpcpy(canonical_field(out, fields->items[i]), "\r\n");
	}
	return out;
}

static void digest(struct str bytes, unsigned char hash[DKIM_SIGN_HASH_SIZE])
{
	struct dkim_sign_hash *state = dkim_sign_hash_new();

	dkim_sign_hash_add(state, bytes.p, bytes.len);
	dkim_sign_hash_end(state, hash);
}

static const char *body_hash(struct arena *arena, struct str body, size_t body_len)
{
	unsigned char hash[DKIM_SIGN_HASH_SIZE];
	char *text = arena_alloc(arena, DKIM_SIGN_HASH_TEXT_SIZE);

	if (body.len > body_len)
		body.len = body_len;
	digest(body, hash);
	dkim_sign_hash_text(hash, text);
	return text;
}

struct str dkim_sign_message(struct arena *arena, const struct dkim_sign_key *key, const char *tags, struct str message, size_t body_len)
{
	struct fields *fields = arena_new_of(arena, struct fields);
	char *header = arena_alloc(arena, message.len + sizeof(fields->items) + strlen(tags) + 200), *end = header, *out;
	unsigned char hash[DKIM_SIGN_HASH_SIZE];
	const char *field, *b;
	struct str names = h_of(tags);
	size_t len;

	split(message, fields);
	field = arena_printf(arena, "DKIM-Signature: %s; bh=%s; b=", tags, body_hash(arena, canonical_body(arena, fields->body), body_len));
	while (names.p != NULL)
		end = add_field(end, fields, str_trim(str_split(&names, ":")));
	end = canonical_field(end, str_of(field));
	digest((struct str){ header, (size_t)(end - header) }, hash);
	b = dkim_sign_key_sign(arena, key, hash);
	len = strlen(field) + strlen(b) + 2 + message.len;
	out = arena_alloc(arena, len + 1);
	end = stpcpy(stpcpy(stpcpy(out, field), b), "\r\n");
	memcpy(end, message.p, message.len);
	return (struct str){ out, len };
}

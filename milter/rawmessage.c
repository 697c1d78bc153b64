/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/rawmessage.h"

/* The line without its end; *rest moves behind it. */
static struct str take_line(struct str *rest)
{
	const char *lf = memchr(rest->p, '\n', rest->len);
	size_t len = lf == NULL ? rest->len : (size_t)(lf - rest->p);
	struct str line = { rest->p, len };

	rest->p += lf == NULL ? len : len + 1;
	rest->len -= lf == NULL ? len : len + 1;
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

static bool goes_on(struct str rest)
{
	return rest.len > 0 && (rest.p[0] == ' ' || rest.p[0] == '\t');
}

/* A name of RFC 5322 2.2; blanks before the colon are let pass, as in Postfix. */
static bool is_name(struct str name)
{
	while (name.len > 1 && (name.p[name.len - 1] == ' ' || name.p[name.len - 1] == '\t'))
		name.len--;
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] < '!' || name.p[i] > '~')
			return false;
	return name.len > 0;
}

/* The bytes behind the colon and all lines that go on, with LF between them. */
static const char *take_value(struct arena *arena, struct str first, struct str *rest)
{
	struct str ahead = *rest;
	size_t len = first.len;
	char *value, *end;

	while (goes_on(ahead))
		len += 1 + take_line(&ahead).len;
	value = arena_alloc(arena, len + 1);
	end = mempcpy(value, first.p, first.len);
	while (goes_on(*rest)) {
		struct str fold = take_line(rest);

		*end++ = '\n';
		end = mempcpy(end, fold.p, fold.len);
	}
	return value;
}

static bool add_field(struct arena *arena, struct headers *headers, struct str line, struct str *rest)
{
	struct str value = line, name = str_split(&value, ":");

	if (value.p == NULL || !is_name(name))
		return false;
	headers_add(arena, headers, arena_strndup(arena, name.p, name.len), take_value(arena, value, rest));
	return true;
}

/* The line in front of a message in a mailbox file, which no MTA sends; "From : x" is a field all the same. */
static bool is_mailbox_line(struct str raw)
{
	struct str line = take_line(&raw);

	if (!str_has_prefix(line, STR("From ")))
		return false;
	line = str_trim((struct str){ line.p + 4, line.len - 4 });
	return line.len == 0 || line.p[0] != ':';
}

void rawmessage_split(struct arena *arena, struct str raw, struct headers *headers, struct str *ret_body)
{
	struct str rest = raw;

	if (is_mailbox_line(raw))
		(void)take_line(&rest);
	while (rest.len > 0) {
		struct str before = rest, line = take_line(&rest);

		if (line.len == 0)
			break;
		if (add_field(arena, headers, line, &rest))
			continue;
		rest = before;
		break;
	}
	*ret_body = rest;
}

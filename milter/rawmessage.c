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

static bool add_field(struct arena *arena, struct headers *headers, struct str line, struct str *rest)
{
	const char *colon = line.len == 0 ? NULL : memchr(line.p, ':', line.len);
	const char *value;

	if (colon == NULL || colon == line.p)
		return false;
	value = arena_strndup(arena, colon + 1, line.len - (size_t)(colon + 1 - line.p));
	while (goes_on(*rest)) {
		struct str fold = take_line(rest);

		value = arena_printf(arena, "%s\n%s", value, arena_strndup(arena, fold.p, fold.len));
	}
	headers_add(arena, headers, arena_strndup(arena, line.p, (size_t)(colon - line.p)), value);
	return true;
}

void rawmessage_split(struct arena *arena, struct str raw, struct headers *headers, struct str *ret_body)
{
	struct str rest = raw;

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

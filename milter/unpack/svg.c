/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/handlers.h"
#include "milter/unpack/octets.h"
#include "milter/unpack/plain.h"

/* Is there an attribute whose name begins with "on" and has letters and '=' behind it, in some tag? Text between tags does not count. */
static bool has_event_handler(struct str text)
{
	const char *p = text.p, *end = text.p + text.len;
	bool in_tag = false;

	for (; p + 3 < end; p++) {
		if (*p == '<' || *p == '>')
			in_tag = *p == '<';
		else if (in_tag && (ascii_is_space(*p) || *p == '/' || *p == '"' || *p == '\'') && ascii_lower(p[1]) == 'o' && ascii_lower(p[2]) == 'n') {
			const char *q = p + 3;

			while (q < end && q < p + 32 && ascii_is_alpha(*q))
				q++;
			while (q < end && q < p + 40 && ascii_is_space(*q))
				q++;
			if (q > p + 3 && q < end && *q == '=')
				return true;
		}
	}
	return false;
}

/* Drawing programs put text as HTML into foreignObject: that is active with what opens or sends something alone. */
static bool has_active_html(struct str text)
{
	static const struct str tags[] = { { "<iframe", 7 }, { "<embed", 6 }, { "<object", 7 }, { "<form", 5 }, { "<meta", 5 }, { "<input", 6 } };
	size_t at = plain_find(text, 0, STR("foreignobject"));

	for (size_t i = 0; at != (size_t)-1 && i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (plain_find(text, at, tags[i]) != (size_t)-1)
			return true;
	}
	return false;
}

/* "<script", "<svg:script": under whatever name the space goes. */
static bool has_script_element(struct str text)
{
	size_t at = 0;

	while ((at = plain_find(text, at, STR("script"))) != (size_t)-1) {
		size_t start = at;

		while (start > 0 && at - start < 64 && (ascii_is_alnum(text.p[start - 1]) || strchr(":_-.", text.p[start - 1] == '\0' ? ' ' : text.p[start - 1]) != NULL))
			start--;
		if (start > 0 && text.p[start - 1] == '<' && (start == at || text.p[at - 1] == ':'))
			return true;
		at += 6;
	}
	return false;
}

static bool is_active(struct str text)
{
	return has_script_element(text) || plain_has(text, STR("javascript:")) ||
		plain_has(text, STR("data:text/html")) || has_event_handler(text) || has_active_html(text);
}

void svg_unpack(struct unpack *unpack, const struct item *item)
{
	struct plain plain;
	bool active;

	plain_open(unpack, item->bytes, &plain);
	active = is_active(plain.text);
	if (!active && octets_has(plain.text, STR("&#"))) {
		char *copy = unpack_take(unpack, plain.text.len);

		if (copy != NULL) {
			active = is_active((struct str){ copy, plain_unescape(plain.text, copy) });
			unpack_give(unpack, copy, plain.text.len);
		}
	}
	if (active)
		unpack_mark(unpack, item, MARK_SCRIPT);
	plain_close(unpack, &plain);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/html_internal.h"

#include "milter/unpack/octets.h"
#include "milter/unpack/plain.h"

/* Where a character is next: asked at growing places, so that all questions together are linear. */
struct next {
	char c;
	bool is_known;
	size_t at;
};

static size_t next_find(struct next *next, struct str text, size_t from)
{
	if (!next->is_known || next->at < from) {
		const char *found = from < text.len ? memchr(text.p + from, next->c, text.len - from) : NULL;

		next->at = found == NULL ? text.len : (size_t)(found - text.p);
		next->is_known = true;
	}
	return next->at;
}

/* Tags are read in two ways, for browsers and attackers differ in what a quote is: a tag ends at the first '>', or at the first outside quotes. Within
 * a tag no other one begins, so each way reads each byte once. */
struct tags {
	struct str text;
	struct next end, quote, apostrophe;
	size_t plain_end, quoted_end;	/* of the last tag */
};

static size_t quoted_end(struct tags *tags, size_t at)
{
	struct str text = tags->text;

	while (at < text.len && text.p[at] != '>') {
		struct next *next = text.p[at] == '"' ? &tags->quote : text.p[at] == '\'' ? &tags->apostrophe : NULL;
		size_t close = next == NULL ? text.len : next_find(next, text, at + 1);

		/* a quote that nobody closes is none */
		at = close < text.len ? close + 1 : at + 1;
	}
	return at;
}

/* Data of search engines and templates, which mail is full of, is in script elements as well. */
static bool is_code(struct str tag)
{
	return !plain_has(tag, STR("application/ld+json")) && !plain_has(tag, STR("application/json"));
}

/* An attribute "on...=" (HTML 8.1.8). */
static bool has_handler(struct str tag)
{
	for (size_t i = 1; i + 3 < tag.len; i++) {
		bool starts = ascii_is_space(tag.p[i]) || tag.p[i] == '/' || tag.p[i] == '"' || tag.p[i] == '\'';
		size_t n = i + 3;

		if (!starts || ascii_lower(tag.p[i + 1]) != 'o' || ascii_lower(tag.p[i + 2]) != 'n')
			continue;
		while (n < tag.len && ascii_is_alpha(tag.p[n]))
			n++;
		while (n < tag.len && ascii_is_space(tag.p[n]))
			n++;
		if (n > i + 3 && n < tag.len && tag.p[n] == '=')
			return true;
	}
	return false;
}

bool html_tag_has_code(struct str tag)
{
	return has_handler(tag) || plain_has(tag, STR("javascript:")) || plain_has(tag, STR("srcdoc"));
}

static bool goes_on(struct str tag)
{
	return plain_has(tag, STR("refresh")) && (plain_has(tag, STR("data:")) || plain_has(tag, STR("javascript:")) || plain_has(tag, STR("blob:")));
}

static void tag_read(struct str tag, struct html_signs *signs)
{
	if (octets_spell(tag, 0, STR("<script")))
		signs->script |= is_code(tag);
	else if (octets_spell(tag, 0, STR("<meta")))
		signs->refresh |= goes_on(tag);
	else if (octets_spell(tag, 0, STR("<area")) || (octets_spell(tag, 0, STR("<a")) && tag.len > 2 && !ascii_is_alnum(tag.p[2])))
		signs->download |= plain_has(tag, STR("download"));
	else if (octets_spell(tag, 0, STR("<iframe")) || octets_spell(tag, 0, STR("<object")) || octets_spell(tag, 0, STR("<embed")) ||
		 octets_spell(tag, 0, STR("<applet")))
		signs->frame = true;
	if (!signs->script)
		signs->script = has_handler(tag);
}

static void tag_seen(struct tags *tags, size_t at, struct html_signs *signs)
{
	if (at >= tags->plain_end) {
		tags->plain_end = next_find(&tags->end, tags->text, at);
		tag_read(octets_sub(tags->text, at, tags->plain_end - at), signs);
	}
	if (at >= tags->quoted_end) {
		tags->quoted_end = quoted_end(tags, at);
		if (tags->quoted_end > tags->plain_end)
			tag_read(octets_sub(tags->text, at, tags->quoted_end - at), signs);
	}
}

bool html_is_scheme(struct str text, size_t at, struct str scheme)
{
	return at >= scheme.len && octets_spell(text, at - scheme.len, scheme) && (at == scheme.len || !ascii_is_alnum(text.p[at - scheme.len - 1]));
}

static void schemes_read(struct str text, struct html_signs *signs)
{
	const char *p = text.p, *end = text.p + text.len;

	while (p < end && (p = memchr(p, ':', (size_t)(end - p))) != NULL) {
		size_t at = (size_t)(p++ - text.p);

		signs->script |= html_is_scheme(text, at, STR("javascript")) || html_is_scheme(text, at, STR("vbscript"));
		signs->data |= html_is_scheme(text, at, STR("data")) && !octets_spell(text, at + 1, STR("image/"));
	}
}

void html_signs_read(struct str text, struct html_signs *ret_signs)
{
	struct tags tags = { .text = text, .end = { .c = '>' }, .quote = { .c = '"' }, .apostrophe = { .c = '\'' } };
	const char *p = text.p, *end = text.p + text.len;

	memset(ret_signs, 0, sizeof(*ret_signs));
	while (p < end && (p = memchr(p, '<', (size_t)(end - p))) != NULL) {
		size_t at = (size_t)(p++ - text.p);

		if (ascii_is_alpha((char)octets_u8(text, at + 1)))
			tag_seen(&tags, at, ret_signs);
	}
	schemes_read(text, ret_signs);
}

bool html_is_active(const struct html_signs *signs)
{
	return signs->script || signs->frame || signs->download || signs->refresh;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hosts of URLs in text and HTML. Everything that could be a link to some mail program is one; a host too many costs a question. */
#include "milter/mail/domain.h"
#include "milter/unpack/charset.h"
#include "milter/unpack/handlers.h"
#include "milter/unpack/references.h"
#include "milter/unpack/url_host.h"

#define LINKS_MAX 5000u			/* URLs of one text that are looked at; the inventory holds far fewer hosts */
#define CONVERTED_MAX ((size_t)1 << 20)	/* of a text in UTF-16 and the like */
#define SHOWN_MAX 300			/* bytes of a link's own text; more is no host */
#define NAME_BYTES 16			/* of a tag or attribute; a longer name is none that matters */

struct walk {
	struct unpack *unpack;
	struct arena *arena;		/* for hosts on their way */
	struct arena_mark mark;
	unsigned links;			/* LINKS_MAX: it is over */
	bool no_comment_ends, no_tag_ends;	/* known to be in what is left: nobody looks for it again */
	struct str anchor;		/* href of the <a> that is open; p NULL: none is */
	char shown[SHOWN_MAX];
	size_t shown_len;		/* SHOWN_MAX: too long */
};

static void add_host(struct walk *walk, const char *host, const char *shown)
{
	if (host != NULL && walk->links < LINKS_MAX)
		unpack_link(walk->unpack, str_of(host), str_of(shown));
	arena_rewind(walk->arena, walk->mark);
	walk->links = walk->links >= LINKS_MAX || unpack_stopped(walk->unpack) ? LINKS_MAX : walk->links + 1;
}

/* --- URLs in text --- */

static bool has_prefix_nocase(const char *p, const char *end, const char *prefix)
{
	size_t len = strlen(prefix);

	return (size_t)(end - p) > len && str_equal_nocase((struct str){ p, len }, (struct str){ prefix, len });
}

static bool begins_url(const char *p, const char *end)
{
	return has_prefix_nocase(p, end, "http:/") || has_prefix_nocase(p, end, "https:/") || has_prefix_nocase(p, end, "ftp:/") ||
	       has_prefix_nocase(p, end, "http:\\") || has_prefix_nocase(p, end, "https:\\");
}

static bool begins_www(const char *start, const char *p, const char *end)
{
	return has_prefix_nocase(p, end, "www.") && (p == start || (!ascii_is_alnum(p[-1]) && p[-1] != '.' && p[-1] != '-' && p[-1] != '@'));
}

static void scan_text(struct walk *walk, enum url_place place, struct str text)
{
	const char *p = text.p, *end = text.p + text.len;

	while (p < end && walk->links < LINKS_MAX) {
		struct str rest = { p, (size_t)(end - p) };
		char c = ascii_lower(*p);
		size_t used = 1;

		if ((c == 'h' || c == 'f') && begins_url(p, end))
			add_host(walk, url_host(walk->arena, place, rest, &used), "");
		else if (c == 'w' && begins_www(text.p, p, end))
			add_host(walk, url_host_bare(walk->arena, place, rest, &used), "");
		p += used == 0 ? 1 : used;
	}
}

/* --- what a link shows --- */

static void show(struct walk *walk, const char *bytes, size_t len)
{
	if (len >= SHOWN_MAX - walk->shown_len) {
		walk->shown_len = SHOWN_MAX;
		return;
	}
	memcpy(walk->shown + walk->shown_len, bytes, len);
	walk->shown_len += len;
}

static void show_text(struct walk *walk, struct str text)
{
	for (size_t i = 0; i < text.len && walk->shown_len < SHOWN_MAX; ) {
		char decoded[REFERENCE_UTF8_MAX];
		size_t len, used = text.p[i] != '&' ? 0 : reference_decode((struct str){ text.p + i, text.len - i }, decoded, &len);

		if (used == 0)
			show(walk, text.p + i, 1);
		else
			show(walk, decoded, len);
		i += used == 0 ? 1 : used;
	}
}

static const char *shown_host(struct walk *walk, const char *host)
{
	const char *shown = walk->shown_len == SHOWN_MAX ? NULL : url_host_shown(walk->arena, (struct str){ walk->shown, walk->shown_len });

	if (shown == NULL || strcmp(shown, host) == 0 || domain_is_below(shown, host) || domain_is_below(host, shown))
		return "";
	return shown;
}

static void anchor_end(struct walk *walk)
{
	const char *host;

	if (walk->anchor.p == NULL)
		return;
	host = url_host(walk->arena, URL_ATTRIBUTE, walk->anchor, NULL);
	add_host(walk, host, host == NULL ? "" : shown_host(walk, host));
	walk->anchor.p = NULL;
}

static void anchor_begin(struct walk *walk, struct str href)
{
	anchor_end(walk);
	walk->anchor = href;
	walk->shown_len = 0;
}

/* --- HTML, as browsers read it --- */

struct attribute {
	char name[NAME_BYTES];
	struct str value;
};

static bool ends_name(char c)
{
	return ascii_is_space(c) || c == '\f' || c == '/' || c == '>' || c == '=' || c == '\0';
}

static const char *read_name(const char *p, const char *end, char name[NAME_BYTES])
{
	size_t len = 0;

	for (; p < end && !ends_name(*p); p++)
		if (len < NAME_BYTES)
			name[len++] = ascii_lower(*p);
	name[len < NAME_BYTES ? len : 0] = '\0';
	return p;
}

static const char *skip_space(const char *p, const char *end)
{
	while (p < end && (ascii_is_space(*p) || *p == '\f' || *p == '\0'))
		p++;
	return p;
}

static const char *read_value(const char *p, const char *end, struct str *ret_value)
{
	const char *start = p, *close;

	if (p < end && (*p == '"' || *p == '\'')) {
		start = p + 1;
		close = memchr(start, *p, (size_t)(end - start));
		*ret_value = (struct str){ start, (size_t)((close == NULL ? end : close) - start) };
		return close == NULL ? end : close + 1;
	}
	while (p < end && !ascii_is_space(*p) && *p != '\f' && *p != '>')
		p++;
	*ret_value = (struct str){ start, (size_t)(p - start) };
	return p;
}

/* Returns what follows it; at '>' or the end of the bytes there is none, and NULL is returned. */
static const char *read_attribute(const char *p, const char *end, struct attribute *attribute)
{
	const char *equals;

	do {
		p = skip_space(p, end);
	} while (p < end && (*p == '/' || *p == '=') && ++p < end);
	if (p >= end || *p == '>')
		return NULL;
	p = read_name(p, end, attribute->name);
	attribute->value = (struct str){ "", 0 };
	equals = skip_space(p, end);
	return equals < end && *equals == '=' ? read_value(skip_space(equals + 1, end), end, &attribute->value) : p;
}

static bool is_one_of(const char *name, const char *const *names)
{
	while (*names != NULL && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

static void look_at(struct walk *walk, const char *tag, const struct attribute *attribute)
{
	static const char *const urls[] = {
		"href", "src", "action", "formaction", "background", "poster", "data", "cite", "longdesc", "xlink:href", "lowsrc", "codebase", NULL,
	};
	static const char *const texts[] = { "srcset", "style", "content", "ping", "archive", "value", "onclick", NULL };

	if (strcmp(attribute->name, "href") == 0 && (strcmp(tag, "a") == 0 || strcmp(tag, "area") == 0))
		anchor_begin(walk, attribute->value);
	else if (is_one_of(attribute->name, urls))
		add_host(walk, url_host(walk->arena, URL_ATTRIBUTE, attribute->value, NULL), "");
	else if (is_one_of(attribute->name, texts))
		scan_text(walk, URL_MARKUP, attribute->value);
}

/* p stands behind '<'. Returns what follows the tag. */
static const char *read_tag(struct walk *walk, const char *p, const char *end)
{
	struct attribute attribute;
	bool closes = *p == '/';
	char tag[NAME_BYTES];
	const char *next;

	p = read_name(closes ? p + 1 : p, end, tag);
	if (strcmp(tag, "a") == 0 || strcmp(tag, "area") == 0)
		anchor_end(walk);
	while ((next = read_attribute(p, end, &attribute)) != NULL) {
		p = next;
		if (!closes && walk->links < LINKS_MAX)
			look_at(walk, tag, &attribute);
	}
	next = memchr(p, '>', (size_t)(end - p));
	return next == NULL ? end : next + 1;
}

/* Outlook reads what stands in "<!--[if mso]> ... <![endif]-->", others skip it: both is a reading. What does not end is read on behind its
 * beginning. */
static const char *skip_declaration(struct walk *walk, const char *p, const char *end)
{
	bool is_comment = has_prefix_nocase(p, end, "!--") && !has_prefix_nocase(p, end, "!--[if");
	bool *none = is_comment ? &walk->no_comment_ends : &walk->no_tag_ends;
	const char *close = NULL;

	if (!*none)
		close = is_comment ? memmem(p + 1, (size_t)(end - p - 1), "-->", 3) : memchr(p, '>', (size_t)(end - p));
	*none = close == NULL;
	return close == NULL ? p : close + (is_comment ? 3 : 1);
}

static void add_run(struct walk *walk, struct str text)
{
	if (walk->anchor.p != NULL)
		show_text(walk, text);
	scan_text(walk, URL_MARKUP, text);
}

static void scan_html(struct walk *walk, struct str html)
{
	const char *p = html.p, *end = html.p + html.len;

	walk->no_comment_ends = walk->no_tag_ends = false;
	while (p < end && walk->links < LINKS_MAX) {
		const char *open = memchr(p, '<', (size_t)(end - p));

		add_run(walk, (struct str){ p, (size_t)((open == NULL ? end : open) - p) });
		p = open == NULL ? end : open + 1;
		if (p >= end)
			break;
		if (*p == '!' || *p == '?')
			p = skip_declaration(walk, p, end);
		else if (ascii_is_alpha(*p) || *p == '/')
			p = read_tag(walk, p, end);
	}
	anchor_end(walk);
}

/* --- the handler --- */

static bool is_html(const struct item *item)
{
	return content_type(item->content) == FILETYPE_HTML || str_equal(item->media_type, STR("text/html"));
}

static bool begins_utf16(struct str bytes)
{
	return str_has_prefix(bytes, STR("\xff\xfe")) || str_has_prefix(bytes, STR("\xfe\xff"));
}

static void scan(struct walk *walk, const struct item *item, struct str bytes)
{
	if (is_html(item))
		scan_html(walk, bytes);
	else
		scan_text(walk, URL_TEXT, bytes);
}

void links_unpack(struct unpack *unpack, const struct item *item)
{
	struct walk walk = { .unpack = unpack };
	struct str text;

	if (!unpack_wants_links(unpack) || item->bytes.len == 0)
		return;
	walk.arena = arena_new();
	walk.mark = arena_mark(walk.arena);
	scan(&walk, item, item->bytes);
	if (begins_utf16(item->bytes) || charset_hides_ascii(item->charset)) {
		struct arena *converted = arena_new();
		struct str charset = begins_utf16(item->bytes) ? STR("utf-16") : item->charset;

		if (charset_to_utf8(converted, charset, item->bytes, CONVERTED_MAX, &text))
			scan(&walk, item, text);
		arena_free(converted);
	}
	arena_free(walk.arena);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/filetype_internal.h"

#define TAGS_LOOKED_AT 4096
#define NAME_MAX_BYTES 24

struct named {
	const char *name;
	enum filetype type;
};

/* Root elements; those of HTML are below. */
static const struct named roots[] = {
	{ "svg", FILETYPE_SVG }, { "svg:svg", FILETYPE_SVG },
	{ "pcsettings", FILETYPE_SETTINGCONTENT }, { "librarydescription", FILETYPE_LIBRARY_MS },
	{ "persistedquery", FILETYPE_SEARCH_MS }, { "searchconnectordescription", FILETYPE_SEARCH_MS },
	{ "scriptlet", FILETYPE_SCT }, { "component", FILETYPE_SCT }, { "package", FILETYPE_WSF }, { "job", FILETYPE_WSF },
	{ "mmc_consolefile", FILETYPE_MSC }, { "jnlp", FILETYPE_JAR }, { "hta:application", FILETYPE_HTA },
};

/* Any of these at the start, or at several places, makes HTML of a text. */
static const char html_names[] = " a abbr acronym address applet area article aside audio b base basefont bdo bgsound big blink blockquote body br button "
	"canvas caption center cite code col colgroup dd del details dialog dir div dl dt em embed fieldset figure font footer form frame frameset h1 h2 h3 h4 h5 "
	"h6 head header hr html i iframe img input ins kbd label legend li link main map mark marquee math menu meta nav noframes noscript object ol optgroup "
	"option p param picture pre q s samp script section select small source span strike strong style sub summary sup svg table tbody td template "
	"textarea tfoot th thead time title tr tt u ul var video wbr xmp o:p v:shape ";

/* Those that matter wherever they are. */
static const char strong_names[] = " html head body script iframe frameset object embed applet svg meta base form hta:application ";

/* The name of the tag that begins behind a '<' (at), in lower case; its length, 0 when there is none. */
static size_t tag_name(struct str text, size_t at, char name[NAME_MAX_BYTES + 3])
{
	size_t len = 0;
	char after;

	name[0] = ' ';
	while (len < NAME_MAX_BYTES && at + len < text.len &&
	       (ascii_is_alnum(text.p[at + len]) || (len > 0 && strchr(":_.-", text.p[at + len]) != NULL && text.p[at + len] != '\0'))) {
		name[len + 1] = ascii_lower(text.p[at + len]);
		len++;
	}
	after = at + len < text.len ? text.p[at + len] : '>';
	if (len == 0 || (!ascii_is_space(after) && after != '>' && after != '/' && after != '\f' && after != '\0'))
		return 0;
	name[len + 1] = ' ';
	name[len + 2] = '\0';
	return len;
}

static bool is_html_name(const char *name_between_blanks)
{
	return strstr(html_names, name_between_blanks) != NULL;
}

static struct str skip_past(struct str text, struct str end)
{
	size_t at = octets_find(octets_sub(text, 0, FILETYPE_WINDOW), 0, end);

	return at == (size_t)-1 ? octets_from(text, text.len) : octets_from(text, at + end.len);
}

static struct str skip_blank(struct str text)
{
	while (text.len > 0 && (ascii_is_space(text.p[0]) || text.p[0] == '\0' || text.p[0] == '\f'))
		text = octets_from(text, 1);
	return text;
}

/* XML declarations, comments and document types before the first element. */
static struct str skip_prologue(struct str text, bool *ret_is_xml, bool *ret_is_html)
{
	*ret_is_xml = *ret_is_html = false;
	for (text = skip_blank(text); text.len > 1 && text.p[0] == '<'; text = skip_blank(text)) {
		if (octets_match(text, 0, STR("<!--"))) {
			text = skip_past(text, STR("-->"));
		} else if (text.p[1] == '!') {
			*ret_is_html |= octets_spell(text, 0, STR("<!doctype html"));
			text = skip_past(text, STR(">"));
		} else if (text.p[1] == '?') {
			*ret_is_xml |= octets_spell(text, 0, STR("<?xml"));
			text = skip_past(text, STR("?>"));
		} else {
			break;
		}
	}
	return text;
}

static bool has_script_element(struct str text)
{
	struct str window = octets_sub(text, 0, FILETYPE_WINDOW);

	return octets_has(window, STR("<script")) || octets_has(window, STR("<SCRIPT")) || octets_has(window, STR("<Script"));
}

static enum filetype root_type(struct str text, size_t len, const char *name)
{
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		if (strlen(roots[i].name) != len || memcmp(roots[i].name, name, len) != 0)
			continue;
		if ((roots[i].type == FILETYPE_SCT || roots[i].type == FILETYPE_WSF) && !has_script_element(text))
			return FILETYPE_XML;
		return roots[i].type;
	}
	if (len == 5 && memcmp(name, "plist", 5) == 0 && octets_has(octets_sub(text, 0, 4096), STR("<key>URL</key>")))
		return FILETYPE_WEBLOC;
	return FILETYPE_UNKNOWN;
}

/* Long lists of texts about programs have tags in them here and there; HTML has closing ones, or breaks of lines, and others. */
static bool is_html_throughout(struct str text)
{
	struct str head = octets_sub(text, 0, TAGS_LOOKED_AT);
	unsigned tags = 0, ends = 0;
	const char *p = head.p;
	char name[NAME_MAX_BYTES + 3];

	while ((p = memchr(p, '<', (size_t)(head.p + head.len - p))) != NULL && ++p < head.p + head.len) {
		bool is_end = *p == '/';

		if (tag_name(head, (size_t)(p - head.p) + is_end, name) == 0 || !is_html_name(name))
			continue;
		tags++;
		ends += is_end || strcmp(name, " br ") == 0 || strcmp(name, " p ") == 0;
		if (tags >= 2 && ends >= 1)
			return true;
	}
	return false;
}

/* A bit for each letter that one of them begins with. */
static uint32_t first_letters(const char *names)
{
	uint32_t first = 0;

	for (const char *p = names; p[1] != '\0'; p++) {
		if (p[0] == ' ')
			first |= UINT32_C(1) << (p[1] & 0x1f);
	}
	return first;
}

static bool has_named_tag(struct str bytes, const char *names)
{
	struct str window = octets_sub(bytes, 0, FILETYPE_WINDOW);
	const char *p = window.p, *end = window.p + window.len;
	uint32_t first = first_letters(names);
	char name[NAME_MAX_BYTES + 3];

	while (p < end && (p = memchr(p, '<', (size_t)(end - p))) != NULL && ++p < end) {
		if (ascii_is_alpha(*p) && (first >> (*p & 0x1f) & 1) != 0 && tag_name(window, (size_t)(p - window.p), name) != 0 &&
		    strstr(names, name) != NULL)
			return true;
	}
	return false;
}

bool filetype_has_hta(struct str bytes)
{
	return has_named_tag(bytes, " hta:application ");
}

bool filetype_has_script(struct str bytes)
{
	return has_named_tag(bytes, " html script hta:application iframe scriptlet ");
}

static bool is_utf7(struct str text)
{
	struct str window = octets_sub(text, 0, FILETYPE_WINDOW);
	size_t at = octets_find(window, 0, STR("+ADw"));

	return at != (size_t)-1 && octets_find(window, at + 4, STR("+AD")) != (size_t)-1;
}

enum filetype filetype_markup(struct str text, struct filetype_set *ret_also)
{
	bool is_xml, is_html;
	struct str body = skip_prologue(text, &is_xml, &is_html);
	char name[NAME_MAX_BYTES + 3];
	size_t len = body.len > 1 && body.p[0] == '<' ? tag_name(body, 1, name) : 0;
	enum filetype type = len > 0 ? root_type(body, len, name + 1) : FILETYPE_UNKNOWN;

	if (type != FILETYPE_UNKNOWN && (type != FILETYPE_XML || is_xml))
		return type;
	if (is_html || (len > 0 && is_html_name(name)))
		return filetype_has_hta(text) ? FILETYPE_HTA : FILETYPE_HTML;
	if (is_xml)
		return FILETYPE_XML;
	if (is_html_throughout(text))
		return filetype_has_hta(text) ? FILETYPE_HTA : FILETYPE_HTML;
	if (has_named_tag(text, strong_names) || is_utf7(text))
		filetype_set_add(ret_also, FILETYPE_HTML);
	return len > 0 && body.p[body.len - 1] == '>' ? FILETYPE_XML : FILETYPE_UNKNOWN;
}

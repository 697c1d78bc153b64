/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses that are their own content (RFC 2397): data:[type][;base64],content */
#include "milter/unpack/encodings.h"
#include "milter/unpack/html_internal.h"
#include "milter/unpack/octets.h"

#define HEAD_MAX 256		/* of type and parameters */
#define CONTENT_MIN 32		/* bytes that are worth a look */

static int hex_digit(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t percent_decode(struct str in, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < in.len; i++) {
		int high = in.p[i] == '%' ? hex_digit((char)octets_u8(in, i + 1)) : -1, low = hex_digit((char)octets_u8(in, i + 2));

		if (high >= 0 && low >= 0) {
			out[len++] = (char)(high << 4 | low);
			i += 2;
		} else {
			out[len++] = in.p[i];
		}
	}
	return len;
}

/* Up to the quote that the address stands in; bare, up to white space or the end of the tag. */
static struct str content_at(struct str text, size_t start, size_t at)
{
	char before = start > 0 ? text.p[start - 1] : ' ';
	struct str rest = octets_from(text, at);
	size_t len = 0;

	if (before == '"' || before == '\'') {
		const char *end = memchr(rest.p, before, rest.len);

		return (struct str){ rest.p, end == NULL ? rest.len : (size_t)(end - rest.p) };
	}
	while (len < rest.len && !ascii_is_space(rest.p[len]) && strchr(")>\"'<", rest.p[len] == '\0' ? ' ' : rest.p[len]) == NULL)
		len++;
	return (struct str){ rest.p, len };
}

/* A picture or font is what a page may have in it. */
static bool is_file(const struct content *content)
{
	unsigned groups = content == NULL ? 0 : filetype_groups(content_type(content));

	if (content == NULL || content_type(content) == FILETYPE_TEXT)
		return false;
	return (groups & (FILEGROUP_PROGRAMS | FILEGROUP_SCRIPTS | FILEGROUP_SHORTCUTS | FILEGROUP_DISK_IMAGES | FILEGROUP_ARCHIVES | FILEGROUP_DOCUMENTS)) != 0;
}

static bool content_show(struct unpack *unpack, const struct item *item, struct str media_type, bool is_base64, struct str content)
{
	struct item inner = { .parent = item, .kind = ITEM_EMBEDDED };
	char lower[HEAD_MAX], *out = unpack_take(unpack, 2 * content.len);
	bool file;

	if (out == NULL)
		return false;
	inner.bytes = (struct str){ out, percent_decode(content, out) };
	if (is_base64)
		inner.bytes = (struct str){ out + content.len, base64_decode(BASE64_URL, inner.bytes, out + content.len) };
	for (size_t i = 0; i < media_type.len; i++)
		lower[i] = ascii_lower(media_type.p[i]);
	inner.media_type = (struct str){ lower, media_type.len };
	file = is_file(unpack_found(unpack, &inner));
	unpack_give_unused(unpack, out, 2 * content.len, inner.bytes.len);
	return file;
}

/* start: of "data:"; at: behind it. Returns where to go on. Pictures in base64 are found by the search for that in any text. */
static size_t address_seen(struct unpack *unpack, const struct item *item, struct str text, size_t at, bool *ret_file)
{
	struct str head = octets_sub(text, at, HEAD_MAX);
	const char *comma = memchr(head.p, ',', head.len);
	struct str content, media_type;
	bool is_base64;

	if (comma == NULL)
		return at;
	head.len = (size_t)(comma - head.p);
	is_base64 = octets_has(head, STR("base64"));
	content = content_at(text, at - 5, at + head.len + 1);
	media_type = str_split(&head, ";");
	if (content.len < CONTENT_MIN || (is_base64 && octets_spell(media_type, 0, STR("image/")) && memchr(content.p, '%', content.len) == NULL))
		return at + (is_base64 ? content.len : 0);
	*ret_file |= content_show(unpack, item, str_trim(media_type), is_base64, content);
	return (size_t)(content.p + content.len - text.p);
}

bool html_data_show(struct unpack *unpack, const struct item *item, struct str text)
{
	bool file = false;
	size_t at = 0;

	while (!unpack_stopped(unpack) && at < text.len) {
		const char *colon = memchr(text.p + at, ':', text.len - at);

		if (colon == NULL)
			break;
		at = (size_t)(colon - text.p) + 1;
		if (html_is_scheme(text, at - 1, STR("data")))
			at = address_seen(unpack, item, text, at, &file);
	}
	return file;
}

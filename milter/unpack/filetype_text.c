/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/filetype_internal.h"

#define TEXT_LOOKED_AT 8192
#define SHAPE_LOOKED_AT 512

/* A way of writing characters in several bytes. */
struct wide {
	size_t bom, unit;	/* bytes */
	bool big_endian;
};

static uint32_t unit_at(struct str bytes, size_t at, const struct wide *wide)
{
	if (wide->unit == 2)
		return wide->big_endian ? octets_be16(bytes, at) : octets_le16(bytes, at);
	return wide->big_endian ? octets_be32(bytes, at) : octets_le32(bytes, at);
}

/* Letters of the first alphabets have a zero byte beside them. */
static bool has_shape(struct str bytes, const struct wide *wide)
{
	struct str head = octets_sub(bytes, 0, SHAPE_LOOKED_AT);
	size_t units = head.len / wide->unit, plain = 0;

	for (size_t i = 0; i < units; i++) {
		uint32_t c = unit_at(head, i * wide->unit, wide);

		plain += (c >= ' ' && c < 0x100) || c == '\n' || c == '\r' || c == '\t';
	}
	return units >= 4 && plain * 8 >= units * 7;
}

static bool has_wide_bom(struct str bytes, struct wide *ret_wide)
{
	if (octets_match(bytes, 0, STR("\xff\xfe\0\0")))
		*ret_wide = (struct wide){ .bom = 4, .unit = 4, .big_endian = false };
	else if (octets_match(bytes, 0, STR("\0\0\xfe\xff")))
		*ret_wide = (struct wide){ .bom = 4, .unit = 4, .big_endian = true };
	else if (octets_match(bytes, 0, STR("\xff\xfe")))
		*ret_wide = (struct wide){ .bom = 2, .unit = 2, .big_endian = false };
	else if (octets_match(bytes, 0, STR("\xfe\xff")))
		*ret_wide = (struct wide){ .bom = 2, .unit = 2, .big_endian = true };
	else
		return false;
	return true;
}

static bool is_wide(struct str bytes, struct wide *ret_wide)
{
	static const struct wide shapes[] = { { 0, 2, false }, { 0, 2, true }, { 0, 4, false }, { 0, 4, true } };

	if (has_wide_bom(bytes, ret_wide))
		return true;
	if (memchr(bytes.p, '\0', bytes.len < SHAPE_LOOKED_AT ? bytes.len : SHAPE_LOOKED_AT) == NULL)
		return false;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (has_shape(bytes, &shapes[i])) {
			*ret_wide = shapes[i];
			return true;
		}
	}
	return false;
}

/* Text in UTF-16 has its surrogates in pairs and hardly any controls: other bytes behind two that look like a BOM have not. */
static bool is_wide_text(struct str bytes, const struct wide *wide)
{
	struct str head = octets_sub(bytes, wide->bom, SHAPE_LOOKED_AT);
	bool high = false;

	for (size_t at = 0; at + wide->unit <= head.len; at += wide->unit) {
		uint32_t c = unit_at(head, at, wide);
		bool low = c >= 0xdc00 && c < 0xe000;

		if (c > 0x10ffff || low != high || c == 0xffff || (c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0))
			return false;
		high = c >= 0xd800 && c < 0xdc00;
	}
	return true;
}

/* Control characters that no text has; NUL, of which a text may have a few, is none of them. SO, SI and ESC switch charsets, SUB ended
 * texts under DOS. */
static bool is_odd(unsigned char c)
{
	return c < ' ' && !(c == '\0' || (c >= '\a' && c <= '\r') || c == 0x0e || c == 0x0f || c == 0x1a || c == 0x1b);
}

/* Is one of eight bytes below a space? (Each byte less 0x20 borrows from its top bit alone when that was not set.) */
static bool has_control(uint64_t eight)
{
	return ((eight - UINT64_C(0x2020202020202020)) & ~eight & UINT64_C(0x8080808080808080)) != 0;
}

/* Lines of text have a control character, their end, every few dozen bytes: those between are passed over by eight. */
static void count_odd(struct str text, size_t *ret_odd, size_t *ret_zeros)
{
	*ret_odd = *ret_zeros = 0;
	for (size_t at = 0; at < text.len;) {
		uint64_t eight = 0;
		size_t n = text.len - at < sizeof(eight) ? text.len - at : sizeof(eight);

		memcpy(&eight, text.p + at, n);
		for (size_t i = 0; i < n && (n < sizeof(eight) || has_control(eight)); i++) {
			*ret_odd += is_odd((unsigned char)text.p[at + i]);
			*ret_zeros += text.p[at + i] == '\0';
		}
		at += n;
	}
}

bool filetype_is_text(struct str bytes)
{
	struct str head = octets_sub(bytes, 0, TEXT_LOOKED_AT);
	size_t odd, zeros;
	struct wide wide;

	count_odd(head, &odd, &zeros);
	if ((odd == 0 && zeros == 0) && !has_wide_bom(bytes, &wide))
		return true;
	if (is_wide(bytes, &wide))
		return is_wide_text(bytes, &wide);
	return odd * 200 + zeros * 100 <= head.len;
}

struct str filetype_narrow(struct str bytes, char room[FILETYPE_NARROW])
{
	struct wide wide;
	size_t len = 0;

	if (octets_match(bytes, 0, STR("\xef\xbb\xbf")))
		return octets_from(bytes, 3);
	if (!is_wide(bytes, &wide))
		return bytes;
	for (size_t at = wide.bom; at + wide.unit <= bytes.len && len < FILETYPE_NARROW; at += wide.unit) {
		uint32_t c = unit_at(bytes, at, &wide);

		room[len++] = c < 0x80 ? (char)c : '?';
	}
	return (struct str){ room, len };
}

/* What a text begins with, without case; a blank stands for any white space or the end. */
static const struct {
	struct str words;
	enum filetype type;
} beginnings[] = {
	{ { "{\\rt", 4 }, FILETYPE_RTF },
	{ { "[internetshortcut]", 18 }, FILETYPE_URL },
	{ { "[shell]", 7 }, FILETYPE_SCF },
	{ { "[desktop entry]", 15 }, FILETYPE_DESKTOP },
	{ { "[theme]", 7 }, FILETYPE_THEME },
	{ { "windows registry editor version", 31 }, FILETYPE_REG },
	{ { "regedit4", 8 }, FILETYPE_REG },
	{ { "#!/usr/bin/env python", 21 }, FILETYPE_PYTHON },
	{ { "#!/usr/bin/python", 17 }, FILETYPE_PYTHON },
	{ { "#!/", 3 }, FILETYPE_SHELL },
	{ { "#! /", 4 }, FILETYPE_SHELL },
	{ { "@echo off", 9 }, FILETYPE_BAT },
	{ { "id;p", 4 }, FILETYPE_SLK },
	{ { "begin:vcalendar", 15 }, FILETYPE_ICAL },
	{ { "begin:vcard", 11 }, FILETYPE_VCARD },
	{ { "-----begin pgp ", 15 }, FILETYPE_PGP },
	{ { "-----begin pkcs7-----", 21 }, FILETYPE_PKCS7 },
	{ { "-----begin certificate", 22 }, FILETYPE_X509 },
	{ { "-----begin private key", 22 }, FILETYPE_X509 },
	{ { "(this file must be converted with binhex", 40 }, FILETYPE_BINHEX },
	{ { "=ybegin line=", 13 }, FILETYPE_YENC },
	{ { "#@~^", 4 }, FILETYPE_ENCODED_SCRIPT },
};

/* Lines that make a short text of settings what it is, wherever they stand in it. */
static const struct {
	struct str line;
	enum filetype type;
} lines[] = {
	{ { "[internetshortcut]", 18 }, FILETYPE_URL },
	{ { "full address:s:", 15 }, FILETYPE_RDP },
	{ { "screen mode id:i:", 17 }, FILETYPE_RDP },
	{ { "[theme]", 7 }, FILETYPE_THEME },
	{ { "[desktop entry]", 15 }, FILETYPE_DESKTOP },
	{ { "signature=\"$windows nt$\"", 24 }, FILETYPE_INF },
	{ { "signature=\"$chicago$\"", 21 }, FILETYPE_INF },
	{ { "signature = \"$windows nt$\"", 26 }, FILETYPE_INF },
	{ { "signature = \"$chicago$\"", 23 }, FILETYPE_INF },
};

/* str_split looks at each byte by itself, which is too slow for every text that comes. */
static struct str next_line(struct str *rest)
{
	const char *end = memchr(rest->p, '\n', rest->len);
	struct str line = { rest->p, end == NULL ? rest->len : (size_t)(end - rest->p) };

	*rest = end == NULL ? (struct str){ NULL, 0 } : octets_from(*rest, line.len + 1);
	return line;
}

static enum filetype line_of_settings(struct str line)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (octets_spell(line, 0, lines[i].line))
			return lines[i].type;
	}
	return FILETYPE_UNKNOWN;
}

/* A mail that tells of such files has other lines, too: the line counts in the company of sections, comments and settings alone. */
static enum filetype settings(struct str text)
{
	struct str rest = octets_sub(text, 0, FILETYPE_NARROW);
	enum filetype found = FILETYPE_UNKNOWN;

	while (rest.len > 0 && rest.p != NULL) {
		struct str line = str_trim(next_line(&rest));

		if (line.len == 0 || line.p[0] == ';' || line.p[0] == '#')
			continue;
		if (line.p[0] != '[' && memchr(line.p, '=', line.len) == NULL && memchr(line.p, ':', line.len) == NULL && rest.p != NULL)
			return FILETYPE_UNKNOWN;
		if (found == FILETYPE_UNKNOWN)
			found = line_of_settings(line);
	}
	return found;
}

/* How much a field speaks for mail: letters and tables have the first ones, too. */
static unsigned is_mail_field(struct str line)
{
	static const struct {
		struct str field;
		unsigned weight;
	} fields[] = {
		{ { "from:", 5 }, 1 }, { { "to:", 3 }, 1 }, { { "subject:", 8 }, 1 }, { { "cc:", 3 }, 1 }, { { "sender:", 7 }, 1 }, { { "reply-to:", 9 }, 2 },
		{ { "date:", 5 }, 1 }, { { "received:", 9 }, 2 }, { { "return-path:", 12 }, 2 }, { { "delivered-to:", 13 }, 2 }, { { "message-id:", 11 }, 2 },
		{ { "mime-version:", 13 }, 2 }, { { "content-type:", 13 }, 2 }, { { "x-mailer:", 9 }, 2 }, { { "content-transfer-encoding:", 26 }, 2 },
		{ { "dkim-signature:", 15 }, 2 }, { { "list-id:", 8 }, 2 }, { { "x-original-to:", 14 }, 2 }, { { "authentication-results:", 23 }, 2 },
		{ { "arc-seal:", 9 }, 2 }, { { "arc-authentication-results:", 27 }, 2 }, { { "content-disposition:", 20 }, 2 },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (octets_spell(line, 0, fields[i].field))
			return fields[i].weight;
	}
	return 0;
}

/* name ":", or the continuation of a field */
static bool is_field(struct str line)
{
	for (size_t i = 0; i < line.len; i++) {
		if (line.p[i] == ':')
			return i > 0;
		if (!ascii_is_alnum(line.p[i]) && line.p[i] != '-' && line.p[i] != '_' && line.p[i] != '.')
			return i == 0 && (line.p[0] == ' ' || line.p[0] == '\t');
	}
	return false;
}

/* A header as mail has it: fields up to an empty line, well known ones among them; the quoted header of a forwarded mail
 * looks just like it and is read as mail, too. A saved web page is one that relates its parts and was sent to nobody. */
static enum filetype mail(struct str text)
{
	struct str rest = octets_sub(text, 0, FILETYPE_WINDOW);
	unsigned known = 0, is_page = 0;
	bool was_sent = false;

	if (octets_match(rest, 0, STR("From ")) || octets_match(rest, 0, STR(">From ")))
		(void)next_line(&rest);
	while (rest.p != NULL) {
		struct str line = next_line(&rest);

		if (line.len == 0 || line.p[0] == '\r')
			break;
		if (!is_field(line) && rest.p != NULL)
			return FILETYPE_UNKNOWN;
		known += is_mail_field(line);
		was_sent |= octets_spell(line, 0, STR("received:")) || octets_spell(line, 0, STR("to:"));
		is_page |= octets_spell(line, 0, STR("content-type: multipart/related")) || octets_spell(line, 0, STR("snapshot-content-location:"));
	}
	if (known < 3)
		return FILETYPE_UNKNOWN;
	return is_page && !was_sent ? FILETYPE_MHTML : FILETYPE_MAIL;
}

static bool is_json(struct str text)
{
	struct str end = str_trim(octets_from(text, text.len > 64 ? text.len - 64 : 0));
	bool is_object = text.p[0] == '{';
	struct str first;

	if (end.len == 0 || (end.p[end.len - 1] != (is_object ? '}' : ']')))
		return false;
	first = str_trim(octets_sub(text, 1, 64));
	return first.len > 0 && (first.p[0] == '"' || (!is_object && first.p[0] == '{') || (first.p[0] == (is_object ? '}' : ']')));
}

static bool is_uuencoded(struct str text)
{
	return octets_spell(text, 0, STR("begin ")) && ascii_is_digit((char)octets_u8(text, 6)) && ascii_is_digit((char)octets_u8(text, 7)) &&
		ascii_is_digit((char)octets_u8(text, 8)) && (octets_u8(text, 9) == ' ' || (ascii_is_digit((char)octets_u8(text, 9)) &&
		octets_u8(text, 10) == ' '));
}

static bool is_web_query(struct str text)
{
	return octets_spell(text, 0, STR("web\r\n1\r\n")) || octets_spell(text, 0, STR("web\n1\n")) || octets_spell(text, 0, STR("xlodbc\r\n"));
}

enum filetype filetype_words(struct str text)
{
	enum filetype type;

	while (text.len > 0 && (ascii_is_space(text.p[0]) || text.p[0] == '\0'))
		text = octets_from(text, 1);
	if (text.len == 0)
		return FILETYPE_UNKNOWN;
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		if (octets_spell(text, 0, beginnings[i].words))
			return beginnings[i].type;
	}
	if ((text.p[0] == '{' || text.p[0] == '[') && is_json(text))
		return FILETYPE_JSON;
	if (is_uuencoded(text))
		return FILETYPE_UUENCODE;
	if (is_web_query(text))
		return FILETYPE_IQY;
	type = mail(text);
	return type != FILETYPE_UNKNOWN ? type : settings(text);
}

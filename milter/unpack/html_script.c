/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/html_internal.h"

#include "milter/unpack/octets.h"
#include "milter/unpack/plain.h"

#define LITERAL_MIN 64		/* bytes of a literal that are worth a look */
#define LITERAL_LARGE 512	/* of one that is more than a constant */
#define BASE64_LARGE 1024	/* characters */

static bool has_any(struct str text, const struct str *words, size_t words_len)
{
	for (size_t i = 0; i < words_len; i++) {
		if (octets_has(text, words[i]))
			return true;
	}
	return false;
}

#define HAS_ANY(text, words) has_any((text), (words), sizeof(words) / sizeof((words)[0]))

static int hex_digit(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int hex_pair(struct str text, size_t at)
{
	int high = hex_digit((char)octets_u8(text, at)), low = hex_digit((char)octets_u8(text, at + 1));

	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* One byte of a literal at *at, moved behind it; -1 when there is none. */
typedef int element(struct str text, size_t *at);

static int bare_hex(struct str text, size_t *at)
{
	int value = hex_pair(text, *at);

	*at += value < 0 ? 0 : 2;
	return value;
}

/* "\x4d", "%4d", "\u004d" */
static int escaped_hex(struct str text, size_t *at)
{
	size_t skip = octets_u8(text, *at) == '%' ? 1 : octets_match(text, *at, STR("\\x")) ? 2 : octets_match(text, *at, STR("\\u00")) ? 4 : 0;
	int value = skip == 0 ? -1 : hex_pair(text, *at + skip);

	*at += value < 0 ? 0 : skip + 2;
	return value;
}

/* "77", "0x4d", each with what stands between it and the next one. */
static int number(struct str text, size_t *at)
{
	size_t i = *at;
	bool is_hex = octets_match(text, i, STR("0x")) || octets_match(text, i, STR("0X"));
	int value = 0, digits = 0;

	for (i += is_hex ? 2 : 0; i < text.len && digits < 4; i++, digits++) {
		int digit = hex_digit(text.p[i]);

		if (digit < 0 || (!is_hex && digit > 9))
			break;
		value = value * (is_hex ? 16 : 10) + digit;
	}
	if (digits == 0 || digits == 4 || value > 255)
		return -1;
	while (i < text.len && (text.p[i] == ',' || ascii_is_space(text.p[i])))
		i++;
	*at = i;
	return value;
}

struct literals {
	struct unpack *unpack;
	const struct item *item;
	struct str text;
	char *out;		/* no literal has more bytes than the text */
	bool has_large;
};

static void literal_show(struct literals *literals, size_t len)
{
	struct item inner = { .parent = literals->item, .kind = ITEM_EMBEDDED, .bytes = { literals->out, len }, .is_attachment = false };

	(void)unpack_found(literals->unpack, &inner);
	literals->has_large |= len >= LITERAL_LARGE;
}

/* The run of elements that begins at *at, moved behind it. */
static void literal_read(struct literals *literals, element *next, size_t *at)
{
	size_t len = 0, start = *at;
	int value;

	while ((value = next(literals->text, at)) >= 0)
		literals->out[len++] = (char)value;
	if (len >= LITERAL_MIN && !unpack_stopped(literals->unpack))
		literal_show(literals, len);
	if (*at == start)
		++*at;
}

static bool starts_word(struct str text, size_t at)
{
	return at == 0 || !ascii_is_alnum(text.p[at - 1]);
}

/* What a literal could begin with decides how it is read. Long ones are rare, so a look at a few characters must do for the others. */
static void literals_read(struct literals *literals)
{
	struct str text = literals->text;
	size_t at = 0;

	while (at < text.len) {
		char c = text.p[at];

		if (c == '\\' || c == '%')
			literal_read(literals, escaped_hex, &at);
		else if (ascii_is_digit(c) && starts_word(text, at) && memchr(octets_sub(text, at, 6).p, ',', octets_sub(text, at, 6).len) != NULL)
			literal_read(literals, number, &at);
		else if (hex_digit(c) >= 0 && starts_word(text, at))
			literal_read(literals, bare_hex, &at);
		else
			at++;
	}
}

/* A long run of base64 that is not the picture of some address data:. */
static bool has_large_base64(struct str text)
{
	size_t run = 0;

	for (size_t i = 0; i < text.len; i++) {
		bool is_in = ascii_is_alnum(text.p[i]) || text.p[i] == '+' || text.p[i] == '/';

		if (is_in && run == 0 && i >= 7 && octets_spell(text, i - 7, STR("base64,"))) {
			while (i < text.len && text.p[i] != '"' && text.p[i] != '\'' && text.p[i] != ')')
				i++;
			continue;
		}
		run = is_in ? run + 1 : 0;
		if (run >= BASE64_LARGE)
			return true;
	}
	return false;
}

static bool read_literals(struct unpack *unpack, const struct item *item, struct str text)
{
	struct literals literals = { .unpack = unpack, .item = item, .text = text, .out = unpack_take(unpack, text.len) };

	if (literals.out == NULL)
		return false;
	literals_read(&literals);
	unpack_give_unused(unpack, literals.out, text.len, 0);
	return literals.has_large;
}

/* What a browser runs: the content of script elements, and tags that have handlers or addresses with script; a script without end goes to the end
 * of the text. Text that tells of such words, as manuals do, is none. Each byte is copied once. */
static size_t script_text(struct str text, char *out)
{
	size_t at = 0, len = 0;

	while (at < text.len) {
		bool is_script;
		const char *tag = memchr(text.p + at, '<', text.len - at);
		size_t start, end;

		if (tag == NULL)
			break;
		start = (size_t)(tag - text.p);
		is_script = octets_spell(text, start, STR("<script"));
		end = is_script ? plain_find(text, start + 1, STR("</script")) : octets_find(text, start, STR(">"));
		if (end == (size_t)-1)
			end = text.len;
		if (is_script || html_tag_has_code((struct str){ tag, end - start })) {
			memcpy(out + len, tag, end - start);
			len += end - start;
		}
		at = end + 1;
	}
	return len;
}

static bool builds(struct unpack *unpack, const struct item *item, struct str whole, struct str text, const struct html_signs *signs)
{
	static const struct str savers[] = { { "msSaveBlob", 10 }, { "msSaveOrOpenBlob", 16 }, { "showSaveFilePicker", 18 }, { "WebAssembly", 11 } };
	static const struct str urls[] = { { "createObjectURL", 15 }, { "readAsDataURL", 13 }, { "data:application", 16 } };
	static const struct str blobs[] = { { "Blob", 4 }, { "new File", 8 }, { "Uint8Array", 10 } };
	static const struct str decoders[] = { { "atob", 4 }, { "fromCharCode", 12 }, { "unescape", 8 }, { "Uint8Array", 10 }, { "charCodeAt", 10 },
		{ "TextDecoder", 11 }, { "decodeURI", 9 } };
	static const struct str writers[] = { { "document.write", 14 }, { "eval(", 5 }, { "innerHTML", 9 }, { "Function(", 9 }, { "location", 8 },
		{ "srcdoc", 6 } };
	static const struct str downloads[] = { { ".download", 9 }, { "'download'", 10 }, { "\"download\"", 10 } };
	bool large = read_literals(unpack, item, text) || has_large_base64(whole), decodes = HAS_ANY(text, decoders);
	bool saves = signs->download || HAS_ANY(text, downloads);

	return HAS_ANY(text, savers) || (HAS_ANY(text, urls) && HAS_ANY(text, blobs) && (saves || large || decodes)) ||
		(saves && (large || signs->data)) || (large && decodes && HAS_ANY(text, writers));
}

bool html_script_builds(struct unpack *unpack, const struct item *item, struct str text, const struct html_signs *signs)
{
	char *script = unpack_take(unpack, text.len);
	bool result;

	if (script == NULL)
		return false;
	result = builds(unpack, item, text, (struct str){ script, script_text(text, script) }, signs);
	unpack_give_unused(unpack, script, text.len, 0);
	return result;
}

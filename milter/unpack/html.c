/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTML in every charset that it could be shown in (MIME-24), and files that it makes in the browser (ATT-11). */
#include "milter/unpack/charset.h"
#include "milter/unpack/handlers.h"
#include "milter/unpack/html_internal.h"
#include "milter/unpack/octets.h"
#include "milter/unpack/plain.h"

#define TEXT_MAX (16U << 20)	/* of a text that is converted */

static void reading(struct unpack *unpack, const struct item *item, struct str text, struct html_signs *ret_signs)
{
	bool builds;

	html_signs_read(text, ret_signs);
	builds = ret_signs->refresh;
	if (ret_signs->script)
		builds |= html_script_builds(unpack, item, text, ret_signs);
	if (ret_signs->data || octets_has(text, STR("data:image/svg")))
		builds |= html_data_show(unpack, item, text);
	if (builds)
		unpack_mark(unpack, item, MARK_BUILDS_FILE);
}

/* Another reading than the declared one: what it shows as active and the declared one does not is hidden from one of two readers. */
static void other_reading(struct unpack *unpack, const struct item *item, struct str text, const struct html_signs *declared, enum ambiguity ambiguity,
			  const char *what)
{
	struct html_signs signs;

	reading(unpack, item, text, &signs);
	if (html_is_active(&signs) && !html_is_active(declared))
		unpack_ambiguous(unpack, ambiguity, "HTML that is active only %s", what);
}

static bool has_charset(const struct item *item, struct str begin)
{
	return octets_spell(item->charset, 0, begin);
}

static void as_charset(struct unpack *unpack, const struct item *item, struct str charset, const struct html_signs *declared, const char *what)
{
	struct str text;

	if (charset_to_utf8(unpack_arena(unpack), charset, item->bytes, TEXT_MAX, &text))
		other_reading(unpack, item, text, declared, AMBIGUITY_CHARSET, what);
}

static void without_nul(struct unpack *unpack, const struct item *item, const struct html_signs *declared)
{
	size_t len = 0, size = item->bytes.len;
	char *out = unpack_take(unpack, size);

	if (out == NULL)
		return;
	for (size_t i = 0; i < size; i++) {
		if (item->bytes.p[i] != '\0')
			out[len++] = item->bytes.p[i];
	}
	other_reading(unpack, item, (struct str){ out, len }, declared, AMBIGUITY_NUL, "without its NUL bytes");
	unpack_give(unpack, out, size);
}

/* Charsets that nobody declared, where the bytes look as if somebody had them in mind. "+ADw" is '<' in UTF-7. */
static void undeclared(struct unpack *unpack, const struct item *item, const struct html_signs *declared)
{
	struct str bytes = item->bytes;

	if (octets_has(bytes, STR("+ADw")) && !has_charset(item, STR("utf-7")))
		as_charset(unpack, item, STR("utf-7"), declared, "as UTF-7");
	if (memchr(bytes.p, 0x1b, bytes.len) != NULL && !has_charset(item, STR("iso-2022")))
		as_charset(unpack, item, STR("iso-2022-jp"), declared, "as ISO-2022-JP");
}

static void all_readings(struct unpack *unpack, const struct item *item)
{
	struct html_signs declared;
	struct plain plain;
	struct str text;
	bool is_converted = charset_hides_ascii(item->charset) &&
		charset_to_utf8(unpack_arena(unpack), item->charset, item->bytes, TEXT_MAX, &text);

	plain_open(unpack, item->bytes, &plain);
	if (is_converted) {
		reading(unpack, item, text, &declared);
		other_reading(unpack, item, item->bytes, &declared, AMBIGUITY_CHARSET, "when its charset is not believed");
		if (plain.taken != NULL)
			other_reading(unpack, item, plain.text, &declared, AMBIGUITY_CHARSET, "as UTF-16");
	} else {
		reading(unpack, item, plain.text, &declared);
		if (plain.taken != NULL)
			other_reading(unpack, item, item->bytes, &declared, AMBIGUITY_CHARSET, "when its byte order mark is not believed");
		else if (memchr(item->bytes.p, '\0', item->bytes.len) != NULL)
			without_nul(unpack, item, &declared);
	}
	undeclared(unpack, item, &declared);
	plain_close(unpack, &plain);
}

void html_unpack(struct unpack *unpack, const struct item *item)
{
	if (item->bytes.len > 0)
		all_readings(unpack, item);
}

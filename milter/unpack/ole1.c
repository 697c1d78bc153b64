/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/ole1.h"

#include "milter/unpack/octets.h"

#define TEXT_MAX 1024		/* of a label or path */

/* A string that ends with NUL at *at; moves *at behind it. */
static bool take_text(struct str bytes, size_t *at, struct str *ret_text)
{
	struct str rest = octets_sub(bytes, *at, TEXT_MAX);
	const char *end = memchr(rest.p, '\0', rest.len);

	if (end == NULL)
		return false;
	*ret_text = (struct str){ rest.p, (size_t)(end - rest.p) };
	*at += ret_text->len + 1;
	return true;
}

bool ole1_package(struct unpack *unpack, const struct item *item, struct str native)
{
	struct item inner = { .parent = item, .kind = ITEM_EMBEDDED, .is_attachment = true };
	struct str names[3];
	size_t at = 2;

	if (octets_le16(native, 0) != 2 || !take_text(native, &at, &names[0]) || !take_text(native, &at, &names[1]))
		return false;
	at += 8;	/* two numbers of 16 bits, the length of the next path */
	if (!take_text(native, &at, &names[2]) || !octets_within(native, at, 4))
		return false;
	inner.bytes = octets_sub(native, at + 4, octets_le32(native, at));
	inner.names = names;
	inner.names_len = 3;
	if (inner.bytes.len < octets_le32(native, at))
		unpack_mark(unpack, item, MARK_UNREADABLE);
	(void)unpack_found(unpack, &inner);
	return true;
}

static void show(struct unpack *unpack, const struct item *item, struct str bytes)
{
	struct item inner = { .parent = item, .kind = ITEM_EMBEDDED, .bytes = bytes, .is_attachment = true };

	if (bytes.len > 0)
		(void)unpack_found(unpack, &inner);
}

/* A text that is preceded by its length. */
static bool skip_counted(struct str object, uint64_t *at)
{
	uint32_t len = octets_le32(object, *at);

	if (!octets_within(object, *at, 4) || !octets_within(object, *at + 4, len))
		return false;
	*at += 4 + (uint64_t)len;
	return true;
}

/* version, format 2, class, topic, item, length, data */
static struct str native_data(struct str object)
{
	uint64_t at = 8;

	if (octets_le32(object, 4) != 2 || !skip_counted(object, &at) || !skip_counted(object, &at) || !skip_counted(object, &at))
		return (struct str){ object.p, 0 };
	return octets_sub(object, at + 4, octets_le32(object, at));
}

/* The headers are often wrong on purpose, and Word does not mind: so what is there is looked for, too. */
void ole1_object(struct unpack *unpack, const struct item *item, struct str object)
{
	struct str native = native_data(object);
	size_t compound = octets_find(object, 0, STR("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"));

	if (native.len > 0 && ole1_package(unpack, item, native))
		return;
	if (native.len > 0)
		show(unpack, item, native);
	if (compound != (size_t)-1)
		show(unpack, item, octets_from(object, compound));
	else if (native.len == 0)
		show(unpack, item, object);
}

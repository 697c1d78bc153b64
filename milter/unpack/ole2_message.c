/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of Outlook: a storage for each attachment and recipient, a stream for each property (MS-OXMSG 2.1, MS-OXPROPS). */
#include "milter/unpack/lzfu.h"
#include "milter/unpack/octets.h"
#include "milter/unpack/ole2_internal.h"

#define TEXT_MAX 512		/* bytes of a name or media type */

/* A text of the same storage, UTF-16 or in the writer's charset, as ASCII with others kept as UTF-8 would have them. */
struct text {
	char bytes[3 * TEXT_MAX / 2];
	size_t len;
};

static void text_add(struct text *text, uint16_t c)
{
	if (text->len + 3 > sizeof(text->bytes))
		return;
	if (c < 0x80) {
		text->bytes[text->len++] = (char)c;
	} else if (c < 0x800) {
		text->bytes[text->len++] = (char)(0xc0 | c >> 6);
		text->bytes[text->len++] = (char)(0x80 | (c & 0x3f));
	} else {
		text->bytes[text->len++] = (char)(0xe0 | c >> 12);
		text->bytes[text->len++] = (char)(0x80 | (c >> 6 & 0x3f));
		text->bytes[text->len++] = (char)(0x80 | (c & 0x3f));
	}
}

static bool property_text(struct ole2_file *file, uint32_t parent, const char *wide_name, const char *narrow_name, struct text *ret_text)
{
	const struct ole2_entry *wide = ole2_find(file, wide_name, parent), *narrow = ole2_find(file, narrow_name, parent);
	char raw[TEXT_MAX];
	size_t len;

	ret_text->len = 0;
	if (wide != NULL) {
		len = ole2_read(file, wide, raw, sizeof(raw));
		for (size_t i = 0; i + 1 < len; i += 2)
			text_add(ret_text, octets_le16((struct str){ raw, len }, i));
	} else if (narrow != NULL) {
		ret_text->len = ole2_read(file, narrow, ret_text->bytes, TEXT_MAX);
	}
	while (ret_text->len > 0 && ret_text->bytes[ret_text->len - 1] == '\0')
		ret_text->len--;
	return ret_text->len > 0;
}

static void attachment(struct ole2_file *file, const struct item *item, const struct ole2_entry *entry, struct str bytes)
{
	static const char *const names_of[][2] = { { "__substg1.0_3707001F", "__substg1.0_3707001E" }, { "__substg1.0_3704001F", "__substg1.0_3704001E" },
		{ "__substg1.0_3001001F", "__substg1.0_3001001E" } };
	struct item inner = { .parent = item, .kind = ITEM_PART, .bytes = bytes, .is_attachment = true };
	struct text texts[3], media_type;
	struct str names[3];

	if (!unpack_count(file->unpack, UNPACK_PARTS))
		return;
	for (size_t i = 0; i < 3; i++) {
		if (property_text(file, entry->parent, names_of[i][0], names_of[i][1], &texts[i]))
			names[inner.names_len++] = (struct str){ texts[i].bytes, texts[i].len };
	}
	inner.names = names;
	if (property_text(file, entry->parent, "__substg1.0_370E001F", "__substg1.0_370E001E", &media_type)) {
		for (size_t i = 0; i < media_type.len; i++)
			media_type.bytes[i] = ascii_lower(media_type.bytes[i]);
		inner.media_type = (struct str){ media_type.bytes, media_type.len };
	}
	(void)unpack_found(file->unpack, &inner);
}

static void body(struct ole2_file *file, const struct item *item, struct str bytes, struct str media_type, bool is_wide)
{
	struct item inner = { .parent = item, .kind = ITEM_EMBEDDED, .bytes = bytes, .media_type = media_type };

	if (is_wide)
		inner.charset = STR("utf-16le");

	(void)unpack_found(file->unpack, &inner);
}

static void rtf_body(struct ole2_file *file, const struct item *item, struct str bytes)
{
	size_t room = lzfu_room(bytes), len;
	bool whole;
	char *out = room == 0 ? NULL : unpack_take(file->unpack, room);

	if (out == NULL)
		return;
	len = lzfu_decode(bytes, out, room, &whole);
	if (!whole)
		unpack_mark(file->unpack, item, MARK_UNREADABLE);
	body(file, item, (struct str){ out, len }, STR("text/rtf"), false);
	unpack_give_unused(file->unpack, out, room, len);
}

static void property(struct ole2_file *file, const struct item *item, const struct ole2_entry *entry, struct str bytes)
{
	const char *tag = entry->name + 12;

	if (ascii_equal(tag, "37010102"))
		attachment(file, item, entry, bytes);
	else if (ascii_equal(tag, "10090102"))
		rtf_body(file, item, bytes);
	else if (ascii_equal(tag, "10130102") || ascii_equal(tag, "1013001F") || ascii_equal(tag, "1013001E"))
		body(file, item, bytes, STR("text/html"), ascii_lower(tag[7]) == 'f');
	else
		body(file, item, bytes, STR("text/plain"), ascii_lower(tag[7]) == 'f');
}

/* Bodies, and the bytes of attachments; an attached message is a storage, and its own properties come by as all others. */
void ole2_property(struct ole2_file *file, const struct item *item, const struct ole2_entry *entry)
{
	static const char *const tags[] = { "37010102", "10090102", "10130102", "1013001F", "1013001E", "1000001F", "1000001E" };
	bool wanted = false;
	struct str bytes;
	size_t size;

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		wanted |= ascii_equal(entry->name + 12, tags[i]);
	if (!wanted)
		return;
	bytes = ole2_read_all(file, entry, &size);
	if (bytes.p == NULL)
		return;
	property(file, item, entry, bytes);
	unpack_give(file->unpack, (void *)(uintptr_t)bytes.p, size);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/handlers.h"
#include "milter/unpack/octets.h"

/* FileDataStoreObject (MS-ONESTORE 2.6.13): guid, length, 12 bytes, the file. */
#define FILE_GUID STR("\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac")
#define FILE_HEADER 36

/* The pictures of a page are kept in the same way as the files on it. */
static bool is_harmless(const struct content *content)
{
	enum filetype type = content == NULL ? FILETYPE_UNKNOWN : content_type(content);

	return (filetype_groups(type) & (FILEGROUP_IMAGES | FILEGROUP_MEDIA)) != 0 || type == FILETYPE_EMPTY;
}

static void file_found(struct unpack *unpack, const struct item *item, size_t at)
{
	uint64_t len = octets_le64(item->bytes, at + 16);
	struct item inner = { .parent = item, .kind = ITEM_EMBEDDED, .bytes = octets_sub(item->bytes, at + FILE_HEADER, len), .is_attachment = true };

	if (inner.bytes.len != len)
		unpack_mark(unpack, item, MARK_UNREADABLE);
	if (!is_harmless(unpack_found(unpack, &inner)))
		unpack_mark(unpack, item, MARK_OBJECT);
}

void onenote_unpack(struct unpack *unpack, const struct item *item)
{
	size_t at = 0;

	while (!unpack_stopped(unpack) && (at = octets_find(item->bytes, at, FILE_GUID)) != (size_t)-1) {
		if (octets_within(item->bytes, at, FILE_HEADER))
			file_found(unpack, item, at);
		at += FILE_GUID.len;
	}
}

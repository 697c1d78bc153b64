/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <zlib.h>

#include "milter/unpack/octets.h"
#include "milter/unpack/ole2_internal.h"

#define INFLATED_MAX (64U << 20)	/* what a presentation says that an object in it has; unpack_take has a word, too */

/* --- Word --- */

/* The code of a field is behind 0x13; each character is one byte or two of UTF-16. Returns whether it begins with "DDE" or "DDEAUTO". */
static bool is_dde_field(struct str bytes, size_t at, unsigned unit)
{
	static const char word[] = "dde";
	size_t n = 0;

	for (unsigned steps = 0; steps < 16 && octets_within(bytes, at, unit); steps++, at += unit) {
		char c = ascii_lower(bytes.p[at]);

		if (unit == 2 && bytes.p[at + 1] != 0)
			return false;
		if (n == 0 && (c == ' ' || c == '"' || c == '\t'))
			continue;
		if (c != word[n])
			return false;
		if (++n == 3)
			return true;
	}
	return false;
}

static bool has_dde_field(struct str bytes)
{
	const char *p = bytes.p, *end = bytes.p + bytes.len;

	while (p < end && (p = memchr(p, 0x13, (size_t)(end - p))) != NULL) {
		size_t at = (size_t)(p++ - bytes.p);

		if (is_dde_field(bytes, at + 1, 1) || (octets_u8(bytes, at + 1) == 0 && is_dde_field(bytes, at + 2, 2)))
			return true;
	}
	return false;
}

void ole2_word(struct ole2_file *file, const struct item *item, const struct ole2_entry *entry)
{
	size_t size;
	struct str bytes = ole2_read_all(file, entry, &size);

	if (bytes.p == NULL)
		return;
	/* MS-DOC 2.5.2: fEncrypted */
	if ((octets_le16(bytes, 0x0a) & 0x0100) != 0)
		unpack_mark(file->unpack, item, MARK_ENCRYPTED);
	else if (has_dde_field(bytes))
		unpack_mark(file->unpack, item, MARK_EXTERNAL);
	unpack_give(file->unpack, (void *)(uintptr_t)bytes.p, size);
}

/* --- Excel --- */

enum { BIFF_EOF = 0x0a, BIFF_FILEPASS = 0x2f, BIFF_BOUNDSHEET = 0x85, BIFF_SUPBOOK = 0x1ae };

/* A link to a program: "excel\3Sheet" and the like, the program's name before 0x03 (MS-XLS 2.5.277). */
static bool is_dde_book(struct str record)
{
	static const struct str programs[] = { { "cmd\3", 4 }, { "msexcel\3", 8 }, { "mshta\3", 6 }, { "powershell\3", 11 }, { "cmd.exe\3", 8 } };
	uint16_t len = octets_le16(record, 2);
	struct str text = octets_sub(record, 5, len);

	if (octets_u8(record, 4) != 0)
		return false;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (octets_spell(text, 0, programs[i]))
			return true;
	}
	return false;
}

/* Returns false after the last record that matters: what is encrypted stays so, the globals end at the first EOF. */
static bool excel_record(struct unpack *unpack, const struct item *item, uint16_t type, struct str record)
{
	if (type == BIFF_FILEPASS) {
		unpack_mark(unpack, item, MARK_ENCRYPTED);
		return false;
	}
	/* MS-XLS 2.4.28: dt 1 is a sheet of XLM macros, hidden or not */
	if (type == BIFF_BOUNDSHEET && octets_u8(record, 5) == 1)
		unpack_mark(unpack, item, MARK_MACROS);
	if (type == BIFF_SUPBOOK && is_dde_book(record))
		unpack_mark(unpack, item, MARK_EXTERNAL);
	return type != BIFF_EOF;
}

void ole2_excel(struct ole2_file *file, const struct item *item, const struct ole2_entry *entry)
{
	size_t size, at = 0;
	struct str bytes = ole2_read_all(file, entry, &size);

	if (bytes.p == NULL)
		return;
	while (octets_within(bytes, at, 4)) {
		uint16_t len = octets_le16(bytes, at + 2);

		if (!excel_record(file->unpack, item, octets_le16(bytes, at), octets_sub(bytes, at + 4, len)))
			break;
		at += 4U + len;
	}
	unpack_give(file->unpack, (void *)(uintptr_t)bytes.p, size);
}

/* --- PowerPoint --- */

enum { PPT_OLE_STORAGE = 0x1011 };

static void show_object(struct unpack *unpack, const struct item *item, struct str bytes)
{
	struct item inner = { .parent = item, .kind = ITEM_EMBEDDED, .bytes = bytes, .is_attachment = true };
	const struct content *content = unpack_found(unpack, &inner);

	if (content == NULL)
		return;
	if ((content_marks(content) & 1u << MARK_MACROS) != 0)
		unpack_mark(unpack, item, MARK_MACROS);
	if ((content_marks(content) & 1u << MARK_OBJECT) != 0)
		unpack_mark(unpack, item, MARK_OBJECT);
}

/* MS-PPT 2.10.34: four bytes of length, then zlib. */
static void show_compressed(struct unpack *unpack, const struct item *item, struct str record)
{
	uint32_t size = octets_le32(record, 0);
	uLongf len = size;
	char *out;
	int r;

	/* deflate makes at most 1032 bytes of one */
	if (size == 0 || size > INFLATED_MAX || size / 1032 > record.len) {
		unpack_mark(unpack, item, MARK_UNREADABLE);
		return;
	}
	out = unpack_take(unpack, size);
	if (out == NULL)
		return;
	r = uncompress((Bytef *)out, &len, (const Bytef *)record.p + 4, (uLong)(record.len - 4));
	if (r == Z_OK)
		show_object(unpack, item, (struct str){ out, len });
	else
		unpack_mark(unpack, item, MARK_UNREADABLE);
	unpack_give(unpack, out, size);
}

/* Records are looked at one by one; containers (version 15) are entered, which is to go on behind their header. */
void ole2_powerpoint(struct ole2_file *file, const struct item *item, const struct ole2_entry *entry)
{
	size_t size;
	uint64_t at = 0;
	struct str bytes = ole2_read_all(file, entry, &size);

	if (bytes.p == NULL)
		return;
	while (octets_within(bytes, at, 8) && !unpack_stopped(file->unpack)) {
		uint16_t version = octets_le16(bytes, at), type = octets_le16(bytes, at + 2);
		uint32_t len = octets_le32(bytes, at + 4);
		struct str record = octets_sub(bytes, at + 8, len);

		if (type == PPT_OLE_STORAGE && record.len > 4 && version >> 4 == 1)
			show_compressed(file->unpack, item, record);
		else if (type == PPT_OLE_STORAGE && record.len > 0)
			show_object(file->unpack, item, record);
		at += (version & 15) == 15 ? 8 : 8 + (uint64_t)len;
	}
	unpack_give(file->unpack, (void *)(uintptr_t)bytes.p, size);
}

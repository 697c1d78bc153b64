/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AppleSingle and AppleDouble (RFC 1740): a table of entries; the data fork and the resource fork are files. */
#include "milter/unpack/handlers.h"
#include "milter/unpack/octets.h"

#define MAGIC_SINGLE 0x00051600
#define MAGIC_DOUBLE 0x00051607
#define TABLE 26		/* where the entries begin, 12 bytes each */
#define ENTRY_LEN 12

enum entry { ENTRY_DATA = 1, ENTRY_RESOURCE = 2, ENTRY_NAME = 3 };

struct entries {
	struct str bytes;
	size_t len;		/* as many as are there */
};

/* The bytes of entry i, cut where the file ends; false when it was cut. */
static bool entry_bytes(const struct entries *entries, size_t i, struct str *ret_bytes)
{
	uint32_t offset = octets_be32(entries->bytes, TABLE + i * ENTRY_LEN + 4), len = octets_be32(entries->bytes, TABLE + i * ENTRY_LEN + 8);

	*ret_bytes = octets_sub(entries->bytes, offset, len);
	return ret_bytes->len == len;
}

static uint32_t entry_id(const struct entries *entries, size_t i)
{
	return octets_be32(entries->bytes, TABLE + i * ENTRY_LEN);
}

static struct str name_of(const struct entries *entries)
{
	struct str name = { NULL, 0 };

	for (size_t i = 0; i < entries->len && name.len == 0; i++)
		if (entry_id(entries, i) == ENTRY_NAME)
			(void)entry_bytes(entries, i, &name);
	return name;
}

static bool found_entries(struct unpack *unpack, const struct item *item, const struct entries *entries)
{
	struct str name = name_of(entries), bytes;
	bool is_whole = true;

	for (size_t i = 0; i < entries->len && !unpack_stopped(unpack); i++) {
		uint32_t id = entry_id(entries, i);

		is_whole &= entry_bytes(entries, i, &bytes);
		if ((id != ENTRY_DATA && id != ENTRY_RESOURCE) || bytes.len == 0)
			continue;
		if (!unpack_count(unpack, UNPACK_NAMES))	/* entries may lie on one another: 65,535 times the file */
			return false;
		(void)unpack_found(unpack, &(struct item){ .parent = item, .kind = ITEM_EMBEDDED, .bytes = bytes,
							   .names = id == ENTRY_DATA ? &name : NULL, .names_len = id == ENTRY_DATA && name.len > 0,
							   .is_attachment = id == ENTRY_DATA });
	}
	return is_whole;
}

void appledouble_unpack(struct unpack *unpack, const struct item *item)
{
	struct entries entries = { .bytes = item->bytes, .len = octets_be16(item->bytes, 24) };
	uint32_t magic = octets_be32(item->bytes, 0);
	size_t room = item->bytes.len < TABLE ? 0 : (item->bytes.len - TABLE) / ENTRY_LEN;
	bool is_whole = magic == MAGIC_SINGLE || magic == MAGIC_DOUBLE;

	if (entries.len > room) {
		entries.len = room;
		is_whole = false;
	}
	if (!found_entries(unpack, item, &entries) || !is_whole)
		unpack_mark(unpack, item, MARK_UNREADABLE);
}

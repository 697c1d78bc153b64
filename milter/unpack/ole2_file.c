/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/ole2_file.h"

#include "milter/unpack/octets.h"

#define HEADER_SIZE 512
#define ENTRY_SIZE 128
#define HEADER_FAT_SECTORS 109
#define SIBLINGS_MAX 4096		/* that are looked at for one name */
#define SECTOR_LAST 0xfffffffaU		/* larger numbers are marks: end, free, FAT */

static uint64_t sector_at(const struct ole2_file *file, uint32_t sector)
{
	return ((uint64_t)sector + 1) << file->sector_shift;
}

static bool sector_exists(const struct ole2_file *file, uint32_t sector)
{
	return sector < SECTOR_LAST && sector_at(file, sector) < file->bytes.len;
}

/* The n-th number of a table whose sectors are listed. */
static uint32_t table_get(const struct ole2_file *file, const uint32_t *sectors, size_t sectors_len, uint32_t n)
{
	unsigned numbers_shift = file->sector_shift - 2;
	size_t sector = n >> numbers_shift;
	uint64_t at;

	if (sector >= sectors_len)
		return OLE2_NONE;
	at = sector_at(file, sectors[sector]) + 4 * (uint64_t)(n & ((1U << numbers_shift) - 1));
	return octets_within(file->bytes, at, 4) ? octets_le32(file->bytes, at) : OLE2_NONE;
}

static uint32_t next_sector(const struct ole2_file *file, uint32_t sector)
{
	return table_get(file, file->fat, file->fat_len, sector);
}

/* A chain in a list. No chain has more sectors than the file: one that does loops. */
static size_t list_chain(struct ole2_file *file, uint32_t sector, uint32_t *list, size_t max)
{
	size_t len = 0;

	while (sector_exists(file, sector) && len < max) {
		list[len++] = sector;
		sector = next_sector(file, sector);
	}
	if (sector < SECTOR_LAST)
		file->is_broken = true;
	return len;
}

/* The sectors of the FAT: 109 in the header, more in a chain of their own (MS-CFB 2.5). */
static void list_fat(struct ole2_file *file, size_t max)
{
	uint32_t more = octets_le32(file->bytes, 0x44);
	size_t per_sector = ((size_t)1 << (file->sector_shift - 2)) - 1;

	for (size_t i = 0; i < HEADER_FAT_SECTORS && file->fat_len < max; i++) {
		uint32_t sector = octets_le32(file->bytes, 0x4c + 4 * i);

		if (sector_exists(file, sector))
			file->fat[file->fat_len++] = sector;
	}
	for (size_t n = 0; sector_exists(file, more) && n < max; n++) {
		uint64_t at = sector_at(file, more);

		for (size_t i = 0; i < per_sector && file->fat_len < max; i++) {
			uint32_t sector = octets_le32(file->bytes, at + 4 * i);

			if (sector_exists(file, sector) && octets_within(file->bytes, at + 4 * i, 4))
				file->fat[file->fat_len++] = sector;
		}
		more = octets_within(file->bytes, at + 4 * per_sector, 4) ? octets_le32(file->bytes, at + 4 * per_sector) : OLE2_NONE;
	}
}

static bool header_read(struct ole2_file *file)
{
	struct str bytes = file->bytes;

	if (bytes.len < HEADER_SIZE || (!octets_match(bytes, 0, STR("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) &&
	    !octets_match(bytes, 0, STR("\x0e\x11\xfc\x0d\xd0\xcf\x11\x0e"))))
		return false;
	file->sector_shift = octets_le16(bytes, 0x1e);
	file->mini_shift = octets_le16(bytes, 0x20);
	file->mini_cutoff = octets_le32(bytes, 0x38);
	/* 9 and 12 are all that there should be; libraries take what they are given */
	if (file->sector_shift < 7 || file->sector_shift > 16 || file->mini_shift < 4 || file->mini_shift > file->sector_shift) {
		file->is_broken = true;
		return false;
	}
	return true;
}

static void entry_read(struct str bytes, struct ole2_entry *entry)
{
	size_t name_len = octets_le16(bytes, 0x40) / 2U;

	memset(entry, 0, sizeof(*entry));
	if (name_len > OLE2_NAME_MAX)
		name_len = OLE2_NAME_MAX;
	for (size_t i = 0; i < name_len; i++) {
		uint16_t c = octets_le16(bytes, 2 * i);

		entry->name[i] = c < 0x80 ? (char)c : '?';
	}
	entry->kind = (enum ole2_kind)octets_u8(bytes, 0x42);
	entry->left = octets_le32(bytes, 0x44);
	entry->right = octets_le32(bytes, 0x48);
	entry->child = octets_le32(bytes, 0x4c);
	entry->clsid = bytes.p + 0x50;
	entry->start = octets_le32(bytes, 0x74);
	entry->size = octets_le32(bytes, 0x78);
	entry->parent = entry->inside = entry->beside = OLE2_NONE;
}

/* Each entry gets the storage above it. Siblings are a tree: walked with a list of those to be seen, each entry once. */
static void parents_fill(struct ole2_file *file, uint32_t *waiting)
{
	for (uint32_t storage = 0; storage < file->entries_len; storage++) {
		size_t waiting_len = 0;

		if (file->entries[storage].kind != OLE2_ROOT && file->entries[storage].kind != OLE2_STORAGE)
			continue;
		waiting[waiting_len++] = file->entries[storage].child;
		while (waiting_len > 0) {
			uint32_t place = waiting[--waiting_len];

			if (place == 0 || place >= file->entries_len || file->entries[place].parent != OLE2_NONE)
				continue;
			file->entries[place].parent = storage;
			file->entries[place].beside = file->entries[storage].inside;
			file->entries[storage].inside = place;
			if (file->entries[place].left < file->entries_len)
				waiting[waiting_len++] = file->entries[place].left;
			if (file->entries[place].right < file->entries_len)
				waiting[waiting_len++] = file->entries[place].right;
		}
	}
}

static bool directory_read(struct ole2_file *file, uint32_t *list, size_t max)
{
	size_t sectors = list_chain(file, octets_le32(file->bytes, 0x30), list, max), per_sector = ((size_t)1 << file->sector_shift) / ENTRY_SIZE;
	uint32_t *waiting;

	file->entries_size = sectors * per_sector * sizeof(*file->entries);
	if (sectors == 0 || (file->entries = unpack_take(file->unpack, file->entries_size)) == NULL)
		return false;
	for (size_t i = 0; i < sectors * per_sector; i++) {
		uint64_t at = sector_at(file, list[i / per_sector]) + ENTRY_SIZE * (i % per_sector);

		if (!octets_within(file->bytes, at, ENTRY_SIZE)) {
			file->is_broken = true;
			break;
		}
		entry_read(octets_sub(file->bytes, at, ENTRY_SIZE), &file->entries[file->entries_len++]);
	}
	/* every entry is put there once, with at most two more for it, and is taken out again */
	waiting = unpack_take(file->unpack, (2 * file->entries_len + 2) * sizeof(*waiting));
	if (waiting == NULL)
		return false;
	parents_fill(file, waiting);
	unpack_give(file->unpack, waiting, (2 * file->entries_len + 2) * sizeof(*waiting));
	return file->entries_len > 0;
}

bool ole2_open(struct unpack *unpack, struct str bytes, struct ole2_file *ret_file)
{
	size_t max;
	bool done;
	uint32_t *list;

	*ret_file = (struct ole2_file){ .unpack = unpack, .bytes = bytes };
	if (!header_read(ret_file))
		return false;
	max = (bytes.len >> ret_file->sector_shift) + 1;
	ret_file->taken_len = 3 * max * sizeof(uint32_t);
	ret_file->fat = unpack_take(unpack, ret_file->taken_len);
	if (ret_file->fat == NULL)
		return false;
	ret_file->mini_fat = ret_file->fat + max;
	ret_file->mini_stream = ret_file->mini_fat + max;
	list_fat(ret_file, max);
	list = ret_file->mini_fat;	/* free until it is filled below */
	done = directory_read(ret_file, list, max);
	if (!done) {
		ret_file->is_broken = true;
		return false;
	}
	ret_file->mini_fat_len = list_chain(ret_file, octets_le32(bytes, 0x3c), ret_file->mini_fat, max);
	ret_file->mini_stream_len = list_chain(ret_file, ret_file->entries[0].start, ret_file->mini_stream, max);
	return true;
}

void ole2_close(struct ole2_file *file)
{
	if (file->entries != NULL)
		unpack_give(file->unpack, file->entries, file->entries_size);
	if (file->fat != NULL)
		unpack_give(file->unpack, file->fat, file->taken_len);
	file->entries = NULL;
	file->fat = NULL;
}

static size_t copy_part(const struct ole2_file *file, uint64_t at, size_t len, char *out)
{
	struct str part = octets_sub(file->bytes, at, len);

	memcpy(out, part.p, part.len);
	return part.len;
}

static size_t read_mini(struct ole2_file *file, const struct ole2_entry *entry, char *out, size_t max)
{
	uint32_t sector = entry->start;
	size_t len = 0, unit = (size_t)1 << file->mini_shift, steps = 0;
	unsigned per_sector_shift = file->sector_shift - file->mini_shift;

	while (len < max && sector < SECTOR_LAST && steps++ <= max / unit) {
		size_t want = max - len < unit ? max - len : unit, place = sector >> per_sector_shift;
		uint64_t at;

		if (place >= file->mini_stream_len)
			break;
		at = sector_at(file, file->mini_stream[place]) + ((uint64_t)(sector & ((1U << per_sector_shift) - 1)) << file->mini_shift);
		len += copy_part(file, at, want, out + len);
		sector = table_get(file, file->mini_fat, file->mini_fat_len, sector);
	}
	return len;
}

static size_t read_big(struct ole2_file *file, const struct ole2_entry *entry, char *out, size_t max)
{
	uint32_t sector = entry->start;
	size_t len = 0, unit = (size_t)1 << file->sector_shift;

	while (len < max && sector_exists(file, sector)) {
		size_t want = max - len < unit ? max - len : unit, got = copy_part(file, sector_at(file, sector), want, out + len);

		len += got;
		if (got < want)
			break;
		sector = next_sector(file, sector);
	}
	return len;
}

size_t ole2_read(struct ole2_file *file, const struct ole2_entry *entry, char *out, size_t max)
{
	size_t want = entry->size < max ? (size_t)entry->size : max, got;

	if (entry->kind != OLE2_STREAM || want == 0)
		return 0;
	got = entry->size < file->mini_cutoff ? read_mini(file, entry, out, want) : read_big(file, entry, out, want);
	if (got < want)
		file->is_broken = true;
	return got;
}

struct str ole2_read_all(struct ole2_file *file, const struct ole2_entry *entry, size_t *ret_size)
{
	size_t size = entry->size < file->bytes.len ? (size_t)entry->size : file->bytes.len;
	char *out;

	*ret_size = size;
	if (entry->kind != OLE2_STREAM || size == 0)
		return (struct str){ NULL, 0 };
	file->read_bytes += size;
	/* twice: a reader of one kind of document may read a stream again */
	if (file->read_bytes / 2 > file->bytes.len) {
		file->is_broken = true;
		return (struct str){ NULL, 0 };
	}
	out = unpack_take(file->unpack, size);
	if (out == NULL)
		return (struct str){ NULL, 0 };
	return (struct str){ out, ole2_read(file, entry, out, size) };
}

static bool is_named(const struct ole2_entry *entry, const char *name)
{
	return entry->kind != OLE2_UNUSED && ascii_equal(entry->name, name);
}

const struct ole2_entry *ole2_find(const struct ole2_file *file, const char *name, uint32_t parent)
{
	uint32_t place = parent < file->entries_len ? file->entries[parent].inside : OLE2_NONE;

	for (size_t i = 0; parent == OLE2_NONE && i < file->entries_len; i++) {
		if (is_named(&file->entries[i], name))
			return &file->entries[i];
	}
	for (unsigned n = 0; place != OLE2_NONE && n < SIBLINGS_MAX; n++, place = file->entries[place].beside) {
		if (is_named(&file->entries[place], name))
			return &file->entries[place];
	}
	return NULL;
}

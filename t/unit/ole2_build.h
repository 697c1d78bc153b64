/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ole2_build.h - small compound files (MS-CFB) for tests. Sector 0 is the FAT, 1 the mini FAT, 2 to 5 the directory; streams follow, those below
 * 4096 bytes in the mini stream. */
#ifndef OCTROI_UNIT_OLE2_BUILD_H
#define OCTROI_UNIT_OLE2_BUILD_H

#include <stdint.h>
#include <string.h>

#include "milter/base/str.h"

#define OLE2_BUILD_SIZE 65536
#define OLE2_END 0xfffffffeU

/* An entry in the storage with the number parent (0 is the root, 1 the first entry ...), at most 15 of them. */
struct ole2_part {
	const char *name;	/* NULL: no more */
	unsigned parent;
	bool is_storage;
	struct str bytes;
};

struct ole2_builder {
	unsigned char *out;
	size_t sectors, mini_sectors;	/* so far */
	unsigned char mini[8192];
};

static inline void build_le(unsigned char *at, uint64_t number, size_t len)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (unsigned char)(number >> (8 * i));
}

static inline unsigned char *build_sector(struct ole2_builder *builder, size_t sector)
{
	return builder->out + 512 * (sector + 1);
}

static inline void build_chain(unsigned char *table, size_t first, size_t count)
{
	for (size_t i = 0; i < count; i++)
		build_le(table + 4 * (first + i), i + 1 < count ? first + i + 1 : OLE2_END, 4);
}

/* Returns the number of the first sector. */
static inline size_t build_stream(struct ole2_builder *builder, const void *bytes, size_t len)
{
	size_t first = builder->sectors, count = (len + 511) / 512;

	memcpy(build_sector(builder, first), bytes, len);
	build_chain(build_sector(builder, 0), first, count);
	builder->sectors += count;
	return count == 0 ? OLE2_END : first;
}

static inline size_t build_mini(struct ole2_builder *builder, struct str bytes)
{
	size_t first = builder->mini_sectors, count = (bytes.len + 63) / 64;

	memcpy(builder->mini + 64 * first, bytes.p, bytes.len);
	build_chain(build_sector(builder, 1), first, count);
	builder->mini_sectors += count;
	return count == 0 ? OLE2_END : first;
}

static inline unsigned char *build_entry(struct ole2_builder *builder, size_t number)
{
	return build_sector(builder, 2) + 128 * number;
}

static inline void build_named(struct ole2_builder *builder, size_t number, const char *name, unsigned kind)
{
	unsigned char *entry = build_entry(builder, number);

	for (size_t i = 0; name[i] != '\0'; i++)
		entry[2 * i] = (unsigned char)name[i];
	build_le(entry + 0x40, 2 * strlen(name) + 2, 2);
	entry[0x42] = (unsigned char)kind;
	build_le(entry + 0x44, UINT32_MAX, 4);
	build_le(entry + 0x48, UINT32_MAX, 4);
	build_le(entry + 0x4c, UINT32_MAX, 4);
}

/* Siblings are a list: each is the right one of the next. */
static inline void build_inside(struct ole2_builder *builder, const struct ole2_part *parts, unsigned parent)
{
	size_t last = UINT32_MAX;

	for (size_t i = 0; parts[i].name != NULL; i++) {
		if (parts[i].parent != parent)
			continue;
		build_le(build_entry(builder, i + 1) + 0x48, last, 4);
		last = i + 1;
	}
	build_le(build_entry(builder, parent) + 0x4c, last, 4);
}

static inline void build_header(unsigned char *out)
{
	memcpy(out, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
	build_le(out + 0x18, 0x3e, 2);
	build_le(out + 0x1a, 3, 2);
	build_le(out + 0x1c, 0xfffe, 2);
	build_le(out + 0x1e, 9, 2);
	build_le(out + 0x20, 6, 2);
	build_le(out + 0x2c, 1, 4);
	build_le(out + 0x30, 2, 4);
	build_le(out + 0x38, 4096, 4);
	build_le(out + 0x3c, 1, 4);
	build_le(out + 0x40, 1, 4);
	build_le(out + 0x44, OLE2_END, 4);
	memset(out + 0x4c, 0xff, (size_t)109 * 4);
	build_le(out + 0x4c, 0, 4);
}

/* out has OLE2_BUILD_SIZE zeroed bytes; clsid, of the root, may be NULL. Returns the length. */
static inline size_t ole2_build(unsigned char *out, const struct ole2_part *parts, const char *clsid)
{
	struct ole2_builder builder = { .out = out, .sectors = 6 };
	size_t start;

	build_header(out);
	memset(build_sector(&builder, 0), 0xff, 1024);
	build_le(build_sector(&builder, 0), 0xfffffffd, 4);
	build_chain(build_sector(&builder, 0), 1, 1);
	build_chain(build_sector(&builder, 0), 2, 4);
	build_named(&builder, 0, "Root Entry", 5);
	for (size_t i = 0; parts[i].name != NULL; i++) {
		struct str bytes = parts[i].bytes;

		build_named(&builder, i + 1, parts[i].name, parts[i].is_storage ? 1 : 2);
		start = bytes.len < 4096 ? build_mini(&builder, bytes) : build_stream(&builder, bytes.p, bytes.len);
		build_le(build_entry(&builder, i + 1) + 0x74, start, 4);
		build_le(build_entry(&builder, i + 1) + 0x78, bytes.len, 4);
	}
	for (size_t i = 0; parts[i].name != NULL; i++) {
		if (parts[i].is_storage)
			build_inside(&builder, parts, (unsigned)i + 1);
	}
	build_inside(&builder, parts, 0);
	start = build_stream(&builder, builder.mini, 64 * builder.mini_sectors);
	build_le(build_entry(&builder, 0) + 0x74, start, 4);
	build_le(build_entry(&builder, 0) + 0x78, 64 * builder.mini_sectors, 4);
	if (clsid != NULL)
		memcpy(build_entry(&builder, 0) + 0x50, clsid, 16);
	return 512 * (builder.sectors + 1);
}

#endif

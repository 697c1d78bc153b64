/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/filetype_internal.h"

/* Volume descriptors begin behind 16 sectors (ECMA-119 8): of 2048 bytes, or of 2352 with a header of 16 or 24. */
static const struct {
	uint32_t first, step;
} layouts[] = { { 16 * 2048, 2048 }, { 16 * 2352 + 16, 2352 }, { 16 * 2352 + 24, 2352 } };

static enum filetype descriptor(struct str bytes, uint64_t at)
{
	if (octets_match(bytes, at + 1, STR("CD001")))
		return FILETYPE_ISO;
	if (octets_match(bytes, at + 1, STR("NSR02")) || octets_match(bytes, at + 1, STR("NSR03")))
		return FILETYPE_UDF;
	return FILETYPE_UNKNOWN;
}

static enum filetype optical(struct str bytes)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		for (unsigned n = 0; n < 12; n++) {
			enum filetype type = descriptor(bytes, layouts[i].first + (uint64_t)n * layouts[i].step);

			if (type != FILETYPE_UNKNOWN)
				return type;
		}
	}
	return FILETYPE_UNKNOWN;
}

enum filetype filetype_disk(struct str bytes)
{
	enum filetype type = bytes.len > (size_t)16 * 2048 ? optical(bytes) : FILETYPE_UNKNOWN;

	if (type != FILETYPE_UNKNOWN || bytes.len < 512)
		return type;
	/* old programs wrote a footer of 511 bytes */
	if (octets_match(bytes, bytes.len - 512, STR("conectix")) || octets_match(bytes, bytes.len - 511, STR("conectix")))
		return FILETYPE_VHD;
	if (octets_match(bytes, bytes.len - 512, STR("koly\0\0\0\4\0\0\2\0")))
		return FILETYPE_DMG;
	return FILETYPE_UNKNOWN;
}

static bool is_power_of_two(unsigned n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

/* A FAT boot sector: a jump, sizes that are powers of two, a media byte. Few bytes of it are fixed, so all of them are asked. */
static bool is_fat(struct str bytes)
{
	unsigned sector = octets_le16(bytes, 11), fats = octets_u8(bytes, 16), media = octets_u8(bytes, 21);
	bool jumps = octets_u8(bytes, 0) == 0xe9 || (octets_u8(bytes, 0) == 0xeb && octets_u8(bytes, 2) == 0x90) ||
		octets_match(bytes, 0, STR("\0\0\0"));

	return jumps && bytes.len >= 512 && sector >= 512 && sector <= 4096 && is_power_of_two(sector) && is_power_of_two(octets_u8(bytes, 13)) &&
		octets_le16(bytes, 14) >= 1 && (fats == 1 || fats == 2) && (media == 0xf0 || media >= 0xf8) &&
		(octets_le16(bytes, 510) == 0xaa55 || octets_match(bytes, 54, STR("FAT")) || octets_match(bytes, 82, STR("FAT32")) ||
		 octets_le16(bytes, 19) != 0);
}

static bool is_partition(struct str bytes, size_t at)
{
	return (octets_u8(bytes, at) & 0x7f) == 0 && octets_u8(bytes, at + 4) != 0 && octets_le32(bytes, at + 8) != 0 && octets_le32(bytes, at + 12) != 0;
}

static bool is_no_partition(struct str bytes, size_t at)
{
	return octets_le32(bytes, at) == 0 && octets_le32(bytes, at + 4) == 0 && octets_le32(bytes, at + 8) == 0 && octets_le32(bytes, at + 12) == 0;
}

static bool is_partition_table(struct str bytes)
{
	unsigned partitions = 0;

	if (octets_le16(bytes, 510) != 0xaa55)
		return false;
	for (size_t at = 446; at < 510; at += 16) {
		if (is_partition(bytes, at))
			partitions++;
		else if (!is_no_partition(bytes, at))
			return false;
	}
	return partitions > 0;
}

static bool is_ext(struct str bytes)
{
	return octets_le16(bytes, 0x438) == 0xef53 && octets_le32(bytes, 0x418) <= 6 && octets_le16(bytes, 0x43a) <= 7 &&
		octets_le32(bytes, 0x44c) <= 1 && octets_le32(bytes, 0x400) != 0;
}

enum filetype filetype_boot(struct str bytes)
{
	bool known = octets_match(bytes, 3, STR("NTFS    ")) || octets_match(bytes, 3, STR("EXFAT   ")) || octets_match(bytes, 512, STR("EFI PART")) ||
		octets_match(bytes, 1024, STR("H+\0\4")) || octets_match(bytes, 1024, STR("HX\0\5")) || octets_match(bytes, 32, STR("NXSB"));

	if (bytes.len < 512)
		return FILETYPE_UNKNOWN;
	return known || is_fat(bytes) || is_partition_table(bytes) || is_ext(bytes) ? FILETYPE_IMG : FILETYPE_UNKNOWN;
}

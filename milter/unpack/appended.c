/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <zlib.h>

#include "milter/unpack/filetype_internal.h"
#include "milter/unpack/handlers.h"

#define HITS_MAX 8		/* of one signature */

/* The header of 7z has a checksum of itself (7zFormat.txt: StartHeaderCRC). */
static bool is_7z(struct str bytes)
{
	struct str header = octets_sub(bytes, 12, 20);

	return header.len == 20 && octets_u8(bytes, 6) == 0 && crc32(0, (const Bytef *)header.p, 20) == octets_le32(bytes, 8);
}

static bool is_rar(struct str bytes)
{
	return (octets_u8(bytes, 6) == 0 && octets_u8(bytes, 9) == 0x73) || (octets_u8(bytes, 6) == 1 && octets_u8(bytes, 7) == 0);
}

static bool is_cab(struct str bytes)
{
	return octets_le16(bytes, 24) == 0x0103 && octets_le32(bytes, 8) >= 44 && octets_le32(bytes, 8) <= bytes.len && octets_le32(bytes, 16) >= 36;
}

/* A local header whose numbers make sense, and a name without controls (APPNOTE 4.3.7). */
static bool is_zip_member(struct str bytes)
{
	struct str name = octets_sub(bytes, 30, octets_le16(bytes, 26));
	uint16_t method = octets_le16(bytes, 8);

	if (octets_le16(bytes, 4) > 63 || name.len == 0 || name.len > 1024 || octets_le16(bytes, 26) != name.len || (method > 20 && method < 93) || method > 99)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if ((unsigned char)name.p[i] < ' ')
			return false;
	}
	return true;
}

static bool is_elf(struct str bytes)
{
	return octets_u8(bytes, 4) >= 1 && octets_u8(bytes, 4) <= 2 && octets_u8(bytes, 5) >= 1 && octets_u8(bytes, 5) <= 2 && octets_u8(bytes, 6) == 1 &&
		octets_le32(bytes, 20) != 0 && bytes.len >= 52;
}

static bool is_gzip(struct str bytes)
{
	return octets_u8(bytes, 3) <= 0x1f && (octets_u8(bytes, 8) == 0 || octets_u8(bytes, 8) == 2 || octets_u8(bytes, 8) == 4) && octets_u8(bytes, 9) <= 13;
}

static bool is_any(struct str bytes)
{
	return bytes.len > 32;
}

static bool is_pe_within_reach(struct str bytes)
{
	return octets_le32(bytes, 0x3c) < 65536 && octets_match(bytes, octets_le32(bytes, 0x3c), STR("PE\0\0"));
}

static const struct tail {
	struct str signature;
	enum filetype type;
	bool (*is_it)(struct str bytes);
	bool in_programs, in_scripts;	/* a program has others in it, which are its own affair */
} tails[] = {
	{ { "7z\xbc\xaf\x27\x1c", 6 }, FILETYPE_7Z, is_7z, true, true },
	{ { "Rar!\x1a\x07", 6 }, FILETYPE_RAR, is_rar, true, true },
	{ { "MSCF\0\0\0\0", 8 }, FILETYPE_CAB, is_cab, true, true },
	{ { "PK\3\4", 4 }, FILETYPE_ZIP, is_zip_member, true, true },
	{ { "**ACE**", 7 }, FILETYPE_ACE, is_any, true, false },
	{ { "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8 }, FILETYPE_OLE2, is_any, false, false },
	{ { "\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", 20 }, FILETYPE_LNK, is_any, false, false },
	{ { "MZ", 2 }, FILETYPE_EXE, is_pe_within_reach, false, true },
	{ { "\x7f" "ELF", 4 }, FILETYPE_ELF, is_elf, false, true },
	{ { "\x1f\x8b\x08", 3 }, FILETYPE_GZIP, is_gzip, false, true },
	{ { "BZh91AY&SY", 10 }, FILETYPE_BZIP2, is_any, false, true },
	{ { "\xfd" "7zXZ\0", 6 }, FILETYPE_XZ, is_any, false, true },
};

/* ACE begins seven bytes before its word. */
static size_t start_of(const struct tail *tail, size_t at)
{
	return tail->type == FILETYPE_ACE ? (at >= 7 ? at - 7 : 0) : at;
}

static void found(struct unpack *unpack, const struct item *item, const struct tail *tail, size_t at)
{
	struct item inner = { .parent = item, .kind = ITEM_EMBEDDED, .bytes = octets_from(item->bytes, start_of(tail, at)), .is_attachment = true };

	unpack_also(unpack, item, tail->type);
	(void)unpack_found(unpack, &inner);
}

/* In an archive within, members follow each other: what begins the first one begins the archive, and it is enough to show that. */
static unsigned hits_of(const struct tail *tail)
{
	return tail->type == FILETYPE_ZIP ? 1 : HITS_MAX;
}

static void look_for(struct unpack *unpack, const struct item *item, const struct tail *tail)
{
	unsigned hits = 0;
	size_t at = 0;

	while (hits < hits_of(tail) && !unpack_stopped(unpack)) {
		at = octets_find(item->bytes, at + 1, tail->signature);
		if (at == (size_t)-1)
			return;
		if (tail->is_it(octets_from(item->bytes, at))) {
			found(unpack, item, tail, at);
			hits++;
		}
	}
}

static bool is_wanted(const struct tail *tail, enum filetype type)
{
	if (type == FILETYPE_EXE || type == FILETYPE_ELF)
		return tail->in_programs;
	if (type == FILETYPE_SHELL)
		return tail->in_scripts;
	return tail->type != FILETYPE_GZIP && tail->type != FILETYPE_BZIP2 && tail->type != FILETYPE_XZ;
}

void appended_unpack(struct unpack *unpack, const struct item *item)
{
	struct filetype_set also;
	enum filetype type = filetype_sniff(item->bytes, &also);

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		if (is_wanted(&tails[i], type) && !filetype_set_has(&also, tails[i].type))
			look_for(unpack, item, &tails[i]);
	}
}

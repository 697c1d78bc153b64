/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/filetype_internal.h"

static bool is_new_executable(struct str bytes, uint32_t at)
{
	static const char words[][2] = { { 'N', 'E' }, { 'L', 'E' }, { 'L', 'X' }, { 'W', '3' }, { 'W', '4' } };

	if (octets_match(bytes, at, STR("PE\0\0")))
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (at >= 0x40 && octets_match(bytes, at, (struct str){ words[i], 2 }))
			return true;
	}
	return false;
}

bool filetype_is_pe(struct str bytes)
{
	return octets_match(bytes, 0, STR("MZ")) && bytes.len >= 0x40 && is_new_executable(bytes, octets_le32(bytes, 0x3c));
}

/* A program for DOS, or one that was cut before its PE header: the sizes in the header agree with each other. */
static bool is_dos_program(struct str bytes)
{
	uint32_t last_page = octets_le16(bytes, 2), pages = octets_le16(bytes, 4), relocations = octets_le16(bytes, 6);
	uint32_t header = octets_le16(bytes, 8) * 16U, table = octets_le16(bytes, 24);

	return (octets_match(bytes, 0, STR("MZ")) || octets_match(bytes, 0, STR("ZM"))) && bytes.len >= 0x1c &&
		last_page < 512 && pages > 0 && header >= 0x20 && header <= pages * 512 &&
		octets_le16(bytes, 10) <= octets_le16(bytes, 12) && table + relocations * 4 <= header + 512;
}

bool filetype_is_program(struct str bytes)
{
	return filetype_is_pe(bytes) || is_dos_program(bytes);
}

/* Java classes and programs for several processors begin alike: a class has a version from 45 on where the others have a small count. */
static enum filetype cafebabe(struct str bytes)
{
	uint32_t number = octets_be32(bytes, 4);

	if ((!octets_match(bytes, 0, STR("\xca\xfe\xba\xbe")) && !octets_match(bytes, 0, STR("\xca\xfe\xba\xbf"))) || bytes.len < 8)
		return FILETYPE_UNKNOWN;
	return number > 0 && number < 45 ? FILETYPE_MACHO : FILETYPE_CLASS;
}

static uint32_t read_octal(struct str field)
{
	uint32_t number = 0;
	size_t i = 0;

	while (i < field.len && field.p[i] == ' ')
		i++;
	for (; i < field.len && field.p[i] >= '0' && field.p[i] <= '7'; i++)
		number = number * 8 + (uint32_t)(field.p[i] - '0');
	return number;
}

/* The checksum is over the bytes of the header, its own field taken as spaces; old programs took the bytes as signed. */
bool filetype_is_tar(struct str bytes)
{
	int64_t unsigned_sum = INT64_C(8) * ' ', signed_sum = INT64_C(8) * ' ', noted;

	if (bytes.len < 512 || bytes.p[0] == '\0' || (bytes.p[148] != ' ' && (bytes.p[148] < '0' || bytes.p[148] > '7')))
		return false;
	for (size_t i = 100; i < 108; i++) {	/* the mode */
		if (bytes.p[i] != ' ' && bytes.p[i] != '\0' && (bytes.p[i] < '0' || bytes.p[i] > '7'))
			return false;
	}
	for (size_t i = 0; i < 512; i++) {
		if (i >= 148 && i < 156)
			continue;
		unsigned_sum += (unsigned char)bytes.p[i];
		signed_sum += (signed char)bytes.p[i];
	}
	noted = read_octal(octets_sub(bytes, 148, 8));
	return noted == unsigned_sum || noted == signed_sum;
}

/* CLSID of the root entry of a compound file (MS-CFB 2.6): the first four of its bytes tell these apart. */
static enum filetype compound_class(struct str id)
{
	static const struct {
		uint32_t first;
		enum filetype type;
	} classes[] = {
		{ 0x000c1084, FILETYPE_MSI }, { 0x000c1086, FILETYPE_MSI }, { 0x000c1082, FILETYPE_MSI },
		{ 0x00020906, FILETYPE_DOC }, { 0x00020900, FILETYPE_DOC }, { 0x00020820, FILETYPE_XLS }, { 0x00020810, FILETYPE_XLS },
		{ 0x64818d10, FILETYPE_PPT }, { 0x00020d0b, FILETYPE_MSG }, { 0x00021201, FILETYPE_PUB },
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (octets_le32(id, 0) == classes[i].first)
			return classes[i].type;
	}
	return FILETYPE_OLE2;
}

static enum filetype compound_file(struct str bytes)
{
	unsigned shift = octets_le16(bytes, 0x1e);
	uint64_t directory;

	if (!octets_match(bytes, 0, STR("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) && !octets_match(bytes, 0, STR("\x0e\x11\xfc\x0d\xd0\xcf\x11\x0e")))
		return FILETYPE_UNKNOWN;
	if (shift < 7 || shift > 16)
		return FILETYPE_OLE2;
	directory = ((uint64_t)octets_le32(bytes, 0x30) + 1) << shift;
	return compound_class(octets_sub(bytes, directory + 0x50, 16));
}

static bool is_bmp(struct str bytes)
{
	uint32_t header = octets_le32(bytes, 14);

	return octets_match(bytes, 0, STR("BM")) && bytes.len >= 26 &&
		(header == 12 || header == 40 || header == 52 || header == 56 || header == 64 || header == 108 || header == 124);
}

static bool is_icon(struct str bytes)
{
	uint32_t count = octets_le16(bytes, 4), first = octets_le32(bytes, 18);

	return (octets_match(bytes, 0, STR("\0\0\1\0")) || octets_match(bytes, 0, STR("\0\0\2\0"))) && bytes.len >= 22 &&
		count >= 1 && count <= 256 && first >= 6 + 16 * count && first < bytes.len;
}

static bool is_truetype(struct str bytes)
{
	uint16_t tables = octets_be16(bytes, 4);

	if (!octets_match(bytes, 0, STR("\0\1\0\0")) || bytes.len < 28 || tables == 0 || tables > 64)
		return false;
	for (size_t i = 12; i < 16; i++) {
		if (bytes.p[i] < ' ' || bytes.p[i] == 0x7f)
			return false;
	}
	return true;
}

/* A compressed Flash file notes its size, so that no word of three letters is taken for one. */
static bool is_flash(struct str bytes)
{
	uint32_t size = octets_le32(bytes, 4);

	return bytes.len >= 8 && (octets_match(bytes, 1, STR("WS"))) && strchr("FCZ", bytes.p[0]) != NULL && bytes.p[0] != '\0' &&
		octets_u8(bytes, 3) >= 1 && octets_u8(bytes, 3) <= 60 && size >= 8 && size < (256U << 20);
}

static bool is_python_bytecode(struct str bytes)
{
	uint16_t version = octets_le16(bytes, 0);

	if (bytes.len < 16 || !octets_match(bytes, 2, STR("\r\n")))
		return false;
	return (version >= 3000 && version < 3800) || (version >= 62011 && version <= 62221) || version == 20121;
}

static bool is_lzma(struct str bytes)
{
	uint32_t dictionary = octets_le32(bytes, 1);
	uint64_t size = octets_le64(bytes, 5);

	/* All programs write these properties. What has others and is called .lzma cannot be read, which has a mark of its own. */
	return bytes.len >= 14 && octets_u8(bytes, 0) == 0x5d && dictionary >= 4096 && bytes.p[13] == '\0' && (dictionary & (dictionary - 1)) == 0 &&
		(size == UINT64_MAX || size < (UINT64_C(1) << 38));
}

static enum filetype compressed(struct str bytes)
{
	if (octets_match(bytes, 0, STR("\x1f\x8b\x08")) && (octets_u8(bytes, 3) & 0xe0) == 0)
		return FILETYPE_GZIP;
	if (octets_match(bytes, 0, STR("BZh")) && octets_u8(bytes, 3) >= '1' && octets_u8(bytes, 3) <= '9' &&
	    (octets_match(bytes, 4, STR("1AY&SY")) || octets_match(bytes, 4, STR("\x17\x72\x45\x38\x50\x90"))))
		return FILETYPE_BZIP2;
	if (octets_match(bytes, 0, STR("\x1f\x9d")) && (octets_u8(bytes, 2) & 0x60) == 0 && (octets_u8(bytes, 2) & 0x1f) >= 9 &&
	    (octets_u8(bytes, 2) & 0x1f) <= 16)
		return FILETYPE_COMPRESS;
	if ((octets_le32(bytes, 0) & 0xfffffff0) == 0x184d2a50 && octets_match(bytes, 8 + (uint64_t)octets_le32(bytes, 4), STR("\x28\xb5\x2f\xfd")))
		return FILETYPE_ZSTD;
	return is_lzma(bytes) ? FILETYPE_LZMA : FILETYPE_UNKNOWN;
}

static bool is_arc(struct str bytes)
{
	size_t i = 2;

	if (octets_u8(bytes, 0) != 0x1a || octets_u8(bytes, 1) < 1 || octets_u8(bytes, 1) > 11 || bytes.len < 29)
		return false;
	while (i < 15 && bytes.p[i] > ' ' && bytes.p[i] < 0x7f)
		i++;
	return i > 2 && i < 15 && bytes.p[i] == '\0' && octets_le32(bytes, 15) <= bytes.len;
}

static enum filetype old_archive(struct str bytes)
{
	uint8_t method = octets_u8(bytes, 4);

	if (octets_match(bytes, 0, STR("\x60\xea")) && octets_le16(bytes, 2) >= 30 && octets_le16(bytes, 2) <= 2600 && method >= 30 &&
	    octets_u8(bytes, 10) <= 5)
		return FILETYPE_ARJ;
	if (octets_u8(bytes, 2) == '-' && octets_u8(bytes, 6) == '-' && (octets_match(bytes, 3, STR("lh")) || octets_match(bytes, 3, STR("lz")) ||
	    octets_match(bytes, 3, STR("pm"))) && octets_u8(bytes, 20) <= 3 && octets_u8(bytes, 0) >= 20)
		return FILETYPE_LZH;
	if (octets_le16(bytes, 0) == 070707 && octets_le16(bytes, 20) >= 1 && octets_le16(bytes, 20) <= 4096 &&
	    octets_u8(bytes, 26U + octets_le16(bytes, 20) - 1) == 0 && octets_u8(bytes, 26) > ' ')
		return FILETYPE_CPIO;
	return is_arc(bytes) ? FILETYPE_ARC : FILETYPE_UNKNOWN;
}

/* The content type at the start of DER (RFC 5652 3): SEQUENCE, OBJECT IDENTIFIER. Of certificates and keys, the shape. */
static enum filetype cryptographic(struct str bytes)
{
	uint8_t form = octets_u8(bytes, 1);
	size_t at = form == 0x80 || form < 0x80 ? 2 : 2 + (form & 0x7fU);

	if (octets_u8(bytes, 0) != 0x30 || at > 6)
		return FILETYPE_UNKNOWN;
	if (octets_match(bytes, at, STR("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"))) {
		uint8_t kind = octets_u8(bytes, at + 10);

		return kind == 2 ? FILETYPE_SMIME_SIGNED : kind == 3 || kind == 4 || kind == 6 ? FILETYPE_SMIME_ENCRYPTED : FILETYPE_PKCS7;
	}
	if (octets_match(bytes, at, STR("\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01")))
		return octets_u8(bytes, at + 12) == 0x17 ? FILETYPE_SMIME_ENCRYPTED : FILETYPE_PKCS7;
	if (form == 0x82 && (octets_match(bytes, 4, STR("\x02\x01\x03\x30")) || (octets_match(bytes, 4, STR("\x30\x82")) &&
	    octets_match(bytes, 8, STR("\xa0\x03\x02\x01")))))
		return FILETYPE_X509;
	return FILETYPE_UNKNOWN;
}

enum filetype filetype_binary(struct str bytes)
{
	enum filetype (*const looks[])(struct str) = { cafebabe, compound_file, compressed, old_archive, cryptographic };

	if (filetype_is_program(bytes))
		return FILETYPE_EXE;
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		enum filetype type = looks[i](bytes);

		if (type != FILETYPE_UNKNOWN)
			return type;
	}
	if (is_bmp(bytes))
		return FILETYPE_BMP;
	if (is_icon(bytes))
		return FILETYPE_ICO;
	if (is_truetype(bytes))
		return FILETYPE_FONT;
	if (is_flash(bytes))
		return FILETYPE_SWF;
	return is_python_bytecode(bytes) ? FILETYPE_PYC : FILETYPE_UNKNOWN;
}

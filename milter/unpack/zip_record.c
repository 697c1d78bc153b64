/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/zip_record.h"

#include "milter/unpack/octets.h"

#define END64_BYTES 56
#define LOCATOR64_BYTES 20
#define EXTRA_ZIP64 0x0001
#define EXTRA_UNICODE_PATH 0x7075

/* APPNOTE 4.5.3: only the values that are all ones in the header stand here, in this order. */
static void read_zip64(struct str field, struct zip_header *header)
{
	uint64_t *values[] = { &header->size_bytes, &header->compressed_bytes, &header->offset };
	size_t at = 0;

	for (size_t i = 0; i < 3; i++) {
		if (*values[i] != UINT32_MAX || !octets_within(field, at, 8))
			continue;
		*values[i] = octets_le64(field, at);
		at += 8;
	}
}

static void read_extra(struct str extra, struct zip_header *header)
{
	for (size_t at = 0; octets_within(extra, at, 4);) {
		unsigned id = octets_le16(extra, at);
		struct str field = { extra.p + at + 4, octets_le16(extra, at + 2) };

		if (!octets_within(extra, at + 4, field.len))
			return;
		if (id == EXTRA_ZIP64)
			read_zip64(field, header);
		else if (id == EXTRA_UNICODE_PATH && field.len > 5)
			header->unicode_name = (struct str){ field.p + 5, field.len - 5 };
		at += 4 + field.len;
	}
}

bool zip_local_read_unsigned(struct str zip, uint64_t at, struct zip_header *ret_header)
{
	size_t name_len, extra_len;

	if (!octets_within(zip, at, ZIP_LOCAL_BYTES))
		return false;
	name_len = octets_le16(zip, at + 26);
	extra_len = octets_le16(zip, at + 28);
	if (!octets_within(zip, at + ZIP_LOCAL_BYTES, name_len + extra_len))
		return false;
	*ret_header = (struct zip_header){
		.start = (size_t)at, .end = (size_t)at + ZIP_LOCAL_BYTES + name_len + extra_len,
		.flags = octets_le16(zip, at + 6), .method = octets_le16(zip, at + 8), .crc = octets_le32(zip, at + 14),
		.compressed_bytes = octets_le32(zip, at + 18), .size_bytes = octets_le32(zip, at + 22),
		.name = { zip.p + at + ZIP_LOCAL_BYTES, name_len },
	};
	read_extra((struct str){ zip.p + at + ZIP_LOCAL_BYTES + name_len, extra_len }, ret_header);
	return true;
}

bool zip_local_read(struct str zip, uint64_t at, struct zip_header *ret_header)
{
	return octets_within(zip, at, ZIP_LOCAL_BYTES) && octets_match(zip, at, STR("PK\3\4")) && zip_local_read_unsigned(zip, at, ret_header);
}

bool zip_central_read(struct str zip, uint64_t at, struct zip_header *ret_header)
{
	size_t name_len, extra_len, comment_len;

	if (!octets_within(zip, at, ZIP_CENTRAL_BYTES) || !octets_match(zip, at, STR("PK\1\2")))
		return false;
	name_len = octets_le16(zip, at + 28);
	extra_len = octets_le16(zip, at + 30);
	comment_len = octets_le16(zip, at + 32);
	if (!octets_within(zip, at + ZIP_CENTRAL_BYTES, name_len + extra_len + comment_len))
		return false;
	*ret_header = (struct zip_header){
		.start = (size_t)at, .end = (size_t)at + ZIP_CENTRAL_BYTES + name_len + extra_len + comment_len,
		.flags = octets_le16(zip, at + 8), .method = octets_le16(zip, at + 10), .crc = octets_le32(zip, at + 16),
		.compressed_bytes = octets_le32(zip, at + 20), .size_bytes = octets_le32(zip, at + 24),
		.disk = octets_le16(zip, at + 34), .attributes = octets_le32(zip, at + 38), .offset = octets_le32(zip, at + 42),
		.name = { zip.p + at + ZIP_CENTRAL_BYTES, name_len },
	};
	read_extra((struct str){ zip.p + at + ZIP_CENTRAL_BYTES + name_len, extra_len }, ret_header);
	return true;
}

bool zip_end_read(struct str zip, size_t at, struct zip_end *ret_end)
{
	unsigned disk, directory_disk;

	if (!octets_within(zip, at, ZIP_END_BYTES) || !octets_match(zip, at, STR("PK\5\6")))
		return false;
	disk = octets_le16(zip, at + 4);
	directory_disk = octets_le16(zip, at + 6);
	*ret_end = (struct zip_end){
		.start = at, .end = at + ZIP_END_BYTES + octets_le16(zip, at + 20),
		.entries_here = octets_le16(zip, at + 8), .entries = octets_le16(zip, at + 10),
		.directory_bytes = octets_le32(zip, at + 12), .directory_offset = octets_le32(zip, at + 16),
		.is_split = (disk != 0 && disk != UINT16_MAX) || (directory_disk != 0 && directory_disk != UINT16_MAX),
	};
	return true;
}

static bool end64_read(struct str zip, uint64_t at, struct zip_end *end)
{
	if (!octets_within(zip, at, END64_BYTES) || !octets_match(zip, at, STR("PK\6\6")))
		return false;
	end->start = (size_t)at;
	end->entries_here = octets_le64(zip, at + 24);
	end->entries = octets_le64(zip, at + 32);
	end->directory_bytes = octets_le64(zip, at + 40);
	end->directory_offset = octets_le64(zip, at + 48);
	end->is_split = octets_le32(zip, at + 16) != 0 || octets_le32(zip, at + 20) != 0;
	return true;
}

/* The locator's offset is wrong where something stands before the archive; then the record is looked for just before the locator. */
bool zip_end64_read(struct str zip, size_t at, struct zip_end *ret_end)
{
	size_t locator;

	if (at < LOCATOR64_BYTES || !zip_end_read(zip, at, ret_end))
		return false;
	locator = at - LOCATOR64_BYTES;
	if (!octets_match(zip, locator, STR("PK\6\7")))
		return false;
	return end64_read(zip, octets_le64(zip, locator + 8), ret_end) ||
		(locator >= END64_BYTES && end64_read(zip, locator - END64_BYTES, ret_end));
}

/* APPNOTE 4.3.9: with or without a signature, sizes of four or eight bytes. */
size_t zip_descriptor_bytes(struct str zip, size_t at, const struct zip_header *header)
{
	size_t sign = octets_match(zip, at, STR("PK\7\10")) ? 4 : 0;

	for (;; sign = 0) {
		size_t values = at + sign;
		bool is_ours = octets_within(zip, values, 12) && octets_le32(zip, values) == header->crc;

		if (is_ours && octets_le32(zip, values + 4) == (uint32_t)header->compressed_bytes &&
		    octets_le32(zip, values + 8) == (uint32_t)header->size_bytes)
			return sign + 12;
		if (is_ours && octets_within(zip, values, 20) && octets_le64(zip, values + 4) == header->compressed_bytes &&
		    octets_le64(zip, values + 12) == header->size_bytes)
			return sign + 20;
		if (sign == 0)
			return 0;
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zip_record.h - the records of a ZIP as they stand (PKWARE APPNOTE 6.3.9): local header, central header, end records, descriptor. Pure. */
#ifndef OCTROI_UNPACK_ZIP_RECORD_H
#define OCTROI_UNPACK_ZIP_RECORD_H

#include <stdint.h>

#include "milter/base/str.h"

#define ZIP_LOCAL_BYTES 30	/* without name and extra fields */
#define ZIP_CENTRAL_BYTES 46
#define ZIP_END_BYTES 22

enum zip_flag {
	ZIP_ENCRYPTED = 1 << 0,
	ZIP_DESCRIPTOR = 1 << 3,	/* size and CRC stand behind the data */
	ZIP_STRONG = 1 << 6,
	ZIP_MASKED = 1 << 13,		/* the directory is encrypted, local headers have no values */
};

enum zip_method {
	ZIP_STORED = 0,
	ZIP_DEFLATED = 8,
	ZIP_BZIP2 = 12,
	ZIP_LZMA = 14,
	ZIP_ZSTD = 93,
	ZIP_XZ = 95,
	ZIP_PPMD = 98,
	ZIP_AES = 99,
};

/* What one header, local or central, says of a member. Strings point into the archive. */
struct zip_header {
	size_t start, end;		/* of the header with its name and extra fields (and comment) */
	unsigned flags, method, disk;
	uint32_t crc, attributes;
	uint64_t compressed_bytes, size_bytes;	/* zip64 values where they apply */
	uint64_t offset;		/* central only: of the local header, as it stands */
	struct str name;
	struct str unicode_name;	/* of extra field 0x7075, whether its CRC fits or not; or empty */
};

/* Each returns false when the signature or the length does not fit in zip at that place. */
bool zip_local_read(struct str zip, uint64_t at, struct zip_header *ret_header);
bool zip_central_read(struct str zip, uint64_t at, struct zip_header *ret_header);

/* The local header without looking at its signature: some readers do not. */
bool zip_local_read_unsigned(struct str zip, uint64_t at, struct zip_header *ret_header);

struct zip_end {
	size_t start;			/* of the first end record, zip64 or plain: here the directory has ended */
	size_t end;			/* behind the comment as its length says; may be more than there is */
	uint64_t entries_here, entries, directory_bytes, directory_offset;	/* as they stand */
	bool is_split;			/* one of several volumes */
};
bool zip_end_read(struct str zip, size_t at, struct zip_end *ret_end);

/* The zip64 end record that belongs to the end record at that place, when there is one; end is that of both. */
bool zip_end64_read(struct str zip, size_t at, struct zip_end *ret_end);

/* Length of the data descriptor at that place that says what header does, or 0. */
size_t zip_descriptor_bytes(struct str zip, size_t at, const struct zip_header *header);

#endif

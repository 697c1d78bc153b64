/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zip_inflate.h - deflate (RFC 1951) as it stands in ZIP and gzip, and their CRC; by zlib. */
#ifndef OCTROI_UNPACK_ZIP_INFLATE_H
#define OCTROI_UNPACK_ZIP_INFLATE_H

#include "milter/unpack/archive_output.h"

enum zip_inflated {
	ZIP_INFLATED,		/* to the end of the stream */
	ZIP_INFLATE_CUT,	/* a limit */
	ZIP_INFLATE_BROKEN,	/* no deflate, or the input ended first */
};

/* Appends what in is to output. *ret_used: bytes of in that the stream has taken. */
enum zip_inflated zip_inflate(struct str in, struct archive_output *output, size_t *ret_used);

uint32_t zip_crc(struct str bytes);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/zip_inflate.h"

#include <limits.h>
#include <zlib.h>

static unsigned clamp(size_t len)
{
	return len > UINT_MAX ? UINT_MAX : (unsigned)len;
}

/* One call of zlib with the input and the room that there is. */
static int step(z_stream *stream, struct str in, size_t *used, struct archive_output *output)
{
	unsigned have = clamp(in.len - *used), room = clamp(output->size - output->len);
	int r;

	stream->next_in = (Bytef *)(uintptr_t)(in.p + *used);
	stream->avail_in = have;
	stream->next_out = (Bytef *)(output->bytes + output->len);
	stream->avail_out = room;
	r = inflate(stream, Z_NO_FLUSH);
	*used += have - stream->avail_in;
	output->len += room - stream->avail_out;
	return r;
}

enum zip_inflated zip_inflate(struct str in, struct archive_output *output, size_t *ret_used)
{
	enum zip_inflated inflated = ZIP_INFLATE_BROKEN;
	z_stream stream = { .zalloc = Z_NULL };

	*ret_used = 0;
	if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
		return ZIP_INFLATE_BROKEN;
	for (;;) {
		size_t before = *ret_used, before_len = output->len;
		int r;

		if (!archive_output_grow(output)) {
			inflated = ZIP_INFLATE_CUT;
			break;
		}
		r = step(&stream, in, ret_used, output);
		if (r == Z_STREAM_END)
			inflated = ZIP_INFLATED;
		if (r != Z_OK || (*ret_used == before && output->len == before_len))
			break;
	}
	inflateEnd(&stream);
	return inflated;
}

uint32_t zip_crc(struct str bytes)
{
	return (uint32_t)crc32_z(0, (const Bytef *)bytes.p, bytes.len);
}

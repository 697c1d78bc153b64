/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/archive_reader.h"
#include "milter/unpack/octets.h"
#include "milter/unpack/zip_inflate.h"
#include "milter/unpack/zip_internal.h"

size_t zip_stored_bytes(struct str bytes, size_t data, size_t max)
{
	struct str range = { bytes.p, max };

	for (size_t at = data; (at = octets_find(range, at, STR("PK\7\10"))) != ZIP_NOWHERE; at++) {
		uint64_t len = at - data;

		if (octets_le32(bytes, at + 8) == (uint32_t)len &&
		    (octets_le32(bytes, at + 12) == (uint32_t)len || octets_le64(bytes, at + 8) == len))
			return (size_t)len;
	}
	return 0;
}

/* A stream that does not say where stored data ends: at its descriptor, else at the next header, else at the end of all. */
static size_t open_end(struct str bytes, size_t data, size_t max)
{
	struct str range = { bytes.p, max };
	size_t len = zip_stored_bytes(bytes, data, max), next;

	if (len > 0)
		return len;
	next = octets_find(range, data, STR("PK\7\10"));
	if (next == ZIP_NOWHERE)
		next = octets_find(range, data, STR("PK\3\4"));
	return (next == ZIP_NOWHERE ? max : next) - data;
}

/* Where the end had to be looked for, all that was looked at counts as used. */
static enum zip_got decode_stored(struct zip *zip, const struct zip_reading *reading, struct str in, struct str *ret_bytes)
{
	*ret_bytes = in;
	if (reading->is_open)
		ret_bytes->len = open_end(zip->bytes, reading->data, reading->data + in.len);
	return reading->is_open || in.len == reading->compressed_bytes ? ZIP_GOT : ZIP_GOT_BROKEN;
}

static enum zip_got decode_deflated(struct str in, struct archive_output *output, size_t *ret_used)
{
	static const enum zip_got got[] = { [ZIP_INFLATED] = ZIP_GOT, [ZIP_INFLATE_CUT] = ZIP_GOT_CUT, [ZIP_INFLATE_BROKEN] = ZIP_GOT_BROKEN };

	return got[zip_inflate(in, output, ret_used)];
}

static enum zip_got decode_other(const struct zip_reading *reading, struct str in, struct archive_output *output)
{
	static const enum zip_got got[] = { [ARCHIVE_READ_END] = ZIP_GOT, [ARCHIVE_READ_CUT] = ZIP_GOT_CUT, [ARCHIVE_READ_BROKEN] = ZIP_GOT_BROKEN };
	struct archive_reader *reader = archive_reader_open_zipped(reading->method, in, reading->size_bytes, reading->crc);
	struct archive_member member;
	enum zip_got r = ZIP_GOT_BROKEN;

	if (reader == NULL)
		return ZIP_GOT_NOTHING;
	if (archive_reader_next(reader, &member) == ARCHIVE_NEXT_MEMBER)
		r = got[archive_reader_read(reader, output)];
	archive_reader_close(reader);
	return r;
}

/* Deflate makes at most 1032 bytes of one: a larger size is a lie that need not be believed. */
static uint64_t expected_bytes(const struct zip_reading *reading, size_t in_len)
{
	uint64_t most = (uint64_t)in_len * 1032 + 64;

	return reading->is_open || (reading->method == ZIP_DEFLATED && reading->size_bytes > most) ? 0 : reading->size_bytes;
}

enum zip_got zip_decode(struct zip *zip, const struct zip_reading *reading, struct archive_output *output, struct str *ret_bytes, size_t *ret_used)
{
	struct str in = octets_sub(zip->bytes, reading->data, reading->is_open ? SIZE_MAX : reading->compressed_bytes);
	bool is_clipped = in.len > zip->budget.in_left;
	enum zip_got got = ZIP_GOT_NOTHING;

	if (is_clipped)
		in.len = (size_t)zip->budget.in_left;
	*ret_used = in.len;
	archive_output_start(output, &zip->budget, reading->method == ZIP_STORED ? 0 : expected_bytes(reading, in.len));
	if (reading->method == ZIP_STORED)
		got = decode_stored(zip, reading, in, ret_bytes);
	else if (reading->method == ZIP_DEFLATED)
		got = decode_deflated(in, output, ret_used);
	else if (!reading->is_open)
		got = decode_other(reading, in, output);
	if (reading->method != ZIP_STORED)
		*ret_bytes = archive_output_shown(output);
	if (is_clipped && got == ZIP_GOT_BROKEN) {
		zip->is_stopped = !archive_budget_read(&zip->budget, UINT64_MAX);
		return ZIP_GOT_CUT;
	}
	(void)archive_budget_read(&zip->budget, *ret_used);
	return output->is_cut ? ZIP_GOT_CUT : got;
}

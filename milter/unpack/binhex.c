/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BinHex 4 (RFC 1741): six bits a character, then runs, then a header, a data fork and a resource fork, each with its CRC. */
#include "milter/unpack/encodings.h"

#include <stdint.h>

#include "milter/unpack/octets.h"

#define BANNER STR("(This file must be converted with BinHex")
#define BANNER_LINE_MAX 200	/* bytes from the banner to the ':' that starts the data */
#define RUN 0x90
#define HEADER_LEN 22		/* without the name: its length, version, type, creator, flags, two lengths, CRC */

struct stream {
	struct str in;
	size_t at;
	uint32_t bits;
	unsigned bits_len;
	bool ended;		/* by ':' */

	char *out;
	size_t out_size, len;
	uint8_t last;
};

/* One more than the value of each character of the alphabet (which leaves out some); 0: none of it. */
static unsigned value_of(char c)
{
	static const uint8_t values[256] = {
		['!'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
		['0'] = 14, 15, 16, 17, 18, 19, 20,
		['8'] = 21, 22,
		['@'] = 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37,
		['P'] = 38, 39, 40, 41, 42, 43, 44,
		['X'] = 45, 46, 47, 48,
		['`'] = 49, 50, 51, 52, 53, 54, 55,
		['h'] = 56, 57, 58, 59, 60, 61,
		['p'] = 62, 63, 64,
	};

	return values[(uint8_t)c];
}

/* The next byte of eight bits; -1 at the end. */
static int next_byte(struct stream *stream)
{
	while (stream->bits_len < 8) {
		unsigned value;
		char c;

		if (stream->at == stream->in.len)
			return -1;
		c = stream->in.p[stream->at];
		value = value_of(c);
		if (value == 0 && !ascii_is_space(c)) {
			stream->ended = c == ':';
			return -1;
		}
		stream->at++;
		if (value == 0)
			continue;
		stream->bits = stream->bits << 6 | (value - 1);
		stream->bits_len += 6;
	}
	stream->bits_len -= 8;
	return (int)(stream->bits >> stream->bits_len & 0xff);
}

/* Without out: only counted. What there is no room for is missed by the CRCs. */
static void put(struct stream *stream, uint8_t byte, size_t count)
{
	if (stream->out != NULL && count > stream->out_size - stream->len)
		count = stream->out_size - stream->len;
	if (stream->out != NULL)
		memset(stream->out + stream->len, byte, count);
	stream->len += count;
	stream->last = byte;
}

static void decode(struct stream *stream)
{
	int byte;

	while ((byte = next_byte(stream)) >= 0) {
		int count;

		if (byte != RUN) {
			put(stream, (uint8_t)byte, 1);
			continue;
		}
		count = next_byte(stream);
		if (count == 0)
			put(stream, RUN, 1);
		else if (count > 1)
			put(stream, stream->last, (size_t)count - 1);
	}
}

/* Where the data begin at or after from: behind the ':' that follows the banner; without a banner when nothing stands before it. */
static bool find_data(struct str in, size_t from, size_t *ret_start, size_t *ret_data)
{
	size_t bare = 0;

	while (from == 0 && bare < in.len && ascii_is_space(in.p[bare]))
		bare++;
	if (from == 0 && bare < in.len && in.p[bare] == ':') {
		*ret_start = bare;
		*ret_data = bare + 1;
		return true;
	}
	for (;;) {
		size_t at = octets_find(in, from, BANNER), colon;

		if (at == SIZE_MAX)
			return false;
		for (colon = at; colon < in.len && colon - at < BANNER_LINE_MAX && in.p[colon] != ':'; colon++)
			;
		if (colon < in.len && in.p[colon] == ':') {
			*ret_start = at;
			*ret_data = colon + 1;
			return true;
		}
		from = at + BANNER.len;
	}
}

static uint16_t crc_of(const char *p, size_t len)
{
	uint32_t crc = 0;

	for (size_t i = 0; i < len; i++) {
		crc ^= (uint32_t)(uint8_t)p[i] << 8;
		for (int bit = 0; bit < 8; bit++)
			crc = crc << 1 ^ ((crc & 0x8000) != 0 ? 0x1021 : 0);
		crc &= 0xffff;
	}
	return (uint16_t)crc;
}

static bool crc_agrees(struct str decoded, size_t at, size_t len)
{
	return octets_within(decoded, at, (uint64_t)len + 2) && crc_of(decoded.p + at, len) == octets_be16(decoded, at + len);
}

/* The forks as far as they are there. */
static void read_forks(struct str decoded, struct encoded_file *file)
{
	size_t name_len = octets_u8(decoded, 0), data = HEADER_LEN + name_len, resource;
	uint32_t data_len = octets_be32(decoded, data - 10), resource_len = octets_be32(decoded, data - 6);

	file->name = octets_sub(decoded, 1, name_len);
	file->offset = data;
	file->len = octets_sub(decoded, data, data_len).len;
	file->is_broken |= !crc_agrees(decoded, 0, data - 2) || !crc_agrees(decoded, data, data_len);
	resource = data + data_len + 2;
	file->resource_len = octets_sub(decoded, resource, resource_len).len;
	file->resource_offset = resource;
	file->is_broken |= !crc_agrees(decoded, resource, resource_len);
}

size_t binhex_room(struct str in, size_t position)
{
	struct stream stream = { .in = in };
	size_t start;

	if (!find_data(in, position, &start, &stream.at))
		return 0;
	decode(&stream);
	return stream.len + 1;
}

bool binhex_next(struct str in, size_t *position, char *out, size_t out_size, struct encoded_file *ret_file)
{
	size_t start, data;

	while (find_data(in, *position, &start, &data)) {
		struct stream stream = { .in = in, .at = data, .out = out, .out_size = out_size };
		struct encoded_file file = { .start = start };

		decode(&stream);
		*position = stream.at + stream.ended;
		file.end = *position;
		file.is_broken = !stream.ended;
		if (stream.len >= HEADER_LEN && stream.len >= HEADER_LEN + (size_t)(uint8_t)out[0]) {
			read_forks((struct str){ out, stream.len }, &file);
			*ret_file = file;
			return true;
		}
	}
	*position = in.len;
	return false;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/pdf_filter.h"

#include <zlib.h>

#include "milter/unpack/octets.h"

/* A decoder writes at most out_size bytes and returns how many; *ret_full: there was more to come. */
typedef size_t decoder(struct str in, char *out, size_t out_size, bool *ret_full);

static size_t flate(struct str in, char *out, size_t out_size, bool *ret_full)
{
	z_stream stream = { .next_in = (z_const Bytef *)(uintptr_t)in.p, .avail_in = in.len > UINT32_MAX ? UINT32_MAX : (uInt)in.len,
		.next_out = (Bytef *)out, .avail_out = out_size > UINT32_MAX ? UINT32_MAX : (uInt)out_size };
	size_t len;
	int r;

	*ret_full = false;
	if (inflateInit(&stream) != Z_OK)
		return 0;
	r = inflate(&stream, Z_FINISH);
	len = stream.total_out;
	*ret_full = stream.avail_out == 0 && r != Z_STREAM_END;
	(void)inflateEnd(&stream);
	return len;
}

static int hex_digit(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t hex(struct str in, char *out, size_t out_size, bool *ret_full)
{
	size_t len = 0;
	int half = -1;

	*ret_full = false;
	for (size_t i = 0; i < in.len && in.p[i] != '>'; i++) {
		int digit = hex_digit(in.p[i]);

		if (digit < 0)
			continue;
		if (half < 0) {
			half = digit;
		} else if (len < out_size) {
			out[len++] = (char)(half << 4 | digit);
			half = -1;
		}
	}
	if (half >= 0 && len < out_size)
		out[len++] = (char)(half << 4);
	return len;
}

static size_t ascii85_put(uint32_t group, size_t bytes, char *out, size_t room)
{
	size_t len = bytes < room ? bytes : room;

	for (size_t i = 0; i < len; i++)
		out[i] = (char)(group >> (24 - 8 * i));
	return len;
}

static size_t ascii85(struct str in, char *out, size_t out_size, bool *ret_full)
{
	uint32_t group = 0;
	size_t len = 0, digits = 0;

	*ret_full = false;
	for (size_t i = 0; i < in.len && in.p[i] != '~'; i++) {
		char c = in.p[i];

		if (c == 'z' && digits == 0) {
			len += ascii85_put(0, 4, out + len, out_size - len);
		} else if (c >= '!' && c <= 'u') {
			group = group * 85 + (uint32_t)(c - '!');
			if (++digits == 5) {
				len += ascii85_put(group, 4, out + len, out_size - len);
				group = 0;
				digits = 0;
			}
		}
	}
	if (digits > 1) {
		for (size_t i = digits; i < 5; i++)
			group = group * 85 + 84;
		len += ascii85_put(group, digits - 1, out + len, out_size - len);
	}
	return len;
}

static size_t run_length(struct str in, char *out, size_t out_size, bool *ret_full)
{
	size_t len = 0, at = 0;

	*ret_full = false;
	while (at < in.len && octets_u8(in, at) != 128) {
		unsigned n = octets_u8(in, at++);
		size_t count = n < 128 ? n + 1 : 257 - n;

		if (count > out_size - len) {
			*ret_full = true;
			break;
		}
		if (n < 128) {
			struct str raw = octets_sub(in, at, count);

			memcpy(out + len, raw.p, raw.len);
			len += raw.len;
			at += count;
		} else {
			memset(out + len, at < in.len ? in.p[at] : 0, count);
			len += count;
			at++;
		}
	}
	return len;
}

#define LZW_CLEAR 256
#define LZW_END 257
#define LZW_CODES 4096

/* Each code is a piece of what has been written: it begins at starts[code] and is lens[code] bytes long. */
struct lzw {
	size_t starts[LZW_CODES];
	size_t lens[LZW_CODES];
	unsigned next, width;
};

static void lzw_clear(struct lzw *lzw)
{
	lzw->next = 258;
	lzw->width = 9;
}

/* Writes what the code stands for; false at a code that is none yet, or when it does not fit. */
static bool lzw_put(const struct lzw *lzw, unsigned code, char *out, size_t out_size, size_t *len)
{
	size_t n = code < 256 ? 1 : lzw->lens[code];

	if ((code >= 256 && code >= lzw->next) || n > out_size - *len)
		return false;
	if (code < 256) {
		out[(*len)++] = (char)code;
		return true;
	}
	/* byte by byte: a code that is just being made overlaps what it makes */
	for (size_t i = 0; i < n; i++)
		out[*len + i] = out[lzw->starts[code] + i];
	*len += n;
	return true;
}

/* EarlyChange 1, as nearly all have it: the width grows one code before it must (7.4.4.2). */
static size_t lzw(struct str in, char *out, size_t out_size, bool *ret_full)
{
	struct lzw table;
	size_t len = 0, last_start = 0, last_len = 0;
	uint32_t bits = 0;
	unsigned have = 0;

	*ret_full = false;
	lzw_clear(&table);
	for (size_t at = 0; at < in.len;) {
		unsigned code;

		while (have < table.width && at < in.len) {
			bits = bits << 8 | octets_u8(in, at++);
			have += 8;
		}
		if (have < table.width)
			break;
		have -= table.width;
		code = bits >> have & ((1U << table.width) - 1);
		if (code == LZW_END)
			break;
		if (code == LZW_CLEAR) {
			lzw_clear(&table);
			last_len = 0;
			continue;
		}
		if (last_len > 0 && table.next < LZW_CODES) {
			table.starts[table.next] = last_start;
			table.lens[table.next++] = last_len + 1;
		}
		last_start = len;
		if (!lzw_put(&table, code, out, out_size, &len)) {
			*ret_full = len + 4096 > out_size;
			break;
		}
		last_len = len - last_start;
		table.width = table.next >= 2047 ? 12 : table.next >= 1023 ? 11 : table.next >= 511 ? 10 : 9;
	}
	return len;
}

static decoder *decoder_of(enum pdf_filter filter)
{
	switch (filter) {
	case PDF_FLATE: return flate;
	case PDF_LZW: return lzw;
	case PDF_HEX: return hex;
	case PDF_ASCII85: return ascii85;
	case PDF_RUN_LENGTH: return run_length;
	default: return NULL;
	}
}

/* The first guess of how much comes out; it is doubled until all fits, up to what the encoding can make of so many bytes. */
static size_t room_for(enum pdf_filter filter, size_t len, size_t *ret_most)
{
	size_t most = filter == PDF_FLATE ? len * 1032 : filter == PDF_LZW ? len * 3000 : filter == PDF_RUN_LENGTH ? len * 64 : filter == PDF_ASCII85 ? len * 4 : len;

	*ret_most = most + 64;
	return most < 4 * len + 1024 ? most + 64 : 4 * len + 1024;
}

static bool decode_one(struct unpack *unpack, enum pdf_filter filter, struct str in, struct str *ret_out, void **ret_taken, size_t *ret_size)
{
	decoder *decode = decoder_of(filter);
	size_t most, size = room_for(filter, in.len, &most);
	bool full = true;

	while (full) {
		char *out = unpack_take(unpack, size);

		if (out == NULL)
			return false;
		*ret_out = (struct str){ out, decode(in, out, size, &full) };
		*ret_taken = out;
		*ret_size = size;
		if (!full || size >= most)
			return true;
		unpack_give_unused(unpack, out, size, 0);
		size = size > most / 4 ? most : size * 4;
	}
	return true;
}

/* PNG predictors (7.4.4.4): a byte that names one before each row. Object streams in the wild have the second one, if any: up. */
static void unpredict(struct str *out, unsigned columns)
{
	char *bytes = (char *)(uintptr_t)out->p;
	size_t row = (size_t)columns + 1, len = 0;

	for (size_t at = 0; at + 1 < out->len; at += row) {
		size_t n = out->len - at - 1 < columns ? out->len - at - 1 : columns;

		for (size_t i = 0; i < n; i++) {
			char above = len >= columns ? bytes[len - columns] : 0;

			bytes[len] = (char)(bytes[at + 1 + i] + (bytes[at] == 2 ? above : 0));
			len++;
		}
	}
	out->len = len;
}

bool pdf_decode(struct unpack *unpack, const struct pdf_filters *filters, struct str in, struct str *ret_out, void **ret_taken, size_t *ret_taken_size)
{
	*ret_out = in;
	*ret_taken = NULL;
	for (size_t i = 0; i < filters->len && filters->items[i] != PDF_OTHER; i++) {
		void *before = *ret_taken;
		size_t before_size = *ret_taken_size;
		bool done = decode_one(unpack, filters->items[i], *ret_out, ret_out, ret_taken, ret_taken_size);

		if (before != NULL)
			unpack_give(unpack, before, before_size);
		if (!done) {
			*ret_taken = NULL;
			return false;
		}
		if (filters->predictor_columns > 0 && (filters->items[i] == PDF_FLATE || filters->items[i] == PDF_LZW))
			unpredict(ret_out, filters->predictor_columns);
	}
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/lzfu.h"

#include "milter/unpack/octets.h"

#define HEADER_LEN 16
#define COMPRESSED 0x75465a4c	/* "LZFu" */
#define STORED 0x414c454d	/* "MELA" */
#define DICTIONARY_SIZE 4096

/* MS-OXRTFCP 2.1.2.1: what the dictionary holds at the start. */
static const char initial[] = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArial"
			      "Times New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
_Static_assert(sizeof(initial) - 1 == 207, "as the specification says");

struct decoder {
	char dictionary[DICTIONARY_SIZE];
	size_t write;		/* place in the dictionary */
	char *out;
	size_t len, size;
};

size_t lzfu_room(struct str in)
{
	uint32_t raw = octets_le32(in, 4), type = octets_le32(in, 8);
	size_t most = in.len <= HEADER_LEN ? 0 : type == COMPRESSED ? (in.len - HEADER_LEN) * 8 + 136 : in.len - HEADER_LEN;

	if (type != COMPRESSED && type != STORED)
		return 0;
	return raw < most ? raw : most;
}

/* False when there is no room for it. */
static bool put(struct decoder *decoder, char c)
{
	if (decoder->len == decoder->size)
		return false;
	decoder->out[decoder->len++] = c;
	decoder->dictionary[decoder->write] = c;
	decoder->write = (decoder->write + 1) % DICTIONARY_SIZE;
	return true;
}

/* A reference of twelve bits of offset and four of length; one to the place that is written next is the end. Returns false at it, or without room. */
static bool copy(struct decoder *decoder, uint16_t reference)
{
	size_t at = reference >> 4, len = (size_t)(reference & 15) + 2;

	if (at == decoder->write)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!put(decoder, decoder->dictionary[(at + i) % DICTIONARY_SIZE]))
			return false;
	return true;
}

/* Eight tokens, of which a bit each says whether it is a reference; false at the end. */
static bool decode_group(struct decoder *decoder, struct str *rest)
{
	uint8_t flags = octets_u8(*rest, 0);

	*rest = octets_from(*rest, 1);
	for (unsigned bit = 0; bit < 8 && rest->len > 0; bit++) {
		bool is_reference = (flags >> bit & 1) != 0;

		if (is_reference ? !copy(decoder, octets_be16(*rest, 0)) : !put(decoder, rest->p[0]))
			return false;
		*rest = octets_from(*rest, is_reference ? 2 : 1);
	}
	return true;
}

size_t lzfu_decode(struct str in, char *out, size_t out_size, bool *ret_whole)
{
	struct decoder decoder = { .write = sizeof(initial) - 1, .out = out, .size = out_size };
	struct str rest = octets_from(in, HEADER_LEN);

	if (octets_le32(in, 8) == STORED) {
		decoder.len = rest.len < out_size ? rest.len : out_size;
		memcpy(out, rest.p, decoder.len);
	} else {
		memcpy(decoder.dictionary, initial, sizeof(initial) - 1);
		while (rest.len > 0 && decode_group(&decoder, &rest))
			;
	}
	*ret_whole = decoder.len == octets_le32(in, 4);
	return decoder.len;
}

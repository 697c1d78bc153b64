/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/encodings.h"

#include <stdint.h>

/* What a byte is: ALPHABET | its value, or one of the others. */
enum { JUNK = 0, PAD = 1, BLANK = 2, LINE_END = 3, URL_62 = 4, URL_63 = 5, ALPHABET = 0x40 };

#define A(n) (ALPHABET | (n))
static const uint8_t classes[256] = {
	[' '] = BLANK, ['\t'] = BLANK, ['\r'] = LINE_END, ['\n'] = LINE_END, ['='] = PAD, ['-'] = URL_62, ['_'] = URL_63,
	['A'] = A(0), A(1), A(2), A(3), A(4), A(5), A(6), A(7), A(8), A(9), A(10), A(11), A(12), A(13), A(14), A(15), A(16), A(17), A(18), A(19),
	A(20), A(21), A(22), A(23), A(24), A(25),
	['a'] = A(26), A(27), A(28), A(29), A(30), A(31), A(32), A(33), A(34), A(35), A(36), A(37), A(38), A(39), A(40), A(41), A(42), A(43), A(44),
	A(45), A(46), A(47), A(48), A(49), A(50), A(51),
	['0'] = A(52), A(53), A(54), A(55), A(56), A(57), A(58), A(59), A(60), A(61), ['+'] = A(62), ['/'] = A(63),
};

/* What the marks of four values add up to when each stands at its place. */
#define MARKS_OF_FOUR ((uint32_t)ALPHABET << 18 | (uint32_t)ALPHABET << 12 | (uint32_t)ALPHABET << 6 | (uint32_t)ALPHABET)

struct decoder {
	const uint8_t *at, *end;
	char *out;
	uint32_t bits;
	unsigned count;		/* of characters in the quantum, 0 to 3 */
};

static void put(struct decoder *decoder, uint32_t quantum)
{
	decoder->out[0] = (char)(quantum >> 16);
	decoder->out[1] = (char)(quantum >> 8);
	decoder->out[2] = (char)quantum;
	decoder->out += 3;
}

/* Whole quanta, as long as nothing else comes between. */
static void decode_quanta(struct decoder *decoder)
{
	while (decoder->end - decoder->at >= 4) {
		const uint8_t *at = decoder->at;
		uint32_t a = classes[at[0]], b = classes[at[1]], c = classes[at[2]], d = classes[at[3]];

		if ((a & b & c & d & ALPHABET) == 0)
			return;
		put(decoder, (a << 18) + (b << 12) + (c << 6) + d - MARKS_OF_FOUR);
		decoder->at += 4;
	}
}

static void add(struct decoder *decoder, unsigned value)
{
	decoder->bits = decoder->bits << 6 | value;
	if (++decoder->count < 4)
		return;
	put(decoder, decoder->bits);
	decoder->bits = 0;
	decoder->count = 0;
}

/* The bytes of a quantum that is not full: two characters are one byte, three are two. */
static void flush(struct decoder *decoder)
{
	uint32_t quantum = decoder->bits << 6 * (4 - decoder->count);

	for (unsigned i = 1; i < decoder->count; i++)
		*decoder->out++ = (char)(quantum >> (24 - 8 * i));
	decoder->bits = 0;
	decoder->count = 0;
}

/* A byte that is not in the alphabet; returns false when the reading ends with it. */
static bool pass(struct decoder *decoder, enum base64_reading reading, uint8_t class)
{
	if ((class == PAD && reading == BASE64_RESTART_AT_PAD) || (class == LINE_END && reading == BASE64_BY_LINE))
		flush(decoder);
	else if (class == PAD && reading == BASE64_STOP_AT_PAD)
		return decoder->count < 2;
	else if (class != PAD && class != BLANK && class != LINE_END && reading == BASE64_STOP_AT_JUNK)
		return false;
	else if (reading == BASE64_URL && (class == URL_62 || class == URL_63))
		add(decoder, class == URL_62 ? 62 : 63);
	return true;
}

size_t base64_decode(enum base64_reading reading, struct str in, char *out)
{
	struct decoder decoder = { .at = (const uint8_t *)in.p, .end = (const uint8_t *)in.p + in.len, .out = out };

	for (;;) {
		uint8_t class;

		if (decoder.count == 0)
			decode_quanta(&decoder);
		if (decoder.at == decoder.end)
			break;
		class = classes[*decoder.at++];
		if ((class & ALPHABET) != 0)
			add(&decoder, class & 0x3f);
		else if (!pass(&decoder, reading, class))
			break;
	}
	flush(&decoder);
	return (size_t)(decoder.out - out);
}

static const uint8_t *skip_quanta(const uint8_t *at, const uint8_t *end)
{
	while (end - at >= 4 && (classes[at[0]] & classes[at[1]] & classes[at[2]] & classes[at[3]] & ALPHABET) != 0)
		at += 4;
	return at;
}

/* From the first '=' on: as many as its quantum lacks, then white space alone. */
static bool is_clean_end(const uint8_t *at, const uint8_t *end, unsigned count)
{
	unsigned pads = 0;

	for (; at < end && *at == '='; at++)
		pads++;
	for (; at < end; at++)
		if (classes[*at] != BLANK && classes[*at] != LINE_END)
			return false;
	return count >= 2 && pads == 4 - count;
}

bool base64_is_clean(struct str in)
{
	const uint8_t *at = (const uint8_t *)in.p, *end = at + in.len;
	bool line_was_short = false;
	unsigned count = 0;

	for (;;) {
		uint8_t class;

		if (count == 0 && !line_was_short)
			at = skip_quanta(at, end);
		if (at == end)
			return true;
		class = classes[*at];
		if (class == PAD)
			return is_clean_end(at, end, count);
		if ((class & ALPHABET) == 0 && class != BLANK && class != LINE_END)
			return false;
		if ((class & ALPHABET) != 0 && line_was_short)
			return false;
		line_was_short |= class == LINE_END && count != 0;
		count = (count + ((class & ALPHABET) != 0)) % 4;
		at++;
	}
}

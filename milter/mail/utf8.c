/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/utf8.h"

#include <stdint.h>

/* The table of RFC 3629 4: what the first byte announces, and between which bounds the second must lie. */
static const struct sequence {
	uint8_t first_low, first_high, length, second_low, second_high;
} sequences[] = {
	{ 0x00, 0x7f, 1, 0, 0 },
	{ 0xc2, 0xdf, 2, 0x80, 0xbf },
	{ 0xe0, 0xe0, 3, 0xa0, 0xbf },
	{ 0xe1, 0xec, 3, 0x80, 0xbf },
	{ 0xed, 0xed, 3, 0x80, 0x9f },
	{ 0xee, 0xef, 3, 0x80, 0xbf },
	{ 0xf0, 0xf0, 4, 0x90, 0xbf },
	{ 0xf1, 0xf3, 4, 0x80, 0xbf },
	{ 0xf4, 0xf4, 4, 0x80, 0x8f },
};

static const struct sequence *sequence_of(uint8_t first)
{
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++)
		if (first >= sequences[i].first_low && first <= sequences[i].first_high)
			return &sequences[i];
	return NULL;
}

size_t utf8_length(struct str s)
{
	const uint8_t *p = (const uint8_t *)s.p;
	const struct sequence *sequence;

	if (s.len == 0)
		return 0;
	sequence = sequence_of(p[0]);
	if (sequence == NULL || s.len < sequence->length)
		return 0;
	if (sequence->length > 1 && (p[1] < sequence->second_low || p[1] > sequence->second_high))
		return 0;
	for (size_t i = 2; i < sequence->length; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return sequence->length;
}

bool utf8_is_valid(struct str s)
{
	while (s.len > 0) {
		size_t len = utf8_length(s);

		if (len == 0)
			return false;
		s = (struct str){ s.p + len, s.len - len };
	}
	return true;
}

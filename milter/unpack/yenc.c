/* SPDX-License-Identifier: GPL-2.0-or-later */
/* yEnc 1.3: each byte plus 42, the critical ones behind '='. */
#include "milter/unpack/encodings.h"

#include <stdint.h>

#include "milter/unpack/lines.h"

struct header {
	size_t start, data;
	struct str name;
	uint64_t size;		/* of the whole file */
	bool is_part;
	uint64_t part_begin, part_end;	/* counted from 1; 0 when not told */
};

static uint32_t crc32_of(const char *p, size_t len)
{
	static const uint32_t table[16] = {	/* four bits at a time, polynomial 0xedb88320 */
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = ~UINT32_C(0);

	for (size_t i = 0; i < len; i++) {
		crc ^= (uint8_t)p[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

/* The value of " key=" in a line, up to the next space; name= goes to the end of the line. */
static struct str value_of(struct str line, struct str key, bool to_the_end)
{
	const char *found = memmem(line.p, line.len, key.p, key.len);
	struct str value = { NULL, 0 };

	if (found == NULL)
		return value;
	value = (struct str){ found + key.len, line.len - (size_t)(found - line.p) - key.len };
	return to_the_end ? str_trim(value) : str_split(&value, " \t");
}

static uint64_t number_of(struct str line, struct str key)
{
	unsigned long long number = 0;

	return str_to_u64(value_of(line, key, false), &number) < 0 ? 0 : number;
}

static bool crc_agrees(struct str line, struct str key, uint32_t crc)
{
	struct str digits = value_of(line, key, false);
	uint64_t told = 0;

	if (digits.len == 0)
		return true;
	for (size_t i = 0; i < digits.len && i < 16; i++) {
		char c = ascii_lower(digits.p[i]);

		if (!ascii_is_digit(c) && !(c >= 'a' && c <= 'f'))
			return false;
		told = told << 4 | (uint64_t)(ascii_is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	return told == crc;
}

static bool find_header(struct str in, size_t from, struct header *ret_header)
{
	const char *found;

	while (from < in.len && (found = memmem(in.p + from, in.len - from, "=ybegin ", 8)) != NULL) {
		size_t at = (size_t)(found - in.p), next = at;
		struct str line = STR("");

		from = at + 8;
		if (!line_starts_at(in, at))
			continue;
		(void)line_next(in, &next, &line);
		*ret_header = (struct header){ .start = at, .data = next, .name = value_of(line, STR(" name="), true),
					       .size = number_of(line, STR(" size=")), .is_part = number_of(line, STR(" part=")) > 0 };
		if (line_next(in, &next, &line) && str_has_prefix(line, STR("=ypart "))) {
			ret_header->data = next;
			ret_header->is_part = true;
			ret_header->part_begin = number_of(line, STR(" begin="));
			ret_header->part_end = number_of(line, STR(" end="));
		}
		return true;
	}
	return false;
}

static size_t decode_line(struct str line, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < line.len; i++) {
		uint8_t c = (uint8_t)line.p[i];

		if (c == '=' && i + 1 < line.len)
			c = (uint8_t)(line.p[++i] - 64);
		out[len++] = (char)(uint8_t)(c - 42);
	}
	return len;
}

/* What the last line tells against what came out. */
static bool trailer_agrees(const struct header *header, struct str line, const char *out, size_t len)
{
	uint32_t crc = crc32_of(out, len);

	if (number_of(line, STR(" size=")) != len)
		return false;
	if (!header->is_part)
		return header->size == len && crc_agrees(line, STR(" crc32="), crc);
	return header->part_end >= header->part_begin && header->part_end - header->part_begin + 1 == len && crc_agrees(line, STR(" pcrc32="), crc);
}

bool yenc_next(struct str in, size_t *position, char *out, struct encoded_file *ret_file)
{
	struct header header;
	size_t next;
	struct str line;

	if (!find_header(in, *position, &header)) {
		*position = in.len;
		return false;
	}
	*ret_file = (struct encoded_file){ .name = header.name, .start = header.start, .is_broken = true, .is_part = header.is_part };
	for (*position = next = header.data; line_next(in, &next, &line); *position = next) {
		if (str_has_prefix(line, STR("=ybegin ")))
			break;
		if (str_has_prefix(line, STR("=yend"))) {
			ret_file->is_broken = !trailer_agrees(&header, line, out, ret_file->len);
			*position = next;
			break;
		}
		ret_file->len += decode_line(line, out + ret_file->len);
	}
	/* One part of several may be whole, the file is not: text.c puts together what it finds. */
	ret_file->is_first = header.part_begin <= 1;
	ret_file->is_last = !header.is_part || header.part_end >= header.size;
	ret_file->end = *position;
	return true;
}

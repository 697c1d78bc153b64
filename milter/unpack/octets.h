/* SPDX-License-Identifier: GPL-2.0-or-later */
/* octets.h - numbers and signatures at an offset of a stranger's bytes: beyond the end there is nothing. */
#ifndef OCTROI_UNPACK_OCTETS_H
#define OCTROI_UNPACK_OCTETS_H

#include <stdint.h>

#include "milter/base/str.h"

static inline bool octets_within(struct str s, uint64_t at, uint64_t len)
{
	return at <= s.len && len <= s.len - at;
}

/* The part of s that begins at and has at most len bytes. */
static inline struct str octets_sub(struct str s, uint64_t at, uint64_t len)
{
	if (at >= s.len)
		return (struct str){ s.p + s.len, 0 };
	return (struct str){ s.p + at, len < s.len - at ? (size_t)len : s.len - (size_t)at };
}

static inline struct str octets_from(struct str s, uint64_t at)
{
	return octets_sub(s, at, s.len);
}

static inline bool octets_match(struct str s, uint64_t at, struct str signature)
{
	return octets_within(s, at, signature.len) && memcmp(s.p + at, signature.p, signature.len) == 0;
}

/* Each returns 0 when it does not fit. */
static inline uint8_t octets_u8(struct str s, uint64_t at)
{
	return at < s.len ? (uint8_t)s.p[at] : 0;
}

static inline uint16_t octets_le16(struct str s, uint64_t at)
{
	unsigned low = octets_u8(s, at), high = octets_u8(s, at + 1);

	return octets_within(s, at, 2) ? (uint16_t)((low | high << 8) & 0xffff) : 0;
}

static inline uint16_t octets_be16(struct str s, uint64_t at)
{
	unsigned high = octets_u8(s, at), low = octets_u8(s, at + 1);

	return octets_within(s, at, 2) ? (uint16_t)((low | high << 8) & 0xffff) : 0;
}

static inline uint32_t octets_le32(struct str s, uint64_t at)
{
	return octets_within(s, at, 4) ? octets_le16(s, at) | (uint32_t)octets_le16(s, at + 2) << 16 : 0;
}

static inline uint32_t octets_be32(struct str s, uint64_t at)
{
	return octets_within(s, at, 4) ? (uint32_t)octets_be16(s, at) << 16 | octets_be16(s, at + 2) : 0;
}

static inline uint64_t octets_le64(struct str s, uint64_t at)
{
	return octets_within(s, at, 8) ? octets_le32(s, at) | (uint64_t)octets_le32(s, at + 4) << 32 : 0;
}

/* Where needle is at or after from: (size_t)-1 when nowhere. */
static inline size_t octets_find(struct str s, uint64_t from, struct str needle)
{
	const char *found;

	if (s.p == NULL || from >= s.len)
		return (size_t)-1;
	found = memmem(s.p + from, s.len - from, needle.p, needle.len);
	return found == NULL ? (size_t)-1 : (size_t)(found - s.p);
}

static inline bool octets_has(struct str s, struct str needle)
{
	return octets_find(s, 0, needle) != (size_t)-1;
}

/* Do the bytes at an offset spell word (lower case), whatever their case? */
static inline bool octets_spell(struct str s, uint64_t at, struct str word)
{
	if (!octets_within(s, at, word.len))
		return false;
	for (size_t i = 0; i < word.len; i++) {
		if (ascii_lower(s.p[at + i]) != word.p[i])
			return false;
	}
	return true;
}

#endif

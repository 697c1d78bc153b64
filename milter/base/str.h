/* SPDX-License-Identifier: GPL-2.0-or-later */
/* str.h - bytes with a length, and the few ASCII functions whose meaning no locale may change. */
#ifndef OCTROI_BASE_STR_H
#define OCTROI_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Bytes somebody else owns; not terminated, may hold NUL. */
struct str {
	const char *p;
	size_t len;
};

#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })

static inline struct str str_of(const char *s)
{
	return (struct str){ s, s == NULL ? 0 : strlen(s) };
}

static inline bool ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool ascii_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool ascii_is_alnum(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c);
}

/* Space, tab, CR, LF: the white space of RFC 5322. */
static inline bool ascii_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static inline bool ascii_is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static inline char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Both compare ASCII letters without case and every other byte as it is. */
bool ascii_equal(const char *a, const char *b);
bool str_equal_nocase(struct str a, struct str b);

bool str_equal(struct str a, struct str b);
bool str_has_prefix(struct str s, struct str prefix);

/* s without white space at both ends. */
struct str str_trim(struct str s);

/* Splits at the first byte that is in separators: the part before it is returned and *rest is what follows it;
 * at the end rest->p is NULL. */
struct str str_split(struct str *rest, const char *separators);

/* A decimal number of at most 19 digits and nothing else. Returns 0, or -EINVAL. */
int str_to_u64(struct str s, unsigned long long *ret_number);

#endif

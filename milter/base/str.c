/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/str.h"

#include <errno.h>

bool ascii_equal(const char *a, const char *b)
{
	return str_equal_nocase(str_of(a), str_of(b));
}

bool str_equal_nocase(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
}

bool str_equal(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool str_has_prefix(struct str s, struct str prefix)
{
	return s.len >= prefix.len && str_equal((struct str){ s.p, prefix.len }, prefix);
}

struct str str_trim(struct str s)
{
	while (s.len > 0 && ascii_is_space(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && ascii_is_space(s.p[s.len - 1]))
		s.len--;
	return s;
}

struct str str_split(struct str *rest, const char *separators)
{
	struct str whole = *rest;

	for (size_t i = 0; i < whole.len; i++) {
		if (whole.p[i] == '\0' || strchr(separators, whole.p[i]) == NULL)
			continue;
		*rest = (struct str){ whole.p + i + 1, whole.len - i - 1 };
		return (struct str){ whole.p, i };
	}
	*rest = (struct str){ NULL, 0 };
	return whole;
}

int str_to_u64(struct str s, unsigned long long *ret_number)
{
	unsigned long long number = 0;

	if (s.len == 0 || s.len > 19)
		return -EINVAL;
	for (size_t i = 0; i < s.len; i++) {
		if (!ascii_is_digit(s.p[i]))
			return -EINVAL;
		number = number * 10 + (unsigned long long)(s.p[i] - '0');
	}
	*ret_number = number;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/antivirus_reading.h"

static bool is_bare_cr(struct str message, size_t i)
{
	return message.p[i] == '\r' && (i + 1 == message.len || message.p[i + 1] != '\n');
}

bool reading_has_bare_cr(struct str message)
{
	const char *end = message.p + message.len, *p = message.p;

	while (p < end && (p = memchr(p, '\r', (size_t)(end - p))) != NULL) {
		if (is_bare_cr(message, (size_t)(p - message.p)))
			return true;
		p++;
	}
	return false;
}

void reading_write_bare_cr(struct str message, char *ret_bytes)
{
	for (size_t i = 0; i < message.len; i++)
		ret_bytes[i] = (char)(is_bare_cr(message, i) ? '\n' : message.p[i]);
}

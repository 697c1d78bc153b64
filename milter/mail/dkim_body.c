/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/dkim_body.h"

static bool is_crlf(struct str body, size_t i)
{
	return body.p[i] == '\r' && i + 1 < body.len && body.p[i + 1] == '\n';
}

static bool is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

/* Octets of the line that begins at *at, without its end: blanks at its end go, others count as one. */
static uint64_t take_line(struct str body, bool relaxed, size_t *at)
{
	uint64_t len = 0, blanks = 0;

	for (; *at < body.len && !is_crlf(body, *at); (*at)++) {
		if (relaxed && is_wsp(body.p[*at])) {
			blanks = 1;
			continue;
		}
		len += 1 + blanks;
		blanks = 0;
	}
	return len;
}

uint64_t dkim_body_length(struct str body, bool relaxed)
{
	uint64_t len = 0, empty = 0;
	size_t at = 0;

	while (at < body.len) {
		uint64_t line = take_line(body, relaxed, &at);

		at += 2;	/* the last line gets its end when it has none */
		empty += 2;
		if (line == 0)
			continue;
		len += empty + line;
		empty = 0;
	}
	/* an empty body is one CRLF to simple, and nothing to relaxed */
	return len == 0 && !relaxed ? 2 : len;
}

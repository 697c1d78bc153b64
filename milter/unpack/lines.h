/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lines.h - bytes line by line, whatever ends a line: CRLF, LF or CR. */
#ifndef OCTROI_UNPACK_LINES_H
#define OCTROI_UNPACK_LINES_H

#include "milter/base/str.h"

/* The line at *position, which is moved behind it and its line end; false at the end. Looks at each byte once: a search for LF alone would walk to the
 * far end for each of many CRs. */
static inline bool line_next(struct str in, size_t *position, struct str *ret_line)
{
	size_t start = *position, end = start;

	if (start >= in.len)
		return false;
	while (end < in.len && in.p[end] != '\n' && in.p[end] != '\r')
		end++;
	*ret_line = (struct str){ in.p + start, end - start };
	*position = end + (end < in.len);
	if (end + 1 < in.len && in.p[end] == '\r' && in.p[end + 1] == '\n')
		(*position)++;
	return true;
}

static inline bool line_starts_at(struct str in, size_t at)
{
	return at == 0 || in.p[at - 1] == '\n' || in.p[at - 1] == '\r';
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* filename.h - the names that a stranger gave to a file, and the endings that count (threats NAME-01 to NAME-07). For looking, never as the name of
 * a file of ours. */
#ifndef OCTROI_UNPACK_FILENAME_H
#define OCTROI_UNPACK_FILENAME_H

#include "milter/base/arena.h"
#include "milter/base/str.h"

#define FILENAME_EXTENSIONS_MAX 8

/* All readings of one or several raw names: as it stands, encoded words decoded (whole or half), RFC 2231 percent bytes decoded, other percent
 * encodings, the charset's characters in UTF-8; each as Windows would open it: no path, no trailing dots and spaces, no "::$DATA", no bidi and
 * format controls, full-width forms as plain ones (NFKC). */
struct filename {
	const char *shown;	/* printable UTF-8 of at most 120 bytes, the best reading of the first name; controls and what would mislead as '?' */
	const char *extensions[FILENAME_EXTENSIONS_MAX];	/* lower case [a-z0-9_-]{1,20}, distinct; the last effective one of each reading. A class id
								 * "a.{CLSID}" gives "clsid" */
	size_t extensions_len;
	bool extensions_lost;	/* there were more */
	bool is_disguised;	/* MARK_NAME_DISGUISED: bidi or format controls, a stream, white space that hides the ending, NUL ... */
	bool is_ambiguous;	/* readings disagree about the ending in a way that matters */
};

/* *ret_filename is zeroed first; shown is of the first name that is not empty. Linear; each raw name is cut at 64 KiB. */
void filename_read(struct arena *arena, const struct str *names, size_t names_len, struct filename *ret_filename);

#endif

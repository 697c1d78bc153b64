/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/filetype_internal.h"

#define END_SIZE 22		/* APPNOTE 4.3.16 */

/* The directory ends where its end record (or the record for 64 bit before it) begins, or it is where its offset says. */
static bool has_directory(struct str bytes, size_t end)
{
	uint32_t size = octets_le32(bytes, end + 12), offset = octets_le32(bytes, end + 16);

	if (octets_match(bytes, offset, STR("PK\1\2")) || (size <= end && octets_match(bytes, end - size, STR("PK\1\2"))))
		return true;
	return end >= 20 && octets_match(bytes, end - 20, STR("PK\6\7"));
}

size_t filetype_zip_end(struct str bytes, bool *ret_to_end)
{
	size_t window = FILETYPE_WINDOW + END_SIZE, first = bytes.len > window ? bytes.len - window : 0;
	struct str rest = octets_from(bytes, first);
	const char *p;

	*ret_to_end = false;
	while (rest.len >= END_SIZE && (p = memrchr(rest.p, 'P', rest.len - END_SIZE + 1)) != NULL) {
		size_t at = (size_t)(p - bytes.p);

		if (octets_match(bytes, at, STR("PK\5\6")) && has_directory(bytes, at)) {
			*ret_to_end = at + END_SIZE + octets_le16(bytes, at + 20) == bytes.len;
			return at;
		}
		rest.len = (size_t)(p - rest.p) + END_SIZE - 1;
	}
	return (size_t)-1;
}

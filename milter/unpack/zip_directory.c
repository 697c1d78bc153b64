/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/octets.h"
#include "milter/unpack/zip_internal.h"

#define END_WINDOW ((size_t)128 << 10)	/* a comment is no longer than 64 KiB; some padding may follow */

static size_t blank_start(struct str bytes)
{
	size_t at = bytes.len, first = bytes.len > END_WINDOW ? bytes.len - END_WINDOW : 0;

	while (at > first && (bytes.p[at - 1] == '\0' || ascii_is_space(bytes.p[at - 1])))
		at--;
	return at;
}

/* The last one whose comment ends where the archive ends; else the last one. */
size_t zip_end_find(struct str bytes)
{
	size_t first = bytes.len > END_WINDOW ? bytes.len - END_WINDOW : 0, blank = blank_start(bytes), found = ZIP_NOWHERE;
	const char *p;

	for (size_t end = bytes.len; end > first && (p = memrchr(bytes.p + first, 'P', end - first)) != NULL; end = (size_t)(p - bytes.p)) {
		struct zip_end record;

		if (!zip_end_read(bytes, (size_t)(p - bytes.p), &record))
			continue;
		if (record.end >= blank && record.end <= bytes.len)
			return (size_t)(p - bytes.p);
		if (found == ZIP_NOWHERE)
			found = (size_t)(p - bytes.p);
	}
	return found;
}

bool zip_in_directory(const struct zip *zip, size_t at)
{
	for (size_t i = 0; i < zip->directories_len; i++) {
		if (at >= zip->directories[i] && at < zip->directory_ends[i])
			return true;
	}
	return false;
}

/* APPNOTE 4.3.13: a signature over the directory may follow it. */
static size_t signature_bytes(struct str bytes, size_t at)
{
	size_t len = 6 + (size_t)octets_le16(bytes, at + 4);

	return octets_match(bytes, at, STR("PK\5\5")) && octets_within(bytes, at, len) ? len : 0;
}

static void directory_walk(struct zip *zip, size_t start, int64_t shift, const struct zip_end *end)
{
	struct zip_header central;
	size_t at = start, slot = zip->directories_len++, directory_bytes;
	uint64_t entries = 0;

	zip->directories[slot] = start;
	for (; zip_central_read(zip->bytes, at, &central); at = central.end)
		zip->directory_ends[slot] = central.end;
	for (at = start; !zip->is_stopped && zip_central_read(zip->bytes, at, &central); at = central.end) {
		zip_member_unpack(zip, &central, shift);
		entries++;
	}
	if (zip->is_stopped)
		return;
	if (entries != end->entries)
		zip_ambiguous(zip, "has another number of members than its end says");
	directory_bytes = at - start;
	at += signature_bytes(zip->bytes, at);
	if (directory_bytes != end->directory_bytes && at - start != end->directory_bytes)
		zip_ambiguous(zip, "has a directory of another size than its end says");
	(void)zip_span_add(zip, &(struct zip_span){ .start = start, .data = at, .data_end = at, .end = at, .central = ZIP_NOWHERE });
}

static bool is_directory(const struct zip *zip, uint64_t start)
{
	return octets_match(zip->bytes, start, STR("PK\1\2"));
}

static bool directory_is_known(const struct zip *zip, size_t start)
{
	for (size_t i = 0; i < zip->directories_len; i++) {
		if (zip->directories[i] == start)
			return true;
	}
	return false;
}

static unsigned directory_try(struct zip *zip, uint64_t start, int64_t shift, const struct zip_end *end)
{
	if (!is_directory(zip, start) || directory_is_known(zip, (size_t)start))
		return 0;
	if (zip->directories_len == ZIP_ENDS_MAX) {
		zip_ambiguous(zip, "has too many directories");
		unpack_mark(zip->unpack, zip->item, MARK_UNREADABLE);
		return 0;
	}
	directory_walk(zip, (size_t)start, shift, end);
	return 1;
}

/* Some programs look for the directory at its offset, others before its end. Without a stub in front these are the same. */
static unsigned directories_follow(struct zip *zip, const struct zip_end *end)
{
	unsigned found = 0;

	if (end->directory_bytes <= end->start) {
		uint64_t start = end->start - end->directory_bytes;

		found += directory_try(zip, start, (int64_t)(start - end->directory_offset), end);
	}
	return found + directory_try(zip, end->directory_offset, 0, end);
}

/* The fields of the plain record that a zip64 record stands in for are all ones; others count for programs that know no zip64. */
static void end_complete(struct zip_end *plain, const struct zip_end *end64)
{
	plain->start = end64->start;
	if (plain->entries == UINT16_MAX)
		plain->entries = end64->entries;
	if (plain->entries_here == UINT16_MAX)
		plain->entries_here = end64->entries_here;
	if (plain->directory_bytes == UINT32_MAX)
		plain->directory_bytes = end64->directory_bytes;
	if (plain->directory_offset == UINT32_MAX)
		plain->directory_offset = end64->directory_offset;
}

static void end_judge(struct zip *zip, const struct zip_end *end, unsigned found)
{
	if (end->is_split)
		unpack_mark(zip->unpack, zip->item, MARK_UNREADABLE);
	if (found > 1)
		zip_ambiguous(zip, "has two directories");
	if (end->entries_here != end->entries && !end->is_split)
		zip_ambiguous(zip, "has two numbers of members");
	if (found == 0 && (end->entries != 0 || end->directory_bytes != 0)) {
		zip_ambiguous(zip, "has no directory where its end says");
		unpack_mark(zip->unpack, zip->item, MARK_UNREADABLE);
	}
}

void zip_end_follow(struct zip *zip, size_t at)
{
	struct zip_end plain, end64;
	unsigned found = 0;
	size_t end;

	if (zip->ends_len == ZIP_ENDS_MAX) {
		zip->is_stopped = true;
		unpack_mark(zip->unpack, zip->item, MARK_UNREADABLE);
		return;
	}
	zip->ends[zip->ends_len++] = at;
	if (!zip_end_read(zip->bytes, at, &plain))
		return;
	if (zip_end64_read(zip->bytes, at, &end64)) {
		end_complete(&plain, &end64);
		found = directories_follow(zip, &end64);
		plain.is_split |= end64.is_split;
	}
	found += directories_follow(zip, &plain);
	end_judge(zip, &plain, found);
	end = plain.end < zip->bytes.len ? plain.end : zip->bytes.len;
	(void)zip_span_add(zip, &(struct zip_span){ .start = plain.start, .data = end, .data_end = end, .end = end, .central = ZIP_NOWHERE });
}

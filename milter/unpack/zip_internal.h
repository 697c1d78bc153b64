/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zip_internal.h - the state of one walk through a ZIP, for zip*.c alone.
 *
 * First the end record, the directories that it leads to and the members that these name (zip_directory.c, zip_member.c); each lays claim to a span of
 * the archive. Then all that nobody has claimed as a member's data is searched for records that others might read (zip_layout.c). */
#ifndef OCTROI_UNPACK_ZIP_INTERNAL_H
#define OCTROI_UNPACK_ZIP_INTERNAL_H

#include "milter/unpack/archive_output.h"
#include "milter/unpack/ooxml.h"
#include "milter/unpack/zip_record.h"

#define ZIP_NOWHERE SIZE_MAX
#define ZIP_ENDS_MAX 16		/* end records, and directories, that are followed */

/* A header with its data, or a directory, or an end record: [start, data) is structure, [data, data_end) the member's data that both views agree on,
 * [data_end, end) its descriptor. */
struct zip_span {
	size_t start, data, data_end, end;
	size_t central;			/* the directory's entry, or ZIP_NOWHERE */
	uint32_t name_hash;
	const struct content *content;	/* NULL: none was shown */
};

struct zip {
	struct unpack *unpack;
	const struct item *item;
	struct str bytes;
	struct archive_budget budget;
	struct ooxml ooxml;
	struct zip_span *spans;
	size_t spans_len, spans_size;
	size_t ends[ZIP_ENDS_MAX], ends_len;
	size_t directories[ZIP_ENDS_MAX], directories_len;	/* where they begin */
	size_t directory_ends[ZIP_ENDS_MAX];
	size_t members;
	bool is_stopped;		/* a limit: what comes next is not looked at */
	bool is_program;		/* begins as a program: what unpacks it may stand in front */
};

void zip_ambiguous(struct zip *zip, const char *why);
bool zip_span_add(struct zip *zip, const struct zip_span *span);	/* false: stopped */

/* zip_directory.c: the end record that most programs would take; ZIP_NOWHERE when there is none. */
size_t zip_end_find(struct str bytes);
void zip_end_follow(struct zip *zip, size_t at);	/* its directories and their members; once for each */
bool zip_in_directory(const struct zip *zip, size_t at);

/* zip_member.c: a member as the directory has it (shift: what is to be added to its offset) and as its local header has it. */
void zip_member_unpack(struct zip *zip, const struct zip_header *central, int64_t shift);
void zip_member_unpack_local(struct zip *zip, const struct zip_header *local);

/* zip_layout.c */
void zip_layout_check(struct zip *zip);

/* zip_decode.c: one way to read a member's data. */
struct zip_reading {
	unsigned method;
	size_t data;
	uint64_t compressed_bytes, size_bytes;
	uint32_t crc;
	bool is_open;		/* compressed_bytes and what follows are not known: it ends where it ends */
};
enum zip_got {
	ZIP_GOT,		/* all of it */
	ZIP_GOT_CUT,		/* a limit; it has been noted */
	ZIP_GOT_BROKEN,		/* what there is of it */
	ZIP_GOT_NOTHING,	/* nobody here knows the method */
};
/* bytes point into the archive or output, which is to be ended afterwards. */
enum zip_got zip_decode(struct zip *zip, const struct zip_reading *reading, struct archive_output *output, struct str *ret_bytes, size_t *ret_used);

/* The length at which a descriptor stands that fits stored data, in front of max; 0 when there is none. */
size_t zip_stored_bytes(struct str bytes, size_t data, size_t max);

#endif

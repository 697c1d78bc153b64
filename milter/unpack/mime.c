/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A message: its entities in every reading (RFC 2045, RFC 2046; threats MIME-01 to MIME-28). */
#include "milter/unpack/handlers.h"
#include "milter/unpack/mime_walk.h"

#define WORK_FACTOR 16				/* how often a message may be looked at in all */
#define WORK_FREE (UINT64_C(4) << 20)		/* bytes; for small ones with many readings */

static void walk_start(struct mime_walk *walk, struct unpack *unpack, struct str bytes)
{
	*walk = (struct mime_walk){ .unpack = unpack, .arena = unpack_arena(unpack), .bytes = bytes };
	walk->work_max = WORK_FACTOR * (uint64_t)bytes.len + WORK_FREE;
}

/* The line "From x" in front of a message: ours, or that of a mailbox file. */
static struct str skip_from_line(struct str bytes)
{
	const char *lf = str_has_prefix(bytes, STR("From ")) ? memchr(bytes.p, '\n', bytes.len) : NULL;

	if (lf == NULL)
		return bytes;
	return (struct str){ lf + 1, bytes.len - (size_t)(lf + 1 - bytes.p) };
}

static bool is_too_long(struct unpack *unpack, struct str bytes)
{
	if (bytes.len < UINT32_MAX)
		return false;
	unpack_limit(unpack, UNPACK_SIZE, "a message of %zu bytes", bytes.len);
	return true;
}

void mime_unpack(struct unpack *unpack, const struct item *item)
{
	struct mime_level level = { .item = *item, .is_plain = true };
	struct mime_outcome outcome = { NULL, 0 };
	struct mime_walk walk;

	walk_start(&walk, unpack, skip_from_line(item->bytes));
	level.end = walk.bytes.len;
	if (is_too_long(unpack, walk.bytes) || !mime_lines_find(unpack, walk.bytes, &walk.lines))
		return;
	mime_range_read(&walk, &level, 0, walk.bytes.len, MIME_ENTITY, &outcome);
	mime_lines_release(unpack, &walk.lines);
}

bool mime_decoded_multipart(struct mime_walk *outer, const struct mime_level *level, const struct mime_header *header, struct str bytes,
			    bool is_quiet, struct mime_outcome *outcome)
{
	struct mime_header plain = *header;
	struct mime_level own = { .item = level->item, .end = bytes.len };
	const struct mime_entity entity = { .header = &plain, .start = 0, .end = bytes.len };
	struct mime_walk walk;
	bool is_split;

	plain.encodings_len = 0;
	walk_start(&walk, outer->unpack, bytes);
	walk.is_quiet = is_quiet || outer->is_quiet;
	if (!mime_lines_find(walk.unpack, bytes, &walk.lines))
		return false;
	is_split = walk.lines.len > 0 && mime_multipart_read(&walk, &own, &entity, outcome);
	mime_lines_release(walk.unpack, &walk.lines);
	outer->stopped |= walk.stopped;
	return is_split;
}

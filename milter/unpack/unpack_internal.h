/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unpack_internal.h - the state of one walk, for unpack*.c alone. */
#ifndef OCTROI_UNPACK_UNPACK_INTERNAL_H
#define OCTROI_UNPACK_UNPACK_INTERNAL_H

#include "milter/base/digest.h"
#include "milter/unpack/filename.h"
#include "milter/unpack/unpack.h"

#define HANDLERS_MAX 32		/* rows of the table in handlers.c; those that have seen a content are bits of an unsigned */

struct content {
	struct content *next;		/* with the same place in the table */
	unsigned char digest[DIGEST_SIZE];
	enum filetype type;
	struct filetype_set also;
	uint64_t size_bytes;
	unsigned marks;			/* 1 << MARK_... */
	unsigned handled;		/* 1 << place in the table of handlers */
	bool has_inside;		/* something was found in it */
	bool is_salvaged_only;
};

/* One place where a content was found, under the names that it has there. */
struct occurrence {
	const struct content *content;
	const char *name, *container;
	const char *extensions[FILENAME_EXTENSIONS_MAX];
	size_t extensions_len;
	enum filetype declared;
	unsigned marks;			/* of this place: a disguised name */
	bool in_archive, is_attachment;
};

struct unpack {
	const struct unpack_settings *settings;
	struct arena *arena;
	bool stopped;

	struct content **buckets;	/* a power of two of them */
	size_t buckets_len, contents_len;

	struct occurrence *occurrences;
	size_t occurrences_len;

	uint64_t counts[UNPACK_LIMITS];	/* of parts, members, names */
	uint64_t memory_bytes, memory_max, decoded_bytes, ratio_max_bytes;
	uint64_t cpu_until_us;
	unsigned cpu_asked;		/* the clock is not looked at each time */

	struct str *covered;		/* sorted by start when covered_sorted is covered_len */
	const char **covered_ends;	/* the furthest end up to here */
	size_t covered_len, covered_size, covered_sorted;

	struct inventory *inventory;
};

/* unpack_contents.c: the content with this digest; a new one has size_bytes UINT64_MAX until it is filled. */
struct content *contents_find(struct unpack *unpack, const unsigned char digest[DIGEST_SIZE]);

/* unpack_cover.c: these bytes go, and others may come to lie where they were. */
void uncover(struct unpack *unpack, struct str range);

/* unpack_budget.c */
void budget_start(struct unpack *unpack, size_t message_bytes);

/* unpack_inventory.c */
void occurrence_add(struct unpack *unpack, struct item *item, const struct filename *filename, enum filetype declared);
void occurrences_to_inventory(struct unpack *unpack);
void about_note(struct unpack *unpack, const struct item *item);	/* an item that was found, perhaps a message that is returned to its sender */

/* handlers.c: those that look into something that is one of these types and have not looked into it yet. */
void handlers_run(struct unpack *unpack, const struct item *item, const struct filetype_set *types);
bool handlers_want(const struct item *item, const struct filetype_set *types);	/* would it find any? */

#endif

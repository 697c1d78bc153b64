/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unpack_stage.h - the walk of unpack.h played for one handler, and a table of what it is to find: bytes in, files with their names out. What is found
 * is not looked into. For tests and fuzz targets of salvage.c, text.c, tnef.c and the like; needs filetype*.c. */
#ifndef OCTROI_UNIT_UNPACK_STAGE_H
#define OCTROI_UNIT_UNPACK_STAGE_H

#include <stdlib.h>

#include "milter/unpack/handlers.h"

#include "t/unit/rows.h"

#define STAGE_FOUND_MAX 256

struct content {
	struct str bytes;		/* a copy */
	const char *names;		/* with '|' between */
	const char *media_type;
	enum item_kind kind;
	enum filetype type;
	unsigned marks;
	bool is_seen;			/* a structural reading has shown it */
};

struct unpack {
	struct arena *arena;
	struct content found[STAGE_FOUND_MAX], overflow, self;
	size_t found_len;
	uint64_t ambiguities;
	unsigned limits;
	struct str covered;
	struct str seen;		/* content that is not new */
	uint64_t found_left;		/* so many may still be found */
	uint64_t memory_bytes, memory_left, decoded_bytes;
	struct unpack_limits unpack_limits;
	bool is_fuzzed;			/* nothing is kept */
};

static inline struct unpack *stage_new(void)
{
	struct unpack *unpack = xcalloc(1, sizeof(*unpack));

	unpack->arena = arena_new();
	unpack->found_left = unpack->memory_left = UINT64_MAX;
	unpack->unpack_limits = (struct unpack_limits){ .depth = 20, .parts = 1000, .members = 10000, .names = 10000, .header_bytes = 65536,
		.decoded_bytes = 256 << 20, .member_bytes = 64 << 20, .ratio = 250, .memory_bytes = 64 << 20, .cpu_ms = 60000 };
	return unpack;
}

/* Whatever was taken was given back. */
static inline void stage_free(struct unpack *unpack)
{
	if (unpack->memory_bytes != 0)
		abort();
	arena_free(unpack->arena);
	free(unpack);
}

/* Runs a handler on bytes that lie in memory of their own, so that a sanitizer sees what goes past their end. */
static inline void stage_run(struct unpack *unpack, unpack_handler *handler, struct item item)
{
	char *copy = malloc(item.bytes.len == 0 ? 1 : item.bytes.len);
	struct filetype_set also;

	if (copy == NULL)
		abort();
	if (item.bytes.len > 0)
		memcpy(copy, item.bytes.p, item.bytes.len);
	item.bytes.p = copy;
	unpack->self.type = filetype_sniff(item.bytes, &also);
	item.content = &unpack->self;
	handler(unpack, &item);
	free(copy);
}

static inline const char *stage_names(struct unpack *unpack, const struct item *item)
{
	const char *names = "";

	for (size_t i = 0; i < item->names_len; i++)
		names = arena_printf(unpack->arena, "%s%s%.*s", names, i > 0 ? "|" : "", (int)item->names[i].len, item->names[i].p);
	return names;
}

const struct content *unpack_found(struct unpack *unpack, const struct item *item)
{
	struct content *content = unpack->found_len < STAGE_FOUND_MAX ? &unpack->found[unpack->found_len] : &unpack->overflow;
	struct filetype_set also;
	char *copy;

	if (unpack->found_left == 0)
		return NULL;
	unpack->found_left--;
	unpack->found_len += unpack->found_len < STAGE_FOUND_MAX;
	copy = unpack->is_fuzzed ? NULL : arena_alloc(unpack->arena, item->bytes.len + 1);
	if (copy != NULL && item->bytes.len > 0)
		memcpy(copy, item->bytes.p, item->bytes.len);
	*content = (struct content){ .bytes = { copy, copy == NULL ? 0 : item->bytes.len }, .names = unpack->is_fuzzed ? "" : stage_names(unpack, item),
				     .media_type = arena_strndup(unpack->arena, item->media_type.len == 0 ? "" : item->media_type.p, item->media_type.len),
				     .kind = item->kind, .type = filetype_sniff(item->bytes, &also), .marks = item->marks,
				     .is_seen = unpack->seen.p != NULL && str_equal(unpack->seen, item->bytes) };
	return content;
}

bool content_equal(const struct content *a, const struct content *b)
{
	return str_equal(a->bytes, b->bytes);
}

enum filetype content_type(const struct content *content)
{
	return content->type;
}

unsigned content_marks(const struct content *content)
{
	return content->marks;
}

bool content_is_text(const struct content *content)
{
	return (filetype_groups(content->type) & FILEGROUP_TEXT) != 0;
}

bool content_is_salvaged_only(const struct content *content)
{
	return content->kind == ITEM_SALVAGED && !content->is_seen;
}

void unpack_cover(struct unpack *unpack, struct str range)
{
	unpack->covered = range;
}

bool unpack_covered(const struct unpack *unpack, struct str range)
{
	return unpack->covered.p != NULL && range.p >= unpack->covered.p && range.p + range.len <= unpack->covered.p + unpack->covered.len;
}

bool unpack_stopped(const struct unpack *unpack)
{
	return unpack->found_left == 0;
}

const struct unpack_limits *unpack_limits_of(const struct unpack *unpack)
{
	return &unpack->unpack_limits;
}

struct arena *unpack_arena(struct unpack *unpack)
{
	return unpack->arena;
}

void unpack_limit(struct unpack *unpack, enum unpack_limit limit, const char *format, ...)
{
	(void)format;
	unpack->limits |= 1u << limit;
}

bool unpack_count(struct unpack *unpack, enum unpack_limit which)
{
	(void)unpack, (void)which;
	return true;
}

void unpack_ambiguous(struct unpack *unpack, enum ambiguity ambiguity, const char *format, ...)
{
	(void)format;
	unpack->ambiguities |= UINT64_C(1) << ambiguity;
}

void unpack_mark(struct unpack *unpack, const struct item *item, enum mark mark)
{
	(void)item;
	unpack->self.marks |= 1u << mark;
}

void unpack_retype(struct unpack *unpack, const struct item *item, enum filetype type)
{
	(void)item;
	unpack->self.type = type;
}

void unpack_also(struct unpack *unpack, const struct item *item, enum filetype type)
{
	(void)unpack, (void)item, (void)type;
}

void *unpack_take(struct unpack *unpack, size_t size)
{
	if (size > unpack->memory_left) {
		unpack->limits |= 1u << UNPACK_SIZE;
		return NULL;
	}
	unpack->memory_bytes += size;
	unpack->decoded_bytes += size;
	return malloc(size == 0 ? 1 : size);
}

void *unpack_take_more(struct unpack *unpack, void *bytes, size_t size, size_t new_size)
{
	if (new_size - size > unpack->memory_left) {
		unpack->limits |= 1u << UNPACK_SIZE;
		return NULL;
	}
	unpack->memory_bytes += new_size - size;
	unpack->decoded_bytes += new_size - size;
	return realloc(bytes, new_size == 0 ? 1 : new_size);
}

void unpack_give_unused(struct unpack *unpack, void *bytes, size_t size, size_t used)
{
	if (bytes == NULL)
		return;
	if (size > unpack->memory_bytes || used > size)
		abort();
	unpack->memory_bytes -= size;
	unpack->decoded_bytes -= size - used;
	free(bytes);
}

void unpack_give(struct unpack *unpack, void *bytes, size_t size)
{
	unpack_give_unused(unpack, bytes, size, size);
}

/* One case for one handler: bytes, and what it is to make of them. */
#define STAGE_FILES 6
#define STAGE_AMBIGUOUS(ambiguity) (UINT64_C(1) << AMBIGUITY_##ambiguity)
#define STAGE_MARK(mark) (1u << MARK_##mark)
#define STAGE_NOTHING { { NULL, { NULL, 0 } } }

struct stage_row {
	const char *name;
	struct str bytes;
	struct {
		const char *names;	/* of the file, with '|' between; NULL: no more files */
		struct str bytes;
	} files[STAGE_FILES];
	uint64_t ambiguities;
	unsigned marks;
};

static inline void stage_check_files(const struct stage_row *row, const struct unpack *unpack, bool is_all)
{
	size_t next = 0;

	for (size_t i = 0; i < unpack->found_len; i++) {
		const struct content *content = &unpack->found[i];

		if (next < STAGE_FILES && row->files[next].names != NULL && str_equal(content->bytes, row->files[next].bytes))
			assert_string_equal(content->names, row->files[next++].names);
		else if (is_all)
			fail_msg("found \"%.*s\" (%s; %s)", (int)content->bytes.len, content->bytes.p, content->names, filetype_name(content->type));
	}
	if (next < STAGE_FILES && row->files[next].names != NULL)
		fail_msg("did not find \"%.*s\"", (int)row->files[next].bytes.len, row->files[next].bytes.p);
}

/* The files of the row are among what is found, in this order; when is_all nothing else is. */
static inline void stage_check(const struct stage_row *row, unpack_handler *handler, bool is_all)
{
	struct unpack *unpack = stage_new();

	stage_run(unpack, handler, (struct item){ .kind = ITEM_MESSAGE, .bytes = row->bytes });
	stage_check_files(row, unpack, is_all);
	assert_int_equal(unpack->ambiguities, row->ambiguities);
	assert_int_equal(unpack->self.marks, row->marks);
	assert_int_equal(unpack->limits, 0);
	stage_free(unpack);
}

/* Cut at each byte: nothing but what the sanitizers see. */
static inline void stage_cut(const struct stage_row *row, unpack_handler *handler)
{
	for (size_t len = 0; len < row->bytes.len; len++) {
		struct unpack *unpack = stage_new();

		stage_run(unpack, handler, (struct item){ .kind = ITEM_MESSAGE, .bytes = { row->bytes.p, len } });
		stage_free(unpack);
	}
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* looked_double.h - the functions of unpack.h for the test or fuzz target of one handler: what it finds and notes is kept, nothing is looked into
 * further than one may wish. Included by one .c of a program. */
#ifndef OCTROI_UNIT_LOOKED_DOUBLE_H
#define OCTROI_UNIT_LOOKED_DOUBLE_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "milter/unpack/handlers.h"

#define DOUBLE_FOUND_MAX 64

struct content {
	enum filetype type;
	unsigned marks;
	struct filetype_set also;
};

struct found {
	char *bytes;
	size_t len;
	char names[512];	/* separated by '|' */
	char media_type[64];
	struct content content;
};

struct unpack {
	struct arena *arena;
	struct found found[DOUBLE_FOUND_MAX];
	size_t found_len;
	uint64_t ambiguities;	/* 1 << AMBIGUITY_... */
	unsigned limits;	/* 1 << UNPACK_... */
	size_t taken, taken_at_all, taken_max;	/* bytes; 0: no limit */
	unsigned counted;
	struct unpack_limits limits_given;
};

static inline void found_names(struct found *found, const struct item *item)
{
	for (size_t i = 0; i < item->names_len; i++) {
		size_t len = strlen(found->names);

		(void)snprintf(found->names + len, sizeof(found->names) - len, "%s%.*s", i == 0 ? "" : "|", (int)item->names[i].len,
			       item->names[i].len == 0 ? "" : item->names[i].p);
	}
}

const struct content *unpack_found(struct unpack *unpack, const struct item *item)
{
	static struct content more;
	struct found *found;

	if (unpack->found_len >= DOUBLE_FOUND_MAX) {
		more.type = filetype_sniff(item->bytes, &more.also);
		return &more;
	}
	found = &unpack->found[unpack->found_len++];
	found->bytes = malloc(item->bytes.len + 1);
	if (found->bytes == NULL)
		abort();
	if (item->bytes.len > 0)
		memcpy(found->bytes, item->bytes.p, item->bytes.len);
	found->len = item->bytes.len;
	found_names(found, item);
	(void)snprintf(found->media_type, sizeof(found->media_type), "%.*s", (int)item->media_type.len, item->media_type.len == 0 ? "" : item->media_type.p);
	found->content.type = filetype_sniff(item->bytes, &found->content.also);
	found->content.marks = item->marks;
	return &found->content;
}

bool content_equal(const struct content *a, const struct content *b)
{
	return a == b;
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

bool unpack_stopped(const struct unpack *unpack)
{
	(void)unpack;
	return false;
}

const struct unpack_limits *unpack_limits_of(const struct unpack *unpack)
{
	return &unpack->limits_given;
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
	if (++unpack->counted <= 1000)
		return true;
	unpack->limits |= 1u << which;
	return false;
}

void unpack_ambiguous(struct unpack *unpack, enum ambiguity ambiguity, const char *format, ...)
{
	(void)format;
	unpack->ambiguities |= UINT64_C(1) << ambiguity;
}

void unpack_mark(struct unpack *unpack, const struct item *item, enum mark mark)
{
	(void)unpack;
	item->content->marks |= 1u << mark;
}

void unpack_retype(struct unpack *unpack, const struct item *item, enum filetype type)
{
	(void)unpack;
	item->content->type = type;
}

void unpack_also(struct unpack *unpack, const struct item *item, enum filetype type)
{
	(void)unpack;
	filetype_set_add(&item->content->also, type);
}

/* What is asked for is not counted again when it comes back: a handler that takes too much for what it is given is seen. */
void *unpack_take(struct unpack *unpack, size_t size)
{
	void *bytes;

	if (unpack->taken_max != 0 && unpack->taken + size > unpack->taken_max) {
		unpack->limits |= 1u << UNPACK_SIZE;
		return NULL;
	}
	bytes = malloc(size + 1);
	if (bytes == NULL)
		abort();
	unpack->taken += size;
	unpack->taken_at_all += size;
	return bytes;
}

void unpack_give(struct unpack *unpack, void *bytes, size_t size)
{
	unpack->taken -= size;
	free(bytes);
}

void unpack_give_unused(struct unpack *unpack, void *bytes, size_t size, size_t used)
{
	unpack->taken_at_all -= size - used;
	unpack_give(unpack, bytes, size);
}

/* A handler's work on bytes: the content tells type and marks. */
static inline void double_run(struct unpack *unpack, unpack_handler *look, struct str bytes, const char *charset, struct content *ret_content)
{
	struct item item = { .kind = ITEM_PART, .bytes = bytes, .charset = str_of(charset == NULL ? "" : charset), .content = ret_content };

	if (unpack->arena == NULL)
		unpack->arena = arena_new();
	*ret_content = (struct content){ .marks = 0 };
	ret_content->type = filetype_sniff(bytes, &ret_content->also);
	look(unpack, &item);
}

static inline void double_free(struct unpack *unpack)
{
	for (size_t i = 0; i < unpack->found_len; i++)
		free(unpack->found[i].bytes);
	arena_free(unpack->arena);
}

#endif

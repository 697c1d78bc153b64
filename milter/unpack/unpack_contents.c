/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Distinct bytes, by digest. */
#include "milter/unpack/unpack_internal.h"

#define BUCKETS_FIRST 64

/* SHA-256 is uniform: any of its bytes will do. */
static size_t place_of(const struct unpack *unpack, const unsigned char digest[DIGEST_SIZE])
{
	size_t number;

	memcpy(&number, digest, sizeof(number));
	return number & (unpack->buckets_len - 1);
}

static void buckets_grow(struct unpack *unpack)
{
	struct content **old = unpack->buckets;
	size_t old_len = unpack->buckets_len;

	unpack->buckets_len = old_len == 0 ? BUCKETS_FIRST : old_len * 4;
	unpack->buckets = arena_array(unpack->arena, unpack->buckets_len, sizeof(*unpack->buckets));
	for (size_t i = 0; i < old_len; i++) {
		struct content *next;

		for (struct content *content = old[i]; content != NULL; content = next) {
			size_t place = place_of(unpack, content->digest);

			next = content->next;
			content->next = unpack->buckets[place];
			unpack->buckets[place] = content;
		}
	}
}

struct content *contents_find(struct unpack *unpack, const unsigned char digest[DIGEST_SIZE])
{
	struct content *content;
	size_t place;

	if (unpack->contents_len >= unpack->buckets_len)
		buckets_grow(unpack);
	place = place_of(unpack, digest);
	for (content = unpack->buckets[place]; content != NULL; content = content->next) {
		if (memcmp(content->digest, digest, DIGEST_SIZE) == 0)
			return content;
	}
	content = arena_new_of(unpack->arena, struct content);
	memcpy(content->digest, digest, DIGEST_SIZE);
	content->size_bytes = UINT64_MAX;
	content->next = unpack->buckets[place];
	unpack->buckets[place] = content;
	unpack->contents_len++;
	return content;
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
	bool is_mere = content->type == FILETYPE_EMPTY || content->type == FILETYPE_HTML ||
		       (filetype_groups(content->type) & FILEGROUP_TEXT) != 0;

	return is_mere && !content->has_inside && content->marks == 0;
}

bool content_is_salvaged_only(const struct content *content)
{
	return content->is_salvaged_only;
}

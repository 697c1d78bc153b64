/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/header.h"

#include <stdint.h>
#include <string.h>

enum {
	LINE_WANTED = 77,	/* RFC 5322 2.1.1: should be no more than 78 */
	COUNTS_FIRST = 64,	/* a power of two; most messages have fewer names than half of it */
};

struct header_count {
	const char *name;	/* NULL: free */
	uint32_t hash;
	unsigned count;
};

/* FNV-1a without case. The start differs from process to process (and message to message) with the address of the
 * arena, so that a sender cannot prepare names that collide. */
static uint32_t name_hash(const struct arena *arena, const char *name)
{
	uintptr_t seed = (uintptr_t)arena;
	uint32_t h = 2166136261u ^ (uint32_t)(seed >> 4) ^ (uint32_t)(seed >> 32);

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)ascii_lower(*name)) * 16777619u;
	return h ^ h >> 15;
}

/* The entry of a name, or the free one where it belongs. At least half of the table is free. */
static struct header_count *count_find(struct header_count *counts, size_t size, const char *name, uint32_t hash)
{
	size_t i = hash & (size - 1);

	while (counts[i].name != NULL && (counts[i].hash != hash || !ascii_equal(counts[i].name, name)))
		i = (i + 1) & (size - 1);
	return &counts[i];
}

static void counts_grow(struct arena *arena, struct headers *headers)
{
	size_t size = headers->counts_size == 0 ? COUNTS_FIRST : headers->counts_size * 2;
	struct header_count *counts = arena_array(arena, size, sizeof(*counts));

	for (size_t i = 0; i < headers->counts_size; i++) {
		const struct header_count *old = &headers->counts[i];

		if (old->name != NULL)
			*count_find(counts, size, old->name, old->hash) = *old;
	}
	headers->counts = counts;
	headers->counts_size = size;
}

static unsigned count_next(struct arena *arena, struct headers *headers, const char *name)
{
	uint32_t hash = name_hash(arena, name);
	struct header_count *entry;

	if (2 * headers->counts_len >= headers->counts_size)
		counts_grow(arena, headers);
	entry = count_find(headers->counts, headers->counts_size, name, hash);
	if (entry->name == NULL) {
		*entry = (struct header_count){ .name = name, .hash = hash };
		headers->counts_len++;
	}
	return ++entry->count;
}

void headers_add(struct arena *arena, struct headers *headers, const char *name, const char *value)
{
	size_t name_len = strlen(name), value_len = strlen(value);
	struct header *header = arena_push(arena, (void **)&headers->items, &headers->len, sizeof(*header));

	header->name = arena_strndup(arena, name, name_len);
	header->value = arena_strndup(arena, value, value_len);
	header->index = count_next(arena, headers, header->name);
	headers->size_bytes += name_len + 1 + value_len + 2;
}

static bool is_blank_or_control(char c)
{
	return c == ' ' || ascii_is_control(c);
}

static struct str name_trim(const char *name)
{
	struct str s = str_of(name);

	while (s.len > 0 && is_blank_or_control(s.p[0]))
		s = (struct str){ s.p + 1, s.len - 1 };
	while (s.len > 0 && is_blank_or_control(s.p[s.len - 1]))
		s.len--;
	return s;
}

bool header_name_equal(const char *a, const char *b)
{
	return str_equal_nocase(name_trim(a), name_trim(b));
}

bool header_name_is_odd(const char *name)
{
	if (*name == '\0')
		return true;
	for (; *name != '\0'; name++)
		if (*name < '!' || *name > '~' || *name == ':')
			return true;
	return false;
}

const struct header *headers_next(const struct headers *headers, const char *name, size_t *position)
{
	struct str wanted = name_trim(name);

	while (*position < headers->len) {
		const struct header *header = &headers->items[(*position)++];

		if (str_equal_nocase(name_trim(header->name), wanted))
			return header;
	}
	return NULL;
}

const char *header_unfold(struct arena *arena, const char *value)
{
	struct str in = str_trim(str_of(value));
	char *text = arena_alloc(arena, in.len + 1), *p = text;

	for (size_t i = 0; i < in.len; i++) {
		if (in.p[i] != '\r' && in.p[i] != '\n') {
			*p++ = in.p[i];
			continue;
		}
		while (in.p[i + 1] == '\r' || in.p[i + 1] == '\n')
			i++;
		if (in.p[i + 1] != ' ' && in.p[i + 1] != '\t')
			*p++ = ' ';
	}
	return text;
}

/* A value as it is written: out holds what is there, column where its last line stands. */
struct folder {
	char *out;
	size_t len;
	size_t column;
	bool visible;		/* the last line has a visible character of the value */
};

static void put(struct folder *folder, char c)
{
	if (c < ' ' || c > '~')
		c = '?';
	folder->out[folder->len++] = c;
	folder->column++;
}

static void put_fold(struct folder *folder)
{
	memcpy(folder->out + folder->len, "\n\t", 2);
	folder->len += 2;
	folder->column = 1;
	folder->visible = false;
}

static void put_word(struct folder *folder, size_t spaces, struct str word)
{
	if (folder->visible && folder->column + spaces + word.len > LINE_WANTED)
		put_fold(folder);
	else
		for (; spaces > 0; spaces--)
			put(folder, ' ');
	for (size_t i = 0; i < word.len; i++) {
		if (folder->visible && folder->column >= HEADER_LINE_MAX)
			put_fold(folder);
		put(folder, word.p[i]);
		folder->visible = true;
	}
}

static size_t span(struct str s, bool spaces)
{
	size_t len = 0;

	while (len < s.len && (s.p[len] == ' ') == spaces)
		len++;
	return len;
}

const char *header_fold(struct arena *arena, const char *name, const char *value)
{
	struct str rest = str_of(value);
	struct folder folder = { .column = strlen(name) + strlen(": ") };
	bool first = true;

	/* A fold takes the place of at least one space, or stands in a word after hundreds of bytes. */
	folder.out = arena_alloc(arena, 2 * rest.len + 3);
	while (rest.len > 0) {
		size_t spaces = span(rest, true), len;

		rest = (struct str){ rest.p + spaces, rest.len - spaces };
		len = span(rest, false);
		if (len > 0)
			put_word(&folder, first ? 0 : spaces, (struct str){ rest.p, len });
		rest = (struct str){ rest.p + len, rest.len - len };
		first = false;
	}
	return folder.out;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CHUNK_FIRST_BYTES = 1000,	/* an idle session stays under 4 KiB */
	CHUNK_LARGEST_BYTES = 64 * 1024,
};

struct chunk {
	struct chunk *next;
	size_t size;
	size_t used;
	max_align_t data[];
};

struct deferred {
	struct deferred *next;
	void (*fn)(void *object);
	void *object;
};

struct arena {
	struct chunk *chunks;
	struct deferred *deferred;
	size_t size_bytes;
};

static void out_of_memory(void)
{
	static const char text[] = "octroi: out of memory\n";

	(void)fwrite(text, 1, sizeof(text) - 1, stderr);
	abort();
}

void *xcalloc(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (p == NULL)
		out_of_memory();
	return p;
}

char *xstrdup(const char *s)
{
	char *copy = strdup(s);

	if (copy == NULL)
		out_of_memory();
	return copy;
}

struct arena *arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

struct arena_mark arena_mark(const struct arena *arena)
{
	return (struct arena_mark){ arena->chunks, arena->chunks == NULL ? 0 : arena->chunks->used, arena->deferred };
}

bool arena_mark_equal(struct arena_mark a, struct arena_mark b)
{
	return a.chunk == b.chunk && a.used == b.used;
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
	struct deferred *deferred;
	struct chunk *chunk;

	while ((deferred = arena->deferred) != mark.deferred) {
		arena->deferred = deferred->next;
		deferred->fn(deferred->object);
	}
	while ((chunk = arena->chunks) != mark.chunk) {
		arena->chunks = chunk->next;
		arena->size_bytes -= sizeof(*chunk) + chunk->size;
		free(chunk);
	}
	if (chunk != NULL)
		chunk->used = mark.used;
}

void arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	arena_rewind(arena, (struct arena_mark){ NULL, 0, NULL });
	free(arena);
}

void arena_freep(struct arena **arena)
{
	arena_free(*arena);
	*arena = NULL;
}

/* Chunks double, so that a message costs few calls to malloc and an idle session little memory. */
static struct chunk *chunk_add(struct arena *arena, size_t wanted)
{
	size_t size = arena->chunks == NULL ? CHUNK_FIRST_BYTES : arena->chunks->size * 2;
	struct chunk *chunk;

	if (size > CHUNK_LARGEST_BYTES)
		size = CHUNK_LARGEST_BYTES;
	if (size < wanted)
		size = wanted;
	if (size > SIZE_MAX - sizeof(*chunk))
		out_of_memory();
	chunk = malloc(sizeof(*chunk) + size);
	if (chunk == NULL)
		out_of_memory();
	*chunk = (struct chunk){ .next = arena->chunks, .size = size };
	arena->chunks = chunk;
	arena->size_bytes += sizeof(*chunk) + size;
	return chunk;
}

static size_t align_up(size_t size)
{
	const size_t mask = _Alignof(max_align_t) - 1;

	if (size > SIZE_MAX - mask)
		out_of_memory();
	return (size + mask) & ~mask;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size_t wanted = align_up(size);
	struct chunk *chunk = arena->chunks;
	char *p;

	if (chunk == NULL || chunk->size - chunk->used < wanted)
		chunk = chunk_add(arena, wanted);
	p = (char *)chunk->data + chunk->used;
	chunk->used += wanted;
	if (chunk->used > chunk->size)
		chunk->used = chunk->size;	/* the last, unaligned bytes of the chunk */
	return memset(p, 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		out_of_memory();
	return arena_alloc(arena, count * size);
}

char *arena_strndup(struct arena *arena, const char *s, size_t len)
{
	char *copy;

	if (s == NULL)
		return NULL;
	len = strnlen(s, len);
	copy = arena_alloc(arena, len + 1);
	memcpy(copy, s, len);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *s)
{
	return s == NULL ? NULL : arena_strndup(arena, s, strlen(s));
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	if (len < 0)
		out_of_memory();
	text = arena_alloc(arena, (size_t)len + 1);
	(void)vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

/* The array is full when its length is a power of two (or zero): no capacity needs to be kept. */
void *arena_push(struct arena *arena, void **items, size_t *len, size_t size)
{
	size_t n = *len;

	if ((n & (n - 1)) == 0) {
		void *larger = arena_array(arena, n == 0 ? 1 : n * 2, size);

		if (n != 0)
			memcpy(larger, *items, n * size);
		*items = larger;
	}
	*len = n + 1;
	return (char *)*items + n * size;
}

void arena_defer(struct arena *arena, void (*fn)(void *object), void *object)
{
	struct deferred *d = arena_new_of(arena, struct deferred);

	*d = (struct deferred){ .next = arena->deferred, .fn = fn, .object = object };
	arena->deferred = d;
}

size_t arena_size_bytes(const struct arena *arena)
{
	return arena->size_bytes;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arena.h - memory that lives and dies together: a session has one, a message has one.
 *
 * Allocation never returns NULL: input is bounded where it comes in, so running out means that the
 * machine is out of memory; the process then says so and aborts, and the MTA keeps the mail.
 * An arena belongs to one thread at a time. */
#ifndef OCTROI_BASE_ARENA_H
#define OCTROI_BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;

/* An empty arena; nothing but its own struct is allocated before the first arena_alloc. */
struct arena *arena_new(void);

/* Runs the deferred functions, last first, and releases all memory. NULL is allowed. */
void arena_free(struct arena *arena);
void arena_freep(struct arena **arena);

/* size bytes, zeroed, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);

/* count zeroed elements; aborts when count * size overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);

#define arena_new_of(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

/* Copies of a string; arena_strndup stops at len or at a NUL and always terminates. NULL gives NULL. */
char *arena_strdup(struct arena *arena, const char *s);
char *arena_strndup(struct arena *arena, const char *s, size_t len);

char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Makes room for one more element in an array of *len elements of size bytes each that grows by doubling:
 * returns the address of the new, zeroed element and counts it. *items is NULL and *len 0 at the start. */
void *arena_push(struct arena *arena, void **items, size_t *len, size_t size);

/* Calls fn(object) when the arena is released. */
void arena_defer(struct arena *arena, void (*fn)(void *object), void *object);

/* What was allocated and deferred since a mark, given back: the deferred functions run, last first. What was allocated before
 * the mark must not point into it any more. A mark is good until the arena is rewound to an earlier one. */
struct arena_mark {
	void *chunk;		/* private to arena.c */
	size_t used;
	void *deferred;
};
struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

/* Has nothing been allocated between the two? */
bool arena_mark_equal(struct arena_mark a, struct arena_mark b);

/* Bytes that it has from the system. */
size_t arena_size_bytes(const struct arena *arena);

/* For memory outside an arena: these abort instead of returning NULL. */
void *xcalloc(size_t count, size_t size);
char *xstrdup(const char *s);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seen.h - small records that expire: has this key been seen, when first, when last, how often, and a number beside it. For greylisting,
 * known correspondents, Message-IDs of our own mail.
 *
 * Fixed memory, shared by all processes forked after seen_open, in a file that survives a restart. When it is full, of the few candidates
 * the one goes that is nearest to its end: a flood of new keys, which have a short life, does not push out those with a long one. Every call
 * is atomic, from any thread. Keys are hashed with a secret of the file's own: nobody can choose colliding ones. */
#ifndef OCTROI_LOOKUP_SEEN_H
#define OCTROI_LOOKUP_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen;

struct sighting {
	int64_t first_ms, last_ms;	/* wall clock, before this call */
	uint64_t times;			/* likewise; 0: never */
	uint64_t value;
};

/* A table for at least this many keys in the file path (NULL: in memory alone). A file of another version or size is begun afresh. Call it
 * in one process alone, before it forks. Returns 0 or a negative errno. */
int seen_open(const char *path, size_t keys, struct seen **ret_seen);
void seen_close(struct seen *seen);

/* Notes that key is seen now and is to be remembered for keep_ms more (never shorter than it was to be); value replaces the old one unless
 * it is 0. Returns what was known before. */
struct sighting seen_note(struct seen *seen, const char *key, uint64_t keep_ms, uint64_t value);

/* What is known. */
struct sighting seen_look(struct seen *seen, const char *key);

void seen_forget(struct seen *seen, const char *key);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mapped.h - a fixed table of small entries that processes share: in memory alone, or in a file that survives them and the machine.
 *
 * The hash of a key names a set of MAPPED_WAYS entries; what they mean, and which of them makes room, is the caller's. Sets are locked with
 * robust mutexes: whoever dies inside leaves an entry half written and stops nobody. After a crash of the machine any entry may hold
 * anything (its pages reach the disk one by one), so callers believe nothing that they read there. */
#ifndef OCTROI_LOOKUP_MAPPED_H
#define OCTROI_LOOKUP_MAPPED_H

#include <stddef.h>
#include <stdint.h>

#define MAPPED_WAYS 8

struct mapped;

struct mapped_kind {
	const char *name;	/* at most 8 bytes */
	uint32_t version;	/* of the entries' shape */
	uint32_t entry_size;	/* a multiple of 8; of a free entry all bytes are 0 */
};

/* A table with room for this many entries in the file path, or (NULL) in memory alone. To be opened in one process, before it forks. A file of
 * another kind, version or size, a damaged one and one made elsewhere (byte order) is replaced by a new one, never changed: somebody may
 * have it mapped. Disk space is taken at once, so that a full disk is met here and not as SIGBUS later; nobody may truncate the file.
 * Returns 0, or a negative errno (-EBUSY: somebody else keeps it locked). */
int mapped_open(const char *path, const struct mapped_kind *kind, size_t keys, struct mapped **ret_mapped);
void mapped_close(struct mapped *mapped);

/* A hash with a secret of the table's own; never 0. */
uint64_t mapped_hash(const struct mapped *mapped, const char *key);

/* Locks the set of that hash and returns its MAPPED_WAYS entries. */
void *mapped_lock(struct mapped *mapped, uint64_t hash);
void mapped_unlock(struct mapped *mapped, uint64_t hash);

/* The table's own clock, in milliseconds: it runs with the monotonic clock, whatever is done to the wall clock meanwhile, and over a
 * restart with the wall clock, unless that has gone back: then no time has passed (threats ID-09, RES-07). Never goes back. */
uint64_t mapped_now_ms(struct mapped *mapped);

/* How many entries that were in use had to make room, since the file was made. */
void mapped_count_pushed_out(struct mapped *mapped);
uint64_t mapped_pushed_out(const struct mapped *mapped);

#endif

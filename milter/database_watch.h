/* SPDX-License-Identifier: GPL-2.0-or-later */
/* database_watch.h - has the directory of signatures changed, and has it come to rest?
 *
 * Additions, changes and deletions count. Looking costs one stat(2) for each file. */
#ifndef OCTROI_DATABASE_WATCH_H
#define OCTROI_DATABASE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#define DATABASE_WATCH_MS 2000		/* between two looks */

struct database_watch {
	char directory[256];		/* "": nothing is watched */
	uint64_t loaded;		/* what the directory looked like when it was last said to be loaded */
	uint64_t seen;			/* at the last look */
	bool unsettled;			/* it differs, and may still be changing */
};

/* From now on directory is watched (NULL: none), and what it holds now counts as loaded. */
void database_watch_start(struct database_watch *watch, const char *directory);

/* Looks. True once for each change, as soon as two looks in a row saw the same. */
bool database_watch_changed(struct database_watch *watch);

/* What a directory looks like: the sum of a hash of each file's name, size, inode and time. 0 when it cannot be read. */
uint64_t database_watch_look(const char *directory);

#endif

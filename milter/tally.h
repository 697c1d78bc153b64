/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tally.h - how often each of many names came up. */
#ifndef OCTROI_TALLY_H
#define OCTROI_TALLY_H

#include <stdint.h>

#include "milter/base/arena.h"

struct tally_item {
	const char *name;	/* as it was met first */
	uint64_t count;
	int64_t first_ms, last_ms;
	const char *detail;	/* of the newest, "" when none was given */
	struct tally_item *next;	/* private */
};

#define TALLY_NAMES_MAX 200000	/* beyond, names that are new are only counted together */

struct tally {
	struct arena *arena;	/* set by the caller, the rest is zero at first */
	struct tally_item **slots;
	size_t slots_len;
	size_t len;		/* names */
	uint64_t total;		/* the sum of all counts */
	uint64_t others;	/* of it, of names for which there was no room */
	uint64_t seed;
};

/* Adds amount to name (letters of ASCII without case); detail may be NULL. An empty name is not counted. */
void tally_add(struct tally *tally, const char *name, uint64_t amount, int64_t time_ms, const char *detail);

/* All items, the greatest count first, of equal ones in the order of their names; in the tally's arena. Returns how many. */
size_t tally_sorted(const struct tally *tally, struct tally_item **ret_items);

/* NULL: never counted. */
const struct tally_item *tally_find(const struct tally *tally, const char *name);

#endif

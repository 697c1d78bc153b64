/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which ranges of which bytes were read in the only way there is. */
#include <stdint.h>
#include <stdlib.h>

#include "milter/unpack/unpack_internal.h"

void unpack_cover(struct unpack *unpack, struct str range)
{
	if (unpack->covered_len == unpack->covered_size) {
		size_t size = unpack->covered_size == 0 ? 64 : unpack->covered_size * 2;
		struct str *grown = realloc(unpack->covered, size * sizeof(*grown));

		if (grown == NULL)
			return;		/* it is only looked at once more */
		unpack->covered = grown;
		unpack->covered_size = size;
	}
	unpack->covered[unpack->covered_len++] = range;
}

static int compare_starts(const void *a, const void *b)
{
	uintptr_t start_a = (uintptr_t)((const struct str *)a)->p, start_b = (uintptr_t)((const struct str *)b)->p;

	return start_a < start_b ? -1 : start_a > start_b;
}

/* Ranges may lie in one another: beside each start stands the furthest end so far. */
static bool sort_covered(struct unpack *unpack)
{
	const char *furthest = NULL;

	if (unpack->covered_sorted == unpack->covered_len)
		return true;
	free(unpack->covered_ends);
	unpack->covered_ends = calloc(unpack->covered_len, sizeof(*unpack->covered_ends));
	if (unpack->covered_ends == NULL)
		return false;
	qsort(unpack->covered, unpack->covered_len, sizeof(*unpack->covered), compare_starts);
	for (size_t i = 0; i < unpack->covered_len; i++) {
		const char *end = unpack->covered[i].p + unpack->covered[i].len;

		if ((uintptr_t)end > (uintptr_t)furthest)
			furthest = end;
		unpack->covered_ends[i] = furthest;
	}
	unpack->covered_sorted = unpack->covered_len;
	return true;
}

bool unpack_covered(const struct unpack *walk, struct str range)
{
	struct unpack *unpack = (struct unpack *)walk;	/* sorting changes nothing that a caller could see */
	size_t low = 0, high = unpack->covered_len;

	if (unpack->covered_len == 0 || !sort_covered(unpack))
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((uintptr_t)unpack->covered[middle].p <= (uintptr_t)range.p)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && (uintptr_t)unpack->covered_ends[low - 1] >= (uintptr_t)range.p + range.len;
}

void uncover(struct unpack *unpack, struct str range)
{
	uintptr_t start = (uintptr_t)range.p, end = start + range.len;
	size_t kept = 0;

	for (size_t i = 0; i < unpack->covered_len; i++) {
		uintptr_t at = (uintptr_t)unpack->covered[i].p;

		if (at < start || at >= end)
			unpack->covered[kept++] = unpack->covered[i];
	}
	if (kept != unpack->covered_len)
		unpack->covered_sorted = SIZE_MAX;	/* the ends are others now */
	unpack->covered_len = kept;
}

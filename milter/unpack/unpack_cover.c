/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which ranges of which bytes were read in the only way there is. */
#include <stdint.h>
#include <stdlib.h>

#include "milter/unpack/unpack_internal.h"

/* Only of the message itself: other bytes go, and others come to lie where they were. */
static bool is_of_message(const struct unpack *unpack, struct str range)
{
	return (uintptr_t)range.p >= (uintptr_t)unpack->message.p &&
	       (uintptr_t)range.p + range.len <= (uintptr_t)unpack->message.p + unpack->message.len;
}

void unpack_cover(struct unpack *unpack, struct str range)
{
	if (!is_of_message(unpack, range))
		return;
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

	if (unpack->covered_len == 0 || !is_of_message(unpack, range) || !sort_covered(unpack))
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/nearest.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { DISTANCE_NAME_MAX = 64 };

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static size_t distance(const char *a, const char *b)
{
	size_t row[DISTANCE_NAME_MAX + 1];
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > DISTANCE_NAME_MAX || b_len > DISTANCE_NAME_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t above = row[j];

			row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (lower(a[i - 1]) != lower(b[j - 1])));
			diagonal = above;
		}
	}
	return row[b_len];
}

const char *nearest_name(const char *name, const char *const *candidates)
{
	size_t best_distance = strlen(name) / 2 + 1;	/* more than half wrong is another word */
	const char *best = NULL;

	for (; *candidates != NULL; candidates++) {
		size_t d = distance(name, *candidates);

		if (d < best_distance) {
			best_distance = d;
			best = *candidates;
		}
	}
	return best;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "milter/unpack/mime_walk.h"

void mime_outcome_add(struct arena *arena, struct mime_outcome *outcome, const struct content *content)
{
	*(const struct content **)arena_push(arena, (void **)&outcome->items, &outcome->len, sizeof(struct content *)) = content;
}

void mime_outcome_join(struct arena *arena, struct mime_outcome *outcome, const struct mime_outcome *more)
{
	for (size_t i = 0; i < more->len; i++)
		mime_outcome_add(arena, outcome, more->items[i]);
}

static int compare(const void *a, const void *b)
{
	uintptr_t left = (uintptr_t)*(const struct content *const *)a, right = (uintptr_t)*(const struct content *const *)b;

	return left < right ? -1 : left > right;
}

/* The same bytes twice are one thing, and two contents with the same bytes are one pointer. */
static void sort_distinct(struct mime_outcome *outcome)
{
	size_t len = 0;

	if (outcome->len < 2)
		return;
	qsort(outcome->items, outcome->len, sizeof(struct content *), compare);
	for (size_t i = 0; i < outcome->len; i++) {
		if (i == 0 || outcome->items[i] != outcome->items[len - 1])
			outcome->items[len++] = outcome->items[i];
	}
	outcome->len = len;
}

bool mime_outcome_equal(struct mime_outcome *a, struct mime_outcome *b)
{
	sort_distinct(a);
	sort_distinct(b);
	return a->len == b->len && (a->len == 0 || memcmp(a->items, b->items, a->len * sizeof(struct content *)) == 0);
}

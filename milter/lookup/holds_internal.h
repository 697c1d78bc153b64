/* SPDX-License-Identifier: GPL-2.0-or-later */
/* holds_internal.h - the lines of the file, shared by its reader (holds.c) and its writer (holds_write.c). */
#ifndef OCTROI_LOOKUP_HOLDS_INTERNAL_H
#define OCTROI_LOOKUP_HOLDS_INTERNAL_H

#include "milter/lookup/holds.h"

#define HOLDS_FILE_MAX (1 << 20)	/* bytes: a larger one is not ours */
#define HOLDS_LINE_MAX 2048
#define HOLDS_FORGIVEN_MS (7ULL * 24 * 3600 * 1000)

struct holds_lines {
	struct hold *items;
	size_t len;
	size_t skipped;		/* lines that cannot be read */
};

/* Reads the file fd, or as much of it as is a file of ours. Returns 0 or a negative errno. */
int holds_read(int fd, struct arena *arena, struct holds_lines *ret_lines);

/* One line with its line end, into arena. */
const char *holds_line(struct arena *arena, const struct hold *hold);

/* In force at now, or still to be remembered because it forgives. */
bool holds_counts(const struct hold *hold, int64_t now_ms);

#endif

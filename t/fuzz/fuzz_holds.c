/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of holds: whatever stands in it, what is read can be written and is read again the same. */
#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "milter/lookup/holds_internal.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void read_bytes(const void *data, size_t size, struct arena *arena, struct holds_lines *ret_lines)
{
	int fd = memfd_create("holds", MFD_CLOEXEC);

	assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	assert(holds_read(fd, arena, ret_lines) == 0);
	(void)close(fd);
}

static void check_hold(struct arena *arena, const struct hold *hold)
{
	const char *line = holds_line(arena, hold);
	struct holds_lines again;

	assert(strlen(line) > 0 && strchr(line, '\n') == line + strlen(line) - 1);
	(void)holds_counts(hold, 1700000000000);
	if (strlen(line) - 1 > HOLDS_LINE_MAX)
		return;
	read_bytes(line, strlen(line), arena, &again);
	assert(again.len == 1 && again.skipped == 0);
	assert(again.items[0].kind == hold->kind && again.items[0].freed == hold->freed);
	assert(again.items[0].since_ms == hold->since_ms && again.items[0].until_ms == hold->until_ms);
	assert(strcmp(again.items[0].subject, hold->subject) == 0 && strcmp(again.items[0].by, hold->by) == 0);
	assert(strcmp(again.items[0].because, hold->because) == 0);
	assert(holds_same(hold->kind, again.items[0].subject, hold->subject));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct arena *arena = arena_new();
	struct holds_lines lines;

	read_bytes(data, size, arena, &lines);
	for (size_t i = 0; i < lines.len && i < 20; i++)
		check_hold(arena, &lines.items[i]);
	arena_free(arena);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/isolate/hugepages.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "milter/base/cleanup.h"
#include "milter/isolate/sanitizer.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25	/* Linux 6.1; the headers of Debian 12 are older */
#endif

#define HUGE_BYTES ((uintptr_t)2 << 20)
#define RANGES_MAX 4096

/* "START-END PERMS OFFSET DEV INODE PATH" of proc(5): writable, private, and of no file. */
static bool parse_line(const char *line, uintptr_t *ret_start, uintptr_t *ret_end)
{
	unsigned long start, end, inode;
	char perms[5], path[16] = "";

	if (sscanf(line, "%lx-%lx %4s %*s %*s %lu %15s", &start, &end, perms, &inode, path) < 4)	/* NOLINT(cert-err34-c): the kernel's */
		return false;
	if (strcmp(perms, "rw-p") != 0 || inode != 0 || (path[0] != '\0' && strcmp(path, "[heap]") != 0))
		return false;
	*ret_start = (start + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1);
	*ret_end = end & ~(HUGE_BYTES - 1);
	return *ret_end > *ret_start;
}

/* One huge page at a time: the kernel gives up on a whole range at the first page that it cannot have. */
static size_t collapse(uintptr_t start, uintptr_t end)
{
	size_t bytes = 0;

	for (; start < end; start += HUGE_BYTES) {
		void *page = (void *)start;	/* NOLINT(performance-no-int-to-ptr): addresses come as text */

		if (madvise(page, HUGE_BYTES, MADV_HUGEPAGE) == 0 && madvise(page, HUGE_BYTES, MADV_COLLAPSE) == 0)
			bytes += HUGE_BYTES;
	}
	return bytes;
}

size_t hugepages_collapse(void)
{
	_cleanup_(fclose_filep) FILE *maps = fopen("/proc/self/maps", "re");
	static uintptr_t ranges[RANGES_MAX][2];		/* read first: what is done changes the file */
	size_t len = 0, bytes = 0;
	char line[512];

	if (under_sanitizer)
		return 0;	/* its shadow is terabytes of nothing */
	while (maps != NULL && len < RANGES_MAX && fgets(line, sizeof(line), maps) != NULL)
		len += parse_line(line, &ranges[len][0], &ranges[len][1]);
	for (size_t i = 0; i < len; i++)
		bytes += collapse(ranges[i][0], ranges[i][1]);
	return bytes;
}

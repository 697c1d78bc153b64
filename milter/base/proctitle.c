/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/proctitle.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "milter/base/arena.h"
#include "milter/base/cleanup.h"

static char *room;
static size_t room_size;

/* Fields 48 to 51 of proc(5)'s stat: where the arguments and the environment lie. The command's name may hold anything, so
 * counting starts behind its last parenthesis. */
static int find_room(uintptr_t bounds[4])
{
	_cleanup_(fclose_filep) FILE *file = fopen("/proc/self/stat", "re");
	char text[2048];
	char *p, *rest;

	if (file == NULL || fgets(text, sizeof(text), file) == NULL || (p = strrchr(text, ')')) == NULL)
		return -1;
	p = strtok_r(p + 1, " ", &rest);
	for (int field = 3; p != NULL && field < 52; field++, p = strtok_r(NULL, " ", &rest))
		if (field >= 48)
			bounds[field - 48] = (uintptr_t)strtoull(p, NULL, 10);
	return p == NULL ? -1 : 0;
}

static void move_environment(void)
{
	/* They stay, also when setenv(3) and unsetenv(3) have put others in their place. */
	static char **copy, *text;
	char *p;
	size_t n = 0, size = 1;

	for (; environ[n] != NULL; n++)
		size += strlen(environ[n]) + 1;
	copy = xcalloc(n + 1, sizeof(*copy));
	p = text = xcalloc(size, 1);
	for (size_t i = 0; i < n; i++) {
		copy[i] = p;
		p = stpcpy(p, environ[i]) + 1;
	}
	environ = copy;
}

void proctitle_init(void)
{
	uintptr_t bounds[4] = { 0 };

	if (room != NULL || find_room(bounds) < 0 || bounds[0] == 0 || bounds[1] <= bounds[0])
		return;
	move_environment();
	room = (char *)bounds[0];	/* NOLINT(performance-no-int-to-ptr): an address is what the kernel tells */
	room_size = bounds[1] - bounds[0];
	if (bounds[2] == bounds[1] && bounds[3] > bounds[2])
		room_size = bounds[3] - bounds[0];
}

void proctitle_set(const char *title)
{
	size_t len = strlen(title);

	if (room == NULL || room_size < 2)
		return;
	if (len > room_size - 2)
		len = room_size - 2;
	/* A last byte of the arguments that is not NUL makes the kernel read on to the first NUL (setproctitle's way). */
	memset(room, 0, room_size);
	memcpy(room, title, len);	/* NOLINT(bugprone-not-null-terminated-result): NULs follow */
}

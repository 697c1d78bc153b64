/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/doctor_path.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static void add_step(struct arena *arena, struct path_facts *path, const char *name)
{
	struct path_step *step = arena_push(arena, (void **)&path->steps, &path->len, sizeof(*step));
	struct stat st;

	step->path = name;
	if (stat(name, &st) < 0) {
		step->error = errno;
		return;
	}
	step->mode = st.st_mode;
	step->uid = st.st_uid;
	step->gid = st.st_gid;
}

struct path_facts doctor_path(struct arena *arena, const char *name)
{
	struct path_facts path = { NULL, 0 };
	char real[PATH_MAX];

	/* of what symbolic links lead to: their own rights say nothing */
	if (realpath(name, real) != NULL)
		name = real;
	add_step(arena, &path, "/");
	for (const char *slash = strchr(name + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/'))
		add_step(arena, &path, arena_strndup(arena, name, (size_t)(slash - name)));
	add_step(arena, &path, arena_strdup(arena, name));
	return path;
}

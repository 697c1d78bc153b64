/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/holds.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/lookup/holds_internal.h"

enum { LOOK_MS = 100 };

struct holds {
	char *path;
	void (*tell)(const char *text);
	pthread_mutex_t lock;		/* of all below */
	uint64_t looked_ms;		/* monotonic; 0: never */
	struct stat stat;		/* of the file that was read; all zero: there was none */
	struct arena *arena;		/* of lines */
	struct holds_lines lines;
};

struct holds *holds_open(const char *path, void (*tell)(const char *text))
{
	struct holds *holds = xcalloc(1, sizeof(*holds));

	holds->path = xstrdup(path);
	holds->tell = tell;
	holds->arena = arena_new();
	(void)pthread_mutex_init(&holds->lock, NULL);
	return holds;
}

void holds_close(struct holds *holds)
{
	if (holds == NULL)
		return;
	arena_free(holds->arena);
	(void)pthread_mutex_destroy(&holds->lock);
	free(holds->path);
	free(holds);
}

/* A writer puts a new file in the place of the old one. */
static bool is_the_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* What could not be read leaves in force what was there before: a hold does not end because a disk failed. */
static void reload(struct holds *holds, const struct stat *st)
{
	_cleanup_(close_fdp) int fd = open(holds->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct arena *arena;
	struct holds_lines lines;

	if (fd < 0)
		return;
	arena = arena_new();
	if (holds_read(fd, arena, &lines) < 0) {
		arena_free(arena);
		return;
	}
	arena_free(holds->arena);
	holds->arena = arena;
	holds->lines = lines;
	holds->stat = *st;
	if (lines.skipped > 0 && holds->tell != NULL)
		holds->tell("the file of holds has lines that cannot be read: they are skipped");
}

static void look(struct holds *holds)
{
	uint64_t now_ms = clock_monotonic_ms();
	struct stat st;

	if (holds->looked_ms != 0 && now_ms - holds->looked_ms < LOOK_MS)
		return;
	holds->looked_ms = now_ms;
	if (lstat(holds->path, &st) == 0) {
		if (S_ISREG(st.st_mode) && !is_the_same(&st, &holds->stat))
			reload(holds, &st);
	} else if (errno == ENOENT && holds->stat.st_ino != 0) {
		holds->lines = (struct holds_lines){ .len = 0 };
		memset(&holds->stat, 0, sizeof(holds->stat));
	}
}

static bool concerns(const struct hold *hold, const char *login, const struct ip *client)
{
	struct network network;

	if (hold->kind == HOLD_LOGIN)
		return login[0] != '\0' && holds_same(HOLD_LOGIN, hold->subject, login);
	return client->family != IP_NONE && network_parse(hold->subject, &network) == 0 && network_contains(&network, client);
}

static void copy(struct arena *arena, const struct hold *hold, struct hold *ret_hold)
{
	*ret_hold = *hold;
	ret_hold->subject = arena_strdup(arena, hold->subject);
	ret_hold->by = arena_strdup(arena, hold->by);
	ret_hold->because = arena_strdup(arena, hold->because);
}

bool holds_find(struct holds *holds, struct arena *arena, const char *login, const struct ip *client, struct hold *ret_hold)
{
	int64_t now_ms = (int64_t)clock_wall_ms();
	bool found = false;

	(void)pthread_mutex_lock(&holds->lock);
	look(holds);
	for (size_t i = 0; !found && i < holds->lines.len; i++) {
		const struct hold *hold = &holds->lines.items[i];

		found = !hold->freed && holds_counts(hold, now_ms) && concerns(hold, login, client);
		if (found)
			copy(arena, hold, ret_hold);
	}
	(void)pthread_mutex_unlock(&holds->lock);
	return found;
}

int64_t holds_freed_ms(struct holds *holds, enum hold_kind kind, const char *subject)
{
	int64_t freed_ms = 0;

	(void)pthread_mutex_lock(&holds->lock);
	look(holds);
	for (size_t i = 0; i < holds->lines.len; i++) {
		const struct hold *hold = &holds->lines.items[i];

		if (hold->freed && hold->kind == kind && hold->since_ms > freed_ms && holds_same(kind, hold->subject, subject))
			freed_ms = hold->since_ms;
	}
	(void)pthread_mutex_unlock(&holds->lock);
	return freed_ms;
}

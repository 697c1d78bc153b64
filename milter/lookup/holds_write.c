/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/lookup/holds_internal.h"

enum { LOCK_WAIT_MS = 2000, LOCK_PAUSE_MS = 5 };

static int read_file(const char *path, struct arena *arena, struct holds_lines *ret_lines, struct stat *ret_stat)
{
	_cleanup_(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	*ret_lines = (struct holds_lines){ .len = 0 };
	memset(ret_stat, 0, sizeof(*ret_stat));
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, ret_stat) < 0)
		return -errno;
	return S_ISREG(ret_stat->st_mode) ? holds_read(fd, arena, ret_lines) : -EINVAL;
}

static void pause_ms(unsigned ms)
{
	const struct timespec pause = { .tv_nsec = (long)ms * 1000000 };

	(void)nanosleep(&pause, NULL);
}

/* Whoever writes waits for whoever else does, but not for one that was stopped: behind this may be a session. */
static int lock_file(int fd)
{
	for (unsigned waited_ms = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; waited_ms += LOCK_PAUSE_MS) {
		if ((errno != EWOULDBLOCK && errno != EINTR) || waited_ms >= LOCK_WAIT_MS)
			return errno == EWOULDBLOCK ? -EBUSY : -errno;
		pause_ms(LOCK_PAUSE_MS);
	}
	return 0;
}

/* root writes a file that the filter must read and lock (and the filter one that is its own). */
static int give_to_owner(int fd, const char *directory, const struct stat *old)
{
	struct stat st = *old;

	if (geteuid() != 0)
		return 0;
	if (st.st_ino == 0 && stat(directory, &st) < 0)
		return -errno;
	return fchown(fd, st.st_uid, st.st_gid) < 0 ? -errno : 0;
}

/* The lock is a file of its own, because the other one is replaced. Returns its descriptor or a negative errno. */
static int lock(struct arena *arena, const char *path, const char *directory)
{
	static const struct stat nothing;
	int fd = open(arena_printf(arena, "%s.lock", path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	int r = fd < 0 ? -errno : lock_file(fd);

	if (r == 0)
		r = give_to_owner(fd, directory, &nothing);
	if (r == 0)
		return fd;
	(void)close_fd(fd);
	return r;
}

static int write_all(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

static int sync_directory(const char *directory)
{
	_cleanup_(close_fdp) int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static const char *directory_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? "." : arena_strndup(arena, path, (size_t)(slash - path) + (slash == path));
}

/* An administrator may have given it to a group. */
static int take_mode(int fd, const struct stat *old)
{
	mode_t mode = old->st_ino == 0 ? 0640 : (old->st_mode & 0666) | 0600;

	return fchmod(fd, mode) < 0 ? -errno : 0;
}

static int replace(struct arena *arena, const char *path, const char *text, const struct stat *old)
{
	const char *fresh = arena_printf(arena, "%s.new", path), *directory = directory_of(arena, path);
	_cleanup_(close_fdp) int fd = -1;
	int r;

	(void)unlink(fresh);	/* of a writer that died: we hold the lock */
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return -errno;
	r = give_to_owner(fd, directory, old);
	if (r == 0)
		r = take_mode(fd, old);
	if (r == 0)
		r = write_all(fd, text);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r == 0 && rename(fresh, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(fresh);
	return r < 0 ? r : sync_directory(directory);
}

/* What forgives stays beside a new hold: what came before it is forgiven all the same. */
static bool is_replaced(const struct hold *old, const struct hold *hold)
{
	return old->kind == hold->kind && holds_same(hold->kind, old->subject, hold->subject) && (!old->freed || hold->freed);
}

/* The new one first; of the others what still counts, as much of it as the file may hold: the oldest stand at its end. */
static const char *joined(struct arena *arena, const struct holds_lines *lines, const struct hold *hold, int64_t now_ms)
{
	char *text = arena_alloc(arena, HOLDS_FILE_MAX + 1), *end = text;

	for (size_t i = 0; i <= lines->len; i++) {
		const struct hold *one = i == 0 ? hold : &lines->items[i - 1];
		const char *line;

		if (i > 0 && (!holds_counts(one, now_ms) || is_replaced(one, hold)))
			continue;
		line = holds_line(arena, one);
		if (strlen(line) <= HOLDS_LINE_MAX && strlen(line) <= (size_t)(text + HOLDS_FILE_MAX - end))
			end = stpcpy(end, line);
	}
	return text;
}

/* Its words are the first to go. */
static int fit(struct arena *arena, const struct hold *hold, struct hold *ret_hold)
{
	*ret_hold = *hold;
	if (strlen(holds_line(arena, ret_hold)) <= HOLDS_LINE_MAX)
		return 0;
	ret_hold->because = "";
	return strlen(holds_line(arena, ret_hold)) <= HOLDS_LINE_MAX ? 0 : -E2BIG;
}

/* A program shortens no hold of an operator. */
static bool is_needless(const struct holds_lines *lines, const struct hold *hold, int64_t now_ms)
{
	if (hold->freed || strcmp(hold->by, HOLDS_PROGRAM) != 0)
		return false;
	for (size_t i = 0; i < lines->len; i++) {
		const struct hold *old = &lines->items[i];

		if (!old->freed && holds_counts(old, now_ms) && is_replaced(old, hold) &&
		    (old->until_ms == 0 || (hold->until_ms != 0 && old->until_ms >= hold->until_ms)))
			return true;
	}
	return false;
}

static int add(struct arena *arena, const char *path, const struct hold *wanted)
{
	_cleanup_(close_fdp) int locked = lock(arena, path, directory_of(arena, path));
	int64_t now_ms = (int64_t)clock_wall_ms();
	struct holds_lines lines;
	struct hold hold;
	struct stat old;
	int r = fit(arena, wanted, &hold);

	if (r == 0 && locked < 0)
		r = locked;
	if (r == 0)
		r = read_file(path, arena, &lines, &old);
	if (r < 0 || is_needless(&lines, &hold, now_ms))
		return r;
	return replace(arena, path, joined(arena, &lines, &hold, now_ms), &old);
}

int holds_add(const char *path, const struct hold *hold)
{
	struct arena *arena = arena_new();
	int r = add(arena, path, hold);

	arena_free(arena);
	return r;
}

int holds_list(const char *path, struct arena *arena, struct hold **ret_holds)
{
	int64_t now_ms = (int64_t)clock_wall_ms();
	struct holds_lines lines;
	struct stat st;
	int r = read_file(path, arena, &lines, &st), len = 0;

	if (r < 0)
		return r;
	for (size_t i = 0; i < lines.len; i++)
		if (holds_counts(&lines.items[i], now_ms))
			lines.items[len++] = lines.items[i];
	*ret_holds = lines.items;
	return len;
}

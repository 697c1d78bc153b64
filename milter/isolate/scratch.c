/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/isolate/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/base/str.h"

#define PREFIX "examiner-"

static const int open_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

static void closedir_dirp(DIR **dir)
{
	if (*dir != NULL)
		(void)closedir(*dir);
}

/* Removes one entry. Returns 1 when it is a directory that is not empty, else 0 or a negative errno. */
static int remove_entry(int dir_fd, const char *name)
{
	if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	if (unlinkat(dir_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	return errno == ENOTEMPTY || errno == EEXIST ? 1 : -errno;
}

static int open_child(int dir_fd, const char *name, int *ret_child)
{
	/* it may have been closed to ourselves */
	if (fchmodat(dir_fd, name, 0700, 0) < 0 && errno == ENOENT)
		return -ENOENT;
	*ret_child = openat(dir_fd, name, open_flags);
	return *ret_child < 0 ? -errno : 0;
}

/* Removes entries until one is a directory that is not empty: its descriptor is *ret_child, else -1. */
static int remove_entries(int dir_fd, int *ret_child)
{
	_cleanup_(closedir_dirp) DIR *dir = NULL;
	const struct dirent *entry;
	int fd = openat(dir_fd, ".", open_flags);

	*ret_child = -1;
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (dir == NULL) {
		int r = -errno;

		(void)close_fd(fd);
		return r;
	}
	while ((entry = readdir(dir)) != NULL) {
		int r = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ?
			0 : remove_entry(dir_fd, entry->d_name);

		if (r > 0)
			r = open_child(dir_fd, entry->d_name, ret_child);
		if (r < 0 || *ret_child >= 0)
			return r;
	}
	return 0;
}

/* Walks down into what is not empty and up again with one descriptor, whatever the depth. Nobody else works in the tree,
 * so ".." is where we came from. Takes over fd. */
static int remove_below(int fd)
{
	size_t depth = 0;

	for (;;) {
		int next = -1;
		int r = remove_entries(fd, &next);

		if (next < 0 && (r < 0 || depth == 0)) {
			(void)close_fd(fd);
			return r;
		}
		if (next >= 0) {
			depth++;
		} else {
			next = openat(fd, "..", open_flags);
			depth--;
		}
		(void)close_fd(fd);
		if (next < 0)
			return -EIO;
		fd = next;
	}
}

int scratch_empty(const char *path)
{
	int fd = open(path, open_flags);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	return remove_below(fd);
}

int scratch_path(const char *base, pid_t pid, char *ret_path, size_t size)
{
	int n = snprintf(ret_path, size, "%s/" PREFIX "%ld", base, (long)pid);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int scratch_make(const char *base, const char *path)
{
	/* Another zygote that ends may remove the base, if it is empty, between our two calls. */
	for (int tries = 0; tries < 4; tries++) {
		if (mkdir(base, 0700) < 0 && errno != EEXIST)
			return -errno;
		if (mkdir(path, 0700) == 0)
			return 0;
		if (errno == EEXIST) {
			(void)scratch_empty(path);
			(void)rmdir(path);
		} else if (errno != ENOENT) {
			return -errno;
		}
	}
	return -EEXIST;
}

void scratch_remove(const char *base, pid_t pid)
{
	char path[512];

	if (scratch_path(base, pid, path, sizeof(path)) < 0 || (rmdir(path) < 0 && errno == ENOENT))
		return;
	(void)scratch_empty(path);
	(void)rmdir(path);
}

static bool is_alive(pid_t pid)
{
	return kill(pid, 0) == 0 || errno != ESRCH;
}

/* A zygote that was killed could not tidy up. */
static void sweep(DIR *dir, const char *base)
{
	const struct dirent *entry;

	while ((entry = readdir(dir)) != NULL) {
		struct str name = str_of(entry->d_name);
		unsigned long long pid;

		if (!str_has_prefix(name, STR(PREFIX)))
			continue;
		name = (struct str){ name.p + sizeof(PREFIX) - 1, name.len - (sizeof(PREFIX) - 1) };
		if (str_to_u64(name, &pid) == 0 && pid > 0 && pid <= 0x3fffffff && !is_alive((pid_t)pid))
			scratch_remove(base, (pid_t)pid);
	}
}

int scratch_open_base(const char *base)
{
	_cleanup_(closedir_dirp) DIR *dir = NULL;
	struct stat st;
	int fd;

	if (mkdir(base, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(base, open_flags);
	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (dir == NULL) {
		int r = -errno;

		(void)close_fd(fd);
		return r;
	}
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid() || (st.st_mode & 022) != 0)
		return -EPERM;
	sweep(dir, base);
	return 0;
}

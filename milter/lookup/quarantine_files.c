/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and descriptors of the spool. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/lookup/quarantine_internal.h"

bool quarantine_is_id(const char *text)
{
	for (size_t i = 0; i < QUARANTINE_ID_LEN; i++)
		if (i == 4 ? text[i] != '-' : !ascii_is_digit(text[i]) && (text[i] < 'A' || text[i] > 'Z'))
			return false;
	return text[QUARANTINE_ID_LEN] == '\0';
}

void quarantine_name(char name[QUARANTINE_NAME_SIZE], const char *id, const char *suffix)
{
	(void)snprintf(name, QUARANTINE_NAME_SIZE, "%s%s", id, suffix);
}

int quarantine_openat(const struct quarantine *quarantine, const char *name, int flags)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY),
		.mode = (flags & O_CREAT) != 0 ? 0600 : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	long fd;

	do
		fd = syscall(SYS_openat2, quarantine->dir, name, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	if (fd < 0 && errno == ENOSYS)	/* a container that has not heard of it; our names have one part, so that this is as good */
		fd = openat(quarantine->dir, name, (int)how.flags, (mode_t)how.mode);
	return fd < 0 ? -errno : (int)fd;
}

int quarantine_open_file(const struct quarantine *quarantine, const char *name)
{
	_cleanup_(close_fdp) int fd = quarantine_openat(quarantine, name, O_RDONLY);
	struct stat st;

	if (fd < 0)
		return fd == -ELOOP || fd == -ENXIO ? -EBADMSG : fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || (st.st_uid != quarantine->owner && st.st_uid != 0))
		return -EBADMSG;
	return quarantine_take_fd(&fd);
}

int quarantine_write(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int quarantine_sync(int fd)
{
	int r;

	do
		r = fsync(fd);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

int quarantine_unlink(const struct quarantine *quarantine, const char *name)
{
	return unlinkat(quarantine->dir, name, 0) < 0 ? -errno : 0;
}

/* Somebody may have removed it between our opening and locking it: -ENOENT then. */
static int check_still_named(const struct quarantine *quarantine, const char *name, int fd)
{
	struct stat named, opened;

	if (fstatat(quarantine->dir, name, &named, AT_SYMLINK_NOFOLLOW) < 0 || fstat(fd, &opened) < 0)
		return -errno;
	return named.st_ino == opened.st_ino && named.st_dev == opened.st_dev ? 0 : -ENOENT;
}

int quarantine_lock_item(const struct quarantine *quarantine, const char *id)
{
	_cleanup_(close_fdp) int fd = -1;
	int r;

	if (!quarantine_is_id(id))
		return -ENOENT;
	fd = quarantine_open_file(quarantine, id);
	if (fd < 0)
		return fd;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EALREADY : -errno;
	r = check_still_named(quarantine, id, fd);
	if (r < 0)
		return r;
	return quarantine_take_fd(&fd);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/fresh_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "milter/base/cleanup.h"

static int fresh_name(const char *path, char name[PATH_MAX])
{
	return snprintf(name, PATH_MAX, "%s.new", path) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

FILE *fresh_file_open(const char *path)
{
	char name[PATH_MAX];
	FILE *file;
	int fd;

	if (fresh_name(path, name) < 0) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	(void)unlink(name);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (file == NULL)
		(void)close_fd(fd);
	return file;
}

static int flush(FILE *file)
{
	errno = 0;
	if (fflush(file) == 0 && ferror(file) == 0 && fsync(fileno(file)) == 0)
		return 0;
	return errno == 0 ? -EIO : -errno;
}

int fresh_file_replace(FILE *file, const char *path)
{
	char name[PATH_MAX];
	int r = flush(file);

	if (fclose(file) != 0 && r == 0)
		r = -errno;
	(void)fresh_name(path, name);
	if (r == 0 && rename(name, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(name);
	return r;
}

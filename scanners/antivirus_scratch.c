/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/antivirus_scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "milter/base/cleanup.h"

int antivirus_scratch_probe(const char *scratch)
{
	static const char block[4096];
	char path[ANTIVIRUS_SCRATCH_MAX + 16];
	_cleanup_(close_fdp) int fd = -1;
	ssize_t written;
	int error = 0;

	(void)snprintf(path, sizeof(path), "%s/octroi-probe", scratch);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	written = write(fd, block, sizeof(block));
	if (written != (ssize_t)sizeof(block))
		error = written < 0 ? -errno : -ENOSPC;
	if (unlink(path) < 0 && error == 0)
		error = -errno;
	return error;
}

int antivirus_scratch_measure(const char *scratch, uint64_t bytes)
{
	struct statvfs fs;

	if (statvfs(scratch, &fs) < 0)
		return -errno;
	return (uint64_t)fs.f_bavail * fs.f_frsize < bytes ? -ENOSPC : 0;
}

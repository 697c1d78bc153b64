/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/cleanup.h"

#include <errno.h>

int close_fd(int fd)
{
	int saved = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = saved;
	return -1;
}

void close_fdp(int *fd)
{
	*fd = close_fd(*fd);
}

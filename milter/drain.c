/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/drain.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/base/str.h"

static int bind_to(int fd, const struct sockaddr_un *address, socklen_t len)
{
	return bind(fd, (const struct sockaddr *)(const void *)address, len) < 0 ? -errno : 0;
}

/* A name in a directory of ours, gone again at once: the descriptor that stays open (as long as the process) is the only way
 * to the socket. */
static int bind_hidden(int fd, struct endpoint *ret_idle)
{
	char directory[] = "/tmp/octroi-XXXXXX";
	struct sockaddr_un address = { .sun_family = AF_UNIX }, *reached = (void *)&ret_idle->address;
	int r, way = -1;

	if (mkdtemp(directory) == NULL)
		return -errno;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/idle", directory);
	r = bind_to(fd, &address, sizeof(address));
	if (r == 0) {
		way = open(address.sun_path, O_PATH | O_CLOEXEC);
		r = way < 0 ? -errno : 0;
		(void)unlink(address.sun_path);
	}
	(void)rmdir(directory);
	*ret_idle = (struct endpoint){ .len = sizeof(*reached) };
	reached->sun_family = AF_UNIX;
	(void)snprintf(reached->sun_path, sizeof(reached->sun_path), "/proc/self/fd/%d", way);
	return r;
}

/* Where there is no room for the former: in the abstract space, where the kernel chooses a name that nobody has. A local user
 * who finds it can open sessions with a filter that is leaving. */
static int bind_unnamed(int fd, struct endpoint *ret_idle)
{
	const struct sockaddr_un family = { .sun_family = AF_UNIX };
	int r = bind_to(fd, &family, sizeof(family.sun_family));

	return r < 0 ? r : endpoint_of(fd, ret_idle);
}

static int open_idle(int (*bind_somehow)(int fd, struct endpoint *ret_idle), struct endpoint *ret_idle)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = fd < 0 ? -errno : bind_somehow(fd, ret_idle);

	if (r == 0 && listen(fd, SOMAXCONN) < 0)
		r = -errno;
	if (r == 0)
		return fd;
	(void)close_fd(fd);
	return r;
}

int drain_begin(int listen_fd, struct endpoint *ret_idle)
{
	_cleanup_(close_fdp) int fd = open_idle(bind_hidden, ret_idle);

	if (fd < 0)
		fd = open_idle(bind_unnamed, ret_idle);
	if (fd < 0)
		return fd;
	return dup3(fd, listen_fd, O_CLOEXEC) < 0 ? -errno : 0;
}

int drain_sessions(const struct endpoint *served)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	unsigned long long fd;
	int sessions = 0;

	if (dir == NULL)
		return -errno;
	while ((entry = readdir(dir)) != NULL)
		if (str_to_u64(str_of(entry->d_name), &fd) == 0 && endpoint_accepted(served, (int)fd))
			sessions++;
	(void)closedir(dir);
	return sessions;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/manager.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"

enum { STATE_MAX = 1024 };

/* sd_notify(3) waits for a manager that does not read, and the supervisor must wait for nobody. */
static void __attribute__((format(printf, 1, 2))) notify(const char *format, ...)
{
	_cleanup_(close_fdp) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path == NULL ? 0 : strlen(path);
	char state[STATE_MAX];
	va_list args;

	if (fd < 0 || len < 2 || len >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, len);
	if (path[0] == '@')
		address.sun_path[0] = '\0';	/* an abstract name */
	va_start(args, format);
	(void)vsnprintf(state, sizeof(state), format, args);
	va_end(args);
	(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)(const void *)&address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
}

int manager_listen_fds(int *ret_fd)
{
	int n = sd_listen_fds(1);

	*ret_fd = n > 0 ? SD_LISTEN_FDS_START : -1;
	return n;
}

uint64_t manager_watchdog_ms(void)
{
	uint64_t usec = 0;

	return sd_watchdog_enabled(0, &usec) > 0 ? usec / 1000 : 0;
}

void manager_ready(const char *status)
{
	notify("READY=1\nSTATUS=%s", status);
}

void manager_reloading(void)
{
	/* Type=notify-reload asks for the moment, to tell this reload from an earlier one. */
	notify("RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=reloading",
			 (unsigned long long)clock_monotonic_ms() * 1000);
}

void manager_stopping(void)
{
	notify("STOPPING=1\nSTATUS=stopping: sessions may finish");
}

void manager_status(const char *status)
{
	notify("STATUS=%s", status);
}

void manager_watchdog(void)
{
	notify("WATCHDOG=1");
}

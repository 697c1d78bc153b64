/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/manager.h"

#include <systemd/sd-daemon.h>

#include "milter/base/clock.h"

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
	(void)sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void manager_reloading(void)
{
	/* Type=notify-reload asks for the moment, to tell this reload from an earlier one. */
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=reloading",
			 (unsigned long long)clock_monotonic_ms() * 1000);
}

void manager_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1\nSTATUS=stopping: sessions may finish");
}

void manager_status(const char *status)
{
	(void)sd_notifyf(0, "STATUS=%s", status);
}

void manager_watchdog(void)
{
	(void)sd_notify(0, "WATCHDOG=1");
}

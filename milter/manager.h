/* SPDX-License-Identifier: GPL-2.0-or-later */
/* manager.h - the service manager (systemd): sockets it hands over, what it is told. Without one, nothing happens. */
#ifndef OCTROI_MANAGER_H
#define OCTROI_MANAGER_H

#include <stdint.h>

/* The listening sockets that were handed over (sd_listen_fds(3)). Returns their number, 0 for none, with the first in
 * *ret_fd, or a negative errno. To be called once: the environment is cleared, so that no child takes them for its own. */
int manager_listen_fds(int *ret_fd);

/* Milliseconds within which the watchdog must be fed, 0 without one. */
uint64_t manager_watchdog_ms(void);

/* sd_notify(3) messages. status is a short sentence. */
void manager_ready(const char *status);
void manager_reloading(void);
void manager_stopping(void);
void manager_status(const char *status);
void manager_watchdog(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* as_daemon.h - a command that looks at the system with the eyes of the daemon: root can read everything. */
#ifndef OCTROI_AS_DAEMON_H
#define OCTROI_AS_DAEMON_H

#include "milter/settings.h"

/* Root becomes the account that "user" names, for good; everybody else stays. Returns 0, or a negative errno with a problem for
 * which the daemon would not start either. */
int as_daemon(const struct settings *settings, char problem[CONF_PROBLEM_MAX]);

#endif

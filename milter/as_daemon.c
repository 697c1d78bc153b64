/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/as_daemon.h"

#include <unistd.h>

#include "milter/privilege.h"

int as_daemon(const struct settings *settings, char problem[CONF_PROBLEM_MAX])
{
	struct run_as identity;
	int r;

	if (geteuid() != 0)
		return 0;
	r = run_as_find(settings->user, settings->socket_group, &identity, problem);
	return r < 0 ? r : privilege_drop(&identity, problem);
}

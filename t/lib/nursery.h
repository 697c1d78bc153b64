/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nursery.h - a supervisor for tests: a process without threads that forks zygotes for one that has some. */
#ifndef OCTROI_T_NURSERY_H
#define OCTROI_T_NURSERY_H

#include <sys/types.h>

#include "milter/isolate/zygote.h"

/* Before the first thread. settings must stay as they are. */
void nursery_start(const struct zygote_settings *settings);
void nursery_stop(void);

struct nursling {
	int channel;			/* for pool_set_zygote; -1: the zygote failed */
	pid_t pid;
	char status[1024];		/* what it said, or why it failed */
	char layers[256];
};

/* Forks a zygote and waits until it is ready. */
struct nursling nursery_zygote(void);

/* Closes its end of the control of all zygotes. */
void nursery_release(void);

#endif

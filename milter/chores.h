/* SPDX-License-Identifier: GPL-2.0-or-later */
/* chores.h - the thread on which scanners do what is due now and then (scanner.h, chore). */
#ifndef OCTROI_CHORES_H
#define OCTROI_CHORES_H

#include "milter/engine.h"

/* Starts it; the engine must outlive it. Returns 0 or a negative errno. */
int chores_start(struct engine *engine);

/* No chore begins any more: another filter has taken over. */
void chores_stop(void);

#endif

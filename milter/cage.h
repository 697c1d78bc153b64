/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cage.h - a zygote and a pool for a command that has no supervisor. */
#ifndef OCTROI_CAGE_H
#define OCTROI_CAGE_H

#include "conf/conf.h"
#include "milter/isolate/pool.h"

struct cage;

/* Starts a zygote and waits until it serves. On failure there is a cage all the same whose pool answers -EAGAIN, and problem
 * says why (else ""). */
struct cage *cage_start(const struct conf *conf, char problem[CONF_PROBLEM_MAX]);
struct pool *cage_pool(struct cage *cage);
void cage_stop(struct cage *cage);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nudge.h - keeps libmilter's workers coming while callbacks take their time.
 *
 * Sessions that become ready at the same instant share the workers that exist, and libmilter makes a new one only when a
 * connection arrives. So, while a callback runs for longer than 20 ms, a connection arrives every 10 ms: ours. */
#ifndef OCTROI_NUDGE_H
#define OCTROI_NUDGE_H

#include "milter/endpoint.h"

/* Starts the thread. endpoint is that of the socket libmilter accepts on. Returns 0 or a negative errno. */
int nudge_start(const struct endpoint *endpoint);

/* From now on that is another one. */
void nudge_redirect(const struct endpoint *endpoint);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* drain.h - how a filter ends without dropping a session: libmilter hears no new connection, those it has are let finish.
 *
 * libmilter's own way (smfi_stop, SIGTERM) leaves live sessions without any answer, so it is never used. */
#ifndef OCTROI_DRAIN_H
#define OCTROI_DRAIN_H

#include "milter/endpoint.h"

/* Puts an idle socket in the place of listen_fd, in one step. libmilter goes on with that one, which only this process
 * reaches, at *ret_idle. Returns 0 or a negative errno: nothing has changed then. */
int drain_begin(int listen_fd, struct endpoint *ret_idle);

/* Sessions of this process that came in at served; a negative errno when that cannot be told. */
int drain_sessions(const struct endpoint *served);

#endif

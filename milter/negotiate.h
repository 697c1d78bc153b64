/* SPDX-License-Identifier: GPL-2.0-or-later */
/* negotiate.h - what we ask of the MTA at the start of a session: the same for every session of a process, because libmilter keeps it
 * in one table without a lock. */
#ifndef OCTROI_NEGOTIATE_H
#define OCTROI_NEGOTIATE_H

#include <libmilter/mfapi.h>

#include "milter/model/session.h"

/* For xxfi_negotiate. refuse_at: the first phase at which a session may be refused needs replies from there on. *ret_steps are the
 * steps that were agreed. Returns SMFIS_CONTINUE, or SMFIS_REJECT when the MTA cannot do what must be done. */
sfsistat negotiate(SMFICTX *ctx, enum phase refuse_at, unsigned long offered_actions, unsigned long offered_steps,
		   unsigned long *ret_actions, unsigned long *ret_steps);

#endif

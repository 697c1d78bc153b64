/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apply.h - the one place that answers the MTA and changes mail. */
#ifndef OCTROI_APPLY_H
#define OCTROI_APPLY_H

#include <libmilter/mfapi.h>

#include "milter/stamp.h"

/* Before the end of the message: go on, or the verdict's refusal. Never "accept": Postfix keeps that for the next message. */
sfsistat apply_phase(SMFICTX *ctx, const struct verdict *verdict);

/* At the end of the message: reply, edits, quarantine. leading_space: the MTA leaves the space after the colon to us
 * (SMFIP_HDR_LEADSPC). When the MTA takes an edit badly nothing is let in: the message is
 * deferred under its id, and *ret_failure says why (NULL otherwise). */
sfsistat apply_message(SMFICTX *ctx, const struct verdict *verdict, const struct edits *edits, const char *id, bool leading_space,
		       const char **ret_failure);

/* At the end of a message that we keep ourselves: the MTA is told to forget it; or, when why says what went wrong, to keep it with its sender
 * (451), which is *ret_failure then. */
sfsistat apply_kept(SMFICTX *ctx, const char *why, const char *id, const char **ret_failure);

/* At the end of a message that cannot be answered as it should be, for our own reasons: 451 with its id. */
sfsistat apply_failure(SMFICTX *ctx, const char *why, const char *id, const char **ret_failure);

#endif

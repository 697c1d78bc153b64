/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seal.h - the last edits of a message, which depend on all the others: signatures. */
#ifndef OCTROI_SEAL_H
#define OCTROI_SEAL_H

#include "milter/engine.h"
#include "milter/stamp.h"

/* The header as it will leave: that of the message with these edits made. Lives in the message's arena. */
struct headers seal_header(const struct message *message, const struct edits *edits);

/* All edits that a verdict makes to the message of the session: those of stamp_edits, and behind them what the scanners seal it with. None
 * for a message that is not let in. */
struct edits seal_edits(struct engine *engine, struct session *session, const struct verdict *verdict);

#endif

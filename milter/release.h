/* SPDX-License-Identifier: GPL-2.0-or-later */
/* release.h - a message that comes back from our quarantine, and the mark that it carries in X-Octroi-Release. */
#ifndef OCTROI_RELEASE_H
#define OCTROI_RELEASE_H

#include "milter/hold.h"

#define RELEASE_FIELD "X-Octroi-Release"

/* Does the message carry a mark that is its own? Then message->spared says what it may pass. Call it before the hooks of PHASE_EOM, when
 * body_fd is complete. A mark counts on mail of this host alone, and of the first field of that name. */
void release_look(struct hold_place *place, const struct session *session, struct message *message);

/* The verdict on a message is about to be told to the MTA: if it was spared something, its mark is spent, unless it is to come again. Returns
 * NULL, or why it must come again: another one was quicker with this mark, or that cannot be written down. */
const char *release_spend(struct hold_place *place, const struct message *message, const struct verdict *verdict);

#endif

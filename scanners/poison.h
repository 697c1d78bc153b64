/* SPDX-License-Identifier: GPL-2.0-or-later */
/* poison.h - messages that kill or hang examiners: the third time is the last (threats RES-08, RES-09). */
#ifndef OCTROI_SCANNERS_POISON_H
#define OCTROI_SCANNERS_POISON_H

#include "milter/model/message.h"
#include "milter/lookup/store.h"

/* Has this message already done it three times? Cheap as long as no message has done it at all. */
bool poison_known(struct store *store, const struct message *message);

/* Notes that it did it again; returns true when this was the third time. */
bool poison_note(struct store *store, const struct message *message);

#endif

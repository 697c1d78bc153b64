/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold.h - a message with the verdict quarantine, kept by ourselves: quarantine.where = own. */
#ifndef OCTROI_HOLD_H
#define OCTROI_HOLD_H

#include "milter/engine.h"
#include "milter/lookup/quarantine.h"
#include "milter/stamp.h"

struct hold_place;

/* The spool of a configuration in state (NULL: there is no such directory), made when it is not there and wanted. One that cannot be used is
 * told in the log and tried again for each message. Never NULL. */
struct hold_place *hold_open(const struct conf *conf, const char *state);
void hold_close(struct hold_place *place);

/* Is the message to be kept by us? Not one of which we have only the beginning: that stays with the MTA. */
bool hold_is_ours(const struct hold_place *place, const struct message *message, const struct verdict *verdict);

/* Keeps the message with its header as the edits make it. Returns NULL when it is safe on the disk, else why not. */
const char *hold_message(struct hold_place *place, const struct session *session, const struct verdict *verdict, const struct edits *edits,
			 const struct services *services);

/* The spool, or NULL when there is none that can be used. */
struct quarantine *hold_spool(struct hold_place *place);

/* Removes what was held for longer than quarantine.keep; at most once an hour. */
void hold_expire(struct hold_place *place);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* authors.h - who wrote a message, for checks that must not be deceived: every address of every From field. */
#ifndef OCTROI_MAIL_AUTHORS_H
#define OCTROI_MAIL_AUTHORS_H

#include "milter/mail/header.h"
#include "milter/mail/mailbox.h"

/* Reads every field whose name some program takes for From (header_name_equal). Returns NULL with at least one author, or a
 * phrase why nobody can say who wrote it; *ret_authors lives in arena. */
const char *authors_read(struct arena *arena, const struct headers *headers, struct mailboxes *ret_authors);

#endif

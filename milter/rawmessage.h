/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rawmessage.h - a message as a file holds it, cut into what an MTA would hand to a filter. */
#ifndef OCTROI_RAWMESSAGE_H
#define OCTROI_RAWMESSAGE_H

#include "milter/base/str.h"
#include "milter/mail/header.h"

/* Reads the header fields (folds become LF, as libmilter gives them) and leaves the body. A first line that is no field ends the
 * header, as in Postfix. Lines end with LF or CRLF; a first line "From ..." of a mailbox file is left out. A value ends at a NUL, as
 * through libmilter. */
void rawmessage_split(struct arena *arena, struct str raw, struct headers *headers, struct str *ret_body);

#endif

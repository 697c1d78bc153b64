/* SPDX-License-Identifier: GPL-2.0-or-later */
/* antivirus_reading.h - the other way in which a message with bare CR can be read.
 *
 * To libclamav a CR without LF is no line end, to some mail readers it is. */
#ifndef OCTROI_SCANNERS_ANTIVIRUS_READING_H
#define OCTROI_SCANNERS_ANTIVIRUS_READING_H

#include <stdbool.h>

#include "milter/base/str.h"

bool reading_has_bare_cr(struct str message);

/* message.len bytes: every bare CR is a LF, everything else as it is. */
void reading_write_bare_cr(struct str message, char *ret_bytes);

#endif

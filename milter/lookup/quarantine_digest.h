/* SPDX-License-Identifier: GPL-2.0-or-later */
/* quarantine_digest.h - by what a message is known again that went out through sendmail(1) and comes in again. */
#ifndef OCTROI_LOOKUP_QUARANTINE_DIGEST_H
#define OCTROI_LOOKUP_QUARANTINE_DIGEST_H

#include <stdint.h>

#include "milter/base/digest.h"
#include "milter/mail/header.h"

/* SHA-256 over the fields that say what the body is and what people take it for (Content-..., MIME-Version, Subject), unfolded, and
 * over the body from body_offset of body_fd. An MTA may change how lines end, and it drops NUL: CR, NUL and what is empty at the end do not
 * count. Returns 0 or a negative errno. */
int quarantine_digest(const struct headers *headers, int body_fd, uint64_t body_offset, char ret_text[DIGEST_TEXT_SIZE]);

#endif

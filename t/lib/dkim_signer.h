/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkim_signer.h - signs messages for tests, however odd: an own and plain reading of RFC 6376 3.7, relaxed/relaxed, beside those of the library and of
 * the program. */
#ifndef OCTROI_T_DKIM_SIGNER_H
#define OCTROI_T_DKIM_SIGNER_H

#include "milter/base/arena.h"
#include "milter/base/str.h"
#include "milter/mail/dkim_sign_key.h"

/* The message (CRLF) with a DKIM-Signature field in front of it. tags are those of the field as they are to stand there, folds and all, with h= and
 * without bh= and b=; body_len: how much of the canonical body is hashed, SIZE_MAX for all. */
struct str dkim_sign_message(struct arena *arena, const struct dkim_sign_key *key, const char *tags, struct str message, size_t body_len);

#endif

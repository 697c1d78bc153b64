/* SPDX-License-Identifier: GPL-2.0-or-later */
/* authres.h - Authentication-Results (RFC 8601): does a field that arrived claim to be ours? */
#ifndef OCTROI_MAIL_AUTHRES_H
#define OCTROI_MAIL_AUTHRES_H

#include <stdbool.h>

#include "milter/base/arena.h"
#include "milter/base/str.h"

/* Is authserv_id (normalised as domain.h does) the authserv-id of this field value? Any case, comments and folding around
 * it, quotes, version, trailing dot, A-label or U-label (threats HDR-01). What cannot be read claims everything: true;
 * so does a value without an authserv-id ("spf=pass ..."), which a later program might take for its own. */
bool authres_claims(struct arena *arena, struct str value, const char *authserv_id);

#endif

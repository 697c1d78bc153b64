/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkim_body.h - how long a body is for DKIM: what l= has to reach (RFC 6376 3.4.3, 3.4.4). */
#ifndef OCTROI_MAIL_DKIM_BODY_H
#define OCTROI_MAIL_DKIM_BODY_H

#include <stdint.h>

#include "milter/base/str.h"

/* Octets of the canonical form of a body with CRLF line ends. */
uint64_t dkim_body_length(struct str body, bool relaxed);

#endif

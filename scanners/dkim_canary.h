/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkim_canary.h - a message that must verify: the example of RFC 8463 A.3, with an Ed25519 and an RSA signature. */
#ifndef OCTROI_SCANNERS_DKIM_CANARY_H
#define OCTROI_SCANNERS_DKIM_CANARY_H

#include "scanners/dkim_answer.h"

/* The message in the form of milter/spool.h and what the filter would ask about it. Its strings are constants and memory of this file. */
struct str dkim_canary(struct dkim_question *ret_question);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkim_crypto.h - does a signature over a hash come from that key? In the cage, with libcrypto; keys stay decoded. */
#ifndef OCTROI_SCANNERS_DKIM_CRYPTO_H
#define OCTROI_SCANNERS_DKIM_CRYPTO_H

#include "scanners/dkim_answer.h"

/* DKIM_VERIFIED, DKIM_BAD_SIGNATURE or DKIM_BAD_KEY. Not to be called by two threads at a time. */
enum dkim_status dkim_crypto_verify(const struct dkim_task *task, struct str hash);

/* Forgets the keys: for tests; an examiner only ends. */
void dkim_crypto_forget(void);

#endif

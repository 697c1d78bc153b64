/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sign_advise.h - what `octroi check` says about keys: are they good, and is what the DNS holds their other half? */
#ifndef OCTROI_SCANNERS_SIGN_ADVISE_H
#define OCTROI_SCANNERS_SIGN_ADVISE_H

#include "conf/conf.h"
#include "milter/lookup/resolver.h"
#include "milter/mail/dkim_sign_key.h"

typedef void (*sign_say)(void *arg, const char *format, ...);

void sign_advise(const struct conf *conf, sign_say say, void *arg);

/* Asks for the records of all keys at the same time and WAITS for them until deadline_ms (monotonic). */
void sign_advise_dns(const struct conf *conf, struct resolver *resolver, uint64_t deadline_ms, sign_say say, void *arg);

/* How a published record and a private key go together: NULL when they do, else a phrase that goes on after the record's name,
 * in arena. */
const char *sign_advise_record(struct arena *arena, const struct dkim_sign_key *key, const struct dns_answer *answer);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spf_suite_zone.h - the zone of a scenario of the SPF suites, with the conventions that they have: an SPF record is a TXT record unless the name
 * has some of its own; "TIMEOUT" fails every type that is not listed before it; names that begin with "error." time out. */
#ifndef OCTROI_T_SPF_SUITE_ZONE_H
#define OCTROI_T_SPF_SUITE_ZONE_H

#include "milter/base/arena.h"
#include "milter/lookup/dns.h"

struct spf_zone;

/* The answers live as long as the arena. */
struct spf_zone *spf_zone_new(struct arena *arena);

/* All names are as the suite writes them: any octets, perhaps with a trailing dot. word: "A", "AAAA", "MX", "PTR", "TXT", "SPF", "CNAME", with the
 * data as text (octets for TXT and SPF, "NONE" for a TXT that is not there), or "TIMEOUT". */
void spf_zone_add(struct spf_zone *zone, struct str name, const char *word, struct str data, unsigned preference);

/* After the last spf_zone_add. */
void spf_zone_finish(struct spf_zone *zone);

/* name as in dns.h, in any case. */
const struct dns_answer *spf_zone_answer(const struct spf_zone *zone, const char *name, enum dns_type type);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zone.h - a zone text with behaviours, for tests: the scripted name server (t/lib/dnsd.h) serves it, and tests of scanners use it as the
 * resolver's upstream without any network.
 *
 * A line each: "NAME [TTL] TYPE DATA" as in a zone file (A, AAAA, MX, PTR, TXT, CNAME, NS; no @, no $ORIGIN; trailing dots are optional; "*.NAME" is a
 * wildcard; strings of a TXT in quotes, with \DDD and \", of any length: one over 255 octets becomes several; the TTL is 300), "# comment", or
 * "NAME !BEHAVIOUR [ARGUMENT]", which holds for the name with all types; "NAME TYPE !BEHAVIOUR [ARGUMENT]" for that type alone; that of a wildcard for
 * all names below that have no behaviour of their own, whether they have records or not:
 *   !delay MS     the answer comes so late          !silent       it never comes
 *   !servfail !refused !formerr !notimp             these codes
 *   !truncate     by UDP only TC=1; whole by TCP    !tcp-refused  likewise, but nothing listens for TCP to this name (connection closed)
 *   !wrong-id     a packet with another id and false data first, then, ARGUMENT ms later, the right one (no argument: never)
 *   !spoof        an additional section with records of spoofed.example and victim.example: 203.0.113.66, "v=spf1 +all"
 *   !garbage      bytes that are no DNS message
 *   !huge N       N TXT records of 250 octets, 248 at the most: as many as a message holds
 *   !loop         CNAME to itself                   !chain N      N CNAMEs (chain-1.NAME to chain-N.NAME) before the records
 *   !shuffle      answers to this name in random order of arrival (each 0 to ARGUMENT ms late)
 * "!default nxdomain|servfail|refused|silent|delay MS" on a line of its own: what names get that are not here (nxdomain). A name between others
 * ("b.example" where there is "a.b.example") is here and has no data. Where a name has a CNAME, its other records are not seen. */
#ifndef OCTROI_T_ZONE_H
#define OCTROI_T_ZONE_H

#include "milter/lookup/resolver.h"

struct zone;

/* Aborts with a message when a line cannot be read. */
struct zone *zone_new(const char *text);
void zone_free(struct zone *zone);

/* What the DNS would answer in the end: CNAMEs followed (8 at the most, else unknown), behaviours that prevent an answer are DNS_UNKNOWN,
 * delays are not waited for. The reference is the caller's. */
struct dns_answer *zone_answer(const struct zone *zone, const char *name, enum dns_type type);

/* The upstream that answers so at once (in ask, on the caller's thread), except for names with !delay or !silent, to which it answers when
 * zone_upstream_release is called (once for all that wait; never to !silent). Counts what it was asked. */
struct dns_upstream *zone_upstream_new(const struct zone *zone);
void zone_upstream_release(struct dns_upstream *upstream);
unsigned zone_upstream_asked(const struct dns_upstream *upstream);

#endif

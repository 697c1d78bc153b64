/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_wire.h - an answer as it came over the wire (RFC 1035 4.1), read into a dns_answer. Pure: no network, no state. */
#ifndef OCTROI_LOOKUP_DNS_WIRE_H
#define OCTROI_LOOKUP_DNS_WIRE_H

#include "milter/lookup/dns.h"

#define DNS_CNAMES_MAX 8	/* a longer chain is DNS_UNKNOWN */

/* The records of that type at the end of the chain of CNAMEs that begins at the packet's own question. Whether the packet answers what was
 * asked (id, address, name) is for whoever received it. What cannot be believed or held is DNS_UNKNOWN with the reason, as is
 * every code but NOERROR and NXDOMAIN. *ret_ttl_s: the smallest of the records and CNAMEs used; of a negative answer what RFC 2308 5
 * takes from the SOA (0 without one); 0 for DNS_UNKNOWN. The reference is the caller's. Costs time linear in len. */
struct dns_answer *dns_wire_answer(const void *packet, size_t len, enum dns_type type, uint32_t *ret_ttl_s);

/* "SERVFAIL" for 2, and so on (RFC 1035 4.1.1, RFC 2136 2.2). A constant. */
const char *dns_rcode_name(unsigned rcode);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unbound.h - libunbound as the upstream of the resolver: forwarding, or recursion from the root with DNSSEC validation. */
#ifndef OCTROI_LOOKUP_UNBOUND_H
#define OCTROI_LOOKUP_UNBOUND_H

#include "milter/lookup/resolver.h"

#define UNBOUND_PROBLEM_MAX 256

/* Starts libunbound's threads and one that asks them, all with all signals blocked; a child of fork(2) has none of them and must not
 * use it. settings is copied; what it points to must stay. At most four forwarders, asked in turn: the one that answered last first.
 * DNSSEC is validated when names are resolved from the root; a forwarder is trusted to have done it. A question without
 * an answer is DNS_UNKNOWN a tenth of timeout_ms after the resolver's own deadline. NULL with a sentence in problem. */
struct dns_upstream *unbound_new(const struct resolver_settings *settings, char problem[UNBOUND_PROBLEM_MAX]);

#endif

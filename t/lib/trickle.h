/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trickle.h - a dns_asker whose answers come one at a time, in random order, as they do from a real DNS. */
#ifndef OCTROI_T_TRICKLE_H
#define OCTROI_T_TRICKLE_H

#include "milter/base/arena.h"
#include "milter/lookup/dns.h"

struct trickle;

/* Answers as ask does. The seed says in which order. */
struct trickle *trickle_new(struct arena *arena, dns_asker ask, void *arg, unsigned seed);

/* The dns_asker, with the trickle as its arg. */
const struct dns_answer *trickle_ask(void *trickle, const char *name, enum dns_type type);

/* One of the answers for which was asked in vain comes. False: there is none to come. */
bool trickle_next(struct trickle *trickle);

/* Different questions so far. */
size_t trickle_asked(const struct trickle *trickle);

#endif

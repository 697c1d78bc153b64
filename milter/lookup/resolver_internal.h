/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolver_internal.h - what pursuit.c sees of the resolver: its answers one at a time, and whom it tells of those to come.
 *
 * Locks: that of a shard is held for a look into its tables (and may take that of the deadlines); never while an upstream is asked or
 * somebody is told. */
#ifndef OCTROI_LOOKUP_RESOLVER_INTERNAL_H
#define OCTROI_LOOKUP_RESOLVER_INTERNAL_H

#include "milter/lookup/deadlines.h"
#include "milter/lookup/resolver.h"
#include "milter/lookup/resolver_cache.h"

/* One who waits for an answer; zeroed at first, but for tell. */
struct resolver_waiter {
	struct resolver_waiter *next, *previous;
	struct resolver_question *question;	/* the shard's: NULL when it waits for none */
	/* Called once for each resolver_get that put it in a queue, unless resolver_forget was quicker; on any thread, even inside
	 * that resolver_get. The answer is lent. */
	void (*tell)(struct resolver_waiter *waiter, struct dns_answer *answer);
};

/* Returns false for a name that cannot be asked. ret_key->name is text. */
bool resolver_key_make(const struct resolver *resolver, const char *name, enum dns_type type, char text[DNS_NAME_TEXT_MAX],
		       struct resolver_key *ret_key);

enum resolver_wish {
	RESOLVER_LOOK,	/* only what is cached */
	RESOLVER_ASK,	/* ask upstream, too */
};

/* A reference to the answer, when it is there at once. NULL: it is not, and with RESOLVER_ASK waiter (may be NULL) will be told. */
struct dns_answer *resolver_get(struct resolver *resolver, const struct resolver_key *key, enum resolver_wish wish,
				struct resolver_waiter *waiter);

/* Does not wait any more. Returns whether it did: then it will not be told. */
bool resolver_forget(struct resolver *resolver, const struct resolver_key *key, struct resolver_waiter *waiter);

/* Answers that never change: to a name that cannot be asked; to a question too many of one pursuit. */
const struct dns_answer *resolver_impossible(const struct resolver *resolver);
const struct dns_answer *resolver_excess(const struct resolver *resolver);

struct deadlines *resolver_deadlines(struct resolver *resolver);

/* Runs the steps for which answers have come on this thread, unless it is in a step: whoever began that goes on with these
 * afterwards. In pursuit.c. */
void pursuit_run_ready(void);

#endif

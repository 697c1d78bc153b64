/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unbound_context.h - one context of libunbound: a resolver with caches, sockets and a thread of its own. unbound.c asks several, one after the
 * other, because one alone cannot both wait for a slow answer and ask again for a lost one. */
#ifndef OCTROI_LOOKUP_UNBOUND_CONTEXT_H
#define OCTROI_LOOKUP_UNBOUND_CONTEXT_H

#include "milter/lookup/unbound.h"

struct unbound_context;

enum unbound_kind {
	UNBOUND_FORWARD,	/* sends each question once, to the forwarder, and waits for its answer for minutes */
	UNBOUND_QUICK,		/* recursion with libunbound's own timing: a lost packet or a dead server costs little */
	UNBOUND_PATIENT,	/* recursion that waits for the answer of a slow server until the timeout */
};

/* What was asked; part of the caller's own struct, and good until answered was called. */
struct unbound_try {
	enum dns_type type;
	/* In unbound_context_process. failed: nothing was learnt about the name, and another context may know more (the answer is
	 * then DNS_UNKNOWN). The reference to answer goes over. */
	void (*answered)(struct unbound_try *try, struct dns_answer *answer, uint32_t ttl_s, bool failed);
};

/* server is NULL but for UNBOUND_FORWARD. Starts libunbound's thread, with all signals blocked. NULL with a sentence in problem. */
struct unbound_context *unbound_context_new(const struct resolver_settings *settings, enum unbound_kind kind, const char *server,
					    char problem[UNBOUND_PROBLEM_MAX]);

/* Open tries are not answered any more. NULL is allowed. */
void unbound_context_free(struct unbound_context *context);

/* Returns 0, or -EIO when libunbound does not take the question: answered is not called then. */
int unbound_context_ask(struct unbound_context *context, const char *name, struct unbound_try *try);

/* Readable when there are answers, which _process then hands out. _process returns 0, or -EPIPE when libunbound is broken. */
int unbound_context_fd(struct unbound_context *context);
int unbound_context_process(struct unbound_context *context);

#endif

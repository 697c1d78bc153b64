/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stub_upstream.h - an upstream that keeps what it is asked until the test answers. */
#ifndef OCTROI_UNIT_STUB_UPSTREAM_H
#define OCTROI_UNIT_STUB_UPSTREAM_H

#include <pthread.h>
#include <stdlib.h>

#include "milter/base/arena.h"
#include "milter/lookup/resolver.h"

#define STUB_FOREVER_MS 60000	/* longer than a test takes */

struct stub_question {
	struct stub_question *next;
	char *name;
	enum dns_type type;
	struct resolver_question *question;
};

struct stub {
	struct dns_upstream upstream;
	pthread_mutex_t lock;
	struct stub_question *first, *last;
	unsigned asked, waiting;
	bool at_once;		/* answers inside ask */
};

/* What it answers says which question it was. */
static inline struct dns_answer *stub_record(const char *name, enum dns_type type)
{
	struct dns_record record = { str_of(name), type };

	return dns_answer_new(DNS_FOUND, "", &record, 1);
}

static inline void stub_ask(struct dns_upstream *upstream, const char *name, enum dns_type type, struct resolver_question *question)
{
	struct stub *stub = (struct stub *)upstream;
	struct stub_question *asked;
	bool at_once;

	(void)pthread_mutex_lock(&stub->lock);
	stub->asked++;
	at_once = stub->at_once;
	if (!at_once) {
		asked = xcalloc(1, sizeof(*asked));
		*asked = (struct stub_question){ NULL, xstrdup(name), type, question };
		*(stub->first == NULL ? &stub->first : &stub->last->next) = asked;
		stub->last = asked;
		stub->waiting++;
	}
	(void)pthread_mutex_unlock(&stub->lock);
	if (at_once)
		resolver_answered(question, stub_record(name, type), 300);
}

/* The one at index from the oldest, or NULL. */
static inline struct stub_question *stub_take(struct stub *stub, unsigned index)
{
	struct stub_question **p = &stub->first, *taken, *last = NULL;

	(void)pthread_mutex_lock(&stub->lock);
	for (; *p != NULL && index > 0; index--) {
		last = *p;
		p = &(*p)->next;
	}
	taken = *p;
	if (taken != NULL) {
		*p = taken->next;
		if (taken->next == NULL)
			stub->last = last;
		stub->waiting--;
	}
	(void)pthread_mutex_unlock(&stub->lock);
	return taken;
}

static inline void stub_forget(struct stub_question *asked)
{
	free(asked->name);
	free(asked);
}

/* Answers the oldest question, with its own name unless answer is given. Returns whether there was one. */
static inline bool stub_answer(struct stub *stub, struct dns_answer *answer, uint32_t ttl_s)
{
	struct stub_question *asked = stub_take(stub, 0);

	if (asked == NULL) {
		dns_answer_unref(answer);
		return false;
	}
	resolver_answered(asked->question, answer != NULL ? answer : stub_record(asked->name, asked->type), ttl_s);
	stub_forget(asked);
	return true;
}

static inline unsigned stub_answer_all(struct stub *stub)
{
	unsigned answered = 0;

	while (stub_answer(stub, NULL, 300))
		answered++;
	return answered;
}

static inline unsigned stub_asked(struct stub *stub)
{
	unsigned asked;

	(void)pthread_mutex_lock(&stub->lock);
	asked = stub->asked;
	(void)pthread_mutex_unlock(&stub->lock);
	return asked;
}

static inline void stub_free(struct dns_upstream *upstream)
{
	struct stub *stub = (struct stub *)upstream;
	struct stub_question *asked;

	while ((asked = stub_take(stub, 0)) != NULL)
		stub_forget(asked);
	(void)pthread_mutex_destroy(&stub->lock);
	free(stub);
}

/* Belongs to the resolver it is given to. */
static inline struct stub *stub_new(void)
{
	struct stub *stub = xcalloc(1, sizeof(*stub));

	stub->upstream = (struct dns_upstream){ stub_ask, stub_free };
	(void)pthread_mutex_init(&stub->lock, NULL);
	return stub;
}

static inline struct resolver_settings stub_settings(void)
{
	return (struct resolver_settings){
		.timeout_ms = STUB_FOREVER_MS, .cache_bytes = 1 << 20, .ttl_max_ms = STUB_FOREVER_MS, .negative_ttl_ms = STUB_FOREVER_MS,
		.unknown_ttl_ms = STUB_FOREVER_MS, .in_flight = 1000, .trust_anchor = "",
	};
}

#endif

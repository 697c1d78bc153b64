/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "t/lib/spf_suite.h"

enum { TTL_S = 3600 };

struct suite_upstream {
	struct dns_upstream upstream;	/* first: it is cast back */
	struct spf_scenario *scenario;
};

static void upstream_ask(struct dns_upstream *upstream, const char *name, enum dns_type type, struct resolver_question *question)
{
	struct suite_upstream *self = (struct suite_upstream *)upstream;

	resolver_answered(question, dns_answer_ref(spf_suite_ask(self->scenario, name, type)), TTL_S);
}

static void upstream_free(struct dns_upstream *upstream)
{
	free(upstream);
}

struct dns_upstream *spf_suite_upstream_new(struct spf_scenario *scenario)
{
	struct suite_upstream *self = xcalloc(1, sizeof(*self));

	*self = (struct suite_upstream){ .upstream = { .ask = upstream_ask, .free = upstream_free }, .scenario = scenario };
	return &self->upstream;
}

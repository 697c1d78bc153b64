/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spf_suite.h - the public SPF test suites: scenarios, each a zone and the tests on it. Their files lie beside the project and are found
 * there: ../shared/vectors/spf from the source directory (top_srcdir in the environment, or the working directory), or spf/ in
 * OCTROI_VECTORS. */
#ifndef OCTROI_T_SPF_SUITE_H
#define OCTROI_T_SPF_SUITE_H

#include "milter/lookup/dns.h"
#include "milter/lookup/resolver.h"
#include "milter/lookup/spf_evaluate.h"

enum { SPF_SUITE_RESULTS = 4 };

struct spf_suite_test {
	const char *name;
	const char *helo, *host, *mailfrom;	/* as the suite has them; host is the client's address, mailfrom "" the null sender */
	struct ip client;
	const char *results[SPF_SUITE_RESULTS];	/* words, any of which is right; NULL at their end */
	const char *explanation;		/* NULL: not compared; "DEFAULT": the evaluator's own, which for ours is none */
};

struct spf_zone;

struct spf_scenario {
	const char *description;
	struct spf_suite_test *tests;
	size_t tests_len;
	struct spf_zone *zone;
};

struct spf_suite {
	struct spf_scenario *scenarios;
	size_t len;
	size_t tests_len;	/* of all of them */
};

/* Reads a file such as "rfc7208-tests.yml" into arena, which takes the answers along when it ends. NULL: there is no such file. Aborts
 * with a message when it cannot be understood. */
struct spf_suite *spf_suite_read(struct arena *arena, const char *file);

/* What the scenario's DNS answers, as long as the arena lives; name as in dns.h, in any case. A dns_asker with the scenario as its arg. */
const struct dns_answer *spf_suite_ask(void *scenario, const char *name, enum dns_type type);

/* The question that a test puts: its MAIL FROM identity, or with the null sender that of HELO. */
struct spf_query spf_suite_query(struct arena *arena, const struct spf_suite_test *test);

/* Is that one of the words that are right? */
bool spf_suite_accepts(const struct spf_suite_test *test, const char *result);

/* An upstream for resolver_new that answers at once. The scenario must outlive it. (spf_suite_upstream.c) */
struct dns_upstream *spf_suite_upstream_new(struct spf_scenario *scenario);

#endif

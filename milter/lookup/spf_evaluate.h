/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spf_evaluate.h - check_host() of RFC 7208 section 4 as a pure function over answered questions.
 *
 * The same question with the same answers gives the same result. It asks as early as it can: while one answer is missing it goes on with what
 * follows as if that had not matched, so that all independent questions are under way at once. */
#ifndef OCTROI_LOOKUP_SPF_EVALUATE_H
#define OCTROI_LOOKUP_SPF_EVALUATE_H

#include "milter/base/arena.h"
#include "milter/lookup/dns.h"

enum spf_result { SPF_NONE, SPF_NEUTRAL, SPF_PASS, SPF_FAIL, SPF_SOFTFAIL, SPF_TEMPERROR, SPF_PERMERROR };
const char *spf_result_name(enum spf_result result);

struct spf_query {
	struct ip client;
	const char *domain;	/* <domain>: of MAIL FROM, or the HELO name; as it came, not normalised */
	const char *sender;	/* <sender>: "localpart@domain"; RFC 7208 4.3: "postmaster@" + domain where there is no local part */
	const char *helo;	/* as it came */
	const char *host;	/* ourselves, for %{r} */
	uint64_t now_ms;	/* wall clock, for %{t} */
	bool explain;		/* follow exp= when the result is fail */
};

struct spf_limits {
	unsigned terms;		/* that ask the DNS, over the whole tree: RFC 7208 4.6.4: 10 */
	unsigned voids;		/* lookups without result: 2; one more is permerror */
	unsigned names;		/* MX names of one mx: 10, more is permerror; PTR names that are looked at: 10 */
	unsigned questions;	/* in one call, those asked early included; more is permerror. What is asked early depends on which answers
				 * are there, so the calls for one query may ask some more in all: whoever bounds that leaves room */
};
extern const struct spf_limits spf_limits_default;

struct spf_answer {
	enum spf_result result;
	const char *mechanism;		/* the directive that matched, as it is written ("-all", "include:x.example"), "default", or "" */
	const char *domain;		/* whose record it stands in, as text of dns.h; "" when there was none */
	const char *problem;		/* of temperror and permerror, for people; else "" */
	const char *explanation;	/* of fail with .explain: what exp= says, expanded, only printable ASCII (RFC 7208 6.2); else "" */
	unsigned terms, voids;		/* that counted against the limits */
};

/* Returns 0, or -EAGAIN: answers are missing (all that could be asked has been asked). Strings live in arena or are constants.
 * Records and macros of strangers are bounded: time is linear in what the answers hold, times limits.terms. */
int spf_evaluate(struct arena *arena, const struct spf_query *query, const struct spf_limits *limits, dns_asker ask, void *arg,
		 struct spf_answer *ret_answer);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dmarc_judge.h - is a message from the domains of its authors (RFC 9989 sections 4.4 and 5.3)? Over answered questions, as dmarc_walk.h. */
#ifndef OCTROI_LOOKUP_DMARC_JUDGE_H
#define OCTROI_LOOKUP_DMARC_JUDGE_H

#include "milter/lookup/dmarc_walk.h"

#define DMARC_AUTHORS_MAX 10
#define DMARC_IDENTITIES_MAX 40	/* far more than signatures are looked at */

/* A domain that vouches for the message: by SPF, or by a signature. Those that certainly do not are left out. */
struct dmarc_identity {
	const char *domain;	/* normalised */
	bool is_dkim;
	bool is_unsure;		/* whether it vouches could not be told */
};

enum dmarc_result { DMARC_RESULT_NONE, DMARC_RESULT_PASS, DMARC_RESULT_FAIL, DMARC_RESULT_TEMPERROR };
const char *dmarc_result_name(enum dmarc_result result);

struct dmarc_judgement {
	const char *author;			/* the domain that was judged */
	enum dmarc_result result;
	bool harmless;				/* of TEMPERROR: whatever could not be told, there would be nothing to enforce */
	struct dmarc_discovery discovery;	/* the policy; that of PASS and FAIL has a record */
	enum dmarc_same dkim, spf;		/* does a domain that vouches so belong to the author's? */
	const struct dmarc_identity *proof;	/* of PASS: one that does */
	const char *failed, *why;		/* of TEMPERROR: the name whose question failed (NULL: SPF or DKIM could not tell), and why */
};

/* One message. The caller sets the first four members in zeros; domains must outlive it. */
struct dmarc_case {
	const char *authors[DMARC_AUTHORS_MAX];		/* normalised */
	size_t authors_len;
	struct dmarc_identity identities[DMARC_IDENTITIES_MAX];
	size_t identities_len;

	struct dmarc_judgement judgements[DMARC_AUTHORS_MAX];	/* the result */

	/* private: what was found out so far, so that it is not read again for each answer that comes */
	bool discovered[DMARC_AUTHORS_MAX], walked[DMARC_IDENTITIES_MAX];
	struct dmarc_organization organizations[DMARC_IDENTITIES_MAX];
};

/* Adds one; what is more than fits is not added, and proves nothing then. */
void dmarc_case_add_identity(struct dmarc_case *dmarc_case, const struct dmarc_identity *identity);

/* Returns 0: all judgements are there, or -EAGAIN: answers are missing, all that could be asked has been asked. About an identity only
 * is asked what may make it one with an author: strangers' DNS changes nothing. */
int dmarc_case_judge(struct dmarc_case *dmarc_case, const struct dmarc_rules *rules, dns_asker ask, void *arg);

#endif

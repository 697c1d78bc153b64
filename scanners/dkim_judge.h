/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkim_judge.h - what is to be thought of one signature: pure functions over what it says, what the DNS said, and what the cage said.
 *
 * libopendkim and libcrypto only hash and compare; every "but" is here (RFC 6376 6.1, RFC 8301). */
#ifndef OCTROI_SCANNERS_DKIM_JUDGE_H
#define OCTROI_SCANNERS_DKIM_JUDGE_H

#include "milter/lookup/dns.h"
#include "scanners/dkim_answer.h"
#include "scanners/dkim_coverage.h"
#include "scanners/dkim_settings.h"

/* Either an outcome with its reason, or nothing yet. */
struct dkim_opinion {
	bool formed;
	enum dkim_outcome outcome;
	const char *reason;	/* for people; "" */
};

/* From the field alone, before its key is known. */
struct dkim_opinion dkim_judge_signature(const struct dkim_signature *signature, uint64_t now_s);

/* From the answer to s._domainkey.d TXT (NULL: there is no resolver): an opinion, or *ret_key. */
struct dkim_opinion dkim_judge_key(struct arena *arena, const struct dkim_signature *signature, const struct dns_answer *answer,
				   const struct dkim_settings *settings, struct dkim_key *ret_key);

/* From the cage's answer; always formed. */
struct dkim_opinion dkim_judge_answer(struct arena *arena, const struct dkim_signature *signature, const struct dkim_key *key,
				      const struct dkim_answer_item *item, const struct dkim_names *names);

/* The word of RFC 8601 2.7.1. */
const char *dkim_result(enum dkim_outcome outcome);

#endif

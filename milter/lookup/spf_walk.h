/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spf_walk.h - one walk through an SPF policy: what its parts share. Private to spf_*.c.
 *
 * When an answer is missing the walk goes on as if what needed it had not matched, so that what comes later is asked, too; its result and its
 * counters mean nothing then. */
#ifndef OCTROI_LOOKUP_SPF_WALK_H
#define OCTROI_LOOKUP_SPF_WALK_H

#include "milter/lookup/spf_evaluate.h"
#include "milter/mail/spf_macro.h"
#include "milter/mail/spf_record.h"

enum { SPF_PROBLEM_MAX = 256, SPF_MECHANISM_MAX = 250 };

struct spf_walk {
	const struct spf_query *query;
	const struct spf_limits *limits;
	dns_asker ask;
	void *arg;
	struct spf_macro_values values;	/* domain and validated change on the way */
	bool local_is_ascii;
	bool missing;			/* an answer: from there on all is a guess */
	enum spf_result error;		/* SPF_TEMPERROR or SPF_PERMERROR: it is over; else SPF_NONE */
	char problem[SPF_PROBLEM_MAX];	/* of error, printable */
	unsigned terms, voids, questions;
};

/* A name as text for asking (dns.h), made of a valid one of any octets. */
struct spf_name_text {
	char text[DNS_NAME_TEXT_MAX];
};
void spf_name_to_text(const char *name, struct spf_name_text *ret_text);

/* Ends the walk with that result; the first error counts. Returns false. */
bool spf_walk_fail(struct spf_walk *walk, enum spf_result error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* One more of the terms that ask the DNS (RFC 7208 4.6.4); false when it was one too many. */
bool spf_walk_count_term(struct spf_walk *walk);

/* The answer, or NULL: it is missing, or it was one question too many (an error). name is text. */
const struct dns_answer *spf_walk_ask(struct spf_walk *walk, const char *name, enum dns_type type);

/* The same for what a term of the policy asks: DNS_UNKNOWN is a temperror and NULL, DNS_NOTHING counts as void. */
const struct dns_answer *spf_walk_ask_term(struct spf_walk *walk, const char *name, enum dns_type type);

/* Expands the target of a term in domain's record. Returns whether it is a name to go on with; if not, nothing matches. */
bool spf_walk_target(struct spf_walk *walk, const char *domain, struct str target, char ret_name[SPF_NAME_MAX + 1]);

/* Makes walk->values ready for the macros in text, in domain's record. False: an answer is missing. */
bool spf_walk_prepare_values(struct spf_walk *walk, const char *domain, struct str text);

/* The type of address records to ask for. */
enum dns_type spf_walk_address_type(const struct spf_walk *walk);

/* Is the client within that many bits of one of the answer's addresses? */
bool spf_walk_contains(const struct spf_walk *walk, const struct dns_answer *answer, unsigned prefix4, unsigned prefix6);

/* Is name (text) one of a host whose address is the client's (RFC 7208 5.5)? No error ends the walk but too many questions. */
bool spf_walk_validates(struct spf_walk *walk, const char *name);

/* The names of the client, not yet validated; at most limits->names of them count. NULL: none, or missing. */
const struct dns_answer *spf_walk_client_names(struct spf_walk *walk);

/* The mechanisms that look at addresses and names: all but "all" and "include". Does the directive in domain's record match? */
bool spf_match(struct spf_walk *walk, const char *domain, const struct spf_directive *directive);

#endif

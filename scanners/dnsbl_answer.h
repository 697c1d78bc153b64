/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dnsbl_answer.h - what an answer of a DNS list means, and what is made of its words (RFC 5782 2.1-2.3). Pure functions over
 * what a stranger sent. */
#ifndef OCTROI_DNSBL_ANSWER_H
#define OCTROI_DNSBL_ANSWER_H

#include "milter/lookup/dns.h"
#include "scanners/dnsbl_codes.h"

enum dnsbl_meaning {
	DNSBL_NOT_LISTED,
	DNSBL_LISTED,
	DNSBL_ERROR,		/* the list, or the DNS, could not tell */
};

struct dnsbl_reading {
	enum dnsbl_meaning meaning;
	uint32_t address;	/* the answer that counts; 0: there is none */
	const char *why;	/* of an error, for people: "timeout", "this is outside of ..."; else "". A constant */
	bool refused;		/* of an error: the list itself, or whoever stands in its place, answered so */
};

/* Which answers count (none: every one) and which say that the list refuses to answer. */
struct dnsbl_filter {
	struct dnsbl_codes codes, refusals;
};

/* One address outside of 127.0.0.0/8 or one refusal among others spoils the answer as a whole: it is an error. */
struct dnsbl_reading dnsbl_read(const struct dns_answer *answer, const struct dnsbl_filter *filter);

#define DNSBL_ADDRESS_MAX 16	/* "127.255.255.254" and NUL */
const char *dnsbl_address_format(uint32_t address, char text[DNSBL_ADDRESS_MAX]);

/* The first TXT record as one line that can do no harm: printable ASCII, no angle brackets or double quotes, single spaces, cut at
 * DNSBL_REASON_MAX; "" when there is none. answer may be NULL. */
#define DNSBL_REASON_MAX 200
const char *dnsbl_reason(const struct dns_answer *answer, char text[DNSBL_REASON_MAX + 1]);

struct dnsbl_words {
	const char *subject;	/* "client 192.0.2.9" */
	const char *asked;	/* "192.0.2.9" */
	const char *title;
	const char *code;	/* "127.0.0.2" */
	const char *reason;	/* of dnsbl_reason */
};

/* The text of a finding. In own, "%a" is what was looked up, "%z" the title, "%c" the answer, "%r" the reason and "%%" a percent
 * sign; title and answer follow in brackets when own does not hold "%z". own "": a text of ours. */
const char *dnsbl_text(struct arena *arena, const char *own, const struct dnsbl_words *words);

/* The check of such an own text: Returns 0, or -EINVAL with a problem. */
int dnsbl_text_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem);

#endif

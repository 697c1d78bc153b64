/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spf_record.h - the text of an SPF record: its grammar (RFC 7208 sections 4.5, 4.6.1, 5, 6 and 12).
 *
 * Nothing is allocated: a record is read as a whole first, because an error anywhere in it spoils it, and then walked term by term. What is
 * read points into its text. */
#ifndef OCTROI_MAIL_SPF_RECORD_H
#define OCTROI_MAIL_SPF_RECORD_H

#include "milter/base/ip.h"
#include "milter/base/str.h"

/* RFC 7208 4.5: does it begin with "v=spf1", in any case, and a space or its end? */
bool spf_record_is_spf(struct str text);

enum spf_mechanism { SPF_ALL, SPF_INCLUDE, SPF_A, SPF_MX, SPF_PTR, SPF_IP4, SPF_IP6, SPF_EXISTS };

struct spf_directive {
	struct str text;	/* as it is written, visible ASCII */
	char qualifier;		/* + - ~ ? */
	enum spf_mechanism mechanism;
	struct str target;	/* a domain-spec; p is NULL where none is given: <domain> */
	struct ip ip;		/* of ip4 and ip6; an IPv4-mapped address stays IP_V6 here, as no client is one */
	unsigned prefix4, prefix6;	/* that of ip.family for ip4 and ip6; both for a and mx */
};

struct spf_record {
	struct str terms;	/* to be walked with spf_record_next */
	struct str redirect;	/* a domain-spec; p is NULL where there is none, or an "all" that makes it void (RFC 7208 6.1) */
	struct str exp;		/* likewise, without regard to "all" */
};

struct spf_problem {
	const char *what;	/* a constant: "unknown mechanism" */
	struct str term;	/* any bytes */
};

/* Reads a record that spf_record_is_spf, to its end. Returns 0, or -EINVAL with a problem. */
int spf_record_read(struct str text, struct spf_record *ret_record, struct spf_problem *ret_problem);

/* The next directive of the terms of a record that was read; false at the end. */
bool spf_record_next(struct str *terms, struct spf_directive *ret_directive);

#endif

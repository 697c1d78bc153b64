/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spf_macro.h - the macro strings of SPF: their syntax and what they expand to (RFC 7208 section 7).
 *
 * Nothing is allocated. Time is linear in the text, and for each macro in the value that it stands for. */
#ifndef OCTROI_MAIL_SPF_MACRO_H
#define OCTROI_MAIL_SPF_MACRO_H

#include "milter/base/ip.h"
#include "milter/base/str.h"

enum spf_macro_place {
	SPF_MACRO_TERM,		/* in a record: no spaces, and none of the letters c, r and t (RFC 7208 7.2) */
	SPF_MACRO_EXPLANATION,	/* in the text that exp= leads to: spaces and all letters */
};

/* More macros in one string are refused: a name has no room for what they give, and they would cost time. */
#define SPF_MACROS_MAX 253

/* Is text a macro-string (in SPF_MACRO_EXPLANATION: an explain-string) of RFC 7208 7.1? */
bool spf_macro_is_string(struct str text, enum spf_macro_place place);

/* Is text a domain-spec of RFC 7208 7.1: a macro-string that ends in a macro or in a dot and a toplabel? */
bool spf_macro_is_domain_spec(struct str text);

/* Does text, which is a macro-string or explain-string, use one of these letters (given in lower case)? */
bool spf_macro_uses(struct str text, const char *letters);

/* What the letters stand for. */
struct spf_macro_values {
	struct str sender, local, sender_domain;	/* s, l, o */
	struct str domain;		/* d */
	const struct ip *client;	/* i, v, c */
	struct str validated;		/* p; "unknown" where there is none */
	struct str helo;		/* h */
	struct str host;		/* r */
	uint64_t now_s;			/* t */
};

#define SPF_NAME_MAX 253

/* Expands a checked domain-spec to a name without trailing dot, of which as many labels are taken off the left that at most
 * SPF_NAME_MAX octets are left (RFC 7208 7.3). They may be any octets but NUL: what came with the values. Returns the length, or -EINVAL when
 * the result is no domain name: empty, or with a label that is empty or over 63 octets. */
int spf_macro_expand_name(struct str text, const struct spf_macro_values *values, char ret_name[SPF_NAME_MAX + 1]);

#define SPF_EXPLANATION_MAX 500

/* Expands a checked explain-string; what is beyond SPF_EXPLANATION_MAX octets is cut off, and what is not printable ASCII in the values
 * becomes '?' (RFC 7208 6.2). */
void spf_macro_expand_explanation(struct str text, const struct spf_macro_values *values,
				  char ret_explanation[SPF_EXPLANATION_MAX + 1]);

/* The labels of a name without trailing dot; 0 when it is none: empty or longer than SPF_NAME_MAX, or one of its labels is empty or over 63
 * octets. */
unsigned spf_name_labels(struct str name);

#endif

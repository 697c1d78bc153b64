/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dnsbl_codes.h - sets of the addresses with which a DNS list answers (RFC 5782 2.1), as an operator writes them. */
#ifndef OCTROI_DNSBL_CODES_H
#define OCTROI_DNSBL_CODES_H

#include "conf/option.h"
#include "milter/base/arena.h"

/* Addresses are numbers in host order: 127.0.0.2 is 0x7f000002. */
struct dnsbl_code {
	uint32_t first, last;
	uint32_t mask;		/* not 0: and only those that have a bit in common with it */
};

struct dnsbl_codes {
	const struct dnsbl_code *items;
	size_t len;
};

/* "127.0.0.2", "127.0.0.4-127.0.0.7", "127.0.1.0/24", or "127.0.0.&12": any of the bits 4 and 8 in the last octet.
 * Returns 0, or -EINVAL with a problem of CONF_PROBLEM_MAX bytes: what does not lie in 127.0.0.0/8 is no answer of a list. */
int dnsbl_code_parse(const char *text, struct dnsbl_code *ret_code, char *problem);

/* The parse functions of rows with a list of codes; in the first, codes that lie in 127.255.255.0/24 are an error. */
int dnsbl_codes_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem);
int dnsbl_codes_check_any(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem);

/* Is the address in 127.255.255.0/24, with which lists tell their errors? */
bool dnsbl_code_is_error(uint32_t address);

/* From a list that was checked; it lives in arena. */
struct dnsbl_codes dnsbl_codes_new(struct arena *arena, const struct conf_list *list);

bool dnsbl_codes_match(const struct dnsbl_codes *codes, uint32_t address);

/* The first code all of whose answers are in other, or NULL: it could never count. */
const char *dnsbl_codes_hidden(const struct conf_list *list, const struct conf_list *other);

#endif

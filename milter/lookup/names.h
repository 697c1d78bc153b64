/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names.h - sets of domains and of addresses, as lists in milter.conf hold them. */
#ifndef OCTROI_LOOKUP_NAMES_H
#define OCTROI_LOOKUP_NAMES_H

#include "conf/option.h"
#include "milter/base/arena.h"
#include "milter/mail/address.h"

struct names;

/* The set of a list whose entries passed domains_check or addresses_check; lives in arena, read-only. Entries mean what
 * domain_matches and address_matches say; a look-up costs a hash per label however long the list is. */
const struct names *names_new(struct arena *arena, const struct conf_list *list);

bool names_empty(const struct names *names);

/* The entry that matches, or NULL. domain is normalised. */
const char *names_find_domain(const struct names *names, const char *domain);

/* An address without a domain matches only its bare local part's entry, which lists cannot hold: NULL; the null sender
 * matches "<>". */
const char *names_find_address(const struct names *names, const struct address *address);

/* For rows of OPTION_LIST. Return 0, or -EINVAL with the problem. */
int domains_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem);
int addresses_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem);

#endif

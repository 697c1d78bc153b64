/* SPDX-License-Identifier: GPL-2.0-or-later */
/* psl.h - the Public Suffix List (publicsuffix.org), by libpsl: below which names do strangers register domains? */
#ifndef OCTROI_LOOKUP_PSL_H
#define OCTROI_LOOKUP_PSL_H

#include <stdbool.h>

struct psl;

/* Loads a list, as text or in the compiled form (DAFSA). "": that of the system (Debian's package publicsuffix), or, where there is none, the
 * one in libpsl. Returns 0, or a negative errno with a sentence in problem (CONF_PROBLEM_MAX bytes): no file, no such list, cut short.
 * Read-only once it is open, for all threads. */
int psl_open(const char *file, char *problem, struct psl **ret_psl);

/* NULL is allowed. */
void psl_close(struct psl *psl);

/* Is this normalised domain a public suffix itself, by the rules of both sections, ICANN's and the private one? A top-level domain that is not
 * listed is one. */
bool psl_is_suffix(const struct psl *psl, const char *domain);

/* The public suffix of a normalised domain with one label more: a part of domain; NULL when domain is a public suffix. */
const char *psl_org_domain(const struct psl *psl, const char *domain);

#endif

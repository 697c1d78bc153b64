/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkim_coverage.h - which fields of a header a signature leaves to anybody (RFC 6376 8.15, threats HDR-13).
 *
 * A signature covers the last fields of a name, as many as h= says. */
#ifndef OCTROI_SCANNERS_DKIM_COVERAGE_H
#define OCTROI_SCANNERS_DKIM_COVERAGE_H

#include "milter/mail/dkim_signature.h"
#include "milter/mail/header.h"

/* The names of a message's fields, made once for all of its signatures. */
struct dkim_names;
struct dkim_names *dkim_names_new(struct arena *arena, const struct headers *headers);

/* How many fields have that name? Without case, and without what header_name_equal leaves out. */
size_t dkim_names_count(const struct dkim_names *names, struct str name);

/* A name in h= of which the header has more fields than are signed; p is NULL when there is none. One that a header may hold but once (RFC 5322 3.6,
 * RFC 2045) is preferred, and *ret_matters then true: readers show the one or the other. */
struct str dkim_uncovered(const struct dkim_names *names, const struct dkim_signature *signature, bool *ret_matters);

/* Is the header that the MTA gave us still the one that was signed, line by line? Not when a value holds line ends that are no folds: written
 * into the message they make further lines. */
bool dkim_header_is_whole(const struct headers *headers);

#endif

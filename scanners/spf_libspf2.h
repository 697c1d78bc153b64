/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spf_libspf2.h - evaluator = libspf2: asks the cage and answers its questions to the DNS. */
#ifndef OCTROI_SCANNERS_SPF_LIBSPF2_H
#define OCTROI_SCANNERS_SPF_LIBSPF2_H

#include "milter/model/scanner.h"
#include "scanners/spf_settings.h"

/* WAITS for the answer, with scan->progress. Whatever went wrong is temperror. kind is the place of the job; strings live in scan->arena or
 * are constants. */
struct spf_answer spf_libspf2_ask(struct scan *scan, unsigned kind, const struct spf_query *query);

#endif

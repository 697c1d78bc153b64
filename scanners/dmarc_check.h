/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dmarc_check.h - the authors of one message that are being judged: questions go out when it starts, the answer is read at the end. */
#ifndef OCTROI_SCANNERS_DMARC_CHECK_H
#define OCTROI_SCANNERS_DMARC_CHECK_H

#include "milter/lookup/dmarc_judge.h"
#include "milter/lookup/resolver.h"

struct dmarc_check;

/* Copies the case; the domains in it must outlive the check. */
struct dmarc_check *dmarc_check_start(struct resolver *resolver, const struct dmarc_rules *rules, const struct dmarc_case *dmarc_case);

/* WAITS for the answers, or for its own deadline: two questions of resolver.timeout in a row. Returns a judgement for each author, in their order,
 * which lives as long as the check. */
const struct dmarc_judgement *dmarc_check_finish(struct dmarc_check *check, void (*progress)(void *arg), void *progress_arg);

/* As a deferred function of an arena, too. NULL is allowed. */
void dmarc_check_drop(void *check);

#endif

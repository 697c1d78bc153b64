/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spf_check.h - one identity that is being judged: the questions go out when it starts, the answer is read when it is needed. */
#ifndef OCTROI_SCANNERS_SPF_CHECK_H
#define OCTROI_SCANNERS_SPF_CHECK_H

#include "milter/lookup/resolver.h"
#include "scanners/spf_settings.h"

struct spf_check;

/* Copies the query; .explain and the limits are those of the settings. NULL when there is no resolver: the functions below take it for one
 * that is done and could not tell. */
struct spf_check *spf_check_start(struct resolver *resolver, const struct spf_settings *settings, const struct spf_query *query);

/* WAITS until until_ms (monotonic; 0: not at all). Is the answer there? At settings.timeout it always is. */
bool spf_check_wait(struct spf_check *check, uint64_t until_ms, void (*progress)(void *arg), void *progress_arg);

/* Only when the answer is there; it lives as long as the check. */
const struct spf_answer *spf_check_answer(const struct spf_check *check);

/* As a deferred function of an arena, too. NULL is allowed. */
void spf_check_drop(void *check);

#endif

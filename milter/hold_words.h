/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold_words.h - the words after octroi hold and octroi free: LOGIN|IP|NETWORK [for 2h] [because WORDS...]. */
#ifndef OCTROI_HOLD_WORDS_H
#define OCTROI_HOLD_WORDS_H

#include "milter/lookup/holds.h"

#define HOLD_WORDS_MS (24LL * 3600 * 1000)	/* when no time is given */
#define HOLD_BECAUSE_MAX 200			/* it stands in replies */

/* Reads them. kind, subject (normalised), until_ms and because of *ret_hold are set, in arena; until_ms counts from now_ms, 0: for ever.
 * Returns 0, or -EINVAL with a sentence in problem (CONF_PROBLEM_MAX). */
int hold_words_parse(struct arena *arena, const char *const *words, size_t words_len, int64_t now_ms, struct hold *ret_hold, char *problem);

/* "login:bob" and "client:192.0.2.0/24" name what they say; else an address or network is a client, and anything else a login. Returns 0 or
 * -EINVAL likewise. */
int hold_subject_parse(struct arena *arena, const char *text, struct hold *ret_hold, char *problem);

#endif

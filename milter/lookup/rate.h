/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rate.h - so much in so long: limits as milter.conf writes them ("300/1h"), and what a message has taken of them.
 *
 * A message takes its share as early as possible, so that sessions in parallel cannot all slip through at the edge of a limit, and keeps it
 * only when it was let in. */
#ifndef OCTROI_LOOKUP_RATE_H
#define OCTROI_LOOKUP_RATE_H

#include "conf/option.h"
#include "milter/base/arena.h"
#include "milter/lookup/store.h"

struct rate {
	uint64_t limit;		/* 0: no limit */
	uint64_t window_ms;
};

/* The parse function of rows with a rate (OPTION_CUSTOM on a struct rate): "300/1h"; "" is no limit. */
int rate_parse(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem);

/* "300 recipients in 1h"; in arena. */
const char *rate_text(struct arena *arena, const struct rate *rate, const char *unit);

/* "until 14:20 UTC", with the date when that is not today: the minute in which wait_ms from now will be over; in arena. */
const char *rate_until(struct arena *arena, uint64_t wait_ms);

/* What one message has taken. */
struct rate_ledger {
	struct store *store;
	struct rate_line *lines;
	size_t len, capacity;
	bool kept;
};

#define RATE_MESSAGE SIZE_MAX	/* taken for the message, not for one of its recipients */

/* At MAIL. When arena is released everything is given back unless it was kept: no way out of a transaction forgets it. Does not use arena
 * for what is taken at RCPT, whose memory goes with a recipient that is refused. */
void rate_ledger_open(struct rate_ledger *ledger, struct store *store, struct arena *arena);

/* Takes amount under key for the recipient of that index (or RATE_MESSAGE). Returns false when that would be over the limit; *ret_wait_ms then
 * says after how long there may be room. A limit of 0 takes nothing and is true. */
bool rate_take(struct rate_ledger *ledger, const char *key, uint64_t amount, const struct rate *rate, size_t recipient,
	       uint64_t *ret_wait_ms);

/* Has this message taken something under key already? */
bool rate_has_taken(const struct rate_ledger *ledger, const char *key);

/* Gives back what was taken for recipients from that index on: those were refused afterwards. */
void rate_drop_from(struct rate_ledger *ledger, size_t recipient);

/* The message was let in: what it has taken stays. */
void rate_keep(struct rate_ledger *ledger);

#endif

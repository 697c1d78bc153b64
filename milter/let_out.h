/* SPDX-License-Identifier: GPL-2.0-or-later */
/* let_out.h - what a login or host that is being held had sent before, by the journal: to whom an apology may be due. */
#ifndef OCTROI_LET_OUT_H
#define OCTROI_LET_OUT_H

#include <stdio.h>

#include "milter/lookup/holds.h"
#include "milter/lookup/journal_read.h"
#include "milter/show.h"
#include "milter/tally.h"

struct let_out {
	int64_t since_ms;
	uint64_t messages;		/* that went their way, or are held */
	uint64_t recipients;
	uint64_t refused;		/* entries of refused messages, recipients and sessions */
	int64_t first_ms, last_ms;
	struct tally domains, addresses, clients;
};

/* Of its messages since since_ms. Returns 0 or a negative errno. */
int let_out_find(struct journal_reader *reader, struct arena *arena, const struct hold *hold, int64_t since_ms, struct let_out *ret_let_out);

void let_out_print(FILE *out, const struct show *show, const struct let_out *let_out);

#endif

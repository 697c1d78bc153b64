/* SPDX-License-Identifier: GPL-2.0-or-later */
/* suspects.h - which logins and hosts of ours were out of line in a time, by the journal: the first question after a listing. */
#ifndef OCTROI_SUSPECTS_H
#define OCTROI_SUSPECTS_H

#include "milter/lookup/journal_read.h"

struct suspect {
	const char *about;	/* "login:bob", "client:192.0.2.1" */
	uint64_t messages;	/* of theirs with such a finding, or events about them */
	int64_t first_ms, last_ms;
	const char *why;	/* of the newest: "behaviour:hold: 212 recipients in 9 minutes ...", as a stranger may have influenced it */
};

enum { SUSPECTS_MAX = 20 };

/* Those with findings of behaviour, rate and antivirus, or events of the filter's own (hold, alert), the busiest first. Returns how many, or a negative errno. */
int suspects_find(struct journal_reader *reader, struct arena *arena, int64_t since_ms, int64_t until_ms, struct suspect **ret_suspects);

/* The same in lines for people, with a heading and LF at each end; what there is to say when there is no journal, too. */
const char *suspects_text(struct arena *arena, const char *directory, int64_t since_ms, int64_t until_ms);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record_entry.h - facts, findings and verdict as an entry of the journal. */
#ifndef OCTROI_RECORD_ENTRY_H
#define OCTROI_RECORD_ENTRY_H

#include "milter/lookup/journal.h"
#include "milter/record.h"

/* What an entry is made of. message is NULL before MAIL; findings are those of the message (or of the refused recipient). */
struct record_facts {
	enum journal_kind kind;
	const char *id;
	const struct session *session;
	const struct message *message;
	const struct findings *findings;
	const struct verdict *verdict;
	const char *failure;		/* NULL: none */
};

/* Strings live in arena, or as long as the facts. */
struct journal_entry record_entry(struct arena *arena, const struct record_settings *settings, const struct record_facts *facts);

#endif

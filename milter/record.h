/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record.h - the one line, and the one entry of the journal, for each message, and for a session, transaction or recipient that was refused. */
#ifndef OCTROI_RECORD_H
#define OCTROI_RECORD_H

#include "milter/model/message.h"
#include "milter/model/session.h"
#include "milter/model/verdict.h"

struct journal;

/* What the entries need that is the same for all; once, before the first session. journal NULL: lines alone. */
struct record_settings {
	struct journal *journal;
	const char *configuration;	/* its name in the journal */
	const char *host;		/* authserv_id */
	bool subjects;			/* keep the text of Subject */
};
void record_open(const struct record_settings *settings);

/* A message has its verdict and it was carried out (or not: failure says why the MTA was told to come again, else NULL). */
void record_message(const struct session *session, const struct message *message, const struct verdict *verdict, const char *failure);

/* The recipient that was asked about last was refused: an entry, no line. */
void record_recipient(const struct session *session, const struct message *message, const struct verdict *verdict);

/* A session was refused before MAIL. */
void record_session(const struct session *session, const struct verdict *verdict, const char *id);

/* A transaction ended without a message, after a refusal at MAIL or RCPT. */
void record_transaction(const struct session *session, const struct message *message, const struct verdict *mailfrom_verdict);

/* What the resolver has done since the start of this filter. */
struct resolver_stats;
void record_resolver(const struct resolver_stats *stats);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record.h - the one line for each message, and for a session or transaction that ended in a refusal. */
#ifndef OCTROI_RECORD_H
#define OCTROI_RECORD_H

#include "milter/model/message.h"
#include "milter/model/session.h"
#include "milter/model/verdict.h"

/* A message has its verdict and it was carried out (or not: failure says why the MTA was told to come again, else NULL). */
void record_message(const struct session *session, const struct message *message, const struct verdict *verdict, const char *failure);

/* A session was refused before MAIL. */
void record_session(const struct session *session, const struct verdict *verdict, const char *id);

/* A transaction ended without a message, after a refusal at MAIL or RCPT. */
void record_transaction(const struct session *session, const struct message *message, const struct verdict *mailfrom_verdict);

/* What the resolver has done since the start of this filter. */
struct resolver_stats;
void record_resolver(const struct resolver_stats *stats);

#endif

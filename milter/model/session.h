/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session.h - facts about one SMTP session: written as the MTA's events arrive, read-only for scanners. */
#ifndef OCTROI_MODEL_SESSION_H
#define OCTROI_MODEL_SESSION_H

#include "milter/base/arena.h"
#include "milter/base/ip.h"
#include "milter/model/finding.h"

enum phase { PHASE_CONNECT, PHASE_HELO, PHASE_MAILFROM, PHASE_RCPT, PHASE_DATA, PHASE_EOH, PHASE_EOM };

/* Which MTA speaks to us: the same macro means different things (facts.md: {cert_subject}, {verify}). */
enum mta { MTA_UNKNOWN, MTA_POSTFIX, MTA_SENDMAIL };

struct message;

struct session {
	struct arena *arena;
	enum mta mta;
	struct ip client;		/* IP_NONE: a local or unknown family (threats SMTP-19) */
	unsigned client_port;		/* 0: unknown; Postfix says 0 for mail of its own */
	bool has_daemon_port;		/* {daemon_port} was given: somebody connected to a port of the MTA */
	struct ip daemon;		/* {daemon_addr} or {if_addr}: the address of ours that was connected to */
	const char *daemon_name;	/* {daemon_name}: the MTA's name of the service, as its configuration says; "" when not told */
	const char *mta_host;		/* {j}: the MTA's name; "" when not told */
	const char *client_name;	/* as the MTA says; "" when unknown */
	const char *helo;		/* "" when there was none */
	char helo_text[256];		/* room for it */
	struct findings findings;	/* of connect and HELO: they concern every message of the session */
	struct message *message;	/* the transaction that is open, or NULL */
	void *const *states;		/* engine only: of each scanner, by its place in the table */
	char id[10];			/* of a refusal before MAIL; "" until there is one */
	uint64_t started_ms;		/* monotonic */
};

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* message.h - facts about one transaction and the message in it: written as events arrive, read-only for scanners. */
#ifndef OCTROI_MODEL_MESSAGE_H
#define OCTROI_MODEL_MESSAGE_H

#include "milter/mail/address.h"
#include "milter/mail/authres.h"
#include "milter/mail/header.h"
#include "milter/model/verdict.h"

#define MESSAGE_ID_SIZE 10	/* "7K3F-QX2M" and its NUL */

enum direction { DIRECTION_INBOUND, DIRECTION_SUBMISSION, DIRECTION_GRANTED, DIRECTION_LOCAL, DIRECTIONS };
const char *direction_name(enum direction direction);

/* Why a recipient may be reached: exactly one for each accepted recipient. */
enum ground { GROUND_NONE, GROUND_DOMAIN, GROUND_AUTH, GROUND_CERT, GROUND_GRANT, GROUND_LOCAL };
const char *ground_name(enum ground ground);

/* Where the MTA would send a recipient by its own reading of the address: {rcpt_mailer}, {rcpt_host}, {rcpt_addr}; "" when it does
 * not say. */
struct mta_route {
	const char *mailer, *host, *address;
};

struct recipient {
	struct address address;		/* valid unless problem is set */
	const char *problem;		/* why it is malformed, or NULL */
	struct mta_route route;
	enum ground ground;
	const char *ground_detail;	/* the grant's title, the login, the certificate; "" for the others */
};

/* What the client proved, as the MTA's macros at MAIL say. */
struct credentials {
	const char *login;		/* {auth_authen}; "" without */
	const char *auth_type;		/* {auth_type}: never a ground of its own */
	const char *cert_subject;	/* {cert_subject}, {cert_issuer}: a CN in Postfix, a DN in Sendmail */
	const char *cert_issuer;
	const char *verify;		/* {verify}; "" in Postfix */
	const char *tls_version;
};

/* A domain that has (or would have) vouched for the message, found out by ourselves: what DMARC aligns with the author (RFC 9989). */
enum identity_kind { IDENTITY_SPF, IDENTITY_DKIM };
struct identity {
	enum identity_kind kind;
	enum identity_state {
		IDENTITY_PASS,
		IDENTITY_FAIL,		/* anything else that is certain */
		IDENTITY_UNSURE,	/* could not tell: a later try might pass */
	} state;
	const char *domain;		/* normalised (domain.h): of MAIL FROM, or of the HELO name for the null sender; d= */
	const char *selector;		/* s=; "" for SPF */
	const char *result;		/* the word of RFC 8601 */
};

/* A file in the message, for the record. */
struct attachment_fact {
	const char *name;	/* printable UTF-8 */
	const char *type;	/* one word */
	const char *sha256;	/* hexadecimal; "" when not known */
	uint64_t size_bytes;
};

struct inspection;

struct message {
	struct arena *arena;
	char id[MESSAGE_ID_SIZE];
	const char *queue_id;		/* "" until the MTA tells it */
	enum direction direction;
	struct address mailfrom;	/* valid unless mailfrom_problem is set */
	const char *mailfrom_problem;
	struct credentials credentials;

	struct recipient *recipients;	/* accepted ones, and the one that is being asked about as the last */
	size_t recipients_len;
	size_t recipients_capacity;	/* engine only, as are the two marks: around what was allocated for a recipient that was refused */
	struct arena_mark refused_start, refused_end;
	uint64_t refused;		/* recipients that got a refusal */
	const char *refused_first;	/* the first of them, for the record */
	struct verdict refused_verdict;	/* on it */
	const struct recipient *refused_last;	/* the one refused last and what had been found until then: for the record, until the next one */
	struct findings refused_findings;

	struct headers headers;
	int body_fd;			/* memfd: "From ...\n", header, empty line, body; sealed at the end of message; -1 before DATA */
	uint64_t body_offset;		/* where the body starts in it */
	void *reservation;		/* spool.c only: its share of limits.spool */
	uint64_t size_bytes;		/* of header and body as received */
	bool too_large;			/* limits.message_size was passed: body_fd holds only the beginning */
	bool headers_too_large;		/* limits.header_size or limits.header_count likewise */
	bool spool_full;		/* no room for it: limits.spool, or the system's memory */

	struct findings findings;	/* of MAIL, RCPT, and the content */
	struct authres_result *results;	/* for Authentication-Results, in the order in which they were added */
	size_t results_len;
	struct stamps stamps;
	struct identity *identities;	/* in the order in which they were added */
	size_t identities_len;
	const struct inspection *inspection;	/* what the cage found in the content (scanners/inspection.h); NULL: nobody asked it, or not yet */
	struct attachment_fact *attachments;	/* from the inspection, in its order */
	size_t attachments_len;
	const char *const *about;	/* of a report about other mail (a bounce): the Message-IDs it is about, without < >; from the inspection */
	size_t about_len;
	const char *spared;		/* "antivirus:unscannable": a release from the quarantine passes this one finding; NULL: none */
	uint64_t content_started_ms;	/* monotonic: the last byte had come; 0: not yet */
	const char *dmarc;		/* what aggregate reports (RFC 9990) need, in one line "result=fail disposition=reject ..."; NULL: nothing */
	bool settled;			/* engine only: scanners were told how it ended */
	void *const *states;		/* engine only: of each scanner, by its place in the table */
	bool *reported;			/* engine only, likewise: its report is complete */
	uint64_t rcpt_wait_until_ms;	/* engine only: when the time for waiting at RCPT is over; 0: not begun */
	uint64_t started_ms;		/* monotonic */
};

/* A fresh id from the system's random numbers: 8 of the letters of Crockford's base 32, a hyphen in the middle. */
void message_id_make(char id[MESSAGE_ID_SIZE]);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* submit.h - hands one short message of our own to a mail server (RFC 5321), for one recipient, with the null sender. */
#ifndef OCTROI_SUBMIT_H
#define OCTROI_SUBMIT_H

#include "milter/smtp_client.h"

struct submission {
	const char *host, *port;
	const char *helo;		/* our own name */
	const char *recipient;		/* an address without brackets */
	const char *text;		/* header and body; lines end in LF */
	unsigned step_ms, total_ms;	/* time for one step, and for all of it */
};

enum submit_result {
	SUBMIT_DONE,
	SUBMIT_LATER,	/* 4xx, no connection, no answer: it may have arrived all the same if the connection broke after its last byte */
	SUBMIT_NEVER,	/* 5xx */
};

#define SUBMIT_WHY_MAX 200

/* WAITS. why says what the server answered, or what went wrong. */
enum submit_result submit(const struct submission *submission, char why[SUBMIT_WHY_MAX]);

#endif

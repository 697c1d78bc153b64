/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relaytest.h - does a gateway relay? The patterns are played against it up to RCPT; no message is ever sent. */
#ifndef OCTROI_RELAYTEST_H
#define OCTROI_RELAYTEST_H

#include <stddef.h>
#include <stdio.h>

#include "milter/relaytest_patterns.h"

struct relaytest {
	const char *host, *port;
	const char *helo;		/* the name in EHLO */
	struct relaytest_names names;	/* all but gateway and literal, which are learned */
	unsigned step_ms;		/* for the connection and for each reply */
	unsigned pause_ms;		/* between two patterns */
};

enum relaytest_verdict { RELAYTEST_OK, RELAYTEST_RELAYS, RELAYTEST_UNCLEAR, RELAYTEST_VERDICTS };

/* How far a pattern came. */
struct relaytest_heard {
	int error;			/* negative: that ended it, and nothing else counts */
	bool at_rcpt;			/* code is the reply to RCPT; else an earlier command was not taken */
	bool prelude_taken;
	unsigned code;
};

struct relaytest_row {
	const struct relaytest_pattern *pattern;
	const char *prelude, *mailfrom, *rcpt;	/* as sent; prelude is "" when there was none */
	const char *reply;		/* that settled it, printable; "" when there was none */
	enum relaytest_verdict verdict;
	const char *note;		/* why it is not simply refused, or "" */
};

struct relaytest_sum {
	size_t count[RELAYTEST_VERDICTS];
	const char *problem;		/* why it was given up, or NULL */
};

/* A pure function. *ret_note is a static phrase or "". */
enum relaytest_verdict relaytest_judge(enum relaytest_expect expect, const struct relaytest_heard *heard, const char **ret_note);

const char *relaytest_verdict_name(enum relaytest_verdict verdict);

/* Plays all patterns and hands each row to tell, which need not return quickly; strings live in arena. */
struct relaytest_sum relaytest_run(struct arena *arena, const struct relaytest *test,
				   void (*tell)(void *arg, const struct relaytest_row *row), void *arg);

/* Output for people, row by row, and for programs, whole. */
void relaytest_print_row(FILE *out, const struct relaytest_row *row);
void relaytest_print_sum(FILE *out, const struct relaytest *test, const struct relaytest_sum *sum);
void relaytest_print_json(FILE *out, const struct relaytest *test, const struct relaytest_row *rows, size_t len,
			  const struct relaytest_sum *sum);

#endif

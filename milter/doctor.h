/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor.h - octroi doctor: a table of checks, each a pure function over facts that were gathered once.
 *
 * A check says what it found with doctor_say, as often as it likes; one that says nothing is ok. What could not be told is said, too: it is
 * DOCTOR_UNKNOWN and never ok. Strings live in the arena of the facts or are constants. */
#ifndef OCTROI_DOCTOR_H
#define OCTROI_DOCTOR_H

#include <stdio.h>

#include "milter/doctor_facts.h"

/* In this order, but for DOCTOR_UNKNOWN, which weighs as much as a warning. */
enum doctor_state { DOCTOR_OK, DOCTOR_INFO, DOCTOR_UNKNOWN, DOCTOR_WARNING, DOCTOR_DANGER };
#define DOCTOR_STATES (DOCTOR_DANGER + 1)
const char *doctor_state_name(enum doctor_state state);

/* What a check needs, joined with |. Of what is not there (another MTA is in use, --quick) nothing is said; of what is there and could not
 * be read the check is DOCTOR_UNKNOWN without being asked. */
enum doctor_need { DOCTOR_POSTFIX = 1, DOCTOR_SENDMAIL = 2, DOCTOR_FILTER = 4, DOCTOR_SYSTEM = 8, DOCTOR_NETWORK = 16 };

struct doctor;

/* One parameter of Postfix with values that nobody should have. */
struct doctor_parameter {
	const char *name;
	const char *bad;		/* values, with a space between */
	enum doctor_state state;
	const char *reason;		/* goes on after "is VALUE: " */
	const char *wanted;
	bool of_smtpd;			/* each smtpd service of master.cf may have its own */
	const char *unknown;		/* why a Postfix that does not know it is a danger; NULL: then it is no matter */
};

struct doctor_check {
	const char *id;			/* stable: programs and tests know it; NULL ends a table */
	const char *title;
	unsigned needs;
	void (*look)(struct doctor *doctor, const struct doctor_facts *facts);
	const struct doctor_parameter *parameter;	/* of doctor_look_parameter */
};

struct doctor_finding {
	const struct doctor_check *check;
	enum doctor_state state;
	const char *reason;		/* one line */
	const char *change;		/* "main.cf: swap_bangpath = no", lines with LF between; NULL: nothing that a line could mend */
};

struct doctor {
	struct arena *arena;		/* of the facts */
	const struct doctor_facts *facts;
	const struct doctor_check *check;	/* that is being asked */
	struct doctor_finding *findings;	/* in the order of the table; of each check that was asked at least one */
	size_t len;
	size_t counts[DOCTOR_STATES];	/* checks by the worst they said */
	size_t checks;			/* that were asked */
	enum doctor_state worst;
};

/* Asks every check of the tables (an array that ends with NULL). */
void doctor_examine(struct doctor *ret_doctor, const struct doctor_facts *facts, const struct doctor_check *const *tables);

/* Adds a finding; what the check has said already is not said again. change may be NULL. */
void doctor_say(struct doctor *doctor, enum doctor_state state, const char *change, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* For rows with .parameter. */
void doctor_look_parameter(struct doctor *doctor, const struct doctor_facts *facts);

/* "main.cf: NAME = VALUE", or the same for the line of master.cf that has the say for the service (NULL: main.cf). */
const char *doctor_change(struct doctor *doctor, const struct postfix_service *service, const char *name, const char *value);

/* "service NAME: " when it is the service's own value, else "". */
const char *doctor_service(struct doctor *doctor, const struct postfix_service *service, const char *name);

/* All tables, NULL at the end, and each by itself for tests. */
extern const struct doctor_check *const doctor_tables[];
extern const struct doctor_check doctor_relay_checks[], doctor_domain_checks[], doctor_lines_checks[], doctor_milter_checks[],
	doctor_timeout_checks[], doctor_socket_checks[], doctor_auth_checks[], doctor_sendmail_checks[], doctor_filter_checks[],
	doctor_clamav_checks[], doctor_system_checks[], doctor_dns_checks[];

/* For people: one line each and what to change; what is ok is counted, or told as well (verbose). For programs: one object. */
void doctor_print(FILE *out, const struct doctor *doctor, bool verbose);
void doctor_print_json(FILE *out, const struct doctor *doctor);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* finding.h - what a scanner saw. It says nothing about what is to be done: policy does. */
#ifndef OCTROI_MODEL_FINDING_H
#define OCTROI_MODEL_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "milter/base/arena.h"
#include "milter/model/rule.h"

#define FINDING_MESSAGE SIZE_MAX	/* recipient of a finding that concerns the message or session as a whole */

/* When the client hears of a refusal that comes from an outcome. */
enum refusal {
	REFUSE_NOW,	/* at the phase that found it: malformed addresses, limits */
	REFUSE_DOOR,	/* about who the client is: at session.refuse_at, by default at RCPT so that the refusal can name
			 * sender and recipient; postmaster and abuse at our domains are exempt there */
	REFUSE_CONTENT,	/* at the end of the message */
};

/* A header field that an outcome puts on a message that is let in. In value "%h" stands for the name of this host, "%t" for the
 * text of the finding. */
struct outcome_stamp {
	const char *name;	/* NULL ends the array */
	const char *value;
};

/* One outcome that a scanner declares. */
struct outcome {
	const char *name;
	enum refusal refusal;
	size_t rule_offset;		/* of its struct rule in the scanner's settings; OUTCOME_FIXED: fixed_action, always */
	enum action fixed_action;
	unsigned code;			/* of a rejection: 550, "5.7.1" */
	const char *status;
	unsigned defer_code;		/* of a deferral: 451, "4.7.1" */
	const char *defer_status;
	const struct outcome_stamp *stamps;	/* may be NULL */
};

#define OUTCOME_FIXED SIZE_MAX

struct scanner;

/* A fact that programs may want, which is not in the words of the text: "policy", "reject". */
struct finding_note {
	const char *key, *value;
	bool is_flag;		/* value is "true" or "false" */
};

struct finding {
	const struct scanner *scanner;
	const struct outcome *outcome;
	struct rule rule;		/* what milter.conf says about it; fixed_action when it may say nothing */
	const char *text;		/* for people; stands in the reply too, so it names nothing secret */
	size_t recipient;		/* index, or FINDING_MESSAGE */
	struct finding_note *notes;
	size_t notes_len;
};

struct findings {
	struct arena *arena;
	struct finding *items;
	size_t len;
};

/* A header field that a scanner puts on a message that is let in, beyond those of its outcomes. */
struct stamp {
	const char *name;
	const char *value;	/* in one line: it is folded when it is written */
};

struct stamps {
	struct stamp *items;
	size_t len;
};

#endif

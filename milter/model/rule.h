/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule.h - what milter.conf wants done about an outcome: "reject", "2.5", "observe quarantine",
 * "quarantine, submission: reject, local: tag". */
#ifndef OCTROI_MODEL_RULE_H
#define OCTROI_MODEL_RULE_H

#include "conf/option.h"

/* From the mildest to the strictest; the strictest of all findings wins. A deferral stands over a quarantine because it says
 * that somebody could not tell; a rejection over all because it is final and the sender learns of it. */
enum action {
	ACTION_ACCEPT,
	ACTION_WEIGHT,		/* adds to the score */
	ACTION_TAG,
	ACTION_QUARANTINE,
	ACTION_DEFER,
	ACTION_DISCARD,
	ACTION_REJECT,
};
const char *action_name(enum action action);

struct rule_action {
	enum action action;
	double weight;		/* ACTION_WEIGHT */
	bool observe;		/* recorded as "would have ...", and nothing else */
};

#define RULE_DIRECTIONS 4	/* as many as enum direction has */

struct rule {
	struct rule_action by_direction[RULE_DIRECTIONS];
	struct conf_where where;	/* .file NULL: the default */
};

/* The parse function of rows with an action (OPTION_CUSTOM on a struct rule). */
int rule_parse(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem);

/* The same for outcomes that mean "not known to be good": accept, tag, a weight and observe would let such mail in and are errors. */
int rule_parse_held(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem);

#endif

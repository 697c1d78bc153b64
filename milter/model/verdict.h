/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verdict.h - the one decision about a phase, a recipient or a message. */
#ifndef OCTROI_MODEL_VERDICT_H
#define OCTROI_MODEL_VERDICT_H

#include "milter/mail/reply.h"
#include "milter/model/finding.h"

struct verdict {
	enum action action;		/* never ACTION_WEIGHT */
	struct reply reply;		/* of ACTION_DEFER and ACTION_REJECT */
	const struct finding *by;	/* the finding that decided; NULL: none did, or the score */
	double score;
	struct conf_where where;	/* the line of milter.conf that decided; .file NULL: a default or nothing */
	const char *by_name;		/* "antivirus:infected", "score", or "" */
	const char *observed;		/* what observed outcomes would have done: "reject (antivirus:infected)"; "" for nothing */
};

#endif

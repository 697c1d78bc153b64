/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_parts.h - the parts of a story, each of a file of its own; for explain*.c only. */
#ifndef OCTROI_EXPLAIN_PARTS_H
#define OCTROI_EXPLAIN_PARTS_H

#include "milter/explain.h"

struct explain {
	FILE *out;
	const struct show *show;
	const struct explain_story *story;
	const struct journal_entry *entry;	/* the main one */
};

#define EXPLAIN_INDENT 2
#define explain_say(explain, ...) show_say((explain)->out, (explain)->show, EXPLAIN_INDENT, __VA_ARGS__)

/* explain_facts.c: who came, with what, and what authentication said. */
void explain_facts(const struct explain *explain);
void explain_results(const struct explain *explain);

/* explain_findings.c: what each check saw and what milter.conf says about it. */
void explain_findings(const struct explain *explain);

/* explain_decision.c: what decided, what was said to the sender, and to each recipient. */
void explain_decision(const struct explain *explain);
void explain_recipients(const struct explain *explain);
void explain_remedy(const struct explain *explain);

/* "by line 31 of /etc/octroi/milter.conf (on_fail = reject)", "by default". */
const char *explain_rule(const struct explain *explain, const char *configuration, const char *file, unsigned line);

/* A reply in one line. */
const char *explain_reply(const struct explain *explain, const char *reply);

#endif

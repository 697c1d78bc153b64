/* SPDX-License-Identifier: GPL-2.0-or-later */
/* policy.h - the one place that decides: a pure function of facts, findings and rules. */
#ifndef OCTROI_POLICY_H
#define OCTROI_POLICY_H

#include "milter/model/message.h"
#include "milter/model/session.h"
#include "milter/model/verdict.h"

struct score_settings;

struct policy_question {
	const struct session *session;
	const struct message *message;		/* NULL before MAIL */
	enum phase phase;
	size_t recipient;			/* PHASE_RCPT: index; else FINDING_MESSAGE */
	enum phase refuse_at;			/* REFUSE_DOOR is heard from this phase on */
	const struct score_settings *score;
	const char *id;				/* stands in brackets at the end of a refusal */
};

/* The verdict's strings live in arena; question and findings must live as long. */
struct verdict policy_decide(struct arena *arena, const struct policy_question *question);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/policy.h"

#include <stdio.h>

#include "milter/model/scanner.h"
#include "milter/settings.h"

enum { SPARED_NAME_MAX = 128 };		/* scanner:outcome */

/* What is gathered while the findings are walked. */
struct tally {
	struct verdict verdict;
	const struct finding *observed;
	struct rule_action observed_action;
};

/* Before MAIL nobody knows the direction; a client that only connects is a stranger. */
static enum direction direction_of(const struct policy_question *question)
{
	return question->message == NULL ? DIRECTION_INBOUND : question->message->direction;
}

/* A release from the quarantine passes what held the message, and nothing else: one name, or several with spaces between when it was
 * released and held before. */
static bool spares(const struct message *message, struct str name)
{
	struct str rest = str_of(message == NULL ? NULL : message->spared);

	while (rest.p != NULL)
		if (str_equal(str_split(&rest, " "), name))
			return true;
	return false;
}

static bool is_spared(const struct finding *finding, const struct message *message)
{
	char name[SPARED_NAME_MAX];

	if (message == NULL || message->spared == NULL)
		return false;
	(void)snprintf(name, sizeof(name), "%s:%s", finding->scanner->name, finding->outcome->name);
	return spares(message, str_of(name));
}

static bool is_score_spared(const struct message *message)
{
	return spares(message, STR("score"));
}

/* What was found about a recipient who is still there at the end (a weight, a tag, a hold) is for the message that all get. */
static bool applies(const struct finding *finding, const struct policy_question *question)
{
	unsigned directions = finding->scanner->directions;

	if (directions != 0 && (directions & SCANNER_IN(direction_of(question))) == 0)
		return false;
	return finding->recipient == FINDING_MESSAGE || finding->recipient == question->recipient || question->phase == PHASE_EOM;
}

/* RFC 5321 4.5.1 and RFC 2142: what is held against a client does not keep it from these two. What is held against the recipient
 * itself (that it is not ours, say) does. */
static bool is_exempt(const struct finding *finding, const struct recipient *recipient)
{
	return finding->recipient == FINDING_MESSAGE && recipient->problem == NULL && recipient->ground == GROUND_DOMAIN &&
	       address_is_postmaster(&recipient->address);
}

/* A refusal at the door was heard at RCPT, and the recipients left are those that it did not concern; unless it was found too late for
 * some of them. */
static bool concerns_somebody_left(const struct finding *finding, const struct message *message)
{
	for (size_t i = 0; message != NULL && i < message->recipients_len; i++)
		if (finding->recipient == FINDING_MESSAGE && !is_exempt(finding, &message->recipients[i]))
			return true;
	return false;
}

static bool door_refusal_is_due(const struct finding *finding, const struct policy_question *question)
{
	if (question->phase == PHASE_EOM)
		return concerns_somebody_left(finding, question->message);
	if (question->phase < question->refuse_at)
		return false;
	return question->phase != PHASE_RCPT || !is_exempt(finding, &question->message->recipients[question->recipient]);
}

static bool is_due(const struct finding *finding, struct rule_action action, const struct policy_question *question)
{
	bool refuses = action.action == ACTION_DEFER || action.action == ACTION_REJECT;

	/* a refusal that was only observed at the door is told with the message, which it did not stop */
	if (!refuses || (action.observe && question->phase == PHASE_EOM))
		return question->phase == PHASE_EOM;
	switch (finding->outcome->refusal) {
	case REFUSE_NOW:
		return true;
	case REFUSE_DOOR:
		return door_refusal_is_due(finding, question);
	case REFUSE_CONTENT:
		break;
	}
	return question->phase == PHASE_EOM;
}

static void weigh(struct tally *tally, const struct finding *finding, const struct policy_question *question)
{
	struct rule_action action = finding->rule.by_direction[direction_of(question)];

	if (!applies(finding, question) || !is_due(finding, action, question) || is_spared(finding, question->message))
		return;
	if (action.observe) {
		if (tally->observed == NULL || action.action > tally->observed_action.action) {
			tally->observed = finding;
			tally->observed_action = action;
		}
		return;
	}
	if (action.action == ACTION_WEIGHT) {
		tally->verdict.score += action.weight;
		return;
	}
	if (action.action > tally->verdict.action) {
		tally->verdict.action = action.action;
		tally->verdict.by = finding;
		tally->verdict.where = finding->rule.where;
	}
}

static void weigh_all(struct tally *tally, const struct findings *findings, const struct policy_question *question)
{
	for (size_t i = 0; i < findings->len; i++)
		weigh(tally, &findings->items[i], question);
}

/* spared: a release from the quarantine passes the threshold that held it; that of rejection stands. */
static void weigh_score(struct verdict *verdict, const struct score_settings *score, bool spared)
{
	const struct score_threshold *thresholds[] = { &score->reject, &score->quarantine, &score->tag };
	static const enum action actions[] = { ACTION_REJECT, ACTION_QUARANTINE, ACTION_TAG };

	for (size_t i = 0; i < 3; i++) {
		if (thresholds[i]->score <= 0 || verdict->score < thresholds[i]->score || actions[i] <= verdict->action)
			continue;
		if (spared && actions[i] == ACTION_QUARANTINE)
			continue;
		verdict->action = actions[i];
		verdict->by = NULL;
		verdict->by_name = "score";
		verdict->where = thresholds[i]->where;
		return;
	}
}

static bool lacks_ground(const struct policy_question *question)
{
	const struct message *message = question->message;

	if (message == NULL)
		return question->phase == PHASE_EOM;
	if (question->phase == PHASE_RCPT)
		return message->recipients[question->recipient].ground == GROUND_NONE;
	return question->phase == PHASE_EOM && message->recipients_len == 0;
}

/* Nothing leaves without a ground, even if every scanner forgot to say so, or an MTA to ask about a recipient. */
static void demand_ground(struct verdict *verdict, const struct policy_question *question)
{
	if (verdict->action >= ACTION_DEFER || !lacks_ground(question))
		return;
	verdict->action = ACTION_DEFER;
	verdict->by = NULL;
	verdict->by_name = "policy:no_ground";
}

static struct reply make_reply(struct arena *arena, const struct verdict *verdict)
{
	const struct outcome *outcome = verdict->by == NULL ? NULL : verdict->by->outcome;
	bool defer = verdict->action == ACTION_DEFER;
	unsigned code = outcome == NULL ? 0 : defer ? outcome->defer_code : outcome->code;
	const char *status = outcome == NULL ? NULL : defer ? outcome->defer_status : outcome->status;

	if (code == 0 || status == NULL) {
		code = defer ? 451 : 550;
		status = defer ? "4.7.1" : "5.7.1";
	}
	if (verdict->by != NULL)
		return reply_make(arena, code, status, "%s", verdict->by->text);
	if (defer)
		return reply_make(arena, code, status, "not possible just now");
	return reply_make(arena, code, status, "the message looks unwanted (score %.1f)", verdict->score);
}

static const char *name_of(struct arena *arena, const struct finding *finding)
{
	return arena_printf(arena, "%s:%s", finding->scanner->name, finding->outcome->name);
}

static void finish(struct arena *arena, struct tally *tally, const struct policy_question *question)
{
	struct verdict *verdict = &tally->verdict;

	if (verdict->by != NULL)
		verdict->by_name = name_of(arena, verdict->by);
	if (tally->observed != NULL)
		verdict->observed = arena_printf(arena, "%s (%s)", action_name(tally->observed_action.action),
						 name_of(arena, tally->observed));
	if (verdict->action == ACTION_DEFER || verdict->action == ACTION_REJECT)
		verdict->reply = reply_with_id(arena, make_reply(arena, verdict), question->id);
}

struct verdict policy_decide(struct arena *arena, const struct policy_question *question)
{
	struct tally tally = { .verdict = { .action = ACTION_ACCEPT, .by_name = "", .observed = "" } };

	weigh_all(&tally, &question->session->findings, question);
	if (question->message != NULL)
		weigh_all(&tally, &question->message->findings, question);
	if (question->phase == PHASE_EOM)
		weigh_score(&tally.verdict, question->score, is_score_spared(question->message));
	demand_ground(&tally.verdict, question);
	finish(arena, &tally, question);
	return tally.verdict;
}

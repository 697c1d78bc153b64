/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/model/rule.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "milter/base/str.h"
#include "milter/model/message.h"

_Static_assert(RULE_DIRECTIONS == DIRECTIONS, "a rule has an action for each direction");

static const char *const action_names[] = {
	[ACTION_ACCEPT] = "accept",	[ACTION_WEIGHT] = "weight",   [ACTION_TAG] = "tag",
	[ACTION_QUARANTINE] = "quarantine", [ACTION_DEFER] = "defer", [ACTION_DISCARD] = "discard",
	[ACTION_REJECT] = "reject",
};

const char *action_name(enum action action)
{
	return action_names[action];
}

static int weight_parse(struct str word, struct rule_action *action)
{
	char text[16], *end;

	if (word.len == 0 || word.len >= sizeof(text))
		return -EINVAL;
	memcpy(text, word.p, word.len);
	text[word.len] = '\0';
	if (strspn(text, "+-.0123456789") != word.len)
		return -EINVAL;
	action->action = ACTION_WEIGHT;
	action->weight = strtod(text, &end);
	return *end == '\0' && isfinite(action->weight) && fabs(action->weight) <= 1000 ? 0 : -EINVAL;
}

static int action_parse(struct str word, struct rule_action *action)
{
	for (unsigned i = 0; i < sizeof(action_names) / sizeof(action_names[0]); i++) {
		if (i != ACTION_WEIGHT && str_equal_nocase(word, str_of(action_names[i]))) {
			action->action = (enum action)i;
			return 0;
		}
	}
	return weight_parse(word, action);
}

/* "[observe] ACTION" */
static int clause_parse(struct str clause, struct rule_action *action)
{
	struct str rest = str_trim(clause);
	struct str first = str_split(&rest, " \t");

	if (rest.p != NULL && str_equal_nocase(first, STR("observe"))) {
		action->observe = true;
		first = str_trim(rest);
	} else if (rest.p != NULL) {
		return -EINVAL;
	}
	return action_parse(first, action);
}

static int direction_parse(struct str word, enum direction *ret_direction)
{
	for (unsigned i = 0; i < DIRECTIONS; i++) {
		if (str_equal_nocase(word, str_of(direction_name((enum direction)i)))) {
			*ret_direction = (enum direction)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* "DIRECTION: [observe] ACTION" changes one direction, and only once; a clause without direction is for all that are not named. */
static int part_parse(struct str part, struct rule *rule, unsigned *named, bool *ret_general)
{
	struct str rest = part;
	struct str head = str_trim(str_split(&rest, ":"));
	struct rule_action action = { .action = ACTION_ACCEPT };
	enum direction direction;

	*ret_general = rest.p == NULL;
	if (clause_parse(*ret_general ? head : rest, &action) < 0)
		return -EINVAL;
	if (*ret_general) {
		for (size_t i = 0; i < DIRECTIONS; i++)
			rule->by_direction[i] = action;
		return 0;
	}
	if (direction_parse(head, &direction) < 0 || (*named & 1u << direction) != 0)
		return -EINVAL;
	*named |= 1u << direction;
	rule->by_direction[direction] = action;
	return 0;
}

int rule_parse(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	struct rule rule = { .where = where };
	struct str rest = str_of(text);
	unsigned named = 0;
	bool first = true;

	(void)conf;
	while (rest.p != NULL) {
		bool general;

		if (part_parse(str_split(&rest, ","), &rule, &named, &general) < 0 || general != first) {
			(void)snprintf(problem, CONF_PROBLEM_MAX,
				       "\"%.60s\" is no action (accept, tag, quarantine, defer, reject, discard or a weight such as 2.5; "
				       "\"observe\" may stand before it, and \", submission: ACTION\" after it)", text);
			return -EINVAL;
		}
		first = false;
	}
	*(struct rule *)field = rule;
	return 0;
}

int rule_parse_held(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	struct rule rule;

	if (rule_parse(conf, text, where, &rule, problem) < 0)
		return -EINVAL;
	for (size_t i = 0; i < DIRECTIONS; i++) {
		if (rule.by_direction[i].action >= ACTION_QUARANTINE && !rule.by_direction[i].observe)
			continue;
		(void)snprintf(problem, CONF_PROBLEM_MAX,
			       "\"%.60s\" would let in what nobody has looked at; only quarantine, defer, reject and discard may stand "
			       "here", text);
		return -EINVAL;
	}
	*(struct rule *)field = rule;
	return 0;
}

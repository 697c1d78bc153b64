/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/model/rule.h"

#include <errno.h>

#include "milter/model/message.h"
#include "t/unit/rows.h"

#define ALL(...) { { __VA_ARGS__ }, { __VA_ARGS__ }, { __VA_ARGS__ }, { __VA_ARGS__ } }

static const struct parse {
	const char *name, *text;
	bool good, held;	/* accepted by rule_parse, by rule_parse_held */
	struct rule_action expected[RULE_DIRECTIONS];	/* inbound, submission, granted, local */
} parse_table[] = {
	{ "accept", "accept", true, false, ALL(.action = ACTION_ACCEPT) },
	{ "tag", "tag", true, false, ALL(.action = ACTION_TAG) },
	{ "quarantine", "quarantine", true, true, ALL(.action = ACTION_QUARANTINE) },
	{ "defer", "defer", true, true, ALL(.action = ACTION_DEFER) },
	{ "discard", "discard", true, true, ALL(.action = ACTION_DISCARD) },
	{ "reject", "reject", true, true, ALL(.action = ACTION_REJECT) },
	{ "upper_case", "REJECT", true, true, ALL(.action = ACTION_REJECT) },
	{ "blanks_around", " \treject ", true, true, ALL(.action = ACTION_REJECT) },
	{ "weight", "2.5", true, false, ALL(.action = ACTION_WEIGHT, .weight = 2.5) },
	{ "negative_weight", "-1", true, false, ALL(.action = ACTION_WEIGHT, .weight = -1) },
	{ "weight_with_a_plus", "+3", true, false, ALL(.action = ACTION_WEIGHT, .weight = 3) },
	{ "largest_weight", "1000", true, false, ALL(.action = ACTION_WEIGHT, .weight = 1000) },
	{ "observe", "observe reject", true, false, ALL(.action = ACTION_REJECT, .observe = true) },
	{ "observe_with_more_blanks", "observe \t  reject", true, false, ALL(.action = ACTION_REJECT, .observe = true) },
	{ "observe_a_weight", "observe 5", true, false, ALL(.action = ACTION_WEIGHT, .weight = 5, .observe = true) },
	{ "a_direction_of_its_own", "quarantine, submission: reject", true, true,
	  { { .action = ACTION_QUARANTINE }, { .action = ACTION_REJECT }, { .action = ACTION_QUARANTINE }, { .action = ACTION_QUARANTINE } } },
	{ "every_direction", "tag, inbound: reject, submission:defer ,granted : 2,local: observe discard", true, false,
	  { { .action = ACTION_REJECT }, { .action = ACTION_DEFER }, { .action = ACTION_WEIGHT, .weight = 2 }, { .action = ACTION_DISCARD, .observe = true } } },
	{ "direction_that_lets_in", "reject, local: accept", true, false,
	  { { .action = ACTION_REJECT }, { .action = ACTION_REJECT }, { .action = ACTION_REJECT }, { .action = ACTION_ACCEPT } } },
	{ "direction_that_only_observes", "reject, granted: observe reject", true, false,
	  { { .action = ACTION_REJECT }, { .action = ACTION_REJECT }, { .action = ACTION_REJECT, .observe = true }, { .action = ACTION_REJECT } } },
	{ "direction_in_upper_case", "tag, LOCAL: reject", true, false,
	  { { .action = ACTION_TAG }, { .action = ACTION_TAG }, { .action = ACTION_TAG }, { .action = ACTION_REJECT } } },

	{ "nothing", "", false, false, ALL(.action = ACTION_ACCEPT) },
	{ "unknown_word", "refuse", false, false, ALL(.action = ACTION_ACCEPT) },
	{ "the_word_weight", "weight", false, false, ALL(.action = ACTION_ACCEPT) },
	{ "only_observe", "observe", false, false, ALL(.action = ACTION_ACCEPT) },
	{ "observe_twice", "observe observe reject", false, false, ALL(.action = ACTION_ACCEPT) },
	{ "two_actions", "reject defer", false, false, ALL(.action = ACTION_ACCEPT) },
	{ "two_general_actions", "reject, defer", false, false, ALL(.action = ACTION_ACCEPT) },
	{ "no_general_action", "submission: reject", false, false, ALL(.action = ACTION_ACCEPT) },
	{ "general_action_last", "submission: reject, tag", false, false, ALL(.action = ACTION_ACCEPT) },
	{ "unknown_direction", "tag, outbound: reject", false, false, ALL(.action = ACTION_ACCEPT) },
	{ "a_direction_twice", "tag, local: reject, local: accept", false, false, ALL(.action = ACTION_ACCEPT) },
	{ "direction_without_action", "tag, local:", false, false, ALL(.action = ACTION_ACCEPT) },
	{ "comma_at_the_end", "tag,", false, false, ALL(.action = ACTION_ACCEPT) },
	{ "weight_over_the_largest", "1000.1", false, false, ALL(.action = ACTION_ACCEPT) },
	{ "weight_with_an_exponent", "1e3", false, false, ALL(.action = ACTION_ACCEPT) },
	{ "infinite_weight", "inf", false, false, ALL(.action = ACTION_ACCEPT) },
	{ "weight_that_is_no_number", "nan", false, false, ALL(.action = ACTION_ACCEPT) },
	{ "hexadecimal_weight", "0x10", false, false, ALL(.action = ACTION_ACCEPT) },
	{ "two_numbers", "1-2", false, false, ALL(.action = ACTION_ACCEPT) },
	{ "a_dot", ".", false, false, ALL(.action = ACTION_ACCEPT) },
	{ "very_long_weight", "1.00000000000000000000", false, false, ALL(.action = ACTION_ACCEPT) },
};

static void assert_same(const struct rule *rule, const struct rule_action *expected, const struct conf_where *where)
{
	assert_string_equal(rule->where.file, where->file);
	assert_int_equal(rule->where.line, where->line);
	for (size_t i = 0; i < RULE_DIRECTIONS; i++) {
		assert_int_equal(rule->by_direction[i].action, expected[i].action);
		assert_int_equal(rule->by_direction[i].observe, expected[i].observe);
		assert_true(rule->by_direction[i].weight >= expected[i].weight && rule->by_direction[i].weight <= expected[i].weight);
	}
}

static void check_parse(void **state)
{
	const struct parse *row = *state;
	const struct conf_where where = { .file = "milter.conf", .line = 31 };
	const struct rule untouched = { .where = { .file = "untouched" } };
	struct rule rule = untouched;
	char problem[CONF_PROBLEM_MAX] = "";

	assert_int_equal(rule_parse(NULL, row->text, where, &rule, problem), row->good ? 0 : -EINVAL);
	assert_int_equal(problem[0] == '\0', row->good);
	if (row->good)
		assert_same(&rule, row->expected, &where);
	else
		assert_memory_equal(&rule, &untouched, sizeof(rule));
	problem[0] = '\0';
	rule = untouched;
	assert_int_equal(rule_parse_held(NULL, row->text, where, &rule, problem), row->held ? 0 : -EINVAL);
	assert_int_equal(problem[0] == '\0', row->held);
	if (row->held)
		assert_same(&rule, row->expected, &where);
	else
		assert_memory_equal(&rule, &untouched, sizeof(rule));
}

static void every_action_has_the_name_it_is_written_with(void **state)
{
	const struct conf_where where = { .file = NULL };
	char problem[CONF_PROBLEM_MAX];

	(void)state;
	for (int action = ACTION_ACCEPT; action <= ACTION_REJECT; action++) {
		struct rule rule;

		if (action == ACTION_WEIGHT)
			continue;
		assert_int_equal(rule_parse(NULL, action_name((enum action)action), where, &rule, problem), 0);
		assert_int_equal(rule.by_direction[DIRECTION_INBOUND].action, action);
	}
	assert_string_equal(action_name(ACTION_WEIGHT), "weight");
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, parse_table, check_parse);
	rows_add_one(&rows, "every_action_has_the_name_it_is_written_with", every_action_has_the_name_it_is_written_with, NULL);
	return rows_run(&rows, "rule");
}

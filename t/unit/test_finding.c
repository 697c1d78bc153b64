/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/model/finding.h"

#include "milter/model/scanner.h"
#include "t/unit/rows.h"

struct fake_settings {
	struct rule on_first, on_second;
};

static const struct outcome outcomes[] = {
	{ "first", REFUSE_DOOR, offsetof(struct fake_settings, on_first), .code = 550, .status = "5.7.1" },
	{ .name = "second", .refusal = REFUSE_CONTENT, .rule_offset = offsetof(struct fake_settings, on_second) },
	{ .name = "fixed", .refusal = REFUSE_NOW, .rule_offset = OUTCOME_FIXED, .fixed_action = ACTION_DISCARD },
	{ .name = NULL },
};

static const struct scanner fake = { .name = "fake", .outcomes = outcomes };

static const struct fake_settings settings = {
	.on_first = { .by_direction = { [DIRECTION_SUBMISSION] = { .action = ACTION_REJECT } }, .where = { "c", 7 } },
	.on_second = { .by_direction = { { .action = ACTION_WEIGHT } }, .where = { "c", 8 } },
};

static struct findings findings;
static struct scan scan;

static int start(void **state)
{
	(void)state;
	findings = (struct findings){ .arena = arena_new() };
	scan = (struct scan){ .scanner = &fake, .settings = &settings, .findings = &findings, .recipient = FINDING_MESSAGE };
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_free(findings.arena);
	return 0;
}

static void a_finding_has_the_rule_of_its_outcome(void **state)
{
	(void)state;
	finding_add(&scan, "second", "seen %d times", 3);
	finding_add(&scan, "first", "x");
	assert_int_equal(findings.len, 2);
	assert_ptr_equal(findings.items[0].scanner, &fake);
	assert_ptr_equal(findings.items[0].outcome, &outcomes[1]);
	assert_int_equal(findings.items[0].rule.where.line, 8);
	assert_string_equal(findings.items[0].text, "seen 3 times");
	assert_int_equal(findings.items[1].rule.where.line, 7);
	assert_int_equal(findings.items[1].rule.by_direction[DIRECTION_SUBMISSION].action, ACTION_REJECT);
}

static void notes_stand_with_the_last_finding(void **state)
{
	const struct finding *finding;

	(void)state;
	finding_add(&scan, "first", "x");
	finding_add(&scan, "second", "y");
	finding_note(&scan, "domain", "b.example\n");
	finding_flag(&scan, "aligned", true);
	finding_flag(&scan, "late", false);
	assert_int_equal(findings.items[0].notes_len, 0);
	finding = &findings.items[1];
	assert_int_equal(finding->notes_len, 3);
	assert_string_equal(finding->notes[0].key, "domain");
	assert_string_equal(finding->notes[0].value, "b.example?");
	assert_false(finding->notes[0].is_flag);
	assert_string_equal(finding->notes[1].value, "true");
	assert_true(finding->notes[1].is_flag);
	assert_string_equal(finding->notes[2].value, "false");
}

static void a_fixed_outcome_has_one_action_in_every_direction(void **state)
{
	(void)state;
	finding_add(&scan, "fixed", "x");
	for (int i = 0; i < DIRECTIONS; i++)
		assert_int_equal(findings.items[0].rule.by_direction[i].action, ACTION_DISCARD);
	assert_null(findings.items[0].rule.where.file);
}

static void a_finding_about_a_recipient_says_which(void **state)
{
	(void)state;
	scan.recipient = 3;
	finding_add(&scan, "first", "x");
	assert_int_equal(findings.items[0].recipient, 3);
}

static void foreign_bytes_become_question_marks_HDR_10(void **state)
{
	(void)state;
	finding_add(&scan, "first", "a%sb%%n", "\r\n\033\x7f\xc3\xbc\x85");
	assert_string_equal(findings.items[0].text, "a???????b%n");
}

static void many_findings_are_all_kept(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		finding_add(&scan, i % 2 == 0 ? "first" : "second", "%d", i);
	assert_int_equal(findings.len, 1000);
	assert_string_equal(findings.items[777].text, "777");
	assert_ptr_equal(findings.items[777].outcome, &outcomes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_finding_has_the_rule_of_its_outcome, start, end),
		cmocka_unit_test_setup_teardown(notes_stand_with_the_last_finding, start, end),
		cmocka_unit_test_setup_teardown(a_fixed_outcome_has_one_action_in_every_direction, start, end),
		cmocka_unit_test_setup_teardown(a_finding_about_a_recipient_says_which, start, end),
		cmocka_unit_test_setup_teardown(foreign_bytes_become_question_marks_HDR_10, start, end),
		cmocka_unit_test_setup_teardown(many_findings_are_all_kept, start, end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("finding", tests, NULL, NULL);
}

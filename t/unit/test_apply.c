/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/apply.h"

#include <stdbool.h>

#include "milter/model/scanner.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { NULL };

/* What libmilter was told, one line for each call; the call whose turn is fail_at fails. */
static char told[4096];
static int calls, fail_at;

static int tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int tell(const char *format, ...)
{
	size_t len = strlen(told);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(told + len, sizeof(told) - len, format, args);
	va_end(args);
	return ++calls == fail_at ? MI_FAILURE : MI_SUCCESS;
}

/* In place of libmilter's. */
int smfi_setreply(SMFICTX *ctx, char *code, char *status, char *text)
{
	(void)ctx;
	return tell("reply %s %s %s\n", code, status, text);
}

int smfi_chgheader(SMFICTX *ctx, char *name, int index, char *value)
{
	(void)ctx;
	return tell("change %s %d %s\n", name, index, value == NULL ? "(gone)" : value);
}

int smfi_insheader(SMFICTX *ctx, int index, char *name, char *value)
{
	(void)ctx;
	return tell("insert %d %s:%s\n", index, name, value);
}

int smfi_quarantine(SMFICTX *ctx, char *reason)
{
	(void)ctx;
	return tell("quarantine %s\n", reason);
}

static const struct finding found = { .text = "virus found: 100% Eicar" };

static struct edit edit_items[] = {
	{ EDIT_REMOVE, "X-Spam-Flag", 2, NULL },
	{ EDIT_REMOVE, "X-Spam-Flag", 1, NULL },
	{ EDIT_CHANGE, "Subject", 1, " [SUSPECT] hi" },
	{ EDIT_INSERT, "X-Octroi-Verdict", 0, " tag" },
};
static const struct edits edits = { .items = edit_items, .len = sizeof(edit_items) / sizeof(edit_items[0]) };

#define EDITS(space)                                                                                                     \
	"change X-Spam-Flag 2 (gone)\nchange X-Spam-Flag 1 (gone)\nchange Subject 1 " space "[SUSPECT] hi\n"             \
	"insert 0 X-Octroi-Verdict:" space "tag\n"
#define FAILED "reply 451 4.3.0 the mail gateway could not mark the message [7K3F-QX2M]\n"

static const struct end {
	const char *name;
	struct verdict verdict;
	bool leading_space;
	int fail_at;
	sfsistat expected;
	const char *told, *failure;
} end_table[] = {
	{ "accept_goes_on_and_is_never_accept_SMTP_21", { .action = ACTION_ACCEPT }, true, 0, SMFIS_CONTINUE, EDITS(" "), NULL },
	{ "tag_goes_on", { .action = ACTION_TAG }, true, 0, SMFIS_CONTINUE, EDITS(" "), NULL },
	{ "the_mta_makes_the_space_when_it_did_not_agree", { .action = ACTION_TAG }, false, 0, SMFIS_CONTINUE, EDITS(""), NULL },
	{ "quarantine_marks_and_holds", { .action = ACTION_QUARANTINE, .by = &found }, true, 0, SMFIS_CONTINUE,
	  EDITS(" ") "quarantine Octroi: virus found: 100% Eicar\n", NULL },
	{ "quarantine_by_score_names_it", { .action = ACTION_QUARANTINE, .by_name = "score" }, true, 0, SMFIS_CONTINUE,
	  EDITS(" ") "quarantine Octroi: score\n", NULL },
	{ "discard_changes_nothing", { .action = ACTION_DISCARD, .by = &found }, true, 0, SMFIS_DISCARD, "", NULL },
	{ "reject_changes_nothing", { .action = ACTION_REJECT, .reply = { 550, { 5, 7, 1 }, "no" } }, true, 0, SMFIS_REJECT,
	  "reply 550 5.7.1 no\n", NULL },
	{ "defer_changes_nothing", { .action = ACTION_DEFER, .reply = { 451, { 4, 3, 0 }, "later" } }, true, 0, SMFIS_TEMPFAIL,
	  "reply 451 4.3.0 later\n", NULL },
	{ "percent_signs_are_doubled_HDR_11", { .action = ACTION_REJECT, .reply = { 550, { 5, 7, 1 }, "100% %s" } }, true, 0, SMFIS_REJECT,
	  "reply 550 5.7.1 100%% %%s\n", NULL },
	{ "a_reply_that_is_not_taken_keeps_its_class_HDR_11", { .action = ACTION_REJECT, .reply = { 550, { 5, 7, 1 }, "no" } }, true, 1,
	  SMFIS_REJECT, "reply 550 5.7.1 no\n", NULL },
	{ "a_deferral_that_is_not_taken_keeps_its_class", { .action = ACTION_DEFER, .reply = { 451, { 4, 3, 0 }, "no" } }, true, 1,
	  SMFIS_TEMPFAIL, "reply 451 4.3.0 no\n", NULL },
	{ "a_removal_that_fails_lets_nothing_in_HDR_01", { .action = ACTION_ACCEPT }, true, 1, SMFIS_TEMPFAIL,
	  "change X-Spam-Flag 2 (gone)\n" FAILED, "a header edit was refused" },
	{ "a_change_that_fails_lets_nothing_in", { .action = ACTION_TAG }, true, 3, SMFIS_TEMPFAIL,
	  "change X-Spam-Flag 2 (gone)\nchange X-Spam-Flag 1 (gone)\nchange Subject 1  [SUSPECT] hi\n" FAILED, "a header edit was refused" },
	{ "an_insertion_that_fails_lets_nothing_in", { .action = ACTION_ACCEPT }, true, 4, SMFIS_TEMPFAIL, EDITS(" ") FAILED,
	  "a header edit was refused" },
	{ "a_quarantine_that_fails_lets_nothing_in", { .action = ACTION_QUARANTINE, .by = &found }, true, 5, SMFIS_TEMPFAIL,
	  EDITS(" ") "quarantine Octroi: virus found: 100% Eicar\n" FAILED, "the quarantine was refused" },
};

static void check_end(void **state)
{
	const struct end *row = *state;
	const char *failure = "untouched";
	sfsistat status;

	told[0] = '\0';
	calls = 0;
	fail_at = row->fail_at;
	status = apply_message(NULL, &row->verdict, &edits, "7K3F-QX2M", row->leading_space, &failure);
	assert_int_equal(status, row->expected);
	assert_string_equal(told, row->told);
	if (row->failure == NULL)
		assert_null(failure);
	else
		assert_string_equal(failure, row->failure);
}

static void before_the_end_there_is_only_going_on_and_refusing_SMTP_21(void **state)
{
	struct verdict verdict = { .by_name = "" };

	(void)state;
	for (int action = ACTION_ACCEPT; action <= ACTION_REJECT; action++) {
		verdict.action = (enum action)action;
		told[0] = '\0';
		assert_int_equal(apply_phase(NULL, &verdict), SMFIS_CONTINUE);
		assert_string_equal(told, "");
	}
	for (unsigned code = 400; code < 600; code++) {
		char expected[64];

		verdict.reply = (struct reply){ code, { code / 100, 7, 1 }, "x" };
		told[0] = '\0';
		assert_int_equal(apply_phase(NULL, &verdict), code < 500 ? SMFIS_TEMPFAIL : SMFIS_REJECT);
		(void)snprintf(expected, sizeof(expected), "reply %u %u.7.1 x\n", code, code / 100);
		assert_string_equal(told, expected);
	}
}

static void a_long_reason_is_cut(void **state)
{
	static char text[5000];
	const struct finding talkative = { .text = text };
	const struct verdict verdict = { .action = ACTION_QUARANTINE, .by = &talkative, .by_name = "" };
	const char *failure;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	told[0] = '\0';
	fail_at = 0;
	assert_int_equal(apply_message(NULL, &verdict, &(struct edits){ .len = 0 }, "7K3F-QX2M", true, &failure), SMFIS_CONTINUE);
	assert_in_range(strlen(told), 100, 400);
}

static void what_could_not_be_sealed_comes_again(void **state)
{
	const struct verdict verdict = { .action = ACTION_ACCEPT, .by_name = "" };
	const struct edits unsealed = { .failure = "it could not be sealed" };
	const char *failure;

	(void)state;
	told[0] = '\0';
	fail_at = 0;
	assert_int_equal(apply_message(NULL, &verdict, &unsealed, "7K3F-QX2M", true, &failure), SMFIS_TEMPFAIL);
	assert_string_equal(failure, "it could not be sealed");
	assert_non_null(strstr(told, "451"));
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, end_table, check_end);
	rows_add_one(&rows, "before_the_end_there_is_only_going_on_and_refusing_SMTP_21",
		     before_the_end_there_is_only_going_on_and_refusing_SMTP_21, NULL);
	rows_add_one(&rows, "a_long_reason_is_cut", a_long_reason_is_cut, NULL);
	rows_add_one(&rows, "what_could_not_be_sealed_comes_again", what_could_not_be_sealed_comes_again, NULL);
	return rows_run(&rows, "apply");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include <errno.h>

#include "milter/relaytest.h"

static const struct row {
	const char *name;
	enum relaytest_expect expect;
	struct relaytest_heard heard;
	enum relaytest_verdict verdict;
	const char *note;	/* begins with; "" is none at all */
} rows[] = {
	{ "refused_at_rcpt", RELAYTEST_FOREIGN, { .at_rcpt = true, .code = 554 }, RELAYTEST_OK, "" },
	{ "refused_at_mail", RELAYTEST_FOREIGN, { .code = 553 }, RELAYTEST_OK, "" },
	{ "refused_with_521", RELAYTEST_FOREIGN, { .code = 521 }, RELAYTEST_OK, "" },
	{ "taken", RELAYTEST_FOREIGN, { .at_rcpt = true, .code = 250 }, RELAYTEST_RELAYS, "taken" },
	{ "taken_to_forward", RELAYTEST_FOREIGN, { .at_rcpt = true, .code = 251 }, RELAYTEST_RELAYS, "taken" },
	{ "taken_without_a_promise", RELAYTEST_FOREIGN, { .at_rcpt = true, .code = 252 }, RELAYTEST_RELAYS, "taken" },
	{ "taken_after_a_prelude", RELAYTEST_FOREIGN, { .at_rcpt = true, .prelude_taken = true, .code = 250 }, RELAYTEST_RELAYS, "taken" },
	{ "deferred_is_not_refused", RELAYTEST_FOREIGN, { .at_rcpt = true, .code = 454 }, RELAYTEST_UNCLEAR, "deferred" },
	{ "deferred_at_mail", RELAYTEST_FOREIGN, { .code = 451 }, RELAYTEST_UNCLEAR, "deferred" },
	{ "a_prelude_that_was_believed", RELAYTEST_FOREIGN, { .at_rcpt = true, .prelude_taken = true, .code = 554 },
	  RELAYTEST_UNCLEAR, "this time" },
	{ "a_reply_of_another_kind", RELAYTEST_FOREIGN, { .at_rcpt = true, .code = 354 }, RELAYTEST_UNCLEAR, "not what" },
	{ "two_hundred_before_rcpt_is_no_taking", RELAYTEST_FOREIGN, { .code = 221 }, RELAYTEST_UNCLEAR, "not what" },
	{ "silence", RELAYTEST_FOREIGN, { .error = -ETIMEDOUT, .at_rcpt = true, .code = 550 }, RELAYTEST_UNCLEAR, "no reply" },
	{ "the_end", RELAYTEST_FOREIGN, { .error = -ECONNRESET }, RELAYTEST_UNCLEAR, "the server closed" },
	{ "no_smtp", RELAYTEST_FOREIGN, { .error = -EPROTO }, RELAYTEST_UNCLEAR, "what came" },
	{ "too_long", RELAYTEST_FOREIGN, { .error = -EMSGSIZE }, RELAYTEST_UNCLEAR, "the reply is too long" },
	{ "an_error_after_a_taking_is_no_relaying", RELAYTEST_FOREIGN, { .error = -ETIMEDOUT, .at_rcpt = true, .code = 250 },
	  RELAYTEST_UNCLEAR, "no reply" },
	{ "mail_to_us_taken", RELAYTEST_CONTROL, { .at_rcpt = true, .code = 250 }, RELAYTEST_OK, "" },
	{ "mail_to_us_refused_proves_nothing", RELAYTEST_CONTROL, { .at_rcpt = true, .code = 550 }, RELAYTEST_UNCLEAR, "mail to you" },
	{ "mail_to_us_deferred", RELAYTEST_CONTROL, { .at_rcpt = true, .code = 450 }, RELAYTEST_UNCLEAR, "deferred" },
	{ "a_name_below_ours_refused", RELAYTEST_BELOW, { .at_rcpt = true, .code = 554 }, RELAYTEST_OK, "" },
	{ "a_name_below_ours_taken", RELAYTEST_BELOW, { .at_rcpt = true, .code = 250 }, RELAYTEST_UNCLEAR, "taken: is" },
	{ "no_address_refused", RELAYTEST_NOWHERE, { .at_rcpt = true, .code = 501 }, RELAYTEST_OK, "" },
	{ "no_address_taken", RELAYTEST_NOWHERE, { .at_rcpt = true, .code = 250 }, RELAYTEST_OK, "taken, though" },
};

static void check(void **state)
{
	const struct row *row = *state;
	const char *note = NULL;

	assert_int_equal(relaytest_judge(row->expect, &row->heard, &note), row->verdict);
	assert_non_null(note);
	if (row->note[0] == '\0')
		assert_string_equal(note, "");
	assert_memory_equal(note, row->note, strlen(row->note));
}

static void each_verdict_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(relaytest_verdict_name(RELAYTEST_OK), "ok");
	assert_string_equal(relaytest_verdict_name(RELAYTEST_RELAYS), "RELAYS");
	assert_string_equal(relaytest_verdict_name(RELAYTEST_UNCLEAR), "unclear");
}

int main(void)
{
	static struct rows tests;

	rows_add(&tests, rows, check);
	rows_add_one(&tests, "each_verdict_has_a_name", each_verdict_has_a_name, NULL);
	return rows_run(&tests, "relaytest_judge");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include "milter/relaytest_patterns.h"

static const struct relaytest_names names = {
	.ours = "ours.example", .ours_short = "ours.exampl", .gateway = "gw.ours.example", .literal = "[192.0.2.25]",
	.foreign = "ext.example", .foreign_upper = "EXT.EXAMPLE", .user = "u", .mailbox = "postmaster@ours.example",
	.sender_domain = "from.example",
};

static const struct row {
	const char *name, *template, *text;
} rows[] = {
	{ "nothing_to_expand", "<>", "<>" },
	{ "each_name", "$O $S $G $L $X $Y $U $M $F",
	  "ours.example ours.exampl gw.ours.example [192.0.2.25] ext.example EXT.EXAMPLE u postmaster@ours.example from.example" },
	{ "percent_signs_stay", "<$U%$X@$O>", "<u%ext.example@ours.example>" },
	{ "at_both_ends", "$O!$U", "ours.example!u" },
	{ "an_unknown_letter_is_nothing", "<$Z>", "<>" },
	{ "a_dollar_at_the_end_stays", "x$", "x$" },
	{ "empty", "", "" },
};

static void check(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_new();

	assert_string_equal(relaytest_expand(arena, &names, row->template), row->text);
	arena_free(arena);
}

/* Of the catalogue all that can be played from outside. */
static void the_catalogue_is_played(void **state)
{
	static const char *const ids[] = { "R01", "R02", "R03", "R04", "R05", "R06", "R07", "R08", "R09", "R10", "R11", "R12", "R13", "R14",
					   "R15", "R16", "R17", "R18", "R19", "R20", "R21", "R25", "R28", "R29", "R30", "R31", "R32", "R38" };
	size_t len, found = 0;
	const struct relaytest_pattern *patterns = relaytest_patterns(&len);

	(void)state;
	assert_int_equal(patterns[0].expect, RELAYTEST_CONTROL);
	for (size_t i = 0; i < len; i++) {
		assert_true(patterns[i].expect != RELAYTEST_CONTROL || i == 0);
		if (i == 0 || strcmp(patterns[i].id, patterns[i - 1].id) != 0)
			found++;
	}
	assert_int_equal(found, sizeof(ids) / sizeof(ids[0]));
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		size_t at = 0;

		while (at < len && strcmp(patterns[at].id, ids[i]) != 0)
			at++;
		assert_true(at < len);
	}
}

/* What must be refused names the other domain, an address elsewhere, or a name that only looks like ours. */
static void what_must_be_refused_leads_outside(void **state)
{
	size_t len;
	const struct relaytest_pattern *patterns = relaytest_patterns(&len);
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < len; i++) {
		const char *rcpt = relaytest_expand(arena, &names, patterns[i].rcpt);

		assert_null(strpbrk(rcpt, "\r\n"));
		assert_null(strchr(rcpt, '$'));
		if (patterns[i].expect == RELAYTEST_FOREIGN)
			assert_true(strcasestr(rcpt, "ext.example") != NULL || strstr(rcpt, "203.0.113.9") != NULL ||
				    strstr(rcpt, "2001:db8::9") != NULL || strstr(rcpt, "#3405803785") != NULL ||
				    strstr(rcpt, "0xcb007109") != NULL || strstr(rcpt, "xours.") != NULL || strstr(rcpt, "exampl>") != NULL);
		else
			assert_true(strstr(rcpt, "ext.example") == NULL || patterns[i].utf8);
	}
	arena_free(arena);
}

int main(void)
{
	static struct rows tests;

	rows_add(&tests, rows, check);
	rows_add_one(&tests, "the_catalogue_is_played", the_catalogue_is_played, NULL);
	rows_add_one(&tests, "what_must_be_refused_leads_outside", what_must_be_refused_leads_outside, NULL);
	return rows_run(&tests, "relaytest_patterns");
}

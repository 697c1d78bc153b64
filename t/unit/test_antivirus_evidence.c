/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include <errno.h>

#include "scanners/antivirus_evidence.h"

struct alert_row {
	const char *name;
	const char *alert;
	enum antivirus_outcome outcome;
	const char *text;
};

static const struct alert_row alerts[] = {
	{ "a_signature_is_a_virus", "Win.Test.EICAR_HDB-1", ANTIVIRUS_INFECTED, "Win.Test.EICAR_HDB-1" },
	{ "a_limit_is_no_virus", "Heuristics.Limits.Exceeded.MaxFiles", ANTIVIRUS_UNSCANNABLE,
	  "limits: Heuristics.Limits.Exceeded.MaxFiles" },
	{ "att03_encryption_is_no_virus", "Heuristics.Encrypted.Zip", ANTIVIRUS_UNSCANNABLE,
	  "encrypted: Heuristics.Encrypted.Zip" },
	{ "an_exploit_by_heuristics_is_a_virus", "Heuristics.Exploit.CVE_2015_8650", ANTIVIRUS_INFECTED,
	  "Heuristics.Exploit.CVE_2015_8650" },
	{ "a_name_that_only_looks_like_a_limit_is_a_virus", "X.Heuristics.Limits.Exceeded", ANTIVIRUS_INFECTED,
	  "X.Heuristics.Limits.Exceeded" },
	{ "an_alert_without_a_name_is_a_virus", NULL, ANTIVIRUS_INFECTED, "unknown" },
	{ "an_empty_name_is_a_virus", "", ANTIVIRUS_INFECTED, "unknown" },
	{ "hdr11_a_name_is_made_harmless", "a\r\nb%s", ANTIVIRUS_INFECTED, "a??b%s" },
};

static void check_alert(void **state)
{
	const struct alert_row *row = *state;
	struct evidence evidence = { 0 };
	const char *text;

	evidence_note_alert(&evidence, row->alert);
	assert_int_equal(evidence_outcome(&evidence, &text), row->outcome);
	assert_string_equal(text, row->text);
}

struct rank_row {
	const char *name;
	enum antivirus_outcome first, second, want;
};

static const struct rank_row ranks[] = {
	{ "infected_after_error", ANTIVIRUS_ERROR, ANTIVIRUS_INFECTED, ANTIVIRUS_INFECTED },
	{ "infected_before_error", ANTIVIRUS_INFECTED, ANTIVIRUS_ERROR, ANTIVIRUS_INFECTED },
	{ "infected_after_unscannable", ANTIVIRUS_UNSCANNABLE, ANTIVIRUS_INFECTED, ANTIVIRUS_INFECTED },
	{ "error_after_unscannable", ANTIVIRUS_UNSCANNABLE, ANTIVIRUS_ERROR, ANTIVIRUS_ERROR },
	{ "error_before_unscannable", ANTIVIRUS_ERROR, ANTIVIRUS_UNSCANNABLE, ANTIVIRUS_ERROR },
};

static void check_rank(void **state)
{
	const struct rank_row *row = *state;
	struct evidence evidence = { 0 };
	const char *text;

	evidence_note(&evidence, row->first, "one");
	evidence_note(&evidence, row->second, "two");
	assert_int_equal(evidence_outcome(&evidence, &text), row->want);
	assert_string_equal(text, row->want == row->first ? "one" : "two");
}

static void nothing_noted_is_clean(void **state)
{
	struct evidence evidence = { 0 };
	const char *text;

	(void)state;
	evidence_note_shortage(&evidence, 0);
	evidence_note_shortage(&evidence, ENOENT);
	evidence_note_shortage(&evidence, EPERM);
	assert_int_equal(evidence_outcome(&evidence, &text), ANTIVIRUS_CLEAN);
	assert_string_equal(text, "");
}

static void the_first_text_of_a_kind_is_kept(void **state)
{
	struct evidence evidence = { 0 };
	const char *text;

	(void)state;
	evidence_note_alert(&evidence, "One");
	evidence_note_alert(&evidence, "Two");
	assert_int_equal(evidence_outcome(&evidence, &text), ANTIVIRUS_INFECTED);
	assert_string_equal(text, "One");
}

static void every_shortage_is_an_error(void **state)
{
	static const int shortages[] = { EMFILE, ENFILE, ENOSPC, EDQUOT, EFBIG, EROFS, EIO, ENOMEM };

	(void)state;
	for (size_t i = 0; i < sizeof(shortages) / sizeof(shortages[0]); i++) {
		struct evidence evidence = { 0 };
		const char *text;

		evidence_note_shortage(&evidence, shortages[i]);
		assert_int_equal(evidence_outcome(&evidence, &text), ANTIVIRUS_ERROR);
	}
}

static void a_long_text_is_cut(void **state)
{
	struct evidence evidence = { 0 };
	char name[1000];
	const char *text;

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	evidence_note_alert(&evidence, name);
	(void)evidence_outcome(&evidence, &text);
	assert_int_equal(strlen(text), ANTIVIRUS_TEXT_MAX);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, alerts, check_alert);
	rows_add(&rows, ranks, check_rank);
	rows_add_one(&rows, "nothing_noted_is_clean", nothing_noted_is_clean, NULL);
	rows_add_one(&rows, "the_first_text_of_a_kind_is_kept", the_first_text_of_a_kind_is_kept, NULL);
	rows_add_one(&rows, "every_shortage_is_an_error", every_shortage_is_an_error, NULL);
	rows_add_one(&rows, "a_long_text_is_cut", a_long_text_is_cut, NULL);
	return rows_run(&rows, "antivirus_evidence");
}

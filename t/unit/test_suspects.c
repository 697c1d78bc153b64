/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the journal says about those who were out of line, what a login sent before it was held, and who did what. */
#include "milter/suspects.h"

#include <errno.h>

#include "milter/let_out.h"
#include "milter/operator.h"
#include "milter/settings.h"
#include "t/unit/journal_stage.h"

const struct scanner *const scanners[] = { NULL };
const struct job_kind *const job_kinds[] = { NULL };

static struct stage stage;

static void put_message(int64_t time_ms, const char *login, const char *client, const char *direction, const char *verdict,
			const struct journal_finding *finding, size_t recipients)
{
	const struct journal_recipient to[] = {
		{ "u@one.example", "auth", "", "", true }, { "v@one.example", "auth", "", "", true }, { "w@two.example", "auth", "", "", true },
		{ "x@no.example", "", "", "550 5.7.1 no", false },
	};
	struct journal_entry entry = journal_nothing;

	entry.kind = JOURNAL_MESSAGE; entry.time_ms = time_ms; entry.id = "7K3F-QX2M"; entry.login = login; entry.client = client;
	entry.direction = direction; entry.verdict = verdict; entry.findings = finding; entry.findings_len = finding == NULL ? 0 : 1;
	entry.recipients = to; entry.recipients_len = recipients;
	journal_put(stage.journal, &entry);
}

static void put_event(int64_t time_ms, const char *event, const char *about, const char *who, const char *note)
{
	struct journal_entry entry = journal_nothing;

	entry.kind = JOURNAL_EVENT; entry.time_ms = time_ms; entry.event = event; entry.subject_of = about; entry.operator = who; entry.note = note;
	journal_put(stage.journal, &entry);
}

static const struct journal_finding out_of_line = { "behaviour", "tag", "tag", 0, false, false, "", "40 new domains", "", 0 };
static const struct journal_finding bounce = { "behaviour", "bounce", "accept", 0, false, false, "", "x", "", 0 };
static const struct journal_finding too_many = { "rate", "exceeded", "defer", 0, false, true, "", "over 100", "", 0 };
static const struct journal_finding infected = { "antivirus", "infected", "reject", 0, false, true, "", "Eicar", "", 0 };
static const struct journal_finding spf_fail = { "spf", "fail", "reject", 0, false, true, "", "x", "", 0 };

static void fill(void)
{
	stage_make(&stage);
	stage_open(&stage);
	put_message(1000, "old", "192.0.2.9", "submission", "tag", &out_of_line, 1);
	put_message(5000, "bob", "192.0.2.1", "submission", "tag", &out_of_line, 3);
	put_message(6000, "bob", "192.0.2.2", "submission", "accept", NULL, 4);
	put_message(6500, "bob", "192.0.2.1", "submission", "defer", &too_many, 3);
	put_message(6600, "", "192.0.2.40", "granted", "reject", &infected, 1);
	put_message(6700, "", "203.0.113.7", "inbound", "reject", &infected, 1);
	put_message(6800, "kim", "192.0.2.5", "submission", "accept", &bounce, 1);
	put_message(6900, "joe", "192.0.2.6", "submission", "reject", &spf_fail, 1);
	put_event(7000, "hold", "login:bob", "octroi", "212 recipients\x1b[2J in 9 minutes");
	put_event(7100, "hold", "login:joe", "root", "by hand");
	put_event(7200, "listed", "address:192.0.2.25", "octroi", "x");
	put_message(9000, "late", "192.0.2.8", "submission", "tag", &out_of_line, 1);
	journal_flush(stage.journal, STAGE_WAIT_MS);
}

static void who_was_out_of_line(void **state)
{
	struct journal_reader *reader;
	struct arena *arena = arena_new();
	char problem[CONF_PROBLEM_MAX];
	struct suspect *suspects;

	(void)state;
	fill();
	assert_int_equal(journal_reader_open(stage.directory, &reader, problem), 0);
	assert_int_equal(suspects_find(reader, arena, 4000, 8000, &suspects), 2);
	assert_string_equal(suspects[0].about, "login:bob");
	assert_int_equal(suspects[0].messages, 3);
	assert_int_equal(suspects[0].first_ms, 5000);
	assert_int_equal(suspects[0].last_ms, 7000);
	assert_string_equal(suspects[0].why, "hold: 212 recipients\x1b[2J in 9 minutes");
	assert_string_equal(suspects[1].about, "client:192.0.2.40");
	assert_string_equal(suspects[1].why, "antivirus:infected: Eicar");
	assert_int_equal(suspects_find(reader, arena, 100000, 200000, &suspects), 0);
	journal_reader_close(reader);
	stage_remove(&stage);
	arena_free(arena);
}

static void in_words(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	fill();
	assert_non_null(strstr(suspects_text(arena, stage.directory, 4000, 8000), "\n  login:bob (3 times, 00:00 to 00:00)\n    hold: 212"));
	assert_non_null(strstr(suspects_text(arena, stage.directory, 4000, 8000), "\n  client:192.0.2.40 (1 time, "));
	assert_non_null(strstr(suspects_text(arena, stage.directory, 100000, 200000), "No login or host"));
	assert_non_null(strstr(suspects_text(arena, "/nonexistent", 0, 1), "There is no journal"));
	assert_non_null(strstr(suspects_text(arena, NULL, 0, 1), "There is no journal"));
	stage_remove(&stage);
	arena_free(arena);
}

/* --- what was let out --- */

static const struct let_out_row {
	const char *name;
	struct hold hold;
	uint64_t messages, recipients, domains, refused;
} let_outs[] = {
	{ "of_a_login", { .kind = HOLD_LOGIN, .subject = "bob" }, 2, 6, 2, 1 },
	{ "of_a_host", { .kind = HOLD_CLIENT, .subject = "192.0.2.1" }, 1, 3, 2, 1 },
	{ "of_a_network", { .kind = HOLD_CLIENT, .subject = "192.0.2.0/30" }, 2, 6, 2, 1 },
	{ "of_nobody", { .kind = HOLD_LOGIN, .subject = "nobody" }, 0, 0, 0, 0 },
};

static void check_let_out(void **state)
{
	const struct let_out_row *row = *state;
	struct arena *arena = arena_new();
	struct journal_reader *reader;
	char problem[CONF_PROBLEM_MAX], *text = NULL;
	struct let_out let_out;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	fill();
	assert_int_equal(journal_reader_open(stage.directory, &reader, problem), 0);
	assert_int_equal(let_out_find(reader, arena, &row->hold, 4000, &let_out), 0);
	assert_int_equal(let_out.messages, row->messages);
	assert_int_equal(let_out.recipients, row->recipients);
	assert_int_equal(let_out.domains.len, row->domains);
	assert_int_equal(let_out.refused, row->refused);
	let_out_print(out, &(struct show){ .arena = arena, .columns = 100 }, &let_out);
	(void)fclose(out);
	assert_non_null(strstr(text, row->messages == 0 ? "Nothing was let out before" : "w@two.example"));
	free(text);
	journal_reader_close(reader);
	stage_remove(&stage);
	arena_free(arena);
}

/* --- operators --- */

static const struct operator_row {
	const char *name, *variable, *value;
	bool believed;
} operators[] = {
	{ "behind_sudo", "SUDO_USER", "daemon", true },
	{ "behind_doas", "DOAS_USER", "daemon", true },
	{ "an_account_that_is_none", "SUDO_USER", "no such account\n", false },
	{ "the_empty_one", "SUDO_USER", "", false },
};

static void check_operator(void **state)
{
	const struct operator_row *row = *state;
	struct arena *arena = arena_new();

	(void)unsetenv("SUDO_USER");
	(void)unsetenv("DOAS_USER");
	(void)setenv(row->variable, row->value, 1);
	assert_int_equal(strcmp(operator_name(arena), "daemon") == 0, row->believed);
	assert_string_not_equal(operator_name(arena), "");
	(void)unsetenv(row->variable);
	arena_free(arena);
}

static bool take(void *arg, int64_t n, const struct journal_entry *entry)
{
	(void)n;
	assert_int_equal(entry->kind, JOURNAL_EVENT);
	assert_true(entry->time_ms > 0);
	assert_string_equal(entry->operator, "root");
	*(bool *)arg = true;
	return true;
}

/* Beside the filter, whose journal is open, too. */
static void what_an_operator_did_is_in_the_journal(void **state)
{
	struct conf *conf = settings_load(NULL);
	struct journal_entry entry = journal_nothing;
	struct journal_reader *reader;
	char problem[CONF_PROBLEM_MAX];
	bool found = false;

	(void)state;
	fill();
	entry.event = "free";
	entry.subject_of = "login:zoe";
	entry.operator = "root";
	assert_int_equal(operator_record(conf, stage.directory, &entry, problem), 0);
	assert_int_equal(journal_reader_open(stage.directory, &reader, problem), 0);
	assert_int_equal(journal_search(reader, &(struct journal_query){ .subject_of = "login:zoe", .events = true }, take, &found), 1);
	assert_true(found);
	journal_reader_close(reader);
	assert_true(operator_record(conf, "/nonexistent", &entry, problem) < 0);
	assert_non_null(strstr(problem, "the journal does not know of it"));
	stage_remove(&stage);
	conf_free(conf);
}

int main(void)
{
	static struct rows table;

	rows_add_one(&table, "who_was_out_of_line", who_was_out_of_line, NULL);
	rows_add_one(&table, "in_words", in_words, NULL);
	rows_add(&table, let_outs, check_let_out);
	rows_add(&table, operators, check_operator);
	rows_add_one(&table, "what_an_operator_did_is_in_the_journal", what_an_operator_did_is_in_the_journal, NULL);
	return rows_run(&table, "suspects");
}

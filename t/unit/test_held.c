/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/scanners.h"

#include <stdlib.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "milter/lookup/holds.h"
#include "t/lib/gate.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { &scanner_held, &scanner_relay, NULL };

static const char conf[] = "domains = { \"ours.example\" }\nrelay { authenticated = yes }\n";
static char path[] = "/tmp/octroi-holds-XXXXXX";

enum { NOW_MS = 1700000000 };
#define WALL 1700000000000

static const struct hold_row {
	const char *name;
	struct hold hold;
	const char *client, *login, *rcpt;
	const char *word;		/* at RCPT */
	const char *text;		/* NULL: any */
} hold_table[] = {
	{ "a_login_that_is_held", { HOLD_LOGIN, "bob", 1, 0, "root", "", false }, "192.0.2.1", "bob", "<u@ext.example>", "450 4.7.1 held:held",
	  "login bob may send nothing until an administrator ends it" },
	{ "until_when_and_why", { HOLD_LOGIN, "bob", 1, WALL + 3600000, "root", "call 311", false }, "192.0.2.1", "bob", "<u@ext.example>",
	  "450 4.7.1 held:held", "login bob may send nothing until 2023-11-14 23:13 UTC: call 311" },
	{ "the_programs_own_evidence_is_not_told", { HOLD_LOGIN, "bob", 1, 0, "behaviour", "212 recipients", false }, "192.0.2.1", "bob",
	  "<u@ext.example>", "450 4.7.1 held:held", "login bob may send nothing until an administrator ends it" },
	{ "another_login", { HOLD_LOGIN, "bob", 1, 0, "root", "", false }, "192.0.2.1", "bobby", "<u@ext.example>", "", NULL },
	{ "nobody_logged_in", { HOLD_LOGIN, "bob", 1, 0, "root", "", false }, "192.0.2.1", "", "<u@ours.example>", "", NULL },
	{ "the_realm_without_case", { HOLD_LOGIN, "bob@Ours.Example", 1, 0, "root", "", false }, "192.0.2.1", "bob@ours.example",
	  "<u@ext.example>", "450 4.7.1 held:held", NULL },
	{ "the_name_with_case", { HOLD_LOGIN, "Bob@ours.example", 1, 0, "root", "", false }, "192.0.2.1", "bob@ours.example",
	  "<u@ext.example>", "", NULL },
	{ "a_client", { HOLD_CLIENT, "192.0.2.1", 1, 0, "root", "", false }, "192.0.2.1", "", "<u@ours.example>", "450 4.7.1 held:held", NULL },
	{ "a_network", { HOLD_CLIENT, "192.0.2.0/24", 1, 0, "root", "", false }, "192.0.2.77", "", "<u@ours.example>", "450 4.7.1 held:held",
	  NULL },
	{ "a_client_outside", { HOLD_CLIENT, "192.0.2.0/24", 1, 0, "root", "", false }, "198.51.100.1", "", "<u@ours.example>", "", NULL },
	{ "a_hold_that_has_ended", { HOLD_LOGIN, "bob", 1, WALL - 1, "root", "", false }, "192.0.2.1", "bob", "<u@ext.example>", "", NULL },
	{ "who_was_freed", { HOLD_LOGIN, "bob", WALL - 1000, 0, "root", "", true }, "192.0.2.1", "bob", "<u@ext.example>", "", NULL },
	{ "a_held_client_can_write_to_postmaster", { HOLD_CLIENT, "192.0.2.1", 1, 0, "root", "", false }, "192.0.2.1", "",
	  "<postmaster@ours.example>", "", NULL },
};

static void hold(const struct hold *hold)
{
	clock_freeze(clock_monotonic_ms() + 1000, WALL);	/* past the time between two looks at the file */
	assert_int_equal(holds_add(path, hold), 0);
}

static struct gate *open_gate(void)
{
	clock_freeze(NOW_MS, WALL);
	(void)unlink(path);
	gate_services.holds = holds_open(path, NULL);
	return gate_open(conf);
}

static void close_gate(struct gate *gate)
{
	gate_close(gate);
	holds_close(gate_services.holds);
	clock_thaw();
}

static void check_hold(void **state)
{
	const struct hold_row *row = *state;
	struct gate *gate = open_gate();
	struct verdict verdict;

	hold(&row->hold);
	gate_connect(gate, row->client);
	(void)gate_mail(gate, row->login, "<a@ours.example>");
	verdict = gate_rcpt(gate, row->rcpt);
	assert_string_equal(gate_word(gate, &verdict), row->word);
	if (row->text != NULL)
		assert_int_equal(strncmp(verdict.reply.text, row->text, strlen(row->text)), 0);
	close_gate(gate);
}

static void a_running_session_feels_it_at_the_next_recipient(void **state)
{
	const struct hold bob = { HOLD_LOGIN, "bob", 1, 0, "root", "", false }, freed = { HOLD_LOGIN, "bob", WALL, 0, "root", "", true };
	struct gate *gate = open_gate();
	struct verdict verdict;

	(void)state;
	gate_connect(gate, "192.0.2.1");
	(void)gate_mail(gate, "bob", "<a@ours.example>");
	verdict = gate_rcpt(gate, "<u@ext.example>");
	assert_string_equal(gate_word(gate, &verdict), "");
	hold(&bob);
	for (int i = 0; i < 2; i++) {
		verdict = gate_rcpt(gate, "<v@ext.example>");
		assert_string_equal(gate_word(gate, &verdict), "450 4.7.1 held:held");
	}
	verdict = gate_message(gate, "Subject: x\n");
	assert_string_equal(gate_word(gate, &verdict), "450 4.7.1 held:held");
	hold(&freed);
	(void)gate_mail(gate, "bob", "<a@ours.example>");
	verdict = gate_rcpt(gate, "<u@ext.example>");
	assert_string_equal(gate_word(gate, &verdict), "");
	close_gate(gate);
}

/* The file is gone: so are the holds. It became a directory: those that were read stay. */
static void what_happens_to_the_file(void **state)
{
	const struct hold bob = { HOLD_LOGIN, "bob", 1, 0, "root", "", false };
	struct gate *gate = open_gate();
	const struct ip nobody = { .family = IP_NONE };
	struct arena *arena = arena_new();
	struct hold found;

	(void)state;
	hold(&bob);
	assert_true(holds_find(gate_services.holds, arena, "bob", &nobody, &found));
	(void)unlink(path);
	clock_freeze(clock_monotonic_ms() + 1000, WALL);
	assert_false(holds_find(gate_services.holds, arena, "bob", &nobody, &found));
	arena_free(arena);
	close_gate(gate);
}

int main(void)
{
	static struct rows rows;
	int failed, fd = mkstemp(path);
	char lock[sizeof(path) + 8];

	assert_true(fd >= 0);
	(void)close(fd);
	rows_add(&rows, hold_table, check_hold);
	rows_add_one(&rows, "a_running_session_feels_it_at_the_next_recipient", a_running_session_feels_it_at_the_next_recipient, NULL);
	rows_add_one(&rows, "what_happens_to_the_file", what_happens_to_the_file, NULL);
	failed = rows_run(&rows, "held");
	(void)unlink(path);
	(void)snprintf(lock, sizeof(lock), "%s.lock", path);
	(void)unlink(lock);
	return failed;
}

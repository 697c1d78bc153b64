/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "milter/isolate/job.h"
#include "scanners/scanners.h"
#include "t/lib/gate.h"

const struct scanner *const scanners[] = { &scanner_session, &scanner_limits, &scanner_relay, &scanner_account, NULL };
const struct job_kind *const job_kinds[] = { NULL };

#define SENDERS "senders = { \"alice  alice@ours.example, @sales.example\", \"alice info@ours.example\"," \
	" \"bob@ours.example bob@ours.example\" }"

static const struct {
	const char *name, *unlisted, *login, *mailfrom, *from, *word;
} rows[] = {
	{ "own address", "none", "alice", "<alice@ours.example>", "From: alice@ours.example", "" },
	{ "case does not matter (ID-06)", "none", "alice", "<ALICE@Ours.Example>", "From: Alice@OURS.example", "" },
	{ "a second line of hers", "none", "alice", "<info@ours.example>", "From: <info@ours.example>", "" },
	{ "a whole domain", "none", "alice", "<any@sales.example>", "From: x@sales.example", "" },
	{ "but no name below it", "none", "alice", "<any@x.sales.example>", "", "553 5.7.1 account:foreign_sender" },
	{ "somebody else's (ID-05)", "none", "alice", "<bob@ours.example>", "", "553 5.7.1 account:foreign_sender" },
	{ "a tag is another address", "none", "alice", "<alice+x@ours.example>", "", "553 5.7.1 account:foreign_sender" },
	{ "From of somebody else (ID-05)", "none", "alice", "<alice@ours.example>", "From: bob@ours.example",
	  "550 5.7.1 account:foreign_from" },
	{ "From in the phrase is no address", "none", "alice", "<alice@ours.example>", "From: bob <alice@ours.example>", "" },
	{ "two From fields (ID-05)", "none", "alice", "<alice@ours.example>", "From: alice@ours.example\nFrom: bob@ours.example",
	  "550 5.7.1 account:foreign_from" },
	{ "two authors", "none", "alice", "<alice@ours.example>", "From: alice@ours.example, bob@ours.example",
	  "550 5.7.1 account:foreign_from" },
	{ "From with a space before the colon (HDR-03)", "none", "alice", "<alice@ours.example>",
	  "From: alice@ours.example\nFrom : bob@ours.example", "550 5.7.1 account:foreign_from" },
	{ "no From", "none", "alice", "<alice@ours.example>", "Subject: x", "550 5.7.1 account:foreign_from" },
	{ "the null sender is nobody's", "none", "alice", "<>", "From: alice@ours.example", "" },
	{ "but its From is looked at", "none", "alice", "<>", "From: bob@ours.example", "550 5.7.1 account:foreign_from" },
	{ "an unlisted login", "none", "carol@ours.example", "<carol@ours.example>", "", "553 5.7.1 account:foreign_sender" },
	{ "an unlisted login, its own address", "own", "carol@ours.example", "<carol@ours.example>", "From: carol@ours.example", "" },
	{ "an unlisted login, another address", "own", "carol@ours.example", "<bob@ours.example>", "",
	  "553 5.7.1 account:foreign_sender" },
	{ "an unlisted login that is no address", "own", "carol", "<carol@ours.example>", "", "553 5.7.1 account:foreign_sender" },
	{ "a login that looks like an entry for a domain", "own", "@ours.example", "<bob@ours.example>", "",
	  "553 5.7.1 account:foreign_sender" },
	{ "a login that looks like everyone", "own", "*", "<bob@ours.example>", "", "553 5.7.1 account:foreign_sender" },
	{ "any", "any", "carol", "<bob@ours.example>", "From: ceo@ours.example", "" },
	{ "a listed login stays bound", "any", "alice", "<bob@ours.example>", "", "553 5.7.1 account:foreign_sender" },
	{ "logins are told apart by case", "none", "Alice", "<alice@ours.example>", "", "553 5.7.1 account:foreign_sender" },
	{ "but not in the realm", "none", "bob@OURS.example", "<bob@ours.example>", "From: bob@ours.example", "" },
};

static const char *walk(struct gate *gate, size_t i)
{
	struct verdict verdict;

	gate_connect(gate, "203.0.113.5");
	(void)gate_mail(gate, rows[i].login, rows[i].mailfrom);
	verdict = gate_rcpt(gate, "<u@ext.example>");
	if (verdict.reply.code == 0)
		verdict = gate_message(gate, arena_printf(gate->session->arena, "%s\n\n", rows[i].from));
	return gate_word(gate, &verdict);
}

static void a_login_sends_as_itself_ID_05_ID_06(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char configuration[512];
		struct gate *gate;

		(void)snprintf(configuration, sizeof(configuration), "domains = { ours.example }\naccount { unlisted = %s " SENDERS " }\n",
			       rows[i].unlisted);
		gate = gate_open(configuration);
		print_message("# %s\n", rows[i].name);
		assert_string_equal(walk(gate, i), rows[i].word);
		gate_close(gate);
	}
}

static void without_a_list_senders_are_not_checked(void **state)
{
	struct gate *gate = gate_open("domains = { ours.example }\n");
	struct verdict verdict;

	(void)state;
	gate_connect(gate, "203.0.113.5");
	(void)gate_mail(gate, "alice", "<bob@ours.example>");
	verdict = gate_rcpt(gate, "<u@ext.example>");
	assert_string_equal(gate_word(gate, &verdict), "");
	gate_close(gate);
}

static void observed_is_not_refused(void **state)
{
	struct gate *gate = gate_open("domains = { ours.example }\naccount { " SENDERS " on_foreign_sender = \"observe reject\" }\n");
	struct verdict verdict;

	(void)state;
	gate_connect(gate, "203.0.113.5");
	(void)gate_mail(gate, "alice", "<bob@ours.example>");
	verdict = gate_rcpt(gate, "<u@ext.example>");
	assert_string_equal(gate_word(gate, &verdict), "");
	assert_string_equal(verdict.observed, "reject (account:foreign_sender)");
	gate_close(gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_login_sends_as_itself_ID_05_ID_06),
		cmocka_unit_test(without_a_list_senders_are_not_checked),
		cmocka_unit_test(observed_is_not_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/journal_read.h"

#include <errno.h>
#include <grp.h>
#include <sys/wait.h>

#include "t/lib/skip.h"
#include "t/unit/journal_stage.h"

static struct stage stage;

static const char sha256[] = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f";

static void put_sample(void)
{
	const struct journal_recipient recipients[] = {
		{ "u@ours.example", "domain", "", "", true }, { "\"v@w\"@Sub.Ours.Example", "auth", "alice", "", true },
	};
	const struct journal_finding findings[] = {
		{ "spf", "softfail", "weight", 2.5, false, false, "", "text \"with\" \\ and \001 and \303\274", "milter.conf", 31 },
		{ "antivirus", "infected", "reject", 0, true, true, "u@ours.example", "Eicar", "", 0 },
	};
	const struct journal_attachment attachments[] = { { "Invoice [1], \"final\".PDF", "pdf", sha256, 4711 } };
	struct journal_entry entry = journal_nothing;

	entry.time_ms = 5000; entry.kind = JOURNAL_MESSAGE; entry.id = "7K3F-QX2M"; entry.configuration = "c0ffee";
	entry.client = "192.0.2.1"; entry.network = "192.0.2.1"; entry.client_name = "mx.example"; entry.helo = "helo.example";
	entry.mta_host = "gw.example"; entry.daemon = "smtpd"; entry.tls = "TLSv1.3"; entry.login = "Alice"; entry.certificate = "CN=x";
	entry.direction = "inbound"; entry.mailfrom = "a@ext.example"; entry.header_from = "a@ext.example, b@ext.example";
	entry.message_id = "1.2@ext.example"; entry.subject = "An Offer for you"; entry.subject_digest = "0123456789abcdef";
	entry.tied_login = "carol"; entry.size_bytes = 4211; entry.queue_id = "4Xk2"; entry.verdict = "reject"; entry.reply = "550 5.7.1 No";
	entry.decided_by = "antivirus:infected"; entry.rule_file = "milter.conf"; entry.rule_line = 40; entry.observed = "tag";
	entry.failure = "none"; entry.score = -1.25; entry.results = "gw.example; none"; entry.dmarc = "result=fail"; entry.refused = 3;
	entry.elapsed_ms = 12; entry.content_ms = 7;
	entry.recipients = recipients; entry.recipients_len = 2; entry.findings = findings; entry.findings_len = 2;
	entry.attachments = attachments; entry.attachments_len = 1;
	journal_put(stage.journal, &entry);
}

static void put_others(void)
{
	struct journal_entry entry = journal_nothing;

	entry.kind = JOURNAL_EVENT; entry.time_ms = 6000; entry.event = "hold"; entry.subject_of = "login:bob"; entry.operator = "root";
	entry.note = "in words";
	journal_put(stage.journal, &entry);
	entry = journal_nothing;
	entry.kind = JOURNAL_SESSION; entry.time_ms = 7000; entry.id = "AAAA-BBBB"; entry.client = "2001:db8::1"; entry.network = "2001:db8::/64";
	entry.verdict = "defer";
	/* of "hello" */
	entry.subject_digest = "2cf24dba5fb0a30e";
	journal_put(stage.journal, &entry);
	for (int i = 0; i < 3; i++) {
		entry = journal_nothing;
		entry.kind = JOURNAL_MESSAGE; entry.time_ms = 8000 + i; entry.id = "CCCC-DDDD"; entry.verdict = "accept"; entry.login = "dave";
		journal_put(stage.journal, &entry);
	}
}

static int make(void **state)
{
	(void)state;
	stage_make(&stage);
	stage_open(&stage);
	put_sample();
	put_others();
	journal_configuration(stage.journal, "c0ffee", "milter.conf", "first\n    on_fail = reject\n\nlast");
	stage_close(&stage);	/* no thread is there when a test forks */
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	stage_remove(&stage);
	return 0;
}

static const struct search {
	const char *name;
	struct journal_query query;
	int count;
} search_table[] = {
	{ "everything_but_events", { .id = NULL }, 5 },
	{ "everything_with_events", { .events = true }, 6 },
	{ "by_id", { .id = "7K3F-QX2M" }, 1 },
	{ "by_id_without_case", { .id = "7k3f-qx2m" }, 1 },
	{ "by_part_of_an_id", { .id = "7K3F" }, 0 },
	{ "an_id_of_several", { .id = "CCCC-DDDD" }, 3 },
	{ "by_queue_id", { .queue_id = "4XK2" }, 1 },
	{ "by_client", { .client = "192.0.2.1" }, 1 },
	{ "by_network", { .network = "2001:db8::/64" }, 1 },
	{ "by_login", { .login = "alice" }, 1 },
	{ "a_login_is_no_tied_login", { .login = "carol" }, 0 },
	{ "by_tied_login", { .tied_login = "Carol" }, 1 },
	{ "by_mailfrom", { .mailfrom = "A@ext.example" }, 1 },
	{ "by_the_first_author", { .header_from = "a@ext.example" }, 1 },
	{ "by_the_second_author", { .header_from = "B@EXT.example" }, 1 },
	{ "by_the_end_of_an_author", { .header_from = "@ext.example" }, 0 },
	{ "by_message_id", { .message_id = "1.2@ext.example" }, 1 },
	{ "by_recipient", { .recipient = "U@ours.example" }, 1 },
	{ "by_a_quoted_recipient", { .recipient = "\"v@w\"@sub.ours.example" }, 1 },
	{ "by_domain", { .domain = "ours.example" }, 1 },
	{ "by_domain_of_a_quoted_recipient", { .domain = "sub.ours.example" }, 1 },
	{ "a_domain_is_no_end_of_another", { .domain = "example" }, 0 },
	{ "by_sha256", { .sha256 = sha256 }, 1 },
	{ "by_part_of_an_attachment's_name", { .attachment = "invoice [1], \"f" }, 1 },
	{ "by_a_name_that_is_none", { .attachment = "%" }, 0 },
	{ "by_verdict", { .verdict = "reject" }, 1 },
	{ "by_scanner", { .scanner = "SPF" }, 1 },
	{ "by_outcome", { .outcome = "infected" }, 1 },
	{ "by_scanner_and_outcome", { .scanner = "antivirus", .outcome = "infected" }, 1 },
	{ "scanner_and_outcome_of_one_finding", { .scanner = "spf", .outcome = "infected" }, 0 },
	{ "by_direction", { .direction = "inbound" }, 1 },
	{ "by_event", { .event = "hold" }, 1 },
	{ "by_what_an_event_is_about", { .subject_of = "login:bob" }, 1 },
	{ "by_part_of_a_subject", { .subject = "offer" }, 1 },
	{ "a_percent_sign_is_no_wildcard", { .subject = "An%you" }, 0 },
	{ "by_a_whole_subject_that_is_kept_as_digest", { .subject = "hello" }, 1 },
	{ "refused_ones", { .refused_only = true }, 2 },
	{ "since", { .since_ms = 7000 }, 4 },
	{ "until_is_before", { .until_ms = 7000 }, 1 },
	{ "until_is_before_with_a_fact", { .until_ms = 5000, .login = "alice" }, 0 },
	{ "since_and_until", { .since_ms = 5001, .until_ms = 8000, .events = true }, 2 },
	{ "since_after_all", { .since_ms = 9000 }, 0 },
	{ "since_and_a_fact", { .since_ms = 5001, .login = "alice" }, 0 },
	{ "until_and_a_fact", { .until_ms = 5001, .login = "alice" }, 1 },
	{ "several_must_all_match", { .login = "alice", .client = "192.0.2.1", .verdict = "reject", .domain = "ours.example" }, 1 },
	{ "several_that_do_not_all_match", { .login = "alice", .client = "2001:db8::1" }, 0 },
	{ "the_newest_two", { .limit = 2 }, 2 },
	{ "the_newest_two_by_fact", { .login = "dave", .limit = 2 }, 2 },
	{ "an_empty_text_is_one_that_is_not_there", { .login = "", .verdict = "defer" }, 1 },
	{ "sql_in_a_value", { .login = "x' OR 1=1 --" }, 0 },
	{ "json_in_a_value", { .recipient = "u@ours.example\",\"" }, 0 },
};

static void check_search(void **state)
{
	const struct search *row = *state;

	assert_int_equal(stage_count(&stage, &row->query), row->count);
}

static bool check_sample(void *arg, int64_t n, const struct journal_entry *entry)
{
	*(bool *)arg = true;
	assert_true(n > 0);
	assert_int_equal(entry->time_ms, 5000);
	assert_int_equal(entry->kind, JOURNAL_MESSAGE);
	assert_string_equal(entry->client_name, "mx.example");
	assert_string_equal(entry->helo, "helo.example");
	assert_string_equal(entry->certificate, "CN=x");
	assert_string_equal(entry->header_from, "a@ext.example, b@ext.example");
	assert_string_equal(entry->rule_file, "milter.conf");
	assert_int_equal(entry->rule_line, 40);
	assert_string_equal(entry->note, "");
	assert_true(entry->score < -1.2 && entry->score > -1.3);
	assert_int_equal(entry->refused, 3);
	assert_int_equal(entry->size_bytes, 4211);
	assert_int_equal(entry->content_ms, 7);
	assert_int_equal(entry->recipients_len, 2);
	assert_string_equal(entry->recipients[1].address, "\"v@w\"@Sub.Ours.Example");
	assert_string_equal(entry->recipients[1].detail, "alice");
	assert_true(entry->recipients[1].accepted);
	assert_int_equal(entry->findings_len, 2);
	assert_string_equal(entry->findings[0].text, "text \"with\" \\ and \001 and \303\274");
	assert_true(entry->findings[0].weight > 2.4 && entry->findings[0].weight < 2.6);
	assert_int_equal(entry->findings[0].rule_line, 31);
	assert_false(entry->findings[0].decided);
	assert_true(entry->findings[1].observed && entry->findings[1].decided);
	assert_string_equal(entry->findings[1].recipient, "u@ours.example");
	assert_int_equal(entry->attachments_len, 1);
	assert_string_equal(entry->attachments[0].name, "Invoice [1], \"final\".PDF");
	assert_string_equal(entry->attachments[0].sha256, sha256);
	assert_int_equal(entry->attachments[0].size_bytes, 4711);
	return true;
}

static void what_was_put_is_read_as_it_was(void **state)
{
	struct journal_reader *reader = stage_reader(&stage);
	bool seen = false;

	(void)state;
	assert_int_equal(journal_search(reader, &(struct journal_query){ .id = "7K3F-QX2M" }, check_sample, &seen), 1);
	assert_true(seen);
	journal_reader_close(reader);
}

static void views_show_lists_as_tables(void **state)
{
	(void)state;
	assert_int_equal(stage_number(&stage, "SELECT count(*) FROM recipient WHERE domain = 'SUB.ours.example' AND i = 1 AND accepted = 1"), 1);
	assert_int_equal(stage_number(&stage, "SELECT finding.rule_line FROM finding JOIN entry USING (n) WHERE login = 'alice' AND scanner = 'spf'"), 31);
	assert_int_equal(stage_number(&stage, "SELECT sum(size_bytes) FROM attachment"), 4711);
	assert_int_equal(stage_number(&stage, "SELECT count(*) FROM finding"), 2);
}

struct order {
	int64_t last;
	size_t len, stop_after;
};

static bool note_order(void *arg, int64_t n, const struct journal_entry *entry)
{
	struct order *order = arg;

	(void)entry;
	assert_true(order->last == 0 || n < order->last);
	order->last = n;
	return ++order->len != order->stop_after;
}

static void the_newest_come_first(void **state)
{
	struct journal_reader *reader = stage_reader(&stage);
	struct order order = { .last = 0 }, by_fact = { .last = 0 };

	(void)state;
	assert_int_equal(journal_search(reader, &(struct journal_query){ .events = true }, note_order, &order), 6);
	assert_int_equal(journal_search(reader, &(struct journal_query){ .login = "dave" }, note_order, &by_fact), 3);
	journal_reader_close(reader);
}

static void the_caller_may_stop(void **state)
{
	struct journal_reader *reader = stage_reader(&stage);
	struct order order = { .stop_after = 2 };

	(void)state;
	assert_int_equal(journal_search(reader, &(struct journal_query){ .events = true }, note_order, &order), 2);
	journal_reader_close(reader);
}

static bool search_again(void *arg, int64_t n, const struct journal_entry *entry)
{
	int64_t count = 0;

	(void)n;
	assert_int_equal(journal_search(arg, &(struct journal_query){ .login = "alice" }, stage_count_one, &count), 1);
	assert_string_equal(entry->login, "dave");
	return true;
}

static void a_search_within_a_search(void **state)
{
	struct journal_reader *reader = stage_reader(&stage);

	(void)state;
	assert_int_equal(journal_search(reader, &(struct journal_query){ .login = "dave" }, search_again, reader), 3);
	journal_reader_close(reader);
}

static const struct line {
	const char *name, *configuration, *file;
	unsigned line;
	const char *text;
} line_table[] = {
	{ "the_first_line", "c0ffee", "milter.conf", 1, "first" },
	{ "a_line_as_it_was_written", "c0ffee", "milter.conf", 2, "    on_fail = reject" },
	{ "an_empty_line", "c0ffee", "milter.conf", 3, "" },
	{ "the_last_line_without_an_end", "c0ffee", "milter.conf", 4, "last" },
	{ "a_line_beyond_the_end", "c0ffee", "milter.conf", 5, NULL },
	{ "line_0", "c0ffee", "milter.conf", 0, NULL },
	{ "another_file", "c0ffee", "domains", 1, NULL },
	{ "another_configuration", "decaf", "milter.conf", 1, NULL },
};

static void check_line(void **state)
{
	const struct line *row = *state;
	struct journal_reader *reader = stage_reader(&stage);
	struct arena *arena = arena_new();
	const char *text = journal_configuration_line(reader, arena, row->configuration, row->file, row->line);

	if (row->text == NULL)
		assert_null(text);
	else
		assert_string_equal(text, row->text);
	arena_free(arena);
	journal_reader_close(reader);
}

static bool check_columns(void *arg, const char *const *columns, size_t columns_len)
{
	++*(int *)arg;
	assert_int_equal(columns_len, 3);
	assert_string_equal(columns[0], "a' --");
	assert_string_equal(columns[1], "");
	assert_string_equal(columns[2], "7");
	return true;
}

static void select_takes_parameters_and_gives_text(void **state)
{
	struct journal_reader *reader = stage_reader(&stage);
	const char *params[] = { "a' --", NULL };
	int rows = 0;

	(void)state;
	assert_int_equal(journal_select(reader, "SELECT ?1, ?2, 3 + 4", params, 2, check_columns, &rows), 1);
	assert_int_equal(rows, 1);
	assert_true(journal_select(reader, "SELECT nothing", NULL, 0, check_columns, &rows) < 0);
	assert_true(journal_select(reader, "DELETE FROM entry", NULL, 0, check_columns, &rows) < 0);
	journal_reader_close(reader);
	assert_int_equal(stage_count(&stage, &(struct journal_query){ .events = true }), 6);
}

static void a_missing_journal_is_told_apart(void **state)
{
	struct stage other;
	struct journal_reader *reader;
	char problem[CONF_PROBLEM_MAX];

	(void)state;
	stage_make(&other);
	assert_int_equal(journal_reader_open(other.directory, &reader, problem), -ENOENT);
	assert_non_null(strstr(problem, "there is no journal"));
	assert_int_equal(journal_reader_open("/nonexistent/octroi", &reader, problem), -ENOENT);
	stage_remove(&other);
}

/* Somebody else, who opens the journal when told to. Made before any thread runs: what another thread holds at a fork stays locked. */
struct nobody {
	pid_t pid;
	int fd;
};

_Noreturn static void read_when_told(const char *directory, int fd)
{
	struct journal_reader *reader;
	char problem[CONF_PROBLEM_MAX], byte;
	int64_t count = 0;

	if (read(fd, &byte, 1) != 1 || setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0)
		_exit(102);
	if (journal_reader_open(directory, &reader, problem) < 0)
		_exit(100);
	_exit(journal_search(reader, &(struct journal_query){ .id = NULL }, stage_count_one, &count) < 0 ? 101 : (int)count);
}

static struct nobody make_nobody(const char *directory)
{
	struct nobody nobody;
	int fds[2];

	assert_return_code(pipe(fds), errno);
	nobody.pid = fork();
	assert_true(nobody.pid >= 0);
	if (nobody.pid == 0) {
		(void)close(fds[1]);
		read_when_told(directory, fds[0]);
	}
	(void)close(fds[0]);
	nobody.fd = fds[1];
	return nobody;
}

/* How many entries it read, 100 when it could not open the journal. */
static int let_read(struct nobody *nobody)
{
	int status;

	assert_int_equal(write(nobody->fd, "", 1), 1);
	(void)close(nobody->fd);
	assert_int_equal(waitpid(nobody->pid, &status, 0), nobody->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_reader_who_may_only_read(void **state)
{
	struct nobody nobodies[3];
	struct stage other;
	char path[128];

	(void)state;
	if (geteuid() != 0)
		SKIP("not root: no other user to read as");
	stage_make(&other);
	for (size_t i = 0; i < 3; i++)
		nobodies[i] = make_nobody(other.directory);
	stage_open(&other);
	stage_put_id(&other, "AAAA-AAAA");
	stage_flush(&other);
	assert_return_code(chmod(other.directory, 0755), errno);
	assert_int_equal(let_read(&nobodies[0]), 100);
	assert_return_code(chown(stage_path(&other, "journal.db", path), (uid_t)-1, 65534), errno);
	assert_return_code(chown(stage_path(&other, "journal.db-wal", path), (uid_t)-1, 65534), errno);
	assert_return_code(chown(stage_path(&other, "journal.db-shm", path), (uid_t)-1, 65534), errno);
	assert_int_equal(let_read(&nobodies[1]), 1);
	stage_close(&other);
	assert_int_equal(let_read(&nobodies[2]), 1);
	stage_remove(&other);
}

static const struct list {
	const char *name, *json;
	size_t len;
	const char *first;	/* address of the first */
} list_table[] = {
	{ "a_list_of_one", "[[\"a\",\"b\",\"c\",\"d\",1,\"dom\"]]", 1, "a" },
	{ "a_list_with_fields_of_a_later_version", "[[\"a\",\"b\",\"c\",\"d\",1,\"dom\",17,\"x\"],[\"b\"]]", 2, "a" },
	{ "an_item_with_fewer_fields", "[[\"a\"]]", 1, "a" },
	{ "an_empty_item", "[[]]", 1, "" },
	{ "an_empty_list", "[]", 0, NULL },
	{ "no_list", "", 0, NULL },
	{ "no_json", "abc", 0, NULL },
	{ "a_list_that_breaks_off_in_a_text", "[[\"abc", 1, "abc" },
	{ "a_list_that_breaks_off_in_an_escape", "[[\"abc\\", 1, "abc" },
	{ "a_list_that_breaks_off_in_a_unicode_escape", "[[\"abc\\u00", 1, "abc" },
	{ "escapes", "[[\"a\\u0009b\\\"c\\\\\\u007f\"]]", 1, "a\tb\"c\\\177" },
	{ "a_nul_is_left_out", "[[\"a\\u0000b\"]]", 1, "ab" },
	{ "a_number_for_a_text", "[[17,\"b\"]]", 1, "" },
	{ "brackets_in_a_text", "[[\"[[[[\"]]", 1, "[[[[" },
	{ "brackets_alone", "[[[[[[[[", 1, "" },
};

static void check_list(void **state)
{
	const struct list *row = *state;
	struct journal_entry entry = journal_nothing;
	struct arena *arena = arena_new();

	journal_read_list(arena, 0, row->json, &entry);
	assert_int_equal(entry.recipients_len, row->len);
	if (row->first != NULL)
		assert_string_equal(entry.recipients[0].address, row->first);
	for (size_t i = 0; i < entry.recipients_len; i++)
		assert_non_null(entry.recipients[i].reply);
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, search_table, check_search);
	rows_add_one(&rows, "what_was_put_is_read_as_it_was", what_was_put_is_read_as_it_was, NULL);
	rows_add_one(&rows, "views_show_lists_as_tables", views_show_lists_as_tables, NULL);
	rows_add_one(&rows, "the_newest_come_first", the_newest_come_first, NULL);
	rows_add_one(&rows, "the_caller_may_stop", the_caller_may_stop, NULL);
	rows_add_one(&rows, "a_search_within_a_search", a_search_within_a_search, NULL);
	rows_add(&rows, line_table, check_line);
	rows_add_one(&rows, "select_takes_parameters_and_gives_text", select_takes_parameters_and_gives_text, NULL);
	rows_add_one(&rows, "a_missing_journal_is_told_apart", a_missing_journal_is_told_apart, NULL);
	rows_add_one(&rows, "a_reader_who_may_only_read", a_reader_who_may_only_read, NULL);
	rows_add(&rows, list_table, check_list);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests("journal_read", rows.tests, rows.len, make, unmake);
}

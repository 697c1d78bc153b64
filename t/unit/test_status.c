/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a filter writes about itself, and what octroi status makes of whatever lies there. */
#include "milter/status.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "milter/status_facts.h"
#include "milter/status_read.h"
#include "t/unit/rows.h"

static char directory[] = "/tmp/octroi-status-XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[100];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void remove_file(const char *name)
{
	char path[100];

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	(void)unlink(path);
}

static long dead_pid(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	(void)waitpid(pid, NULL, 0);
	return (long)pid;
}

/* --- reading --- */

static const struct row {
	const char *name;
	const char *text;	/* "%ld" is a pid; of ours unless dead */
	bool dead;
	const char *state;	/* NULL: it is none of ours */
	const char *file;	/* of the reading, "status.json" if NULL */
} rows[] = {
	{ "serving", "{\"pid\": %ld, \"written_ms\": 1000000}", false, "serving", NULL },
	{ "just_in_time", "{\"pid\": %ld, \"written_ms\": 980000}", false, "serving", NULL },
	{ "silent", "{\"pid\": %ld, \"written_ms\": 979999}", false, "silent", NULL },
	{ "from_the_future", "{\"pid\": %ld, \"written_ms\": 9000000}", false, "silent", NULL },
	{ "draining", "{\"pid\": %ld, \"written_ms\": 1000000, \"draining\": true}", false, "draining", NULL },
	{ "ended", "{\"pid\": %ld, \"written_ms\": 1000000}", true, "ended", NULL },
	{ "a_pid_below_0", "{\"pid\": -1, \"written_ms\": 1000000}", false, "ended", NULL },
	{ "a_pid_too_high", "{\"pid\": 99999999999999, \"written_ms\": 1000000}", false, "ended", NULL },
	{ "no_pid", "{\"written_ms\": 1000000}", false, NULL, NULL },
	{ "a_pid_in_words", "{\"pid\": \"%ld\", \"written_ms\": 1000000}", false, NULL, NULL },
	{ "no_object", "[1, 2]", false, NULL, NULL },
	{ "torn", "{\"pid\": %ld, \"writ", false, NULL, NULL },
	{ "empty", "", false, NULL, NULL },
	{ "a_filter_that_is_put_aside", "{\"pid\": %ld, \"written_ms\": 1000000, \"draining\": true}", false, "draining", "status.77.json" },
	{ "one_that_was_killed_meanwhile", "{\"pid\": %ld, \"written_ms\": 1000000, \"draining\": true}", true, NULL, "status.77.json" },
	{ "another_file", "{\"pid\": %ld, \"written_ms\": 1000000}", false, NULL, "status.77.json.new" },
	{ "another_file_still", "{\"pid\": %ld, \"written_ms\": 1000000}", false, NULL, "status.x.json" },
};

static void check_row(void **state)
{
	const struct row *row = *state;
	const char *name = row->file == NULL ? "status.json" : row->file;
	struct arena *arena = arena_new();
	const char *before = row->text, *hole = strstr(before, "%ld");
	json_t *filters;

	if (hole != NULL)
		write_file(name, arena_printf(arena, "%.*s%ld%s", (int)(hole - before), before, row->dead ? dead_pid() : (long)getpid(), hole + 3));
	else
		write_file(name, row->text);
	filters = status_read(directory, 1000000);
	assert_non_null(filters);
	assert_int_equal(json_array_size(filters), row->state == NULL ? 0 : 1);
	if (row->state != NULL)
		assert_string_equal(json_string_value(json_object_get(json_array_get(filters, 0), "state")), row->state);
	json_decref(filters);
	remove_file(name);
	arena_free(arena);
}

static void what_is_no_file(void **state)
{
	char path[100];
	json_t *filters;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/status.json", directory);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(i == 0 ? mkfifo(path, 0600) : i == 1 ? symlink("/dev/zero", path) : mkdir(path, 0700), 0);
		filters = status_read(directory, 1);
		assert_int_equal(json_array_size(filters), 0);
		json_decref(filters);
		(void)remove(path);
	}
	assert_null(status_read("/nonexistent", 1));
}

/* A filter was told to go and nobody came in its place: it is one filter, not two. */
static void one_filter_with_two_files(void **state)
{
	struct arena *arena = arena_new();
	const char *text = arena_printf(arena, "{\"pid\": %ld, \"written_ms\": 1000000, \"draining\": true}", (long)getpid());
	json_t *filters;

	(void)state;
	write_file("status.json", text);
	write_file("status.77.json", text);
	filters = status_read(directory, 1000000);
	assert_int_equal(json_array_size(filters), 1);
	json_decref(filters);
	remove_file("status.json");
	remove_file("status.77.json");
	arena_free(arena);
}

/* --- writing --- */

static const struct status_settings settings = { .directory = directory, .host = "gw.ours.example", .config_file = "milter.conf",
						 .configuration = "c0ffee" };

static json_int_t count_of(const json_t *filter, const char *key)
{
	return json_integer_value(json_object_get(json_object_get(filter, "messages"), key));
}

static void what_was_counted_is_written(void **state)
{
	struct stat st;
	char path[100];
	json_t *filters, *filter;

	(void)state;
	status_count(ACTION_ACCEPT);
	status_count(ACTION_ACCEPT);
	status_count(ACTION_REJECT);
	status_count_refused();
	assert_int_equal(status_write(&settings), 0);
	(void)snprintf(path, sizeof(path), "%s/status.json", directory);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	filters = status_read(directory, (int64_t)clock_wall_ms());
	assert_int_equal(json_array_size(filters), 1);
	filter = json_array_get(filters, 0);
	assert_string_equal(json_string_value(json_object_get(filter, "state")), "serving");
	assert_int_equal(json_integer_value(json_object_get(filter, "pid")), getpid());
	assert_int_equal(count_of(filter, "accept"), 2);
	assert_int_equal(count_of(filter, "reject"), 1);
	assert_int_equal(count_of(filter, "refused_before"), 1);
	assert_true(json_is_null(json_object_get(filter, "journal")));
	json_decref(filters);
	remove_file("status.json");
	assert_int_equal(status_write(&(struct status_settings){ .directory = "/nonexistent", .host = "", .configuration = "" }), -2);
}

/* Readers never see half a file. */
static void a_reader_beside_the_writer(void **state)
{
	pid_t pid = fork();
	char path[100];

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		for (;;)
			(void)status_write(&settings);
	(void)snprintf(path, sizeof(path), "%s/status.json", directory);
	while (access(path, F_OK) < 0)
		;
	for (int i = 0; i < 500; i++) {
		json_t *filters = status_read(directory, (int64_t)clock_wall_ms());

		assert_int_equal(json_array_size(filters), 1);
		json_decref(filters);
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	remove_file("status.json");
	remove_file("status.json.new");
}

/* --- printing: the file is anybody's --- */

static const char *print(struct arena *arena, const char *filters, bool json)
{
	struct show show = { .arena = arena, .columns = 100 };
	struct hold held[] = { { HOLD_LOGIN, "b\x1b[2Job", 1, 0, "root", "x", false }, { HOLD_LOGIN, "eve", 1, 0, "root", "", true } };
	struct listing listing = { "address:192.0.2.1", "bl", "127.0.0.2", "why", "https://x.example/", 1, 2 };
	struct status_moment moment = { 1, "degraded", "journal", "No space \x1b[2J" };
	struct suspect suspect = { "login:b\x1b[2Job", 3, 1, 2, "behaviour:hold" };
	struct status_facts facts = { .now_ms = 5, .directory = "/x", .filters = json_loads(filters, 0, NULL), .holds = held, .holds_len = 2,
				      .listings = &listing, .listings_len = 1, .moments = &moment, .moments_len = 1, .suspects = &suspect,
				      .suspects_len = 1 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(facts.filters);
	if (json)
		status_print_json(out, arena, &facts);
	else
		status_print(out, &show, &facts);
	assert_int_equal(fclose(out), 0);
	json_decref(facts.filters);
	filters = arena_strdup(arena, text);
	free(text);
	assert_null(strchr(filters, '\x1b'));
	return filters;
}

static const struct print_row {
	const char *name, *filters, *wanted;
} prints[] = {
	{ "nobody", "[]", "No filter has written its status to /x." },
	{ "a_filter", "[{\"pid\": 7, \"state\": \"serving\", \"host\": \"gw\", \"age_ms\": 1, \"messages\": {\"accept\": 1234}}]",
	  "Filter 7 on gw serves\n" },
	{ "its_counts", "[{\"pid\": 7, \"state\": \"serving\", \"messages\": {\"accept\": 1234}}]", "Messages: 1,234 accepted, 0 tagged" },
	{ "ended", "[{\"pid\": 7, \"state\": \"ended\", \"age_ms\": 200000}]", "HAS ENDED: this is what it wrote 3 min ago" },
	{ "silent", "[{\"pid\": 7, \"state\": \"silent\", \"age_ms\": 50000}]", "IS SILENT: this is what it wrote 50 s ago" },
	{ "what_does_not_work", "[{\"pid\": 7, \"state\": \"serving\", \"degraded\": [{\"what\": \"journal\", \"since\": \"then\", \"why\": \"full\"}]}]",
	  "DOES NOT WORK: journal, since then: full" },
	{ "letters_of_a_stranger", "[{\"pid\": 7, \"state\": \"serving\", \"host\": \"\\u001b[2J\"}]", "Filter 7 on " },
	{ "other_types", "[{\"pid\": 7, \"state\": 5, \"host\": [], \"messages\": 3, \"journal\": {\"written\": \"x\"}, \"degraded\": [3, null, {}]}]",
	  "Journal: 0 written" },
	{ "numbers_below_0", "[{\"pid\": -7, \"age_ms\": -1, \"state\": \"silent\"}]", "Filter 0 on" },
	{ "holds", "[]", "login b\\x1b[2Job, since " },
	{ "no_line_for_who_was_freed", "[]", "Held\n" },
	{ "listings", "[]", "removal: https://x.example/" },
	{ "moments", "[]", "degraded journal: No space" },
	{ "suspects", "[]", "3 times, last" },
};

static void check_print(void **state)
{
	const struct print_row *row = *state;
	struct arena *arena = arena_new();
	const char *text = print(arena, row->filters, false);

	if (strstr(text, row->wanted) == NULL)
		fail_msg("no \"%s\" in\n%s", row->wanted, text);
	assert_null(strstr(text, "eve"));
	text = print(arena, row->filters, true);
	assert_non_null(strstr(text, "\"holds\""));
	arena_free(arena);
}

static const struct good_row {
	const char *name, *filters;
	bool good;
} goods[] = {
	{ "serving_is_good", "[{\"state\": \"serving\", \"degraded\": []}]", true },
	{ "degraded_is_not", "[{\"state\": \"serving\", \"degraded\": [{}]}]", false },
	{ "silent_is_not", "[{\"state\": \"silent\"}]", false },
	{ "nobody_is_not", "[]", false },
	{ "nonsense_is_not", "[7]", false },
};

static void check_good(void **state)
{
	const struct good_row *row = *state;
	struct status_facts facts = { .filters = json_loads(row->filters, 0, NULL) };

	assert_int_equal(status_is_good(&facts), row->good);
	json_decref(facts.filters);
}

int main(void)
{
	static struct rows table;
	int failed;

	assert_non_null(mkdtemp(directory));
	rows_add(&table, rows, check_row);
	rows_add_one(&table, "what_is_no_file", what_is_no_file, NULL);
	rows_add_one(&table, "one_filter_with_two_files", one_filter_with_two_files, NULL);
	rows_add_one(&table, "what_was_counted_is_written", what_was_counted_is_written, NULL);
	rows_add_one(&table, "a_reader_beside_the_writer", a_reader_beside_the_writer, NULL);
	rows_add(&table, prints, check_print);
	rows_add(&table, goods, check_good);
	failed = rows_run(&table, "status");
	(void)rmdir(directory);
	return failed;
}

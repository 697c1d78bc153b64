/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The doctor's own rules, what it prints, what it reads from programs and files. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "milter/doctor_database.h"
#include "milter/doctor_output.h"
#include "milter/doctor_path.h"
#include "t/unit/doctor_bench.h"

static void say_twice(struct doctor *doctor, const struct doctor_facts *facts)
{
	(void)facts;
	doctor_say(doctor, DOCTOR_WARNING, "main.cf: a = b", "some%s", "thing");
	doctor_say(doctor, DOCTOR_WARNING, "main.cf: a = b", "something");
	doctor_say(doctor, DOCTOR_DANGER, NULL, "line\nend\033");
}

static void say_nothing(struct doctor *doctor, const struct doctor_facts *facts)
{
	(void)doctor, (void)facts;
}

static const struct doctor_check some_checks[] = {
	{ "quiet", "a quiet one", 0, say_nothing, NULL },
	{ "loud", "a loud one", 0, say_twice, NULL },
	{ "of_postfix", "of Postfix", DOCTOR_POSTFIX, say_nothing, NULL },
	{ "of_sendmail", "of Sendmail", DOCTOR_SENDMAIL, say_nothing, NULL },
	{ "of_network", "of the DNS", DOCTOR_NETWORK, say_nothing, NULL },
	{ "also_of_postfix", "of Postfix", DOCTOR_POSTFIX | DOCTOR_FILTER, say_nothing, NULL },
	{ .id = NULL },
};
static const struct doctor_check *const some_tables[] = { some_checks, NULL };

static struct doctor examined(struct arena *arena, struct doctor_facts *facts)
{
	struct doctor doctor;

	*facts = (struct doctor_facts){ .arena = arena, .postfix = { .is_there = true, .problem = "postconf failed", .warnings = "" } };
	doctor_examine(&doctor, facts, some_tables);
	return doctor;
}

static void findings_are_said_once_and_printable(void **unused)
{
	struct arena *arena = arena_new();
	struct doctor_facts facts;
	struct doctor doctor = examined(arena, &facts);

	(void)unused;
	assert_int_equal(doctor.len, 5);
	assert_string_equal(doctor.findings[1].reason, "something");
	assert_string_equal(doctor.findings[2].reason, "line end?");
	arena_free(arena);
}

static void checks_count_by_their_worst_finding(void **unused)
{
	struct arena *arena = arena_new();
	struct doctor_facts facts;
	struct doctor doctor = examined(arena, &facts);

	(void)unused;
	assert_int_equal(doctor.checks, 4);	/* neither of_sendmail nor of_network */
	assert_int_equal(doctor.counts[DOCTOR_OK], 1);
	assert_int_equal(doctor.counts[DOCTOR_DANGER], 1);
	assert_int_equal(doctor.counts[DOCTOR_WARNING], 0);
	assert_int_equal(doctor.counts[DOCTOR_UNKNOWN], 2);
	assert_int_equal(doctor.worst, DOCTOR_DANGER);
	arena_free(arena);
}

static void what_was_not_read_is_unknown_and_not_ok(void **unused)
{
	struct arena *arena = arena_new();
	struct doctor_facts facts;
	struct doctor doctor = examined(arena, &facts);

	(void)unused;
	assert_int_equal(bench_find(&doctor, "of_postfix", "postconf failed")->state, DOCTOR_UNKNOWN);
	assert_null(bench_find(&doctor, "of_sendmail", ""));
	arena_free(arena);
}

static void every_check_has_an_id_of_its_own_and_there_are_forty(void **unused)
{
	size_t len = 0;

	(void)unused;
	for (size_t i = 0; doctor_tables[i] != NULL; i++)
		for (const struct doctor_check *check = doctor_tables[i]; check->id != NULL; check++, len++)
			for (size_t j = 0; doctor_tables[j] != NULL; j++)
				for (const struct doctor_check *other = doctor_tables[j]; other->id != NULL; other++)
					assert_true(other == check || strcmp(other->id, check->id) != 0);
	assert_true(len >= 40);
}

/* Nothing may be ok when nothing is known: each check that has nothing to go by says so, or finds fault. */
static void nothing_known_is_nothing_ok(void **unused)
{
	struct arena *arena = arena_new();
	struct doctor_facts facts = { .arena = arena, .postfix = { .is_there = true, .problem = "x", .warnings = "" },
				      .filter = { .problem = "y" }, .network = { .asked = true, .problem = "z" },
				      .system = { .running = DOCTOR_UNREAD, .clock_state = -1, .limit_files = DOCTOR_UNREAD } };
	struct doctor doctor;

	(void)unused;
	doctor_examine(&doctor, &facts, doctor_tables);
	assert_int_equal(doctor.counts[DOCTOR_OK], 0);
	arena_free(arena);
}

static char *printed(const struct doctor *doctor, bool verbose, bool json)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	if (json)
		doctor_print_json(out, doctor);
	else
		doctor_print(out, doctor, verbose);
	(void)fclose(out);
	return text;
}

static void people_read_the_worst_first_and_what_to_change(void **unused)
{
	struct arena *arena = arena_new();
	struct doctor_facts facts;
	struct doctor doctor = examined(arena, &facts);
	char *text = printed(&doctor, false, false);

	(void)unused;
	assert_string_equal(text, "danger   loud  line end?\nwarning  loud  something\n          main.cf: a = b\n"
			    "unknown  2 checks could not be made: postconf failed\n4 checks: 1 danger 2 unknown 1 ok\n");
	free(text);
	text = printed(&doctor, true, false);
	assert_non_null(strstr(text, "\nok       quiet  a quiet one\n"));
	free(text);
	arena_free(arena);
}

static void programs_read_one_object(void **unused)
{
	struct arena *arena = arena_new();
	struct doctor_facts facts;
	struct doctor doctor = examined(arena, &facts);
	char *text = printed(&doctor, false, true);

	(void)unused;
	assert_ptr_equal(strstr(text, "{\n \"checks\": 4,\n \"worst\": \"danger\","), text);
	assert_non_null(strstr(text, "\"change\": \"main.cf: a = b\""));
	free(text);
	arena_free(arena);
}

/* What a program said, and how it ended. */
static const struct output {
	const char *name, *script;
	int result;
	const char *out, *err, *problem;	/* a part of it */
} output_table[] = {
	{ "output_of_both_kinds", "echo a; echo b >&2", 0, "a\n", "b\n", NULL },
	{ "output_of_a_failure", "echo wrong >&2; exit 3", -EIO, "", "wrong\n", "sh failed: wrong" },
	{ "output_killed", "kill -9 $$", -EIO, "", "", "sh failed" },
	{ "output_without_end", "exec yes", -EFBIG, NULL, NULL, "File too large" },
	{ "output_without_input", "cat", 0, "", "", NULL },
};

static void check_output(void **state)
{
	const struct output *row = *state;
	const char *const argv[] = { "sh", "-c", row->script, NULL };
	struct arena *arena = arena_new();
	const char *out, *err, *problem = NULL;

	assert_int_equal(doctor_output(arena, argv, &out, &err, &problem), row->result);
	if (row->out != NULL)
		assert_string_equal(out, row->out);
	if (row->err != NULL)
		assert_string_equal(err, row->err);
	if (row->problem != NULL)
		assert_non_null(strstr(problem, row->problem));
	arena_free(arena);
}

static void program_that_is_not_there(void **unused)
{
	const char *const argv[] = { "octroi-no-such-program", NULL };
	struct arena *arena = arena_new();
	const char *out, *err, *problem;

	(void)unused;
	assert_int_equal(doctor_output(arena, argv, &out, &err, &problem), -EIO);
	assert_non_null(strstr(problem, "could not be started"));
	arena_free(arena);
}

static void files_that_are_none(void **unused)
{
	struct arena *arena = arena_new();
	char path[] = "/tmp/octroi-doctor-XXXXXX";
	int fd = mkstemp(path);

	(void)unused;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "text", 4), 4);
	assert_string_equal(doctor_file(arena, path), "text");
	assert_int_equal(write(fd, "\0", 1), 1);
	assert_null(doctor_file(arena, path));
	assert_int_equal(ftruncate(fd, 2 << 20), 0);
	assert_null(doctor_file(arena, path));
	(void)close(fd);
	(void)unlink(path);
	assert_null(doctor_file(arena, path));
	assert_null(doctor_file(arena, "/tmp"));
	assert_null(doctor_file(arena, "/dev/zero"));
	arena_free(arena);
}

static void a_path_is_looked_at_from_the_root(void **unused)
{
	struct arena *arena = arena_new();
	struct path_facts path = doctor_path(arena, "/proc/self/octroi/none");

	(void)unused;
	assert_int_equal(path.len, 5);
	assert_string_equal(path.steps[0].path, "/");
	assert_int_equal(path.steps[0].error, 0);
	assert_string_equal(path.steps[4].path, "/proc/self/octroi/none");
	assert_int_equal(path.steps[4].error, ENOENT);
	arena_free(arena);
}

static const struct built {
	const char *name, *header;
	uint64_t at;
} built_table[] = {
	{ "built_at", "ClamAV-VDB:07 Nov 2023 04-29 -0500:27086:2046604:90:x", 1699349340 },
	{ "built_at_east", "ClamAV-VDB:07 Nov 2023 04-29 +0130:1", 1699325940 },
	{ "built_no_header", "SQLite", UINT64_MAX },
	{ "built_no_month", "ClamAV-VDB:07 anF 2023 04-29 +0000:1", UINT64_MAX },
	{ "built_no_date", "ClamAV-VDB:::", UINT64_MAX },
	{ "built_long_month", "ClamAV-VDB:07 November 2023 04-29 +0000:1", UINT64_MAX },
	{ "built_no_hour", "ClamAV-VDB:07 Nov 2023 44-29 +0000:1", UINT64_MAX },
	{ "built_empty", "", UINT64_MAX },
};

static void check_built(void **state)
{
	const struct built *row = *state;

	assert_int_equal(clamav_built_at(row->header), row->at);
}

static void spew(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "we");
	assert_non_null(file);
	(void)fputs(text, file);
	(void)fclose(file);
}

static void the_newest_database_counts(void **unused)
{
	char dir[] = "/tmp/octroi-doctor-XXXXXX", path[256];

	(void)unused;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(clamav_newest(dir, "daily"), 0);
	spew(dir, "daily.cvd", "ClamAV-VDB:07 Nov 2023 00-00 +0000:1");
	spew(dir, "daily.cld", "ClamAV-VDB:09 Nov 2023 00-00 +0000:1");
	spew(dir, "main.cvd", "what?");
	assert_int_equal(clamav_newest(dir, "daily"), 1699488000);
	assert_int_equal(clamav_newest(dir, "main"), UINT64_MAX);
	(void)snprintf(path, sizeof(path), "%s/daily.cvd", dir), (void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/daily.cld", dir), (void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/main.cvd", dir), (void)unlink(path);
	(void)rmdir(dir);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(findings_are_said_once_and_printable), cmocka_unit_test(checks_count_by_their_worst_finding),
		cmocka_unit_test(what_was_not_read_is_unknown_and_not_ok),
		cmocka_unit_test(every_check_has_an_id_of_its_own_and_there_are_forty), cmocka_unit_test(nothing_known_is_nothing_ok),
		cmocka_unit_test(people_read_the_worst_first_and_what_to_change), cmocka_unit_test(programs_read_one_object),
		cmocka_unit_test(program_that_is_not_there), cmocka_unit_test(files_that_are_none),
		cmocka_unit_test(a_path_is_looked_at_from_the_root), cmocka_unit_test(the_newest_database_counts),
	};
	static struct rows rows;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		rows_add_one(&rows, tests[i].name, tests[i].test_func, NULL);
	rows_add(&rows, output_table, check_output);
	rows_add(&rows, built_table, check_built);
	return rows_run(&rows, "doctor");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf/option.h"
#include "t/lib/spool_bench.h"
#include "t/unit/rows.h"

#define ID "AAAA-AAAA"

static struct bench *bench_with_one(void)
{
	struct bench *bench = bench_new();

	bench_hold(bench, ID, 1000, "text\r\n");
	return bench;
}

static int look(struct bench *bench, const char *mark)
{
	struct quarantine_mark found;

	return quarantine_mark_look(bench->quarantine, bench->arena, mark, &found);
}

static void a_mark_says_what_it_spares_and_which_message_is_meant(void **state)
{
	struct bench *bench = bench_with_one();
	struct quarantine_item item = bench_item(ID, 1000);
	char mark[QUARANTINE_MARK_SIZE];
	struct quarantine_mark found;

	(void)state;
	assert_int_equal(quarantine_release_begin(bench->quarantine, ID, mark), 0);
	assert_int_equal(quarantine_mark_look(bench->quarantine, bench->arena, mark, &found), 0);
	assert_string_equal(found.held_by, item.held_by);
	assert_string_equal(found.digest, item.digest);
	assert_int_equal(quarantine_release_end(bench->quarantine, ID, true), 0);
	bench_free(bench);
}

static void a_mark_outlives_its_item_until_it_is_spent(void **state)
{
	struct bench *bench = bench_with_one();
	char mark[QUARANTINE_MARK_SIZE];

	(void)state;
	assert_int_equal(quarantine_release_begin(bench->quarantine, ID, mark), 0);
	assert_int_equal(quarantine_release_end(bench->quarantine, ID, true), 0);
	assert_false(bench_has(bench, ID));
	assert_int_equal(look(bench, mark), 0);
	assert_int_equal(quarantine_mark_spend(bench->quarantine, mark), 0);
	assert_int_equal(look(bench, mark), -ENOENT);
	assert_int_equal(quarantine_mark_spend(bench->quarantine, mark), -ENOENT);
	assert_int_equal(bench_names(bench), 0);
	bench_free(bench);
}

static void the_filter_may_be_quicker_than_the_command(void **state)
{
	struct bench *bench = bench_with_one();
	char mark[QUARANTINE_MARK_SIZE];

	(void)state;
	assert_int_equal(quarantine_release_begin(bench->quarantine, ID, mark), 0);
	assert_int_equal(quarantine_mark_spend(bench->quarantine, mark), 0);
	assert_int_equal(quarantine_release_end(bench->quarantine, ID, true), 0);
	assert_int_equal(bench_names(bench), 0);
	bench_free(bench);
}

static void a_second_release_at_the_same_time_is_told_so_OS_06(void **state)
{
	struct bench *bench = bench_with_one();
	char mark[QUARANTINE_MARK_SIZE], problem[CONF_PROBLEM_MAX];
	struct quarantine *other;

	(void)state;
	assert_int_equal(quarantine_open(bench->spool, &other, problem), 0);
	assert_int_equal(quarantine_release_begin(bench->quarantine, ID, mark), 0);
	assert_int_equal(quarantine_release_begin(bench->quarantine, ID, mark), -EALREADY);
	assert_int_equal(quarantine_release_begin(other, ID, mark), -EALREADY);
	assert_int_equal(quarantine_delete(other, ID), -EALREADY);
	assert_int_equal(quarantine_expire(other, 2000, NULL, NULL), 0);
	assert_true(bench_has(bench, ID));
	assert_int_equal(quarantine_release_end(bench->quarantine, ID, true), 0);
	assert_int_equal(quarantine_release_begin(other, ID, mark), -ENOENT);
	assert_int_equal(quarantine_release_end(other, ID, true), -ENOENT);
	quarantine_close(other);
	bench_free(bench);
}

static void a_second_release_does_not_touch_the_mark_of_the_first_OS_06(void **state)
{
	struct bench *bench = bench_with_one();
	char mark[QUARANTINE_MARK_SIZE], second[QUARANTINE_MARK_SIZE];

	(void)state;
	assert_int_equal(quarantine_release_begin(bench->quarantine, ID, mark), 0);
	assert_int_equal(quarantine_release_end(bench->quarantine, ID, true), 0);
	assert_int_equal(quarantine_release_begin(bench->quarantine, ID, second), -ENOENT);
	assert_int_equal(quarantine_delete(bench->quarantine, ID), -ENOENT);
	assert_int_equal(look(bench, mark), 0);
	bench_free(bench);
}

static void a_release_that_failed_leaves_it_held_and_its_mark_void(void **state)
{
	struct bench *bench = bench_with_one();
	char mark[QUARANTINE_MARK_SIZE], second[QUARANTINE_MARK_SIZE];

	(void)state;
	assert_int_equal(quarantine_release_begin(bench->quarantine, ID, mark), 0);
	assert_int_equal(quarantine_release_end(bench->quarantine, ID, false), 0);
	assert_int_equal(look(bench, mark), -ENOENT);
	assert_int_equal(quarantine_release_begin(bench->quarantine, ID, second), 0);
	assert_string_not_equal(mark, second);
	assert_int_equal(look(bench, mark), -ENOENT);
	assert_int_equal(look(bench, second), 0);
	bench_free(bench);
}

/* In a process of its own, which ends in the middle of a release: before or after its message was let in. */
static void release_and_die(struct bench *bench, bool spend)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		char mark[QUARANTINE_MARK_SIZE];
		int r = quarantine_release_begin(bench->quarantine, ID, mark);

		if (r == 0 && spend)
			r = quarantine_mark_spend(bench->quarantine, mark);
		_exit(r == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void who_dies_before_the_message_came_in_leaves_it_held(void **state)
{
	struct bench *bench = bench_with_one();
	char mark[QUARANTINE_MARK_SIZE];

	(void)state;
	release_and_die(bench, false);
	assert_int_equal(quarantine_release_begin(bench->quarantine, ID, mark), 0);
	assert_int_equal(look(bench, mark), 0);
	bench_free(bench);
}

static void who_dies_after_the_message_came_in_does_not_have_it_sent_twice(void **state)
{
	struct bench *bench = bench_with_one();
	char mark[QUARANTINE_MARK_SIZE];

	(void)state;
	release_and_die(bench, true);
	assert_true(bench_has(bench, ID));
	assert_int_equal(quarantine_release_begin(bench->quarantine, ID, mark), -EALREADY);
	assert_false(bench_has(bench, ID));
	bench_free(bench);
}

static void what_is_deleted_after_a_release_that_came_to_nothing_has_no_mark(void **state)
{
	struct bench *bench = bench_with_one();

	(void)state;
	release_and_die(bench, false);
	assert_true(bench_has(bench, ID ".mark"));
	assert_int_equal(quarantine_delete(bench->quarantine, ID), 0);
	assert_int_equal(bench_names(bench), 0);
	bench_free(bench);
}

static void the_secret_is_not_in_the_spool(void **state)
{
	struct bench *bench = bench_with_one();
	char mark[QUARANTINE_MARK_SIZE], path[300], text[4000];
	FILE *file;
	size_t len;

	(void)state;
	assert_int_equal(quarantine_release_begin(bench->quarantine, ID, mark), 0);
	(void)snprintf(path, sizeof(path), "%s/" ID ".mark", bench->spool);
	file = fopen(path, "re");
	assert_non_null(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	(void)fclose(file);
	assert_non_null(strstr(text, "antivirus:unscannable"));
	assert_null(strstr(text, mark + strlen(ID) + 1));
	bench_free(bench);
}

static void white_space_round_a_mark_is_no_part_of_it(void **state)
{
	struct bench *bench = bench_with_one();
	char mark[QUARANTINE_MARK_SIZE], spaced[QUARANTINE_MARK_SIZE + 8];

	(void)state;
	assert_int_equal(quarantine_release_begin(bench->quarantine, ID, mark), 0);
	(void)snprintf(spaced, sizeof(spaced), " %s\r\n ", mark);
	assert_int_equal(look(bench, spaced), 0);
	assert_int_equal(quarantine_mark_spend(bench->quarantine, spaced), 0);
	assert_int_equal(look(bench, spaced), -ENOENT);
	bench_free(bench);
}

#define ZEROS "000000000000000000000000000000000000000000000000"

static const struct forged {
	const char *name, *value;
} forged_table[] = {
	{ "nothing", "" },
	{ "an_id_alone", ID },
	{ "an_empty_secret", ID "." },
	{ "a_guessed_secret", ID "." ZEROS },
	{ "a_secret_that_is_too_long", ID "." ZEROS "0" },
	{ "the_mark_of_an_item_that_is_not_there", "BBBB-BBBB." ZEROS },
	{ "a_path_OS_06", "../AA-AAA." ZEROS },
	{ "another_path_OS_06", "/etc/pass." ZEROS },
	{ "the_digest_instead_of_the_secret", NULL },
};

static void check_forged(void **state)
{
	const struct forged *row = *state;
	struct bench *bench = bench_with_one();
	char mark[QUARANTINE_MARK_SIZE];

	assert_int_equal(quarantine_release_begin(bench->quarantine, ID, mark), 0);
	assert_int_equal(look(bench, row->value == NULL ? "AAAA-AAAA.0123456789abcdef0123456789abcdef0123456789abcdef" : row->value), -ENOENT);
	assert_int_equal(quarantine_mark_spend(bench->quarantine, row->value == NULL ? ID : row->value), -ENOENT);
	assert_int_equal(look(bench, mark), 0);
	bench_free(bench);
}

static void every_changed_byte_makes_a_mark_void(void **state)
{
	struct bench *bench = bench_with_one();
	char mark[QUARANTINE_MARK_SIZE];

	(void)state;
	assert_int_equal(quarantine_release_begin(bench->quarantine, ID, mark), 0);
	for (size_t i = 0; mark[i] != '\0'; i++) {
		char kept = mark[i];

		mark[i] = kept == '0' ? '1' : '0';
		assert_int_equal(look(bench, mark), -ENOENT);
		mark[i] = kept;
	}
	assert_int_equal(look(bench, mark), 0);
	bench_free(bench);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mark_says_what_it_spares_and_which_message_is_meant),
		cmocka_unit_test(a_mark_outlives_its_item_until_it_is_spent),
		cmocka_unit_test(the_filter_may_be_quicker_than_the_command),
		cmocka_unit_test(a_second_release_at_the_same_time_is_told_so_OS_06),
		cmocka_unit_test(a_second_release_does_not_touch_the_mark_of_the_first_OS_06),
		cmocka_unit_test(a_release_that_failed_leaves_it_held_and_its_mark_void),
		cmocka_unit_test(who_dies_before_the_message_came_in_leaves_it_held),
		cmocka_unit_test(who_dies_after_the_message_came_in_does_not_have_it_sent_twice),
		cmocka_unit_test(what_is_deleted_after_a_release_that_came_to_nothing_has_no_mark),
		cmocka_unit_test(the_secret_is_not_in_the_spool),
		cmocka_unit_test(white_space_round_a_mark_is_no_part_of_it),
		cmocka_unit_test(every_changed_byte_makes_a_mark_void),
	};
	struct rows rows = { .len = 0 };

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		rows_add_one(&rows, tests[i].name, tests[i].test_func, NULL);
	rows_add(&rows, forged_table, check_forged);
	return rows_run(&rows, "quarantine_release");
}

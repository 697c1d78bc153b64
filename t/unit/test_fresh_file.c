/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/fresh_file.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "t/unit/rows.h"

static char root[] = "/tmp/octroi-fresh-XXXXXX", path[100], fresh[100];

static const char *content(const char *name)
{
	static char text[100];
	FILE *file = fopen(name, "r");

	if (file == NULL)
		return NULL;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	(void)fclose(file);
	return text;
}

static int write_it(const char *text)
{
	FILE *file = fresh_file_open(path);

	assert_non_null(file);
	(void)fputs(text, file);
	return fresh_file_replace(file, path);
}

static void the_old_one_is_there_until_the_new_one_is(void **state)
{
	FILE *file;
	struct stat st;

	(void)state;
	assert_int_equal(write_it("one"), 0);
	file = fresh_file_open(path);
	(void)fputs("two", file);
	assert_string_equal(content(path), "one");
	assert_int_equal(fresh_file_replace(file, path), 0);
	assert_string_equal(content(path), "two");
	assert_null(content(fresh));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void what_a_dead_writer_left_is_no_hindrance(void **state)
{
	(void)state;
	assert_int_equal(symlink("/dev/null", fresh), 0);
	assert_int_equal(write_it("three"), 0);
	assert_string_equal(content(path), "three");
}

static void what_cannot_be_written_changes_nothing(void **state)
{
	FILE *file = fresh_file_open(path), *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	assert_true(dup2(fileno(full), fileno(file)) >= 0);
	(void)fclose(full);
	(void)fputs("four", file);
	assert_int_equal(fresh_file_replace(file, path), -ENOSPC);
	assert_string_equal(content(path), "three");
	assert_null(content(fresh));
}

static void where_it_cannot_be(void **state)
{
	static char endless[PATH_MAX + 10];

	(void)state;
	assert_null(fresh_file_open("/nonexistent/x"));
	assert_int_equal(errno, ENOENT);
	memset(endless, 'x', sizeof(endless) - 1);
	assert_null(fresh_file_open(endless));
	assert_int_equal(errno, ENAMETOOLONG);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_old_one_is_there_until_the_new_one_is),
		cmocka_unit_test(what_a_dead_writer_left_is_no_hindrance),
		cmocka_unit_test(what_cannot_be_written_changes_nothing),
		cmocka_unit_test(where_it_cannot_be),
	};
	int failed;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (mkdtemp(root) == NULL)
		return 1;
	(void)snprintf(path, sizeof(path), "%s/file", root);
	(void)snprintf(fresh, sizeof(fresh), "%s/file.new", root);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(path);
	(void)rmdir(root);
	return failed;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "milter/base/proctitle.h"

enum { INHERITED_MAX = 500 };
static char *inherited[INHERITED_MAX];
static size_t inherited_len;

static size_t read_title(char *text, size_t size)
{
	FILE *file = fopen("/proc/self/cmdline", "re");
	size_t len;

	assert_non_null(file);
	len = fread(text, 1, size - 1, file);
	(void)fclose(file);
	text[len] = '\0';
	return len;
}

static const struct row {
	const char *name;
	const char *title;
} rows[] = {
	{ "a_title", "octroi: filter" },
	{ "a_shorter_one_leaves_nothing_of_the_one_before", "o" },
	{ "one_that_is_longer_than_the_command_line", "octroi: zygote (serving) with a title that is longer than what ran" },
};

static void check(void **state)
{
	const struct row *row = *state;
	char text[4096];

	proctitle_set(row->title);
	(void)read_title(text, sizeof(text));
	assert_string_equal(text, row->title);
}

static void what_does_not_fit_is_cut(void **state)
{
	static char title[1 << 20];
	char text[4096];

	(void)state;
	memset(title, 'x', sizeof(title) - 1);
	proctitle_set(title);
	assert_true(read_title(text, sizeof(text)) > 0);
	assert_int_equal(text[0], 'x');
}

static void the_environment_is_still_there(void **state)
{
	(void)state;
	proctitle_set("octroi: filter");
	for (size_t i = 0; i < inherited_len; i++)
		assert_string_equal(environ[i], inherited[i]);
	assert_string_equal(getenv("PROCTITLE_TEST"), "here");
	assert_int_equal(unsetenv("PROCTITLE_TEST"), 0);
	assert_null(getenv("PROCTITLE_TEST"));
	assert_int_equal(setenv("PROCTITLE_TEST", "there", 1), 0);
	assert_string_equal(getenv("PROCTITLE_TEST"), "there");
}

static void a_child_has_its_own(void **state)
{
	char text[4096];
	pid_t pid;
	int status;

	(void)state;
	proctitle_set("octroi: parent");
	pid = fork();
	if (pid == 0) {
		proctitle_set("octroi: child");
		(void)read_title(text, sizeof(text));
		_exit(strcmp(text, "octroi: child") == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)read_title(text, sizeof(text));
	assert_string_equal(text, "octroi: parent");
}

static void remember_environment(void)
{
	while (environ[inherited_len] != NULL && inherited_len < INHERITED_MAX) {
		inherited[inherited_len] = strdup(environ[inherited_len]);
		inherited_len++;
	}
}

int main(void)
{
	static struct rows tests;

	remember_environment();
	(void)setenv("PROCTITLE_TEST", "here", 1);
	proctitle_set("before the room is known nothing happens");
	proctitle_init();
	rows_add(&tests, rows, check);
	rows_add_one(&tests, "what_does_not_fit_is_cut", what_does_not_fit_is_cut, NULL);
	rows_add_one(&tests, "the_environment_is_still_there", the_environment_is_still_there, NULL);
	rows_add_one(&tests, "a_child_has_its_own", a_child_has_its_own, NULL);
	return rows_run(&tests, "proctitle");
}

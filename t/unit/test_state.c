/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/state.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/settings.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { NULL };

static char root[] = "/tmp/octroi-state-XXXXXX";
static char path[200], conf_path[200], problem[CONF_PROBLEM_MAX];

static const struct use {
	const char *name;
	int mode;			/* of the directory; -1: there is none; -2: a file */
	const char *problem;		/* NULL: it can be used */
} use_table[] = {
	{ "one_of_our_own", 0750, NULL },
	{ "one_that_the_group_may_write", 0770, NULL },
	{ "one_that_everybody_may_write", 0777, "everybody may write" },
	{ "one_that_is_not_there", -1, "No such file" },
	{ "a_file", -2, "is no directory" },
};

static struct conf *load(const char *directory)
{
	FILE *file = fopen(conf_path, "w");
	struct conf *conf;
	size_t errors;

	assert_non_null(file);
	(void)fprintf(file, "state { directory = \"%s\" }\n", directory);
	(void)fclose(file);
	conf = settings_load(conf_path);
	(void)conf_errors(conf, &errors);
	assert_int_equal(errors, 0);
	return conf;
}

static void make(int mode)
{
	if (mode == -2)
		assert_int_equal(close(creat(path, 0600)), 0);
	else if (mode >= 0)
		assert_true(mkdir(path, 0700) == 0 && chmod(path, (mode_t)mode) == 0);
}

static void check_use(void **state)
{
	const struct use *row = *state;
	struct conf *conf = load(path);
	const char *directory;

	make(row->mode);
	directory = state_directory(conf, problem);
	if (row->problem == NULL)
		assert_string_equal(directory, path);
	else
		assert_null(directory);
	assert_true(row->problem == NULL ? problem[0] == '\0' : strstr(problem, row->problem) != NULL);
	(void)rmdir(path);
	(void)unlink(path);
	conf_free(conf);
}

static void nothing_is_wanted(void **state)
{
	struct conf *conf = load("");

	(void)state;
	assert_null(state_directory(conf, problem));
	assert_string_equal(problem, "");
	conf_free(conf);
}

/* Counters and sightings work all the same. */
static void without_a_directory_there_is_memory(void **state)
{
	struct conf *conf = load("/nonexistent/octroi");
	struct state opened;

	(void)state;
	state_open(conf, &opened);
	assert_null(opened.directory);
	assert_non_null(opened.store);
	assert_non_null(opened.seen);
	assert_true(store_take(opened.store, "key", 1, 1, 60000, NULL));
	assert_false(store_take(opened.store, "key", 1, 1, 60000, NULL));
	state_close(&opened);
	conf_free(conf);
}

int main(void)
{
	static struct rows rows;
	int failed;

	assert_non_null(mkdtemp(root));
	(void)snprintf(path, sizeof(path), "%s/state", root);
	(void)snprintf(conf_path, sizeof(conf_path), "%s/milter.conf", root);
	rows_add(&rows, use_table, check_use);
	rows_add_one(&rows, "nothing_is_wanted", nothing_is_wanted, NULL);
	rows_add_one(&rows, "without_a_directory_there_is_memory", without_a_directory_there_is_memory, NULL);
	failed = rows_run(&rows, "state");
	(void)unlink(conf_path);
	(void)rmdir(root);
	return failed;
}

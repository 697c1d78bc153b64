/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/database_watch.h"

#define STEPS_MAX 12

enum act { END, LOOK_SAME, LOOK_CHANGED, WRITE_A, APPEND_A, TOUCH_A, REPLACE_A, DELETE_A, DELETE_B, WRITE_B, WRITE_DAT, WRITE_HIDDEN,
	   MAKE_DIRECTORY, REMOVE_ALL };

static const struct row {
	const char *name;
	enum act acts[STEPS_MAX];	/* the first ones up to END come before the watch begins */
	enum act then[STEPS_MAX];
} rows[] = {
	{ "nothing_happens", { WRITE_A }, { LOOK_SAME, LOOK_SAME, LOOK_SAME } },
	{ "a_file_more", { WRITE_A }, { WRITE_B, LOOK_SAME, LOOK_CHANGED, LOOK_SAME } },
	{ "a_file_less", { WRITE_A, WRITE_B }, { DELETE_A, LOOK_SAME, LOOK_CHANGED, LOOK_SAME } },
	{ "a_longer_file", { WRITE_A }, { APPEND_A, LOOK_SAME, LOOK_CHANGED, LOOK_SAME } },
	{ "a_longer_file_of_the_same_time", { WRITE_A, TOUCH_A }, { APPEND_A, TOUCH_A, LOOK_SAME, LOOK_CHANGED, LOOK_SAME } },
	{ "the_same_bytes_at_another_time", { WRITE_A }, { TOUCH_A, LOOK_SAME, LOOK_CHANGED, LOOK_SAME } },
	{ "another_file_of_the_same_name_size_and_time", { WRITE_A, TOUCH_A },
	  { REPLACE_A, LOOK_SAME, LOOK_CHANGED, LOOK_SAME } },
	{ "what_is_still_being_written_is_waited_for", { WRITE_A },
	  { APPEND_A, LOOK_SAME, APPEND_A, LOOK_SAME, APPEND_A, LOOK_SAME, LOOK_CHANGED, LOOK_SAME } },
	{ "one_change_is_told_once_and_the_next_again", { WRITE_A },
	  { WRITE_B, LOOK_SAME, LOOK_CHANGED, LOOK_SAME, DELETE_A, LOOK_SAME, LOOK_CHANGED, LOOK_SAME } },
	{ "what_comes_and_goes_is_no_change", { WRITE_A, TOUCH_A }, { WRITE_B, LOOK_SAME, DELETE_B, LOOK_SAME, LOOK_SAME } },
	{ "notes_of_freshclam_do_not_count", { WRITE_A }, { WRITE_DAT, LOOK_SAME, LOOK_SAME, LOOK_SAME } },
	{ "hidden_files_do_not_count", { WRITE_A }, { WRITE_HIDDEN, LOOK_SAME, LOOK_SAME, LOOK_SAME } },
	{ "directories_do_not_count", { WRITE_A }, { MAKE_DIRECTORY, LOOK_SAME, LOOK_SAME, LOOK_SAME } },
	{ "the_first_file_of_an_empty_directory", { END }, { WRITE_A, LOOK_SAME, LOOK_CHANGED, LOOK_SAME } },
	{ "all_files_gone", { WRITE_A, WRITE_B }, { REMOVE_ALL, LOOK_SAME, LOOK_CHANGED, LOOK_SAME } },
};

static void write_file(const char *name, int flags, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | flags, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(close(fd), 0);
}

static void set_time(const char *name)
{
	const struct timespec times[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };

	assert_int_equal(utimensat(AT_FDCWD, name, times, 0), 0);
}

static void replace(const char *name)
{
	write_file(".new", O_TRUNC, "signatures");
	set_time(".new");
	assert_int_equal(rename(".new", name), 0);
}

static void act(enum act what, struct database_watch *watch)
{
	switch (what) {
	case END: return;
	case LOOK_SAME: assert_false(database_watch_changed(watch)); return;
	case LOOK_CHANGED: assert_true(database_watch_changed(watch)); return;
	case WRITE_A: write_file("a.ndb", O_TRUNC, "signatures"); return;
	case APPEND_A: write_file("a.ndb", O_APPEND, "more"); return;
	case TOUCH_A: set_time("a.ndb"); return;
	case REPLACE_A: replace("a.ndb"); return;
	case DELETE_A: assert_int_equal(unlink("a.ndb"), 0); return;
	case DELETE_B: assert_int_equal(unlink("b.cvd"), 0); return;
	case WRITE_B: write_file("b.cvd", O_TRUNC, "signatures"); return;
	case WRITE_DAT: write_file("freshclam.dat", O_TRUNC, "notes"); return;
	case WRITE_HIDDEN: write_file(".part", O_TRUNC, "half"); return;
	case MAKE_DIRECTORY: assert_int_equal(mkdir("tmp.1", 0700), 0); return;
	case REMOVE_ALL: (void)unlink("a.ndb"), (void)unlink("b.cvd"); return;
	}
}

static void check(void **state)
{
	const struct row *row = *state;
	char directory[] = "/tmp/octroi-watch-XXXXXX";
	struct database_watch watch;

	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	for (size_t i = 0; i < STEPS_MAX; i++)
		act(row->acts[i], NULL);
	database_watch_start(&watch, directory);
	for (size_t i = 0; i < STEPS_MAX; i++)
		act(row->then[i], &watch);
	(void)unlink("a.ndb"), (void)unlink("b.cvd"), (void)unlink("freshclam.dat"), (void)unlink(".part"), (void)rmdir("tmp.1");
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(directory), 0);
}

static void nothing_to_watch(void **state)
{
	struct database_watch watch;

	(void)state;
	database_watch_start(&watch, NULL);
	assert_false(database_watch_changed(&watch));
	assert_false(database_watch_changed(&watch));
}

static void a_directory_that_is_not_there_can_come(void **state)
{
	char directory[] = "/tmp/octroi-watch-XXXXXX", file[64];
	struct database_watch watch;

	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_int_equal(rmdir(directory), 0);
	database_watch_start(&watch, directory);
	assert_false(database_watch_changed(&watch));
	assert_int_equal(mkdir(directory, 0700), 0);
	(void)snprintf(file, sizeof(file), "%s/a.ndb", directory);
	write_file(file, 0, "signatures");
	assert_false(database_watch_changed(&watch));
	assert_true(database_watch_changed(&watch));
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
	static struct rows tests;

	rows_add(&tests, rows, check);
	rows_add_one(&tests, "nothing_to_watch", nothing_to_watch, NULL);
	rows_add_one(&tests, "a_directory_that_is_not_there_can_come", a_directory_that_is_not_there_can_come, NULL);
	return rows_run(&tests, "database_watch");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/isolate/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t/unit/rows.h"

static char top[] = "/tmp/octroi-scratch-XXXXXX";
static char base[64], outside[64], path[128];

static bool exists(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0;
}

static const char *below(const char *name)
{
	static char full[256];

	(void)snprintf(full, sizeof(full), "%s/%s", path, name);
	return full;
}

static void touch(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	(void)close(fd);
}

/* What hostile hands may leave behind. */

static void leave_nothing(void)
{
}

static void leave_files(void)
{
	char name[16];

	for (int i = 0; i < 3000; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		touch(below(name));
	}
}

static void leave_links(void)
{
	assert_int_equal(symlink(outside, below("file")), 0);
	assert_int_equal(symlink(top, below("directory")), 0);
	assert_int_equal(symlink(".", below("itself")), 0);
	assert_int_equal(symlink("nowhere", below("nowhere")), 0);
	assert_int_equal(link(outside, below("hard")), 0);
}

static void leave_special(void)
{
	assert_int_equal(mkfifo(below("fifo"), 0), 0);
	touch(below("\n\377 -rf"));
	assert_int_equal(chmod(below("\n\377 -rf"), 0), 0);
}

static void leave_closed_directories(void)
{
	assert_int_equal(mkdir(below("a"), 0700), 0);
	assert_int_equal(mkdir(below("a/b"), 0700), 0);
	touch(below("a/b/c"));
	assert_int_equal(chmod(below("a/b"), 0), 0);
	assert_int_equal(chmod(below("a"), 0), 0);
}

/* Deeper than a path can be long and than there are descriptors. */
static void leave_depth(void)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY);

	for (int i = 0; i < 5000; i++) {
		int next;

		assert_int_equal(mkdirat(fd, "d", 0700), 0);
		next = openat(fd, "d", O_RDONLY | O_DIRECTORY);
		(void)close(fd);
		fd = next;
		assert_true(fd >= 0);
	}
	(void)close(fd);
}

static void leave_breadth(void)
{
	char name[32];

	for (int i = 0; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		assert_int_equal(mkdir(below(name), 0700), 0);
		(void)snprintf(name, sizeof(name), "%d/x", i);
		assert_int_equal(mkdir(below(name), 0700), 0);
		(void)snprintf(name, sizeof(name), "%d/x/y", i);
		touch(below(name));
	}
}

static const struct leftover {
	const char *name;
	void (*leave)(void);
} leftovers[] = {
	{ "nothing", leave_nothing },
	{ "many files", leave_files },
	{ "links are not followed", leave_links },
	{ "special files", leave_special },
	{ "directories closed to their owner", leave_closed_directories },
	{ "a tree of 5000 levels", leave_depth },
	{ "many small trees", leave_breadth },
};

static void check_leftover(void **state)
{
	const struct leftover *row = *state;

	assert_int_equal(scratch_open_base(base), 0);
	assert_int_equal(scratch_path(base, getpid(), path, sizeof(path)), 0);
	assert_int_equal(scratch_make(base, path), 0);
	row->leave();
	assert_int_equal(scratch_empty(path), 0);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(scratch_make(base, path), 0);
	row->leave();
	assert_int_equal(scratch_make(base, path), 0);	/* a process of the same number finds it empty */
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(scratch_make(base, path), 0);
	row->leave();
	scratch_remove(base, getpid());
	assert_false(exists(path));
	assert_true(exists(outside));
	assert_int_equal(rmdir(base), 0);
}

static void the_dead_are_swept_and_the_living_kept(void **state)
{
	char living[128];
	pid_t dead = fork();

	(void)state;
	if (dead == 0)
		_exit(0);
	(void)waitpid(dead, NULL, 0);
	assert_int_equal(scratch_path(base, dead, path, sizeof(path)), 0);
	assert_int_equal(scratch_path(base, getpid(), living, sizeof(living)), 0);
	assert_int_equal(scratch_make(base, path), 0);
	touch(below("file"));
	assert_int_equal(scratch_make(base, living), 0);
	assert_int_equal(scratch_open_base(base), 0);
	assert_false(exists(path));
	assert_true(exists(living));
	scratch_remove(base, getpid());
	assert_int_equal(rmdir(base), 0);
}

static void a_base_that_others_can_write_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkdir(base, 0700), 0);
	assert_int_equal(chmod(base, 0777), 0);
	assert_int_equal(scratch_open_base(base), -EPERM);
	assert_int_equal(rmdir(base), 0);
	assert_int_equal(symlink(top, base), 0);
	assert_true(scratch_open_base(base) < 0);
	assert_int_equal(unlink(base), 0);
	assert_int_equal(scratch_open_base("/nowhere/octroi"), -ENOENT);
	assert_int_equal(scratch_path(base, 1, path, 8), -ENAMETOOLONG);
}

int main(void)
{
	static struct rows rows;
	int r;

	if (mkdtemp(top) == NULL)
		return 1;
	(void)snprintf(base, sizeof(base), "%s/base", top);
	(void)snprintf(outside, sizeof(outside), "%s/outside", top);
	touch(outside);
	rows_add(&rows, leftovers, check_leftover);
	rows_add_one(&rows, "the_dead_are_swept_and_the_living_kept", the_dead_are_swept_and_the_living_kept, NULL);
	rows_add_one(&rows, "a_base_that_others_can_write_is_refused", a_base_that_others_can_write_is_refused, NULL);
	r = rows_run(&rows, "scratch");
	(void)unlink(outside);
	(void)rmdir(top);
	return r;
}

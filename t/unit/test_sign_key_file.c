/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/sign_key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/isolate/job.h"
#include "milter/model/scanner.h"
#include "t/lib/skip.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { NULL };
const struct job_kind *const job_kinds[] = { NULL };

#define PEM "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n"
#define SOMEBODY 12345
#define SOMEBODY_ELSE 12346

enum kind { A_FILE, A_LINK, A_DIRECTORY, A_FIFO, NOTHING };

struct file_row {
	const char *name;
	enum kind kind;
	unsigned mode;			/* of the file, and of its directory (0: 0755) */
	unsigned directory_mode;
	uid_t owner;
	gid_t group;
	uid_t directory_owner;
	const char *words;		/* in the problem; NULL: it is loaded */
	const char *text;		/* NULL: a good key */
};

/* Seen by SOMEBODY, whose first group has the same number. */
static const struct file_row file_rows[] = {
	{ "its own, for it alone", A_FILE, 0600, 0, SOMEBODY, SOMEBODY, 0, NULL, NULL },
	{ "its own, read-only", A_FILE, 0400, 0, SOMEBODY, SOMEBODY, 0, NULL, NULL },
	{ "of root, for its group", A_FILE, 0640, 0, 0, SOMEBODY, 0, NULL, NULL },
	{ "its own directory", A_FILE, 0600, 0700, SOMEBODY, SOMEBODY, SOMEBODY, NULL, NULL },
	{ "a sticky directory", A_FILE, 0600, 01777, SOMEBODY, SOMEBODY, 0, NULL, NULL },
	{ "others may read it (OS-02)", A_FILE, 0644, 0, SOMEBODY, SOMEBODY, 0, "run: chmod 0600 /", NULL },
	{ "others may read that of root (OS-02)", A_FILE, 0644, 0, 0, SOMEBODY, 0, "run: chmod 0640 /", NULL },
	{ "others may write it (OS-02)", A_FILE, 0602, 0, SOMEBODY, SOMEBODY, 0, "run: chmod 0600 /", NULL },
	{ "a foreign group may read it (OS-02)", A_FILE, 0640, 0, SOMEBODY, SOMEBODY_ELSE, 0, "run: chmod 0600 /", NULL },
	{ "its group may write it (OS-02)", A_FILE, 0660, 0, 0, SOMEBODY, 0, "run: chmod 0640 /", NULL },
	{ "it belongs to somebody else (OS-02)", A_FILE, 0640, 0, SOMEBODY_ELSE, SOMEBODY, 0, "run: chown root /", NULL },
	{ "it cannot be read", A_FILE, 0600, 0, 0, 0, 0, "run: chown ", NULL },
	{ "a symbolic link (OS-02)", A_LINK, 0600, 0, SOMEBODY, SOMEBODY, 0, "symbolic link", NULL },
	{ "a directory", A_DIRECTORY, 0700, 0, SOMEBODY, SOMEBODY, 0, "is no file", NULL },
	{ "a FIFO does not hold up the start", A_FIFO, 0600, 0, SOMEBODY, SOMEBODY, 0, "is no file", NULL },
	{ "nothing", NOTHING, 0, 0, 0, 0, 0, "No such file", NULL },
	{ "all may write its directory (OS-02)", A_FILE, 0600, 0777, SOMEBODY, SOMEBODY, 0, "run: chmod go-w /", NULL },
	{ "a directory of somebody else (OS-02)", A_FILE, 0600, 0755, SOMEBODY, SOMEBODY, SOMEBODY_ELSE, "run: chown root /", NULL },
	{ "no key in it", A_FILE, 0600, 0, SOMEBODY, SOMEBODY, 0, "is no private key", "hello\n" },
	{ "an empty file", A_FILE, 0600, 0, SOMEBODY, SOMEBODY, 0, "is no private key", "" },
};

struct place {
	char directory[32], path[48];
};

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	(void)fputs(text, file);
	(void)fclose(file);
}

static void make(const struct file_row *row, struct place *place)
{
	char target[sizeof(place->path)];

	(void)strcpy(place->directory, "/tmp/octroi-key-XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	(void)snprintf(place->path, sizeof(place->path), "%s/key.pem", place->directory);
	(void)snprintf(target, sizeof(target), "%s/target", place->directory);
	if (row->kind == A_DIRECTORY)
		assert_int_equal(mkdir(place->path, 0700), 0);
	else if (row->kind == A_FIFO)
		assert_int_equal(mkfifo(place->path, 0600), 0);
	else if (row->kind != NOTHING)
		write_text(row->kind == A_LINK ? target : place->path, row->text == NULL ? PEM : row->text);
	if (row->kind == A_LINK)
		assert_int_equal(symlink(target, place->path), 0);
	if (row->kind != NOTHING) {
		assert_int_equal(chown(place->path, row->owner, row->group), 0);
		assert_int_equal(chmod(place->path, row->mode), 0);
	}
	assert_int_equal(chown(place->directory, row->directory_owner, (gid_t)-1), 0);
	assert_int_equal(chmod(place->directory, row->directory_mode == 0 ? 0755 : row->directory_mode), 0);
}

static void unmake(const struct file_row *row, const struct place *place)
{
	char target[sizeof(place->path)];

	(void)snprintf(target, sizeof(target), "%s/target", place->directory);
	(void)unlink(target);
	(void)(row->kind == A_DIRECTORY ? rmdir(place->path) : unlink(place->path));
	(void)rmdir(place->directory);
}

static void check_file(void **state)
{
	const struct file_row *row = *state;
	struct dkim_sign_key *key = NULL;
	char problem[CONF_PROBLEM_MAX] = "";
	struct place place;
	int r;

	if (geteuid() != 0)
		SKIP("only root can give files away");
	make(row, &place);
	assert_int_equal(setegid(SOMEBODY), 0);
	assert_int_equal(seteuid(SOMEBODY), 0);
	r = sign_key_file_load(place.path, &key, problem);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);
	unmake(row, &place);
	if (row->words == NULL) {
		assert_string_equal(problem, "");
		assert_int_equal(r, 0);
	} else {
		assert_true(r < 0);
		assert_null(key);
		assert_non_null(strstr(problem, place.directory));
		assert_non_null(strstr(problem, row->words));
	}
	dkim_sign_key_free(key);
}

/* Runs as anybody. */
static void ones_own_key_in_ones_own_directory(void **state)
{
	struct dkim_sign_key *key = NULL;
	char problem[CONF_PROBLEM_MAX] = "";
	const struct file_row row = { .kind = A_FILE, .mode = 0600, .owner = geteuid(), .group = getegid(),
		.directory_owner = geteuid() };
	struct place place;

	(void)state;
	make(&row, &place);
	assert_int_equal(sign_key_file_load(place.path, &key, problem), 0);
	dkim_sign_key_free(key);
	assert_int_equal(chmod(place.path, 0604), 0);
	assert_int_equal(sign_key_file_load(place.path, &key, problem), -EPERM);
	unmake(&row, &place);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, file_rows, check_file);
	rows_add_one(&rows, "one's own key in one's own directory", ones_own_key_in_ones_own_directory, NULL);
	return rows_run(&rows, "sign_key_file");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/sign_key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/cleanup.h"

/* How the account is called, for a command that can be copied. */
static void account_name(char name[64])
{
	const struct passwd *account = getpwuid(geteuid());

	if (account == NULL)
		(void)snprintf(name, 64, "%u", (unsigned)geteuid());
	else
		(void)snprintf(name, 64, "%s", account->pw_name);
}

static bool is_mine(uid_t owner)
{
	return owner == 0 || owner == geteuid() || geteuid() == 0;
}

static bool is_my_group(gid_t group)
{
	return group == getegid() || geteuid() == 0;
}

static int open_problem(const char *path, int error, char *problem)
{
	char name[64];

	account_name(name);
	if (error == ELOOP)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "sign.key: %s: is a symbolic link; name the file itself", path);
	else if (error == EACCES)
		(void)snprintf(problem, CONF_PROBLEM_MAX,
			       "sign.key: %s: the account %s may not read it, or not enter its directory; run: chown %s %s", path, name, name,
			       path);
	else
		(void)snprintf(problem, CONF_PROBLEM_MAX, "sign.key: %s: %s", path, strerror(error));
	return -error;
}

/* In a sticky directory nobody exchanges a file of somebody else. */
static bool is_safe_directory(const struct stat *st)
{
	if ((st->st_mode & S_ISVTX) != 0)
		return true;
	return (st->st_mode & S_IWOTH) == 0 && ((st->st_mode & S_IWGRP) == 0 || st->st_gid == 0 || is_my_group(st->st_gid));
}

/* path is absolute (the option's check). */
static int open_directory(const char *path, char *problem)
{
	_cleanup_(free_charp) char *directory = xstrdup(path);
	char *slash = strrchr(directory, '/');
	struct stat st;
	int fd;

	slash[slash == directory ? 1 : 0] = '\0';
	fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		int r = open_problem(directory, errno, problem);

		(void)close_fd(fd);
		return r;
	}
	if (is_mine(st.st_uid) && is_safe_directory(&st))
		return fd;
	(void)snprintf(problem, CONF_PROBLEM_MAX,
		       is_mine(st.st_uid) ? "sign.key: %s: others could exchange the key in it; run: chmod go-w %s"
					  : "sign.key: %s: belongs to another account, which could exchange the key; run: chown root %s",
		       directory, directory);
	(void)close_fd(fd);
	return -EPERM;
}

static int check_file(const char *path, const struct stat *st, char *problem)
{
	if (!S_ISREG(st->st_mode)) {
		(void)snprintf(problem, CONF_PROBLEM_MAX, "sign.key: %s: is no file", path);
		return -EINVAL;
	}
	if (!is_mine(st->st_uid)) {
		(void)snprintf(problem, CONF_PROBLEM_MAX, "sign.key: %s: belongs to another account; run: chown root %s", path, path);
		return -EPERM;
	}
	if ((st->st_mode & (S_IRWXO | S_IWGRP | S_IXGRP)) != 0 || ((st->st_mode & S_IRGRP) != 0 && !is_my_group(st->st_gid))) {
		bool group = (st->st_mode & S_IRGRP) != 0 && is_my_group(st->st_gid) && geteuid() != st->st_uid;

		(void)snprintf(problem, CONF_PROBLEM_MAX, "sign.key: %s: others can read or write this private key; run: chmod %s %s", path,
			       group ? "0640" : "0600", path);
		return -EPERM;
	}
	return 0;
}

static int open_file(const char *path, char *problem)
{
	_cleanup_(close_fdp) int directory = open_directory(path, problem);
	struct stat st;
	int fd, r;

	if (directory < 0)
		return directory;
	/* O_NONBLOCK: a FIFO would hold up the start */
	fd = openat(directory, strrchr(path, '/') + 1, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return open_problem(path, errno, problem);
	r = fstat(fd, &st) < 0 ? open_problem(path, errno, problem) : check_file(path, &st, problem);
	if (r < 0) {
		(void)close_fd(fd);
		return r;
	}
	return fd;
}

static int read_key(const char *path, int fd, struct dkim_sign_key **ret_key, char *problem)
{
	char pem[DKIM_SIGN_FILE_MAX + 1];
	ssize_t n = pread(fd, pem, sizeof(pem), 0);
	const char *what;
	int r;

	if (n < 0)
		return open_problem(path, errno, problem);
	r = dkim_sign_key_read((struct str){ pem, (size_t)n }, ret_key, &what);
	if (r < 0)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "sign.key: %s: %s", path, what);
	explicit_bzero(pem, sizeof(pem));
	return r;
}

int sign_key_file_load(const char *path, struct dkim_sign_key **ret_key, char problem[CONF_PROBLEM_MAX])
{
	_cleanup_(close_fdp) int fd = open_file(path, problem);

	return fd < 0 ? fd : read_key(path, fd, ret_key, problem);
}

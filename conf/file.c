/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/internal.h"

static int problem_set(char problem[CONF_PROBLEM_MAX], const char *format, ...) __attribute__((format(printf, 2, 3)));

static int problem_set(char problem[CONF_PROBLEM_MAX], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(problem, CONF_PROBLEM_MAX, format, args);
	va_end(args);
	return -EINVAL;
}

/* Who may write the file decides what the gate lets through (threats OS-02). */
static int trust_check(const struct stat *st, const char *path, enum file_trust trust, char problem[CONF_PROBLEM_MAX])
{
	if ((st->st_mode & S_IWOTH) != 0)
		return problem_set(problem, "everybody may write this file; run: chmod o-w %s", path);
	if (trust == FILE_IS_LIST)
		return 0;
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return problem_set(problem, "this file belongs to another user; run: chown root %s", path);
	if ((st->st_mode & S_IWGRP) != 0 && st->st_gid != 0 && st->st_gid != getegid())
		return problem_set(problem, "another group may write this file; run: chmod g-w %s", path);
	return 0;
}

/* One byte more than the size is asked for: a file that grows meanwhile must not be read in part. */
static int content_read(int fd, char *text, size_t size, size_t *ret_len)
{
	size_t len = 0;

	while (len <= size) {
		ssize_t n = read(fd, text + len, size + 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0) {
			text[len] = '\0';
			*ret_len = len;
			return 0;
		}
		len += (size_t)n;
	}
	return -EAGAIN;
}

static int opened_read(struct conf *conf, int fd, const char *path, enum file_trust trust, size_t max, char **ret_text,
		       size_t *ret_len, char problem[CONF_PROBLEM_MAX])
{
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return problem_set(problem, "cannot be looked at: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return problem_set(problem, "%s is no regular file", path);
	if (st.st_size < 0 || (uintmax_t)st.st_size > max)
		return problem_set(problem, "%s is larger than %zu KiB", path, max / 1024);
	r = trust_check(&st, path, trust, problem);
	if (r < 0)
		return r;
	*ret_text = conf_keep(conf, (size_t)st.st_size + 2);
	r = content_read(fd, *ret_text, (size_t)st.st_size, ret_len);
	if (r == -EAGAIN)
		return problem_set(problem, "%s was written to while it was read", path);
	return r < 0 ? problem_set(problem, "cannot be read: %s", strerror(-r)) : 0;
}

int file_read(struct conf *conf, const char *path, enum file_trust trust, size_t max, char **ret_text,
	      size_t *ret_len, char problem[CONF_PROBLEM_MAX])
{
	/* a FIFO without a writer must not hold the start */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int r;

	if (fd < 0)
		return problem_set(problem, "cannot open %.180s: %s", path, strerror(errno));
	r = opened_read(conf, fd, path, trust, max, ret_text, ret_len, problem);
	(void)close(fd);
	return r;
}

const char *file_path(struct conf *conf, const char *path, size_t len)
{
	if (len > 0 && path[0] == '/')
		return conf_keep_text(conf, path, len);
	return conf_keep_printf(conf, "%s/%.*s", conf->dir, (int)(len > INT16_MAX ? INT16_MAX : len), path);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/release_send.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf/option.h"
#include "milter/base/cleanup.h"
#include "milter/release.h"

enum { PIECE = 1 << 16, EXIT_NOT_RUN = 127 };

/* In brackets: then nothing in an address is taken for a list, a comment or an option. */
static const char **make_arguments(struct arena *arena, const char *sendmail, const struct quarantine_item *item,
				   const char *const *recipients, size_t recipients_len)
{
	const char **argv = arena_array(arena, recipients_len + 6, sizeof(*argv));
	size_t len = 0;

	argv[len++] = sendmail;
	argv[len++] = "-i";
	argv[len++] = "-f";
	argv[len++] = item->mailfrom[0] == '\0' ? "<>" : item->mailfrom;
	argv[len++] = "--";
	for (size_t i = 0; i < recipients_len; i++)
		argv[len++] = arena_printf(arena, "<%s>", recipients[i]);
	return argv;
}

/* The files were looked at with the ids of the filter; sendmail is to see who really called. */
_Noreturn static void become(const char *const *argv, int in)
{
	static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL };

	(void)signal(SIGPIPE, SIG_DFL);
	if (seteuid(getuid()) == 0 && setegid(getgid()) == 0 && dup2(in, STDIN_FILENO) >= 0)
		(void)execve(argv[0], (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)environment);
	_exit(EXIT_NOT_RUN);
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A CR waits for what follows it, also from one piece to the next; any that stands alone stays. */
static size_t without_crlf(char *out, const char *bytes, size_t len, bool *waiting)
{
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		if (*waiting && bytes[i] != '\n')
			out[used++] = '\r';
		*waiting = bytes[i] == '\r';
		if (!*waiting)
			out[used++] = bytes[i];
	}
	return used;
}

static int copy_message(int from, int to)
{
	char bytes[PIECE], out[PIECE + 1];
	bool waiting = false;
	int r = 0;

	while (r == 0) {
		ssize_t n = read(from, bytes, sizeof(bytes));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return waiting ? write_all(to, "\r", 1) : 0;
		r = write_all(to, out, without_crlf(out, bytes, (size_t)n, &waiting));
	}
	return r;
}

static int hand_over(int to, const char *mark, int from)
{
	char field[sizeof(RELEASE_FIELD) + QUARANTINE_MARK_SIZE + 4];
	int len = snprintf(field, sizeof(field), RELEASE_FIELD ": %s\n", mark), r = write_all(to, field, (size_t)len);

	return r < 0 ? r : copy_message(from, to);
}

static int wait_for(pid_t pid, const char *sendmail, char *problem)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_RUN)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "%.150s cannot be run", sendmail);
	else if (WIFEXITED(status))
		(void)snprintf(problem, CONF_PROBLEM_MAX, "%.150s ended with %d", sendmail, WEXITSTATUS(status));
	else
		(void)snprintf(problem, CONF_PROBLEM_MAX, "%.150s died of signal %d", sendmail, WTERMSIG(status));
	return -EIO;
}

/* A message of which only a part was handed over must not be sent: sendmail is killed before it sees an end. */
static int feed(pid_t pid, int *to, const char *mark, int from, const char *sendmail, char *problem)
{
	int r = hand_over(*to, mark, from), ended;

	if (r < 0 && r != -EPIPE)
		(void)kill(pid, SIGKILL);
	*to = close_fd(*to);
	ended = wait_for(pid, sendmail, problem);
	if (r < 0 && r != -EPIPE)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "the message cannot be read: %s", strerror(-r));
	else if (r < 0 && ended == 0)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "%.150s did not read all of it", sendmail);
	return r < 0 ? r : ended;
}

int release_send(const char *sendmail, const struct quarantine_item *item, const char *const *recipients, size_t recipients_len,
		 const char *mark, int fd, char *problem)
{
	struct arena *arena = arena_new();
	const char **argv = make_arguments(arena, sendmail, item, recipients, recipients_len);
	_cleanup_(close_fdp) int out = -1;
	int pipes[2], r = pipe2(pipes, O_CLOEXEC) < 0 ? -errno : 0;
	pid_t pid = -1;

	problem[0] = '\0';
	if (r == 0) {
		out = pipes[1];
		(void)signal(SIGPIPE, SIG_IGN);
		pid = fork();
		if (pid == 0)
			become(argv, pipes[0]);
		(void)close_fd(pipes[0]);
		r = pid < 0 ? -errno : feed(pid, &out, mark, fd, sendmail, problem);
	}
	if (r < 0 && problem[0] == '\0')
		(void)snprintf(problem, CONF_PROBLEM_MAX, "%s", strerror(-r));
	arena_free(arena);
	return r;
}

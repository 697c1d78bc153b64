/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/doctor_output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"

enum { OUTPUT_MAX = 1 << 20, OUTPUT_MS = 20000, EXIT_NOT_FOUND = 127 };

struct stream {
	int fd;
	char *text;
	size_t len;
};

static void become(const char *const *argv, int out, int err)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const char *path = getenv("PATH");
	char dirs[4096];

	(void)snprintf(dirs, sizeof(dirs), "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin%s%s", path == NULL ? "" : ":", path == NULL ? "" : path);
	(void)setenv("PATH", dirs, 1);
	(void)setenv("LC_ALL", "C", 1);
	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0)
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(EXIT_NOT_FOUND);
}

/* Returns the process, or a negative errno. */
static pid_t start(const char *const *argv, struct stream streams[2])
{
	int out[2], err[2];
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(err, O_CLOEXEC) < 0) {
		(void)close_fd(out[0]), (void)close_fd(out[1]);
		return -errno;
	}
	pid = fork();
	if (pid == 0)
		become(argv, out[1], err[1]);
	(void)close_fd(out[1]), (void)close_fd(err[1]);
	streams[0].fd = out[0];
	streams[1].fd = err[0];
	return pid < 0 ? -errno : pid;
}

/* Returns 0 or a negative errno. */
static int take(struct stream *stream)
{
	ssize_t len = read(stream->fd, stream->text + stream->len, OUTPUT_MAX - stream->len);

	if (len < 0)
		return errno == EINTR ? 0 : -errno;
	stream->len += (size_t)len;
	if (stream->len == OUTPUT_MAX)
		return -EFBIG;
	if (len == 0)
		stream->fd = close_fd(stream->fd);
	return 0;
}

static int listen_to(struct stream streams[2], uint64_t deadline_ms)
{
	int r = 0;

	while (r == 0 && (streams[0].fd >= 0 || streams[1].fd >= 0)) {
		struct pollfd fds[2] = { { .fd = streams[0].fd, .events = POLLIN }, { .fd = streams[1].fd, .events = POLLIN } };
		int ready = poll(fds, 2, clock_left_ms(deadline_ms));

		if (ready == 0)
			r = -ETIMEDOUT;
		for (int i = 0; r == 0 && ready > 0 && i < 2; i++)
			if (fds[i].revents != 0)
				r = take(&streams[i]);
	}
	return r;
}

static int wait_for(pid_t pid, uint64_t deadline_ms, int *ret_status)
{
	int r = 0;

	/* its pipes are closed: it is about to end */
	while (waitpid(pid, ret_status, WNOHANG) == 0) {
		if (clock_left_ms(deadline_ms) == 0 && r == 0) {
			r = -ETIMEDOUT;
			(void)kill(pid, SIGKILL);
		}
		(void)poll(NULL, 0, 5);
	}
	return r;
}

static const char *why(struct arena *arena, const char *const *argv, int r, int status)
{
	if (r < 0)
		return arena_printf(arena, "%s: %s", argv[0], r == -ETIMEDOUT ? "no answer in 20 s" : strerror(-r));
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_FOUND)
		return arena_printf(arena, "%s could not be started", argv[0]);
	return arena_printf(arena, "%s failed", argv[0]);
}

static const char *first_line(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strcspn(text, "\n"));
}

static const char *hand_over(struct arena *arena, struct stream *stream)
{
	const char *text = arena_strndup(arena, stream->text, stream->len);

	free(stream->text);
	return text;
}

int doctor_output(struct arena *arena, const char *const *argv, const char **ret_out, const char **ret_err, const char **ret_problem)
{
	uint64_t deadline_ms = clock_monotonic_ms() + OUTPUT_MS;
	struct stream streams[2] = { { -1, xcalloc(1, OUTPUT_MAX), 0 }, { -1, xcalloc(1, OUTPUT_MAX), 0 } };
	int status = 0, r, waited;
	pid_t pid = start(argv, streams);

	r = pid < 0 ? (int)pid : listen_to(streams, deadline_ms);
	if (r < 0 && pid > 0)
		(void)kill(pid, SIGKILL);
	waited = pid > 0 ? wait_for(pid, deadline_ms, &status) : 0;
	r = r < 0 ? r : waited;
	(void)close_fd(streams[0].fd), (void)close_fd(streams[1].fd);
	*ret_out = hand_over(arena, &streams[0]);
	*ret_err = hand_over(arena, &streams[1]);
	if (r == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	*ret_problem = why(arena, argv, r, status);
	if (r == 0 && streams[1].len > 0)
		*ret_problem = arena_printf(arena, "%s: %s", *ret_problem, first_line(arena, *ret_err));
	return r < 0 ? r : -EIO;
}

const char *doctor_file(struct arena *arena, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stream stream = { fd, NULL, 0 };
	const char *text = NULL;
	struct stat st;
	int r = 0;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		(void)close_fd(fd);
		errno = EINVAL;
		return NULL;
	}
	stream.text = xcalloc(1, OUTPUT_MAX);
	while (r == 0 && stream.fd >= 0)
		r = take(&stream);
	(void)close_fd(stream.fd);
	if (r == 0 && memchr(stream.text, '\0', stream.len) == NULL)
		text = arena_strndup(arena, stream.text, stream.len);
	free(stream.text);
	errno = r == 0 ? EINVAL : -r;
	return text;
}

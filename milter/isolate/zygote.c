/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/isolate/zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/base/log.h"
#include "milter/base/proctitle.h"
#include "milter/isolate/examiner.h"
#include "milter/isolate/hugepages.h"
#include "milter/isolate/scratch.h"

enum {
	CONTROL_FD = 3,
	CHANNELS_MAX = 256,		/* a filter, and those that drain */
	SEND_MS = 1000,			/* a filter that does not read for so long has lost its channel */
	PROBE_MS = 60 * 1000,
	LEAVE_MS = 10 * 1000,
	WHY_MAX = JOB_STATUS_MAX + 64,
};

struct zygote {
	const struct zygote_settings *settings;
	int children;			/* signalfd of SIGCHLD */
	int channels[CHANNELS_MAX];
	size_t channels_len;
	void *shared[JOB_KINDS_MAX];
	char status[JOB_KINDS_MAX * (JOB_STATUS_MAX + 2)];
	char layers[JOB_STATUS_MAX];	/* of the sandbox, as the probe has them */
	struct frame frame;
};

/* One zygote is one process. */
static struct zygote zygote;

_Noreturn static void fail(const char *why)
{
	frame_start(&zygote.frame, ZYGOTE_FAILED);
	frame_put_str(&zygote.frame, str_of(why));
	(void)frame_send(CONTROL_FD, &zygote.frame, NULL, 0, clock_monotonic_ms() + SEND_MS);
	(void)rmdir(zygote.settings->scratch);
	_exit(1);
}

_Noreturn static void fail_with(const char *what, int error)
{
	char why[WHY_MAX];

	(void)snprintf(why, sizeof(why), "%s: %s", what, strerror(-error));
	fail(why);
}

static int keep_only(int control)
{
	(void)log_open(LOG_TO_STDERR, LOG_MAIL);	/* forgets the descriptor of syslog */
	if (control != CONTROL_FD && dup2(control, CONTROL_FD) < 0)
		return -errno;
	if (fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	return close_range(CONTROL_FD + 1, ~0U, 0) < 0 ? -errno : 0;
}

static int open_signals(void)
{
	static const int ignored[] = { SIGPIPE, SIGHUP, SIGINT, SIGTERM };
	sigset_t children;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigemptyset(&children);
	(void)sigaddset(&children, SIGCHLD);
	if (sigprocmask(SIG_SETMASK, &children, NULL) < 0)
		return -errno;
	zygote.children = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
	return zygote.children < 0 ? -errno : 0;
}

static void add_status(const char *status)
{
	size_t len = strlen(zygote.status);

	if (status[0] != '\0')
		(void)snprintf(zygote.status + len, sizeof(zygote.status) - len, "%s%s", len == 0 ? "" : "; ", status);
}

static void prepare_jobs(void)
{
	char why[WHY_MAX];

	for (size_t i = 0; job_kinds[i] != NULL; i++) {
		const struct job_kind *kind = job_kinds[i];
		char status[JOB_STATUS_MAX] = "";
		int r;

		if (i >= JOB_KINDS_MAX)
			fail("too many kinds of jobs");
		r = kind->prepare == NULL ? 0 : kind->prepare(zygote.settings->conf, &zygote.shared[i], status);
		status[JOB_STATUS_MAX - 1] = '\0';
		if (r < 0) {
			(void)snprintf(why, sizeof(why), "%s: %s", kind->name, status[0] == '\0' ? strerror(-r) : status);
			fail(why);
		}
		add_status(status);
	}
}

_Noreturn static void become_examiner(int socket)
{
	const struct examiner_settings settings = {
		.shared = zygote.shared,
		.scratch = zygote.settings->scratch,
		.scratch_bytes = zygote.settings->scratch_bytes,
		.memory_bytes = zygote.settings->memory_bytes,
	};

	examiner_run(socket, &settings);
}

/* Returns the pid with our end of its socket and its pidfd, or a negative errno. The child is not reaped before its pidfd is
 * open, so the number is still its own. */
static pid_t fork_examiner(int *ret_socket, int *ret_pidfd)
{
	int sockets[2];
	pid_t pid;
	int r = frame_socketpair(sockets);

	if (r < 0)
		return r;
	pid = fork();
	if (pid == 0)
		become_examiner(sockets[1]);
	r = -errno;
	(void)close_fd(sockets[1]);
	if (pid > 0) {
		*ret_pidfd = pidfd_open(pid, 0);
		if (*ret_pidfd >= 0) {
			*ret_socket = sockets[0];
			return pid;
		}
		r = -errno;
	}
	(void)close_fd(sockets[0]);	/* a child sees the end of its socket and leaves */
	return r;
}

static void reap(void)
{
	struct signalfd_siginfo info;
	pid_t pid;

	while (read(zygote.children, &info, sizeof(info)) > 0)
		;
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		scratch_remove(zygote.settings->scratch, pid);
}

/* The first examiner only shows that one can be set up, and with which layers. */
static void probe(void)
{
	int socket = -1, pidfd = -1, r;
	char why[WHY_MAX];
	struct str text;
	pid_t pid = fork_examiner(&socket, &pidfd);

	if (pid < 0)
		fail_with("cannot fork an examiner", pid);
	r = frame_receive(socket, &zygote.frame, NULL, 0, clock_monotonic_ms() + PROBE_MS);
	if (r < 0)
		fail_with("the first examiner did not start", r);
	text = frame_get_str(&zygote.frame);
	(void)snprintf(zygote.layers, sizeof(zygote.layers), "%.*s", (int)text.len, text.p);
	if (zygote.frame.kind != EXAMINER_READY) {
		(void)snprintf(why, sizeof(why), "the first examiner did not start: %s", zygote.layers);
		fail(why);
	}
	(void)close_fd(socket);
	(void)close_fd(pidfd);
}

static void report_ready(void)
{
	frame_start(&zygote.frame, ZYGOTE_READY);
	frame_put_str(&zygote.frame, str_of(zygote.status));
	frame_put_str(&zygote.frame, str_of(zygote.layers));
	if (frame_send(CONTROL_FD, &zygote.frame, NULL, 0, UINT64_MAX) < 0)
		_exit(1);
}

/* Returns false when the supervisor is gone. */
static bool on_control(void)
{
	int channel = -1;
	int r = frame_receive(CONTROL_FD, &zygote.frame, &channel, 1, UINT64_MAX);

	if (r == 0 && zygote.frame.kind == ZYGOTE_CHANNEL && channel >= 0 && zygote.channels_len < CHANNELS_MAX) {
		zygote.channels[zygote.channels_len++] = channel;
		return true;
	}
	(void)close_fd(channel);
	return r == 0 || r == -EBADMSG;
}

static int send_number(int channel, enum channel_frame kind, int number, const int *fds, size_t fds_len)
{
	frame_start(&zygote.frame, kind);
	frame_put_u64(&zygote.frame, (uint64_t)number);
	return frame_send(channel, &zygote.frame, fds, fds_len, clock_monotonic_ms() + SEND_MS);
}

static int answer_fork(int channel)
{
	int fds[2] = { -1, -1 };
	pid_t pid = fork_examiner(&fds[0], &fds[1]);
	int r = pid;

	if (pid > 0)
		r = send_number(channel, CHANNEL_EXAMINER, pid, fds, 2);
	(void)close_fd(fds[0]);
	(void)close_fd(fds[1]);
	if (r < 0 && r != -EPIPE && r != -ETIMEDOUT)	/* short of something: the filter may try again */
		r = send_number(channel, CHANNEL_REFUSED, -r, NULL, 0);
	return r;
}

/* Returns false when the filter is gone. */
static bool on_channel(int channel)
{
	int r = frame_receive(channel, &zygote.frame, NULL, 0, UINT64_MAX);

	if (r == 0 && zygote.frame.kind == CHANNEL_FORK)
		r = answer_fork(channel);
	return r == 0;
}

static size_t fill_pollfds(struct pollfd *pollfds)
{
	pollfds[0] = (struct pollfd){ .fd = CONTROL_FD, .events = POLLIN };
	pollfds[1] = (struct pollfd){ .fd = zygote.children, .events = POLLIN };
	for (size_t i = 0; i < zygote.channels_len; i++)
		pollfds[2 + i] = (struct pollfd){ .fd = zygote.channels[i], .events = POLLIN };
	return 2 + zygote.channels_len;
}

/* From the last to the first: one that goes leaves its place to one that was already looked at. */
static void serve_channels(const struct pollfd *pollfds, size_t len)
{
	for (size_t i = len; i-- > 2;) {
		if (pollfds[i].revents == 0 || on_channel(pollfds[i].fd))
			continue;
		(void)close_fd(pollfds[i].fd);
		zygote.channels[i - 2] = zygote.channels[--zygote.channels_len];
	}
}

static void serve(void)
{
	struct pollfd pollfds[2 + CHANNELS_MAX];

	for (;;) {
		size_t len = fill_pollfds(pollfds);

		if (poll(pollfds, (nfds_t)len, -1) < 0) {
			if (errno == EINTR)
				continue;
			return;
		}
		if (pollfds[1].revents != 0)
			reap();
		serve_channels(pollfds, len);
		if (pollfds[0].revents != 0 && !on_control())
			return;
	}
}

static bool has_children(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* Where examiners have no mount namespace their directories are still there: they go with them, if they go soon. The next
 * zygote finds the others. */
static void leave(void)
{
	uint64_t deadline_ms = clock_monotonic_ms() + LEAVE_MS;
	struct pollfd children = { .fd = zygote.children, .events = POLLIN };

	while (zygote.channels_len > 0)
		(void)close_fd(zygote.channels[--zygote.channels_len]);
	for (;;) {
		reap();
		if (rmdir(zygote.settings->scratch) == 0 || errno == ENOENT || !has_children())
			return;
		if (poll(&children, 1, clock_left_ms(deadline_ms)) == 0)
			return;
	}
}

void zygote_run(int control, const struct zygote_settings *settings)
{
	int r = keep_only(control);

	zygote.settings = settings;
	(void)prctl(PR_SET_NAME, "octroi-zygote", 0, 0, 0);
	proctitle_set("octroi: zygote (loading)");
	if (r == 0)
		r = open_signals();
	if (r < 0)
		fail_with("descriptors", r);
	r = scratch_open_base(settings->scratch);
	if (r < 0)
		fail_with(settings->scratch, r);
	r = sandbox_prepare();
	if (r < 0)
		fail_with("seccomp", r);
	prepare_jobs();
	(void)hugepages_collapse();	/* where the system has none, small ones do */
	probe();
	report_ready();
	proctitle_set("octroi: zygote (serving)");
	serve();
	leave();
	_exit(0);	/* what was loaded is not worth the time to free it */
}

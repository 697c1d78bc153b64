/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/isolate/examiner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/base/log.h"
#include "milter/base/proctitle.h"
#include "milter/isolate/sandbox.h"
#include "milter/isolate/sanitizer.h"
#include "milter/isolate/scratch.h"

enum {
	SOCKET_FD = 3,
	FDS_MAX = 256,			/* as many as the sandbox allows */
	JOB_SECONDS_MAX = 600,		/* the pool kills at its deadline; this is for one whose filter has died meanwhile */
};

/* One process, one job at a time: these need no stack. */
static struct frame question, answer;
static unsigned asked;		/* by this job */

/* The examiner must be what the kernel ends when memory is short, not the filter. */
static void volunteer_for_oom(void)
{
	_cleanup_(close_fdp) int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	static const char score[] = "800\n";

	if (fd >= 0 && write(fd, score, sizeof(score) - 1) < 0)
		errno = 0;	/* a system that forbids it */
}

/* An examiner's life ends with its socket or by SIGKILL: a signal for the whole service does not concern it. */
static void reset_signals(void)
{
	static const int ignored[] = { SIGPIPE, SIGHUP, SIGINT, SIGTERM, SIGXFSZ };
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL);	/* SIGKILL and SIGSTOP refuse */
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The socket becomes descriptor 3, standard input, output and error lead nowhere, and there is no other. Standard error
 * stays open when stderr_stays: for a sanitizer's report. */
static int keep_only(int socket, bool stderr_stays)
{
	int null;

	(void)log_open(LOG_TO_STDERR, LOG_MAIL);	/* forgets the descriptor of syslog */
	if (socket != SOCKET_FD && dup2(socket, SOCKET_FD) < 0)
		return -errno;
	if (fcntl(SOCKET_FD, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return -errno;
	for (int fd = 0; fd < (stderr_stays ? 2 : 3); fd++) {
		if (dup2(null, fd) < 0)
			return -errno;
	}
	return close_range(SOCKET_FD + 1, ~0U, 0) < 0 ? -errno : 0;
}

/* Forked processes share the state of rand() and random(), and with it the names of their temporary files. */
static int seed_random(void)
{
	unsigned seeds[2];

	if (getrandom(seeds, sizeof(seeds), 0) != (ssize_t)sizeof(seeds))
		return -EIO;
	srand(seeds[0]);
	srandom(seeds[1]);
	return 0;
}

static int make_scratch(const struct examiner_settings *settings, struct sandbox *sandbox)
{
	int r = scratch_path(settings->scratch, getpid(), sandbox->scratch, sizeof(sandbox->scratch));

	sandbox->scratch_bytes = settings->scratch_bytes;
	sandbox->memory_bytes = settings->memory_bytes;
	return r < 0 ? r : scratch_make(settings->scratch, sandbox->scratch);
}

static int warm_up(void *const *shared, const char *scratch)
{
	for (size_t i = 0; job_kinds[i] != NULL; i++) {
		int r = job_kinds[i]->warm == NULL ? 0 : job_kinds[i]->warm(shared[i], scratch);

		if (r < 0)
			return r;
	}
	return 0;
}

struct step {
	const char *what;
	int result;
};

/* Everything before the first hostile byte. Returns what failed. */
static struct step set_up(const struct examiner_settings *settings, struct sandbox *sandbox)
{
	int r;

	(void)prctl(PR_SET_NAME, "octroi-examine", 0, 0, 0);
	proctitle_set("octroi: examiner");
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);	/* else /proc/self is root's after a change of user */
	volunteer_for_oom();
	r = seed_random();
	if (r < 0)
		return (struct step){ "random numbers", r };
	r = make_scratch(settings, sandbox);
	if (r < 0)
		return (struct step){ "scratch directory", r };
	sandbox_enter_namespaces(sandbox);
	r = warm_up(settings->shared, sandbox->scratch);
	if (r < 0)
		return (struct step){ "warming up", r };
	return (struct step){ "sandbox", sandbox_close(sandbox) };
}

static int report(const struct step *step, const struct sandbox *sandbox)
{
	char text[JOB_STATUS_MAX];

	if (step->result < 0)
		(void)snprintf(text, sizeof(text), "%s: %s", step->what, strerror(-step->result));
	else
		sandbox_describe(sandbox, text, sizeof(text));
	frame_start(&answer, step->result < 0 ? EXAMINER_UNFIT : EXAMINER_READY);
	frame_put_str(&answer, str_of(text));
	return frame_send(SOCKET_FD, &answer, NULL, 0, UINT64_MAX);
}

/* The filter keeps time and ends this process when there is none left. */
int examiner_ask(const struct frame *asking, struct frame *ret_answer)
{
	uint64_t error;
	int r;

	if (asked == EXAMINER_ASKS_MAX)
		return -E2BIG;
	asked++;
	r = frame_send_as(SOCKET_FD, EXAMINER_ASK, asking, NULL, 0, UINT64_MAX);
	if (r == 0)
		r = frame_receive(SOCKET_FD, ret_answer, NULL, 0, UINT64_MAX);
	if (r < 0 || ret_answer->kind == EXAMINER_TOLD)
		return r;
	error = frame_get_u64(ret_answer);
	return frame_done(ret_answer) && error > 0 && error <= 4095 ? -(int)error : -EBADMSG;
}

static int run_job(void *const *shared, int message_fd)
{
	uint32_t kind = question.kind;

	asked = 0;
	for (uint32_t i = 0; i < JOB_KINDS_MAX && job_kinds[i] != NULL; i++) {
		if (i != kind)
			continue;
		if (message_fd >= 0 && lseek(message_fd, 0, SEEK_SET) < 0)
			return -errno;
		frame_start(&answer, kind);
		return job_kinds[i]->run(shared[i], &question, message_fd, &answer);
	}
	return -ENOSYS;
}

/* A library that forgets a descriptor or a file harms this job only. */
static void tidy_up(const struct sandbox *sandbox, unsigned first_free_fd)
{
	(void)close_range(first_free_fd, ~0U, 0);
	(void)scratch_empty(sandbox->scratch);
}

static int send_answer(int result, uint32_t kind)
{
	if (result == 0 && answer.bad)
		result = -EMSGSIZE;
	if (result < 0) {
		frame_start(&answer, EXAMINER_FAILED);
		frame_put_u64(&answer, (uint64_t)-result);
	} else {
		answer.kind = kind;
	}
	return frame_send(SOCKET_FD, &answer, NULL, 0, UINT64_MAX);
}

/* One above the highest descriptor that is open. */
static unsigned first_free(void)
{
	int fd = FDS_MAX;

	while (fd > SOCKET_FD && fcntl(fd - 1, F_GETFD) < 0)
		fd--;
	return (unsigned)fd;
}

static void serve(const struct examiner_settings *settings, const struct sandbox *sandbox)
{
	unsigned first_free_fd = first_free();
	int message_fd;

	while (frame_receive(SOCKET_FD, &question, &message_fd, 1, UINT64_MAX) == 0) {
		uint32_t kind = question.kind;
		int r;

		(void)alarm(JOB_SECONDS_MAX);
		r = run_job(settings->shared, message_fd);
		(void)alarm(0);
		(void)close_fd(message_fd);
		tidy_up(sandbox, first_free_fd);
		if (send_answer(r, kind) < 0)
			return;
	}
}

void examiner_run(int socket, const struct examiner_settings *settings)
{
	struct sandbox sandbox = { 0 };
	struct step step;

	reset_signals();
	step = (struct step){ "descriptors", keep_only(socket, under_sanitizer) };
	if (step.result == 0)
		step = set_up(settings, &sandbox);
	if (report(&step, &sandbox) == 0 && step.result == 0)
		serve(settings, &sandbox);
	_exit(step.result == 0 ? 0 : 1);	/* what the zygote loaded is not ours to free */
}

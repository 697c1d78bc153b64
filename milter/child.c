/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "milter/isolate/frame.h"
#include "milter/base/proctitle.h"

static const char *const names[] = { [CHILD_FILTER] = "filter", [CHILD_ZYGOTE] = "zygote" };
static const char *const comms[] = { [CHILD_FILTER] = "octroi-filter", [CHILD_ZYGOTE] = "octroi-zygote" };
static const char *const titles[] = { [CHILD_FILTER] = "octroi: filter", [CHILD_ZYGOTE] = "octroi: zygote" };

/* A filter that kept the zygote's control open would keep the zygote alive. */
static void forget_siblings(const struct child *list)
{
	for (const struct child *child = list; child != NULL; child = child->next) {
		(void)close_fd(child->pidfd);
		(void)close_fd(child->control);
	}
}

_Noreturn static void become(const struct child *siblings, enum child_kind kind, void (*run)(int control, void *arg),
			     int control, void *arg)
{
	forget_siblings(siblings);
	(void)prctl(PR_SET_NAME, comms[kind], 0, 0, 0);
	proctitle_set(titles[kind]);
	run(control, arg);
	_exit(EXIT_FAILURE);
}

struct child *child_start(struct child **list, enum child_kind kind, void (*run)(int control, void *arg), void *arg)
{
	struct child *child;
	int sockets[2], r = frame_socketpair(sockets), pidfd = -1;
	pid_t pid = r < 0 ? -1 : fork();

	if (pid == 0) {
		(void)close_fd(sockets[0]);
		become(*list, kind, run, sockets[1], arg);
	}
	if (r < 0) {
		errno = -r;
		return NULL;
	}
	(void)close_fd(sockets[1]);
	if (pid > 0)
		pidfd = pidfd_open(pid, 0);
	if (pidfd < 0) {
		/* Without its pidfd it could not be watched. It is our child and not yet reaped: the number is its own. */
		if (pid > 0 && kill(pid, SIGKILL) == 0)
			(void)waitpid(pid, NULL, 0);
		(void)close_fd(sockets[0]);
		return NULL;
	}
	child = xcalloc(1, sizeof(*child));
	*child = (struct child){ .next = *list, .kind = kind, .state = CHILD_STARTING, .pid = pid, .pidfd = pidfd,
				 .control = sockets[0], .kill_at_ms = UINT64_MAX };
	*list = child;
	return child;
}

const char *child_name(const struct child *child, char text[CHILD_TEXT_MAX])
{
	(void)snprintf(text, CHILD_TEXT_MAX, "%s %ld", names[child->kind], (long)child->pid);
	return text;
}

void child_kill(const struct child *child)
{
	(void)pidfd_send_signal(child->pidfd, SIGKILL, NULL, 0);
}

bool child_reap(const struct child *child, char text[CHILD_TEXT_MAX], bool *ret_clean)
{
	siginfo_t info = { 0 };
	const char *name;

	*ret_clean = false;
	if (waitid(P_PIDFD, (id_t)child->pidfd, &info, WEXITED | WNOHANG) < 0) {
		(void)snprintf(text, CHILD_TEXT_MAX, "is gone (%s)", strerror(errno));
		return errno != EINTR;
	}
	if (info.si_pid == 0)
		return false;
	if (info.si_code == CLD_EXITED) {
		(void)snprintf(text, CHILD_TEXT_MAX, "ended with status %d", info.si_status);
		*ret_clean = info.si_status == 0;
		return true;
	}
	name = sigabbrev_np(info.si_status);
	(void)snprintf(text, CHILD_TEXT_MAX, "was killed by SIG%s", name == NULL ? "?" : name);
	return true;
}

void child_detach(struct child **list, const struct child *child)
{
	while (*list != child)
		list = &(*list)->next;
	*list = child->next;
}

void child_free(struct child *child)
{
	(void)close_fd(child->pidfd);
	(void)close_fd(child->control);
	free(child);
}

struct child *child_find(struct child *list, enum child_kind kind, enum child_state state)
{
	for (; list != NULL; list = list->next)
		if (list->kind == kind && list->state == state)
			return list;
	return NULL;
}

size_t child_count(const struct child *list, enum child_kind kind)
{
	size_t n = 0;

	for (; list != NULL; list = list->next)
		n += list->kind == kind;
	return n;
}

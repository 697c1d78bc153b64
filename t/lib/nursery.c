/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/nursery.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum request { REQUEST_ZYGOTE = 100, REQUEST_RELEASE };

static struct {
	int socket;
	pid_t pid;
	const struct zygote_settings *settings;
	int controls[256];
	size_t controls_len;
	struct frame frame;
} nursery;

static void must(int r, const char *what)
{
	if (r < 0) {
		(void)fprintf(stderr, "nursery: %s failed: %d\n", what, r);
		_exit(99);
	}
}

static pid_t fork_zygote(int *ret_control)
{
	int control[2];
	pid_t pid;

	must(frame_socketpair(control), "socketpair");
	pid = fork();
	must(pid, "fork");
	if (pid == 0)
		zygote_run(control[1], nursery.settings);
	(void)close(control[1]);
	*ret_control = control[0];
	return pid;
}

static int open_channel(int control)
{
	int channel[2];

	must(frame_socketpair(channel), "socketpair");
	frame_start(&nursery.frame, ZYGOTE_CHANNEL);
	must(frame_send(control, &nursery.frame, &channel[1], 1, UINT64_MAX), "handing over a channel");
	(void)close(channel[1]);
	return channel[0];
}

/* Passes on what the zygote says, with its pid at the end. */
static void make_zygote(void)
{
	static struct frame said;
	int control, channel = -1;
	pid_t pid = fork_zygote(&control);

	must(frame_receive(control, &said, NULL, 0, UINT64_MAX), "waiting for the zygote");
	frame_put_u64(&said, (uint64_t)pid);
	if (said.kind == ZYGOTE_READY)
		channel = open_channel(control);
	nursery.controls[nursery.controls_len++ % 256] = control;
	must(frame_send(nursery.socket, &said, &channel, channel < 0 ? 0 : 1, UINT64_MAX), "answering");
	(void)close(channel);
}

static void release(void)
{
	while (nursery.controls_len > 0)
		(void)close(nursery.controls[--nursery.controls_len % 256]);
	frame_start(&nursery.frame, REQUEST_RELEASE);
	must(frame_send(nursery.socket, &nursery.frame, NULL, 0, UINT64_MAX), "answering");
}

_Noreturn static void run(void)
{
	while (frame_receive(nursery.socket, &nursery.frame, NULL, 0, UINT64_MAX) == 0) {
		if (nursery.frame.kind == REQUEST_ZYGOTE)
			make_zygote();
		else
			release();
	}
	_exit(0);
}

void nursery_start(const struct zygote_settings *settings)
{
	int sockets[2];

	nursery.settings = settings;
	must(frame_socketpair(sockets), "socketpair");
	nursery.pid = fork();
	must(nursery.pid, "fork");
	(void)close(sockets[nursery.pid == 0]);
	nursery.socket = sockets[nursery.pid != 0];
	if (nursery.pid == 0) {
		(void)signal(SIGCHLD, SIG_IGN);
		run();
	}
}

void nursery_stop(void)
{
	(void)close(nursery.socket);
	(void)waitpid(nursery.pid, NULL, 0);
}

static void ask(uint32_t kind, int *ret_fd)
{
	frame_start(&nursery.frame, kind);
	must(frame_send(nursery.socket, &nursery.frame, NULL, 0, UINT64_MAX), "asking");
	must(frame_receive(nursery.socket, &nursery.frame, ret_fd, 1, UINT64_MAX), "waiting");
}

struct nursling nursery_zygote(void)
{
	struct nursling nursling = { .channel = -1 };
	struct str text;

	ask(REQUEST_ZYGOTE, &nursling.channel);
	text = frame_get_str(&nursery.frame);
	(void)snprintf(nursling.status, sizeof(nursling.status), "%.*s", (int)text.len, text.p);
	if (nursery.frame.kind == ZYGOTE_READY) {
		text = frame_get_str(&nursery.frame);
		(void)snprintf(nursling.layers, sizeof(nursling.layers), "%.*s", (int)text.len, text.p);
	}
	nursling.pid = (pid_t)frame_get_u64(&nursery.frame);
	return nursling;
}

void nursery_release(void)
{
	int fd;

	ask(REQUEST_RELEASE, &fd);
}

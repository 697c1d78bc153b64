/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/nudge.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "milter/base/cleanup.h"
#include "milter/base/log.h"
#include "milter/callbacks.h"

enum {
	SLOW_CALLBACK_MS = 20,
	BUSY_MS = 10,		/* between two looks while a callback runs */
	IDLE_MS = 20,		/* and while none does: what a burst waits at the most before it is seen */
	NUDGES_MAX = 32,	/* at once */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct endpoint target;

static struct endpoint present_target(void)
{
	struct endpoint copy;

	(void)pthread_mutex_lock(&lock);
	copy = target;
	(void)pthread_mutex_unlock(&lock);
	return copy;
}

static void nudge(void)
{
	static bool warned;
	struct endpoint endpoint = present_target();
	int fd = endpoint_connect(&endpoint);

	/* A full backlog (EAGAIN) means that connections arrive without us. */
	if (fd < 0 && fd != -EAGAIN && !warned) {
		warned = true;
		log_warning("cannot connect to our own socket (%s): sessions may wait for each other", strerror(-fd));
	}
	(void)close_fd(fd);
}

/* A message that has begun to wait since the last look has taken a worker away. Two for each of them: of the sessions that the
 * new workers find, some will wait as well. */
static unsigned nudges_due(void)
{
	static unsigned waited;
	unsigned waiting = callbacks_waiting(), due = 1;

	if (waiting > waited)
		due += 2 * (waiting - waited);
	waited = waiting;
	return due < NUDGES_MAX ? due : NUDGES_MAX;
}

static void *nudge_thread(void *unused)
{
	(void)unused;
	for (;;) {
		unsigned oldest_ms = callbacks_oldest_ms();
		const struct timespec pause = { .tv_nsec = (oldest_ms > 0 ? BUSY_MS : IDLE_MS) * 1000000L };

		for (unsigned due = oldest_ms > SLOW_CALLBACK_MS ? nudges_due() : 0; due > 0; due--)
			nudge();
		(void)nanosleep(&pause, NULL);
	}
	return NULL;
}

void nudge_redirect(const struct endpoint *endpoint)
{
	(void)pthread_mutex_lock(&lock);
	target = *endpoint;
	(void)pthread_mutex_unlock(&lock);
}

int nudge_start(const struct endpoint *endpoint)
{
	pthread_t thread;
	int r;

	nudge_redirect(endpoint);
	r = pthread_create(&thread, NULL, nudge_thread, NULL);
	if (r != 0)
		return -r;
	(void)pthread_detach(thread);
	return 0;
}

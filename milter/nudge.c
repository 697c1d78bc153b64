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
	BUSY_MS = 10,		/* between two nudges */
	IDLE_MS = 25,		/* between two looks: what a burst waits at the most before the first nudge */
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

static void *nudge_thread(void *unused)
{
	(void)unused;
	for (;;) {
		bool slow = callbacks_oldest_ms() > SLOW_CALLBACK_MS;
		const struct timespec pause = { .tv_nsec = (slow ? BUSY_MS : IDLE_MS) * 1000000L };

		if (slow)
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/chores.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "milter/callbacks.h"

enum { PAUSE_SECONDS = 60, FIRST_SECONDS = 2 };

static atomic_bool stopped;

static void pause_for(time_t seconds)
{
	struct timespec left = { .tv_sec = seconds };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

static void *chores_thread(void *engine)
{
	pause_for(FIRST_SECONDS);	/* the first sessions need the processors more */
	while (!atomic_load(&stopped)) {
		engine_chores(engine);
		callbacks_chore();
		pause_for(PAUSE_SECONDS);
	}
	return NULL;
}

int chores_start(struct engine *engine)
{
	pthread_t thread;
	int r = pthread_create(&thread, NULL, chores_thread, engine);

	if (r == 0)
		(void)pthread_detach(thread);
	return -r;
}

void chores_stop(void)
{
	atomic_store(&stopped, true);
}

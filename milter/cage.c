/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/cage.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/isolate/zygote.h"
#include "milter/settings.h"

enum { LOAD_MS = 600000, SEND_MS = 1000, EXAMINERS = 1 };

struct cage {
	struct pool *pool;
	pid_t zygote;
	int control;
	char scratch[64];
};

static void run_zygote(const struct conf *conf, const struct cage *cage, int control)
{
	const struct examiner_settings *examiners = settings_examiners(conf);

	zygote_run(control, &(struct zygote_settings){ .conf = conf, .scratch = cage->scratch,
						       .scratch_bytes = examiners->scratch_bytes,
						       .memory_bytes = examiners->memory_bytes });
}

static int start_zygote(const struct conf *conf, struct cage *cage)
{
	int pair[2];

	(void)strcpy(cage->scratch, "/tmp/octroi-XXXXXX");
	if (mkdtemp(cage->scratch) == NULL) {
		cage->scratch[0] = '\0';
		return -errno;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	cage->zygote = fork();
	if (cage->zygote == 0) {
		(void)close(pair[0]);
		run_zygote(conf, cage, pair[1]);
	}
	(void)close(pair[1]);
	cage->control = pair[0];
	return cage->zygote < 0 ? -errno : 0;
}

static int wait_ready(struct cage *cage, struct frame *frame, char *problem)
{
	struct str text;
	int r = frame_receive(cage->control, frame, NULL, 0, clock_monotonic_ms() + LOAD_MS);

	if (r < 0 || frame->kind == ZYGOTE_READY)
		return r;
	text = frame_get_str(frame);
	(void)snprintf(problem, CONF_PROBLEM_MAX, "%.*s", (int)text.len, text.len == 0 ? "" : text.p);
	return -ENODEV;
}

/* The zygote's end of a channel goes to it, ours to the pool. */
static int connect_pool(struct cage *cage, struct frame *frame)
{
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	frame_start(frame, ZYGOTE_CHANNEL);
	r = frame_send(cage->control, frame, &pair[1], 1, clock_monotonic_ms() + SEND_MS);
	(void)close(pair[1]);
	pool_set_zygote(cage->pool, pair[0]);
	return r;
}

struct cage *cage_start(const struct conf *conf, char problem[CONF_PROBLEM_MAX])
{
	struct cage *cage = xcalloc(1, sizeof(*cage));
	_cleanup_(free_charp) char *frame = xcalloc(1, sizeof(struct frame));
	int r;

	problem[0] = '\0';
	cage->control = -1;
	r = start_zygote(conf, cage);	/* forks: before the pool has threads */
	cage->pool = pool_new(&(struct pool_settings){ .spare = EXAMINERS, .max = EXAMINERS, .jobs_each = 1000 });
	if (r == 0)
		r = wait_ready(cage, (struct frame *)(void *)frame, problem);
	if (r == 0)
		r = connect_pool(cage, (struct frame *)(void *)frame);
	if (r < 0)
		pool_set_zygote(cage->pool, -1);
	if (r < 0 && problem[0] == '\0')
		(void)snprintf(problem, CONF_PROBLEM_MAX, "the examiners cannot be started: %s", strerror(-r));
	return cage;
}

struct pool *cage_pool(struct cage *cage)
{
	return cage->pool;
}

void cage_stop(struct cage *cage)
{
	if (cage == NULL)
		return;
	pool_free(cage->pool);
	(void)close_fd(cage->control);	/* the zygote ends at this, and removes what its examiners left */
	if (cage->zygote > 0)
		(void)waitpid(cage->zygote, NULL, 0);
	if (cage->scratch[0] != '\0')
		(void)rmdir(cage->scratch);
	free(cage);
}

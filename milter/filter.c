/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <libmilter/mfapi.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "milter/base/cleanup.h"
#include "milter/base/log.h"
#include "milter/callbacks.h"
#include "milter/chores.h"
#include "milter/drain.h"
#include "milter/endpoint.h"
#include "milter/engine.h"
#include "milter/events.h"
#include "milter/isolate/frame.h"
#include "milter/isolate/pool.h"
#include "milter/lookup/holds.h"
#include "milter/nudge.h"
#include "milter/record.h"
#include "milter/remember.h"
#include "milter/resolver_open.h"
#include "milter/settings.h"
#include "milter/status.h"

enum {
	MILTER_FD = 3,		/* as in "fd:3" */
	LOOK_MS = 50,		/* between two looks at the sessions that are left */
	REPORT_MS = 1000,
	LAST_MAILS_MS = 1000,		/* for mails to the administrator, at the end */
	TELL_MS = 3600000,		/* between two lines about the resolver */
};

struct filter {
	int control;			/* -1: the supervisor is gone */
	uint64_t drain_ms;		/* when the supervisor is gone */
	struct pool *pool;		/* NULL: nothing needs a cage */
	struct resolver *resolver;
	struct remembered remembered;
	uint64_t told_at_ms;		/* when the line about it is due */
	struct endpoint served;
	bool draining;
	bool put_aside;			/* libmilter has the idle socket */
	bool looked_empty;
	uint64_t drained_by_ms;
};

static void report(const struct filter *filter, uint32_t kind, const char *text)
{
	struct frame frame;

	frame_start(&frame, kind);
	if (text != NULL)
		frame_put_str(&frame, str_of(text));
	(void)frame_send(filter->control, &frame, NULL, 0, clock_monotonic_ms() + REPORT_MS);
}

_Noreturn static void give_up(const struct filter *filter, const char *why)
{
	report(filter, FILTER_FAILED, why);
	_exit(EXIT_FAILURE);
}

static struct pool *open_pool(const struct conf *conf)
{
	const struct examiner_settings *examiners = settings_examiners(conf);

	if (!settings_need_cage(conf))
		return NULL;
	return pool_new(&(struct pool_settings){ .spare = (unsigned)examiners->spare, .max = (unsigned)examiners->max,
						 .jobs_each = (unsigned)examiners->jobs_each });
}

static struct resolver *open_resolver(struct filter *filter, const struct conf *conf)
{
	char problem[CONF_PROBLEM_MAX];

	filter->resolver = resolver_open(conf, problem);
	if (filter->resolver == NULL)
		give_up(filter, problem);
	return filter->resolver;
}

static void tell(const char *text)
{
	log_warning("%s", text);
}

/* Lives as long as the process. */
static struct holds *open_holds(const struct state *state)
{
	struct arena *arena = arena_new();
	const char *path = state_path(arena, state->directory, "holds");
	struct holds *holds = path == NULL ? NULL : holds_open(path, tell);

	arena_free(arena);
	return holds;
}

static struct engine *open_engine(struct filter *filter, const struct filter_args *args)
{
	const struct state *state = args->state;
	struct services services = { .store = state->store, .seen = state->seen, .state = state->directory, .tell = tell,
				     .happened = events_happened, .holds = open_holds(state), .resolver = open_resolver(filter, args->conf) };
	char problem[CONF_PROBLEM_MAX] = "";
	struct engine *engine;

	services.pool = filter->pool = open_pool(args->conf);
	if (filter->pool == NULL && settings_need_cage(args->conf))
		give_up(filter, "no room for examiners");
	engine = engine_new(args->conf, &services, problem);
	if (engine == NULL)
		give_up(filter, problem);
	return engine;
}

static void open_milter(struct filter *filter, const struct filter_args *args, struct engine *engine)
{
	static char connection[] = "fd:3";

	if (args->listen_fd != MILTER_FD && dup3(args->listen_fd, MILTER_FD, O_CLOEXEC) != MILTER_FD)
		give_up(filter, "cannot move the listening socket");
	if (endpoint_of(MILTER_FD, &filter->served) < 0)
		give_up(filter, "the listening socket has no address");
	if (smfi_register(callbacks_descriptor(engine)) != MI_SUCCESS)
		give_up(filter, "libmilter refuses our callbacks");
	if (smfi_setconn(connection) != MI_SUCCESS || smfi_opensocket(false) != MI_SUCCESS)
		give_up(filter, "this libmilter cannot take over a socket (\"fd:\", as in Debian's)");
}

/* libmilter waits for these signals in a thread of its own and would then leave its sessions without an answer. A signal that
 * the first thread neither blocks nor handles is discarded before that; so the first thread is not libmilter's. */
static void ignore_signals(void)
{
	static const int ignored[] = { SIGHUP, SIGTERM, SIGINT };
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++) {
		(void)signal(ignored[i], SIG_IGN);
		(void)sigaddset(&set, ignored[i]);
	}
	(void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void *milter_thread(void *unused)
{
	(void)unused;
	(void)smfi_main();
	/* It only comes back when it cannot go on; the supervisor starts another filter. */
	log_error("libmilter has given up");
	_exit(EXIT_FAILURE);
}

static void start_threads(struct filter *filter, struct engine *engine)
{
	pthread_t thread;

	if (nudge_start(&filter->served) < 0 || pthread_create(&thread, NULL, milter_thread, NULL) != 0)
		give_up(filter, "cannot start a thread");
	(void)pthread_detach(thread);
	if (chores_start(engine) < 0)
		give_up(filter, "cannot start a thread");
}

static void drain_start(struct filter *filter, uint64_t within_ms)
{
	uint64_t by_ms = clock_monotonic_ms() + within_ms;

	if (!filter->draining || by_ms < filter->drained_by_ms)
		filter->drained_by_ms = by_ms;
	filter->draining = true;
	chores_stop();
	status_draining();
}

/* What the journal still has in memory is written first: its MTA was told already. */
_Noreturn static void leave(struct filter *filter)
{
	status_stop();
	events_close(LAST_MAILS_MS);
	journal_close(filter->remembered.journal);
	_exit(EXIT_SUCCESS);
}

static void put_aside(struct filter *filter)
{
	struct endpoint idle;

	if (drain_begin(MILTER_FD, &idle) < 0)
		return;		/* out of descriptors: the next look tries again */
	nudge_redirect(&idle);
	filter->put_aside = true;
	report(filter, FILTER_ASIDE, NULL);
}

/* One look. A connection that is just being accepted may be missed by one look, not by two. */
static void drain_look(struct filter *filter)
{
	int sessions;

	if (!filter->put_aside)
		put_aside(filter);
	sessions = drain_sessions(&filter->served);
	if (sessions == 0 && filter->put_aside && filter->looked_empty)
		leave(filter);
	filter->looked_empty = sessions == 0 && filter->put_aside;
	if (clock_left_ms(filter->drained_by_ms) > 0)
		return;
	log_warning("filter %ld ends with its time: %d sessions are cut", (long)getpid(), sessions);
	leave(filter);
}

static void take_frame(struct filter *filter, struct frame *frame, int fd)
{
	uint64_t within_ms;

	if (frame->kind == FILTER_ZYGOTE && filter->pool != NULL) {
		pool_set_zygote(filter->pool, fd);
		return;
	}
	(void)close_fd(fd);
	if (frame->kind != FILTER_DRAIN)
		return;
	within_ms = frame_get_u64(frame);
	drain_start(filter, frame_done(frame) ? within_ms : 0);
}

static void sleep_ms(unsigned ms)
{
	const struct timespec pause = { .tv_nsec = ms * 1000000L };

	(void)nanosleep(&pause, NULL);
}

static void tell_of_resolver(struct filter *filter)
{
	struct resolver_stats stats;

	if (clock_left_ms(filter->told_at_ms) > 0)
		return;
	filter->told_at_ms = clock_monotonic_ms() + TELL_MS;
	resolver_read_stats(filter->resolver, &stats);
	if (stats.asked > 0)
		record_resolver(&stats);
}

static void listen_to_supervisor(struct filter *filter)
{
	struct frame frame;
	int fd, r;

	if (filter->control < 0) {
		sleep_ms(LOOK_MS);
		return;
	}
	r = frame_receive(filter->control, &frame, &fd, 1, filter->draining ? clock_monotonic_ms() + LOOK_MS : filter->told_at_ms);
	if (r == 0) {
		take_frame(filter, &frame, fd);
	} else if (r != -ETIMEDOUT) {
		/* Without a supervisor nobody would end or replace us; another one may be waiting for the socket. */
		log_warning("filter %ld: the supervisor is gone; sessions may finish", (long)getpid());
		filter->control = close_fd(filter->control);
		drain_start(filter, filter->drain_ms);
	}
}

/* The journal, who is told of what happens, and what octroi status shows. */
static void open_memory(struct filter *filter, const struct filter_args *args)
{
	const char *host = settings_authserv_id(args->conf);
	const struct remembered remembered = filter->remembered = remember_open(args->conf, args->config_file, args->state->directory);

	events_open(&(struct events_settings){ .alert = conf_settings(args->conf, "alert"), .journal = remembered.journal,
					       .seen = args->state->seen, .directory = args->state->directory,
					       .configuration = remembered.configuration, .host = host });
	if (status_start(&(struct status_settings){ .directory = args->state->directory, .host = host, .config_file = args->config_file,
						    .configuration = remembered.configuration, .journal = remembered.journal,
						    .resolver = filter->resolver, .pool = filter->pool,
						    .spare = (unsigned)settings_examiners(args->conf)->spare }) < 0)
		give_up(filter, "cannot start a thread");
}

void filter_run(const struct filter_args *args)
{
	struct filter filter = { .control = args->control, .drain_ms = settings_of(args->conf)->drain_ms };
	struct engine *engine = open_engine(&filter, args);

	open_memory(&filter, args);
	open_milter(&filter, args, engine);
	ignore_signals();
	start_threads(&filter, engine);
	report(&filter, FILTER_READY, NULL);
	(void)resolver_probe(filter.resolver);	/* ends with the process */
	filter.told_at_ms = clock_monotonic_ms() + TELL_MS;
	for (;;) {
		listen_to_supervisor(&filter);
		tell_of_resolver(&filter);
		if (filter.draining)
			drain_look(&filter);
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/status.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "milter/base/fresh_file.h"
#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/base/log.h"
#include "milter/entry_json.h"
#include "milter/events.h"
#include "milter/health.h"
#include "milter/isolate/pool.h"
#include "milter/show.h"

enum { ACTIONS = ACTION_REJECT + 1, DEGRADED_MAX = 16 };

static atomic_ullong counts[ACTIONS], refused;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* of all below */
static struct status_settings here;
static struct health health;
static int64_t started_ms;
static bool stopped, draining;

void status_count(enum action action)
{
	if ((unsigned)action < ACTIONS)
		(void)atomic_fetch_add(&counts[action], 1);
}

void status_count_refused(void)
{
	(void)atomic_fetch_add(&refused, 1);
}

/* --- what is said --- */

static void set(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value);
}

static void set_number(json_t *object, const char *key, uint64_t number)
{
	set(object, key, json_integer((json_int_t)number));
}

static json_t *messages_json(void)
{
	json_t *object = json_object();

	for (unsigned action = 0; action < ACTIONS; action++)
		if (action != ACTION_WEIGHT)
			set_number(object, action_name((enum action)action), atomic_load(&counts[action]));
	set_number(object, "refused_before", atomic_load(&refused));
	return object;
}

static json_t *journal_json(const struct status_settings *settings)
{
	struct journal_stats stats;
	json_t *object;

	if (settings->journal == NULL)
		return json_null();
	object = json_object();
	journal_read_stats(settings->journal, &stats);
	health_journal(&stats);
	set_number(object, "written", stats.written);
	set_number(object, "dropped", stats.dropped);
	set_number(object, "waiting", stats.waiting);
	set(object, "error", stats.error < 0 ? entry_json_text(strerror(-stats.error)) : json_null());
	return object;
}

static json_t *resolver_json(const struct status_settings *settings)
{
	struct resolver_stats stats;
	json_t *object;

	if (settings->resolver == NULL)
		return json_null();
	object = json_object();
	resolver_read_stats(settings->resolver, &stats);
	health_resolver(&health, &stats);
	set_number(object, "asked", stats.asked);
	set_number(object, "cached", stats.cached);
	set_number(object, "upstream", stats.upstream);
	set_number(object, "unknown", stats.unknown);
	set_number(object, "timeouts", stats.timeouts);
	set_number(object, "in_flight", stats.in_flight);
	return object;
}

static json_t *examiners_json(const struct status_settings *settings)
{
	struct pool_stats stats;
	json_t *object;

	if (settings->pool == NULL)
		return json_null();
	object = json_object();
	pool_read_stats(settings->pool, &stats);
	if (settings->spare > 0)
		health_examiners(&health, &stats);
	set_number(object, "idle", stats.idle);
	set_number(object, "busy", stats.busy);
	set_number(object, "jobs", stats.jobs);
	set_number(object, "killed", stats.killed);
	set_number(object, "crashed", stats.crashed);
	return object;
}

static json_t *degraded_json(struct arena *arena)
{
	struct events_degradation items[DEGRADED_MAX];
	unsigned len = events_read_degraded(items, DEGRADED_MAX);
	json_t *array = json_array();

	for (unsigned i = 0; i < len; i++) {
		json_t *object = json_object();

		set(object, "what", entry_json_text(items[i].what));
		set(object, "since", json_string(show_time_utc(arena, items[i].since_ms)));
		set(object, "why", entry_json_text(items[i].why));
		(void)json_array_append_new(array, object);
	}
	return array;
}

/* degraded comes last: what stands before it looks whether things work. */
static json_t *status_json(struct arena *arena, const struct status_settings *settings)
{
	int64_t now_ms = (int64_t)clock_wall_ms();
	json_t *object = json_object();

	set_number(object, "pid", (uint64_t)getpid());
	set(object, "host", entry_json_text(settings->host));
	set_number(object, "written_ms", (uint64_t)now_ms);
	set(object, "since", json_string(show_time_utc(arena, started_ms)));
	set(object, "draining", json_boolean(draining));
	set(object, "file", settings->config_file == NULL ? json_null() : entry_json_text(settings->config_file));
	set(object, "configuration", entry_json_text(settings->configuration));
	set(object, "messages", messages_json());
	set(object, "journal", journal_json(settings));
	set(object, "resolver", resolver_json(settings));
	set(object, "examiners", examiners_json(settings));
	set_number(object, "log_lines_dropped", log_dropped());
	set_number(object, "alerts_waiting", events_waiting());
	set(object, "degraded", degraded_json(arena));
	return object;
}

/* --- where --- */

static const char *own_path(struct arena *arena, const struct status_settings *settings)
{
	if (draining)
		return arena_printf(arena, "%s/status.%ld.json", settings->directory, (long)getpid());
	return arena_printf(arena, "%s/status.json", settings->directory);
}

static int write_file(const char *path, json_t *json)
{
	FILE *file = fresh_file_open(path);

	if (file == NULL) {
		json_decref(json);
		return -errno;
	}
	entry_json_page(file, json);
	return fresh_file_replace(file, path);
}

/* Facts are gathered with the lock, so that nobody looks at what is gone; the disk is waited for without it. */
int status_write(const struct status_settings *settings)
{
	struct arena *arena = arena_new();
	const char *path = NULL;
	json_t *json = NULL;
	int r = 0;

	(void)pthread_mutex_lock(&lock);
	if (!stopped) {
		json = status_json(arena, settings);
		path = settings->directory == NULL ? NULL : own_path(arena, settings);
	}
	(void)pthread_mutex_unlock(&lock);
	if (path != NULL)
		r = write_file(path, json);
	else if (json != NULL)
		json_decref(json);
	arena_free(arena);
	return r;
}

/* --- the thread --- */

static void pause_ms(unsigned ms)
{
	struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

static void *status_thread(void *unused)
{
	bool told = false;

	(void)unused;
	for (;;) {
		int r = status_write(&here);

		if (r < 0 && !told)
			log_warning("the status cannot be written to %s: %s", here.directory, strerror(-r));
		told = r < 0;
		pause_ms(STATUS_EVERY_MS);
	}
	return NULL;
}

/* Of filters that were killed. */
static void remove_leftovers(const char *directory)
{
	DIR *dir = opendir(directory);
	const struct dirent *entry;
	long pid;
	int end;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		end = 0;
		if (sscanf(entry->d_name, "status.%9ld.json%n", &pid, &end) == 1 && end > 0 && kill((pid_t)pid, 0) < 0 && errno == ESRCH)
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	}
	if (dir != NULL)
		(void)closedir(dir);
}

int status_start(const struct status_settings *settings)
{
	sigset_t all, old;
	pthread_t thread;
	int r;

	here = *settings;
	started_ms = (int64_t)clock_wall_ms();
	if (here.directory != NULL)
		remove_leftovers(here.directory);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&thread, NULL, status_thread, NULL);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r == 0)
		(void)pthread_detach(thread);
	return -r;
}

void status_draining(void)
{
	(void)pthread_mutex_lock(&lock);
	draining = true;
	(void)pthread_mutex_unlock(&lock);
}

void status_stop(void)
{
	struct arena *arena = arena_new();

	(void)pthread_mutex_lock(&lock);
	stopped = true;
	if (draining && here.directory != NULL)
		(void)unlink(own_path(arena, &here));
	(void)pthread_mutex_unlock(&lock);
	arena_free(arena);
}

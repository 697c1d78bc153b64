/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/events.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "milter/alert.h"
#include "milter/base/arena.h"
#include "milter/base/clock.h"
#include "milter/base/log.h"
#include "milter/lookup/seen.h"
#include "milter/model/message.h"

enum {
	DEGRADATIONS_MAX = 16,
	SEEN_KEYS = 1024,	/* when nobody else remembers */
};

/* Set once, before the first session. */
static struct events_settings here;
static atomic_bool is_open;

static pthread_mutex_t alert_lock = PTHREAD_MUTEX_INITIALIZER;
static struct alert *alert;	/* NULL: nobody is written to */

static pthread_mutex_t degraded_lock = PTHREAD_MUTEX_INITIALIZER;
static struct events_degradation degraded[DEGRADATIONS_MAX];
static unsigned degraded_len;

/* --- once in alert.again --- */

static const char *key_of(struct arena *arena, const struct event *event)
{
	return arena_printf(arena, "alert:%s:%s", event->event, event->about);
}

/* Was it not written about lately? Then it is from now on. */
static bool is_due(const struct event *event)
{
	int64_t now_ms = (int64_t)clock_wall_ms(), again_ms = (int64_t)here.alert->again_ms;
	struct arena *arena = arena_new();
	const char *key = key_of(arena, event);
	struct sighting before = seen_look(here.seen, key);
	bool due = before.times == 0 || now_ms - before.last_ms >= again_ms || before.last_ms > now_ms;

	if (due)
		(void)seen_note(here.seen, key, here.alert->again_ms, 0);
	arena_free(arena);
	return due;
}

/* Nobody was told: the next such event is written about. */
static void not_told(const struct event *event, void *unused)
{
	struct arena *arena = arena_new();

	(void)unused;
	seen_forget(here.seen, key_of(arena, event));
	arena_free(arena);
}

/* --- opening --- */

static void open_alert(void)
{
	static struct seen *own;	/* for want of a better one: until the end of the process */

	if (here.seen == NULL && own == NULL && seen_open(NULL, SEEN_KEYS, &own) < 0) {
		log_warning("no memory for alerts: nobody is written to");
		return;
	}
	if (here.seen == NULL)
		here.seen = own;
	alert = alert_open(&(struct alert_options){ .settings = here.alert, .host = here.host, .directory = here.directory, .failed = not_told });
	if (alert == NULL && errno != 0)
		log_warning("no thread for alerts (%s): nobody is written to", strerror(errno));
}

void events_open(const struct events_settings *settings)
{
	here = *settings;
	if (here.alert != NULL)
		open_alert();
	atomic_store(&is_open, true);
}

/* --- an event --- */

static void write_line(const struct event *event, const char *id)
{
	struct log_line line = { .len = 0 };

	log_line_add(&line, "event", event->event);
	log_line_add(&line, "id", id);
	log_line_add(&line, "about", event->about);
	log_line_add(&line, "text", event->text);
	log_line_write(&line, event->urgent ? LOG_WARNING : LOG_NOTICE);
}

static void write_entry(const struct event *event, const char *id)
{
	struct journal_entry entry = journal_nothing;

	if (here.journal == NULL)
		return;
	entry.kind = JOURNAL_EVENT;
	entry.time_ms = (int64_t)clock_wall_ms();
	entry.id = id;
	entry.configuration = here.configuration;
	entry.event = event->event;
	entry.subject_of = event->about;
	entry.operator = "octroi";
	entry.note = event->text;
	journal_put(here.journal, &entry);
}

static void write_mail(const struct event *event, const char *id)
{
	(void)pthread_mutex_lock(&alert_lock);
	if (alert != NULL && is_due(event) && !alert_put(alert, event, id))
		not_told(event, NULL);
	(void)pthread_mutex_unlock(&alert_lock);
}

void events_happened(const struct event *event)
{
	char id[MESSAGE_ID_SIZE];

	message_id_make(id);
	write_line(event, id);
	if (!atomic_load(&is_open))
		return;
	write_entry(event, id);
	if (event->urgent)
		write_mail(event, id);
}

/* --- what does not work --- */

static struct events_degradation *find(const char *what)
{
	for (unsigned i = 0; i < degraded_len; i++)
		if (strcmp(degraded[i].what, what) == 0)
			return &degraded[i];
	return NULL;
}

static bool begin(const char *what, const char *why)
{
	if (find(what) != NULL || degraded_len == DEGRADATIONS_MAX)
		return false;
	degraded[degraded_len] = (struct events_degradation){ .what = what, .since_ms = (int64_t)clock_wall_ms() };
	(void)snprintf(degraded[degraded_len].why, sizeof(degraded[0].why), "%s", why);
	degraded_len++;
	return true;
}

static bool end(const char *what, int64_t *ret_since_ms)
{
	struct events_degradation *known = find(what);

	if (known == NULL)
		return false;
	*ret_since_ms = known->since_ms;
	*known = degraded[--degraded_len];
	return true;
}

static const char *duration(struct arena *arena, int64_t ms)
{
	long long s = ms < 0 ? 0 : ms / 1000;

	if (s < 120)
		return arena_printf(arena, "%lld s", s);
	return s < 7200 ? arena_printf(arena, "%lld min", s / 60) : arena_printf(arena, "%lld h", s / 3600);
}

void events_degraded(const char *what, bool is_degraded, const char *why)
{
	struct arena *arena;
	int64_t since_ms = 0;
	bool is_new;
	const char *text = why;

	(void)pthread_mutex_lock(&degraded_lock);
	is_new = is_degraded ? begin(what, why) : end(what, &since_ms);
	(void)pthread_mutex_unlock(&degraded_lock);
	if (!is_new)
		return;
	arena = arena_new();
	if (!is_degraded)
		text = arena_printf(arena, "it works again after %s%s%s", duration(arena, (int64_t)clock_wall_ms() - since_ms), why[0] == '\0' ? "" : ": ",
				    why);
	events_happened(&(struct event){ .event = is_degraded ? "degraded" : "recovered", .about = what, .text = text, .urgent = true });
	arena_free(arena);
}

unsigned events_read_degraded(struct events_degradation *ret_items, unsigned max)
{
	unsigned len;

	(void)pthread_mutex_lock(&degraded_lock);
	len = degraded_len < max ? degraded_len : max;
	memcpy(ret_items, degraded, len * sizeof(*ret_items));
	(void)pthread_mutex_unlock(&degraded_lock);
	return len;
}

unsigned events_waiting(void)
{
	unsigned waiting;

	(void)pthread_mutex_lock(&alert_lock);
	waiting = alert == NULL ? 0 : alert_waiting(alert);
	(void)pthread_mutex_unlock(&alert_lock);
	return waiting;
}

void events_close(unsigned wait_ms)
{
	struct alert *last;

	atomic_store(&is_open, false);
	(void)pthread_mutex_lock(&alert_lock);
	last = alert;
	alert = NULL;
	(void)pthread_mutex_unlock(&alert_lock);
	alert_close(last, wait_ms);
}

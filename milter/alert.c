/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/alert.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "milter/alert_mail.h"
#include "milter/base/arena.h"
#include "milter/base/clock.h"
#include "milter/base/log.h"
#include "milter/submit.h"
#include "milter/suspects.h"

enum {
	RETRY_FIRST_MS = 30 * 1000,
	RETRY_MAX_MS = 30 * 60 * 1000,
	GIVE_UP_MS = 24 * 3600 * 1000,
	STEP_MS = 30 * 1000,
	TOTAL_MS = 120 * 1000,
};

#define SUSPECT_MS (24LL * 3600 * 1000)

/* One event to one address: so none of them gets it twice because another one's server is slow. */
struct mail {
	struct arena *arena;		/* the mail itself is allocated in it */
	struct event event;
	const char *id, *to;
	int64_t time_ms;		/* wall clock */
	uint64_t since_ms, next_ms;	/* monotonic */
	unsigned wait_ms;
	bool put_off;			/* it was tried in vain */
};

struct alert {
	struct alert_options options;
	const char *from;
	struct arena *arena;
	pthread_t thread;
	pthread_mutex_t lock;		/* of all below */
	pthread_cond_t changed;
	struct mail *mails[ALERT_QUEUE_MAX];
	unsigned len;
	const struct mail *busy;	/* the one that the thread has in hand */
	bool closing;
	uint64_t overflowed;
	bool told;			/* the thread's own: that mails have to wait */
};

static void mail_free(struct mail *mail)
{
	arena_free(mail->arena);
}

static struct mail *mail_new(const struct event *event, const char *id, const char *to)
{
	struct arena *arena = arena_new();
	struct mail *mail = arena_new_of(arena, struct mail);

	*mail = (struct mail){
		.arena = arena, .id = arena_strdup(arena, id), .to = to, .time_ms = (int64_t)clock_wall_ms(), .since_ms = clock_monotonic_ms(),
		.event = { arena_strdup(arena, event->event), arena_strdup(arena, event->about), arena_strdup(arena, event->text), event->urgent },
	};
	mail->next_ms = mail->since_ms;
	return mail;
}

/* --- sending, on the thread --- */

static const char *compose(const struct alert *alert, struct arena *arena, const struct mail *mail)
{
	const char *more = "";

	if (strcmp(mail->event.event, "listed") == 0)
		more = suspects_text(arena, alert->options.directory, mail->time_ms - SUSPECT_MS, mail->time_ms);
	return alert_mail(arena, &(struct alert_facts){
		.id = mail->id, .event = mail->event.event, .about = mail->event.about, .text = mail->event.text, .time_ms = mail->time_ms,
		.host = alert->options.host, .from = alert->from, .to = mail->to, .more = more,
	});
}

static enum submit_result try(const struct alert *alert, const struct mail *mail, char why[SUBMIT_WHY_MAX])
{
	const struct alert_server *server = &alert->options.settings->through;
	struct arena *arena = arena_new();
	enum submit_result result = submit(&(struct submission){
		.host = server->host, .port = server->port, .helo = alert->options.host, .recipient = mail->to, .text = compose(alert, arena, mail),
		.step_ms = STEP_MS, .total_ms = TOTAL_MS,
	}, why);

	arena_free(arena);
	return result;
}

static void forget(const struct alert *alert, const struct mail *mail)
{
	if (alert->options.failed != NULL)
		alert->options.failed(&mail->event, alert->options.failed_arg);
}

static void fail(const struct alert *alert, const struct mail *mail, const char *why)
{
	log_warning("the mail to %s about %s (%s) is given up: %s", mail->to, mail->event.about, mail->event.event, why);
	forget(alert, mail);
}

static unsigned or_else(unsigned value, unsigned usual)
{
	return value != 0 ? value : usual;
}

/* Returns whether it is to be tried again. */
static bool put_off(struct alert *alert, struct mail *mail, const char *why)
{
	const struct alert_options *options = &alert->options;
	uint64_t now_ms = clock_monotonic_ms();
	unsigned longest_ms = or_else(options->retry_max_ms, RETRY_MAX_MS);

	if (now_ms - mail->since_ms > or_else(options->give_up_ms, GIVE_UP_MS))
		return false;
	if (!alert->told)
		log_warning("the mail to %s about %s (%s) has to wait: %s", mail->to, mail->event.about, mail->event.event, why);
	alert->told = true;
	mail->put_off = true;
	mail->wait_ms = mail->wait_ms == 0 ? or_else(options->retry_first_ms, RETRY_FIRST_MS) : mail->wait_ms * 2;
	if (mail->wait_ms > longest_ms)
		mail->wait_ms = longest_ms;
	mail->next_ms = now_ms + mail->wait_ms;
	return true;
}

/* Returns whether the mail has to stay. */
static bool send_one(struct alert *alert, struct mail *mail)
{
	char why[SUBMIT_WHY_MAX];
	enum submit_result result = try(alert, mail, why);

	if (result == SUBMIT_DONE)
		log_notice("%s is told by mail about %s (%s)", mail->to, mail->event.about, mail->event.event);
	else if (result == SUBMIT_LATER && put_off(alert, mail, why))
		return true;
	else
		fail(alert, mail, why);
	alert->told = false;
	return false;
}

/* --- the queue --- */

/* The one that is due first; -1: there is none. */
static int next_mail(const struct alert *alert)
{
	int best = -1;

	for (unsigned i = 0; i < alert->len; i++)
		if (best < 0 || alert->mails[i]->next_ms < alert->mails[best]->next_ms)
			best = (int)i;
	return best;
}

static void take_out(struct alert *alert, const struct mail *mail)
{
	unsigned left = 0;

	for (unsigned i = 0; i < alert->len; i++)
		if (alert->mails[i] != mail)
			alert->mails[left++] = alert->mails[i];
	alert->len = left;
}

static void wait_until(struct alert *alert, uint64_t until_ms)
{
	const struct timespec until = { .tv_sec = (time_t)(until_ms / 1000), .tv_nsec = (long)(until_ms % 1000) * 1000000 };

	(void)pthread_cond_timedwait(&alert->changed, &alert->lock, &until);
}

/* With the lock; it is given back while the server is spoken to. */
static void serve(struct alert *alert, struct mail *mail)
{
	bool stays;

	alert->busy = mail;
	(void)pthread_mutex_unlock(&alert->lock);
	stays = send_one(alert, mail);
	(void)pthread_mutex_lock(&alert->lock);
	alert->busy = NULL;
	if (!stays) {
		take_out(alert, mail);
		mail_free(mail);
	}
	(void)pthread_cond_broadcast(&alert->changed);
}

static void *alert_thread(void *arg)
{
	struct alert *alert = arg;

	(void)pthread_mutex_lock(&alert->lock);
	while (!alert->closing) {
		int next = next_mail(alert);

		if (next < 0)
			(void)pthread_cond_wait(&alert->changed, &alert->lock);
		else if (alert->mails[next]->next_ms > clock_monotonic_ms())
			wait_until(alert, alert->mails[next]->next_ms);
		else
			serve(alert, alert->mails[next]);
	}
	(void)pthread_mutex_unlock(&alert->lock);
	return NULL;
}

static void put_one(struct alert *alert, struct mail *mail)
{
	if (alert->len < ALERT_QUEUE_MAX && !alert->closing) {
		alert->mails[alert->len++] = mail;
		return;
	}
	if (alert->overflowed++ == 0)
		log_warning("%u mails to the administrator wait already: the one about %s (%s) is not written", alert->len, mail->event.about,
			    mail->event.event);
	mail_free(mail);
}

bool alert_put(struct alert *alert, const struct event *event, const char *id)
{
	const struct conf_list *to = &alert->options.settings->to;
	uint64_t overflowed;

	(void)pthread_mutex_lock(&alert->lock);
	overflowed = alert->overflowed;
	for (size_t i = 0; i < to->len; i++)
		put_one(alert, mail_new(event, id, to->items[i].text));
	overflowed = alert->overflowed - overflowed;
	(void)pthread_cond_broadcast(&alert->changed);
	(void)pthread_mutex_unlock(&alert->lock);
	return overflowed == 0;
}

unsigned alert_waiting(struct alert *alert)
{
	unsigned len;

	(void)pthread_mutex_lock(&alert->lock);
	len = alert->len;
	(void)pthread_mutex_unlock(&alert->lock);
	return len;
}

/* --- beginning and end --- */

static int start(struct alert *alert)
{
	sigset_t all, old;
	int r;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&alert->thread, NULL, alert_thread, alert);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r;
}

static void destroy(struct alert *alert)
{
	for (unsigned i = 0; i < alert->len; i++)
		mail_free(alert->mails[i]);
	(void)pthread_cond_destroy(&alert->changed);
	(void)pthread_mutex_destroy(&alert->lock);
	arena_free(alert->arena);
	free(alert);
}

struct alert *alert_open(const struct alert_options *options)
{
	pthread_condattr_t attributes;
	struct alert *alert;
	int r;

	errno = 0;
	if (options->settings->to.len == 0)
		return NULL;
	alert = xcalloc(1, sizeof(*alert));
	alert->options = *options;
	alert->arena = arena_new();
	alert->from = options->settings->from[0] != '\0' ? options->settings->from : arena_printf(alert->arena, "octroi@%s", options->host);
	(void)pthread_mutex_init(&alert->lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&alert->changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	r = start(alert);
	if (r == 0)
		return alert;
	destroy(alert);
	errno = r;
	return NULL;
}

/* Those that failed once will hardly be taken now: only fresh ones are worth the wait. */
static unsigned fresh(const struct alert *alert)
{
	unsigned count = alert->busy != NULL;

	for (unsigned i = 0; i < alert->len; i++)
		count += alert->mails[i] != alert->busy && !alert->mails[i]->put_off;	/* the busy one is the thread's, without the lock */
	return count;
}

static void abandon_all(struct alert *alert)
{
	unsigned left = 0;

	if (alert->len > 0)
		log_warning("%u mails to the administrator are given up: the filter ends; the first is about %s (%s)", alert->len,
			    alert->mails[0]->event.about, alert->mails[0]->event.event);
	for (unsigned i = 0; i < alert->len; i++) {
		forget(alert, alert->mails[i]);
		if (alert->mails[i] == alert->busy)
			alert->mails[left++] = alert->mails[i];
		else
			mail_free(alert->mails[i]);
	}
	alert->len = left;
}

void alert_close(struct alert *alert, unsigned wait_ms)
{
	uint64_t until_ms = clock_monotonic_ms() + wait_ms;
	bool busy;

	if (alert == NULL)
		return;
	(void)pthread_mutex_lock(&alert->lock);
	while (fresh(alert) > 0 && clock_monotonic_ms() < until_ms)
		wait_until(alert, until_ms);
	alert->closing = true;
	abandon_all(alert);
	busy = alert->busy != NULL;
	(void)pthread_cond_broadcast(&alert->changed);
	(void)pthread_mutex_unlock(&alert->lock);
	if (busy) {
		/* it hears of the end when its server has answered, which nobody waits for: what it uses stays until the process ends */
		(void)pthread_detach(alert->thread);
		return;
	}
	(void)pthread_join(alert->thread, NULL);
	destroy(alert);
}

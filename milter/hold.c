/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/hold.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/base/log.h"
#include "milter/lookup/quarantine_digest.h"
#include "milter/mail/utf8.h"
#include "milter/quarantine_settings.h"
#include "milter/record_entry.h"
#include "milter/seal.h"
#include "milter/spool.h"
#include "milter/state.h"

enum { SUBJECT_MAX = 200, EXPIRE_EVERY_MS = 3600000 };

struct hold_place {
	const struct quarantine_settings *settings;
	char *directory;		/* NULL: there can be none */
	pthread_mutex_t lock;		/* for what follows */
	struct quarantine *spool;	/* NULL: it could not be opened yet */
	bool told;			/* that it could not */
	uint64_t expired_ms;		/* monotonic */
};

/* In the directory of ours that the state is; one that is there already must pass quarantine_open. */
static void make_directory(const struct hold_place *place)
{
	if (place->settings->where == QUARANTINE_OWN)
		(void)mkdir(place->directory, 0700);
}

static void open_spool(struct hold_place *place)
{
	char problem[CONF_PROBLEM_MAX];
	int r;

	make_directory(place);
	r = quarantine_open(place->directory, &place->spool, problem);
	if (r == 0) {
		quarantine_limit(place->spool, place->settings->size_bytes);
		place->told = false;
		return;
	}
	place->spool = NULL;
	if (!place->told && place->settings->where == QUARANTINE_OWN)
		log_error("quarantine: %s: what should be held is deferred", problem);
	place->told = true;
}

struct quarantine *hold_spool(struct hold_place *place)
{
	struct quarantine *spool;

	if (place->directory == NULL)
		return NULL;
	(void)pthread_mutex_lock(&place->lock);
	if (place->spool == NULL)
		open_spool(place);
	spool = place->spool;
	(void)pthread_mutex_unlock(&place->lock);
	return spool;
}

struct hold_place *hold_open(const struct conf *conf, const char *state)
{
	struct hold_place *place = xcalloc(1, sizeof(*place));
	struct arena *arena = arena_new();
	const char *directory = state_path(arena, state, "quarantine");

	place->settings = quarantine_settings_of(conf);
	place->directory = directory == NULL ? NULL : xstrdup(directory);
	(void)pthread_mutex_init(&place->lock, NULL);
	arena_free(arena);
	(void)hold_spool(place);
	return place;
}

void hold_close(struct hold_place *place)
{
	if (place == NULL)
		return;
	quarantine_close(place->spool);
	(void)pthread_mutex_destroy(&place->lock);
	free(place->directory);
	free(place);
}

bool hold_is_ours(const struct hold_place *place, const struct message *message, const struct verdict *verdict)
{
	return place->settings->where == QUARANTINE_OWN && verdict->action == ACTION_QUARANTINE && verdict->reply.code == 0 &&
	       !message->too_large && !message->headers_too_large && !message->spool_full && message->body_fd >= 0;
}

/* For people who list what is held. */
static const char *printable(struct arena *arena, const char *text)
{
	size_t left = strlen(text), used = 0;
	char *out = arena_alloc(arena, left + 1);

	while (left > 0 && used < SUBJECT_MAX) {
		size_t len = utf8_length((struct str){ text, left }), taken = len == 0 ? 1 : len;
		bool good = len > 0 && !ascii_is_control(*text) && !utf8_is_c1((struct str){ text, left });

		if (good && used + len > SUBJECT_MAX)
			break;
		if (good)
			memcpy(out + used, text, len);
		else
			out[used] = '?';
		used += good ? len : 1;
		text += taken;
		left -= taken;
	}
	return out;
}

/* One that was released before and is held again has passed what held it then, and is to pass it next time, too. */
static const char *held_by(struct arena *arena, const struct message *message, const struct verdict *verdict)
{
	return message->spared == NULL ? verdict->by_name : arena_printf(arena, "%s %s", message->spared, verdict->by_name);
}

static void put_recipients(struct arena *arena, struct quarantine_item *item, const struct message *message)
{
	const char **recipients = arena_array(arena, message->recipients_len + 1, sizeof(*recipients));

	for (size_t i = 0; i < message->recipients_len; i++)
		recipients[i] = message->recipients[i].address.text;
	item->recipients = recipients;
	item->recipients_len = message->recipients_len;
}

static void put_attachments(struct arena *arena, struct quarantine_item *item, const struct message *message)
{
	struct quarantine_attachment *attachments = arena_array(arena, message->attachments_len + 1, sizeof(*attachments));

	for (size_t i = 0; i < message->attachments_len; i++)
		attachments[i] = (struct quarantine_attachment){ message->attachments[i].name, message->attachments[i].type,
								 message->attachments[i].size_bytes };
	item->attachments = attachments;
	item->attachments_len = message->attachments_len;
}

/* The journal's view of the message has what is wanted here. */
static struct quarantine_item item_of(const struct session *session, const struct verdict *verdict)
{
	const struct record_settings plain = { .configuration = "", .host = "", .subjects = true };
	const struct message *message = session->message;
	struct arena *arena = message->arena;
	struct journal_entry entry = record_entry(arena, &plain, &(struct record_facts){ JOURNAL_MESSAGE, message->id, session, message,
											 &message->findings, verdict, NULL });
	struct quarantine_item item = {
		.id = message->id,
		.time_ms = entry.time_ms,
		.held_by = held_by(arena, message, verdict),
		.because = verdict->by == NULL ? "" : verdict->by->text,
		.client = entry.client,
		.helo = entry.helo,
		.login = entry.login,
		.direction = entry.direction,
		.queue_id = entry.queue_id,
		.mailfrom = entry.mailfrom,
		.header_from = printable(arena, entry.header_from),
		.subject = printable(arena, entry.subject),
	};

	put_recipients(arena, &item, message);
	put_attachments(arena, &item, message);
	return item;
}

static int put(struct quarantine *spool, const struct session *session, const struct verdict *verdict, const struct edits *edits)
{
	const struct message *message = session->message;
	struct quarantine_item item = item_of(session, verdict);
	struct headers headers = seal_header(message, edits);
	_cleanup_(free_charp) char *text = NULL;
	char digest[DIGEST_TEXT_SIZE];
	size_t len;
	int r = quarantine_digest(&headers, message->body_fd, message->body_offset, digest);

	if (r < 0)
		return r;
	item.digest = digest;
	text = spool_fields(&headers, &len);
	return quarantine_put(spool, &item, text, len, message->body_fd, message->body_offset);
}

static void tell(const struct services *services, const char *event, const char *about, const char *text, bool urgent)
{
	if (services->happened != NULL)
		services->happened(&(struct event){ .event = event, .about = about, .text = text, .urgent = urgent });
}

const char *hold_message(struct hold_place *place, const struct session *session, const struct verdict *verdict, const struct edits *edits,
			 const struct services *services)
{
	const struct message *message = session->message;
	struct quarantine *spool = hold_spool(place);
	const char *why;
	int r;

	if (edits->failure != NULL)
		return edits->failure;
	r = spool == NULL ? -ENOENT : put(spool, session, verdict, edits);
	if (r == 0) {
		tell(services, "quarantined", arena_printf(message->arena, "quarantine:%s", message->id), verdict->by_name, false);
		return NULL;
	}
	why = arena_printf(message->arena, "the quarantine could not keep it: %s", r == -EDQUOT ? "quarantine.size is reached" : strerror(-r));
	tell(services, "degraded", "quarantine", why, true);
	return why;
}

void hold_expire(struct hold_place *place)
{
	struct quarantine *spool = hold_spool(place);
	bool due;

	if (spool == NULL)
		return;
	(void)pthread_mutex_lock(&place->lock);
	due = place->expired_ms == 0 || clock_monotonic_ms() - place->expired_ms >= EXPIRE_EVERY_MS;
	if (due)
		place->expired_ms = clock_monotonic_ms();
	(void)pthread_mutex_unlock(&place->lock);
	if (due)
		(void)quarantine_expire(spool, (int64_t)clock_wall_ms() - (int64_t)place->settings->keep_ms, NULL, NULL);
}

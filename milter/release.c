/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/release.h"

#include <string.h>

#include "milter/lookup/quarantine_digest.h"

static const char *mark_of(const struct message *message)
{
	size_t position = 0;
	const struct header *header = headers_next(&message->headers, RELEASE_FIELD, &position);

	return header == NULL ? NULL : header->value;
}

/* sendmail(1) of Postfix is local mail; that of Sendmail speaks SMTP over loopback. */
static bool is_from_this_host(const struct session *session)
{
	return session->client.family == IP_NONE || session->message->direction == DIRECTION_LOCAL || ip_is_loopback(&session->client);
}

/* Is it the very message that the mark was made for? What was cut at a limit is not. */
static bool is_its_message(const struct message *message, const struct quarantine_mark *mark)
{
	char digest[DIGEST_TEXT_SIZE];

	if (message->body_fd < 0 || message->too_large || message->headers_too_large || message->spool_full)
		return false;
	return quarantine_digest(&message->headers, message->body_fd, message->body_offset, digest) == 0 && strcmp(digest, mark->digest) == 0;
}

void release_look(struct hold_place *place, const struct session *session, struct message *message)
{
	const char *value = mark_of(message);
	struct quarantine *spool = value == NULL || !is_from_this_host(session) ? NULL : hold_spool(place);
	struct quarantine_mark mark;

	if (spool != NULL && quarantine_mark_look(spool, message->arena, value, &mark) == 0 && is_its_message(message, &mark))
		message->spared = mark.held_by;
}

const char *release_spend(struct hold_place *place, const struct message *message, const struct verdict *verdict)
{
	struct quarantine *spool = message->spared == NULL || verdict->action == ACTION_DEFER ? NULL : hold_spool(place);

	if (spool == NULL || quarantine_mark_spend(spool, mark_of(message)) == 0)
		return NULL;
	return "the mark of its release cannot be spent";
}

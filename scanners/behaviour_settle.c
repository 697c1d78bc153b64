/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the MTA has its answer: what came of the message is counted. */
#include "milter/base/clock.h"
#include "milter/base/digest.h"
#include "milter/mail/encoded.h"
#include "scanners/behaviour_internal.h"

/* Decoded, each run of white space one space. */
static const char *subject_digest(const struct scan *scan)
{
	size_t position = 0, len = 0;
	const struct header *header = headers_next(&scan->message->headers, "Subject", &position);
	unsigned char digest[DIGEST_SIZE];
	char text[DIGEST_TEXT_SIZE], *squeezed;
	struct encoded encoded;

	if (header == NULL)
		return "";
	encoded_decode(scan->arena, str_of(header_unfold(scan->arena, header->value)), &encoded);
	squeezed = arena_alloc(scan->arena, encoded.text.len + 1);
	for (size_t i = 0; i < encoded.text.len; i++)
		if (!ascii_is_space(encoded.text.p[i]) || (len > 0 && squeezed[len - 1] != ' '))
			squeezed[len++] = ascii_is_space(encoded.text.p[i]) ? ' ' : encoded.text.p[i];
	digest_of(squeezed, len, digest);
	digest_text(digest, text);
	return len == 0 ? "" : arena_strdup(scan->arena, text);
}

/* Is it held or refused for what is in it? That we hold it ourselves counts, too: who goes on is suspended in the end, and does not fill the
 * quarantine. */
static bool was_bad(const struct verdict *verdict)
{
	if (verdict == NULL || (verdict->action != ACTION_QUARANTINE && verdict->action != ACTION_DISCARD && verdict->action != ACTION_REJECT))
		return false;
	return verdict->by == NULL || verdict->by->outcome->refusal == REFUSE_CONTENT;
}

/* Recipients that somebody else refused for good. Those who were told to come again come again. */
static uint32_t refused_for_good(const struct scan *scan)
{
	const struct message *message = scan->message;
	const struct behaviour_message *counted = scan->message_state;

	if (message->refused <= counted->refused || message->refused_verdict.action != ACTION_REJECT)
		return 0;
	return (uint32_t)(message->refused - counted->refused);
}

static void count_end(const struct scan *scan, struct profile *profile, uint64_t now_ms, const struct verdict *verdict, bool let_in)
{
	const struct behaviour_message *counted = scan->message_state;
	bool stays = let_in || (verdict != NULL && (verdict->action == ACTION_QUARANTINE || verdict->action == ACTION_DISCARD));
	uint32_t kept = stays ? (uint32_t)scan->message->recipients_len : 0;

	if (kept < counted->reserved)
		profile_give_back(profile, now_ms, counted->then_ms, counted->reserved - kept);
	profile_refused(profile, now_ms, refused_for_good(scan));
	profile_held(profile, now_ms, was_bad(verdict));
	if (let_in)
		profile_sent(profile, now_ms, kept, subject_digest(scan));
}

static void settle_sender(struct scan *scan, const struct behaviour_subject *subject, const struct verdict *verdict, bool let_in)
{
	const struct behaviour_settings *settings = scan->settings;
	const struct behaviour *behaviour = scan->shared;
	uint64_t now_ms = clock_wall_ms(), key;
	struct profile *profile = behaviour_take(scan, subject, now_ms);
	struct behaviour_standing standing;

	behaviour_judge(scan, profile, now_ms, scan->message->recipients_len, &standing);
	count_end(scan, profile, now_ms, verdict, let_in);
	key = profile_key(profile);
	profile_release(behaviour->profiles, profile);
	if (let_in)
		bounces_remember(scan, settings->bounces_for_ms, key, scan->message->recipients_len);
	if (standing.is_news)
		behaviour_tell(scan, subject, &standing, now_ms);
}

static void settle_bounce(const struct scan *scan)
{
	const struct behaviour_settings *settings = scan->settings;
	const struct behaviour *behaviour = scan->shared;
	const struct behaviour_message *counted = scan->message_state;
	uint64_t now_ms = clock_wall_ms();
	struct profile *profile;

	if (!bounces_count(scan, settings->bounces_for_ms, &counted->bounce))
		return;
	profile = profile_take_key(behaviour->profiles, counted->bounce.profile_key, now_ms);
	if (profile == NULL)
		return;
	profile_bounced(profile, now_ms, 1);
	profile_release(behaviour->profiles, profile);
}

void behaviour_settle(struct scan *scan, const struct verdict *verdict, bool let_in)
{
	const struct behaviour_message *counted = scan->message_state;
	struct behaviour_subject subject = behaviour_subject_of(scan);

	if (counted->bounce.profile_key != 0 && verdict != NULL && verdict->action != ACTION_DEFER)
		settle_bounce(scan);
	if (subject.name != NULL && (counted->begun || scan->message->refused > 0))
		settle_sender(scan, &subject, verdict, let_in);
}

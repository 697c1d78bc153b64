/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/behaviour_bounces.h"

#include "milter/lookup/profile.h"
#include "milter/mail/authors.h"

enum {
	ID_MAX = 250,		/* bytes of a Message-ID; a longer one is cut by somebody on the way back */
	REFERENCES_MAX = 4,	/* of a report: it answers the last of them */
	RECIPIENTS_MAX = 0xffff,
};

static const char *id_key(struct arena *arena, const char *kind, const char *id)
{
	return arena_printf(arena, "%s:%s", kind, id);
}

/* --- what leaves --- */

static const char *field(const struct scan *scan, const char *name)
{
	size_t position = 0;
	const struct header *header = headers_next(&scan->message->headers, name, &position);

	return header == NULL ? "" : header_unfold(scan->arena, header->value);
}

/* The next <...> of rest without its brackets; false when there is none. */
static bool next_id(struct arena *arena, const char **rest, const char **ret_id)
{
	const char *open, *end;

	for (;;) {
		open = strchr(*rest, '<');
		end = open == NULL ? NULL : strchr(open, '>');
		if (end == NULL)
			return false;
		*rest = end + 1;
		if (end - open > 1 && end - open <= ID_MAX + 1)
			break;
	}
	*ret_id = arena_strndup(arena, open + 1, (size_t)(end - open - 1));
	return true;
}

void bounces_remember(const struct scan *scan, uint64_t keep_ms, uint64_t profile_key, size_t recipients)
{
	const char *rest = field(scan, "Message-ID"), *id;
	uint64_t len = recipients > RECIPIENTS_MAX ? RECIPIENTS_MAX : recipients;

	if (scan->services->seen == NULL || !next_id(scan->arena, &rest, &id))
		return;
	(void)seen_note(scan->services->seen, id_key(scan->arena, "sent", id), keep_ms, len << PROFILE_KEY_BITS | profile_key);
}

/* --- what comes back --- */

static bool begins_with(const char *text, const char *word)
{
	struct str s = str_trim(str_of(text));
	size_t len = strlen(word);

	return s.len >= len && str_equal_nocase((struct str){ s.p, len }, str_of(word));
}

static bool holds_word(const char *text, const char *word)
{
	struct str rest = str_of(text);

	while (rest.p != NULL) {
		struct str part = str_split(&rest, " \t;=\"");

		if (str_equal_nocase(part, str_of(word)))
			return true;
	}
	return false;
}

/* RFC 6522; a disposition notification (RFC 8098) has the same form and says that somebody has read it. */
static bool is_report(const struct scan *scan)
{
	const char *type = field(scan, "Content-Type");

	return begins_with(type, "multipart/report") && !holds_word(type, "disposition-notification");
}

static bool is_from_a_mailer(const struct scan *scan)
{
	struct mailboxes authors;

	if (authors_read(scan->arena, &scan->message->headers, &authors) != NULL || authors.len != 1)
		return false;
	return ascii_equal(authors.items[0].localpart, "mailer-daemon") || address_is_postmaster(&authors.items[0]);
}

/* RFC 3834 5: auto-replied is an answer of somebody's machine to a person, as those on holiday have. */
static bool is_of_another_form(const struct scan *scan)
{
	const char *automatic = field(scan, "Auto-Submitted");

	if (begins_with(field(scan, "Content-Type"), "multipart/report") || begins_with(automatic, "auto-replied"))
		return false;
	return begins_with(automatic, "auto-generated") || is_from_a_mailer(scan);
}

static bool look(const struct scan *scan, const char *id, struct bounce *ret_bounce)
{
	struct sighting sighting = seen_look(scan->services->seen, id_key(scan->arena, "sent", id));

	if (sighting.times == 0 || sighting.value == 0)
		return false;
	*ret_bounce = (struct bounce){
		.message_id = id,
		.profile_key = sighting.value & ((UINT64_C(1) << PROFILE_KEY_BITS) - 1),
		.recipients = sighting.value >> PROFILE_KEY_BITS,
	};
	return true;
}

static bool find_in_field(const struct scan *scan, const char *name, struct bounce *ret_bounce)
{
	const char *rest = field(scan, name), *ids[REFERENCES_MAX], *id;
	size_t len = 0;

	while (next_id(scan->arena, &rest, &id))
		ids[len++ % REFERENCES_MAX] = id;
	for (size_t i = len; i > 0 && len - i < REFERENCES_MAX; i--)
		if (look(scan, ids[(i - 1) % REFERENCES_MAX], ret_bounce))
			return true;
	return false;
}

bool bounces_find(const struct scan *scan, struct bounce *ret_bounce)
{
	const struct message *message = scan->message;

	if (scan->services->seen == NULL || message->mailfrom_problem != NULL || message->mailfrom.text[0] != '\0')
		return false;
	for (size_t i = 0; i < message->about_len && is_report(scan); i++)
		if (look(scan, message->about[i], ret_bounce))
			return true;
	if (!is_report(scan) && !is_of_another_form(scan))
		return false;
	return find_in_field(scan, "In-Reply-To", ret_bounce) || find_in_field(scan, "References", ret_bounce);
}

bool bounces_count(const struct scan *scan, uint64_t keep_ms, const struct bounce *bounce)
{
	struct sighting before = seen_note(scan->services->seen, id_key(scan->arena, "bounced", bounce->message_id), keep_ms, 0);

	return before.times < bounce->recipients;
}

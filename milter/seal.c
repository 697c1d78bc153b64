/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/seal.h"

/* Each goes to the top, so the last one is the first. */
static void add_inserted(struct arena *arena, struct headers *headers, const struct edits *edits)
{
	for (size_t i = edits->len; i-- > 0;)
		if (edits->items[i].kind == EDIT_INSERT)
			headers_add(arena, headers, edits->items[i].name, edits->items[i].value);
}

/* As it arrived, or as it was changed. edits name fields by the very strings of the message. */
static const char *value_of(const struct header *header, const struct edits *edits)
{
	for (size_t i = 0; i < edits->len; i++)
		if (edits->items[i].kind == EDIT_CHANGE && edits->items[i].name == header->name)
			return edits->items[i].value;
	return header->value;
}

struct headers seal_header(const struct message *message, const struct edits *edits)
{
	struct headers headers = { .len = 0 };
	struct edits removals = { .items = edits->items }, others = *edits;

	while (others.len > 0 && others.items[0].kind == EDIT_REMOVE)
		others.items++, others.len--, removals.len++;
	add_inserted(message->arena, &headers, edits);
	for (size_t i = 0; i < message->headers.len; i++) {
		const struct header *header = &message->headers.items[i];

		/* removals are listed from the last field to the first: the next one is the last of what is left of the list */
		if (removals.len > 0 && removals.items[removals.len - 1].name == header->name)
			removals.len--;
		else
			headers_add(message->arena, &headers, header->name, value_of(header, &others));
	}
	return headers;
}

struct edits seal_edits(struct engine *engine, struct session *session, const struct verdict *verdict)
{
	struct message *message = session->message;
	struct edits edits = { .len = 0 };
	size_t stamped = message->stamps.len;
	struct headers headers;

	if (verdict->reply.code != 0 || verdict->action == ACTION_DISCARD)
		return edits;
	edits = stamp_edits(engine_conf(engine), engine_services(engine)->host, message, verdict);
	headers = seal_header(message, &edits);
	if (engine_seal(engine, session, &headers) < 0)
		edits.failure = "it could not be sealed";
	for (size_t i = message->stamps.len; i-- > stamped;)
		edits_insert(&edits, message->arena, message->stamps.items[i].name, message->stamps.items[i].value);
	return edits;
}

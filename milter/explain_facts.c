/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "milter/base/str.h"
#include "milter/explain_parts.h"

enum { ATTACHMENTS_SHOWN = 20, DIGEST_SHOWN = 64 };

static void say_client(const struct explain *explain)
{
	const struct journal_entry *entry = explain->entry;
	const char *name = entry->client_name;
	bool named = name[0] != '\0' && strcmp(name, "unknown") != 0 && name[0] != '[';

	if (entry->client[0] == '\0')
		explain_say(explain, "It came from no network address: the MTA itself, or a program on this host.");
	else if (named)
		explain_say(explain, "The client was %s, by its name in the DNS %s.", entry->client, name);
	else
		explain_say(explain, "The client was %s, which has no name in the DNS that leads back to it.", entry->client);
	if (entry->client[0] != '\0' && entry->helo[0] != '\0')
		explain_say(explain, "It called itself \"%s\" (HELO).", entry->helo);
	else if (entry->client[0] != '\0')
		explain_say(explain, "It had said neither HELO nor EHLO.");
	if (entry->daemon[0] != '\0')
		explain_say(explain, "It came in through the service \"%s\" of the MTA.", entry->daemon);
}

static void say_credentials(const struct explain *explain)
{
	const struct journal_entry *entry = explain->entry;

	if (entry->kind == JOURNAL_SESSION || entry->client[0] == '\0')
		return;
	if (entry->tls[0] != '\0')
		explain_say(explain, "The connection was encrypted (%s).", entry->tls);
	else
		explain_say(explain, "The connection was not encrypted.");
	if (entry->login[0] != '\0')
		explain_say(explain, "It had logged in as %s.", entry->login);
	else
		explain_say(explain, "It had not logged in.");
	if (entry->certificate[0] != '\0')
		explain_say(explain, "It showed a client certificate of \"%s\".", entry->certificate);
}

static void say_envelope(const struct explain *explain)
{
	const struct journal_entry *entry = explain->entry;
	uint64_t accepted = entry->kind == JOURNAL_MESSAGE ? entry->recipients_len : 0;

	if (entry->kind == JOURNAL_SESSION)
		return;
	if (entry->mailfrom[0] == '\0')
		explain_say(explain, "The sender in the envelope was the null sender <>: a bounce or another report.");
	else
		explain_say(explain, "The sender in the envelope was <%s>.", entry->mailfrom);
	if (entry->refused > 0)
		explain_say(explain, "Of its recipients %s let in and %s refused.", show_count(explain->show, accepted, "was", "were"),
			    show_count(explain->show, entry->refused, "was", "were"));
}

static void say_header(const struct explain *explain)
{
	const struct journal_entry *entry = explain->entry;

	if (entry->header_from[0] != '\0')
		explain_say(explain, "Its author, in the From field, was %s.", entry->header_from);
	else
		explain_say(explain, "Its author could not be told from the From field.");
	if (entry->subject[0] != '\0')
		explain_say(explain, "Its subject was \"%s\".", entry->subject);
	if (entry->message_id[0] != '\0')
		explain_say(explain, "Its Message-ID was <%s>.", entry->message_id);
	if (entry->tied_login[0] != '\0')
		explain_say(explain, "It was a report about a message that login %s had sent.", entry->tied_login);
	explain_say(explain, "It had %s%s%s%s.", show_size(explain->show, entry->size_bytes),
		    entry->queue_id[0] == '\0' ? "" : "; the MTA's queue id was ", entry->queue_id,
		    entry->content_ms == 0 ? "" : arena_printf(explain->show->arena, "; from its last byte to the answer it took %llu ms",
							       (unsigned long long)entry->content_ms));
}

static void say_attachments(const struct explain *explain)
{
	const struct journal_entry *entry = explain->entry;

	for (size_t i = 0; i < entry->attachments_len && i < ATTACHMENTS_SHOWN; i++) {
		const struct journal_attachment *file = &entry->attachments[i];

		explain_say(explain, "Attachment \"%s\": %s, %s%s%s.", file->name, file->type[0] == '\0' ? "of no known type" : file->type,
			    show_size(explain->show, file->size_bytes), file->sha256[0] == '\0' ? "" : ", sha256:", file->sha256);
	}
	if (entry->attachments_len > ATTACHMENTS_SHOWN)
		explain_say(explain, "And %zu attachments more.", entry->attachments_len - ATTACHMENTS_SHOWN);
}

void explain_facts(const struct explain *explain)
{
	say_client(explain);
	say_credentials(explain);
	say_envelope(explain);
	if (explain->entry->kind != JOURNAL_MESSAGE)
		return;
	say_header(explain);
	say_attachments(explain);
}

/* "gw.example.com; spf=pass smtp.mailfrom=a@x.example; dkim=none": a line for each. */
void explain_results(const struct explain *explain)
{
	struct str rest = str_of(explain->entry->results);
	bool host = true;

	while (rest.p != NULL) {
		struct str result = str_trim(str_split(&rest, ";"));

		if (result.len > 0 && !host)
			explain_say(explain, "%.*s", (int)result.len, result.p);
		host = false;
	}
	if (explain->entry->dmarc[0] != '\0')
		explain_say(explain, "DMARC: %s", explain->entry->dmarc);
}

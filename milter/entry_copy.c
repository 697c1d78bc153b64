/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/entry_copy.h"

static void keep(struct arena *arena, const char **text)
{
	*text = *text == NULL || (*text)[0] == '\0' ? "" : arena_strdup(arena, *text);
}

static const struct journal_recipient *copy_recipients(struct arena *arena, const struct journal_entry *entry)
{
	struct journal_recipient *copies = arena_array(arena, entry->recipients_len + 1, sizeof(*copies));

	for (size_t i = 0; i < entry->recipients_len; i++) {
		copies[i] = entry->recipients[i];
		keep(arena, &copies[i].address);
		keep(arena, &copies[i].ground);
		keep(arena, &copies[i].detail);
		keep(arena, &copies[i].reply);
	}
	return copies;
}

static const struct journal_finding *copy_findings(struct arena *arena, const struct journal_entry *entry)
{
	struct journal_finding *copies = arena_array(arena, entry->findings_len + 1, sizeof(*copies));

	for (size_t i = 0; i < entry->findings_len; i++) {
		copies[i] = entry->findings[i];
		keep(arena, &copies[i].scanner);
		keep(arena, &copies[i].outcome);
		keep(arena, &copies[i].action);
		keep(arena, &copies[i].recipient);
		keep(arena, &copies[i].text);
		keep(arena, &copies[i].rule_file);
	}
	return copies;
}

static const struct journal_attachment *copy_attachments(struct arena *arena, const struct journal_entry *entry)
{
	struct journal_attachment *copies = arena_array(arena, entry->attachments_len + 1, sizeof(*copies));

	for (size_t i = 0; i < entry->attachments_len; i++) {
		copies[i] = entry->attachments[i];
		keep(arena, &copies[i].name);
		keep(arena, &copies[i].type);
		keep(arena, &copies[i].sha256);
	}
	return copies;
}

struct journal_entry entry_copy(struct arena *arena, const struct journal_entry *entry)
{
	struct journal_entry copy = *entry;
	const char **const texts[] = {
		&copy.id, &copy.configuration, &copy.client, &copy.network, &copy.client_name, &copy.helo, &copy.mta_host, &copy.daemon, &copy.tls,
		&copy.login, &copy.certificate, &copy.direction, &copy.mailfrom, &copy.header_from, &copy.message_id, &copy.subject,
		&copy.subject_digest, &copy.tied_login, &copy.queue_id, &copy.verdict, &copy.reply, &copy.decided_by, &copy.rule_file,
		&copy.observed, &copy.failure, &copy.results, &copy.dmarc, &copy.event, &copy.subject_of, &copy.operator, &copy.note,
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		keep(arena, texts[i]);
	copy.recipients = copy_recipients(arena, entry);
	copy.findings = copy_findings(arena, entry);
	copy.attachments = copy_attachments(arena, entry);
	return copy;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/record_entry.h"

#include <string.h>

#include "milter/base/clock.h"
#include "milter/base/digest.h"
#include "milter/mail/authors.h"
#include "milter/mail/authres.h"
#include "milter/mail/encoded.h"
#include "milter/model/scanner.h"

enum {
	AUTHORS_IN_ENTRY = 5,
	SUBJECT_DIGITS = 16,
	NETWORK_PREFIX_V6 = 64,		/* what one customer has */
};

/* The /64 of an IPv6 client: within it, addresses cost nothing. */
static const char *network_of(struct arena *arena, const struct ip *client)
{
	struct network network = { .ip = *client, .prefix = NETWORK_PREFIX_V6 };
	char text[NETWORK_TEXT_MAX];

	if (client->family == IP_V4)
		return arena_strdup(arena, ip_format(client, text));
	if (client->family != IP_V6)
		return "";
	memset(network.ip.bytes + 8, 0, 8);
	return arena_strdup(arena, network_format(&network, text));
}

static void put_session(struct arena *arena, struct journal_entry *entry, const struct session *session)
{
	char text[IP_TEXT_MAX];

	entry->client = session->client.family == IP_NONE ? "" : arena_strdup(arena, ip_format(&session->client, text));
	entry->network = network_of(arena, &session->client);
	entry->client_name = session->client_name;
	entry->helo = session->helo;
	entry->mta_host = session->mta_host;
	entry->daemon = session->daemon_name;
}

static const char *authors_text(struct arena *arena, const struct headers *headers)
{
	struct authors authors;
	const char *text = "";

	authors_judge(arena, headers, &authors);
	for (size_t i = 0; i < authors.mailboxes.len && i < AUTHORS_IN_ENTRY; i++)
		text = arena_printf(arena, "%s%s%s", text, i == 0 ? "" : ", ", authors.mailboxes.items[i].text);
	return text;
}

/* Without the brackets and what stands around them: as a bounce will name it. */
static const char *message_id_text(struct arena *arena, const struct headers *headers)
{
	size_t position = 0;
	const struct header *header = headers_next(headers, "Message-ID", &position);
	const char *value = header == NULL ? "" : header_unfold(arena, header->value), *open = strchr(value, '<'), *end;

	if (open == NULL)
		return value;
	end = strchr(open, '>');
	return end == NULL ? open + 1 : arena_strndup(arena, open + 1, (size_t)(end - open - 1));
}

/* Decoded, each run of white space one space: "Re:  Offer" and a folded "Re: Offer" are one subject. */
static const char *subject_text(struct arena *arena, const struct headers *headers)
{
	size_t position = 0;
	const struct header *header = headers_next(headers, "Subject", &position);
	struct encoded encoded;
	char *text;
	size_t len = 0;

	if (header == NULL)
		return "";
	encoded_decode(arena, str_of(header_unfold(arena, header->value)), &encoded);
	text = arena_alloc(arena, encoded.text.len + 1);
	for (size_t i = 0; i < encoded.text.len; i++) {
		char c = encoded.text.p[i];
		bool space = ascii_is_space(c) || c == '\0';

		if (!space || (len > 0 && text[len - 1] != ' '))
			text[len++] = space ? ' ' : c;
	}
	text[len] = '\0';
	return text;
}

static const char *digest_prefix(struct arena *arena, const char *text)
{
	unsigned char digest[DIGEST_SIZE];
	char digits[DIGEST_TEXT_SIZE];

	if (text[0] == '\0')
		return "";
	digest_of(text, strlen(text), digest);
	digest_text(digest, digits);
	return arena_strndup(arena, digits, SUBJECT_DIGITS);
}

static void put_header(struct arena *arena, const struct record_settings *settings, struct journal_entry *entry, const struct message *message)
{
	const char *subject;

	if (message->headers.len == 0)
		return;
	subject = subject_text(arena, &message->headers);
	entry->header_from = authors_text(arena, &message->headers);
	entry->message_id = message_id_text(arena, &message->headers);
	entry->subject_digest = digest_prefix(arena, subject);
	entry->subject = settings->subjects ? subject : "";
	if (message->results_len > 0)
		entry->results = authres_format(arena, settings->host, message->results, message->results_len);
}

static void put_message(struct journal_entry *entry, const struct message *message)
{
	entry->tls = message->credentials.tls_version;
	entry->login = message->credentials.login;
	entry->certificate = message->credentials.cert_subject;
	entry->direction = direction_name(message->direction);
	entry->mailfrom = message->mailfrom.text;
	entry->size_bytes = message->size_bytes;
	entry->queue_id = message->queue_id;
	entry->dmarc = message->dmarc == NULL ? "" : message->dmarc;
	entry->refused = message->refused;
	if (message->content_started_ms > 0)
		entry->content_ms = clock_monotonic_ms() - message->content_started_ms;
}

static const char *reply_text(struct arena *arena, const struct reply *reply)
{
	if (reply->code == 0)
		return "";
	return arena_printf(arena, "%u %u.%u.%u %s", reply->code, reply->status[0], reply->status[1], reply->status[2], reply->text);
}

static void put_verdict(struct arena *arena, struct journal_entry *entry, const struct verdict *verdict)
{
	entry->verdict = action_name(verdict->action);
	entry->reply = reply_text(arena, &verdict->reply);
	entry->decided_by = verdict->by_name;
	entry->rule_file = verdict->where.file == NULL ? "" : verdict->where.file;
	entry->rule_line = verdict->where.line;
	entry->observed = verdict->observed;
	entry->score = verdict->score;
}

static struct journal_recipient recipient_of(const struct recipient *recipient, const char *reply, bool accepted)
{
	return (struct journal_recipient){
		.address = recipient->address.text,
		.ground = recipient->ground == GROUND_NONE ? "" : ground_name(recipient->ground),
		.detail = recipient->ground_detail == NULL ? "" : recipient->ground_detail,
		.reply = reply,
		.accepted = accepted,
	};
}

static void put_recipients(struct arena *arena, struct journal_entry *entry, const struct message *message)
{
	size_t len = entry->kind == JOURNAL_MESSAGE ? message->recipients_len : 0;
	const struct recipient *refused = entry->kind == JOURNAL_RECIPIENT ? message->refused_last : NULL;
	struct journal_recipient *recipients = arena_array(arena, len + 1, sizeof(*recipients));

	for (size_t i = 0; i < len; i++)
		recipients[i] = recipient_of(&message->recipients[i], "", true);
	if (refused != NULL)
		recipients[len++] = recipient_of(refused, entry->reply, false);
	entry->recipients = recipients;
	entry->recipients_len = len;
}

static const char *recipient_text(const struct message *message, size_t recipient)
{
	if (message == NULL || recipient == FINDING_MESSAGE)
		return "";
	return recipient < message->recipients_len ? message->recipients[recipient].address.text : "";
}

static struct journal_finding finding_of(const struct record_facts *facts, const struct finding *finding)
{
	enum direction direction = facts->message == NULL ? DIRECTION_INBOUND : facts->message->direction;
	struct rule_action action = finding->rule.by_direction[direction];

	return (struct journal_finding){
		.scanner = finding->scanner->name,
		.outcome = finding->outcome->name,
		.action = action.action == ACTION_WEIGHT ? "weight" : action_name(action.action),
		.weight = action.action == ACTION_WEIGHT ? action.weight : 0,
		.observed = action.observe,
		.decided = finding == facts->verdict->by,
		.recipient = recipient_text(facts->message, finding->recipient),
		.text = finding->text,
		.rule_file = finding->rule.where.file == NULL ? "" : finding->rule.where.file,
		.rule_line = finding->rule.where.line,
	};
}

/* Whose message a bounce is about, as the scanner that knows it noted. */
static void look_for_tie(struct journal_entry *entry, const struct finding *finding)
{
	for (size_t i = 0; i < finding->notes_len; i++)
		if (strcmp(finding->notes[i].key, "login") == 0)
			entry->tied_login = finding->notes[i].value;
}

static void put_findings(struct arena *arena, struct journal_entry *entry, const struct record_facts *facts)
{
	const struct findings *of_session = &facts->session->findings, *others = facts->findings;
	size_t others_len = others == NULL || others == of_session ? 0 : others->len, len = 0;
	struct journal_finding *findings = arena_array(arena, of_session->len + others_len + 1, sizeof(*findings));

	for (size_t i = 0; i < of_session->len; i++)
		findings[len++] = finding_of(facts, &of_session->items[i]);
	for (size_t i = 0; i < others_len; i++) {
		findings[len++] = finding_of(facts, &others->items[i]);
		look_for_tie(entry, &others->items[i]);
	}
	entry->findings = findings;
	entry->findings_len = len;
}

static void put_attachments(struct arena *arena, struct journal_entry *entry, const struct message *message)
{
	struct journal_attachment *attachments = arena_array(arena, message->attachments_len + 1, sizeof(*attachments));

	for (size_t i = 0; i < message->attachments_len; i++) {
		const struct attachment_fact *fact = &message->attachments[i];

		attachments[i] = (struct journal_attachment){ fact->name, fact->type, fact->sha256, fact->size_bytes };
	}
	entry->attachments = attachments;
	entry->attachments_len = message->attachments_len;
}

struct journal_entry record_entry(struct arena *arena, const struct record_settings *settings, const struct record_facts *facts)
{
	struct journal_entry entry = journal_nothing;
	const struct message *message = facts->message;

	entry.time_ms = (int64_t)clock_wall_ms();
	entry.kind = facts->kind;
	entry.id = facts->id;
	entry.configuration = settings->configuration;
	entry.elapsed_ms = clock_monotonic_ms() - (message == NULL ? facts->session->started_ms : message->started_ms);
	put_session(arena, &entry, facts->session);
	put_verdict(arena, &entry, facts->verdict);
	if (facts->failure != NULL) {
		entry.failure = facts->failure;
		entry.verdict = action_name(ACTION_DEFER);
	}
	put_findings(arena, &entry, facts);
	if (message == NULL)
		return entry;
	put_message(&entry, message);
	put_recipients(arena, &entry, message);
	if (facts->kind == JOURNAL_MESSAGE) {
		put_header(arena, settings, &entry, message);
		put_attachments(arena, &entry, message);
	}
	return entry;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/record.h"

#include <stdio.h>

#include "milter/base/clock.h"
#include "milter/base/log.h"
#include "milter/lookup/resolver.h"
#include "milter/model/scanner.h"
#include "milter/record_entry.h"
#include "milter/status.h"

/* Set once, before the first session. */
static struct record_settings here;

enum { REFUSED_ENTRIES = 100 };		/* of one transaction: who guesses recipients fills no disk; the rest is counted */

void record_open(const struct record_settings *settings)
{
	here = *settings;
}

static void keep(const struct record_facts *facts)
{
	struct journal_entry entry;
	struct arena *arena;

	if (here.journal == NULL)
		return;
	arena = arena_new();
	entry = record_entry(arena, &here, facts);
	journal_put(here.journal, &entry);
	arena_free(arena);
}

/* What decided, with its place in milter.conf: the answer to "why?". */
static void add_decision(struct log_line *line, const struct verdict *verdict)
{
	char where[LOG_FIELD_MAX];

	log_line_add(line, "verdict", action_name(verdict->action));
	if (verdict->reply.code != 0) {
		char reply[REPLY_TEXT_MAX + 32];

		(void)snprintf(reply, sizeof(reply), "%u %u.%u.%u %s", verdict->reply.code, verdict->reply.status[0],
			       verdict->reply.status[1], verdict->reply.status[2], verdict->reply.text);
		log_line_add(line, "reply", reply);
	}
	if (verdict->by_name[0] != '\0')
		log_line_add(line, "by", verdict->by_name);
	if (verdict->where.file != NULL) {
		(void)snprintf(where, sizeof(where), "%s:%u", verdict->where.file, verdict->where.line);
		log_line_add(line, "rule", where);
	}
	if (verdict->observed[0] != '\0')
		log_line_add(line, "observed", verdict->observed);
}

static void append_names(char *text, size_t size, const struct findings *findings)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < findings->len && len < size; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%s:%s", len == 0 ? "" : ",", findings->items[i].scanner->name,
					findings->items[i].outcome->name);
}

static void add_findings(struct log_line *line, const struct session *session, const struct message *message)
{
	char names[LOG_FIELD_MAX + 2] = "";	/* one that is full is over the limit of a field, and says so with dots */

	append_names(names, sizeof(names), &session->findings);
	if (message != NULL)
		append_names(names, sizeof(names), &message->findings);
	log_line_add(line, "findings", names);
}

static void add_client(struct log_line *line, const struct session *session)
{
	char client[IP_TEXT_MAX];

	log_line_add(line, "client", ip_format(&session->client, client));
	log_line_add(line, "helo", session->helo);
	if (session->daemon_name[0] != '\0')
		log_line_add(line, "daemon", session->daemon_name);
}

/* Each ground that was used, with how many recipients it let in. */
static void add_grounds(struct log_line *line, const struct message *message)
{
	unsigned counts[GROUND_LOCAL + 1] = { 0 };
	char text[LOG_FIELD_MAX] = "";
	size_t len = 0;

	for (size_t i = 0; i < message->recipients_len; i++)
		counts[message->recipients[i].ground]++;
	for (unsigned ground = GROUND_DOMAIN; ground <= GROUND_LOCAL; ground++)
		if (counts[ground] > 0)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s:%u", len == 0 ? "" : ",",
						ground_name((enum ground)ground), counts[ground]);
	if (len > 0)
		log_line_add(line, "grounds", text);
}

static void add_envelope(struct log_line *line, const struct message *message)
{
	log_line_add_path(line, "mailfrom", message->mailfrom.text);
	log_line_add_number(line, "rcpts", message->recipients_len);
	if (message->recipients_len > 0)
		log_line_add_path(line, "rcpt", message->recipients[0].address.text);
	if (message->refused > 0) {
		log_line_add_number(line, "refused", message->refused);
		log_line_add_path(line, "refused_rcpt", message->refused_first);
	}
	log_line_add(line, "direction", direction_name(message->direction));
	add_grounds(line, message);
	if (message->credentials.login[0] != '\0')
		log_line_add(line, "login", message->credentials.login);
}

static void start_line(struct log_line *line, const char *id)
{
	line->len = 0;
	line->text[0] = '\0';
	log_line_add(line, "id", id);
}

void record_message(const struct session *session, const struct message *message, const struct verdict *verdict, const char *failure)
{
	struct verdict carried_out = *verdict;
	struct log_line line;

	if (failure != NULL)
		carried_out.action = ACTION_DEFER;
	start_line(&line, message->id);
	log_line_add(&line, "queue_id", message->queue_id);
	add_client(&line, session);
	add_envelope(&line, message);
	log_line_add_number(&line, "size_bytes", message->size_bytes);
	add_decision(&line, &carried_out);
	add_findings(&line, session, message);
	if (message->dmarc != NULL)
		log_line_add(&line, "dmarc", message->dmarc);
	if (failure != NULL)
		log_line_add(&line, "failure", failure);
	log_line_add_number(&line, "elapsed_ms", clock_monotonic_ms() - message->started_ms);
	log_line_write(&line, LOG_INFO);
	status_count(carried_out.action);
	keep(&(struct record_facts){ JOURNAL_MESSAGE, message->id, session, message, &message->findings, verdict, failure });
}

void record_recipient(const struct session *session, const struct message *message, const struct verdict *verdict)
{
	status_count_refused();
	if (message->refused > REFUSED_ENTRIES || message->refused_last == NULL)
		return;
	keep(&(struct record_facts){ JOURNAL_RECIPIENT, message->id, session, message, &message->refused_findings, verdict, NULL });
}

void record_session(const struct session *session, const struct verdict *verdict, const char *id)
{
	struct log_line line;

	start_line(&line, id);
	add_client(&line, session);
	add_decision(&line, verdict);
	add_findings(&line, session, NULL);
	log_line_write(&line, LOG_INFO);
	status_count_refused();
	keep(&(struct record_facts){ JOURNAL_SESSION, id, session, NULL, NULL, verdict, NULL });
}

void record_transaction(const struct session *session, const struct message *message, const struct verdict *mailfrom_verdict)
{
	const struct verdict *verdict = message->refused > 0 ? &message->refused_verdict : mailfrom_verdict;
	struct log_line line;

	start_line(&line, message->id);
	log_line_add(&line, "queue_id", message->queue_id);
	add_client(&line, session);
	add_envelope(&line, message);
	add_decision(&line, verdict);
	add_findings(&line, session, message);
	log_line_add_number(&line, "elapsed_ms", clock_monotonic_ms() - message->started_ms);
	log_line_write(&line, LOG_INFO);
	keep(&(struct record_facts){ JOURNAL_TRANSACTION, message->id, session, message, &message->findings, verdict, NULL });
}

void record_resolver(const struct resolver_stats *stats)
{
	const struct {
		const char *key;
		uint64_t value;
	} numbers[] = {
		{ "asked", stats->asked }, { "cached", stats->cached }, { "joined", stats->joined }, { "upstream", stats->upstream },
		{ "found", stats->found }, { "nothing", stats->nothing }, { "unknown", stats->unknown }, { "timeouts", stats->timeouts },
		{ "refused", stats->refused }, { "in_flight", stats->in_flight }, { "entries", stats->entries }, { "bytes", stats->bytes },
		{ "mean_ms", stats->upstream == 0 ? 0 : stats->wait_ms_total / stats->upstream }, { "max_ms", stats->wait_ms_max },
	};
	struct log_line line = { .len = 0 };

	log_line_add(&line, "resolver", "since the start");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		log_line_add_number(&line, numbers[i].key, numbers[i].value);
	log_line_write(&line, LOG_NOTICE);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/entry_json.h"

#include <string.h>

#include "milter/mail/utf8.h"
#include "milter/show.h"

#define REPLACEMENT "\xef\xbf\xbd"

json_t *entry_json_text(const char *text)
{
	size_t left = strlen(text), used = 0;
	struct arena *arena;
	json_t *value;
	char *out;

	if (utf8_is_valid(str_of(text)) && strchr(text, '\x7f') == NULL)
		return json_string(text);
	arena = arena_new();
	out = arena_alloc(arena, left * 3 + 1);
	while (left > 0) {
		size_t len = utf8_length((struct str){ text, left }), taken = len == 0 ? 1 : len;
		bool good = len > 0 && text[0] != '\x7f';

		memcpy(out + used, good ? text : REPLACEMENT, good ? taken : 3);
		used += good ? taken : 3;
		text += taken;
		left -= taken;
	}
	value = json_string(out);
	arena_free(arena);
	return value;
}

static void set(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value);
}

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text != NULL && text[0] != '\0')
		set(object, key, entry_json_text(text));
}

static void set_number(json_t *object, const char *key, uint64_t number)
{
	if (number > 0)
		set(object, key, json_integer((json_int_t)number));
}

static json_t *recipients_json(const struct journal_entry *entry)
{
	json_t *array = json_array();

	for (size_t i = 0; i < entry->recipients_len; i++) {
		json_t *object = json_object();

		set_text(object, "address", entry->recipients[i].address);
		set(object, "accepted", json_boolean(entry->recipients[i].accepted));
		set_text(object, "ground", entry->recipients[i].ground);
		set_text(object, "detail", entry->recipients[i].detail);
		set_text(object, "reply", entry->recipients[i].reply);
		(void)json_array_append_new(array, object);
	}
	return array;
}

static json_t *finding_json(const struct journal_finding *finding)
{
	json_t *object = json_object();

	set_text(object, "scanner", finding->scanner);
	set_text(object, "outcome", finding->outcome);
	set_text(object, "action", finding->action);
	if (strcmp(finding->action, "weight") == 0)
		set(object, "weight", json_real(finding->weight));
	set(object, "observed", json_boolean(finding->observed));
	set(object, "decided", json_boolean(finding->decided));
	set_text(object, "recipient", finding->recipient);
	set_text(object, "text", finding->text);
	set_text(object, "rule_file", finding->rule_file);
	set_number(object, "rule_line", finding->rule_line);
	return object;
}

static json_t *findings_json(const struct journal_entry *entry)
{
	json_t *array = json_array();

	for (size_t i = 0; i < entry->findings_len; i++)
		(void)json_array_append_new(array, finding_json(&entry->findings[i]));
	return array;
}

static json_t *attachments_json(const struct journal_entry *entry)
{
	json_t *array = json_array();

	for (size_t i = 0; i < entry->attachments_len; i++) {
		json_t *object = json_object();

		set_text(object, "name", entry->attachments[i].name);
		set_text(object, "type", entry->attachments[i].type);
		set_text(object, "sha256", entry->attachments[i].sha256);
		set(object, "size_bytes", json_integer((json_int_t)entry->attachments[i].size_bytes));
		(void)json_array_append_new(array, object);
	}
	return array;
}

static void set_texts(json_t *object, const struct journal_entry *entry)
{
	const struct {
		const char *key, *text;
	} texts[] = {
		{ "configuration", entry->configuration }, { "client", entry->client }, { "network", entry->network },
		{ "client_name", entry->client_name }, { "helo", entry->helo }, { "mta_host", entry->mta_host }, { "daemon", entry->daemon },
		{ "tls", entry->tls }, { "login", entry->login }, { "certificate", entry->certificate }, { "direction", entry->direction },
		{ "header_from", entry->header_from }, { "message_id", entry->message_id }, { "subject", entry->subject },
		{ "subject_digest", entry->subject_digest }, { "tied_login", entry->tied_login }, { "queue_id", entry->queue_id },
		{ "verdict", entry->verdict }, { "reply", entry->reply }, { "decided_by", entry->decided_by }, { "rule_file", entry->rule_file },
		{ "observed", entry->observed }, { "failure", entry->failure }, { "results", entry->results }, { "dmarc", entry->dmarc },
		{ "event", entry->event }, { "subject_of", entry->subject_of }, { "operator", entry->operator }, { "note", entry->note },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		set_text(object, texts[i].key, texts[i].text);
}

static const char *kind_name(enum journal_kind kind)
{
	static const char *const names[] = { [JOURNAL_MESSAGE] = "message", [JOURNAL_RECIPIENT] = "recipient", [JOURNAL_TRANSACTION] = "transaction",
					     [JOURNAL_SESSION] = "session", [JOURNAL_EVENT] = "event" };

	return kind >= JOURNAL_MESSAGE && kind <= JOURNAL_EVENT ? names[kind] : "unknown";
}

static void set_time(json_t *object, const struct journal_entry *entry)
{
	struct arena *arena = arena_new();

	set_text(object, "time", show_time_utc(arena, entry->time_ms));
	set(object, "time_ms", json_integer((json_int_t)entry->time_ms));
	arena_free(arena);
}

json_t *entry_json(const struct journal_entry *entry)
{
	json_t *object = json_object();

	set_text(object, "id", entry->id);
	set(object, "kind", json_string(kind_name(entry->kind)));
	set_time(object, entry);
	if (entry->kind != JOURNAL_SESSION && entry->kind != JOURNAL_EVENT)
		set(object, "mailfrom", entry_json_text(entry->mailfrom));	/* the null sender is one, too */
	set_texts(object, entry);
	if (entry->kind == JOURNAL_EVENT)
		return object;
	set_number(object, "rule_line", entry->rule_line);
	set(object, "score", json_real(entry->score));
	set_number(object, "size_bytes", entry->size_bytes);
	set_number(object, "refused", entry->refused);
	set(object, "elapsed_ms", json_integer((json_int_t)entry->elapsed_ms));
	set_number(object, "content_ms", entry->content_ms);
	set(object, "recipients", recipients_json(entry));
	set(object, "findings", findings_json(entry));
	set(object, "attachments", attachments_json(entry));
	return object;
}

static void dump(FILE *out, json_t *json, size_t flags)
{
	(void)json_dumpf(json, out, flags | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6));
	(void)fputc('\n', out);
	json_decref(json);
}

void entry_json_line(FILE *out, json_t *json)
{
	dump(out, json, JSON_COMPACT);
}

void entry_json_page(FILE *out, json_t *json)
{
	dump(out, json, JSON_INDENT(1));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/entry_json.h"

#include <stdlib.h>

#include "milter/entry_copy.h"
#include "t/unit/rows.h"

static const struct text {
	const char *name, *text, *json;
} texts[] = {
	{ "plain", "hello", "\"hello\"" },
	{ "letters", "J\xc3\xbcrgen", "\"J\\u00FCrgen\"" },
	{ "escape_LOG_01", "\x1b[2J", "\"\\u001B[2J\"" },
	{ "del_LOG_01", "a\x7f" "b", "\"a\\uFFFDb\"" },
	{ "c1_LOG_01", "\xc2\x9b", "\"\\u009B\"" },
	{ "bidi_LOG_01", "\xe2\x80\xae", "\"\\u202E\"" },
	{ "no_utf_8", "J\xfcrgen", "\"J\\uFFFDrgen\"" },
	{ "nothing", "", "\"\"" },
};

static void check_text(void **state)
{
	const struct text *row = *state;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	json_t *array = json_array();

	(void)json_array_append_new(array, entry_json_text(row->text));
	entry_json_line(out, array);
	(void)fclose(out);
	assert_int_equal(strlen(text), strlen(row->json) + 3);
	assert_memory_equal(text + 1, row->json, strlen(row->json));
	free(text);
}

static const struct journal_recipient recipient = { "u@ours.example", "domain", "", "", true };
static const struct journal_finding finding = { .scanner = "spf", .outcome = "softfail", .action = "weight", .weight = 2, .text = "SPF softfail: x",
						.rule_file = "milter.conf", .rule_line = 31 };
static const struct journal_attachment attachment = { "a.exe", "exe", "ab12", 68 };

static void an_entry_as_a_whole(void **state)
{
	struct arena *arena = arena_new();
	struct journal_entry entry = { .kind = JOURNAL_MESSAGE, .time_ms = 1795183445250, .id = "7K3F-QX2M", .client = "203.0.113.9", .mailfrom = "",
				       .verdict = "accept", .recipients = &recipient, .recipients_len = 1, .findings = &finding, .findings_len = 1,
				       .attachments = &attachment, .attachments_len = 1, .size_bytes = 4211, .elapsed_ms = 12, .score = 2 };
	json_t *json;
	char *text;

	(void)state;
	entry = entry_copy(arena, &entry);
	json = entry_json(&entry);
	text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(6));
	assert_string_equal(text,
		"{\"id\":\"7K3F-QX2M\",\"kind\":\"message\",\"time\":\"2026-11-20T14:04:05.250Z\",\"time_ms\":1795183445250,\"mailfrom\":\"\","
		"\"client\":\"203.0.113.9\",\"verdict\":\"accept\",\"score\":2.0,\"size_bytes\":4211,\"elapsed_ms\":12,"
		"\"recipients\":[{\"address\":\"u@ours.example\",\"accepted\":true,\"ground\":\"domain\"}],"
		"\"findings\":[{\"scanner\":\"spf\",\"outcome\":\"softfail\",\"action\":\"weight\",\"weight\":2.0,\"observed\":false,\"decided\":false,"
		"\"text\":\"SPF softfail: x\",\"rule_file\":\"milter.conf\",\"rule_line\":31}],"
		"\"attachments\":[{\"name\":\"a.exe\",\"type\":\"exe\",\"sha256\":\"ab12\",\"size_bytes\":68}]}");
	free(text);
	json_decref(json);
	arena_free(arena);
}

static void an_event(void **state)
{
	struct arena *arena = arena_new();
	struct journal_entry entry = { .kind = JOURNAL_EVENT, .time_ms = 1795183445250, .event = "hold", .subject_of = "login:bob", .operator = "alice" };
	json_t *json;
	char *text;

	(void)state;
	entry = entry_copy(arena, &entry);
	json = entry_json(&entry);
	text = json_dumps(json, JSON_COMPACT);
	assert_string_equal(text, "{\"kind\":\"event\",\"time\":\"2026-11-20T14:04:05.250Z\",\"time_ms\":1795183445250,\"event\":\"hold\","
				  "\"subject_of\":\"login:bob\",\"operator\":\"alice\"}");
	free(text);
	json_decref(json);
	arena_free(arena);
}

static void a_kind_that_nobody_knows(void **state)
{
	struct arena *arena = arena_new();
	struct journal_entry entry = { .kind = (enum journal_kind)99 };
	json_t *json;

	(void)state;
	entry = entry_copy(arena, &entry);
	json = entry_json(&entry);
	assert_string_equal(json_string_value(json_object_get(json, "kind")), "unknown");
	json_decref(json);
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, texts, check_text);
	rows_add_one(&rows, "an_entry_as_a_whole", an_entry_as_a_whole, NULL);
	rows_add_one(&rows, "an_event", an_event, NULL);
	rows_add_one(&rows, "a_kind_that_nobody_knows", a_kind_that_nobody_knows, NULL);
	return rows_run(&rows, "entry_json");
}

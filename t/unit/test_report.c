/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/report.h"

#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "milter/entry_copy.h"
#include "t/unit/rows.h"

#define NOW_MS 1795183445000LL	/* 2026-11-20 14:04:05 UTC */
#define HOUR 3600000LL
#define AT(hours) .time_ms = NOW_MS - (hours) * HOUR, .id = "7K3F-QX2M"
#define MESSAGE(hours, direction_, verdict_) .kind = JOURNAL_MESSAGE, AT(hours), .direction = (direction_), .verdict = (verdict_), .size_bytes = 1000, \
	.network = "203.0.113.9"
#define TO(address_) .recipients = &(const struct journal_recipient){ (address_), "domain", "", "", true }, .recipients_len = 1
#define FOUND(s, o, t) .findings = &(const struct journal_finding){ .scanner = (s), .outcome = (o), .action = "accept", .text = (t) }, .findings_len = 1

/* The newest first, as the journal gives them. */
static const struct journal_entry entries[] = {
	{ .kind = JOURNAL_EVENT, AT(1), .event = "recovered", .subject_of = "resolver", .note = "it answers again" },
	{ MESSAGE(1, "inbound", "accept"), TO("u@ours.example"), .observed = "reject (spf:fail)", .mailfrom = "a@ext.example" },
	{ MESSAGE(1, "inbound", "accept"), TO("u@ours.example"), .observed = "reject (spf:fail)", .mailfrom = "friend@known.example" },
	{ MESSAGE(1, "inbound", "accept"), TO("u@ours.example"), .observed = "reject (spf:fail)", .mailfrom = "friend@known.example" },
	{ MESSAGE(1, "inbound", "accept"), TO("u@ours.example"), .observed = "tag (dkim:fail)", .mailfrom = "" },
	{ MESSAGE(2, "inbound", "reject"), TO("u@ours.example"), .decided_by = "antivirus:infected", FOUND("antivirus", "infected", "virus found: X") },
	{ MESSAGE(2, "inbound", "quarantine"), TO("u@ours.example"), .decided_by = "antivirus:unscannable" },
	{ MESSAGE(3, "inbound", "defer"), TO("u@ours.example"), .decided_by = "spf:temperror" },
	{ MESSAGE(3, "inbound", "defer"), TO("u@ours.example"), .failure = "no room" },
	{ MESSAGE(3, "inbound", "accept"), TO("u@ours.example"), FOUND("dnsbl", "error", "zen.example could not tell about 203.0.113.9: silence") },
	{ MESSAGE(4, "submission", "accept"), TO("v@other.example"), .login = "bob", FOUND("behaviour", "note", "212 recipients in 9 minutes") },
	{ MESSAGE(4, "inbound", "accept"), TO("bob@ours.example"), .tied_login = "bob", FOUND("behaviour", "bounce", "of bob") },
	{ .kind = JOURNAL_TRANSACTION, AT(5), .verdict = "reject", .decided_by = "relay:denied", .refused = 1, .network = "203.0.113.9" },
	{ .kind = JOURNAL_RECIPIENT, AT(5), .verdict = "reject", .decided_by = "relay:denied", .network = "203.0.113.9" },
	{ .kind = JOURNAL_SESSION, AT(6), .verdict = "reject", .decided_by = "session:denied", .network = "203.0.113.9" },
	{ .kind = JOURNAL_EVENT, AT(7), .event = "degraded", .subject_of = "resolver", .note = "no server answers" },
	{ .kind = JOURNAL_EVENT, AT(8), .event = "hold", .subject_of = "login:bob", .operator = "alice", .note = "for 2h" },
	{ .kind = JOURNAL_EVENT, AT(8), .event = "listed", .subject_of = "address:192.0.2.9", .note = "by zen.example" },
	{ .kind = JOURNAL_EVENT, AT(9), .event = "quarantined", .subject_of = "quarantine:7K3F-QX2M" },
	{ .kind = JOURNAL_EVENT, AT(9), .event = "released", .subject_of = "quarantine:7K3F-QX2M", .operator = "alice" },
	{ .kind = JOURNAL_EVENT, AT(9), .event = "deleted", .subject_of = "quarantine:7K3F-QX2N", .operator = "alice" },
};

static bool is_friend(void *arg, const char *address, int64_t time_ms)
{
	unsigned *asked = arg;

	(void)time_ms;
	(*asked)++;
	return strcmp(address, "friend@known.example") == 0;
}

static struct report *make(struct arena *arena, unsigned *asked)
{
	struct report *report = arena_new_of(arena, struct report);

	report_begin(report, arena, NOW_MS - 24 * HOUR, NOW_MS);
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		struct journal_entry entry = entry_copy(arena, &entries[i]);

		report_add(report, &entry);
	}
	*asked = 0;
	report_judge(report, is_friend, asked);
	return report;
}

static char *printed(const struct report *report, const struct show *show, bool json)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (json)
		report_print_json(out, report);
	else
		report_print(out, show, report);
	(void)fclose(out);
	return text;
}

static const struct sentence {
	const char *name, *text;
} sentences[] = {
	{ "heading", "From 2026-11-19 14:04:05 to 2026-11-20 14:04:05\n" },
	{ "totals", "  inbound             6          0          1          2          0          1         10\n" },
	{ "totals_of_submission", "  submission          1          0          0          0          0          0          1\n" },
	{ "totals_of_nothing", "  granted             0          0          0          0          0          0          0\n" },
	{ "before_a_message", "Refused before there was a message: 1 recipient, 1 attempt to send, 1 session.\n" },
	{ "reasons", "         1  reject relay:denied " },
	{ "a_deferral_by_failure_is_no_reason", "Verdicts that could not be carried out\n         1  no room " },
	{ "what_observe_would_have_done", "Only observed: without observe it would have been\n         3  reject (spf:fail)" },
	{ "likely_false_alarms", "Likely false alarms, for one of ours had written to the sender before: 2 messages.\n"
	  "    2026-11-20 13:04:05 7K3F-QX2M <friend@known.example>: reject (spf:fail)\n" },
	{ "could_not_tell", "Deferred because something could not tell\n         1  spf:temperror " },
	{ "degraded_moments_in_order", "Degraded moments\n  2026-11-20 07:04:05 degraded resolver: no server answers\n"
	  "  2026-11-20 13:04:05 recovered resolver: it answers again\n" },
	{ "lists", "DNS lists that did not answer as they should\n         1  zen.example " },
	{ "accounts", "Accounts and hosts out of line\n         1  login:bob                                 note: 212 recipients in 9 minutes" },
	{ "holds", "Alerts and holds\n  2026-11-20 06:04:05 hold login:bob by alice: for 2h\n" },
	{ "listings", "Our own name in DNS lists\n  2026-11-20 06:04:05 listed address:192.0.2.9: by zen.example\n" },
	{ "quarantine", "Quarantine\n  1 held, 1 released, 1 deleted.\n" },
	{ "viruses", "Viruses\n         1  virus found: X " },
	{ "logins", "Logins with the most recipients\n         1  bob\n" },
	{ "clients", "Clients with the most entries\n        14  203.0.113.9" },
	{ "domains", "Domains that most of our mail went to\n         1  other.example" },
	{ "bounces", "Bounces of our mail: 1.\n" },
};

static void check_sentence(void **state)
{
	const struct sentence *row = *state;
	struct arena *arena = arena_new();
	const struct show show = { .arena = arena, .columns = 110 };
	unsigned asked;
	char *text = printed(make(arena, &asked), &show, false);

	if (strstr(text, row->text) == NULL)
		fail_msg("\"%s\" is not in:\n%s", row->text, text);
	free(text);
	arena_free(arena);
}

static void each_sender_is_asked_about_once(void **state)
{
	struct arena *arena = arena_new();
	unsigned asked;

	(void)state;
	(void)make(arena, &asked);
	assert_int_equal(asked, 2);	/* the null sender is nobody */
	arena_free(arena);
}

static void what_programs_get(void **state)
{
	struct arena *arena = arena_new();
	const struct show show = { .arena = arena, .columns = 100 };
	unsigned asked;
	char *text = printed(make(arena, &asked), &show, true);
	json_t *object = json_loads(text, 0, NULL), *inbound;

	(void)state;
	assert_non_null(object);
	inbound = json_object_get(json_object_get(object, "messages"), "inbound");
	assert_int_equal(json_integer_value(json_object_get(inbound, "defer")), 2);
	assert_int_equal(json_integer_value(json_object_get(object, "likely_false_alarms")), 2);
	assert_int_equal(json_array_size(json_object_get(object, "observed")), 4);
	assert_int_equal(json_array_size(json_object_get(object, "events")), 4);
	assert_int_equal(json_array_size(json_object_get(object, "lists")), 1);
	json_decref(object);
	free(text);
	arena_free(arena);
}

static void nothing_happened(void **state)
{
	struct arena *arena = arena_new();
	const struct show show = { .arena = arena, .columns = 100 };
	struct report *report = arena_new_of(arena, struct report);
	char *text;

	(void)state;
	report_begin(report, arena, NOW_MS - 24 * HOUR, NOW_MS);
	report_judge(report, is_friend, NULL);
	text = printed(report, &show, false);
	assert_non_null(strstr(text, "0 bytes to 0 recipients."));
	assert_null(strstr(text, "Quarantine"));
	assert_null(strstr(text, "observe"));
	assert_null(strstr(text, "unknown"));
	assert_null(strstr(text, "Bounces"));
	free(text);
	arena_free(arena);
}

static void hostile_text_LOG_01(void **state)
{
	const struct journal_entry hostile = { MESSAGE(1, "\x1b[1m", "\x1b[2m"), TO("\x1b@\x1b"), .observed = "\x1b", .decided_by = "\x1b",
						      .login = "\x1b]0;\x07", FOUND("dnsbl", "error", "\x1b could not tell") };
	struct arena *arena = arena_new();
	const struct show show = { .arena = arena, .columns = 100 };
	struct report *report = arena_new_of(arena, struct report);
	struct journal_entry entry = entry_copy(arena, &hostile);
	char *text;

	(void)state;
	report_begin(report, arena, NOW_MS - 24 * HOUR, NOW_MS);
	report_add(report, &entry);
	text = printed(report, &show, false);
	assert_null(strchr(text, '\x1b'));
	free(text);
	text = printed(report, &show, true);
	assert_null(strchr(text, '\x1b'));
	free(text);
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	(void)setenv("TZ", "UTC0", 1);
	tzset();
	rows_add(&rows, sentences, check_sentence);
	rows_add_one(&rows, "each_sender_is_asked_about_once", each_sender_is_asked_about_once, NULL);
	rows_add_one(&rows, "what_programs_get", what_programs_get, NULL);
	rows_add_one(&rows, "nothing_happened", nothing_happened, NULL);
	rows_add_one(&rows, "hostile_text_LOG_01", hostile_text_LOG_01, NULL);
	return rows_run(&rows, "report");
}

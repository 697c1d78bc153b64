/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/who.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "milter/entry_copy.h"
#include "t/unit/rows.h"

#define NOW_MS 1795183445000LL	/* 2026-11-20 14:04:05 UTC, a Friday */
#define HOUR 3600000LL
#define DAY (24 * HOUR)

static const struct subject {
	const char *name, *text;
	int r;
	enum who_kind kind;
	const char *found, *about;
} subjects[] = {
	{ "login", "bob", 0, WHO_LOGIN, "bob", "login:bob" },
	{ "login_said_so", "login:bob@ours.example", 0, WHO_LOGIN, "bob@ours.example", "login:bob@ours.example" },
	{ "login_of_digits", "login:192.0.2.1", 0, WHO_LOGIN, "192.0.2.1", "login:192.0.2.1" },
	{ "address", "a@b.example", 0, WHO_ADDRESS, "a@b.example", "login:a@b.example" },
	{ "address_in_brackets", "<a@b.example>", 0, WHO_ADDRESS, "a@b.example", "login:a@b.example" },
	{ "host", "192.0.2.1", 0, WHO_CLIENT, "192.0.2.1", "client:192.0.2.1" },
	{ "mapped_host", "::ffff:192.0.2.1", 0, WHO_CLIENT, "192.0.2.1", "client:192.0.2.1" },
	{ "host_of_ipv6_in_another_spelling", "2001:DB8:0::1", 0, WHO_CLIENT, "2001:db8::1", "client:2001:db8::1" },
	{ "network", "192.0.2.0/24", 0, WHO_NETWORK, "192.0.2.0/24", "client:192.0.2.0/24" },
	{ "network_of_ipv6", "2001:db8::/64", 0, WHO_NETWORK, "2001:db8::/64", "client:2001:db8::/64" },
	{ "client_said_so", "client:192.0.2.1", 0, WHO_CLIENT, "192.0.2.1", "client:192.0.2.1" },
	{ "client_that_is_none", "client:bob", -EINVAL, WHO_LOGIN, NULL, NULL },
	{ "digest", "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0, WHO_FILE,
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
	{ "digest_alone", "AAAAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0, WHO_FILE,
	  "AAAAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
	{ "digest_too_short", "sha256:aaaa", -EINVAL, WHO_LOGIN, NULL, NULL },
	{ "nothing", "", -EINVAL, WHO_LOGIN, NULL, NULL },
	{ "nothing_behind_the_prefix", "login:", -EINVAL, WHO_LOGIN, NULL, NULL },
	{ "a_network_with_host_bits_is_none", "192.0.2.1/24", 0, WHO_LOGIN, "192.0.2.1/24", NULL },
};

static void check_subject(void **state)
{
	const struct subject *row = *state;
	struct arena *arena = arena_new();
	struct who_subject subject;

	assert_int_equal(who_subject_parse(arena, row->text, &subject), row->r);
	if (row->r == 0) {
		assert_int_equal(subject.kind, row->kind);
		assert_string_equal(subject.name, row->found);
		if (row->about != NULL)
			assert_string_equal(who_subject_of(arena, &subject), row->about);
	}
	arena_free(arena);
}

static void events_of_an_ipv6_host_are_about_its_64(void **state)
{
	struct arena *arena = arena_new();
	struct who_subject subject;

	(void)state;
	assert_int_equal(who_subject_parse(arena, "2001:db8:0:1:2:3:4:5", &subject), 0);
	assert_string_equal(who_subject_of_host(arena, &subject), "client:2001:db8:0:1::/64");
	assert_int_equal(who_subject_parse(arena, "192.0.2.1", &subject), 0);
	assert_null(who_subject_of_host(arena, &subject));
	assert_int_equal(who_subject_parse(arena, "bob", &subject), 0);
	assert_null(who_subject_of_host(arena, &subject));
	arena_free(arena);
}

static struct who *begin(struct arena *arena, const char *name)
{
	struct who *who = arena_new_of(arena, struct who);
	struct who_subject subject;

	assert_int_equal(who_subject_parse(arena, name, &subject), 0);
	who_begin(who, arena, &subject, NOW_MS);
	return who;
}

/* A message of bob to so many recipients at one domain. */
static void send(struct who *who, int64_t time_ms, size_t recipients, const char *domain, const char *verdict)
{
	struct journal_recipient *items = arena_array(who->arena, recipients + 1, sizeof(*items));
	struct journal_entry entry = { .kind = JOURNAL_MESSAGE, .time_ms = time_ms, .id = "7K3F-QX2M", .client = "192.0.2.20", .network = "192.0.2.20",
				       .helo = "pc", .login = "bob", .direction = "submission", .mailfrom = "bob@ours.example",
				       .verdict = verdict, .size_bytes = 1000, .recipients = items, .recipients_len = recipients };

	for (size_t i = 0; i < recipients; i++)
		items[i] = (struct journal_recipient){ arena_printf(who->arena, "u%zu@%s", i, domain), "auth", "bob", "", true };
	entry = entry_copy(who->arena, &entry);
	who_add_sent(who, &entry);
}

static void add_event(struct who *who, int64_t time_ms, const char *event, const char *note)
{
	struct journal_entry entry = { .kind = JOURNAL_EVENT, .time_ms = time_ms, .event = event, .subject_of = "login:bob", .operator = "behaviour", .note = note };

	entry = entry_copy(who->arena, &entry);
	who_add_event(who, &entry);
}

static void add_refused(struct who *who, int64_t time_ms, enum journal_kind kind, uint64_t refused)
{
	struct journal_entry entry = { .kind = kind, .time_ms = time_ms, .id = "7K3F-QX2M", .login = "bob", .network = "198.51.100.7", .verdict = "reject",
				       .decided_by = "account:foreign_sender", .reply = "553 5.7.1 no", .refused = refused };

	entry = entry_copy(who->arena, &entry);
	who_add_sent(who, &entry);
}

/* Four weeks of ten recipients a day at noon, then 200 to new domains in two hours, and a hold. */
static struct who *stolen(struct arena *arena)
{
	struct who *who = begin(arena, "bob");

	for (int day = 2; day <= 28; day++)
		send(who, NOW_MS - day * DAY, 10, "customer.example", "accept");
	for (int i = 0; i < 200; i++)
		send(who, NOW_MS - (i < 80 ? 2 * HOUR : HOUR), 1, arena_printf(arena, "d%d.example", i), i < 60 ? "accept" : "defer");
	add_event(who, NOW_MS - HOUR, "hold", "200 recipients in 2 hours (usual 10 a day)");
	who_end(who);
	return who;
}

static void volumes_against_its_own_usual(void **state)
{
	struct arena *arena = arena_new();
	struct who *who = stolen(arena);
	struct who_usual usual = who_usual(who);

	(void)state;
	assert_int_equal(who->first_ms, NOW_MS - 28 * DAY);
	assert_int_equal(who->last_ms, NOW_MS - HOUR);
	assert_int_equal(who->total.messages, 27 + 200);
	assert_int_equal(who->total.recipients, 270 + 200);
	assert_int_equal(who->total.refused, 140);
	assert_int_equal(usual.recent.recipients, 200);
	assert_int_equal(usual.recent_hour, 120);
	assert_int_equal(usual.days, 28);
	assert_int_equal(usual.day_highest, 10);
	assert_int_equal(usual.hour_highest, 10);
	assert_true(usual.day_mean > 9.6 && usual.day_mean < 9.7);
	assert_int_equal(usual.new_domains, 200);
	arena_free(arena);
}

static void a_new_login_has_no_past(void **state)
{
	struct arena *arena = arena_new();
	struct who *who = begin(arena, "bob");
	struct who_usual usual;

	(void)state;
	send(who, NOW_MS - HOUR, 3, "customer.example", "accept");
	usual = who_usual(who);
	assert_int_equal(usual.days, 0);
	assert_int_equal(usual.recent.recipients, 3);
	assert_true(usual.day_mean < 0.1);
	arena_free(arena);
}

static void nobody(void **state)
{
	struct arena *arena = arena_new();
	struct who *who = begin(arena, "bob");

	(void)state;
	assert_int_equal(who_usual(who).days, 0);
	assert_int_equal(who->first_ms, 0);
	arena_free(arena);
}

/* A refused recipient has an entry of its own; the attempt they belonged to is not counted once more. */
static void refusals_are_counted_once(void **state)
{
	struct arena *arena = arena_new();
	struct who *who = begin(arena, "bob");
	struct tally_item *items;

	(void)state;
	add_refused(who, NOW_MS - HOUR, JOURNAL_RECIPIENT, 0);
	add_refused(who, NOW_MS - HOUR, JOURNAL_RECIPIENT, 0);
	add_refused(who, NOW_MS - HOUR, JOURNAL_TRANSACTION, 2);
	add_refused(who, NOW_MS - HOUR, JOURNAL_TRANSACTION, 0);
	add_refused(who, NOW_MS - HOUR, JOURNAL_SESSION, 0);
	assert_int_equal(who->total.refused, 4);
	assert_int_equal(tally_sorted(&who->reasons, &items), 1);
	assert_int_equal(items[0].count, 4);
	assert_string_equal(items[0].name, "account:foreign_sender");
	assert_string_equal(items[0].detail, "553 5.7.1 no");
	arena_free(arena);
}

/* What was held, infected, or came back; other findings of the same scanner are none of it. */
static void held_infected_and_bounced(void **state)
{
	static const struct journal_finding infected = { .scanner = "antivirus", .outcome = "infected", .text = "virus found: X" },
					    clean = { .scanner = "antivirus", .outcome = "clean" };
	struct journal_entry entry = { .kind = JOURNAL_MESSAGE, .time_ms = NOW_MS - HOUR, .verdict = "quarantine", .findings = &infected, .findings_len = 1 };
	struct arena *arena = arena_new();
	struct who *who = begin(arena, "bob");
	struct tally_item *items;

	(void)state;
	entry = entry_copy(arena, &entry);
	who_add_sent(who, &entry);
	entry.findings = &clean;
	entry.verdict = "accept";
	who_add_sent(who, &entry);
	who_add_bounce(who, &entry);
	who_add_received(who, &entry);
	entry.time_ms = NOW_MS - 3 * DAY;
	who_add_bounce(who, &entry);
	entry.kind = JOURNAL_RECIPIENT;
	who_add_bounce(who, &entry);
	who_add_received(who, &entry);
	assert_int_equal(who->held, 1);
	assert_int_equal(who->infected, 1);
	assert_int_equal(who->bounces, 2);
	assert_int_equal(who->bounces_recent, 1);
	assert_int_equal(who->received, 1);
	assert_int_equal(tally_sorted(&who->reasons, &items), 1);
	assert_string_equal(items[0].name, "quarantine");
	arena_free(arena);
}

/* A million alerts fill no memory and no screen, and it is said that there were more. */
static void very_many_moments(void **state)
{
	struct arena *arena = arena_new();
	const struct show show = { .arena = arena, .columns = 100 };
	struct who *who = begin(arena, "bob");
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	for (int i = 0; i < 600; i++)
		add_event(who, NOW_MS - HOUR, "alert", "again");
	who_end(who);
	who_print_timeline(out, &show, who);
	(void)fclose(out);
	assert_non_null(strstr(text, "      ! and 495 more\n"));
	assert_non_null(strstr(text, "There is more than is shown: 100 moments were left out.\n"));
	free(text);
	arena_free(arena);
}

/* An entry of next year (a clock that was set back) and one of 1970 break nothing. */
static void times_out_of_range(void **state)
{
	struct arena *arena = arena_new();
	struct who *who = begin(arena, "bob");

	(void)state;
	send(who, NOW_MS + 365 * DAY, 1, "customer.example", "accept");
	send(who, 1, 1, "customer.example", "accept");
	send(who, -5, 1, "customer.example", "accept");
	assert_int_equal(who->total.recipients, 3);
	assert_int_equal(who_usual(who).recent.recipients, 1);
	assert_int_equal(who_usual(who).days, 28);
	arena_free(arena);
}

static const char *printed(const struct who *who, const struct show *show, bool json)
{
	char *text = NULL, *copy;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (json)
		who_print_json(out, who);
	else
		who_print(out, show, who);
	(void)fclose(out);
	copy = arena_strdup(who->arena, text);
	free(text);
	return copy;
}

static void wants(const char *text, const char *const *wanted)
{
	for (; *wanted != NULL; wanted++)
		if (strstr(text, *wanted) == NULL)
			fail_msg("\"%s\" is not in:\n%s", *wanted, text);
}

static void what_is_printed(void **state)
{
	static const char *const wanted[] = {
		"bob (login)\n", "  First seen 2026-10-23 14:04:05, last seen 2026-11-20 13:04:05.\n",
		"  Sent 227 messages to 470 recipients, 227.0 KB.\n", "  Refused or deferred: 140. Held: 0. Infected: 0.\n",
		"  A day:   200 in the last 24 hours (28 days before: mean 9.6, highest 10).\n",
		"  An hour: 120 in the busiest of the last 24 hours (before: mean 0.40, highest 10).\n",
		"  Domains it had never sent to before: 200 in the last 24 hours.\n",
		"Domains of its recipients (201, the 10 most frequent of them)\n      270  customer.example ",
		"  Fri 2026-11-20 ############################## 200 recipients, 200 messages, 140 refused\n",
		"  Wed 2026-11-18 ##                             10 recipients, 1 message\n",
		"  Fri 12:00      ####################           80 recipients, 80 messages, 20 refused\n",
		"  Fri 13:00      ############################## 120 recipients, 120 messages, 120 refused\n      ! 13:04 hold by behaviour: 200 recip",
		"recipients in 2 hours (usual 10 a day)\n",
		"  (21 hours of silence)\n", "  (1 day of silence)\n", NULL,
	};
	struct arena *arena = arena_new();
	const struct show show = { .arena = arena, .ascii = true, .columns = 100 };
	const char *text = printed(stolen(arena), &show, false);
	const char *moment;

	(void)state;
	wants(text, wanted);
	moment = strstr(text, "! 13:04");
	assert_non_null(moment);
	assert_null(strstr(moment + 7, "! 13:04"));	/* once: beside its hour */
	arena_free(arena);
}

/* No line is wider than the terminal, and no byte of a stranger gets there. */
static void hostile_names_LOG_01(void **state)
{
	struct arena *arena = arena_new();
	const struct show show = { .arena = arena, .columns = 100 };
	struct who *who = begin(arena, "bob");
	const char *text, *json;

	(void)state;
	send(who, NOW_MS - HOUR, 1, "\x1b[31m\xe2\x80\xae" "evil.example", "\x1b[0m");
	add_event(who, NOW_MS - HOUR, "hold", "a\x1b[2J\nb");
	text = printed(who, &show, false);
	json = printed(who, &show, true);
	assert_null(strchr(text, '\x1b'));
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_null(strchr(json, '\x1b'));
	for (const char *line = text; *line != '\0';) {
		const char *end = strchr(line, '\n');

		assert_true(show_width(arena_strndup(arena, line, (size_t)(end - line))) <= 100);
		line = end + 1;
	}
	arena_free(arena);
}

static void what_programs_get(void **state)
{
	struct arena *arena = arena_new();
	const struct show show = { .arena = arena, .columns = 100 };
	const char *text = printed(stolen(arena), &show, true);
	json_t *object = json_loads(text, 0, NULL);

	(void)state;
	assert_non_null(object);
	assert_string_equal(json_string_value(json_object_get(object, "kind")), "login");
	assert_int_equal(json_integer_value(json_object_get(object, "recipients")), 470);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(object, "usual"), "new_domains")), 200);
	assert_int_equal(json_array_size(json_object_get(object, "domains")), 201);
	assert_int_equal(json_array_size(json_object_get(object, "moments")), 1);
	assert_int_equal(json_array_size(json_object_get(object, "days")), WHO_DAYS);
	json_decref(object);
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	(void)setenv("TZ", "UTC0", 1);
	tzset();
	rows_add(&rows, subjects, check_subject);
	rows_add_one(&rows, "events_of_an_ipv6_host_are_about_its_64", events_of_an_ipv6_host_are_about_its_64, NULL);
	rows_add_one(&rows, "volumes_against_its_own_usual", volumes_against_its_own_usual, NULL);
	rows_add_one(&rows, "a_new_login_has_no_past", a_new_login_has_no_past, NULL);
	rows_add_one(&rows, "nobody", nobody, NULL);
	rows_add_one(&rows, "refusals_are_counted_once", refusals_are_counted_once, NULL);
	rows_add_one(&rows, "held_infected_and_bounced", held_infected_and_bounced, NULL);
	rows_add_one(&rows, "very_many_moments", very_many_moments, NULL);
	rows_add_one(&rows, "times_out_of_range", times_out_of_range, NULL);
	rows_add_one(&rows, "what_is_printed", what_is_printed, NULL);
	rows_add_one(&rows, "hostile_names_LOG_01", hostile_names_LOG_01, NULL);
	rows_add_one(&rows, "what_programs_get", what_programs_get, NULL);
	return rows_run(&rows, "who");
}

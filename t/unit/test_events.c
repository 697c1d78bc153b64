/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to an event: an entry in the journal each time, a mail once in a while, and nobody waits for it. */
#include "milter/events.h"

#include <errno.h>
#include <time.h>

#include "milter/alert.h"
#include "milter/health.h"
#include "milter/lookup/seen.h"
#include "t/unit/alert_server.h"
#include "t/unit/journal_stage.h"

enum { LONG_MS = 20000 };

static const struct server_script good, refuses = { .rcpt = "550 5.1.1 who" }, full = { .rcpt = "452 full" };
static const struct conf_item to[] = { { .text = "admin@ours.example" }, { .text = "second@ours.example" } };

static void pause_ms(unsigned ms)
{
	const struct timespec pause = { .tv_nsec = (long)ms * 1000000 };

	(void)nanosleep(&pause, NULL);
}

static bool comes_true(bool (*is_true)(const void *arg), const void *arg)
{
	for (unsigned i = 0; i < LONG_MS / 10 && !is_true(arg); i++)
		pause_ms(10);
	return is_true(arg);
}

static struct alert_settings settings_for(const struct server *server, size_t to_len)
{
	struct alert_settings settings = { .to = { .items = to, .len = to_len }, .from = "", .again_ms = 6 * 3600 * 1000 };

	(void)snprintf(settings.through.host, sizeof(settings.through.host), "127.0.0.1");
	(void)snprintf(settings.through.port, sizeof(settings.through.port), "%.5s", server->port);
	return settings;
}

static void happen(const char *event, const char *about, bool urgent)
{
	events_happened(&(struct event){ .event = event, .about = about, .text = "212 recipients in 9 minutes", .urgent = urgent });
}

static bool nothing_waits(const void *unused)
{
	(void)unused;
	return events_waiting() == 0;
}

static bool count_event(void *arg, int64_t n, const struct journal_entry *entry)
{
	unsigned *count = arg;

	(void)n;
	assert_string_equal(entry->operator, "octroi");
	assert_string_equal(entry->note, "212 recipients in 9 minutes");
	assert_int_equal(strlen(entry->id), 9);
	++*count;
	return true;
}

static unsigned count_entries(const struct stage *stage, const char *about)
{
	struct journal_reader *reader;
	char problem[CONF_PROBLEM_MAX];
	unsigned count = 0;

	journal_flush(stage->journal, LONG_MS);
	assert_int_equal(journal_reader_open(stage->directory, &reader, problem), 0);
	assert_true(journal_search(reader, &(struct journal_query){ .subject_of = about, .events = true }, count_event, &count) >= 0);
	journal_reader_close(reader);
	return count;
}

/* The same again is an entry, no mail; another event, or about somebody else, is both. */
static void an_entry_each_time_and_a_mail_once(void **state)
{
	struct stage stage;
	struct server server;
	struct alert_settings settings;

	(void)state;
	server_start(&server, &good);
	settings = settings_for(&server, 1);
	stage_make(&stage);
	stage_open(&stage);
	events_open(&(struct events_settings){ .alert = &settings, .journal = stage.journal, .directory = stage.directory, .configuration = "c0ffee",
					       .host = "gw.ours.example" });
	for (int i = 0; i < 5; i++)
		happen("hold", "login:bob", true);
	happen("alert", "login:bob", true);
	happen("hold", "login:eve", true);
	happen("note", "login:kim", false);
	assert_true(comes_true(nothing_waits, NULL));
	assert_int_equal(atomic_load(&server.accepted), 3);
	assert_int_equal(count_entries(&stage, "login:bob"), 6);
	assert_int_equal(count_entries(&stage, "login:kim"), 1);
	events_close(LONG_MS);
	happen("hold", "login:joe", true);	/* nobody is there any more: a line in the log, and no harm */
	stage_remove(&stage);
	server_stop(&server);
}

static void after_a_while_it_is_written_about_again(void **state)
{
	struct server server;
	struct alert_settings settings;
	struct seen *seen;

	(void)state;
	server_start(&server, &good);
	settings = settings_for(&server, 1);
	settings.again_ms = 200;
	assert_int_equal(seen_open(NULL, 100, &seen), 0);
	events_open(&(struct events_settings){ .alert = &settings, .seen = seen, .configuration = "", .host = "gw.ours.example" });
	happen("hold", "login:bob", true);
	assert_true(comes_true(nothing_waits, NULL));
	pause_ms(250);
	happen("hold", "login:bob", true);
	assert_true(comes_true(nothing_waits, NULL));
	assert_int_equal(atomic_load(&server.accepted), 2);
	events_close(LONG_MS);
	seen_close(seen);
	server_stop(&server);
}

/* It was said to nobody: the next one is written about. And it is known over a restart of the filter. */
static void a_mail_that_was_refused_is_no_mail(void **state)
{
	struct server server;
	struct alert_settings settings;
	struct seen *seen;

	(void)state;
	server_start(&server, &refuses);
	settings = settings_for(&server, 1);
	assert_int_equal(seen_open(NULL, 100, &seen), 0);
	events_open(&(struct events_settings){ .alert = &settings, .seen = seen, .configuration = "", .host = "gw.ours.example" });
	happen("hold", "login:bob", true);
	assert_true(comes_true(nothing_waits, NULL));
	server.script = &good;
	happen("hold", "login:bob", true);
	assert_true(comes_true(nothing_waits, NULL));
	assert_int_equal(atomic_load(&server.accepted), 1);
	events_close(LONG_MS);
	events_open(&(struct events_settings){ .alert = &settings, .seen = seen, .configuration = "", .host = "gw.ours.example" });
	happen("hold", "login:bob", true);
	assert_true(comes_true(nothing_waits, NULL));
	assert_int_equal(atomic_load(&server.accepted), 1);
	events_close(LONG_MS);
	seen_close(seen);
	server_stop(&server);
}

static bool is_accepted(const void *arg)
{
	const struct server *server = arg;

	return atomic_load(&((struct server *)(uintptr_t)server)->accepted) > 0;
}

static bool was_asked_twice(const void *arg)
{
	const struct server *server = arg;

	return atomic_load(&((struct server *)(uintptr_t)server)->connections) > 1;
}

static const struct event some = { .event = "hold", .about = "login:bob", .text = "x", .urgent = true };

static void what_is_not_taken_now_is_tried_again(void **state)
{
	struct server server;
	struct alert_settings settings;
	struct alert *alert;

	(void)state;
	server_start(&server, &full);
	settings = settings_for(&server, 1);
	alert = alert_open(&(struct alert_options){ .settings = &settings, .host = "gw.ours.example", .retry_first_ms = 10, .retry_max_ms = 40 });
	assert_non_null(alert);
	assert_true(alert_put(alert, &some, "7K3F-QX2M"));
	assert_true(comes_true(was_asked_twice, &server));
	server.script = &good;
	assert_true(comes_true(is_accepted, &server));
	alert_close(alert, LONG_MS);
	assert_int_equal(atomic_load(&server.accepted), 1);
	server_stop(&server);
}

static void count_failed(const struct event *event, void *arg)
{
	atomic_uint *failed = arg;

	assert_string_equal(event->about, "login:bob");
	(void)atomic_fetch_add(failed, 1);
}

static bool has_failed(const void *arg)
{
	return atomic_load((atomic_uint *)(uintptr_t)arg) > 0;
}

static void in_the_end_it_is_given_up(void **state)
{
	struct server server;
	struct alert_settings settings;
	struct alert *alert;
	atomic_uint failed = 0;

	(void)state;
	server_start(&server, &full);
	settings = settings_for(&server, 1);
	alert = alert_open(&(struct alert_options){ .settings = &settings, .host = "gw.ours.example", .retry_first_ms = 5, .retry_max_ms = 20,
						    .give_up_ms = 60, .failed = count_failed, .failed_arg = &failed });
	assert_true(alert_put(alert, &some, "7K3F-QX2M"));
	assert_true(comes_true(has_failed, &failed));
	assert_int_equal(alert_waiting(alert), 0);
	alert_close(alert, LONG_MS);
	server_stop(&server);
}

/* Each gets his own: that one is refused is no matter of the other. */
static void two_addresses(void **state)
{
	struct server server;
	struct alert_settings settings;
	struct alert *alert;

	(void)state;
	server_start(&server, &good);
	settings = settings_for(&server, 2);
	alert = alert_open(&(struct alert_options){ .settings = &settings, .host = "gw.ours.example" });
	assert_true(alert_put(alert, &some, "7K3F-QX2M"));
	alert_close(alert, LONG_MS);
	assert_int_equal(atomic_load(&server.accepted), 2);
	assert_non_null(strstr(server.commands, "RCPT TO:<admin@ours.example>"));
	assert_non_null(strstr(server.commands, "RCPT TO:<second@ours.example>"));
	server_stop(&server);
}

/* A server that is away, and ever new events: memory is bounded, nobody waits, and the end of the filter does not either. */
static void a_flood_with_a_dead_server(void **state)
{
	struct server server;
	struct alert_settings settings;
	struct alert *alert;
	unsigned taken = 0;

	(void)state;
	server_start(&server, &good);
	server_stop(&server);
	settings = settings_for(&server, 1);
	alert = alert_open(&(struct alert_options){ .settings = &settings, .host = "gw.ours.example" });
	for (int i = 0; i < 10000; i++)
		taken += alert_put(alert, &some, "7K3F-QX2M");
	assert_true(taken >= ALERT_QUEUE_MAX);
	assert_true(alert_waiting(alert) <= ALERT_QUEUE_MAX);
	alert_close(alert, 2000);
}

static void nobody_to_write_to(void **state)
{
	const struct alert_settings settings = { .from = "" };

	(void)state;
	assert_null(alert_open(&(struct alert_options){ .settings = &settings, .host = "gw.ours.example" }));
	assert_int_equal(errno, 0);
	alert_close(NULL, 0);
}

/* --- what does not work --- */

static void degraded_and_recovered(void **state)
{
	struct events_degradation items[4];

	(void)state;
	events_degraded("journal", false, "");
	assert_int_equal(events_read_degraded(items, 4), 0);
	events_degraded("journal", true, "No space left on device");
	events_degraded("journal", true, "Input/output error");
	events_degraded("resolver", true, "silent");
	assert_int_equal(events_read_degraded(items, 4), 2);
	assert_string_equal(items[0].what, "journal");
	assert_string_equal(items[0].why, "No space left on device");
	events_degraded("journal", false, "");
	assert_int_equal(events_read_degraded(items, 4), 1);
	assert_string_equal(items[0].what, "resolver");
	events_degraded("resolver", false, "");
	assert_int_equal(events_read_degraded(items, 4), 0);
}

static bool is_degraded(const char *what)
{
	struct events_degradation items[16];
	unsigned len = events_read_degraded(items, 16);

	for (unsigned i = 0; i < len; i++)
		if (strcmp(items[i].what, what) == 0)
			return true;
	return false;
}

static const struct look_row {
	const char *name;
	struct {
		uint64_t found, nothing, timeouts;
	} looks[5];
	bool degraded;
} looks[] = {
	{ "no_questions", { { 1, 0, 0 }, { 1, 0, 0 }, { 1, 0, 0 }, { 1, 0, 0 }, { 1, 0, 0 } }, false },
	{ "answers", { { 1, 0, 0 }, { 2, 0, 9 }, { 3, 0, 19 }, { 4, 0, 29 }, { 5, 0, 39 } }, false },
	{ "that_nothing_is_there_is_an_answer", { { 0, 1, 9 }, { 0, 2, 19 }, { 0, 3, 29 }, { 0, 4, 39 }, { 0, 5, 49 } }, false },
	{ "timeouts_alone", { { 1, 0, 0 }, { 1, 0, 9 }, { 1, 0, 19 }, { 1, 0, 19 }, { 1, 0, 19 } }, true },
	{ "one_look_of_timeouts", { { 1, 0, 0 }, { 1, 0, 9 }, { 1, 0, 9 }, { 1, 0, 9 }, { 1, 0, 9 } }, false },
	{ "few_timeouts", { { 1, 0, 0 }, { 1, 0, 4 }, { 1, 0, 8 }, { 1, 0, 12 }, { 1, 0, 16 } }, false },
	{ "an_answer_ends_it", { { 1, 0, 0 }, { 1, 0, 9 }, { 1, 0, 19 }, { 1, 0, 29 }, { 2, 0, 29 } }, false },
};

static void check_looks(void **state)
{
	const struct look_row *row = *state;
	struct health health = { .answered = 0 };

	for (size_t i = 0; i < 5; i++)
		health_resolver(&health, &(struct resolver_stats){ .found = row->looks[i].found, .nothing = row->looks[i].nothing,
								   .timeouts = row->looks[i].timeouts });
	assert_int_equal(is_degraded("resolver"), row->degraded);
	events_degraded("resolver", false, "");
}

static void journal_and_examiners(void **state)
{
	struct health health = { .answered = 0 };

	(void)state;
	health_journal(&(struct journal_stats){ .error = -ENOSPC });
	assert_true(is_degraded("journal"));
	health_journal(&(struct journal_stats){ .error = 0 });
	assert_false(is_degraded("journal"));
	for (int i = 0; i < 11; i++)
		health_examiners(&health, &(struct pool_stats){ .idle = 0 });
	assert_false(is_degraded("examiners"));
	health_examiners(&health, &(struct pool_stats){ .idle = 0 });
	assert_true(is_degraded("examiners"));
	health_examiners(&health, &(struct pool_stats){ .busy = 1 });
	assert_false(is_degraded("examiners"));
}

int main(void)
{
	static struct rows table;

	rows_add_one(&table, "an_entry_each_time_and_a_mail_once", an_entry_each_time_and_a_mail_once, NULL);
	rows_add_one(&table, "after_a_while_it_is_written_about_again", after_a_while_it_is_written_about_again, NULL);
	rows_add_one(&table, "a_mail_that_was_refused_is_no_mail", a_mail_that_was_refused_is_no_mail, NULL);
	rows_add_one(&table, "what_is_not_taken_now_is_tried_again", what_is_not_taken_now_is_tried_again, NULL);
	rows_add_one(&table, "in_the_end_it_is_given_up", in_the_end_it_is_given_up, NULL);
	rows_add_one(&table, "two_addresses", two_addresses, NULL);
	rows_add_one(&table, "a_flood_with_a_dead_server", a_flood_with_a_dead_server, NULL);
	rows_add_one(&table, "nobody_to_write_to", nobody_to_write_to, NULL);
	rows_add_one(&table, "degraded_and_recovered", degraded_and_recovered, NULL);
	rows_add(&table, looks, check_looks);
	rows_add_one(&table, "journal_and_examiners", journal_and_examiners, NULL);
	return rows_run(&table, "events");
}

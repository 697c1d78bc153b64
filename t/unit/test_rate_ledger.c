/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of milter/lookup/rate.c; test_rate.c is about the scanner. */
#include "milter/lookup/rate.h"

#include <pthread.h>
#include <stdatomic.h>

#include "conf/conf.h"
#include "milter/base/clock.h"
#include "t/unit/rows.h"

#define HOUR_MS UINT64_C(3600000)
#define NOON_MS UINT64_C(1782820800000)	/* 2026-06-30 12:00 UTC */

static const struct rate three = { .limit = 3, .window_ms = HOUR_MS };

static const struct parsed {
	const char *name, *text;
	uint64_t limit, window_ms;	/* limit 0 and window 1: an error */
	const char *words;
} parsed_table[] = {
	{ "a_rate_for_an_hour", "300/1h", 300, HOUR_MS, "300 things in 1h" },
	{ "spaces_around_the_number", " 5 /10m", 5, 600000, "5 things in 10m" },
	{ "a_day_is_called_24_hours", "1/24h", 1, 24 * HOUR_MS, "1 things in 24h" },
	{ "a_day", "1/1d", 1, 24 * HOUR_MS, "1 things in 24h" },
	{ "a_week", "1000/7d", 1000, 7 * 24 * HOUR_MS, "1000 things in 7d" },
	{ "ninety_seconds", "4/90s", 4, 90000, "4 things in 90s" },
	{ "a_second_and_a_half", "4/1500ms", 4, 1500, "4 things in 1500ms" },
	{ "the_largest_limit", "4294967295/1h", UINT32_MAX, HOUR_MS, "4294967295 things in 1h" },
	{ "nothing_is_no_limit", "", 0, 0, NULL },
	{ "a_limit_of_nothing", "0/1h", 0, 1, NULL },
	{ "no_duration", "300", 0, 1, NULL },
	{ "an_empty_duration", "300/", 0, 1, NULL },
	{ "no_number", "/1h", 0, 1, NULL },
	{ "a_number_below_nothing", "-1/1h", 0, 1, NULL },
	{ "a_number_with_a_unit", "3k/1h", 0, 1, NULL },
	{ "a_limit_that_the_counters_do_not_hold", "4294967296/1h", 0, 1, NULL },
	{ "a_number_of_twenty_digits", "18446744073709551617/1h", 0, 1, NULL },
	{ "a_duration_under_a_second", "1/999ms", 0, 1, NULL },
	{ "a_duration_of_nothing", "1/0s", 0, 1, NULL },
	{ "a_duration_without_a_unit_of_time", "1/1x", 0, 1, NULL },
	{ "two_durations", "1/1h/2h", 0, 1, NULL },
};

static void check_parsed(void **state)
{
	const struct parsed *row = *state;
	struct rate rate = { .limit = 77, .window_ms = 77 };
	char problem[CONF_PROBLEM_MAX] = "";
	struct arena *arena = arena_new();
	int r = rate_parse(NULL, row->text, (struct conf_where){ NULL, 0 }, &rate, problem);

	assert_int_equal(r == 0, row->limit > 0 || row->window_ms == 0);
	assert_int_equal(problem[0] == '\0', r == 0);
	if (r == 0)
		assert_int_equal(rate.limit, row->limit);
	if (r == 0)
		assert_int_equal(rate.window_ms, row->window_ms);
	if (row->words != NULL)
		assert_string_equal(rate_text(arena, &rate, "things"), row->words);
	arena_free(arena);
}

static const struct until {
	const char *name;
	uint64_t wait_ms;
	const char *text;
} until_table[] = {
	{ "now", 0, "until 12:00 UTC" },
	{ "the_minute_is_over_by_then", 1, "until 12:01 UTC" },
	{ "two_hours_and_twenty_minutes", 140 * 60000, "until 14:20 UTC" },
	{ "the_last_minute_of_today", 12 * HOUR_MS - 60000, "until 23:59 UTC" },
	{ "midnight_is_tomorrow", 12 * HOUR_MS - 59999, "until 2026-07-01 00:00 UTC" },
	{ "the_same_day_next_year", 365 * 24 * HOUR_MS, "until 2027-06-30 12:00 UTC" },
	{ "for_ever", UINT64_MAX, "until further notice" },
};

static void check_until(void **state)
{
	const struct until *row = *state;
	struct arena *arena = arena_new();

	clock_freeze(1000, NOON_MS);
	assert_string_equal(rate_until(arena, row->wait_ms), row->text);
	clock_thaw();
	arena_free(arena);
}

/* A message that takes two of "key" for itself and one of it for each of the recipients 0 and 1. */
static struct arena *begin(struct store *store, struct rate_ledger *ledger)
{
	static const struct rate many = { .limit = 100, .window_ms = HOUR_MS };
	struct arena *arena = arena_new();
	uint64_t wait_ms;

	rate_ledger_open(ledger, store, arena);
	assert_true(rate_take(ledger, "key", 2, &many, RATE_MESSAGE, &wait_ms));
	assert_true(rate_take(ledger, "key", 1, &many, 0, &wait_ms));
	assert_true(rate_take(ledger, "key", 1, &many, 1, &wait_ms));
	assert_int_equal(store_count(store, "key", HOUR_MS), 4);
	return arena;
}

static void what_is_not_kept_is_given_back(void **state)
{
	struct store *store = store_new(100);
	struct rate_ledger ledger;

	(void)state;
	arena_free(begin(store, &ledger));
	assert_int_equal(store_count(store, "key", HOUR_MS), 0);
	store_free(store);
}

static void what_is_kept_stays(void **state)
{
	struct store *store = store_new(100);
	struct rate_ledger ledger;
	struct arena *arena = begin(store, &ledger);

	(void)state;
	rate_keep(&ledger);
	arena_free(arena);
	assert_int_equal(store_count(store, "key", HOUR_MS), 4);
	store_free(store);
}

/* Only what was taken for those who are gone. */
static void recipients_that_are_refused_are_given_back(void **state)
{
	struct store *store = store_new(100);
	struct rate_ledger ledger;
	struct arena *arena = begin(store, &ledger);

	(void)state;
	rate_drop_from(&ledger, 2);
	assert_int_equal(store_count(store, "key", HOUR_MS), 4);
	rate_drop_from(&ledger, 1);
	assert_int_equal(store_count(store, "key", HOUR_MS), 3);
	rate_drop_from(&ledger, 0);
	assert_int_equal(store_count(store, "key", HOUR_MS), 2);
	rate_drop_from(&ledger, 0);
	assert_int_equal(store_count(store, "key", HOUR_MS), 2);
	rate_keep(&ledger);
	arena_free(arena);
	assert_int_equal(store_count(store, "key", HOUR_MS), 2);
	store_free(store);
}

static void it_knows_what_it_has_taken(void **state)
{
	struct store *store = store_new(100);
	struct rate_ledger ledger;
	struct arena *arena = begin(store, &ledger);
	uint64_t wait_ms = 1;

	(void)state;
	assert_true(rate_has_taken(&ledger, "key"));
	assert_false(rate_has_taken(&ledger, "other"));
	assert_true(rate_take(&ledger, "other", 1, &(struct rate){ .limit = 0 }, 0, &wait_ms));
	assert_false(rate_has_taken(&ledger, "other"));	/* without a limit there is nothing to take */
	assert_true(rate_take(&ledger, "third", 3, &three, 0, &wait_ms));
	assert_false(rate_take(&ledger, "third", 1, &three, 0, &wait_ms));
	assert_true(wait_ms >= HOUR_MS);
	arena_free(arena);
	assert_int_equal(store_count(store, "third", HOUR_MS), 0);
	store_free(store);
}

/* More lines than the ledger had room for at first, in memory of its own. */
static void a_message_with_ten_thousand_recipients_SMTP_06(void **state)
{
	enum { RECIPIENTS = 10000 };
	struct store *store = store_new(100);
	struct arena *arena = arena_new();
	struct rate rate = { .limit = RECIPIENTS, .window_ms = HOUR_MS };
	struct rate_ledger ledger;
	size_t size_bytes;
	uint64_t wait_ms;

	(void)state;
	rate_ledger_open(&ledger, store, arena);
	size_bytes = arena_size_bytes(arena);
	for (size_t i = 0; i < RECIPIENTS; i++)
		assert_true(rate_take(&ledger, "key", 1, &rate, i, &wait_ms));
	assert_false(rate_take(&ledger, "key", 1, &rate, RECIPIENTS, &wait_ms));
	assert_int_equal(arena_size_bytes(arena), size_bytes);
	rate_drop_from(&ledger, RECIPIENTS / 2);
	assert_int_equal(store_count(store, "key", HOUR_MS), RECIPIENTS / 2);
	arena_free(arena);
	assert_int_equal(store_count(store, "key", HOUR_MS), 0);
	store_free(store);
}

enum { SESSIONS = 50, MESSAGES_EACH = 40, EDGE = 100 };

struct crowd {
	struct store *store;
	_Atomic unsigned passed;
};

/* Every third message is not let in after all. */
static void *send_many(void *arg)
{
	static const struct rate rate = { .limit = EDGE, .window_ms = HOUR_MS };
	struct crowd *crowd = arg;

	for (int i = 0; i < MESSAGES_EACH; i++) {
		struct arena *arena = arena_new();
		struct rate_ledger ledger;
		uint64_t wait_ms;

		rate_ledger_open(&ledger, crowd->store, arena);
		if (rate_take(&ledger, "key", 1, &rate, RATE_MESSAGE, &wait_ms) && i % 3 != 0) {
			rate_keep(&ledger);
			atomic_fetch_add(&crowd->passed, 1);
		}
		arena_free(arena);
	}
	return NULL;
}

static void the_edge_is_exact_for_fifty_sessions_ID_09(void **state)
{
	struct crowd crowd = { .store = store_new(100) };
	pthread_t threads[SESSIONS];

	(void)state;
	for (size_t i = 0; i < SESSIONS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, send_many, &crowd), 0);
	for (size_t i = 0; i < SESSIONS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(crowd.passed, EDGE);
	assert_int_equal(store_count(crowd.store, "key", HOUR_MS), EDGE);
	store_free(crowd.store);
}

#define ONE(test) rows_add_one(&rows, #test, test, NULL)

int main(void)
{
	static struct rows rows;

	rows_add(&rows, parsed_table, check_parsed);
	rows_add(&rows, until_table, check_until);
	ONE(what_is_not_kept_is_given_back);
	ONE(what_is_kept_stays);
	ONE(recipients_that_are_refused_are_given_back);
	ONE(it_knows_what_it_has_taken);
	ONE(a_message_with_ten_thousand_recipients_SMTP_06);
	ONE(the_edge_is_exact_for_fifty_sessions_ID_09);
	return rows_run(&rows, "rate_ledger");
}

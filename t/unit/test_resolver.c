/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/resolver.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "t/unit/rows.h"
#include "t/unit/stub_upstream.h"

#define EVENTUALLY_MS 30000	/* only a broken resolver takes so long */

struct bench {
	struct stub *stub;
	struct resolver *resolver;
};

static struct bench bench_with(struct resolver_settings settings)
{
	struct bench bench = { .stub = stub_new() };

	bench.resolver = resolver_new(&settings, &bench.stub->upstream);
	assert_non_null(bench.resolver);
	return bench;
}

static struct bench bench_new(void)
{
	return bench_with(stub_settings());
}

static struct resolver_stats stats_of(struct bench *bench)
{
	struct resolver_stats stats;

	resolver_read_stats(bench->resolver, &stats);
	return stats;
}

static uint64_t soon(void)
{
	return clock_monotonic_ms() + EVENTUALLY_MS;
}

/* Only what is there, or what the upstream says in ask. */
static struct dns_answer *ask_now(struct bench *bench, const char *name, enum dns_type type)
{
	return resolver_ask_and_wait(bench->resolver, name, type, 0);
}

static void assert_answer(struct dns_answer *answer, enum dns_status status, const char *text)
{
	assert_int_equal(answer->status, status);
	assert_string_equal(status == DNS_FOUND ? answer->records[0].data.p : answer->why, text);
	dns_answer_unref(answer);
}

static void an_answer_is_asked_once_and_then_cached(void **state)
{
	struct bench bench = bench_new();

	(void)state;
	bench.stub->at_once = true;
	for (int i = 0; i < 3; i++)
		assert_answer(resolver_ask_and_wait(bench.resolver, "a.example", DNS_A, soon()), DNS_FOUND, "a.example");
	assert_answer(resolver_ask_and_wait(bench.resolver, "A.Example.", DNS_A, soon()), DNS_FOUND, "a.example");
	assert_int_equal(stub_asked(bench.stub), 1);
	assert_answer(resolver_ask_and_wait(bench.resolver, "a.example", DNS_TXT, soon()), DNS_FOUND, "a.example");
	assert_int_equal(stub_asked(bench.stub), 2);
	assert_int_equal(stats_of(&bench).asked, 5);
	assert_int_equal(stats_of(&bench).cached, 3);
	assert_int_equal(stats_of(&bench).found, 2);
	assert_int_equal(stats_of(&bench).entries, 2);
	assert_int_equal(stats_of(&bench).in_flight, 0);
	resolver_free(bench.resolver);
}

static const struct impossible_row {
	const char *name, *asked;
} impossible_table[] = {
	{ "no_name_is_nothing", "" },
	{ "root_is_nothing", "." },
	{ "an_empty_label_is_nothing", "a..example" },
	{ "a_broken_escape_is_nothing", "a\\9.example" },
	{ "a_label_of_64_is_nothing", "aaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggghh.example" },
};

static void check_impossible(void **state)
{
	const struct impossible_row *row = *state;
	struct bench bench = bench_new();
	struct dns_answer *answer = resolver_ask_and_wait(bench.resolver, row->asked, DNS_A, soon());

	assert_int_equal(answer->status, DNS_NOTHING);
	assert_true(answer->nxdomain);
	dns_answer_unref(answer);
	resolver_prefetch(bench.resolver, row->asked, DNS_A);
	assert_int_equal(stub_asked(bench.stub), 0);
	resolver_free(bench.resolver);
}

static void a_prefetched_answer_is_there_when_it_is_asked_for(void **state)
{
	struct bench bench = bench_new();

	(void)state;
	resolver_prefetch(bench.resolver, "a.example", DNS_A);
	assert_answer(ask_now(&bench, "a.example", DNS_A), DNS_UNKNOWN, "out of time");
	assert_int_equal(stub_answer_all(bench.stub), 1);
	assert_answer(ask_now(&bench, "a.example", DNS_A), DNS_FOUND, "a.example");
	assert_int_equal(stub_asked(bench.stub), 1);
	resolver_free(bench.resolver);
}

static void one_question_is_in_flight_for_a_thousand_askers(void **state)
{
	struct bench bench = bench_new();

	(void)state;
	for (int i = 0; i < 1000; i++)
		resolver_prefetch(bench.resolver, i % 2 == 0 ? "a.example" : "A.EXAMPLE.", DNS_A);
	assert_int_equal(stub_asked(bench.stub), 1);
	assert_int_equal(stats_of(&bench).joined, 999);
	assert_int_equal(stats_of(&bench).upstream, 1);
	assert_int_equal(stats_of(&bench).in_flight, 1);
	assert_int_equal(stub_answer_all(bench.stub), 1);
	assert_int_equal(stats_of(&bench).in_flight, 0);
	resolver_free(bench.resolver);
}

static void a_question_over_in_flight_is_unknown_at_once_and_not_cached(void **state)
{
	struct resolver_settings settings = stub_settings();
	struct bench bench;

	(void)state;
	settings.in_flight = 2;
	bench = bench_with(settings);
	resolver_prefetch(bench.resolver, "a.example", DNS_A);
	resolver_prefetch(bench.resolver, "b.example", DNS_A);
	assert_answer(resolver_ask_and_wait(bench.resolver, "c.example", DNS_A, soon()), DNS_UNKNOWN, "too many questions at once");
	assert_int_equal(stub_asked(bench.stub), 2);
	assert_int_equal(stats_of(&bench).refused, 1);
	resolver_prefetch(bench.resolver, "a.example", DNS_A);	/* joins */
	assert_int_equal(stats_of(&bench).refused, 1);
	assert_int_equal(stub_answer_all(bench.stub), 2);
	bench.stub->at_once = true;
	assert_answer(resolver_ask_and_wait(bench.resolver, "c.example", DNS_A, soon()), DNS_FOUND, "c.example");
	resolver_free(bench.resolver);
}

/* ms of TTLs; "gone" is looked at some milliseconds later. */
static const struct ttl_row {
	const char *name;
	enum dns_status status;
	uint32_t ttl_s;
	uint64_t ttl_min_ms, ttl_max_ms, negative_ttl_ms, unknown_ttl_ms;
	bool kept;
} ttl_table[] = {
	{ "found_is_kept_for_its_ttl", DNS_FOUND, 300, 0, STUB_FOREVER_MS, 0, 0, true },
	{ "found_without_ttl_is_not_kept", DNS_FOUND, 0, 0, STUB_FOREVER_MS, STUB_FOREVER_MS, STUB_FOREVER_MS, false },
	{ "found_without_ttl_is_kept_for_ttl_min", DNS_FOUND, 0, STUB_FOREVER_MS, STUB_FOREVER_MS, 0, 0, true },
	{ "found_is_kept_no_longer_than_ttl_max", DNS_FOUND, UINT32_MAX, 0, 1, STUB_FOREVER_MS, STUB_FOREVER_MS, false },
	{ "found_for_ever_is_kept", DNS_FOUND, UINT32_MAX, 0, UINT64_MAX / 2, 0, 0, true },
	{ "nothing_is_kept_for_its_ttl", DNS_NOTHING, 300, 0, 0, STUB_FOREVER_MS, 0, true },
	{ "nothing_without_ttl_is_not_kept", DNS_NOTHING, 0, 0, STUB_FOREVER_MS, STUB_FOREVER_MS, STUB_FOREVER_MS, false },
	{ "nothing_without_ttl_is_kept_for_ttl_min", DNS_NOTHING, 0, STUB_FOREVER_MS, 0, STUB_FOREVER_MS, 0, true },
	{ "nothing_is_kept_no_longer_than_negative_ttl", DNS_NOTHING, UINT32_MAX, STUB_FOREVER_MS, STUB_FOREVER_MS, 1, STUB_FOREVER_MS, false },
	{ "unknown_is_kept_for_unknown_ttl", DNS_UNKNOWN, 0, 0, 0, 0, STUB_FOREVER_MS, true },
	{ "unknown_is_kept_no_longer", DNS_UNKNOWN, UINT32_MAX, STUB_FOREVER_MS, STUB_FOREVER_MS, STUB_FOREVER_MS, 1, false },
};

static void check_ttl(void **state)
{
	const struct ttl_row *row = *state;
	struct resolver_settings settings = stub_settings();
	struct bench bench;

	settings.ttl_min_ms = row->ttl_min_ms;
	settings.ttl_max_ms = row->ttl_max_ms;
	settings.negative_ttl_ms = row->negative_ttl_ms;
	settings.unknown_ttl_ms = row->unknown_ttl_ms;
	bench = bench_with(settings);
	resolver_prefetch(bench.resolver, "a.example", DNS_A);
	assert_true(stub_answer(bench.stub, row->status == DNS_FOUND ? NULL : dns_answer_new(row->status, "", NULL, 0), row->ttl_s));
	(void)usleep(10000);
	resolver_prefetch(bench.resolver, "a.example", DNS_A);
	assert_int_equal(stub_asked(bench.stub), row->kept ? 1 : 2);
	resolver_free(bench.resolver);
}

static void a_question_without_answer_times_out(void **state)
{
	struct resolver_settings settings = stub_settings();
	struct bench bench;

	(void)state;
	settings.timeout_ms = 20;
	bench = bench_with(settings);
	assert_answer(resolver_ask_and_wait(bench.resolver, "a.example", DNS_A, soon()), DNS_UNKNOWN, "timeout");
	assert_int_equal(stats_of(&bench).timeouts, 1);
	assert_int_equal(stats_of(&bench).unknown, 1);
	assert_int_equal(stats_of(&bench).in_flight, 1);	/* upstream still works on it */
	assert_answer(resolver_ask_and_wait(bench.resolver, "a.example", DNS_A, soon()), DNS_UNKNOWN, "timeout");
	assert_int_equal(stats_of(&bench).cached, 1);
	assert_int_equal(stub_asked(bench.stub), 1);
	resolver_free(bench.resolver);
}

static void an_answer_that_comes_late_serves_the_next(void **state)
{
	struct resolver_settings settings = stub_settings();
	struct bench bench;

	(void)state;
	settings.timeout_ms = 20;
	bench = bench_with(settings);
	assert_answer(resolver_ask_and_wait(bench.resolver, "a.example", DNS_A, soon()), DNS_UNKNOWN, "timeout");
	assert_int_equal(stub_answer_all(bench.stub), 1);
	assert_answer(ask_now(&bench, "a.example", DNS_A), DNS_FOUND, "a.example");
	assert_int_equal(stats_of(&bench).in_flight, 0);
	resolver_free(bench.resolver);
}

static void a_question_that_was_given_up_is_joined_not_asked_again(void **state)
{
	struct resolver_settings settings = stub_settings();
	struct bench bench;

	(void)state;
	settings.timeout_ms = 20;
	settings.unknown_ttl_ms = 0;
	bench = bench_with(settings);
	for (unsigned i = 1; i <= 3; i++) {
		assert_answer(resolver_ask_and_wait(bench.resolver, "a.example", DNS_A, soon()), DNS_UNKNOWN, "timeout");
		assert_int_equal(stats_of(&bench).timeouts, i);
	}
	assert_int_equal(stub_asked(bench.stub), 1);
	assert_int_equal(stats_of(&bench).in_flight, 1);
	assert_int_equal(stub_answer_all(bench.stub), 1);
	assert_answer(ask_now(&bench, "a.example", DNS_A), DNS_FOUND, "a.example");
	resolver_free(bench.resolver);
}

static void who_has_less_time_than_the_question_is_out_of_time(void **state)
{
	struct bench bench = bench_new();

	(void)state;
	assert_answer(resolver_ask_and_wait(bench.resolver, "a.example", DNS_A, clock_monotonic_ms() + 20), DNS_UNKNOWN, "out of time");
	assert_int_equal(stub_answer_all(bench.stub), 1);
	assert_answer(ask_now(&bench, "a.example", DNS_A), DNS_FOUND, "a.example");
	resolver_free(bench.resolver);
}

static void fifty_thousand_random_names_stay_within_the_bound(void **state)
{
	struct bench bench = bench_new();
	char name[64];

	(void)state;
	for (unsigned i = 0; i < 50000; i++) {
		(void)snprintf(name, sizeof(name), "%x.random-%u.example", i * 2654435761u, i);
		resolver_prefetch(bench.resolver, name, DNS_TXT);
		assert_true(stub_answer(bench.stub, dns_answer_nothing(true), 86400));
	}
	assert_true(stats_of(&bench).bytes <= resolver_settings_of(bench.resolver)->cache_bytes);
	assert_int_equal(stats_of(&bench).entries + stats_of(&bench).evicted, 50000);
	assert_true(stats_of(&bench).evicted > 0);
	assert_int_equal(stats_of(&bench).nothing, 50000);
	resolver_free(bench.resolver);
}

/* The shares of the shards must add up to the whole. */
static void a_large_cache_is_used_as_a_whole(void **state)
{
	struct resolver_settings settings = stub_settings();
	struct resolver_stats stats;
	struct bench bench;
	char name[64];

	(void)state;
	settings.cache_bytes = 8 << 20;
	bench = bench_with(settings);
	for (unsigned i = 0; i < 80000; i++) {
		(void)snprintf(name, sizeof(name), "%u.random.example", i);
		resolver_prefetch(bench.resolver, name, DNS_TXT);
		assert_true(stub_answer(bench.stub, dns_answer_nothing(true), 86400));
	}
	stats = stats_of(&bench);
	assert_true(stats.evicted > 0);
	assert_in_range(stats.bytes, settings.cache_bytes * 9 / 10, settings.cache_bytes);
	resolver_free(bench.resolver);
}

/* Whichever comes first, the answer is what is known afterwards. */
static void an_answer_at_the_very_end_of_its_time_is_not_forgotten(void **state)
{
	enum { ROUNDS = 300, TOGETHER = 50 };
	struct resolver_settings settings = stub_settings();
	struct bench bench;
	char name[32];

	(void)state;
	settings.timeout_ms = 1;
	bench = bench_with(settings);
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t timeouts = stats_of(&bench).timeouts;

		for (unsigned i = 0; i < TOGETHER; i++) {
			(void)snprintf(name, sizeof(name), "n%u-%u.example", round, i);
			resolver_prefetch(bench.resolver, name, DNS_A);
		}
		while (stats_of(&bench).timeouts == timeouts)
			;
		for (unsigned i = TOGETHER; i > 0; i--) {	/* towards the other thread, which is at the first */
			struct stub_question *asked = stub_take(bench.stub, i - 1);

			resolver_answered(asked->question, stub_record(asked->name, asked->type), 300);
			stub_forget(asked);
		}
		(void)usleep(500);
		for (unsigned i = 0; i < TOGETHER; i++) {
			(void)snprintf(name, sizeof(name), "n%u-%u.example", round, i);
			assert_answer(ask_now(&bench, name, DNS_A), DNS_FOUND, name);
		}
	}
	resolver_free(bench.resolver);
}

/* --- DNS-19 --- */

enum { CROWD = 1000, ASKERS = 4 };

struct crowd {
	struct bench *bench;
	unsigned first;
	atomic_uint *found;
};

static void *ask_crowd(void *arg)
{
	const struct crowd *crowd = arg;
	char name[32];

	for (unsigned i = 0; i < CROWD; i++) {
		struct dns_answer *answer;

		(void)snprintf(name, sizeof(name), "n%u.example", (crowd->first + i) % CROWD);
		resolver_prefetch(crowd->bench->resolver, name, DNS_A);
		answer = resolver_ask_and_wait(crowd->bench->resolver, name, DNS_A, soon());
		if (answer->status == DNS_FOUND && strcmp(answer->records[0].data.p, name) == 0)
			atomic_fetch_add(crowd->found, 1);
		dns_answer_unref(answer);
	}
	return NULL;
}

/* Answers in random order until all have been answered. */
static void answer_at_random(struct bench *bench, unsigned expected)
{
	unsigned seed = 1;

	for (unsigned answered = 0; answered < expected;) {
		struct stub_question *asked = stub_take(bench->stub, (unsigned)rand_r(&seed) % 8);

		if (asked == NULL) {
			(void)sched_yield();
			continue;
		}
		resolver_answered(asked->question, stub_record(asked->name, asked->type), 300);
		stub_forget(asked);
		answered++;
	}
}

static void a_crowd_with_answers_in_random_order_asks_each_name_once(void **state)
{
	struct bench bench = bench_new();
	struct crowd crowds[ASKERS];
	pthread_t threads[ASKERS];
	atomic_uint found = 0;

	(void)state;
	for (unsigned i = 0; i < ASKERS; i++) {
		crowds[i] = (struct crowd){ &bench, i * 10, &found };
		assert_int_equal(pthread_create(&threads[i], NULL, ask_crowd, &crowds[i]), 0);
	}
	answer_at_random(&bench, CROWD);
	for (unsigned i = 0; i < ASKERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(found, CROWD * ASKERS);
	assert_int_equal(stub_asked(bench.stub), CROWD);
	resolver_free(bench.resolver);
}

/* A server that says nothing at all, and then answers what it was asked. */
static void in_a_silent_outage_each_name_is_asked_once(void **state)
{
	struct resolver_settings settings = stub_settings();
	struct bench bench;
	char name[32];

	(void)state;
	settings.timeout_ms = 5;
	settings.unknown_ttl_ms = 5;
	bench = bench_with(settings);
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < 100; i++) {
			(void)snprintf(name, sizeof(name), "n%u.example", i);
			resolver_prefetch(bench.resolver, name, DNS_A);
		}
		(void)usleep(5000);
	}
	assert_int_equal(stub_asked(bench.stub), 100);
	assert_int_equal(stub_answer_all(bench.stub), 100);
	for (unsigned i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "n%u.example", i);
		assert_answer(ask_now(&bench, name, DNS_A), DNS_FOUND, name);
	}
	assert_int_equal(stub_asked(bench.stub), 100);
	resolver_free(bench.resolver);
}

/* A server that says SERVFAIL, and then is well: it is asked no more often than unknown_ttl says, and no less. */
static void in_a_loud_outage_a_name_is_asked_once_in_unknown_ttl(void **state)
{
	enum { UNKNOWN_TTL_MS = 100, ROUNDS = 5 };
	struct resolver_settings settings = stub_settings();
	uint64_t started_ms = clock_monotonic_ms(), until_ms = soon();
	struct bench bench;

	(void)state;
	settings.unknown_ttl_ms = UNKNOWN_TTL_MS;
	bench = bench_with(settings);
	while (stub_asked(bench.stub) < ROUNDS && clock_monotonic_ms() < until_ms) {
		resolver_prefetch(bench.resolver, "a.example", DNS_A);
		(void)stub_answer(bench.stub, dns_answer_unknown("SERVFAIL"), 0);
	}
	assert_int_equal(stub_asked(bench.stub), ROUNDS);
	assert_true(clock_monotonic_ms() - started_ms >= (ROUNDS - 1) * UNKNOWN_TTL_MS);
	bench.stub->at_once = true;
	while (stub_asked(bench.stub) == ROUNDS && clock_monotonic_ms() < until_ms)
		resolver_prefetch(bench.resolver, "a.example", DNS_A);
	assert_answer(ask_now(&bench, "a.example", DNS_A), DNS_FOUND, "a.example");
	assert_int_equal(stub_asked(bench.stub), ROUNDS + 1);
	resolver_free(bench.resolver);
}

static void what_is_in_flight_is_released_with_the_resolver(void **state)
{
	struct resolver_settings settings = stub_settings();
	struct bench bench;
	char name[32];

	(void)state;
	settings.timeout_ms = 5;
	bench = bench_with(settings);
	for (unsigned i = 0; i < 500; i++) {
		(void)snprintf(name, sizeof(name), "n%u.example", i);
		resolver_prefetch(bench.resolver, name, DNS_A);
	}
	(void)usleep(5000);	/* some have timed out, some have not, one is just at it */
	resolver_free(bench.resolver);
	resolver_free(NULL);
}

static atomic_int signals_seen;

static void on_signal(int number)
{
	(void)number;
	if (gettid() != getpid())
		atomic_fetch_add(&signals_seen, 1);
}

static void its_thread_takes_no_signals(void **state)
{
	struct bench bench;
	sigset_t hup, before;

	(void)state;
	(void)signal(SIGHUP, on_signal);
	(void)sigemptyset(&hup);
	(void)sigaddset(&hup, SIGHUP);
	bench = bench_new();
	(void)pthread_sigmask(SIG_BLOCK, &hup, &before);
	(void)kill(getpid(), SIGHUP);	/* would go to the other thread */
	(void)usleep(20000);
	assert_int_equal(signals_seen, 0);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	resolver_free(bench.resolver);
	(void)signal(SIGHUP, SIG_DFL);
}

int main(void)
{
	static struct rows rows;

	rows_add_one(&rows, "an_answer_is_asked_once_and_then_cached", an_answer_is_asked_once_and_then_cached, NULL);
	rows_add(&rows, impossible_table, check_impossible);
	rows_add_one(&rows, "a_prefetched_answer_is_there_when_it_is_asked_for", a_prefetched_answer_is_there_when_it_is_asked_for, NULL);
	rows_add_one(&rows, "one_question_is_in_flight_for_a_thousand_askers", one_question_is_in_flight_for_a_thousand_askers, NULL);
	rows_add_one(&rows, "a_question_over_in_flight_is_unknown_at_once_and_not_cached",
		     a_question_over_in_flight_is_unknown_at_once_and_not_cached, NULL);
	rows_add(&rows, ttl_table, check_ttl);
	rows_add_one(&rows, "DNS-01_a_question_without_answer_times_out", a_question_without_answer_times_out, NULL);
	rows_add_one(&rows, "DNS-01_an_answer_that_comes_late_serves_the_next", an_answer_that_comes_late_serves_the_next, NULL);
	rows_add_one(&rows, "DNS-01_a_question_that_was_given_up_is_joined_not_asked_again",
		     a_question_that_was_given_up_is_joined_not_asked_again, NULL);
	rows_add_one(&rows, "DNS-01_who_has_less_time_than_the_question_is_out_of_time", who_has_less_time_than_the_question_is_out_of_time, NULL);
	rows_add_one(&rows, "DNS-01_an_answer_at_the_very_end_of_its_time_is_not_forgotten",
		     an_answer_at_the_very_end_of_its_time_is_not_forgotten, NULL);
	rows_add_one(&rows, "DNS-02_fifty_thousand_random_names_stay_within_the_bound", fifty_thousand_random_names_stay_within_the_bound, NULL);
	rows_add_one(&rows, "DNS-02_a_large_cache_is_used_as_a_whole", a_large_cache_is_used_as_a_whole, NULL);
	rows_add_one(&rows, "DNS-19_a_crowd_with_answers_in_random_order_asks_each_name_once",
		     a_crowd_with_answers_in_random_order_asks_each_name_once, NULL);
	rows_add_one(&rows, "DNS-19_in_a_silent_outage_each_name_is_asked_once", in_a_silent_outage_each_name_is_asked_once, NULL);
	rows_add_one(&rows, "DNS-19_in_a_loud_outage_a_name_is_asked_once_in_unknown_ttl",
		     in_a_loud_outage_a_name_is_asked_once_in_unknown_ttl, NULL);
	rows_add_one(&rows, "what_is_in_flight_is_released_with_the_resolver", what_is_in_flight_is_released_with_the_resolver, NULL);
	rows_add_one(&rows, "its_thread_takes_no_signals", its_thread_takes_no_signals, NULL);
	return rows_run(&rows, "resolver");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "t/unit/rows.h"
#include "t/unit/stub_upstream.h"

#define EVENTUALLY_MS 30000	/* only what is broken takes so long */
#define NAMES_MAX 40

/* Asks for names one after the other, or all at once, and keeps what it got. */
struct walk {
	const char *names[NAMES_MAX];
	size_t len;
	bool at_once;		/* goes on with the next name while an answer is missing */
	bool stubborn;		/* never says that it is complete */
	size_t garbage_bytes;	/* allocated in each run */
	atomic_int inside, most_inside, runs;
	const struct dns_answer *answers[NAMES_MAX];
	const struct dns_answer *changed;	/* an answer that was not the same later */
	const char *joined;	/* the result, in the pursuit's arena */
};

struct bench {
	struct stub *stub;
	struct resolver *resolver;
	struct pursuit *pursuit;
	struct walk walk;
};

static bool walk_step(struct pursuit *pursuit, void *state)
{
	struct walk *walk = state;
	int inside = atomic_fetch_add(&walk->inside, 1) + 1;
	bool complete = true;

	if (inside > walk->most_inside)
		walk->most_inside = inside;
	atomic_fetch_add(&walk->runs, 1);
	if (walk->garbage_bytes > 0)
		(void)arena_alloc(pursuit_arena(pursuit), walk->garbage_bytes);
	for (size_t i = 0; i < walk->len && (complete || walk->at_once); i++) {
		const struct dns_answer *answer = pursuit_ask(pursuit, walk->names[i], DNS_A);

		if (walk->answers[i] != NULL && walk->answers[i] != answer)
			walk->changed = walk->answers[i];
		walk->answers[i] = answer;
		complete &= answer != NULL;
	}
	if (complete)
		walk->joined = arena_strdup(pursuit_arena(pursuit), "complete");
	atomic_fetch_sub(&walk->inside, 1);
	return complete && !walk->stubborn;
}

static void bench_open(struct bench *bench, uint64_t left_ms, unsigned max_questions)
{
	struct resolver_settings settings = stub_settings();

	*bench = (struct bench){ .stub = stub_new() };
	bench->resolver = resolver_new(&settings, &bench->stub->upstream);
	assert_non_null(bench->resolver);
	bench->pursuit = pursuit_new(bench->resolver, clock_monotonic_ms() + left_ms, max_questions);
}

static void bench_start(struct bench *bench, size_t len, bool at_once)
{
	static const char *const names[] = { "a.example", "b.example", "c.example", "d.example", "e.example" };

	bench->walk.len = len;
	bench->walk.at_once = at_once;
	for (size_t i = 0; i < len; i++)
		bench->walk.names[i] = names[i];
	pursuit_start(bench->pursuit, walk_step, &bench->walk);
}

static void bench_close(struct bench *bench)
{
	pursuit_drop(bench->pursuit);
	resolver_free(bench->resolver);
	assert_null(bench->walk.changed);
	assert_true(bench->walk.most_inside <= 1);
}

static bool wait_for(struct bench *bench)
{
	return pursuit_wait(bench->pursuit, clock_monotonic_ms() + EVENTUALLY_MS, NULL, NULL);
}

static void what_is_cached_is_done_when_it_starts(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, EVENTUALLY_MS, 10);
	resolver_prefetch(bench.resolver, "a.example", DNS_A);
	resolver_prefetch(bench.resolver, "b.example", DNS_A);
	assert_int_equal(stub_answer_all(bench.stub), 2);
	bench_start(&bench, 2, false);
	assert_true(pursuit_done(bench.pursuit));
	assert_int_equal(bench.walk.runs, 1);
	assert_string_equal(bench.walk.joined, "complete");
	assert_string_equal(bench.walk.answers[1]->records[0].data.p, "b.example");
	assert_int_equal(pursuit_questions(bench.pursuit), 2);
	assert_int_equal(stub_asked(bench.stub), 2);
	bench_close(&bench);
}

static void a_chain_goes_on_while_nobody_waits(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, EVENTUALLY_MS, 10);
	bench_start(&bench, 3, false);
	for (unsigned asked = 1; asked <= 3; asked++) {
		assert_false(pursuit_done(bench.pursuit));
		assert_int_equal(stub_asked(bench.stub), asked);
		assert_true(stub_answer(bench.stub, NULL, 300));
	}
	assert_true(pursuit_done(bench.pursuit));
	assert_int_equal(bench.walk.runs, 4);
	assert_int_equal(pursuit_questions(bench.pursuit), 3);
	bench_close(&bench);
}

static void independent_questions_are_asked_together(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, EVENTUALLY_MS, 10);
	bench_start(&bench, 5, true);
	assert_int_equal(stub_asked(bench.stub), 5);
	assert_int_equal(stub_answer_all(bench.stub), 5);
	assert_true(pursuit_done(bench.pursuit));
	bench_close(&bench);
}

static void an_upstream_that_answers_at_once_needs_one_run(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, EVENTUALLY_MS, 10);
	bench.stub->at_once = true;
	bench_start(&bench, 5, false);
	assert_true(pursuit_done(bench.pursuit));
	assert_int_equal(bench.walk.runs, 1);
	bench_close(&bench);
}

/* The cache has another answer by then. */
static void an_answer_stays_as_it_was(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, EVENTUALLY_MS, 10);
	bench_start(&bench, 2, false);
	assert_true(stub_answer(bench.stub, NULL, 0));
	resolver_prefetch(bench.resolver, "a.example", DNS_A);
	assert_true(stub_answer(bench.stub, NULL, 300));	/* b.example, for the pursuit */
	assert_true(stub_answer(bench.stub, dns_answer_nothing(true), 300));
	assert_true(pursuit_done(bench.pursuit));
	assert_string_equal(bench.walk.answers[0]->records[0].data.p, "a.example");
	bench_close(&bench);
}

static void the_same_question_counts_once(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, EVENTUALLY_MS, 3);
	bench.walk = (struct walk){ .names = { "a.example", "A.EXAMPLE.", "\\097.example", "..", "", "b.example", "c.example" },
				    .len = 7, .at_once = true };
	pursuit_start(bench.pursuit, walk_step, &bench.walk);
	assert_int_equal(pursuit_questions(bench.pursuit), 3);
	assert_int_equal(stub_answer_all(bench.stub), 3);
	assert_true(pursuit_done(bench.pursuit));
	assert_ptr_equal(bench.walk.answers[0], bench.walk.answers[2]);
	assert_int_equal(bench.walk.answers[3]->status, DNS_NOTHING);
	assert_true(bench.walk.answers[4]->nxdomain);
	assert_string_equal(bench.walk.answers[6]->records[0].data.p, "c.example");
	bench_close(&bench);
}

static void a_question_too_many_is_unknown(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, EVENTUALLY_MS, 2);
	bench_start(&bench, 4, true);
	assert_int_equal(stub_asked(bench.stub), 2);
	assert_int_equal(stub_answer_all(bench.stub), 2);
	assert_true(pursuit_done(bench.pursuit));
	assert_int_equal(bench.walk.answers[1]->status, DNS_FOUND);
	assert_int_equal(bench.walk.answers[2]->status, DNS_UNKNOWN);
	assert_string_equal(bench.walk.answers[3]->why, "too many questions");
	assert_int_equal(pursuit_questions(bench.pursuit), 2);
	bench_close(&bench);
}

static void at_its_deadline_it_is_done_while_nobody_waits(void **state)
{
	uint64_t until_ms = clock_monotonic_ms() + EVENTUALLY_MS;
	struct bench bench;

	(void)state;
	bench_open(&bench, 50, 10);
	resolver_prefetch(bench.resolver, "a.example", DNS_A);
	assert_int_equal(stub_answer_all(bench.stub), 1);
	bench_start(&bench, 3, true);
	while (!pursuit_done(bench.pursuit) && clock_monotonic_ms() < until_ms)
		(void)usleep(1000);
	assert_true(pursuit_done(bench.pursuit));
	assert_int_equal(bench.walk.answers[0]->status, DNS_FOUND);
	assert_int_equal(bench.walk.answers[1]->status, DNS_UNKNOWN);
	assert_string_equal(bench.walk.answers[2]->why, "out of time");
	(void)stub_answer_all(bench.stub);	/* too late */
	assert_int_equal(bench.walk.answers[1]->status, DNS_UNKNOWN);
	bench_close(&bench);
}

static void who_waits_beyond_its_deadline_finds_it_done(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, 30, 10);
	bench_start(&bench, 3, false);
	assert_true(wait_for(&bench));
	assert_true(pursuit_done(bench.pursuit));
	assert_string_equal(bench.walk.answers[0]->why, "out of time");
	assert_string_equal(bench.walk.answers[2]->why, "out of time");
	assert_true(stub_asked(bench.stub) <= 1);	/* no new question for one who cannot wait for it */
	bench_close(&bench);
}

static void who_waits_until_then_finds_it_as_it_is(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, EVENTUALLY_MS, 10);
	bench_start(&bench, 1, false);
	assert_false(pursuit_wait(bench.pursuit, clock_monotonic_ms() + 5, NULL, NULL));
	assert_false(pursuit_wait(bench.pursuit, 0, NULL, NULL));
	assert_int_equal(stub_answer_all(bench.stub), 1);
	assert_true(pursuit_wait(bench.pursuit, 0, NULL, NULL));
	bench_close(&bench);
}

static void after_its_deadline_only_the_cache_answers(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, 0, 10);
	resolver_prefetch(bench.resolver, "b.example", DNS_A);
	assert_int_equal(stub_answer_all(bench.stub), 1);
	bench_start(&bench, 3, true);
	assert_true(pursuit_done(bench.pursuit));
	assert_string_equal(bench.walk.answers[0]->why, "out of time");
	assert_int_equal(bench.walk.answers[1]->status, DNS_FOUND);
	assert_int_equal(stub_asked(bench.stub), 1);
	bench_close(&bench);
}

static void the_run_at_the_deadline_is_the_last(void **state)
{
	struct bench bench;
	int runs;

	(void)state;
	bench_open(&bench, 30, 10);
	bench.walk.stubborn = true;
	bench_start(&bench, 1, false);
	assert_true(wait_for(&bench));
	runs = bench.walk.runs;
	(void)stub_answer_all(bench.stub);
	(void)usleep(10000);
	assert_int_equal(bench.walk.runs, runs);
	bench_close(&bench);
}

static void before_it_starts_nobody_waits(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, EVENTUALLY_MS, 10);
	assert_false(wait_for(&bench));
	assert_false(pursuit_done(bench.pursuit));
	bench_close(&bench);
}

static void runs_that_were_not_complete_leave_no_memory(void **state)
{
	struct bench bench;
	size_t before, after;

	(void)state;
	bench_open(&bench, EVENTUALLY_MS, 10);
	bench.walk.garbage_bytes = 10000;
	(void)arena_strdup(pursuit_arena(bench.pursuit), "stays");
	bench_start(&bench, 5, false);
	before = arena_size_bytes(pursuit_arena(bench.pursuit));
	for (int i = 0; i < 4; i++)
		assert_true(stub_answer(bench.stub, NULL, 300));
	after = arena_size_bytes(pursuit_arena(bench.pursuit));
	assert_int_equal(before, after);
	bench_close(&bench);
}

static void on_progress(void *arg)
{
	++*(unsigned *)arg;
}

static void who_waits_hears_of_progress(void **state)
{
	struct bench bench;
	unsigned calls = 0;

	(void)state;
	bench_open(&bench, EVENTUALLY_MS, 10);
	bench_start(&bench, 1, false);
	assert_false(pursuit_wait(bench.pursuit, clock_monotonic_ms() + 2500, on_progress, &calls));
	assert_in_range(calls, 1, 2);
	bench_close(&bench);
}

static void *answer_soon(void *arg)
{
	(void)usleep(20000);
	(void)stub_answer_all(arg);
	return NULL;
}

static void who_waits_is_woken_by_the_answer(void **state)
{
	struct bench bench;
	pthread_t thread;

	(void)state;
	bench_open(&bench, EVENTUALLY_MS * 10, 10);
	bench_start(&bench, 1, false);
	assert_int_equal(pthread_create(&thread, NULL, answer_soon, bench.stub), 0);
	assert_true(pursuit_wait(bench.pursuit, clock_monotonic_ms() + EVENTUALLY_MS * 10, NULL, NULL));
	assert_int_equal(pthread_join(thread, NULL), 0);
	bench_close(&bench);
}

/* --- a step that takes its time --- */

struct slow {
	struct pursuit *pursuit;
	atomic_int inside, most_inside, runs;
};

static bool slow_step(struct pursuit *pursuit, void *state)
{
	struct slow *slow = state;
	int inside = atomic_fetch_add(&slow->inside, 1) + 1;

	(void)pursuit;
	if (inside > slow->most_inside)
		slow->most_inside = inside;
	if (atomic_fetch_add(&slow->runs, 1) == 0)
		(void)usleep(60000);
	atomic_fetch_sub(&slow->inside, 1);
	return false;
}

static void *start_slow(void *arg)
{
	struct slow *slow = arg;

	pursuit_start(slow->pursuit, slow_step, slow);
	return NULL;
}

static void who_waits_does_not_run_a_step_that_is_running(void **state)
{
	struct slow slow = { 0 };
	struct bench bench;
	pthread_t thread;

	(void)state;
	bench_open(&bench, 20, 10);
	slow.pursuit = bench.pursuit;
	assert_int_equal(pthread_create(&thread, NULL, start_slow, &slow), 0);
	while (slow.runs == 0)
		(void)usleep(100);
	assert_true(wait_for(&bench));
	assert_int_equal(slow.most_inside, 1);
	assert_true(slow.runs <= 2);
	assert_int_equal(pthread_join(thread, NULL), 0);
	bench_close(&bench);
}

static void what_was_dropped_runs_no_more(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, 30, 10);
	bench_start(&bench, 2, true);
	arena_defer(pursuit_arena(bench.pursuit), on_progress, &bench.walk.garbage_bytes);
	pursuit_drop_deferred(bench.pursuit);
	assert_int_equal(bench.walk.garbage_bytes, 1);
	(void)stub_answer_all(bench.stub);
	(void)usleep(40000);	/* its deadline */
	assert_int_equal(bench.walk.runs, 1);
	bench.pursuit = NULL;
	bench_close(&bench);
}

/* --- upstreams that answer others inside ask --- */

struct nested {
	struct stub *stub;
	const char *name;
	struct nested *other;
	bool answers;		/* in its step all questions are answered, those of the other, too */
	atomic_int inside;
	bool overlapped;
};

static bool nested_step(struct pursuit *pursuit, void *state)
{
	struct nested *nested = state;
	bool complete = true;
	char name[32];

	nested->inside = 1;
	for (unsigned i = 0; i < 20 && complete; i++) {
		(void)snprintf(name, sizeof(name), "%s%u.example", nested->name, i);
		complete = pursuit_ask(pursuit, name, DNS_A) != NULL;
		if (nested->answers)
			(void)stub_answer_all(nested->stub);	/* as if ask had done it */
		nested->overlapped |= nested->other->inside;
	}
	nested->inside = 0;
	return complete;
}

static void steps_are_not_run_inside_one_another(void **state)
{
	struct nested a = { .name = "a" }, b = { .name = "b", .other = &a, .answers = true };
	struct pursuit *second;
	struct bench bench;

	(void)state;
	bench_open(&bench, EVENTUALLY_MS, 100);
	a.stub = b.stub = bench.stub;
	a.other = &b;
	second = pursuit_new(bench.resolver, clock_monotonic_ms() + EVENTUALLY_MS, 100);
	pursuit_start(bench.pursuit, nested_step, &a);
	a.answers = true;
	pursuit_start(second, nested_step, &b);
	assert_true(wait_for(&bench));
	assert_true(pursuit_wait(second, clock_monotonic_ms() + EVENTUALLY_MS, NULL, NULL));
	assert_false(a.overlapped || b.overlapped);
	pursuit_drop(second);
	bench_close(&bench);
}

/* --- all at the same time --- */

enum { OWNERS = 4, ANSWERERS = 2, PURSUITS = 400 };

struct storm {
	struct stub *stub;
	struct resolver *resolver;
	atomic_bool over;
	atomic_uint complete, dropped, changed, overlapped;
};

struct owner {
	struct storm *storm;
	unsigned seed;
};

static const char *storm_name(unsigned number, char name[32])
{
	(void)snprintf(name, 32, "n%u.example", number);
	return name;
}

static void run_pursuit(struct storm *storm, unsigned *seed)
{
	struct pursuit *pursuit = pursuit_new(storm->resolver, clock_monotonic_ms() + (unsigned)rand_r(seed) % 30, 20);
	struct walk walk = { .len = 1 + (unsigned)rand_r(seed) % 20, .at_once = rand_r(seed) % 2, .garbage_bytes = 100 };
	char names[NAMES_MAX][32];

	for (size_t i = 0; i < walk.len; i++)
		walk.names[i] = storm_name((unsigned)rand_r(seed) % 500, names[i]);
	pursuit_start(pursuit, walk_step, &walk);
	if (rand_r(seed) % 3 == 0) {
		pursuit_drop(pursuit);
		atomic_fetch_add(&storm->dropped, 1);
	} else {
		(void)pursuit_wait(pursuit, clock_monotonic_ms() + (unsigned)rand_r(seed) % 60, NULL, NULL);
		if (pursuit_done(pursuit) && strcmp(walk.joined, "complete") == 0)
			atomic_fetch_add(&storm->complete, 1);
		pursuit_drop(pursuit);
	}
	atomic_fetch_add(&storm->changed, walk.changed != NULL);
	atomic_fetch_add(&storm->overlapped, walk.most_inside > 1);
}

static void *own(void *arg)
{
	struct owner *owner = arg;
	char name[32];

	for (unsigned i = 0; i < PURSUITS; i++) {
		run_pursuit(owner->storm, &owner->seed);
		dns_answer_unref(resolver_ask_and_wait(owner->storm->resolver, storm_name(i, name), DNS_A, clock_monotonic_ms() + 3));
		resolver_prefetch(owner->storm->resolver, storm_name(i * 7 % 500, name), DNS_TXT);
	}
	return NULL;
}

static void *answer(void *arg)
{
	struct owner *owner = arg;
	struct stub_question *asked;

	while (!owner->storm->over) {
		asked = stub_take(owner->storm->stub, (unsigned)rand_r(&owner->seed) % 20);
		if (asked == NULL) {
			(void)usleep(100);
			continue;
		}
		resolver_answered(asked->question, rand_r(&owner->seed) % 4 == 0 ? dns_answer_unknown("SERVFAIL") :
						   stub_record(asked->name, asked->type), (unsigned)rand_r(&owner->seed) % 2);
		stub_forget(asked);
	}
	return NULL;
}

static void many_threads_ask_answer_and_drop(void **state)
{
	struct resolver_settings settings = stub_settings();
	struct storm storm = { .stub = stub_new() };
	struct owner owners[OWNERS + ANSWERERS];
	pthread_t threads[OWNERS + ANSWERERS];

	(void)state;
	settings.timeout_ms = 10;
	settings.unknown_ttl_ms = 2;
	settings.cache_bytes = 64 << 10;
	settings.in_flight = 300;
	storm.resolver = resolver_new(&settings, &storm.stub->upstream);
	assert_non_null(storm.resolver);
	for (unsigned i = 0; i < OWNERS + ANSWERERS; i++) {
		owners[i] = (struct owner){ &storm, i + 1 };
		assert_int_equal(pthread_create(&threads[i], NULL, i < OWNERS ? own : answer, &owners[i]), 0);
	}
	for (unsigned i = 0; i < OWNERS + ANSWERERS; i++) {
		storm.over = i >= OWNERS;
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	}
	assert_int_equal(storm.changed, 0);
	assert_int_equal(storm.overlapped, 0);
	assert_true(storm.complete > 0 && storm.dropped > 0);
	resolver_free(storm.resolver);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_cached_is_done_when_it_starts),
		cmocka_unit_test(a_chain_goes_on_while_nobody_waits),
		cmocka_unit_test(independent_questions_are_asked_together),
		cmocka_unit_test(an_upstream_that_answers_at_once_needs_one_run),
		cmocka_unit_test(an_answer_stays_as_it_was),
		cmocka_unit_test(the_same_question_counts_once),
		cmocka_unit_test(a_question_too_many_is_unknown),
		cmocka_unit_test(at_its_deadline_it_is_done_while_nobody_waits),
		cmocka_unit_test(who_waits_beyond_its_deadline_finds_it_done),
		cmocka_unit_test(who_waits_until_then_finds_it_as_it_is),
		cmocka_unit_test(after_its_deadline_only_the_cache_answers),
		cmocka_unit_test(the_run_at_the_deadline_is_the_last),
		cmocka_unit_test(before_it_starts_nobody_waits),
		cmocka_unit_test(runs_that_were_not_complete_leave_no_memory),
		cmocka_unit_test(who_waits_hears_of_progress),
		cmocka_unit_test(who_waits_is_woken_by_the_answer),
		cmocka_unit_test(who_waits_does_not_run_a_step_that_is_running),
		cmocka_unit_test(what_was_dropped_runs_no_more),
		cmocka_unit_test(steps_are_not_run_inside_one_another),
		cmocka_unit_test(many_threads_ask_answer_and_drop),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pursuit", tests, NULL, NULL);
}

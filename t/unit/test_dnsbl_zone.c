/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dnsbl_zone.h"

#include <pthread.h>
#include <stdlib.h>

#include "milter/base/clock.h"
#include "t/lib/zone.h"
#include "t/unit/rows.h"

#define START_MS 1000000000u
#define POINTS "2.0.0.127.bl.example A 127.0.0.2\n"
#define V6_POINT "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.bl.example"
#define V6_OTHER "1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.bl.example"

const struct scanner *const scanners[] = { NULL };

static char told[4096];

static void tell(const char *text)
{
	size_t len = strlen(told);

	(void)snprintf(told + len, sizeof(told) - len, "%s\n", text);
}

/* A resolver over a zone text that can be replaced; its answers are not kept. */
struct bench {
	struct zone *texts[8];
	size_t texts_len;
	struct dns_upstream base;
	const struct zone *text;
	struct dns_upstream *late;	/* of those that are released by the test */
	struct resolver *resolver;
	struct services services;
	struct dnsbl_zone *zone;
};

static void bench_ask(struct dns_upstream *upstream, const char *name, enum dns_type type, struct resolver_question *question)
{
	struct bench *bench = (struct bench *)((char *)upstream - offsetof(struct bench, base));

	if (bench->late != NULL)
		bench->late->ask(bench->late, name, type, question);
	else
		resolver_answered(question, zone_answer(bench->text, name, type), 0);
}

static void bench_free_upstream(struct dns_upstream *upstream)
{
	struct bench *bench = (struct bench *)((char *)upstream - offsetof(struct bench, base));

	if (bench->late != NULL)
		bench->late->free(bench->late);
}

static void bench_text(struct bench *bench, const char *text)
{
	bench->texts[bench->texts_len] = zone_new(text);
	bench->text = bench->texts[bench->texts_len++];
}

static struct bench *bench_new(const char *text, const struct dnsbl_zone_options *options, bool late)
{
	static const struct resolver_settings settings = {
		.timeout_ms = 3000, .cache_bytes = 1 << 20, .ttl_max_ms = 0, .in_flight = 100,
	};
	struct bench *bench = xcalloc(1, sizeof(*bench));

	told[0] = '\0';
	clock_freeze(START_MS, START_MS);
	bench_text(bench, text);
	bench->base = (struct dns_upstream){ .ask = bench_ask, .free = bench_free_upstream };
	if (late)
		bench->late = zone_upstream_new(bench->text);
	bench->resolver = resolver_new(&settings, &bench->base);
	bench->services = (struct services){ .resolver = bench->resolver, .tell = tell };
	bench->zone = dnsbl_zone_new(&bench->services, options);
	return bench;
}

static void bench_free(struct bench *bench)
{
	dnsbl_zone_free(bench->zone);
	resolver_free(bench->resolver);
	for (size_t i = 0; i < bench->texts_len; i++)
		zone_free(bench->texts[i]);
	free(bench);
	clock_thaw();
}

static void later(struct bench *bench, uint64_t *now_ms, uint64_t by_ms)
{
	*now_ms += by_ms;
	clock_freeze(*now_ms, *now_ms);
	dnsbl_zone_test(bench->zone);
}

static uint64_t asked_by(struct bench *bench)
{
	struct resolver_stats stats;

	resolver_read_stats(bench->resolver, &stats);
	return stats.asked;
}

static const struct dnsbl_zone_options address_list = {
	.name = "bl.example", .title = "BL", .kind = DNSBL_V4, .self_test = true, .max_listed_percent = 90,
};

static const struct tested {
	const char *name;
	enum dnsbl_kind kind;
	bool untested;		/* self_test = no */
	const char *text;
	enum dnsbl_health health;
	const char *told;	/* a word of it; NULL: nothing */
} tested_table[] = {
	{ "has_127_0_0_2_and_not_127_0_0_1", DNSBL_V4, false, POINTS, DNSBL_GOOD, NULL },
	{ "lists_the_world_DNS_13", DNSBL_V4, false, "*.bl.example A 127.0.0.2\n", DNSBL_OFF, "lists 127.0.0.1, and so everything" },
	{ "lists_nothing", DNSBL_V4, false, "other.example A 127.0.0.2\n", DNSBL_OFF, "test entry, 127.0.0.2" },
	{ "hijacked_DNS_11", DNSBL_V4, false, "*.bl.example A 203.0.113.7\n", DNSBL_OFF, "outside of 127.0.0.0/8" },
	{ "hijacked_but_for_the_test_entry_DNS_11", DNSBL_V4, false, POINTS "1.0.0.127.bl.example A 203.0.113.7\n", DNSBL_OFF, "outside" },
	{ "public_resolver_DNS_12", DNSBL_V4, false, "*.bl.example A 127.255.255.254\n", DNSBL_OFF, "public or open" },
	{ "no_answer_DNS_01", DNSBL_V4, false, "2.0.0.127.bl.example !servfail\n", DNSBL_UNTESTED, NULL },
	{ "no_answer_to_one_and_lists_the_world_DNS_13", DNSBL_V4, false,
	  "2.0.0.127.bl.example !servfail\n1.0.0.127.bl.example A 127.0.0.2\n", DNSBL_OFF, "everything" },
	{ "not_to_be_tested", DNSBL_V4, true, "*.bl.example A 127.0.0.2\n", DNSBL_GOOD, NULL },
	{ "IPv6_points_DNS_20", DNSBL_V6, false, V6_POINT " A 127.0.0.2\n", DNSBL_GOOD, NULL },
	{ "no_IPv6_entries_DNS_20", DNSBL_V6, false, POINTS, DNSBL_GOOD, NULL },
	{ "lists_the_IPv6_world_DNS_20", DNSBL_V6, false, V6_OTHER " A 127.0.0.2\n", DNSBL_OFF, "everything" },
	{ "hijacked_IPv6_DNS_20", DNSBL_V6, false, V6_POINT " A 203.0.113.7\n", DNSBL_OFF, "outside" },
	{ "no_answer_for_IPv6_DNS_20", DNSBL_V6, false, V6_OTHER " !servfail\n", DNSBL_UNTESTED, NULL },
	{ "domain_list", DNSBL_DOMAIN, false, "test.bl.example A 127.0.1.2\n", DNSBL_GOOD, NULL },
	{ "domain_list_of_everything_DNS_13", DNSBL_DOMAIN, false, "*.bl.example A 127.0.1.2\n", DNSBL_OFF, "the name invalid" },
	{ "domain_list_of_nothing", DNSBL_DOMAIN, false, POINTS, DNSBL_OFF, "the name test" },
};

static void check_tested(void **state)
{
	const struct tested *row = *state;
	struct dnsbl_zone_options options = address_list;
	struct bench *bench;

	options.kind = row->kind;
	options.self_test = !row->untested;
	bench = bench_new(row->text, &options, false);
	assert_int_equal(dnsbl_zone_state(bench->zone).health, row->health);
	if (row->told == NULL)
		assert_string_equal(told, "");
	else
		assert_non_null(strstr(told, row->told));
	bench_free(bench);
}

static void off_is_said_once_and_back_is_said_once_DNS_13(void **state)
{
	struct bench *bench = bench_new(POINTS, &address_list, false);
	uint64_t now_ms = START_MS;

	(void)state;
	bench_text(bench, "*.bl.example A 127.0.0.2\n");
	later(bench, &now_ms, DNSBL_HOUR_MS - 1);
	assert_int_equal(dnsbl_zone_state(bench->zone).health, DNSBL_GOOD);	/* not yet due */
	later(bench, &now_ms, 1);
	assert_int_equal(dnsbl_zone_state(bench->zone).health, DNSBL_OFF);
	later(bench, &now_ms, DNSBL_RETRY_MS);
	later(bench, &now_ms, DNSBL_RETRY_MS);
	assert_string_equal(told, "dnsbl \"BL\": switched off until a later self-test is good: it lists 127.0.0.1, and so everything\n");
	told[0] = '\0';
	bench_text(bench, POINTS);
	later(bench, &now_ms, DNSBL_RETRY_MS);
	assert_int_equal(dnsbl_zone_state(bench->zone).health, DNSBL_GOOD);
	later(bench, &now_ms, DNSBL_HOUR_MS);
	assert_string_equal(told, "dnsbl \"BL\": its self-test is good: it is asked again\n");
	bench_free(bench);
}

static void a_test_without_answer_changes_nothing_DNS_01(void **state)
{
	struct bench *bench = bench_new(POINTS, &address_list, false);
	uint64_t now_ms = START_MS;

	(void)state;
	bench_text(bench, "!default servfail\n");
	later(bench, &now_ms, DNSBL_HOUR_MS);
	later(bench, &now_ms, DNSBL_SOON_MS);
	bench_text(bench, POINTS);
	later(bench, &now_ms, DNSBL_SOON_MS);	/* an answer in between: they are not in a row */
	bench_text(bench, "!default servfail\n");
	later(bench, &now_ms, DNSBL_HOUR_MS);
	later(bench, &now_ms, DNSBL_SOON_MS);
	assert_int_equal(dnsbl_zone_state(bench->zone).health, DNSBL_GOOD);
	assert_string_equal(told, "");
	later(bench, &now_ms, DNSBL_SOON_MS);
	later(bench, &now_ms, DNSBL_SOON_MS);
	assert_string_equal(told, "dnsbl \"BL\": its self-test got no answer 3 times in a row: SERVFAIL\n");
	assert_int_equal(dnsbl_zone_state(bench->zone).health, DNSBL_GOOD);
	bench_free(bench);
}

static struct dns_answer *listed(const char *address)
{
	struct ip ip;

	assert_int_equal(ip_parse(address, &ip), 0);
	return dns_answer_new(DNS_FOUND, "", &(struct dns_record){ .data = { (const char *)ip.bytes, 4 } }, 1);
}

static void note(struct bench *bench, struct dns_answer *answer, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		dnsbl_zone_note(bench->zone, answer);
	dnsbl_zone_test(bench->zone);
	dns_answer_unref(answer);
}

static const struct breaker {
	const char *name;
	uint64_t percent;
	bool self_test;
	unsigned nothing, listed, unknown;	/* answers, in this order */
	const char *text;			/* what the list has become */
	enum dnsbl_health health;
} breaker_table[] = {
	{ "everything_is_listed_DNS_13", 90, true, 0, 200, 0, "*.bl.example A 127.0.0.2\n", DNSBL_OFF },
	{ "one_more_than_the_share_DNS_13", 90, true, 19, 181, 0, "*.bl.example A 127.0.0.2\n", DNSBL_OFF },
	{ "just_the_share_DNS_13", 90, true, 20, 180, 0, "*.bl.example A 127.0.0.2\n", DNSBL_GOOD },
	{ "old_answers_are_forgotten_DNS_13", 90, true, 1000, 181, 0, "*.bl.example A 127.0.0.2\n", DNSBL_OFF },
	{ "too_few_answers_DNS_13", 90, true, 0, 199, 0, "*.bl.example A 127.0.0.2\n", DNSBL_GOOD },
	{ "answers_that_are_none_do_not_count_DNS_13", 90, true, 0, 199, 200, "*.bl.example A 127.0.0.2\n", DNSBL_GOOD },
	{ "a_bad_day_alone_is_no_reason_DNS_13", 90, true, 0, 200, 0, POINTS, DNSBL_GOOD },
	{ "never_with_100_percent", 100, true, 0, 400, 0, "*.bl.example A 127.0.0.2\n", DNSBL_GOOD },
	{ "without_self_test_it_is_tested_all_the_same_DNS_13", 90, false, 0, 200, 0, "*.bl.example A 127.0.0.2\n", DNSBL_OFF },
	{ "without_self_test_an_absent_test_entry_is_nothing", 90, false, 0, 200, 0, "x.example A 127.0.0.2\n", DNSBL_GOOD },
};

static void check_breaker(void **state)
{
	const struct breaker *row = *state;
	struct dnsbl_zone_options options = address_list;
	struct bench *bench;

	options.max_listed_percent = row->percent;
	options.self_test = row->self_test;
	bench = bench_new(POINTS, &options, false);
	bench_text(bench, row->text);
	note(bench, dns_answer_nothing(true), row->nothing);
	note(bench, dns_answer_unknown("timeout"), row->unknown);
	note(bench, listed("127.0.0.2"), row->listed);
	assert_int_equal(dnsbl_zone_state(bench->zone).health, row->health);
	bench_free(bench);
}

static void a_list_that_the_breaker_switched_off_comes_back_without_self_test(void **state)
{
	struct dnsbl_zone_options options = address_list;
	struct bench *bench;
	uint64_t now_ms = START_MS, asked;

	(void)state;
	options.self_test = false;
	bench = bench_new("*.bl.example A 127.0.0.2\n", &options, false);
	note(bench, listed("127.0.0.2"), 200);
	assert_int_equal(dnsbl_zone_state(bench->zone).health, DNSBL_OFF);
	bench_text(bench, "x.example A 127.0.0.2\n");
	later(bench, &now_ms, DNSBL_RETRY_MS);
	assert_int_equal(dnsbl_zone_state(bench->zone).health, DNSBL_GOOD);
	asked = asked_by(bench);
	later(bench, &now_ms, 24 * DNSBL_HOUR_MS);
	assert_int_equal(asked_by(bench), asked);
	bench_free(bench);
}

static void errors_are_told_once_an_hour_DNS_12(void **state)
{
	struct bench *bench = bench_new(POINTS, &address_list, false);
	uint64_t now_ms = START_MS;
	const char *line = "dnsbl \"BL\": it answers 127.255.255.254: the list does not answer public or open resolvers: ask it from a "
			   "resolver of your own\n";

	(void)state;
	note(bench, listed("127.255.255.254"), 100);
	assert_string_equal(told, line);
	later(bench, &now_ms, DNSBL_HOUR_MS - 1);
	note(bench, listed("127.255.255.255"), 1);
	assert_string_equal(told, line);
	told[0] = '\0';
	later(bench, &now_ms, 1);
	note(bench, listed("127.255.255.254"), 2);
	assert_string_equal(told, line);
	assert_int_equal(dnsbl_zone_state(bench->zone).health, DNSBL_GOOD);	/* its self-test says so */
	bench_free(bench);
}

static void a_hijacked_answer_calls_for_a_test_DNS_11(void **state)
{
	struct bench *bench = bench_new(POINTS, &address_list, false);
	uint64_t now_ms = START_MS;

	(void)state;
	bench_text(bench, "*.bl.example A 203.0.113.7\n");
	later(bench, &now_ms, DNSBL_SOON_MS);
	assert_int_equal(dnsbl_zone_state(bench->zone).health, DNSBL_GOOD);
	note(bench, listed("203.0.113.7"), 1);
	assert_int_equal(dnsbl_zone_state(bench->zone).health, DNSBL_OFF);
	bench_free(bench);
}

static void a_test_under_way_is_not_started_again_and_may_be_dropped(void **state)
{
	struct bench *bench = bench_new("*.bl.example !silent\n", &address_list, true);
	uint64_t now_ms = START_MS;

	(void)state;
	assert_int_equal(asked_by(bench), 2);
	later(bench, &now_ms, 1);
	assert_int_equal(asked_by(bench), 2);
	assert_int_equal(dnsbl_zone_state(bench->zone).health, DNSBL_UNTESTED);
	bench_free(bench);
}

static void without_a_resolver_nothing_is_known(void **state)
{
	const struct services services = { .tell = tell };
	struct dnsbl_zone *zone = dnsbl_zone_new(&services, &address_list);

	(void)state;
	assert_int_equal(dnsbl_zone_state(zone).health, DNSBL_UNTESTED);
	dnsbl_zone_free(zone);
}

static void *work(void *arg)
{
	struct bench *bench = arg;
	struct dns_answer *answer = listed("127.0.0.2"), *error = listed("127.255.255.254");

	for (unsigned i = 0; i < 2000; i++) {
		dnsbl_zone_note(bench->zone, i % 16 == 0 ? error : answer);
		dnsbl_zone_test(bench->zone);
		(void)dnsbl_zone_state(bench->zone);
	}
	dns_answer_unref(answer);
	dns_answer_unref(error);
	return NULL;
}

static void many_threads_share_it(void **state)
{
	struct bench *bench = bench_new(POINTS, &address_list, false);
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, bench), 0);
	for (size_t i = 0; i < 4; i++)
		(void)pthread_join(threads[i], NULL);
	assert_int_equal(dnsbl_zone_state(bench->zone).health, DNSBL_GOOD);
	assert_non_null(strstr(told, "127.255.255.254"));
	assert_null(strstr(strstr(told, "127.255.255.254") + 1, "127.255.255.254"));
	bench_free(bench);
}

#define ADD(test) rows_add_one(&rows, #test, test, NULL)

int main(void)
{
	static struct rows rows;

	rows_add(&rows, tested_table, check_tested);
	rows_add(&rows, breaker_table, check_breaker);
	ADD(off_is_said_once_and_back_is_said_once_DNS_13);
	ADD(a_test_without_answer_changes_nothing_DNS_01);
	ADD(a_list_that_the_breaker_switched_off_comes_back_without_self_test);
	ADD(errors_are_told_once_an_hour_DNS_12);
	ADD(a_hijacked_answer_calls_for_a_test_DNS_11);
	ADD(a_test_under_way_is_not_started_again_and_may_be_dropped);
	ADD(without_a_resolver_nothing_is_known);
	ADD(many_threads_share_it);
	return rows_run(&rows, "dnsbl_zone");
}

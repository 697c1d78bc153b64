/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libspf2 in real cages, asked as the scanner asks it, beside the evaluator of ours: on the public suites and on generated records.
 * Where they differ is printed; what fails is an evaluator of ours that is wrong, and a daemon that does not live on. */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/engine.h"
#include "milter/isolate/pool.h"
#include "milter/lookup/resolver.h"
#include "milter/settings.h"
#include "scanners/scanners.h"
#include "scanners/spf_check.h"
#include "scanners/spf_libspf2.h"
#include "scanners/spf_libspf2_job.h"
#include "t/lib/nursery.h"
#include "t/lib/spf_suite.h"
#include "t/lib/zone.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { &scanner_relay, &scanner_spf, NULL };
const struct job_kind *const job_kinds[] = { &job_spf_libspf2, NULL };

static struct pool *pool;
static const struct spf_settings settings = {
	.enabled = true, .evaluator = SPF_LIBSPF2, .timeout_ms = 20000, .max_questions = 120, .explain = true };
static struct resolver_settings resolver_settings = {
	.timeout_ms = 1000, .cache_bytes = 1 << 20, .ttl_min_ms = 1000, .ttl_max_ms = 100000, .negative_ttl_ms = 10000, .unknown_ttl_ms = 10000,
	.in_flight = 100, .trust_anchor = "",
};

/* One evaluator's answer on each side. */
struct pair {
	struct spf_answer ours, theirs;
};

static struct spf_answer ask_libspf2_with(const struct spf_settings *with, struct arena *arena, struct resolver *resolver,
					  const struct spf_query *query)
{
	struct services services = { .pool = pool, .resolver = resolver, .host = query->host };
	struct scan scan = { .settings = with, .services = &services, .arena = arena };

	return spf_libspf2_ask(&scan, 0, query);
}

static struct spf_answer ask_libspf2(struct arena *arena, struct resolver *resolver, const struct spf_query *query)
{
	return ask_libspf2_with(&settings, arena, resolver, query);
}

static struct spf_answer ask_ours(struct arena *arena, struct resolver *resolver, const struct spf_query *query)
{
	struct spf_check *check = spf_check_start(resolver, &settings, query);
	struct spf_answer answer;

	assert_true(spf_check_wait(check, UINT64_MAX, NULL, NULL));
	answer = *spf_check_answer(check);
	answer.problem = arena_strdup(arena, answer.problem);
	answer.mechanism = answer.domain = answer.explanation = "";	/* they go with the check */
	spf_check_drop(check);
	return answer;
}

static struct pair ask_both(struct arena *arena, struct resolver *resolver, const struct spf_query *query)
{
	return (struct pair){ ask_ours(arena, resolver, query), ask_libspf2(arena, resolver, query) };
}

static bool differ(const char *where, const char *name, const struct pair *pair)
{
	if (pair->ours.result == pair->theirs.result)
		return false;
	print_message("# differs: %s/%s: builtin %s, libspf2 %s%s%s\n", where, name, spf_result_name(pair->ours.result),
		      spf_result_name(pair->theirs.result), pair->theirs.problem[0] == '\0' ? "" : ": ", pair->theirs.problem);
	return true;
}

/* --- the suites --- */

static const struct suite_row {
	const char *name;
	size_t tests;
} suites[] = { { "rfc7208-tests.yml", 203 }, { "rfc4408-tests.yml", 191 } };

struct tally {
	size_t asked, differing, theirs_wrong;
};

static void check_scenario(struct arena *arena, struct spf_scenario *scenario, struct tally *tally)
{
	struct resolver *resolver = resolver_new(&resolver_settings, spf_suite_upstream_new(scenario));

	for (size_t i = 0; i < scenario->tests_len; i++) {
		const struct spf_suite_test *test = &scenario->tests[i];
		struct spf_query query = spf_suite_query(arena, test);
		struct pair pair = ask_both(arena, resolver, &query);

		if (!spf_suite_accepts(test, spf_result_name(pair.ours.result)))
			fail_msg("%s: %s instead of %s", test->name, spf_result_name(pair.ours.result), test->results[0]);
		tally->asked++;
		tally->differing += differ(scenario->description, test->name, &pair);
		tally->theirs_wrong += !spf_suite_accepts(test, spf_result_name(pair.theirs.result));
	}
	resolver_free(resolver);
}

static void check_suite(void **state)
{
	const struct suite_row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct spf_suite *suite = spf_suite_read(arena, row->name);
	struct tally tally = { 0 };

	if (suite == NULL) {
		print_message("# skipped: %s is not there\n", row->name);
		return;
	}
	for (size_t i = 0; i < suite->len; i++)
		check_scenario(arena, &suite->scenarios[i], &tally);
	print_message("# %s: %zu tests, results differ in %zu, libspf2 is wrong in %zu\n", row->name, tally.asked, tally.differing,
		      tally.theirs_wrong);
	assert_int_equal(tally.asked, row->tests);
}

/* --- generated records --- */

static uint32_t number;

static uint32_t below(uint32_t end)
{
	number = number * 1664525 + 1013904223;
	return (number >> 8) % end;
}

#define ONE_OF(table) (table)[below(sizeof(table) / sizeof((table)[0]))]

static const char *const qualifiers[] = { "", "+", "-", "~", "?" };

static const char helpers[] =
	"a.gen.example A 203.0.113.7\n" "b.gen.example A 198.51.100.1\n" "b.gen.example AAAA 2001:db8::7\n"
	"mx.gen.example MX 1 a.gen.example\n" "mx.gen.example MX 2 b.gen.example\n"
	"pass.gen.example TXT \"v=spf1 ip4:203.0.113.0/24 -all\"\n" "fail.gen.example TXT \"v=spf1 -all\"\n"
	"soft.gen.example TXT \"v=spf1 ~all\"\n" "bad.gen.example TXT \"v=spf1 ip4:1.2.3 -all\"\n" "down.gen.example !servfail\n"
	"joe.gen.example A 127.0.0.2\n" "7.113.0.203.in-addr.arpa PTR a.gen.example\n" "gen.example A 203.0.113.7\n"
	"deep.gen.example TXT \"v=spf1 include:pass.gen.example include:soft.gen.example ?all\"\n"
	"why.gen.example TXT \"not %{i}\"\n";

static const char *const terms[] = {
	"a:a.gen.example", "a:b.gen.example", "a:b.gen.example/24", "a:a.gen.example//64", "a", "mx", "mx:mx.gen.example", "mx:mx.gen.example/28",
	"include:pass.gen.example", "include:fail.gen.example", "include:soft.gen.example", "include:deep.gen.example", "include:bad.gen.example",
	"include:down.gen.example", "include:none.gen.example", "exists:joe.gen.example", "exists:%{l}.gen.example", "exists:%{l1r+}.gen.example",
	"exists:%{ir}.gen.example", "exists:none.gen.example", "ptr", "ptr:gen.example", "ip6:2001:db8::/32", "ip6:::/0", "ip4:203.0.113.7",
	"ip4:203.0.113.0/24", "ip4:0.0.0.0/0", "ip4:203.0.113.7/032", "ip4:203.0.113.300", "ip4", "include", "a:%{x}.gen.example",
	"a:%", "moo", "x=y", "exp=why.gen.example", "redirect=pass.gen.example", "redirect=fail.gen.example", "all",
};

struct generated {
	char record[700];
	enum spf_result expected;
	bool known;
	size_t len;
};

static void add_term(struct generated *generated, const char *qualifier, const char *term)
{
	generated->len += (size_t)snprintf(generated->record + generated->len, sizeof(generated->record) - generated->len, " %s%s", qualifier, term);
}

static enum spf_result result_of(const char *qualifier)
{
	switch (qualifier[0]) {
	case '-':
		return SPF_FAIL;
	case '~':
		return SPF_SOFTFAIL;
	case '?':
		return SPF_NEUTRAL;
	default:
		return SPF_PASS;
	}
}

/* Networks alone: whoever can compare addresses knows the result. */
static void generate_networks(struct generated *generated, const struct ip *client)
{
	generated->known = true;
	generated->expected = SPF_NEUTRAL;
	for (uint32_t i = 0, count = below(12); i < count; i++) {
		struct network network = { { IP_V4, { 203, 0, (uint8_t)(112 + below(3)), (uint8_t)below(16) } }, below(33) };
		const char *qualifier = ONE_OF(qualifiers);
		char text[NETWORK_TEXT_MAX + 8] = "ip4:", address[IP_TEXT_MAX];
		bool matches;

		(void)snprintf(text, sizeof(text), "ip4:%s/%u", ip_format(&network.ip, address), network.prefix);
		for (unsigned bit = network.prefix; bit < 32; bit++)
			network.ip.bytes[bit / 8] &= (uint8_t)~(0x80u >> bit % 8);
		matches = network_contains(&network, client);
		add_term(generated, qualifier, text);
		if (matches && generated->known) {
			generated->expected = result_of(qualifier);
			generated->known = false;	/* the first one counts */
		}
	}
	generated->known = true;
}

static void generate_anything(struct generated *generated)
{
	generated->known = false;
	for (uint32_t i = 0, count = 1 + below(8); i < count; i++)
		add_term(generated, ONE_OF(qualifiers), ONE_OF(terms));
	if (below(2) == 0)
		add_term(generated, ONE_OF(qualifiers), "all");
}

static bool check_generated(struct arena *arena, const struct generated *generated, const struct ip *client)
{
	struct spf_query query = { .client = *client, .domain = "gen.example", .sender = "joe@gen.example", .helo = "a.gen.example",
				   .host = "gw.ours.example", .now_ms = 1 };
	struct zone *zone = zone_new(arena_printf(arena, "%sgen.example TXT \"v=spf1%s\"\n", helpers, generated->record));
	struct resolver *resolver = resolver_new(&resolver_settings, zone_upstream_new(zone));
	struct pair pair = ask_both(arena, resolver, &query);

	if (generated->known && pair.ours.result != generated->expected)
		fail_msg("v=spf1%s: %s instead of %s", generated->record, spf_result_name(pair.ours.result), spf_result_name(generated->expected));
	resolver_free(resolver);
	zone_free(zone);
	return differ("generated", generated->record, &pair);
}

static void generated_records(void **state)
{
	enum { RECORDS = 400 };
	struct ip client;
	size_t differing = 0;

	(void)state;
	number = 1;
	assert_int_equal(ip_parse("203.0.113.7", &client), 0);
	for (unsigned i = 0; i < RECORDS; i++) {
		_cleanup_(arena_freep) struct arena *arena = arena_new();
		struct generated generated = { .len = 0 };

		if (i % 2 == 0)
			generate_networks(&generated, &client);
		else
			generate_anything(&generated);
		differing += check_generated(arena, &generated, &client);
	}
	print_message("# generated: %d records, results differ in %zu\n", RECORDS, differing);
}

/* --- what is known of libspf2, and what it may cost --- */

static const struct known {
	const char *name, *client, *zone;
	enum spf_result expected;
	const char *problem;	/* NULL: any */
} knowns[] = {
	{ "passes", "203.0.113.7", "a.example TXT \"v=spf1 ip4:203.0.113.7 -all\"\n", SPF_PASS, "" },
	{ "fails", "203.0.113.8", "a.example TXT \"v=spf1 ip4:203.0.113.7 -all\"\n", SPF_FAIL, "" },
	{ "ipv6", "2001:db8::7", "a.example TXT \"v=spf1 ip6:2001:db8::/32 -all\"\n", SPF_PASS, "" },
	{ "mx", "203.0.113.7", "a.example TXT \"v=spf1 mx -all\"\na.example MX 1 m.example\nm.example A 203.0.113.7\n", SPF_PASS, "" },
	{ "ptr", "203.0.113.7", "a.example TXT \"v=spf1 ptr -all\"\n7.113.0.203.in-addr.arpa PTR x.a.example\nx.a.example A 203.0.113.7\n",
	  SPF_PASS, "" },
	{ "exists_with_macros", "203.0.113.7", "a.example TXT \"v=spf1 exists:%{ir}.%{l}.a.example -all\"\n7.113.0.203.joe.a.example A 127.0.0.2\n",
	  SPF_PASS, "" },
	{ "no_record", "203.0.113.7", "a.example A 203.0.113.7\n", SPF_NONE, "" },
	{ "no_such_domain", "203.0.113.7", "b.example A 203.0.113.7\n", SPF_NONE, "" },
	{ "servfail_DNS_01", "203.0.113.7", "a.example !servfail\n", SPF_TEMPERROR, NULL },
	{ "loopback_always_passes", "127.0.0.1", "a.example TXT \"v=spf1 -all\"\n", SPF_PASS, "" },
};

static void check_known(void **state)
{
	const struct known *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct spf_query query = { .domain = "a.example", .sender = "joe@a.example", .helo = "mx.example", .host = "gw.ours.example" };
	struct zone *zone = zone_new(row->zone);
	struct resolver *resolver = resolver_new(&resolver_settings, zone_upstream_new(zone));
	struct spf_answer answer;

	assert_int_equal(ip_parse(row->client, &query.client), 0);
	answer = ask_libspf2(arena, resolver, &query);
	assert_string_equal(spf_result_name(answer.result), spf_result_name(row->expected));
	if (row->problem != NULL)
		assert_string_equal(answer.problem, row->problem);
	resolver_free(resolver);
	zone_free(zone);
}

/* facts: exp= text of 127 times %{d} and 200 letters runs over its stack. */
static const char *overflow_zone(struct arena *arena)
{
	const char *text = "";
	char letters[201];

	memset(letters, 'x', 200);
	letters[200] = '\0';
	for (int i = 0; i < 127; i++)
		text = arena_printf(arena, "%s%s%%{d}", text, i % 40 == 39 ? "\" \"" : "");
	return arena_printf(arena, "bad.example TXT \"v=spf1 -all exp=why.bad.example\"\nwhy.bad.example TXT \"%s\" \"%s\"\n", text, letters);
}

static void a_record_that_crashes_libspf2_is_temperror_DNS_07(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct spf_query query = { .client = { IP_V4, { 203, 0, 113, 7 } }, .domain = "bad.example", .sender = "joe@bad.example", .helo = "mx.example",
				   .host = "gw.ours.example", .explain = true };
	struct zone *zone = zone_new(overflow_zone(arena));
	struct resolver *resolver = resolver_new(&resolver_settings, zone_upstream_new(zone));
	struct spf_answer answer = ask_libspf2(arena, resolver, &query);

	(void)state;
	print_message("# libspf2 on the record that overflows it: %s %s\n", spf_result_name(answer.result), answer.problem);
	assert_true(answer.result == SPF_TEMPERROR || answer.result == SPF_FAIL);	/* a version that is mended */
	assert_int_equal(ask_ours(arena, resolver, &query).result, SPF_FAIL);
	resolver_free(resolver);
	zone_free(zone);
	check_known(&(void *){ (void *)(uintptr_t)&knowns[0] });
}

/* The examiner is told "could not tell" and ends in order; nobody waits for the pool to kill it. */
static void questions_are_bounded_DNS_05(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct spf_query query = { .client = { IP_V4, { 203, 0, 113, 7 } }, .domain = "a.example", .sender = "joe@a.example", .helo = "mx.example",
				   .host = "gw.ours.example" };
	static const struct spf_settings frugal = { .timeout_ms = 20000, .max_questions = 12 };
	struct dns_upstream *upstream;
	struct resolver *resolver;
	const char *text = "";
	struct zone *zone;

	(void)state;
	for (int i = 0; i < 10; i++)
		for (int j = 0; j < 10; j++)
			text = arena_printf(arena, "%sm%d.example MX %d h%d%d.example\nh%d%d.example A 192.0.2.1\n", text, i, j, i, j, i, j);
	text = arena_printf(arena, "%sa.example TXT \"v=spf1 mx:m0.example mx:m1.example mx:m2.example mx:m3.example include:b.example -all\"\n"
		"b.example TXT \"v=spf1 mx:m4.example mx:m5.example mx:m6.example mx:m7.example include:c.example\"\n"
		"c.example TXT \"v=spf1 mx:m8.example mx:m9.example mx:m0.example mx:m1.example include:a.example\"\n", text);
	zone = zone_new(text);
	upstream = zone_upstream_new(zone);
	resolver = resolver_new(&resolver_settings, upstream);
	assert_int_equal(ask_libspf2_with(&frugal, arena, resolver, &query).result, SPF_TEMPERROR);
	assert_int_equal(zone_upstream_asked(upstream), frugal.max_questions);
	resolver_free(resolver);
	zone_free(zone);
}

/* Progress is told meanwhile, and in the end it is temperror. */
static void count(void *arg)
{
	unsigned *progress = arg;

	++*progress;
}

static void a_silent_name_server_is_temperror_DNS_01(void **state)
{
	static const struct spf_settings hasty = { .timeout_ms = 1500, .max_questions = 120 };
	static struct resolver_settings patient;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const struct spf_query query = { .client = { IP_V4, { 203, 0, 113, 7 } }, .domain = "a.example", .sender = "joe@a.example",
					 .helo = "mx.example", .host = "gw.ours.example" };
	struct zone *zone = zone_new("a.example !silent\n");
	struct services services = { .pool = pool, .host = "gw.ours.example" };
	unsigned progress = 0;
	struct scan scan = { .settings = &hasty, .services = &services, .arena = arena, .progress = count, .progress_arg = &progress };
	struct pool_stats before, after;

	(void)state;
	patient = resolver_settings;
	patient.timeout_ms = 30000;
	services.resolver = resolver_new(&patient, zone_upstream_new(zone));
	pool_read_stats(pool, &before);
	assert_int_equal(spf_libspf2_ask(&scan, 0, &query).result, SPF_TEMPERROR);
	pool_read_stats(pool, &after);
	assert_true(progress >= 1);
	assert_int_equal(after.killed, before.killed);
	resolver_free(services.resolver);
	zone_free(zone);
}

static void *release_later(void *upstream)
{
	const struct timespec time = { 1, 200 * 1000000 };

	(void)nanosleep(&time, NULL);
	zone_upstream_release(upstream);
	return NULL;
}

/* One that comes after progress was told: in the second slice of time. */
static void a_slow_answer_is_waited_for(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const struct spf_query query = { .client = { IP_V4, { 203, 0, 113, 7 } }, .domain = "a.example", .sender = "joe@a.example",
					 .helo = "mx.example", .host = "gw.ours.example" };
	struct zone *zone = zone_new("a.example !delay 4000\na.example TXT \"v=spf1 +all\"\n");
	struct dns_upstream *upstream = zone_upstream_new(zone);
	struct resolver_settings patient = resolver_settings;
	struct resolver *resolver;
	pthread_t thread;

	(void)state;
	patient.timeout_ms = 30000;
	resolver = resolver_new(&patient, upstream);
	assert_int_equal(pthread_create(&thread, NULL, release_later, upstream), 0);
	assert_int_equal(ask_libspf2(arena, resolver, &query).result, SPF_PASS);
	(void)pthread_join(thread, NULL);
	resolver_free(resolver);
	zone_free(zone);
}

/* --- a message --- */

static struct conf *load(void)
{
	static const char configuration[] = "authserv_id = \"gw.ours.example\"\ndomains = { \"ours.example\" }\nspf { evaluator = libspf2 }\n";
	char path[] = "/tmp/octroi-libspf2-XXXXXX";
	int fd = mkstemp(path);
	struct conf *conf;

	assert_int_equal(write(fd, configuration, sizeof(configuration) - 1), sizeof(configuration) - 1);
	(void)close(fd);
	conf = settings_load(path);
	(void)unlink(path);
	return conf;
}

static const struct message_row {
	const char *name, *client, *helo, *mailfrom;
	const char *outcomes;	/* of the findings of spf */
	unsigned code;		/* at the end */
} messages[] = {
	{ "message_that_passes", "203.0.113.7", "mx.example", "<joe@a.example>", "pass ", 0 },
	{ "message_that_fails", "203.0.113.8", "mx.example", "<joe@a.example>", "fail ", 550 },
	{ "message_whose_helo_fails", "203.0.113.8", "a.example", "<joe@b.example>", "none helo_fail ", 550 },
	{ "null_sender_that_fails", "203.0.113.8", "a.example", "<>", "fail ", 550 },
	{ "message_of_a_broken_domain", "203.0.113.8", "mx.example", "<joe@down.example>", "temperror ", 451 },
};

static const char *outcomes_of(const struct message *message)
{
	const char *text = "";

	for (size_t i = 0; i < message->findings.len; i++)
		if (message->findings.items[i].scanner == &scanner_spf)
			text = arena_printf(message->arena, "%s%s ", text, message->findings.items[i].outcome->name);
	return text;
}

static struct verdict walk(struct engine *engine, struct session *session, const struct message_row *row)
{
	struct message *message;

	assert_int_equal(ip_parse(row->client, &session->client), 0);
	session->mta = MTA_POSTFIX;
	session->client_port = 40000;
	session->has_daemon_port = true;
	session->helo = row->helo;
	(void)engine_phase(engine, session, PHASE_CONNECT, NULL);
	(void)engine_phase(engine, session, PHASE_HELO, NULL);
	message = engine_message_new(engine, session);
	engine_set_mailfrom(message, row->mailfrom);
	(void)engine_phase(engine, session, PHASE_MAILFROM, NULL);
	engine_add_recipient(message, "<u@ours.example>", NULL);
	assert_int_equal(engine_phase(engine, session, PHASE_RCPT, NULL).reply.code, 0);	/* nothing is known yet */
	(void)engine_phase(engine, session, PHASE_DATA, NULL);
	(void)engine_phase(engine, session, PHASE_EOH, NULL);
	return engine_phase(engine, session, PHASE_EOM, NULL);
}

static void check_message(void **state)
{
	const struct message_row *row = *state;
	struct zone *zone = zone_new("down.example !servfail\na.example TXT \"v=spf1 ip4:203.0.113.7 -all\"\n");
	struct conf *conf = load();
	struct services services = { .pool = pool, .resolver = resolver_new(conf_settings(conf, "resolver"), zone_upstream_new(zone)) };
	char problem[CONF_PROBLEM_MAX];
	struct engine *engine = engine_new(conf, &services, problem);
	struct session *session = engine_session_new(engine);

	assert_int_equal(walk(engine, session, row).reply.code, row->code);
	assert_string_equal(outcomes_of(session->message), row->outcomes);
	assert_int_equal(session->message->stamps.len, session->message->results_len);
	engine_session_end(engine, session);
	engine_free(engine);
	resolver_free(services.resolver);
	conf_free(conf);
	zone_free(zone);
}

static char base[] = "/tmp/octroi-libspf2-XXXXXX";

int main(void)
{
	static struct rows rows;
	static char scratch[sizeof(base) + 16];
	static struct zygote_settings zygote_settings = { .scratch = scratch, .scratch_bytes = 1 << 20, .memory_bytes = 256UL << 20 };
	static const struct pool_settings pool_settings = { .spare = 1, .max = 2, .jobs_each = 100 };
	int failed;

	if (mkdtemp(base) == NULL)
		return 1;
	(void)snprintf(scratch, sizeof(scratch), "%s/scratch", base);
	nursery_start(&zygote_settings);
	pool = pool_new(&pool_settings);
	pool_set_zygote(pool, nursery_zygote().channel);
	rows_add(&rows, knowns, check_known);
	rows_add(&rows, messages, check_message);
	rows_add(&rows, suites, check_suite);
	rows_add_one(&rows, "generated_records", generated_records, NULL);
	rows_add_one(&rows, "a_record_that_crashes_libspf2_is_temperror_DNS_07", a_record_that_crashes_libspf2_is_temperror_DNS_07, NULL);
	rows_add_one(&rows, "questions_are_bounded_DNS_05", questions_are_bounded_DNS_05, NULL);
	rows_add_one(&rows, "a_silent_name_server_is_temperror_DNS_01", a_silent_name_server_is_temperror_DNS_01, NULL);
	rows_add_one(&rows, "a_slow_answer_is_waited_for", a_slow_answer_is_waited_for, NULL);
	failed = rows_run(&rows, "spf_libspf2");
	pool_free(pool);
	nursery_release();
	nursery_stop();
	(void)rmdir(base);
	return failed != 0;
}

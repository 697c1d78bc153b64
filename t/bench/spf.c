/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spf - SPF evaluations per second and thread with all answers at hand, asked plainly and through a resolver whose cache is warm; and
 * what the dearest records cost. Without a network. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "milter/lookup/resolver.h"
#include "milter/lookup/spf_evaluate.h"
#include "t/lib/zone.h"

#define FILLER "ip4:198.51.100.0/26 ip4:203.0.113.7 ip6:2001:db8:1::/48 "

static const char zone_text[] =
	"one.example TXT \"v=spf1 " FILLER "ip4:192.0.2.0/24 -all\"\n"
	"five.example TXT \"v=spf1 include:a.five.example include:b.five.example include:c.five.example -all\"\n"
	"a.five.example TXT \"v=spf1 " FILLER "~all\"\n"
	"b.five.example TXT \"v=spf1 " FILLER FILLER "~all\"\n"
	"c.five.example TXT \"v=spf1 " FILLER "include:d.five.example ~all\"\n"
	"d.five.example TXT \"v=spf1 " FILLER "ip4:192.0.2.0/24 ~all\"\n"
	"hosts.example TXT \"v=spf1 a mx a:out.hosts.example -all\"\n"
	"hosts.example A 198.51.100.1\nhosts.example MX 10 mx1.hosts.example\nhosts.example MX 20 mx2.hosts.example\n"
	"mx1.hosts.example A 198.51.100.2\nmx2.hosts.example A 198.51.100.3\nout.hosts.example A 192.0.2.1\n"
	"macros.example TXT \"v=spf1 exists:%{ir}.%{v}.%{l1r-}._spf.%{d2} exists:%{i}.%{h}.%{o} -all\"\n"
	"*._spf.macros.example A 127.0.0.2\n";

static const struct policy {
	const char *name, *domain;
	unsigned aim;		/* evaluations per second; 0: none */
} policies[] = {
	{ "one record", "one.example", 100000 },
	{ "a policy of five records", "five.example", 50000 },
	{ "one record with a and mx", "hosts.example", 0 },
	{ "one record with macros", "macros.example", 0 },
};

enum { ANSWERS_MAX = 64, BATCH = 200, NEVER_MS = 1 << 30, QUESTIONS = 100 };

/* Answers that are there, as an array. */
struct answers {
	struct zone *zone;
	struct {
		char name[DNS_NAME_TEXT_MAX];
		enum dns_type type;
		struct dns_answer *answer;
	} items[ANSWERS_MAX];
	size_t len;
};

static const struct dns_answer *ask_array(void *arg, const char *name, enum dns_type type)
{
	struct answers *answers = arg;
	size_t i = 0;

	while (i < answers->len && (answers->items[i].type != type || strcmp(answers->items[i].name, name) != 0))
		i++;
	if (i == answers->len) {
		if (i == ANSWERS_MAX)
			abort();
		(void)snprintf(answers->items[i].name, sizeof(answers->items[i].name), "%s", name);
		answers->items[i].type = type;
		answers->items[i].answer = zone_answer(answers->zone, name, type);
		answers->len++;
	}
	return answers->items[i].answer;
}

static struct spf_query query_of(const char *domain, char sender[128])
{
	struct spf_query query = { .domain = domain, .sender = sender, .helo = "mx.sender.example", .host = "gw.example" };

	(void)snprintf(sender, 128, "some-user@%s", domain);
	(void)ip_parse("192.0.2.1", &query.client);
	return query;
}

static double cpu_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct work {
	struct spf_query query;
	struct answers *answers;
	struct resolver *resolver;
	struct arena *arena;
	struct spf_answer answer;
};

static void evaluate_plainly(struct work *work)
{
	const struct arena_mark mark = arena_mark(work->arena);

	if (spf_evaluate(work->arena, &work->query, &spf_limits_default, ask_array, work->answers, &work->answer) < 0)
		abort();
	arena_rewind(work->arena, mark);
}

static bool step(struct pursuit *pursuit, void *state)
{
	struct work *work = state;

	return spf_evaluate(pursuit_arena(pursuit), &work->query, &spf_limits_default, pursuit_ask, pursuit, &work->answer) == 0;
}

static void evaluate_in_pursuit(struct work *work)
{
	struct pursuit *pursuit = pursuit_new(work->resolver, NEVER_MS, QUESTIONS);

	pursuit_start(pursuit, step, work);
	if (!pursuit_done(pursuit))
		abort();
	pursuit_drop(pursuit);
}

/* Evaluations per second of this thread's CPU time, over about a second. */
static double measure(struct work *work, void (*evaluate)(struct work *work))
{
	const double start = cpu_s();
	double elapsed;
	size_t count = 0;

	do {
		for (size_t i = 0; i < BATCH; i++)
			evaluate(work);
		count += BATCH;
		elapsed = cpu_s() - start;
	} while (elapsed < 1);
	return (double)count / elapsed;
}

static void print(const char *name, const char *how, double per_second, unsigned aim)
{
	(void)printf("%-28s %-28s %10.0f/s %8.2f us", name, how, per_second, 1e6 / per_second);
	if (aim != 0)
		(void)printf("   aim %u/s", aim);
	(void)printf("\n");
}

static void measure_policies(struct work *work)
{
	char sender[128];

	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		work->query = query_of(policies[i].domain, sender);
		print(policies[i].name, "answers in an array", measure(work, evaluate_plainly), policies[i].aim);
		if (work->answer.result != SPF_PASS)
			abort();
		print(policies[i].name, "resolver, warm cache", measure(work, evaluate_in_pursuit), policies[i].aim);
	}
}

/* Every TXT is the dearest record that there is: 64 KB, with as many macros in each of its targets as are allowed. */
static const struct dns_answer *ask_dear(void *arg, const char *name, enum dns_type type)
{
	(void)name;
	return type == DNS_TXT ? arg : NULL;
}

static const char *dear_record(struct arena *arena, const char *term, const char *piece, size_t pieces, const char *end)
{
	char *text = arena_alloc(arena, DNS_ANSWER_MAX + 4096);
	size_t len = (size_t)sprintf(text, "v=spf1");

	while (len < 64000) {
		len += (size_t)sprintf(text + len, " %s", term);
		for (size_t i = 0; i < pieces; i++)
			len += (size_t)sprintf(text + len, "%s", piece);
		len += (size_t)sprintf(text + len, "%s", end);
	}
	return text;
}

static void measure_dear(struct work *work, const char *name, const char *record_text)
{
	const struct dns_record record = { .data = str_of(record_text) };
	struct dns_answer *answer = dns_answer_new(DNS_FOUND, "", &record, 1);
	char sender[128];
	double start;

	work->query = query_of("dear.example", sender);
	start = cpu_s();
	for (size_t i = 0; i < 10; i++)
		(void)spf_evaluate(work->arena, &work->query, &spf_limits_default, ask_dear, answer, &work->answer);
	(void)printf("%-57s %8.2f ms\n", name, (cpu_s() - start) * 100);
	dns_answer_unref(answer);
}

int main(void)
{
	static const struct resolver_settings settings = {
		.timeout_ms = 5000, .cache_bytes = 64 << 20, .ttl_min_ms = 3600000, .ttl_max_ms = 86400000, .negative_ttl_ms = 3600000,
		.unknown_ttl_ms = 1000, .in_flight = 4000, .trust_anchor = "",
	};
	struct answers *answers = xcalloc(1, sizeof(*answers));
	struct work work = { .answers = answers, .arena = arena_new() };

	answers->zone = zone_new(zone_text);
	work.resolver = resolver_new(&settings, zone_upstream_new(answers->zone));
	if (work.resolver == NULL)
		abort();
	measure_policies(&work);
	measure_dear(&work, "hostile: 64 KB of \"a\", 11 records deep", dear_record(work.arena, "a", "", 0, ""));
	measure_dear(&work, "hostile: includes of 253 macros, 64 KB, 11 records deep",
		     dear_record(work.arena, "include:", "%{lr-}", 250, ".example.com"));
	resolver_free(work.resolver);
	for (size_t i = 0; i < answers->len; i++)
		dns_answer_unref(answers->items[i].answer);
	zone_free(answers->zone);
	arena_free(work.arena);
	free(answers);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolver - what an answer from the cache costs, and that a flood of random names does not make the cache grow; without a network. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "milter/base/arena.h"
#include "milter/base/clock.h"
#include "milter/lookup/resolver_internal.h"

enum {
	NAMES = 10000,		/* of mail that flows: many senders, again and again */
	QUESTIONS = 10,		/* of a pursuit */
	THREADS_MAX = 16,
	FLOOD = 1000000,
	SECOND_MS = 1000,
	NEVER_MS = 1 << 30,
};

/* Answers at once: addresses for names that begin with a letter, and that there is nothing for all others. */
static void stub_ask(struct dns_upstream *upstream, const char *name, enum dns_type type, struct resolver_question *question)
{
	const struct dns_record record = { STR("\xc0\0\2\1"), 0 };

	(void)upstream, (void)type;
	if (ascii_is_alpha(name[0]))
		resolver_answered(question, dns_answer_new(DNS_FOUND, "", &record, 1), 86400);
	else
		resolver_answered(question, dns_answer_nothing(true), 86400);
}

static void stub_free(struct dns_upstream *upstream)
{
	(void)upstream;
}

static struct resolver *bench_resolver(void)
{
	static struct dns_upstream upstream = { stub_ask, stub_free };
	static const struct resolver_settings settings = {
		.timeout_ms = 5000, .cache_bytes = 64 << 20, .ttl_min_ms = 5000, .ttl_max_ms = 86400000, .negative_ttl_ms = 300000,
		.unknown_ttl_ms = 1000, .in_flight = 4000, .trust_anchor = "",
	};
	struct resolver *resolver = resolver_new(&settings, &upstream);

	if (resolver == NULL) {
		perror("resolver_new");
		exit(1);
	}
	return resolver;
}

static char names[NAMES][64];

static void make_names(struct resolver *resolver)
{
	for (unsigned i = 0; i < NAMES; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "mail%u.Sender-%u.example", i % 100, i);
		resolver_prefetch(resolver, names[i], DNS_A);
	}
}

struct load {
	struct resolver *resolver;
	unsigned (*ask_some)(struct load *load);	/* returns how many */
	atomic_bool *stop;
	unsigned next;
	uint64_t answers;
};

static const char *next_name(struct load *load)
{
	load->next = (load->next + 7919) % NAMES;
	return names[load->next];
}

/* The name as a scanner has it: normalised, hashed, found, and a reference taken and given back. */
static unsigned ask_resolver(struct load *load)
{
	char text[DNS_NAME_TEXT_MAX];
	struct resolver_key key;

	for (unsigned i = 0; i < QUESTIONS; i++) {
		if (!resolver_key_make(load->resolver, next_name(load), DNS_A, text, &key))
			abort();
		dns_answer_unref(resolver_get(load->resolver, &key, RESOLVER_LOOK, NULL));
	}
	return QUESTIONS;
}

static bool ask_ten(struct pursuit *pursuit, void *state)
{
	for (unsigned i = 0; i < QUESTIONS; i++)
		if (pursuit_ask(pursuit, next_name(state), DNS_A) == NULL)
			abort();
	return true;
}

static unsigned ask_pursuit(struct load *load)
{
	struct pursuit *pursuit = pursuit_new(load->resolver, clock_monotonic_ms() + NEVER_MS, QUESTIONS);

	pursuit_start(pursuit, ask_ten, load);
	pursuit_drop(pursuit);
	return QUESTIONS;
}

static unsigned ask_waiting(struct load *load)
{
	dns_answer_unref(resolver_ask_and_wait(load->resolver, next_name(load), DNS_A, NEVER_MS));
	return 1;
}

static void *run_load(void *arg)
{
	struct load *load = arg;

	while (!atomic_load_explicit(load->stop, memory_order_relaxed))
		load->answers += load->ask_some(load);
	return NULL;
}

static void measure(const char *what, struct resolver *resolver, unsigned (*ask_some)(struct load *load), unsigned threads_len)
{
	struct load loads[THREADS_MAX];
	pthread_t threads[THREADS_MAX];
	atomic_bool stop = false;
	uint64_t started_ms = clock_monotonic_ms(), answers = 0, elapsed_ms;

	for (unsigned i = 0; i < threads_len; i++) {
		loads[i] = (struct load){ resolver, ask_some, &stop, i * 101, 0 };
		if (pthread_create(&threads[i], NULL, run_load, &loads[i]) != 0)
			abort();
	}
	(void)usleep(SECOND_MS * 1000);
	stop = true;
	for (unsigned i = 0; i < threads_len; i++) {
		(void)pthread_join(threads[i], NULL);
		answers += loads[i].answers;
	}
	elapsed_ms = clock_monotonic_ms() - started_ms;
	printf("%-50s %u thread%s %10.0f/s, %9.0f/s and thread\n", what, threads_len, threads_len == 1 ? ", " : "s,",
	       (double)answers * SECOND_MS / (double)elapsed_ms, (double)answers * SECOND_MS / (double)elapsed_ms / threads_len);
}

static uint64_t resident_kib(void)
{
	unsigned long pages = 0;
	FILE *statm = fopen("/proc/self/statm", "re");

	if (statm == NULL || fscanf(statm, "%*u %lu", &pages) != 1)
		pages = 0;
	if (statm != NULL)
		(void)fclose(statm);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

static void print_memory(struct resolver *resolver, unsigned asked)
{
	struct resolver_stats stats;

	resolver_read_stats(resolver, &stats);
	printf("%8u random names: %7" PRIu64 " entries, %8" PRIu64 " evicted, %6" PRIu64 " KiB counted of %" PRIu64 ", %6" PRIu64
	       " KiB resident\n",
	       asked, stats.entries, stats.evicted, stats.bytes / 1024, resolver_settings_of(resolver)->cache_bytes / 1024,
	       resident_kib());
}

static void flood(struct resolver *resolver)
{
	unsigned seed = 1;
	char name[128];

	print_memory(resolver, 0);
	for (unsigned i = 1; i <= FLOOD; i++) {
		(void)snprintf(name, sizeof(name), "0%x.%x%.*s.example", (unsigned)rand_r(&seed), i, rand_r(&seed) % 40,
			       "0123456789012345678901234567890123456789");
		resolver_prefetch(resolver, name, DNS_TXT);
		if (i % (FLOOD / 5) == 0)
			print_memory(resolver, i);
	}
}

int main(void)
{
	struct resolver *resolver = bench_resolver();
	uint64_t started_ms;

	make_names(resolver);
	for (unsigned threads_len = 1; threads_len <= 2; threads_len++) {
		measure("cached answers", resolver, ask_resolver, threads_len);
		measure("cached answers by pursuits of ten, made and dropped", resolver, ask_pursuit, threads_len);
		measure("cached answers by resolver_ask_and_wait", resolver, ask_waiting, threads_len);
	}
	started_ms = clock_monotonic_ms();
	flood(resolver);
	printf("%.0f questions a second that are not cached, with an upstream that answers at once\n",
	       (double)FLOOD * SECOND_MS / (double)(clock_monotonic_ms() - started_ms + 1));
	resolver_free(resolver);
	return 0;
}

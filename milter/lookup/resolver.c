/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/resolver.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "milter/base/clock.h"
#include "milter/lookup/resolver_internal.h"

enum {
	SHARDS_MAX = 64,
	SHARD_LEAST_BYTES = 1 << 20,	/* the largest answer must fit several times */
	QUESTION_LISTS = 64,
};

/* One for each name and type in flight. The upstream has a reference and, while it is set, the deadline has one. */
struct resolver_question {
	struct resolver_question *next;
	struct resolver *resolver;
	struct resolver_waiter *waiters;
	struct resolver_key key;
	struct deadline deadline;
	uint64_t asked_ms;
	bool given_up;			/* nobody waits any more; the upstream still owes the answer */
	bool answered;
	atomic_uint references;
	char name[];
};

struct shard {
	pthread_mutex_t lock;
	struct resolver_cache *cache;
	struct resolver_question *questions[QUESTION_LISTS];
	struct resolver_stats stats;	/* what is counted under this lock */
} __attribute__((aligned(64)));		/* two threads do not share a cache line */

struct resolver {
	struct resolver_settings settings;
	struct dns_upstream *upstream;
	struct deadlines *deadlines;
	struct dns_answer *impossible, *excess;
	uint64_t secret[2];
	atomic_uint_fast64_t in_flight;
	size_t shards_len;		/* a power of two */
	struct shard shards[SHARDS_MAX];
};

static void question_unref(struct resolver_question *question, unsigned references)
{
	if (atomic_fetch_sub_explicit(&question->references, references, memory_order_acq_rel) == references)
		free(question);
}

static struct shard *shard_of(struct resolver *resolver, const struct resolver_key *key)
{
	return &resolver->shards[key->hash & (resolver->shards_len - 1)];
}

static struct resolver_question **list_of(struct shard *shard, const struct resolver_key *key)
{
	return &shard->questions[key->hash >> 8 & (QUESTION_LISTS - 1)];
}

static struct resolver *allocate(const struct resolver_settings *settings)
{
	struct resolver *resolver = aligned_alloc(_Alignof(struct resolver), sizeof(*resolver));

	if (resolver == NULL)
		return NULL;
	memset(resolver, 0, sizeof(*resolver));
	resolver->settings = *settings;
	if (getrandom(resolver->secret, sizeof(resolver->secret), 0) == (ssize_t)sizeof(resolver->secret))
		resolver->deadlines = deadlines_new();
	if (resolver->deadlines != NULL)
		return resolver;
	free(resolver);
	return NULL;
}

struct resolver *resolver_new(const struct resolver_settings *settings, struct dns_upstream *upstream)
{
	struct resolver *resolver = allocate(settings);
	size_t shards = 1;

	if (resolver == NULL) {
		int error = errno;

		upstream->free(upstream);
		errno = error;
		return NULL;
	}
	while (shards < SHARDS_MAX && shards * 2 * SHARD_LEAST_BYTES <= settings->cache_bytes)
		shards *= 2;
	resolver->upstream = upstream;
	resolver->impossible = dns_answer_nothing(true);
	resolver->excess = dns_answer_unknown("too many questions");
	resolver->shards_len = shards;
	for (size_t i = 0; i < shards; i++) {
		(void)pthread_mutex_init(&resolver->shards[i].lock, NULL);
		resolver->shards[i].cache = resolver_cache_new(settings->cache_bytes / shards);
	}
	return resolver;
}

static void shard_release(struct shard *shard)
{
	for (size_t i = 0; i < QUESTION_LISTS; i++)
		while (shard->questions[i] != NULL) {
			struct resolver_question *question = shard->questions[i];

			shard->questions[i] = question->next;
			free(question);
		}
	resolver_cache_free(shard->cache);
	(void)pthread_mutex_destroy(&shard->lock);
}

void resolver_free(struct resolver *resolver)
{
	if (resolver == NULL)
		return;
	resolver->upstream->free(resolver->upstream);
	deadlines_free(resolver->deadlines);
	for (size_t i = 0; i < resolver->shards_len; i++)
		shard_release(&resolver->shards[i]);
	dns_answer_unref(resolver->impossible);
	dns_answer_unref(resolver->excess);
	free(resolver);
}

const struct resolver_settings *resolver_settings_of(const struct resolver *resolver)
{
	return &resolver->settings;
}

const struct dns_answer *resolver_impossible(const struct resolver *resolver)
{
	return resolver->impossible;
}

const struct dns_answer *resolver_excess(const struct resolver *resolver)
{
	return resolver->excess;
}

struct deadlines *resolver_deadlines(struct resolver *resolver)
{
	return resolver->deadlines;
}

bool resolver_key_make(const struct resolver *resolver, const char *name, enum dns_type type, char text[DNS_NAME_TEXT_MAX],
		       struct resolver_key *ret_key)
{
	int len = dns_name_normalise(name, text);

	if (len < 0)
		return false;
	*ret_key = (struct resolver_key){ resolver_hash(resolver->secret, text, (size_t)len, type), type, (size_t)len, text };
	return true;
}

static void add_waiter(struct resolver_question *question, struct resolver_waiter *waiter)
{
	if (waiter == NULL)
		return;
	waiter->question = question;
	waiter->previous = NULL;
	waiter->next = question->waiters;
	if (waiter->next != NULL)
		waiter->next->previous = waiter;
	question->waiters = waiter;
}

static struct resolver_question *find_question(struct shard *shard, const struct resolver_key *key)
{
	struct resolver_question *question = *list_of(shard, key);

	while (question != NULL && !resolver_key_equal(&question->key, key))
		question = question->next;
	return question;
}

static void set_deadline(struct resolver_question *question)
{
	struct resolver *resolver = question->resolver;

	(void)atomic_fetch_add_explicit(&question->references, 1, memory_order_relaxed);
	deadline_set(resolver->deadlines, &question->deadline, clock_monotonic_ms() + resolver->settings.timeout_ms);
}

/* What the upstream still owes to others who have given up is not asked again. */
static void join(struct shard *shard, struct resolver_question *question, struct resolver_waiter *waiter)
{
	shard->stats.joined++;
	add_waiter(question, waiter);
	if (question->given_up) {
		question->given_up = false;
		set_deadline(question);
	}
}

static struct resolver_waiter *take_waiters(struct resolver_question *question)
{
	struct resolver_waiter *waiters = question->waiters;

	for (struct resolver_waiter *waiter = waiters; waiter != NULL; waiter = waiter->next)
		waiter->question = NULL;
	question->waiters = NULL;
	return waiters;
}

static void tell_all(struct resolver_waiter *waiters, struct dns_answer *answer)
{
	while (waiters != NULL) {
		struct resolver_waiter *next = waiters->next;

		waiters->tell(waiters, answer);
		waiters = next;
	}
	pursuit_run_ready();
}

static void on_timeout(struct deadline *deadline)
{
	struct resolver_question *question =
		(struct resolver_question *)((char *)deadline - offsetof(struct resolver_question, deadline));
	struct resolver *resolver = question->resolver;
	struct shard *shard = shard_of(resolver, &question->key);
	struct dns_answer *answer = dns_answer_unknown("timeout");
	struct resolver_waiter *waiters = NULL;
	uint64_t now_ms = clock_monotonic_ms();

	(void)pthread_mutex_lock(&shard->lock);
	if (!question->answered) {
		question->given_up = true;
		shard->stats.unknown++;
		shard->stats.timeouts++;
		shard->stats.evicted += resolver_cache_put(shard->cache, &question->key, answer, now_ms,
							   now_ms + resolver->settings.unknown_ttl_ms);
		waiters = take_waiters(question);
	}
	(void)pthread_mutex_unlock(&shard->lock);
	tell_all(waiters, answer);
	dns_answer_unref(answer);
	question_unref(question, 1);
}

/* Links a question into the shard. NULL: too many are in flight. */
static struct resolver_question *question_new(struct resolver *resolver, struct shard *shard, const struct resolver_key *key)
{
	struct resolver_question *question;

	if (atomic_fetch_add_explicit(&resolver->in_flight, 1, memory_order_relaxed) >= resolver->settings.in_flight) {
		(void)atomic_fetch_sub_explicit(&resolver->in_flight, 1, memory_order_relaxed);
		shard->stats.refused++;
		return NULL;
	}
	shard->stats.upstream++;
	question = xcalloc(1, sizeof(*question) + key->len + 1);
	memcpy(question->name, key->name, key->len);
	question->key = *key;
	question->key.name = question->name;
	question->resolver = resolver;
	question->asked_ms = clock_monotonic_ms();
	question->deadline.fn = on_timeout;
	atomic_init(&question->references, 1);
	question->next = *list_of(shard, key);
	*list_of(shard, key) = question;
	set_deadline(question);
	return question;
}

/* What is not cached. With the lock held; returns the question that goes upstream now. */
static struct resolver_question *enqueue(struct resolver *resolver, struct shard *shard, const struct resolver_key *key,
					 struct resolver_waiter *waiter, struct dns_answer **ret_answer)
{
	struct resolver_question *question = find_question(shard, key);

	if (question != NULL) {
		join(shard, question, waiter);
		return NULL;
	}
	question = question_new(resolver, shard, key);
	if (question == NULL)
		*ret_answer = dns_answer_unknown("too many questions at once");
	else
		add_waiter(question, waiter);
	return question;
}

struct dns_answer *resolver_get(struct resolver *resolver, const struct resolver_key *key, enum resolver_wish wish,
				struct resolver_waiter *waiter)
{
	struct shard *shard = shard_of(resolver, key);
	struct resolver_question *question = NULL;
	struct dns_answer *answer;

	(void)pthread_mutex_lock(&shard->lock);
	answer = resolver_cache_find(shard->cache, key, clock_monotonic_ms());
	shard->stats.asked++;
	shard->stats.cached += answer != NULL;
	if (answer == NULL && wish == RESOLVER_ASK)
		question = enqueue(resolver, shard, key, waiter, &answer);
	(void)pthread_mutex_unlock(&shard->lock);
	if (question != NULL)
		resolver->upstream->ask(resolver->upstream, question->name, key->type, question);
	return answer;
}

bool resolver_forget(struct resolver *resolver, const struct resolver_key *key, struct resolver_waiter *waiter)
{
	struct shard *shard = shard_of(resolver, key);
	bool waited;

	(void)pthread_mutex_lock(&shard->lock);
	waited = waiter->question != NULL;
	if (waited) {
		*(waiter->previous == NULL ? &waiter->question->waiters : &waiter->previous->next) = waiter->next;
		if (waiter->next != NULL)
			waiter->next->previous = waiter->previous;
		waiter->question = NULL;
	}
	(void)pthread_mutex_unlock(&shard->lock);
	return waited;
}

static uint64_t ttl_ms(const struct resolver_settings *settings, enum dns_status status, uint32_t ttl_s)
{
	uint64_t ttl = (uint64_t)ttl_s * 1000, most = status == DNS_FOUND ? settings->ttl_max_ms : settings->negative_ttl_ms;

	if (status == DNS_UNKNOWN)
		return settings->unknown_ttl_ms;
	if (ttl < settings->ttl_min_ms)
		ttl = settings->ttl_min_ms;
	return ttl < most ? ttl : most;
}

static void count_answer(struct resolver_stats *stats, enum dns_status status, uint64_t wait_ms)
{
	stats->found += status == DNS_FOUND;
	stats->nothing += status == DNS_NOTHING;
	stats->unknown += status == DNS_UNKNOWN;
	stats->wait_ms_total += wait_ms;
	if (wait_ms > stats->wait_ms_max)
		stats->wait_ms_max = wait_ms;
}

static void unlink_question(struct shard *shard, struct resolver_question *question)
{
	struct resolver_question **p = list_of(shard, &question->key);

	while (*p != question)
		p = &(*p)->next;
	*p = question->next;
}

void resolver_answered(struct resolver_question *question, struct dns_answer *answer, uint32_t ttl_s)
{
	struct resolver *resolver = question->resolver;
	struct shard *shard = shard_of(resolver, &question->key);
	struct resolver_waiter *waiters;
	uint64_t now_ms = clock_monotonic_ms();

	(void)pthread_mutex_lock(&shard->lock);
	question->answered = true;
	unlink_question(shard, question);
	count_answer(&shard->stats, answer->status, now_ms - question->asked_ms);
	shard->stats.evicted += resolver_cache_put(shard->cache, &question->key, answer, now_ms,
						   now_ms + ttl_ms(&resolver->settings, answer->status, ttl_s));
	waiters = take_waiters(question);
	(void)pthread_mutex_unlock(&shard->lock);
	(void)atomic_fetch_sub_explicit(&resolver->in_flight, 1, memory_order_relaxed);
	question_unref(question, 1 + deadline_clear(resolver->deadlines, &question->deadline));
	tell_all(waiters, answer);
	dns_answer_unref(answer);
}

void resolver_prefetch(struct resolver *resolver, const char *name, enum dns_type type)
{
	char text[DNS_NAME_TEXT_MAX];
	struct resolver_key key;

	if (resolver_key_make(resolver, name, type, text, &key))
		dns_answer_unref(resolver_get(resolver, &key, RESOLVER_ASK, NULL));
}

static void add_stats(struct resolver_stats *sum, struct shard *shard)
{
	const struct resolver_stats *stats = &shard->stats;

	(void)pthread_mutex_lock(&shard->lock);
	sum->asked += stats->asked;
	sum->cached += stats->cached;
	sum->joined += stats->joined;
	sum->upstream += stats->upstream;
	sum->found += stats->found;
	sum->nothing += stats->nothing;
	sum->unknown += stats->unknown;
	sum->timeouts += stats->timeouts;
	sum->refused += stats->refused;
	sum->evicted += stats->evicted;
	sum->wait_ms_total += stats->wait_ms_total;
	if (stats->wait_ms_max > sum->wait_ms_max)
		sum->wait_ms_max = stats->wait_ms_max;
	sum->entries += resolver_cache_entries(shard->cache);
	sum->bytes += resolver_cache_bytes(shard->cache);
	(void)pthread_mutex_unlock(&shard->lock);
}

void resolver_read_stats(struct resolver *resolver, struct resolver_stats *ret_stats)
{
	*ret_stats = (struct resolver_stats){ .in_flight = atomic_load(&resolver->in_flight) };
	for (size_t i = 0; i < resolver->shards_len; i++)
		add_stats(ret_stats, &resolver->shards[i]);
}

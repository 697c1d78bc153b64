/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "milter/base/clock.h"
#include "milter/lookup/resolver_internal.h"

enum {
	SLOT_LISTS = 16,
	PROGRESS_MS = 1000,
};

/* A question that was asked, and its answer, which stays the same from then on. */
struct slot {
	struct resolver_waiter waiter;
	struct slot *next;
	struct pursuit *pursuit;
	struct resolver_key key;	/* its name is the one below */
	_Atomic(struct dns_answer *) answer;	/* a reference; written once */
	char name[];
};

struct pursuit {
	struct resolver *resolver;
	struct arena *arena;
	uint64_t deadline_ms;
	unsigned max_questions;
	pursuit_step step;
	void *state;
	struct deadline deadline;
	atomic_uint references;		/* the owner, each waiter in a queue, the deadline while it is set, the list of those that are ready */

	/* Only for whoever runs the step, and after the last run. */
	struct slot *slots[SLOT_LISTS];
	bool out_of_time;		/* this run is the last */
	atomic_uint questions;

	pthread_mutex_t lock;		/* for what follows; nothing else is locked while it is held */
	pthread_cond_t changed;
	bool running;			/* by whoever set it */
	bool again;			/* an answer came during the run */
	bool queued, done, dropped;
	struct pursuit *next_ready;	/* of the thread on whose list it is, while it is queued */
};

/* Steps are not run inside one another, however upstreams answer: what becomes ready in a step waits for its end. */
static _Thread_local struct {
	struct pursuit *first, *last;
	bool in_step;
} ready;

static void pursuit_unref(struct pursuit *pursuit, unsigned references)
{
	if (atomic_fetch_sub_explicit(&pursuit->references, references, memory_order_acq_rel) != references)
		return;
	for (size_t i = 0; i < SLOT_LISTS; i++)
		while (pursuit->slots[i] != NULL) {
			struct slot *slot = pursuit->slots[i];

			pursuit->slots[i] = slot->next;
			dns_answer_unref(atomic_load(&slot->answer));
			free(slot);
		}
	(void)pthread_cond_destroy(&pursuit->changed);
	(void)pthread_mutex_destroy(&pursuit->lock);
	free(pursuit);
}

static void pursuit_ref(struct pursuit *pursuit)
{
	(void)atomic_fetch_add_explicit(&pursuit->references, 1, memory_order_relaxed);
}

/* Called with its lock held. */
static bool begin_run(struct pursuit *pursuit)
{
	if (pursuit->done || pursuit->dropped)
		return false;
	pursuit->again = pursuit->running;
	if (pursuit->running)
		return false;
	pursuit->running = true;
	return true;
}

/* Returns false when the step is to run once more. */
static bool end_run(struct pursuit *pursuit, bool complete)
{
	bool again;

	(void)pthread_mutex_lock(&pursuit->lock);
	again = pursuit->again && !complete && !pursuit->dropped;
	pursuit->again = false;
	if (!again) {
		pursuit->running = false;
		pursuit->done = complete;
		(void)pthread_cond_broadcast(&pursuit->changed);
	}
	(void)pthread_mutex_unlock(&pursuit->lock);
	return !again;
}

/* With running set by the caller. */
static void run_step(struct pursuit *pursuit)
{
	const bool outer = ready.in_step;
	bool complete;

	ready.in_step = true;
	do {
		struct arena_mark mark = arena_mark(pursuit->arena);

		pursuit->out_of_time = clock_monotonic_ms() >= pursuit->deadline_ms;
		complete = pursuit->step(pursuit, pursuit->state);
		if (!complete)
			arena_rewind(pursuit->arena, mark);
	} while (!end_run(pursuit, complete || pursuit->out_of_time));
	ready.in_step = outer;
}

/* Takes over a reference. */
static void make_ready(struct pursuit *pursuit)
{
	bool queue;

	(void)pthread_mutex_lock(&pursuit->lock);
	pursuit->again |= pursuit->running;
	queue = !pursuit->running && !pursuit->queued && !pursuit->done && !pursuit->dropped;
	pursuit->queued |= queue;
	(void)pthread_mutex_unlock(&pursuit->lock);
	if (!queue) {
		pursuit_unref(pursuit, 1);
		return;
	}
	pursuit->next_ready = NULL;
	*(ready.first == NULL ? &ready.first : &ready.last->next_ready) = pursuit;
	ready.last = pursuit;
}

static void run_if_due(struct pursuit *pursuit)
{
	bool runs;

	(void)pthread_mutex_lock(&pursuit->lock);
	pursuit->queued = false;
	runs = begin_run(pursuit);
	(void)pthread_mutex_unlock(&pursuit->lock);
	if (runs)
		run_step(pursuit);
	pursuit_unref(pursuit, 1);
}

void pursuit_run_ready(void)
{
	while (!ready.in_step && ready.first != NULL) {
		struct pursuit *pursuit = ready.first;

		ready.first = pursuit->next_ready;
		run_if_due(pursuit);
	}
}

static void on_deadline(struct deadline *deadline)
{
	make_ready((struct pursuit *)((char *)deadline - offsetof(struct pursuit, deadline)));
	pursuit_run_ready();
}

struct pursuit *pursuit_new(struct resolver *resolver, uint64_t deadline_ms, unsigned max_questions)
{
	struct pursuit *pursuit = xcalloc(1, sizeof(*pursuit));

	pursuit->resolver = resolver;
	pursuit->arena = arena_new();
	pursuit->deadline_ms = deadline_ms;
	pursuit->max_questions = max_questions;
	pursuit->deadline.fn = on_deadline;
	atomic_init(&pursuit->references, 1);
	(void)pthread_mutex_init(&pursuit->lock, NULL);
	condition_init(&pursuit->changed);
	return pursuit;
}

struct arena *pursuit_arena(struct pursuit *pursuit)
{
	return pursuit->arena;
}

void pursuit_start(struct pursuit *pursuit, pursuit_step step, void *state)
{
	pursuit->step = step;
	pursuit->state = state;
	pursuit->running = true;	/* nobody else knows it yet */
	run_step(pursuit);
	if (!pursuit_done(pursuit)) {
		pursuit_ref(pursuit);
		deadline_set(resolver_deadlines(pursuit->resolver), &pursuit->deadline, pursuit->deadline_ms);
	}
	pursuit_run_ready();
}

/* Takes over the reference to answer. Returns what has been the answer since then, or before. */
static struct dns_answer *settle(struct slot *slot, struct dns_answer *answer)
{
	struct dns_answer *before = NULL;

	if (atomic_compare_exchange_strong(&slot->answer, &before, answer))
		return answer;
	dns_answer_unref(answer);
	return before;
}

static void on_answer(struct resolver_waiter *waiter, struct dns_answer *answer)
{
	struct slot *slot = (struct slot *)((char *)waiter - offsetof(struct slot, waiter));

	(void)settle(slot, dns_answer_ref(answer));
	make_ready(slot->pursuit);
}

static struct slot **list_of(struct pursuit *pursuit, const struct resolver_key *key)
{
	return &pursuit->slots[key->hash >> 32 & (SLOT_LISTS - 1)];
}

static struct slot *find_slot(struct pursuit *pursuit, const struct resolver_key *key)
{
	struct slot *slot = *list_of(pursuit, key);

	while (slot != NULL && !resolver_key_equal(&slot->key, key))
		slot = slot->next;
	return slot;
}

static struct slot *add_slot(struct pursuit *pursuit, const struct resolver_key *key)
{
	struct slot *slot = xcalloc(1, sizeof(*slot) + key->len + 1);

	memcpy(slot->name, key->name, key->len);
	slot->key = *key;
	slot->key.name = slot->name;
	slot->pursuit = pursuit;
	slot->waiter.tell = on_answer;
	slot->next = *list_of(pursuit, key);
	*list_of(pursuit, key) = slot;
	(void)atomic_fetch_add_explicit(&pursuit->questions, 1, memory_order_relaxed);
	return slot;
}

/* The first time that a question is asked. */
static const struct dns_answer *ask(struct pursuit *pursuit, struct slot *slot)
{
	enum resolver_wish wish = pursuit->out_of_time ? RESOLVER_LOOK : RESOLVER_ASK;
	struct dns_answer *answer;

	pursuit_ref(pursuit);	/* the waiter's, for as long as it is in a queue */
	answer = resolver_get(pursuit->resolver, &slot->key, wish, &slot->waiter);
	if (answer == NULL && wish == RESOLVER_ASK)
		return atomic_load(&slot->answer);	/* some upstreams answer at once */
	pursuit_unref(pursuit, 1);
	return settle(slot, answer == NULL ? dns_answer_unknown("out of time") : answer);
}

const struct dns_answer *pursuit_ask(void *arg, const char *name, enum dns_type type)
{
	struct pursuit *pursuit = arg;
	char text[DNS_NAME_TEXT_MAX];
	struct dns_answer *answer;
	struct resolver_key key;
	struct slot *slot;

	if (!resolver_key_make(pursuit->resolver, name, type, text, &key))
		return resolver_impossible(pursuit->resolver);
	slot = find_slot(pursuit, &key);
	if (slot == NULL && pursuit_questions(pursuit) >= pursuit->max_questions)
		return resolver_excess(pursuit->resolver);
	if (slot == NULL)
		return ask(pursuit, add_slot(pursuit, &key));
	answer = atomic_load(&slot->answer);
	if (answer == NULL && pursuit->out_of_time)
		answer = settle(slot, dns_answer_unknown("out of time"));
	return answer;
}

bool pursuit_done(struct pursuit *pursuit)
{
	bool done;

	(void)pthread_mutex_lock(&pursuit->lock);
	done = pursuit->done;
	(void)pthread_mutex_unlock(&pursuit->lock);
	return done;
}

unsigned pursuit_questions(struct pursuit *pursuit)
{
	return atomic_load_explicit(&pursuit->questions, memory_order_relaxed);
}

/* Called with its lock held, and returns so. */
static void unlocked(struct pursuit *pursuit, void (*fn)(void *arg), void *arg)
{
	(void)pthread_mutex_unlock(&pursuit->lock);
	fn(arg);
	(void)pthread_mutex_lock(&pursuit->lock);
}

static void wait_until(struct pursuit *pursuit, uint64_t until_ms, void (*progress)(void *arg), void *progress_arg)
{
	uint64_t now_ms = clock_monotonic_ms(), progress_ms = now_ms + PROGRESS_MS;

	while (!pursuit->done && now_ms < until_ms) {
		bool reports = progress != NULL && progress_ms < until_ms;

		condition_wait_until(&pursuit->changed, &pursuit->lock, reports ? progress_ms : until_ms);
		now_ms = clock_monotonic_ms();
		if (progress == NULL || now_ms < progress_ms || pursuit->done)
			continue;
		unlocked(pursuit, progress, progress_arg);
		progress_ms = now_ms + PROGRESS_MS;
	}
}

static void run_unlocked(void *pursuit)
{
	run_step(pursuit);
}

/* The last run, unless somebody else is in it. */
static void finish(struct pursuit *pursuit)
{
	while (!pursuit->done) {
		if (begin_run(pursuit))
			unlocked(pursuit, run_unlocked, pursuit);
		else
			(void)pthread_cond_wait(&pursuit->changed, &pursuit->lock);
	}
}

bool pursuit_wait(struct pursuit *pursuit, uint64_t until_ms, void (*progress)(void *arg), void *progress_arg)
{
	uint64_t end_ms = until_ms < pursuit->deadline_ms ? until_ms : pursuit->deadline_ms;
	bool done;

	if (pursuit->step == NULL)
		return false;
	(void)pthread_mutex_lock(&pursuit->lock);
	wait_until(pursuit, end_ms, progress, progress_arg);
	if (clock_monotonic_ms() >= pursuit->deadline_ms)
		finish(pursuit);
	done = pursuit->done;
	(void)pthread_mutex_unlock(&pursuit->lock);
	pursuit_run_ready();
	return done;
}

/* Returns how many references are nobody's any more; those who are about to tell it something hold theirs. */
static unsigned forget_all(struct pursuit *pursuit)
{
	unsigned forgotten = deadline_clear(resolver_deadlines(pursuit->resolver), &pursuit->deadline);

	for (size_t i = 0; i < SLOT_LISTS; i++)
		for (struct slot *slot = pursuit->slots[i]; slot != NULL; slot = slot->next)
			forgotten += resolver_forget(pursuit->resolver, &slot->key, &slot->waiter);
	return forgotten;
}

void pursuit_drop(struct pursuit *pursuit)
{
	if (pursuit == NULL)
		return;
	(void)pthread_mutex_lock(&pursuit->lock);
	pursuit->dropped = true;
	while (pursuit->running)
		(void)pthread_cond_wait(&pursuit->changed, &pursuit->lock);
	(void)pthread_mutex_unlock(&pursuit->lock);
	arena_free(pursuit->arena);
	pursuit_unref(pursuit, 1 + forget_all(pursuit));
}

void pursuit_drop_deferred(void *pursuit)
{
	pursuit_drop(pursuit);
}

/* --- one question --- */

struct single {
	const char *name;
	enum dns_type type;
	const struct dns_answer *answer;
};

static bool single_step(struct pursuit *pursuit, void *state)
{
	struct single *single = state;

	single->answer = pursuit_ask(pursuit, single->name, single->type);
	return single->answer != NULL;
}

struct dns_answer *resolver_ask_and_wait(struct resolver *resolver, const char *name, enum dns_type type, uint64_t deadline_ms)
{
	struct pursuit *pursuit = pursuit_new(resolver, deadline_ms, 1);
	struct single single = { name, type, NULL };
	struct dns_answer *answer;

	pursuit_start(pursuit, single_step, &single);
	(void)pursuit_wait(pursuit, deadline_ms, NULL, NULL);
	answer = dns_answer_ref(single.answer);
	pursuit_drop(pursuit);
	return answer;
}

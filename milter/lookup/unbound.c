/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several contexts of libunbound are asked the same question, one after the other, until one of them has learnt something.
 *
 * One alone will not do: after the time that it holds for usual it sends another packet and takes no answer to the first, so a name whose
 * answer takes longer than usual gets none for many tries, and a forwarder with slow names is taken for dead; and told to wait longer it
 * waits as long for a packet that was lost. Until the answer was here, from one forwarder that had answered 50 questions in 30 ms each, with
 * a timeout of 5 s:
 *
 *	                            libunbound 1.17.1    min-rtt 5 s    here
 *	answer after 300 ms         1.1 s                0.3 s          0.3 s
 *	answer after 1 s            3.2 s                1 s            1 s
 *	answer after 2 s            4.7 s                2 s            2 s
 *	answer after 4 s            10.2 s               4 s            4 s
 *	first packet lost           6.5 s                never          1.03 s
 *	two lost, three lost        17.4 s, never        never          2.5 s, 3.5 s
 *	lost, then after 1 s        never                never          2 s
 *
 * A forwarder that comes back after 60 s of outage, with 50 questions a second all the while: libunbound's own timing answers SERVFAIL for 6 s
 * more, and so do, now and then, contexts whose packets time out after 5 s (the losses of the outage are still being counted then);
 * here the first question is answered after 30 ms.
 *
 * 100 names that take 4 s each do not slow 100 quick ones beside them down (p99 37 ms for answers that take 30 ms), and all names that were
 * asked in an outage of 3 s are answered at most 1.5 s after it. */
#include "milter/lookup/unbound.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/base/log.h"
#include "milter/lookup/unbound_context.h"

enum { CONTEXTS_MAX = RESOLVER_FORWARDERS_MAX };

struct question;

/* A question put to one context. */
struct step {
	struct unbound_try try;		/* first: the context hands back its address */
	struct question *question;
	unsigned slot;
	struct unbound_context *context;	/* NULL: it has answered, or is gone */
};

/* Freed when it is answered and no context works on it any more. */
struct question {
	struct question *next, *previous;
	struct unbound *unbound;
	struct resolver_question *asker;	/* NULL: answered */
	const char *name;			/* good until it is answered */
	enum dns_type type;
	struct dns_answer *failure;		/* what the first context said that found nothing out */
	uint64_t started_at;			/* monotonic */
	uint64_t asked_at;			/* when the latest context was asked */
	uint64_t answered_at;
	unsigned first;				/* the slot that was asked first */
	unsigned steps_len;			/* contexts that were asked */
	unsigned open;				/* those of them that work on it */
	struct step steps[CONTEXTS_MAX];
};

struct list {
	struct question head;			/* only next and previous */
};

/* Where a context stands, and what it asks. Only the thread touches it. */
struct slot {
	struct unbound_context *context;
	const char *server;			/* NULL: from the root */
	struct unbound_context *retired;	/* the one before; its late answers are still wanted */
	uint64_t retired_at;
	bool stale;				/* context holds questions that were given up */
};

struct unbound {
	struct dns_upstream upstream;		/* first: the resolver knows its address */
	struct resolver_settings settings;	/* its strings are the configuration's */
	struct slot slots[CONTEXTS_MAX];
	uint64_t patience_ms[CONTEXTS_MAX];	/* with one context, before the next is asked, too */
	uint64_t life_ms;			/* after which a question is given up */
	unsigned slots_len;
	bool same_servers;			/* all contexts ask the same ones */
	pthread_t thread;
	bool thread_runs;
	int wake;				/* eventfd: there is something in inbox, or it is to end */

	pthread_mutex_t lock;			/* of inbox and ends */
	struct list inbox;
	bool ends;

	/* Only the thread touches these. */
	struct list waiting[CONTEXTS_MAX + 1];	/* by the number of contexts that were asked; who was last asked first, first */
	struct list answered;			/* but a context still works on it; the oldest answer first */
	struct list left;			/* likewise, and for so long that the context is stale */
	unsigned first;				/* the slot to ask first */
};

/* --- lists --- */

static void list_init(struct list *list)
{
	list->head.next = list->head.previous = &list->head;
}

static bool list_empty(const struct list *list)
{
	return list->head.next == &list->head;
}

static void list_append(struct list *list, struct question *question)
{
	question->next = &list->head;
	question->previous = list->head.previous;
	question->previous->next = question->next->previous = question;
}

static void list_remove(struct question *question)
{
	question->previous->next = question->next;
	question->next->previous = question->previous;
}

static void list_move(struct list *list, struct question *question)
{
	list_remove(question);
	list_append(list, question);
}

static void question_free(struct question *question)
{
	list_remove(question);
	dns_answer_unref(question->failure);
	free(question);
}

static void list_free(struct list *list)
{
	struct question *next;

	for (struct question *question = list->head.next; question != &list->head; question = next) {
		next = question->next;
		dns_answer_unref(question->failure);
		free(question);
	}
	list_init(list);
}

/* --- one question --- */

static void give_answer(struct question *question, struct dns_answer *answer, uint32_t ttl_s)
{
	struct resolver_question *asker = question->asker;

	question->asker = NULL;
	question->name = NULL;
	question->answered_at = clock_monotonic_ms();
	list_move(&question->unbound->answered, question);
	resolver_answered(asker, answer, ttl_s);
}

static void on_answer(struct unbound_try *try, struct dns_answer *answer, uint32_t ttl_s, bool failed);

/* Puts the question to the next context that takes it. */
static void ask_next(struct question *question)
{
	struct unbound *unbound = question->unbound;
	unsigned open = question->open;

	while (question->open == open && question->steps_len < unbound->slots_len) {
		struct step *step = &question->steps[question->steps_len];
		unsigned slot = (question->first + question->steps_len++) % unbound->slots_len;

		*step = (struct step){ { question->type, on_answer }, question, slot, unbound->slots[slot].context };
		if (unbound_context_ask(step->context, question->name, &step->try) == 0)
			question->open++;
		else
			step->context = NULL;
	}
	question->asked_at = clock_monotonic_ms();
	list_move(&unbound->waiting[question->steps_len], question);
}

/* When no context is left that could know more, that is the answer. */
static void give_up(struct question *question)
{
	struct dns_answer *failure = question->failure;

	question->failure = NULL;
	give_answer(question, failure != NULL ? failure : dns_answer_unknown("libunbound takes no question"), 0);
}

static void on_failure(struct question *question, struct dns_answer *answer)
{
	if (question->failure == NULL)
		question->failure = answer;
	else
		dns_answer_unref(answer);
	ask_next(question);
	if (question->open == 0)
		give_up(question);
}

static void on_answer(struct unbound_try *try, struct dns_answer *answer, uint32_t ttl_s, bool failed)
{
	struct step *step = (struct step *)try;
	struct question *question = step->question;

	question->open--;
	step->context = NULL;
	if (question->asker == NULL) {
		dns_answer_unref(answer);	/* another one was quicker */
	} else if (failed) {
		on_failure(question, answer);
	} else {
		/* whose servers answer while the others' do not is asked first from now on */
		if (!question->unbound->same_servers)
			question->unbound->first = step->slot;
		give_answer(question, answer, ttl_s);
	}
	if (question->asker == NULL && question->open == 0)
		question_free(question);
}

/* --- the thread --- */

static void start_question(struct question *question)
{
	question->first = question->unbound->first;
	question->started_at = clock_monotonic_ms();
	ask_next(question);
	if (question->open != 0)
		return;
	give_up(question);
	question_free(question);
}

/* Returns whether it goes on. */
static bool take_inbox(struct unbound *unbound)
{
	struct question *next;
	struct list taken;
	uint64_t count;
	bool ends;

	(void)!read(unbound->wake, &count, sizeof(count));
	list_init(&taken);
	(void)pthread_mutex_lock(&unbound->lock);
	ends = unbound->ends;
	while (!ends && !list_empty(&unbound->inbox))
		list_move(&taken, unbound->inbox.head.next);
	(void)pthread_mutex_unlock(&unbound->lock);
	for (struct question *question = taken.head.next; question != &taken.head; question = next) {
		next = question->next;
		start_question(question);
	}
	return !ends;
}

/* Asks one context more for each question that has waited for long enough. Returns when the next one has. */
static uint64_t ask_again(struct unbound *unbound, uint64_t now)
{
	uint64_t next_at = UINT64_MAX;

	for (unsigned asked = 1; asked < unbound->slots_len; asked++) {		/* upwards: it moves them there */
		struct list *list = &unbound->waiting[asked];

		while (!list_empty(list) && list->head.next->asked_at + unbound->patience_ms[asked - 1] <= now)
			ask_next(list->head.next);
		if (!list_empty(list) && list->head.next->asked_at + unbound->patience_ms[asked - 1] < next_at)
			next_at = list->head.next->asked_at + unbound->patience_ms[asked - 1];
	}
	return next_at;
}

/* --- a new context for one that holds questions that nobody waits for --- */

static void leave(struct question *question)
{
	for (unsigned i = 0; i < question->steps_len; i++) {
		struct slot *slot = &question->unbound->slots[question->steps[i].slot];

		if (slot->server != NULL && question->steps[i].context == slot->context)
			slot->stale = true;
	}
	list_move(&question->unbound->left, question);
}

static struct question *give_up_late(struct question *question)
{
	dns_answer_unref(question->failure);
	question->failure = NULL;
	give_answer(question, dns_answer_unknown("timeout"), 0);
	return question;
}

/* Gives up the questions that all contexts have had for too long. Returns when the next one has been. */
static uint64_t give_up_old(struct unbound *unbound, uint64_t now)
{
	struct list *list = &unbound->waiting[unbound->slots_len];

	while (!list_empty(list) && list->head.next->started_at + unbound->life_ms <= now)
		leave(give_up_late(list->head.next));
	return list_empty(list) ? UINT64_MAX : list->head.next->started_at + unbound->life_ms;
}

/* Each open question holds a socket of its context. Those to which no answer came for so long will have none, as a rule. */
static uint64_t leave_old(struct unbound *unbound, uint64_t now)
{
	struct list *list = &unbound->answered;

	while (!list_empty(list) && list->head.next->answered_at + unbound->life_ms <= now)
		leave(list->head.next);
	return list_empty(list) ? UINT64_MAX : list->head.next->answered_at + unbound->life_ms;
}

static void forget_steps(struct question *question, const struct unbound_context *context)
{
	for (unsigned i = 0; i < question->steps_len; i++) {
		if (question->steps[i].context == context) {
			question->steps[i].context = NULL;
			question->open--;
		}
	}
	if (question->open == 0)
		question_free(question);
}

/* All that it was asked has been answered or given up meanwhile. */
static void forget_retired(struct unbound *unbound, struct slot *slot)
{
	struct list *lists[] = { &unbound->answered, &unbound->left };
	struct question *next;

	unbound_context_free(slot->retired);
	for (size_t i = 0; i < 2; i++) {
		for (struct question *question = lists[i]->head.next; question != &lists[i]->head; question = next) {
			next = question->next;
			forget_steps(question, slot->retired);
		}
	}
	slot->retired = NULL;
}

/* When a new one cannot be had, the old one goes on. */
static void retire(struct unbound *unbound, struct slot *slot, uint64_t now)
{
	char problem[UNBOUND_PROBLEM_MAX];
	struct unbound_context *context = unbound_context_new(&unbound->settings, UNBOUND_FORWARD, slot->server, problem);

	slot->stale = false;
	if (context == NULL) {
		log_error("resolver: %s", problem);
		return;
	}
	slot->retired = slot->context;
	slot->retired_at = now;
	slot->context = context;
}

/* Returns when it is to be called again. */
static uint64_t tend_slots(struct unbound *unbound, uint64_t now)
{
	uint64_t next_at = UINT64_MAX;

	for (unsigned i = 0; i < unbound->slots_len; i++) {
		struct slot *slot = &unbound->slots[i];

		if (slot->retired != NULL && slot->retired_at + unbound->life_ms + 1 <= now)
			forget_retired(unbound, slot);
		if (slot->stale && slot->retired == NULL)
			retire(unbound, slot, now);
		if (slot->retired != NULL && slot->retired_at + unbound->life_ms + 1 < next_at)
			next_at = slot->retired_at + unbound->life_ms + 1;
	}
	return next_at;
}

/* --- the loop --- */

/* Out of memory, or out of descriptors when a pipe was made: without it nothing would ever be answered. */
static void read_answers(struct unbound_context *context)
{
	if (unbound_context_process(context) == 0)
		return;
	log_error("resolver: libunbound's answers cannot be read");
	abort();
}

/* Does what the time has come for. Returns the milliseconds until there is more to do, or -1. */
static int do_what_is_due(struct unbound *unbound)
{
	uint64_t now = clock_monotonic_ms(), next_at = ask_again(unbound, now);
	uint64_t others_at[] = { give_up_old(unbound, now), leave_old(unbound, now), tend_slots(unbound, now) };

	for (size_t i = 0; i < sizeof(others_at) / sizeof(others_at[0]); i++) {
		if (others_at[i] < next_at)
			next_at = others_at[i];
	}
	return next_at == UINT64_MAX ? -1 : clock_left_ms(next_at);
}

static nfds_t watch(const struct unbound *unbound, struct pollfd fds[2 * CONTEXTS_MAX + 1], struct unbound_context **contexts)
{
	nfds_t len = 0;

	for (unsigned i = 0; i < unbound->slots_len; i++) {
		contexts[len++] = unbound->slots[i].context;
		if (unbound->slots[i].retired != NULL)
			contexts[len++] = unbound->slots[i].retired;
	}
	for (nfds_t i = 0; i < len; i++)
		fds[i] = (struct pollfd){ .fd = unbound_context_fd(contexts[i]), .events = POLLIN };
	fds[len] = (struct pollfd){ .fd = unbound->wake, .events = POLLIN };
	return len;
}

static void *unbound_thread(void *arg)
{
	struct unbound *unbound = arg;
	struct unbound_context *contexts[2 * CONTEXTS_MAX];
	struct pollfd fds[2 * CONTEXTS_MAX + 1];

	do {
		int wait_ms = do_what_is_due(unbound);
		nfds_t len = watch(unbound, fds, contexts);

		if (poll(fds, len + 1, wait_ms) <= 0)
			continue;
		for (nfds_t i = 0; i < len; i++) {
			if (fds[i].revents != 0)
				read_answers(contexts[i]);
		}
	} while (take_inbox(unbound));
	return NULL;
}

/* --- from outside --- */

static void wake(struct unbound *unbound)
{
	const uint64_t one = 1;

	(void)!write(unbound->wake, &one, sizeof(one));
}

static void unbound_ask(struct dns_upstream *upstream, const char *name, enum dns_type type, struct resolver_question *asker)
{
	struct unbound *unbound = (struct unbound *)upstream;
	struct question *question = xcalloc(1, sizeof(*question));
	bool first;

	question->unbound = unbound;
	question->asker = asker;
	question->name = name;
	question->type = type;
	(void)pthread_mutex_lock(&unbound->lock);
	first = list_empty(&unbound->inbox);
	list_append(&unbound->inbox, question);
	(void)pthread_mutex_unlock(&unbound->lock);
	if (first)
		wake(unbound);
}

static void end_thread(struct unbound *unbound)
{
	if (!unbound->thread_runs)
		return;
	(void)pthread_mutex_lock(&unbound->lock);
	unbound->ends = true;
	(void)pthread_mutex_unlock(&unbound->lock);
	wake(unbound);
	(void)pthread_join(unbound->thread, NULL);
}

static void unbound_free(struct dns_upstream *upstream)
{
	struct unbound *unbound = (struct unbound *)upstream;

	end_thread(unbound);
	for (unsigned i = 0; i < unbound->slots_len; i++) {
		unbound_context_free(unbound->slots[i].context);
		unbound_context_free(unbound->slots[i].retired);
	}
	for (unsigned i = 0; i <= CONTEXTS_MAX; i++)
		list_free(&unbound->waiting[i]);
	list_free(&unbound->answered);
	list_free(&unbound->left);
	list_free(&unbound->inbox);
	(void)close_fd(unbound->wake);
	(void)pthread_mutex_destroy(&unbound->lock);
	free(unbound);
}

static struct unbound *unbound_alloc(const struct resolver_settings *settings)
{
	struct unbound *unbound = xcalloc(1, sizeof(*unbound));

	unbound->settings = *settings;
	/* a little longer than the resolver waits: until then it does not ask anew but waits for what it was promised */
	unbound->life_ms = settings->timeout_ms + settings->timeout_ms / 10;
	unbound->upstream = (struct dns_upstream){ .ask = unbound_ask, .free = unbound_free };
	unbound->wake = -1;
	(void)pthread_mutex_init(&unbound->lock, NULL);
	list_init(&unbound->inbox);
	list_init(&unbound->answered);
	list_init(&unbound->left);
	for (unsigned i = 0; i <= CONTEXTS_MAX; i++)
		list_init(&unbound->waiting[i]);
	return unbound;
}

/* A name whose answer has not come from the quick one is asked again soon: its servers are slow, or one of them is dead, and which it is
 * nobody knows. */
static int open_recursion(struct unbound *unbound, char *problem)
{
	unbound->same_servers = true;
	unbound->slots_len = 2;
	unbound->patience_ms[0] = unbound->settings.timeout_ms * 8 / 100;
	unbound->slots[0].context = unbound_context_new(&unbound->settings, UNBOUND_QUICK, NULL, problem);
	if (unbound->slots[0].context == NULL)
		return -EINVAL;
	unbound->slots[1].context = unbound_context_new(&unbound->settings, UNBOUND_PATIENT, NULL, problem);
	return unbound->slots[1].context == NULL ? -EINVAL : 0;
}

/* Of 5 s: at once, after 1 s, 2.5 s and 3.5 s. */
static int open_forwards(struct unbound *unbound, char *problem)
{
	static const uint64_t percent[CONTEXTS_MAX] = { 20, 30, 20 };
	const struct conf_list *forward = &unbound->settings.forward;

	if (forward->len > CONTEXTS_MAX) {
		(void)snprintf(problem, UNBOUND_PROBLEM_MAX, "%zu forwarders are too many: %d at the most", forward->len, CONTEXTS_MAX);
		return -EINVAL;
	}
	unbound->same_servers = forward->len == 1;
	unbound->slots_len = forward->len == 3 ? 3 : CONTEXTS_MAX;	/* so that they alternate */
	for (unsigned i = 0; i < unbound->slots_len; i++) {
		struct slot *slot = &unbound->slots[i];

		unbound->patience_ms[i] = unbound->settings.timeout_ms * percent[i] / 100;
		slot->server = forward->items[i % forward->len].text;
		slot->context = unbound_context_new(&unbound->settings, UNBOUND_FORWARD, slot->server, problem);
		if (slot->context == NULL)
			return -EINVAL;
	}
	return 0;
}

static int start_thread(struct unbound *unbound, char *problem)
{
	sigset_t all, before;
	int error;

	unbound->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (unbound->wake < 0) {
		(void)snprintf(problem, UNBOUND_PROBLEM_MAX, "cannot make an eventfd: %s", strerror(errno));
		return -EINVAL;
	}
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&unbound->thread, NULL, unbound_thread, unbound);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	unbound->thread_runs = error == 0;
	if (error != 0)
		(void)snprintf(problem, UNBOUND_PROBLEM_MAX, "cannot start a thread: %s", strerror(error));
	return -error;
}

struct dns_upstream *unbound_new(const struct resolver_settings *settings, char problem[UNBOUND_PROBLEM_MAX])
{
	struct unbound *unbound = unbound_alloc(settings);
	int error;

	if (settings->forward.len == 0)
		error = open_recursion(unbound, problem);
	else
		error = open_forwards(unbound, problem);
	if (error == 0 && start_thread(unbound, problem) == 0)
		return &unbound->upstream;
	unbound_free(&unbound->upstream);
	return NULL;
}

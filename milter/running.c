/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/running.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "milter/base/arena.h"
#include "milter/base/clock.h"

/* One for each thread that libmilter ever had at a time; never freed, used again by later threads. */
struct slot {
	struct slot *next;
	_Atomic bool owned;
	_Atomic uint64_t since_ms;	/* 0: no callback runs on this thread */
};

static struct slot *_Atomic slots;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local struct slot *mine;

static void release(void *slot)
{
	atomic_store(&((struct slot *)slot)->since_ms, 0);
	atomic_store(&((struct slot *)slot)->owned, false);
}

static void make_key(void)
{
	(void)pthread_key_create(&key, release);
}

static struct slot *reuse(void)
{
	for (struct slot *slot = atomic_load(&slots); slot != NULL; slot = slot->next) {
		bool free = false;

		if (atomic_compare_exchange_strong(&slot->owned, &free, true))
			return slot;
	}
	return NULL;
}

static struct slot *slot_of_thread(void)
{
	struct slot *slot = mine;

	if (slot != NULL)
		return slot;
	(void)pthread_once(&once, make_key);
	slot = reuse();
	if (slot == NULL) {
		slot = xcalloc(1, sizeof(*slot));
		atomic_store(&slot->owned, true);
		slot->next = atomic_load(&slots);
		while (!atomic_compare_exchange_weak(&slots, &slot->next, slot))
			;
	}
	(void)pthread_setspecific(key, slot);
	mine = slot;
	return slot;
}

void running_enter(void)
{
	atomic_store_explicit(&slot_of_thread()->since_ms, clock_monotonic_ms(), memory_order_relaxed);
}

void running_leave(void)
{
	atomic_store_explicit(&slot_of_thread()->since_ms, 0, memory_order_relaxed);
}

unsigned running_oldest_ms(void)
{
	uint64_t now_ms = clock_monotonic_ms(), oldest_ms = now_ms;

	for (struct slot *slot = atomic_load(&slots); slot != NULL; slot = slot->next) {
		uint64_t since_ms = atomic_load_explicit(&slot->since_ms, memory_order_relaxed);

		if (since_ms != 0 && since_ms < oldest_ms)
			oldest_ms = since_ms;
	}
	return (unsigned)(now_ms - oldest_ms);
}

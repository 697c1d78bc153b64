/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/trickle.h"

struct question {
	const char *name;
	enum dns_type type;
	bool answered;
};

struct trickle {
	struct arena *arena;
	dns_asker ask;
	void *arg;
	unsigned random;
	struct question *questions;
	size_t len;
};

static void free_arena(void *arena)
{
	arena_free(arena);
}

struct trickle *trickle_new(struct arena *arena, dns_asker ask, void *arg, unsigned seed)
{
	struct trickle *trickle = arena_new_of(arena, struct trickle);

	*trickle = (struct trickle){ .arena = arena_new(), .ask = ask, .arg = arg, .random = seed };
	/* An arena of its own: whoever asks may rewind his. */
	arena_defer(arena, free_arena, trickle->arena);
	return trickle;
}

const struct dns_answer *trickle_ask(void *arg, const char *name, enum dns_type type)
{
	struct trickle *trickle = arg;
	struct question *question;

	for (size_t i = 0; i < trickle->len; i++)
		if (trickle->questions[i].type == type && strcmp(trickle->questions[i].name, name) == 0)
			return trickle->questions[i].answered ? trickle->ask(trickle->arg, name, type) : NULL;
	question = arena_push(trickle->arena, (void **)&trickle->questions, &trickle->len, sizeof(*question));
	*question = (struct question){ .name = arena_strdup(trickle->arena, name), .type = type };
	return NULL;
}

bool trickle_next(struct trickle *trickle)
{
	size_t waiting = 0, chosen;

	for (size_t i = 0; i < trickle->len; i++)
		waiting += !trickle->questions[i].answered;
	if (waiting == 0)
		return false;
	trickle->random = trickle->random * 1103515245u + 12345u;
	chosen = (trickle->random >> 16) % waiting;
	for (size_t i = 0; i < trickle->len; i++) {
		if (trickle->questions[i].answered || chosen-- > 0)
			continue;
		trickle->questions[i].answered = true;
		break;
	}
	return true;
}

size_t trickle_asked(const struct trickle *trickle)
{
	return trickle->len;
}

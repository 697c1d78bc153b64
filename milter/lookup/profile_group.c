/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is usual in a kind: the medians, for accounts that have no past of their own yet. */
#include <stdlib.h>

#include "milter/base/arena.h"
#include "milter/lookup/profile_internal.h"

#define REFRESH_MS (10 * MINUTE_MS)

struct sample {
	size_t len;
	float *values[USUALS];
};

static int compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* A hash names the set of its lowest bits. */
static void sample_set(struct profiles *profiles, uint64_t hash, struct sample samples[PROFILE_KINDS])
{
	const struct profile *set = mapped_lock(profiles->mapped, hash);

	for (size_t way = 0; way < MAPPED_WAYS; way++) {
		struct sample *sample = &samples[profile_kind_of(&set[way])];

		if (set[way].key == 0 || set[way].days < YOUNG_DAYS)
			continue;
		for (size_t i = 0; i < USUALS; i++)
			sample->values[i][sample->len] = sane(set[way].usual[i]);
		sample->len++;
	}
	mapped_unlock(profiles->mapped, hash);
}

static void write_medians(struct profiles *profiles, enum profile_kind kind, const struct sample *sample)
{
	float medians[USUALS] = { 0 };

	for (size_t i = 0; i < USUALS && sample->len > 0; i++) {
		qsort(sample->values[i], sample->len, sizeof(float), compare);
		medians[i] = sample->values[i][sample->len / 2];
	}
	(void)pthread_mutex_lock(&profiles->lock);
	profiles->group[kind].accounts = sample->len;
	for (size_t i = 0; i < USUALS; i++)
		profiles->group[kind].usual[i] = medians[i];
	(void)pthread_mutex_unlock(&profiles->lock);
}

static bool is_due(struct profiles *profiles, uint64_t now_ms)
{
	bool due;

	(void)pthread_mutex_lock(&profiles->lock);
	due = profiles->refreshed_ms == 0 || now_ms < profiles->refreshed_ms || now_ms - profiles->refreshed_ms >= REFRESH_MS;
	if (due)
		profiles->refreshed_ms = now_ms;
	(void)pthread_mutex_unlock(&profiles->lock);
	return due;
}

void profiles_refresh(struct profiles *profiles, uint64_t now_ms)
{
	struct sample samples[PROFILE_KINDS] = { 0 };
	size_t sets = profiles->sets;

	if (!is_due(profiles, now_ms))
		return;
	for (size_t kind = 0; kind < PROFILE_KINDS; kind++)
		for (size_t i = 0; i < USUALS; i++)
			samples[kind].values[i] = xcalloc(sets * MAPPED_WAYS, sizeof(float));
	for (size_t set = 0; set < sets; set++)
		sample_set(profiles, set, samples);
	for (size_t kind = 0; kind < PROFILE_KINDS; kind++) {
		write_medians(profiles, (enum profile_kind)kind, &samples[kind]);
		for (size_t i = 0; i < USUALS; i++)
			free(samples[kind].values[i]);
	}
}

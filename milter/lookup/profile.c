/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/profile.h"

#include <stdlib.h>
#include <string.h>

#include "milter/base/arena.h"
#include "milter/lookup/profile_internal.h"

#define KEY_MASK ((UINT64_C(1) << PROFILE_KEY_BITS) - 1)
#define EPISODE_MS_MAX (40 * DAY_MS)	/* nothing ends later than that */

int profiles_open(const char *path, size_t accounts, struct profiles **ret_profiles)
{
	static const struct mapped_kind kind = { .name = "profiles", .version = 1, .entry_size = sizeof(struct profile) };
	struct profiles *profiles = xcalloc(1, sizeof(*profiles));
	int r = mapped_open(path, &kind, accounts, &profiles->mapped);

	if (r < 0) {
		free(profiles);
		return r;
	}
	profiles->sets = MAPPED_SETS_MIN;
	while (profiles->sets * MAPPED_WAYS < accounts)
		profiles->sets *= 2;
	(void)pthread_mutex_init(&profiles->lock, NULL);
	*ret_profiles = profiles;
	return 0;
}

void profiles_close(struct profiles *profiles)
{
	if (profiles == NULL)
		return;
	mapped_close(profiles->mapped);
	(void)pthread_mutex_destroy(&profiles->lock);
	free(profiles);
}

static uint64_t key_of(const struct profiles *profiles, enum profile_kind kind, const char *name)
{
	static const char *const prefixes[] = { [PROFILE_LOGIN] = "login:", [PROFILE_CLIENT] = "client:" };
	struct arena *arena = arena_new();
	uint64_t key = mapped_hash(profiles->mapped, arena_printf(arena, "%s%s", prefixes[kind], name)) & KEY_MASK;

	arena_free(arena);
	return key == 0 ? 1 : key;
}

static struct profile *find(struct profile set[MAPPED_WAYS], uint64_t key)
{
	for (size_t i = 0; i < MAPPED_WAYS; i++)
		if (set[i].key == key)
			return &set[i];
	return NULL;
}

/* A free place, or the one that was used longest ago; who is suspended is remembered at least until that ends. */
static struct profile *make_place(struct profiles *profiles, struct profile set[MAPPED_WAYS])
{
	struct profile *oldest = NULL;
	uint64_t oldest_ms = 0;

	for (size_t i = 0; i < MAPPED_WAYS; i++) {
		uint64_t ms = set[i].last_ms > set[i].episode.until_ms ? set[i].last_ms : set[i].episode.until_ms;

		if (set[i].key == 0)
			return &set[i];
		if (oldest == NULL || ms < oldest_ms) {
			oldest = &set[i];
			oldest_ms = ms;
		}
	}
	mapped_count_pushed_out(profiles->mapped);
	return oldest;
}

/* What cannot be is not believed: nobody is suspended for ever, or forgiven in advance, by a torn page. */
static void check(struct profile *profile, uint64_t now_ms)
{
	struct profile_episode *episode = &profile->episode;

	profile->name[PROFILE_NAME_MAX] = '\0';
	if (episode->until_ms > now_ms + EPISODE_MS_MAX || episode->forgiven_ms > now_ms + EPISODE_MS_MAX ||
	    episode->told_ms > now_ms + EPISODE_MS_MAX)
		*episode = (struct profile_episode){ 0 };
	profile_advance(profile, now_ms);
}

static void begin(struct profile *profile, uint64_t key, enum profile_kind kind, const char *name, uint64_t now_ms)
{
	size_t len = strlen(name);

	memset(profile, 0, sizeof(*profile));
	profile->kind = kind;
	profile->minute = now_ms / MINUTE_MS;
	if (len <= PROFILE_NAME_MAX)
		memcpy(profile->name, name, len);
	profile->key = key;
}

struct profile *profile_take(struct profiles *profiles, enum profile_kind kind, const char *name, uint64_t now_ms)
{
	uint64_t key = key_of(profiles, kind, name);
	struct profile *set = mapped_lock(profiles->mapped, key), *profile = find(set, key);

	if (profile == NULL) {
		profile = make_place(profiles, set);
		begin(profile, key, kind, name, now_ms);
	}
	check(profile, now_ms);
	profile->last_ms = now_ms;
	return profile;
}

struct profile *profile_take_key(struct profiles *profiles, uint64_t key, uint64_t now_ms)
{
	struct profile *profile;

	if (key == 0 || key > KEY_MASK)
		return NULL;
	profile = find(mapped_lock(profiles->mapped, key), key);
	if (profile == NULL)
		mapped_unlock(profiles->mapped, key);
	else
		check(profile, now_ms);
	return profile;
}

void profile_release(struct profiles *profiles, struct profile *profile)
{
	mapped_unlock(profiles->mapped, profile->key);
}

uint64_t profile_key(const struct profile *profile)
{
	return profile->key;
}

enum profile_kind profile_kind_of(const struct profile *profile)
{
	return profile->kind == PROFILE_LOGIN ? PROFILE_LOGIN : PROFILE_CLIENT;
}

const char *profile_name(const struct profile *profile)
{
	return profile->name;
}

struct profile_episode *profile_episode(struct profile *profile)
{
	return &profile->episode;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom a message counts for, and on which step of the ladder he is. */
#include "scanners/behaviour_internal.h"

#include "milter/lookup/holds.h"

#define CALM_MS (6 * UINT64_C(3600000))	/* after it the same is news again */

enum { HOST_V6 = 64 };	/* within it, addresses cost nothing */

const char *behaviour_network(struct arena *arena, const struct ip *ip, unsigned prefix_v4, unsigned prefix_v6)
{
	struct network network = { .ip = *ip, .prefix = ip->family == IP_V4 ? prefix_v4 : prefix_v6 };
	char text[NETWORK_TEXT_MAX];

	if (ip->family == IP_NONE)
		return NULL;
	for (unsigned i = network.prefix / 8; i < sizeof(network.ip.bytes); i++)
		network.ip.bytes[i] = 0;	/* all of these prefixes are whole bytes */
	return arena_strdup(arena, network_format(&network, text));
}

static const char *client_text(struct arena *arena, const struct ip *client)
{
	char text[IP_TEXT_MAX];

	return client->family == IP_V6 ? behaviour_network(arena, client, 0, HOST_V6) : arena_strdup(arena, ip_format(client, text));
}

struct behaviour_subject behaviour_subject_of(const struct scan *scan)
{
	const struct behaviour *behaviour = scan->shared;
	const struct message *message = scan->message;
	const struct ip *client = &scan->session->client;

	if (behaviour->profiles == NULL || message->direction == DIRECTION_LOCAL)
		return (struct behaviour_subject){ .name = NULL };
	if (message->credentials.login[0] != '\0')
		return (struct behaviour_subject){ PROFILE_LOGIN, message->credentials.login };
	if (client->family == IP_NONE || (message->direction != DIRECTION_GRANTED && networks_find(behaviour->inside, client) == NULL))
		return (struct behaviour_subject){ .name = NULL };
	return (struct behaviour_subject){ PROFILE_CLIENT, client_text(scan->arena, client) };
}

const char *behaviour_about(struct arena *arena, const struct behaviour_subject *subject)
{
	return arena_printf(arena, "%s:%s", subject->kind == PROFILE_LOGIN ? "login" : "client", subject->name);
}

static uint64_t freed_ms(const struct scan *scan, const struct behaviour_subject *subject)
{
	struct holds *holds = scan->services->holds;
	int64_t freed;

	if (holds == NULL)
		return 0;
	freed = holds_freed_ms(holds, subject->kind == PROFILE_LOGIN ? HOLD_LOGIN : HOLD_CLIENT, subject->name);
	return freed < 0 ? 0 : (uint64_t)freed;
}

/* The profile of the subject, with what was freed forgiven. */
struct profile *behaviour_take(const struct scan *scan, const struct behaviour_subject *subject, uint64_t now_ms)
{
	const struct behaviour *behaviour = scan->shared;
	uint64_t freed = freed_ms(scan, subject);
	struct profile *profile = profile_take(behaviour->profiles, subject->kind, subject->name, now_ms);

	profile_forgive(profile, now_ms, freed);
	return profile;
}

/* Is it news that the account is on this step? Then somebody is to be told, once. */
static bool is_news(struct profile_episode *episode, enum behaviour_step step, uint64_t now_ms)
{
	bool is_over = episode->told_ms + CALM_MS < now_ms;

	/* what comes between slow and suspended is no news of its own */
	if (step < STEP_SLOW || (!is_over && (step <= episode->step || (step < STEP_SUSPENDED && episode->step >= STEP_SLOW))))
		return false;
	episode->told_ms = now_ms;
	episode->step = step;
	return true;
}

void behaviour_judge(const struct scan *scan, struct profile *profile, uint64_t now_ms, size_t recipients,
		     struct behaviour_standing *ret_standing)
{
	const struct behaviour_settings *settings = scan->settings;
	const struct behaviour *behaviour = scan->shared;
	struct profile_episode *episode = profile_episode(profile);
	struct behaviour_standing standing = { .step = STEP_NONE };

	profile_judge(behaviour->profiles, profile, now_ms, (uint32_t)settings->floor, (uint32_t)recipients, &standing.judgement);
	standing.step = behaviour_step_of(settings, standing.judgement.score);
	if (standing.step >= STEP_SLOW)
		profile_is_odd(profile);
	if (standing.step == STEP_SUSPENDED && episode->until_ms <= now_ms && behaviour_acts(settings, standing.step, scan->message->direction))
		episode->until_ms = now_ms + settings->suspend_for_ms;
	standing.until_ms = episode->until_ms > now_ms ? episode->until_ms : 0;
	standing.is_news = is_news(episode, standing.until_ms > 0 ? STEP_SUSPENDED : standing.step, now_ms);
	*ret_standing = standing;
}

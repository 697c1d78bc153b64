/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The earliest sign of a stolen password or an infected host: it does not behave like itself any more (threats ID-08).
 *
 * Each recipient is counted when he is named, so that sessions in parallel see each other, and given back when the message does not go. The
 * score of the profile (lookup/profile.h) makes a step of the ladder; recipients are slowed and refused at RCPT, messages noted and held at
 * their end. */
#include <string.h>

#include "milter/base/clock.h"
#include "milter/lookup/names.h"
#include "scanners/behaviour_internal.h"
#include "scanners/behaviour_text.h"
#include "scanners/scanners.h"

enum {
	ACCOUNTS = 4096,
	NETWORK_V4 = 24, NETWORK_V6 = 48,	/* what a provider or a place has */
	TRICKLE_MS = 10 * 60 * 1000,
};

/* --- at RCPT --- */

/* The host names of laptops change with the network that they are in; so do literals, which say nothing of their own. */
static const char *helo_text(const struct scan *scan)
{
	const char *helo = scan->session->helo;

	if (helo[0] == '\0')
		return NULL;
	return helo[0] == '[' ? "[]" : helo;
}

static void count_origin(const struct scan *scan, const struct behaviour_subject *subject, struct profile *profile, uint64_t now_ms)
{
	const char *network = NULL;

	if (subject->kind == PROFILE_LOGIN)
		network = behaviour_network(scan->arena, &scan->session->client, NETWORK_V4, NETWORK_V6);
	profile_origin(profile, now_ms, network, helo_text(scan));
}

/* NULL: one of ours, to whom everybody writes. */
static const char *domain_of(const struct scan *scan, const struct recipient *recipient)
{
	const char *domain = recipient->address.domain;

	return domain == NULL || names_find_domain(scan->services->domains, domain) != NULL ? NULL : domain;
}

static void refuse(struct scan *scan, enum behaviour_step step, const char *outcome, const char *text)
{
	const struct behaviour_settings *settings = scan->settings;
	struct behaviour_message *counted = scan->message_state;
	const struct rule *rule = &settings->rules[step];

	if (!rule_refuses(rule, scan->message->direction)) {
		if (step == STEP_SUSPENDED)	/* what else it does, it does to the message */
			counted->would_suspend = true;
		return;
	}
	finding_add(scan, outcome, "%s", text);
	if (!rule->by_direction[scan->message->direction].observe)
		counted->refused++;
}

/* A slowed account still has a trickle: whoever is slowed by mistake can write a letter. */
static bool is_in_trickle(const struct scan *scan, const struct behaviour_subject *subject)
{
	const struct behaviour_settings *settings = scan->settings;

	return scan->services->store != NULL &&
	       store_take(scan->services->store, arena_printf(scan->arena, "behaviour:%s", behaviour_about(scan->arena, subject)), 1, settings->trickle,
			  TRICKLE_MS, NULL);
}

static void answer_recipient(struct scan *scan, const struct behaviour_subject *subject, const struct behaviour_standing *standing)
{
	enum behaviour_step step = standing->step;
	const char *evidence;

	if (standing->until_ms == 0 && step < STEP_SLOW)
		return;
	evidence = behaviour_evidence(scan->arena, &standing->judgement);
	if (standing->until_ms > 0)
		refuse(scan, STEP_SUSPENDED, "suspended",
		       arena_printf(scan->arena, "%s may send nothing until %s: %s", subject->name,
				    behaviour_time(scan->arena, standing->until_ms), evidence));
	else if (step == STEP_SUSPENDED)
		refuse(scan, STEP_SUSPENDED, "suspended", arena_printf(scan->arena, "unusual for %s: %s", subject->name, evidence));
	else if (step == STEP_SLOW && !is_in_trickle(scan, subject))
		refuse(scan, STEP_SLOW, "slow", arena_printf(scan->arena, "slowed down, unusual for %s: %s", subject->name, evidence));
}

static void count_recipient(const struct scan *scan, const struct behaviour_subject *subject, struct profile *profile, uint64_t now_ms)
{
	struct behaviour_message *counted = scan->message_state;

	if (!counted->begun)
		count_origin(scan, subject, profile, now_ms);
	counted->begun = true;
	profile_recipient(profile, now_ms, domain_of(scan, &scan->message->recipients[scan->recipient]));
	counted->reserved++;
	counted->then_ms = now_ms;
}

static void behaviour_rcpt(struct scan *scan)
{
	const struct behaviour *behaviour = scan->shared;
	const struct recipient *recipient = &scan->message->recipients[scan->recipient];
	const struct behaviour_message *counted = scan->message_state;
	struct behaviour_subject subject = behaviour_subject_of(scan);
	uint64_t now_ms = clock_wall_ms();
	struct behaviour_standing standing;
	struct profile *profile;

	if (subject.name == NULL || recipient->problem != NULL || recipient->ground == GROUND_NONE)
		return;
	profile = behaviour_take(scan, &subject, now_ms);
	if (profile_episode(profile)->until_ms <= now_ms)
		count_recipient(scan, &subject, profile, now_ms);
	behaviour_judge(scan, profile, now_ms, counted->reserved, &standing);
	profile_release(behaviour->profiles, profile);
	answer_recipient(scan, &subject, &standing);
	if (standing.is_news)
		behaviour_tell(scan, &subject, &standing, now_ms);
}

/* --- at the end of the message --- */

static void find_bounce(struct scan *scan)
{
	const struct behaviour *behaviour = scan->shared;
	struct behaviour_message *counted = scan->message_state;
	struct profile *profile;
	struct behaviour_subject subject;

	if (!bounces_find(scan, &counted->bounce))
		return;
	profile = profile_take_key(behaviour->profiles, counted->bounce.profile_key, clock_wall_ms());
	if (profile == NULL)
		return;
	subject = (struct behaviour_subject){ profile_kind_of(profile), arena_strdup(scan->arena, profile_name(profile)) };
	profile_release(behaviour->profiles, profile);
	finding_add(scan, "bounce", "a report about mail of %s", behaviour_about(scan->arena, &subject));
	finding_note(scan, subject.kind == PROFILE_LOGIN ? "login" : "client", subject.name);
}

static void find_step(struct scan *scan, const struct behaviour_subject *subject, enum behaviour_step step, const char *evidence)
{
	static const char *const outcomes[STEPS] = {
		/* what is left of a slowed account is the trickle */
		[STEP_NOTE] = "note", [STEP_TAG] = "tag", [STEP_SLOW] = "tag", [STEP_HOLD] = "hold", [STEP_SUSPENDED] = "hold",
	};
	const struct behaviour_message *counted = scan->message_state;

	finding_add(scan, outcomes[step], "unusual for %s: %s", subject->name, evidence);
	if (step == STEP_SUSPENDED && counted->would_suspend)
		finding_add(scan, "suspended", "unusual for %s: %s", subject->name, evidence);
}

static void behaviour_eom(struct scan *scan)
{
	const struct behaviour *behaviour = scan->shared;
	const struct behaviour_message *counted = scan->message_state;
	struct behaviour_subject subject = behaviour_subject_of(scan);
	uint64_t now_ms = clock_wall_ms();
	struct behaviour_standing standing;
	struct profile *profile;

	if (behaviour->profiles != NULL && scan->message->direction == DIRECTION_INBOUND)
		find_bounce(scan);
	if (subject.name == NULL || !counted->begun)
		return;
	profile = behaviour_take(scan, &subject, now_ms);
	behaviour_judge(scan, profile, now_ms, scan->message->recipients_len, &standing);
	profile_release(behaviour->profiles, profile);
	if (standing.step != STEP_NONE)
		find_step(scan, &subject, standing.step, behaviour_evidence(scan->arena, &standing.judgement));
	if (standing.is_news)
		behaviour_tell(scan, &subject, &standing, now_ms);
}

/* --- the scanner --- */

static int open_profiles(const struct services *services, struct behaviour *behaviour, char *problem)
{
	const char *path = services->state == NULL ? NULL : arena_printf(behaviour->arena, "%s/profiles", services->state);
	int r = profiles_open(path, ACCOUNTS, &behaviour->profiles);

	if (r < 0 && path != NULL) {
		if (services->tell != NULL)
			services->tell(arena_printf(behaviour->arena, "behaviour: %s: %s: what is usual is forgotten at the next restart", path,
						    strerror(-r)));
		r = profiles_open(NULL, ACCOUNTS, &behaviour->profiles);
	}
	if (r < 0)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "behaviour: no memory for profiles: %s", strerror(-r));
	return r;
}

static void behaviour_close(void *shared)
{
	struct behaviour *behaviour = shared;

	profiles_close(behaviour->profiles);
	arena_free(behaviour->arena);
}

static int behaviour_open(const struct conf *conf, const struct services *services, void **ret_shared, char *problem)
{
	const struct behaviour_settings *settings = conf_settings(conf, "behaviour");
	struct arena *arena = arena_new();
	struct behaviour *behaviour = arena_new_of(arena, struct behaviour);
	int r = 0;

	behaviour->arena = arena;
	behaviour->inside = networks_new(arena, &settings->inside);
	if (settings->enabled)
		r = open_profiles(services, behaviour, problem);
	if (r < 0)
		behaviour_close(behaviour);
	else
		*ret_shared = behaviour;
	return r;
}

static void behaviour_chore(const void *settings, void *shared, const struct services *services)
{
	struct behaviour *behaviour = shared;

	(void)settings, (void)services;
	if (behaviour->profiles != NULL)
		profiles_refresh(behaviour->profiles, clock_wall_ms());
}

#define OUTCOME(name_, refusal_, field, defer_) \
	{ name_, refusal_, offsetof(struct behaviour_settings, field), .code = 550, .status = "5.7.1", .defer_code = 450, .defer_status = (defer_) }

static const struct outcome behaviour_outcomes[] = {
	OUTCOME("note", REFUSE_CONTENT, rules[STEP_NOTE], "4.7.1"),
	OUTCOME("tag", REFUSE_CONTENT, rules[STEP_TAG], "4.7.1"),
	OUTCOME("slow", REFUSE_NOW, rules[STEP_SLOW], "4.7.1"),
	OUTCOME("hold", REFUSE_CONTENT, rules[STEP_HOLD], "4.7.1"),
	OUTCOME("suspended", REFUSE_NOW, rules[STEP_SUSPENDED], "4.7.1"),
	OUTCOME("bounce", REFUSE_CONTENT, on_bounce, "4.7.1"),
	{ .name = NULL },
};

static const struct option_section *const behaviour_sections[] = { &behaviour_section, NULL };

const struct scanner scanner_behaviour = {
	.name = "behaviour",
	.summary = "accounts and hosts inside that no longer behave like themselves",
	.sections = behaviour_sections,
	.outcomes = behaviour_outcomes,
	.open = behaviour_open,
	.close = behaviour_close,
	.message_size = sizeof(struct behaviour_message),
	.rcpt = behaviour_rcpt,
	.eom = behaviour_eom,
	.settle = behaviour_settle,
	.chore = behaviour_chore,
};

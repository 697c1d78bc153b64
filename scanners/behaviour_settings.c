/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/behaviour_settings.h"

#include <errno.h>
#include <stdio.h>

#include "milter/lookup/networks.h"

#define SCORE_MAX 12	/* four families of PROFILE_POINTS_MAX */

#define AT(name_, step, fallback_, ...) \
	{ name_, OPTION_COUNT, offsetof(struct behaviour_settings, at[step]), .fallback = (fallback_), .max = SCORE_MAX, __VA_ARGS__ }
#define RULE(name_, field, fallback_, ...) \
	{ name_, OPTION_CUSTOM, offsetof(struct behaviour_settings, field), .fallback = (fallback_), .parse = rule_parse, __VA_ARGS__ }

static const struct option behaviour_options[] = {
	{ "enabled", OPTION_BOOL, offsetof(struct behaviour_settings, enabled), .fallback = "yes",
	  .summary = "notice when a login or a client inside no longer behaves like itself",
	  .text = "Each has a profile of its own past, without any address in it. What it does now is compared with that: amount (recipients in "
		  "an hour and a day, in a message, messages with one subject), strangers (recipient domains it had never written to), origin "
		  "(networks and HELO names it had never come from, an hour of the week when it never sends), feedback (refused recipients, "
		  "bounces, messages held or refused for what is in them). Twice its usual is a point, four times two, eight times three; no kind gives more than three, "
		  "and the sum is the score. An account that is new is compared with the medians of the others." },
	{ "inside", OPTION_LIST, offsetof(struct behaviour_settings, inside), .parse = networks_check,
	  .summary = "networks whose hosts have profiles even where they have no grant",
	  .text = "Hosts with a grant have one in any case; mail of a login counts for the login.",
	  .example = "{ \"10.0.0.0/8\", \"2001:db8:17::/48\" }" },
	{ "floor", OPTION_COUNT, offsetof(struct behaviour_settings, floor), .fallback = "20", .min = 1, .max = 1000000,
	  .summary = "recipients in an hour below which nobody is bothered",
	  .text = "Five times as many in a day are beyond it, too. It is also what even the quietest account may double." },
	AT("note_at", STEP_NOTE, "3", .summary = "score from which mail is noted"),
	AT("tag_at", STEP_TAG, "5", .summary = "score from which mail is tagged"),
	AT("slow_at", STEP_SLOW, "6", .summary = "score from which only a trickle goes through, the rest is deferred",
	   .text = "An alert is raised here, once (section alert). It takes two kinds of signals at their worst: the first mailing of an account to "
		   "many who never heard of it comes so far."),
	AT("hold_at", STEP_HOLD, "7", .summary = "score from which mail is held",
	   .text = "It takes three kinds of signals."),
	AT("suspend_at", STEP_SUSPENDED, "9", .summary = "score from which nothing more is taken for suspend_for",
	   .text = "0 in any of the five: never. `octroi free` ends it at once, and forgives what was before."),
	{ "trickle", OPTION_COUNT, offsetof(struct behaviour_settings, trickle), .fallback = "10", .max = 1000000,
	  .summary = "recipients in ten minutes that a slowed account still has" },
	{ "suspend_for", OPTION_DURATION, offsetof(struct behaviour_settings, suspend_for_ms), .fallback = "4h", .min = 60000,
	  .max = UINT64_C(30) * 24 * 3600 * 1000, .summary = "how long a suspended account may send nothing" },
	{ "bounces_for", OPTION_DURATION, offsetof(struct behaviour_settings, bounces_for_ms), .fallback = "7d", .min = 3600000,
	  .max = UINT64_C(30) * 24 * 3600 * 1000,
	  .summary = "how long the Message-IDs of outgoing mail are remembered, to tell whose mail bounces" },
	RULE("on_note", rules[STEP_NOTE], "accept", .summary = "what happens to mail that is to be noted"),
	RULE("on_tag", rules[STEP_TAG], "accept", .summary = "what happens to mail that is to be tagged",
	     .text = "By default nothing that its recipients see: they are somebody else's customers, and the note in the journal is as good."),
	RULE("on_slow", rules[STEP_SLOW], "defer", .summary = "what happens to recipients beyond the trickle"),
	RULE("on_hold", rules[STEP_HOLD], "quarantine", .summary = "what happens to mail that is to be held"),
	RULE("on_suspended", rules[STEP_SUSPENDED], "defer", .summary = "what happens to recipients of a suspended account",
	     .text = "With observe or accept nobody is suspended."),
	RULE("on_bounce", on_bounce, "accept", .summary = "what happens to bounces of mail that one of ours has sent"),
	OPTION_END
};

static int check_steps(const void *section, char *problem)
{
	const struct behaviour_settings *settings = section;
	uint64_t before = 0;

	for (size_t step = STEP_NOTE; step < STEPS; step++) {
		if (settings->at[step] != 0 && settings->at[step] < before) {
			(void)snprintf(problem, CONF_PROBLEM_MAX, "note_at, tag_at, slow_at, hold_at and suspend_at must not fall");
			return -EINVAL;
		}
		if (settings->at[step] != 0)
			before = settings->at[step];
	}
	return 0;
}

const struct option_section behaviour_section = {
	.name = "behaviour",
	.options = behaviour_options,
	.settings_size = sizeof(struct behaviour_settings),
	.summary = "accounts and hosts inside that no longer behave like themselves",
	.check = check_steps,
};

enum behaviour_step behaviour_step_of(const struct behaviour_settings *settings, unsigned score)
{
	enum behaviour_step result = STEP_NONE;

	for (size_t step = STEP_NOTE; step < STEPS; step++)
		if (settings->at[step] != 0 && score >= settings->at[step])
			result = (enum behaviour_step)step;
	return result;
}

bool behaviour_acts(const struct behaviour_settings *settings, enum behaviour_step step, enum direction direction)
{
	const struct rule_action *action = &settings->rules[step].by_direction[direction];

	return !action->observe && action->action >= ACTION_QUARANTINE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* behaviour_settings.h - section "behaviour", and the steps of its ladder. */
#ifndef OCTROI_SCANNERS_BEHAVIOUR_SETTINGS_H
#define OCTROI_SCANNERS_BEHAVIOUR_SETTINGS_H

#include "conf/option.h"
#include "milter/model/message.h"
#include "milter/model/rule.h"

/* From the mildest on; each has an outcome of the same name. */
enum behaviour_step { STEP_NONE, STEP_NOTE, STEP_TAG, STEP_SLOW, STEP_HOLD, STEP_SUSPENDED, STEPS };

struct behaviour_settings {
	bool enabled;
	struct conf_list inside;
	uint64_t floor;			/* recipients in an hour */
	uint64_t at[STEPS];		/* the score that makes the step; 0: never */
	uint64_t trickle;		/* recipients in ten minutes */
	uint64_t suspend_for_ms, bounces_for_ms;
	struct rule rules[STEPS];
	struct rule on_bounce;
};

extern const struct option_section behaviour_section;

enum behaviour_step behaviour_step_of(const struct behaviour_settings *settings, unsigned score);

/* Does the rule of a step do something in this direction, that is not only observed? */
bool behaviour_acts(const struct behaviour_settings *settings, enum behaviour_step step, enum direction direction);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may send nothing for now: logins and clients that an operator holds, or that behaved unlike themselves.
 *
 * Asked at each command rather than at connect: a hold is in force from the next command of a running session on, and so is its end. */
#include <time.h>

#include "milter/lookup/holds.h"
#include "scanners/scanners.h"

struct held_settings {
	struct rule on_held;
};

struct held_state {
	bool found;
};

static const struct option held_options[] = {
	{ "on_held", OPTION_CUSTOM, offsetof(struct held_settings, on_held), .fallback = "defer", .parse = rule_parse_held,
	  .summary = "what happens to mail of a login or client that is held",
	  .text = "octroi hold and octroi free say who is; section behaviour may, too. Deferred mail waits with its sender: what was honest is "
		  "sent when the hold has ended. Postmaster and abuse at our domains can still be reached." },
	OPTION_END
};

static const struct option_section held_section = {
	.name = "held",
	.options = held_options,
	.settings_size = sizeof(struct held_settings),
	.summary = "logins and clients that may send nothing for now",
};

static const char *until_text(struct arena *arena, int64_t until_ms)
{
	time_t seconds = (time_t)(until_ms / 1000);
	struct tm utc;
	char text[40];

	if (until_ms == 0)
		return "until an administrator ends it";
	if (gmtime_r(&seconds, &utc) == NULL || strftime(text, sizeof(text), "until %Y-%m-%d %H:%M UTC", &utc) == 0)
		return "for now";
	return arena_strdup(arena, text);
}

/* The evidence of the program would tell a thief how little to send; an operator's words are meant to be read. */
static const char *because_text(struct arena *arena, const struct hold *hold)
{
	if (hold->because[0] == '\0' || strcmp(hold->by, HOLDS_PROGRAM) == 0)
		return "";
	return arena_printf(arena, ": %s", hold->because);
}

static void look(struct scan *scan)
{
	struct held_state *state = scan->message_state;
	const char *login = scan->message->credentials.login;
	struct hold hold;

	if (state->found || scan->services->holds == NULL ||
	    !holds_find(scan->services->holds, scan->arena, login, &scan->session->client, &hold))
		return;
	/* what refuses a recipient goes with him, and the next one must find it again; it is not about him all the same */
	state->found = scan->phase != PHASE_RCPT;
	scan->recipient = FINDING_MESSAGE;
	finding_add(scan, "held", "%s %s may send nothing %s%s", hold.kind == HOLD_LOGIN ? "login" : "client", hold.subject,
		    until_text(scan->arena, hold.until_ms), because_text(scan->arena, &hold));
}

static const struct outcome held_outcomes[] = {
	{ "held", REFUSE_DOOR, offsetof(struct held_settings, on_held), .code = 550, .status = "5.7.1", .defer_code = 450,
	  .defer_status = "4.7.1" },
	{ .name = NULL },
};

static const struct option_section *const held_sections[] = { &held_section, NULL };

const struct scanner scanner_held = {
	.name = "held",
	.summary = "logins and clients that may send nothing for now",
	.sections = held_sections,
	.outcomes = held_outcomes,
	.directions = SCANNER_IN(DIRECTION_INBOUND) | SCANNER_IN(DIRECTION_SUBMISSION) | SCANNER_IN(DIRECTION_GRANTED),
	.message_size = sizeof(struct held_state),
	.mailfrom = look,
	.rcpt = look,
	.eom = look,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* octroi hold, octroi free: who may send nothing for now. */
#include <errno.h>
#include <string.h>

#include "milter/base/clock.h"
#include "milter/commands.h"
#include "milter/entry_json.h"
#include "milter/hold_words.h"
#include "milter/let_out.h"
#include "milter/operator.h"
#include "milter/state.h"

static const char hold_usage[] =
	"usage: octroi hold [--config FILE] [--state DIR] [--json] [--ascii] LOGIN|IP|NETWORK [for 2h|for ever] [because WORDS...]\n"
	"       octroi hold                        who is held now\n"
	"       24 hours unless told otherwise; the reason stands in the replies that the held one gets\n";
static const char free_usage[] = "usage: octroi free [--config FILE] [--state DIR] LOGIN|IP|NETWORK\n";

#define BEFORE_MS (24LL * 3600 * 1000)

static const char *holds_path(const struct lookback *lookback, const struct operation *operation)
{
	return state_path(lookback->show.arena, operation->directory, "holds");
}

static const char *about(const struct lookback *lookback, const struct hold *hold)
{
	return arena_printf(lookback->show.arena, "%s:%s", hold->kind == HOLD_LOGIN ? "login" : "client", hold->subject);
}

static const char *until(const struct lookback *lookback, const struct hold *hold)
{
	return hold->until_ms == 0 ? "until it is freed" : arena_printf(lookback->show.arena, "until %s", show_time(lookback->show.arena, hold->until_ms));
}

/* In the journal it is read anywhere. */
static const char *note(const struct lookback *lookback, const struct hold *hold)
{
	struct arena *arena = lookback->show.arena;
	const char *end = hold->until_ms == 0 ? "until it is freed" : arena_printf(arena, "until %s", show_time_utc(arena, hold->until_ms));

	return arena_printf(arena, "%s%s%s", end, hold->because[0] == '\0' ? "" : ": ", hold->because);
}

static const char *shown(const struct lookback *lookback, const struct hold *hold)
{
	return arena_printf(lookback->show.arena, "%s %s", hold->kind == HOLD_LOGIN ? "login" : "client", show_text(&lookback->show, hold->subject));
}

static void record(const struct lookback *lookback, const struct operation *operation, const struct hold *hold)
{
	struct journal_entry entry = journal_nothing;
	char problem[CONF_PROBLEM_MAX];

	entry.time_ms = hold->since_ms;
	entry.event = hold->freed ? "free" : "hold";
	entry.subject_of = about(lookback, hold);
	entry.operator = operation->operator;
	if (!hold->freed)
		entry.note = note(lookback, hold);
	if (operator_record(operation->conf, operation->directory, &entry, problem) < 0)
		lookback_complain(lookback, "%s", problem);
}

static int write_hold(const struct lookback *lookback, const struct operation *operation, struct hold *hold)
{
	int r;

	hold->by = operation->operator;
	r = holds_add(holds_path(lookback, operation), hold);
	if (r < 0)
		lookback_complain(lookback, "%s: %s: nothing has changed", holds_path(lookback, operation), strerror(-r));
	else
		record(lookback, operation, hold);
	return r;
}

/* --- in force --- */

static int list(const struct lookback *lookback, const struct operation *operation, struct hold **ret_holds)
{
	int len = holds_list(holds_path(lookback, operation), lookback->show.arena, ret_holds);

	if (len < 0)
		lookback_complain(lookback, "%s: %s", holds_path(lookback, operation), strerror(-len));
	return len;
}

static void print_hold_json(const struct lookback *lookback, const struct hold *hold)
{
	json_t *object = json_object();

	(void)json_object_set_new(object, "about", entry_json_text(about(lookback, hold)));
	(void)json_object_set_new(object, "since", json_string(show_time_utc(lookback->show.arena, hold->since_ms)));
	(void)json_object_set_new(object, "until", hold->until_ms == 0 ? json_null() : json_string(show_time_utc(lookback->show.arena, hold->until_ms)));
	(void)json_object_set_new(object, "by", entry_json_text(hold->by));
	(void)json_object_set_new(object, "because", entry_json_text(hold->because));
	entry_json_line(stdout, object);
}

static void print_hold(const struct lookback *lookback, const struct hold *hold)
{
	if (lookback->json) {
		print_hold_json(lookback, hold);
		return;
	}
	show_say(stdout, &lookback->show, 0, "%s, since %s, %s, by %s%s%s", shown(lookback, hold), show_time(lookback->show.arena, hold->since_ms),
		 until(lookback, hold), hold->by, hold->because[0] == '\0' ? "" : ": ", hold->because);
}

static int show_all(const struct lookback *lookback, const struct operation *operation)
{
	struct hold *holds;
	int len = list(lookback, operation, &holds), held = 0;

	for (int i = 0; i < len; i++)
		if (!holds[i].freed) {
			print_hold(lookback, &holds[i]);
			held++;
		}
	if (len >= 0 && held == 0 && !lookback->json)
		(void)puts("Nobody is held.");
	return len < 0 ? EXIT_USAGE : EXIT_GOOD;
}

/* --- hold --- */

static void show_before(struct lookback *lookback, const struct operation *operation, const struct hold *hold)
{
	char problem[CONF_PROBLEM_MAX];
	struct let_out let_out;
	int r = journal_reader_open(operation->directory, &lookback->reader, problem);

	if (r == 0)
		r = let_out_find(lookback->reader, lookback->show.arena, hold, hold->since_ms - BEFORE_MS, &let_out);
	if (r < 0)
		lookback_complain(lookback, "what was let out before is not known: %s", lookback->reader == NULL ? problem : strerror(-r));
	else if (!lookback->json)
		let_out_print(stdout, &lookback->show, &let_out);
}

static int hold_one(struct lookback *lookback, const struct operation *operation)
{
	char problem[CONF_PROBLEM_MAX];
	struct hold hold;

	if (hold_words_parse(lookback->show.arena, lookback->words, lookback->words_len, (int64_t)clock_wall_ms(), &hold, problem) < 0) {
		lookback_complain(lookback, "%s", problem);
		return EXIT_USAGE;
	}
	if (write_hold(lookback, operation, &hold) < 0)
		return EXIT_USAGE;
	if (lookback->json)
		print_hold_json(lookback, &hold);
	else
		show_say(stdout, &lookback->show, 0, "%s is held %s. Running sessions feel it at their next command.", shown(lookback, &hold),
			 until(lookback, &hold));
	show_before(lookback, operation, &hold);
	return EXIT_GOOD;
}

/* --- free --- */

static bool contains(const struct hold *wide, const struct hold *one)
{
	struct network left, right;

	return wide->kind == HOLD_CLIENT && one->kind == HOLD_CLIENT && network_parse(wide->subject, &left) == 0 &&
	       network_parse(one->subject, &right) == 0 && network_contains(&left, &right.ip);
}

/* What holds it besides: a network that it is in. */
static void name_others(const struct lookback *lookback, const struct operation *operation, const struct hold *freed)
{
	struct hold *holds;
	int len = list(lookback, operation, &holds);

	for (int i = 0; i < len; i++)
		if (!holds[i].freed && contains(&holds[i], freed))
			lookback_complain(lookback, "%s is still held with %s %s: octroi free %s", freed->subject, holds[i].subject,
					  until(lookback, &holds[i]), holds[i].subject);
}

static int free_one(struct lookback *lookback, const struct operation *operation)
{
	struct hold freed = { .because = "", .freed = true }, *holds;
	char problem[CONF_PROBLEM_MAX];
	bool was_held = false;
	int len;

	if (hold_subject_parse(lookback->show.arena, lookback->words[0], &freed, problem) < 0) {
		lookback_complain(lookback, "%s", problem);
		return EXIT_USAGE;
	}
	len = list(lookback, operation, &holds);
	for (int i = 0; i < len; i++)
		was_held |= !holds[i].freed && holds[i].kind == freed.kind && holds_same(freed.kind, holds[i].subject, freed.subject);
	freed.since_ms = (int64_t)clock_wall_ms();
	if (len < 0 || write_hold(lookback, operation, &freed) < 0)
		return EXIT_USAGE;
	show_say(stdout, &lookback->show, 0, was_held ? "%s may send again. What it did until now is forgiven." :
		 "%s was not held. What it did until now is forgiven.", shown(lookback, &freed));
	name_others(lookback, operation, &freed);
	return was_held ? EXIT_GOOD : EXIT_WRONG;
}

/* --- */

static int operate(struct lookback *lookback, int (*work)(struct lookback *lookback, const struct operation *operation))
{
	struct operation operation;
	int status;

	if (operation_begin(lookback, &operation) < 0)
		return EXIT_USAGE;
	status = work(lookback, &operation);
	operation_end(&operation);
	return status;
}

static int show_holds(struct lookback *lookback, const struct operation *operation)
{
	return show_all(lookback, operation);
}

int command_hold(int argc, char **argv)
{
	struct lookback lookback = { .command = "hold", .usage = hold_usage };
	int status = EXIT_USAGE;

	if (lookback_arguments(&lookback, argc, argv, NULL) == 0)
		status = operate(&lookback, lookback.words_len == 0 ? show_holds : hold_one);
	lookback_close(&lookback);
	return status;
}

int command_free(int argc, char **argv)
{
	struct lookback lookback = { .command = "free", .usage = free_usage };
	int status = EXIT_USAGE;

	if (lookback_arguments(&lookback, argc, argv, NULL) == 0) {
		if (lookback.words_len != 1)
			(void)fputs(free_usage, stderr);
		else
			status = operate(&lookback, free_one);
	}
	lookback_close(&lookback);
	return status;
}

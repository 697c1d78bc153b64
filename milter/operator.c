/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/operator.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "milter/as_daemon.h"
#include "milter/base/clock.h"
#include "milter/commands.h"
#include "milter/settings.h"
#include "milter/state.h"

enum { FLUSH_MS = 5000 };

/* Whoever may write the journal may write any name into it: this is for honest people who use sudo. */
static const char *behind_sudo(void)
{
	static const char *const variables[] = { "SUDO_USER", "DOAS_USER" };

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *name = getenv(variables[i]);

		if (name != NULL && name[0] != '\0' && getpwnam(name) != NULL)
			return name;
	}
	return NULL;
}

const char *operator_name(struct arena *arena)
{
	const char *name = behind_sudo();
	const struct passwd *account;

	if (name != NULL)
		return arena_strdup(arena, name);
	account = getpwuid(getuid());
	if (account != NULL)
		return arena_strdup(arena, account->pw_name);
	return arena_printf(arena, "uid %lu", (unsigned long)getuid());
}

static int refuse(const struct lookback *lookback, int error, const char *problem)
{
	lookback_complain(lookback, "%s", problem);
	return error;
}

static int find_directory(const struct lookback *lookback, struct operation *operation)
{
	char problem[CONF_PROBLEM_MAX] = "";

	operation->directory = lookback->state != NULL ? lookback->state : state_directory(operation->conf, problem);
	if (operation->directory != NULL)
		return 0;
	return refuse(lookback, -ENOENT, problem[0] != '\0' ? problem : "state.directory is empty: nothing is remembered");
}

int operation_begin(struct lookback *lookback, struct operation *ret_operation)
{
	const char *file = lookback->config == NULL ? OCTROI_CONF : lookback->config;
	char problem[CONF_PROBLEM_MAX] = "";
	int r;

	*ret_operation = (struct operation){ .operator = operator_name(lookback->show.arena), .conf = settings_load(file) };
	if (commands_print_errors(ret_operation->conf, file) > 0)
		r = -EINVAL;
	else if ((r = as_daemon(settings_of(ret_operation->conf), problem)) < 0)
		(void)refuse(lookback, r, problem);
	else
		r = find_directory(lookback, ret_operation);
	if (r < 0)
		operation_end(ret_operation);
	return r;
}

void operation_end(struct operation *operation)
{
	conf_free(operation->conf);
	operation->conf = NULL;
}

static int put(struct journal *journal, const struct journal_entry *entry, char *problem)
{
	struct journal_entry whole = *entry;
	struct journal_stats stats;

	whole.kind = JOURNAL_EVENT;
	if (whole.time_ms == 0)
		whole.time_ms = (int64_t)clock_wall_ms();
	journal_put(journal, &whole);
	journal_flush(journal, FLUSH_MS);
	journal_read_stats(journal, &stats);
	if (stats.written > 0)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "the journal does not know of it: %s", strerror(stats.error < 0 ? -stats.error : EBUSY));
	return stats.error < 0 ? stats.error : -EBUSY;
}

int operator_record(const struct conf *conf, const char *directory, const struct journal_entry *entry, char *problem)
{
	const struct journal_settings *settings = conf_settings(conf, "journal");
	char why[CONF_PROBLEM_MAX] = "";
	struct journal *journal;
	int r;

	problem[0] = '\0';
	if (!settings->enabled)
		return 0;
	r = journal_open(directory, settings, NULL, &journal, why);
	if (r < 0) {
		(void)snprintf(problem, CONF_PROBLEM_MAX, "the journal does not know of it: %.200s", why);
		return r;
	}
	r = put(journal, entry, problem);
	journal_close(journal);
	return r;
}

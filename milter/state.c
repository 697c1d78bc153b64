/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/log.h"

enum {
	STORE_KEYS = 1 << 20,	/* 56 bytes each, taken from the system when they are used */
	SEEN_KEYS = 1 << 18,
};

static int directory_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	(void)conf, (void)where, (void)field;
	if (text[0] == '\0' || text[0] == '/')
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.60s\" is no absolute path", text);
	return -EINVAL;
}

static const struct option state_options[] = {
	{ "directory", OPTION_STRING, offsetof(struct state_settings, directory), .fallback = "/var/lib/octroi", .parse = directory_check,
	  .summary = "where the filter keeps what it remembers: journal, counters, quarantine, holds",
	  .text = "It belongs to the user of the filter and is writable by nobody else. Empty, or a directory that cannot be used: counters last "
		  "until the next restart, and there is no journal and no quarantine of our own. A change needs a restart." },
	OPTION_END
};

const struct option_section state_section = {
	.name = "state",
	.options = state_options,
	.settings_size = sizeof(struct state_settings),
	.summary = "what outlives the filter",
};

const char *state_path(struct arena *arena, const char *directory, const char *name)
{
	return directory == NULL ? NULL : arena_printf(arena, "%s/%s", directory, name);
}

/* Whoever could write here could write our journal, and free himself from a hold. */
const char *state_directory(const struct conf *conf, char problem[CONF_PROBLEM_MAX])
{
	const struct state_settings *settings = conf_settings(conf, "state");
	const char *directory = settings->directory;
	struct stat st;

	problem[0] = '\0';
	if (directory[0] == '\0')
		return NULL;
	if (stat(directory, &st) < 0)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "%.150s: %s", directory, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		(void)snprintf(problem, CONF_PROBLEM_MAX, "%.150s is no directory", directory);
	else if ((st.st_uid != geteuid() && st.st_uid != 0 && geteuid() != 0) || (st.st_mode & S_IWOTH) != 0)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "%.150s belongs to somebody else, or everybody may write there", directory);
	else if (access(directory, R_OK | W_OK | X_OK) < 0)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "%.150s: %s", directory, strerror(errno));
	else
		return directory;
	return NULL;
}

static void open_store(struct state *state, const char *path)
{
	int r = store_open(path, STORE_KEYS, &state->store);

	if (r < 0 && path != NULL) {
		log_warning("%s: %s: counters last until the next restart", path, strerror(-r));
		r = store_open(NULL, STORE_KEYS, &state->store);
	}
	if (r < 0)
		state->store = NULL;
}

static void open_seen(struct state *state, const char *path)
{
	int r = seen_open(path, SEEN_KEYS, &state->seen);

	if (r < 0 && path != NULL) {
		log_warning("%s: %s: what was seen is remembered until the next restart", path, strerror(-r));
		r = seen_open(NULL, SEEN_KEYS, &state->seen);
	}
	if (r < 0)
		state->seen = NULL;
}

void state_open(const struct conf *conf, struct state *ret_state)
{
	char problem[CONF_PROBLEM_MAX];
	struct arena *arena = arena_new();

	*ret_state = (struct state){ .directory = state_directory(conf, problem) };
	if (problem[0] != '\0')
		log_warning("state.directory: %s: nothing is remembered over a restart, and there is no journal", problem);
	open_store(ret_state, state_path(arena, ret_state->directory, "counters"));
	open_seen(ret_state, state_path(arena, ret_state->directory, "seen"));
	if (ret_state->directory != NULL)
		ret_state->directory = xstrdup(ret_state->directory);
	arena_free(arena);
}

void state_close(struct state *state)
{
	store_free(state->store);
	seen_close(state->seen);
	free((char *)state->directory);
	*state = (struct state){ .directory = NULL };
}

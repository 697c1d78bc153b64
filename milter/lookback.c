/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookback.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "milter/base/clock.h"
#include "milter/base/str.h"
#include "milter/commands.h"
#include "milter/settings.h"
#include "milter/since.h"
#include "milter/state.h"

void lookback_complain(const struct lookback *lookback, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = show_text(&lookback->show, arena_vprintf(lookback->show.arena, format, args));
	va_end(args);
	(void)fprintf(stderr, "octroi %s: %s\n", lookback->command, text);
}

static const char **find_value(struct lookback *lookback, const struct lookback_option *options, struct str name)
{
	const struct lookback_option common[] = {
		{ "config", &lookback->config }, { "state", &lookback->state }, { "since", &lookback->since }, { "until", &lookback->until },
		{ NULL, NULL },
	};

	for (const struct lookback_option *option = common; option->name != NULL; option++)
		if (str_equal(name, str_of(option->name)))
			return option->value;
	for (const struct lookback_option *option = options; option != NULL && option->name != NULL; option++)
		if (str_equal(name, str_of(option->name)))
			return option->value;
	return NULL;
}

static bool take_flag(struct lookback *lookback, const char *word)
{
	if (strcmp(word, "--json") == 0)
		lookback->json = true;
	else if (strcmp(word, "--ascii") == 0)
		lookback->show.ascii = true;
	else
		return false;
	return true;
}

/* "--name value", "--name=value", and "name=value" where nothing else can be meant. */
static int take_option(struct lookback *lookback, const struct lookback_option *options, int argc, char **argv, int *i)
{
	const char *word = argv[*i], *equals = strchr(word, '=');
	const char *name = strncmp(word, "--", 2) == 0 ? word + 2 : word;
	const char **value = find_value(lookback, options, equals == NULL ? str_of(name) : (struct str){ name, (size_t)(equals - name) });

	if (value == NULL || (equals == NULL && (name == word || *i + 1 >= argc)))
		return -1;
	*value = equals != NULL ? equals + 1 : argv[++*i];
	return 0;
}

static int take(struct lookback *lookback, const struct lookback_option *options, int argc, char **argv, int *i)
{
	const char *word = argv[*i];
	bool is_option = strncmp(word, "--", 2) == 0 || (options != NULL && strchr(word, '=') != NULL);

	if (take_flag(lookback, word))
		return 0;
	if (is_option && take_option(lookback, options, argc, argv, i) == 0)
		return 0;
	if (is_option) {
		lookback_complain(lookback, "\"%s\" is not understood", word);
		return -1;
	}
	lookback->words[lookback->words_len++] = word;
	return 0;
}

static int parse_times(struct lookback *lookback)
{
	int64_t now_ms = (int64_t)clock_wall_ms();

	if (lookback->since != NULL && since_parse(lookback->since, now_ms, &lookback->since_ms, NULL) < 0) {
		lookback_complain(lookback, "\"%s\" is no time: 3d, 2h, yesterday, monday, 2026-11-20, \"2026-11-20 14:00\"", lookback->since);
		return -1;
	}
	if (lookback->until != NULL && since_parse(lookback->until, now_ms, NULL, &lookback->until_ms) < 0) {
		lookback_complain(lookback, "\"%s\" is no time: 3d, 2h, yesterday, monday, 2026-11-20, \"2026-11-20 14:00\"", lookback->until);
		return -1;
	}
	return 0;
}

int lookback_arguments(struct lookback *lookback, int argc, char **argv, const struct lookback_option *options)
{
	lookback->show = (struct show){ .arena = arena_new(), .columns = show_columns() };
	lookback->words = arena_array(lookback->show.arena, (size_t)argc + 1, sizeof(char *));
	for (int i = 1; i < argc; i++)
		if (take(lookback, options, argc, argv, &i) < 0) {
			(void)fputs(lookback->usage, stderr);
			return -1;
		}
	return parse_times(lookback);
}

/* state.directory of the configuration. */
static const char *configured_directory(struct lookback *lookback)
{
	const char *file = lookback->config == NULL ? OCTROI_CONF : lookback->config, *directory = NULL;
	struct conf *conf = settings_load(file);

	if (commands_print_errors(conf, file) == 0)
		directory = arena_strdup(lookback->show.arena, ((const struct state_settings *)conf_settings(conf, "state"))->directory);
	conf_free(conf);
	if (directory != NULL && directory[0] == '\0') {
		lookback_complain(lookback, "state.directory is empty in %s: nothing is remembered", file);
		return NULL;
	}
	return directory;
}

int lookback_open(struct lookback *lookback)
{
	const char *directory = lookback->state != NULL ? lookback->state : configured_directory(lookback);
	char problem[CONF_PROBLEM_MAX] = "";
	int r = directory == NULL ? -EINVAL : journal_reader_open(directory, &lookback->reader, problem);

	if (directory != NULL && r < 0)
		lookback_complain(lookback, "%s", problem);
	return r;
}

void lookback_close(struct lookback *lookback)
{
	if (lookback->reader != NULL)
		journal_reader_close(lookback->reader);
	lookback->reader = NULL;
	arena_free(lookback->show.arena);
}

int64_t lookback_select(const struct lookback *lookback, const char *sql, const char *const *params, size_t params_len,
			bool (*fn)(void *arg, const char *const *columns, size_t columns_len), void *arg)
{
	int64_t rows = journal_select(lookback->reader, sql, params, params_len, fn, arg);

	if (rows < 0)
		lookback_complain(lookback, "the journal cannot be read: %s", strerror((int)-rows));
	return rows;
}

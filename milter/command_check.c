/* SPDX-License-Identifier: GPL-2.0-or-later */
/* octroi check: all that is wrong with the configuration, and what an administrator should know about it. */
#include <stdarg.h>
#include <string.h>

#include "milter/as_daemon.h"
#include "milter/base/clock.h"
#include "milter/commands.h"
#include "milter/engine.h"
#include "milter/resolver_open.h"
#include "milter/settings.h"
#include "milter/state.h"

struct check_options {
	const char *file;
	bool changed;
};

static const char usage[] = "usage: octroi check [--config FILE] [--changed]\n";

static int read_arguments(int argc, char **argv, struct check_options *options)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
			options->file = argv[++i];
		} else if (strcmp(argv[i], "--changed") == 0) {
			options->changed = true;
		} else {
			(void)fprintf(stderr, "octroi check: \"%s\" is not understood\n%s", argv[i], usage);
			return -1;
		}
	}
	return 0;
}

size_t commands_print_errors(const struct conf *conf, const char *file)
{
	size_t len;
	const struct conf_error *errors = conf_errors(conf, &len);

	for (size_t i = 0; i < len; i++) {
		const char *name = errors[i].where.file == NULL ? file : errors[i].where.file;

		if (errors[i].where.line == 0)
			(void)fprintf(stderr, "%s: %s\n", name, errors[i].text);
		else
			(void)fprintf(stderr, "%s:%u: %s\n", name, errors[i].where.line, errors[i].text);
	}
	return len;
}

static void print_changed(void *arg, struct conf_where where, const char *name, const char *value, const char *fallback)
{
	(void)arg;
	if (where.file != NULL)
		(void)printf("%s:%u: ", where.file, where.line);
	(void)printf("%s = %s   (default: %s)\n", name, value, fallback == NULL || fallback[0] == '\0' ? "none" : fallback);
}

enum { STORE_KEYS = 16, DNS_MS = 5000 };

static size_t warnings;

static void warn(void *unused, const char *format, ...)
{
	va_list args;

	(void)unused;
	warnings++;
	va_start(args, format);
	(void)fputs("warning: ", stdout);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start stands two lines above */
	(void)vprintf(format, args);
	(void)putchar('\n');
	va_end(args);
}

static void tell(const char *text)
{
	warn(NULL, "%s", text);
}

static void become_user(const struct settings *settings)
{
	char problem[CONF_PROBLEM_MAX] = "";

	if (settings->user[0] == '\0')
		warn(NULL, "user is empty: octroi run will not start as root");
	else if (as_daemon(settings, problem) < 0)
		warn(NULL, "octroi run will not start: %s", problem);
}

/* What no row can know: how options and the system go together. */
static void advise(const struct conf *conf)
{
	const struct settings *settings = settings_of(conf);
	char problem[CONF_PROBLEM_MAX];

	if (settings->domains.len == 0)
		warn(NULL, "domains is empty: mail from strangers is refused for every recipient but postmaster");
	(void)state_directory(conf, problem);
	if (problem[0] != '\0')
		warn(NULL, "state.directory: %s: nothing is remembered over a restart, and there is no journal", problem);
	for (size_t i = 0; scanners[i] != NULL; i++)
		if (scanners[i]->advise != NULL)
			scanners[i]->advise(conf, warn, NULL);
}

/* Returns false when the daemon would not start. */
static bool advise_dns(const struct conf *conf, const char *file)
{
	uint64_t deadline_ms = clock_monotonic_ms() + DNS_MS;
	char problem[CONF_PROBLEM_MAX] = "";
	struct resolver *resolver = resolver_open(conf, problem);

	if (resolver == NULL) {
		(void)fprintf(stderr, "%s: %s\n", file, problem);
		return false;
	}
	for (size_t i = 0; scanners[i] != NULL; i++)
		if (scanners[i]->advise_dns != NULL)
			scanners[i]->advise_dns(conf, resolver, deadline_ms, warn, NULL);
	resolver_free(resolver);
	return true;
}

/* Would the daemon start? Some things are only seen when the scanners open: keys, say. */
static bool opens(const struct conf *conf, const char *file)
{
	char problem[CONF_PROBLEM_MAX] = "";
	struct store *store = store_new(STORE_KEYS);
	struct engine *engine = engine_new(conf, &(struct services){ .store = store, .tell = tell }, problem);

	if (engine == NULL)
		(void)fprintf(stderr, "%s: %s\n", file, problem);
	engine_free(engine);
	store_free(store);
	return engine != NULL;
}

/* Returns how many errors there are. */
static size_t look(const struct conf *conf, const char *file)
{
	become_user(settings_of(conf));
	advise(conf);
	return opens(conf, file) && advise_dns(conf, file) ? 0 : 1;
}

int command_check(int argc, char **argv)
{
	struct check_options options = { .file = OCTROI_CONF };
	struct conf *conf;
	size_t errors;

	if (read_arguments(argc, argv, &options) < 0)
		return EXIT_USAGE;
	conf = settings_load(options.file);
	errors = commands_print_errors(conf, options.file);
	if (errors == 0 && options.changed)
		conf_changed(conf, print_changed, NULL);
	else if (errors == 0)
		errors = look(conf, options.file);
	if (errors > 0)
		(void)fprintf(stderr, "%s: %zu error%s\n", options.file, errors, errors == 1 ? "" : "s");
	else if (!options.changed)
		(void)printf("%s: good%s\n", options.file, warnings > 0 ? ", with warnings" : "");
	conf_free(conf);
	return errors > 0 ? EXIT_WRONG : EXIT_GOOD;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* octroi try: a message with an envelope through the whole engine, without an MTA. */
#include <stdarg.h>
#include <string.h>

#include "milter/base/cleanup.h"
#include "milter/cage.h"
#include "milter/commands.h"
#include "milter/resolver_open.h"
#include "milter/settings.h"
#include "milter/trial.h"

#define INPUT_MAX ((size_t)1 << 31)
#define STORE_KEYS 1024

struct try_options {
	const char *file, *client, *client_name, *helo, *mailfrom, *login, *message;
	const char **rcpts;
	size_t rcpts_len;
	bool json;
};

static const char usage[] =
	"usage: octroi try [--config FILE] --client IP [--client-name NAME] [--helo NAME] --from ADDR --rcpt ADDR...\n"
	"                  [--auth LOGIN] [--json] MESSAGE|-\n";

static void __attribute__((format(printf, 1, 2))) complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)fputs("octroi try: ", stderr);
	(void)vfprintf(stderr, format, args);
	(void)fputc('\n', stderr);
	va_end(args);
}

static const char **option_value(struct try_options *options, const char *name)
{
	const struct {
		const char *name;
		const char **value;
	} table[] = {
		{ "--config", &options->file }, { "--client", &options->client }, { "--client-name", &options->client_name },
		{ "--helo", &options->helo }, { "--from", &options->mailfrom }, { "--auth", &options->login },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(name, table[i].name) == 0)
			return table[i].value;
	if (strcmp(name, "--rcpt") == 0)
		return &options->rcpts[options->rcpts_len++];
	return NULL;
}

static int read_arguments(int argc, char **argv, struct try_options *options)
{
	for (int i = 1; i < argc; i++) {
		const char **value = NULL;

		if (strcmp(argv[i], "--json") == 0) {
			options->json = true;
			continue;
		}
		if (strncmp(argv[i], "--", 2) == 0) {
			value = i + 1 < argc ? option_value(options, argv[i]) : NULL;
			if (value == NULL) {
				complain("\"%s\" is not understood", argv[i]);
				return -1;
			}
			*value = argv[++i];
		} else if (options->message == NULL) {
			options->message = argv[i];
		} else {
			complain("one message at a time, not \"%s\" as well", argv[i]);
			return -1;
		}
	}
	if (options->client != NULL && options->mailfrom != NULL && options->rcpts_len > 0 && options->message != NULL)
		return 0;
	complain("--client, --from, --rcpt and a message are needed");
	return -1;
}

/* All of in, as far as INPUT_MAX. */
static void read_all(FILE *in, char **ret_text, size_t *ret_len)
{
	size_t size = 65536, len = 0, n;
	char *text = xcalloc(1, size);

	while (len < INPUT_MAX && (n = fread(text + len, 1, size - len, in)) > 0) {
		len += n;
		if (len == size) {
			char *larger = xcalloc(2, size);

			memcpy(larger, text, len);
			free(text);
			text = larger;
			size *= 2;
		}
	}
	*ret_text = text;
	*ret_len = len;
}

static int read_message(const char *name, char **ret_text, size_t *ret_len)
{
	_cleanup_(fclose_filep) FILE *file = NULL;

	if (strcmp(name, "-") == 0) {
		read_all(stdin, ret_text, ret_len);
		return 0;
	}
	file = fopen(name, "re");
	if (file == NULL) {
		complain("cannot read %s", name);
		return -1;
	}
	read_all(file, ret_text, ret_len);
	return 0;
}

/* What the engine of one message needs. */
struct means {
	struct cage *cage;
	struct store *store;
	struct resolver *resolver;
};

static void tell(const char *text)
{
	(void)fprintf(stderr, "octroi try: %s\n", text);
}

static struct engine *open_engine(const struct conf *conf, struct means *means)
{
	char problem[CONF_PROBLEM_MAX] = "";
	struct engine *engine = NULL;

	means->store = store_new(STORE_KEYS);
	if (settings_need_cage(conf))
		means->cage = cage_start(conf, problem);	/* forks: before the resolver has threads */
	if (problem[0] != '\0')
		tell(problem);
	problem[0] = '\0';
	means->resolver = resolver_open(conf, problem);
	if (means->resolver == NULL)
		tell(problem);
	if (means->resolver == NULL)
		return NULL;
	engine = engine_new(conf, &(struct services){ .pool = means->cage == NULL ? NULL : cage_pool(means->cage), .store = means->store,
						      .resolver = means->resolver, .tell = tell }, problem);
	if (engine == NULL)
		tell(problem);
	return engine;
}

static int run(const struct conf *conf, const struct try_options *options, struct trial *trial)
{
	struct means means = { .cage = NULL };
	struct engine *engine = open_engine(conf, &means);

	if (engine != NULL) {
		trial_run(engine, trial);
		(options->json ? trial_print_json : trial_print)(stdout, trial);
		engine_session_end(engine, trial->session);
	}
	engine_free(engine);
	resolver_free(means.resolver);
	store_free(means.store);
	cage_stop(means.cage);
	return engine == NULL ? -1 : 0;
}

static int load_and_run(const struct try_options *options, struct trial *trial)
{
	struct conf *conf = settings_load(options->file);
	int r = -1;

	if (commands_print_errors(conf, options->file) == 0)
		r = run(conf, options, trial);
	conf_free(conf);
	return r;
}

int command_try(int argc, char **argv)
{
	_cleanup_(free_charp) char *rcpts = xcalloc((size_t)argc, sizeof(char *));
	_cleanup_(free_charp) char *text = NULL;
	struct try_options options = { .file = OCTROI_CONF, .message = NULL, .client_name = "", .helo = "", .login = "" };
	struct trial trial = { .client = { .family = IP_NONE } };

	options.rcpts = (const char **)(void *)rcpts;
	if (read_arguments(argc, argv, &options) < 0) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (ip_parse(options.client, &trial.client) < 0) {
		complain("\"%s\" is no IP address", options.client);
		return EXIT_USAGE;
	}
	if (read_message(options.message, &text, &trial.message.len) < 0)
		return EXIT_USAGE;
	trial.message.p = text;
	trial.client_name = options.client_name;
	trial.helo = options.helo;
	trial.login = options.login;
	trial.mailfrom = options.mailfrom;
	trial.rcpts = options.rcpts;
	trial.rcpts_len = options.rcpts_len;
	return load_and_run(&options, &trial) < 0 ? EXIT_USAGE : EXIT_GOOD;
}

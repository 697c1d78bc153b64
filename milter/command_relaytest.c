/* SPDX-License-Identifier: GPL-2.0-or-later */
/* octroi relaytest: plays the relay patterns against one's own gateway and says which of them it takes. No message is sent. */
#include <errno.h>
#include <string.h>

#include "milter/base/arena.h"
#include "milter/commands.h"
#include "milter/mail/address.h"
#include "milter/mail/domain.h"
#include "milter/relaytest.h"

#define EXTERNAL "relaytest@example.net"	/* RFC 2606: nobody's mail */

struct relaytest_options {
	const char *target, *domain, *recipient, *external, *from_domain, *helo;
	const char *timeout, *pause;	/* seconds, milliseconds */
	bool json;
};

struct rows {
	struct arena *arena;
	struct relaytest_row *items;
	size_t len;
};

static const char usage[] =
	"usage: octroi relaytest --target HOST[:PORT] --domain OURS [--recipient ADDR] [--external ADDR] [--from-domain DOMAIN]\n"
	"                        [--helo NAME] [--timeout SECONDS] [--pause MILLISECONDS] [--json]\n";

static int complain(const char *text, const char *what)
{
	(void)fprintf(stderr, "octroi relaytest: %s %s\n%s", text, what, usage);
	return -EINVAL;
}

static const char **option_value(struct relaytest_options *options, const char *name)
{
	const struct { const char *name; const char **value; } values[] = {
		{ "--target", &options->target }, { "--domain", &options->domain }, { "--recipient", &options->recipient },
		{ "--external", &options->external }, { "--from-domain", &options->from_domain }, { "--helo", &options->helo },
		{ "--timeout", &options->timeout }, { "--pause", &options->pause },
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (strcmp(name, values[i].name) == 0)
			return values[i].value;
	return NULL;
}

static int read_arguments(int argc, char **argv, struct relaytest_options *options)
{
	for (int i = 1; i < argc; i++) {
		const char **value = i + 1 < argc ? option_value(options, argv[i]) : NULL;

		if (value != NULL)
			*value = argv[++i];
		else if (strcmp(argv[i], "--json") == 0)
			options->json = true;
		else
			return complain(argv[i], "is not understood, or needs a value");
	}
	return options->target == NULL || options->domain == NULL ? complain("--target and --domain", "are needed") : 0;
}

/* "gw.example.com:25", "[2001:db8::25]:25", "192.0.2.25" */
static int read_target(struct arena *arena, const char *target, struct relaytest *test)
{
	const char *colon = strrchr(target, ':'), *bracket = strchr(target, ']');
	bool bracketed = target[0] == '[' && bracket != NULL;
	bool has_port = bracketed ? bracket[1] == ':' : colon != NULL && strchr(target, ':') == colon;
	size_t len = bracketed ? (size_t)(bracket - target) - 1 : has_port ? (size_t)(colon - target) : strlen(target);
	unsigned long long port = 25;

	test->host = arena_strndup(arena, bracketed ? target + 1 : target, len);
	if (has_port && (str_to_u64(str_of(colon + 1), &port) < 0 || port == 0 || port > 65535))
		return complain(target, "has no port between 1 and 65535");
	if (bracketed && !has_port && bracket[1] != '\0')
		return complain(target, "is not HOST:PORT");
	test->port = arena_printf(arena, "%llu", port);
	return len == 0 ? complain(target, "names no host") : 0;
}

static int read_domain(struct arena *arena, const char *text, const char **ret_domain)
{
	return domain_normalise(arena, str_of(text), ret_domain) < 0 ? complain(text, "is no domain") : 0;
}

static int read_address(struct arena *arena, const char *text, struct address *ret_address)
{
	const char *problem;

	if (address_parse(arena, str_of(text), ADDRESS_RECIPIENT, ret_address, &problem) < 0)
		return complain(text, problem);
	return ret_address->domain == NULL || ret_address->quoted ? complain(text, "is no plain address") : 0;
}

static const char *upper(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text);

	for (char *c = copy; *c != '\0'; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - ('a' - 'A'));
	return copy;
}

static int read_names(struct arena *arena, const struct relaytest_options *options, struct relaytest_names *names)
{
	struct address external, mailbox;
	const char *recipient = options->recipient;

	if (read_domain(arena, options->domain, &names->ours) < 0 || read_address(arena, options->external, &external) < 0)
		return -EINVAL;
	if (recipient == NULL)
		recipient = arena_printf(arena, "postmaster@%s", names->ours);
	if (read_address(arena, recipient, &mailbox) < 0)
		return -EINVAL;
	names->mailbox = mailbox.text;
	names->ours_short = arena_strndup(arena, names->ours, strlen(names->ours) - 1);
	names->foreign = external.domain;
	names->foreign_upper = upper(arena, external.domain);
	names->user = external.localpart;
	names->sender_domain = external.domain;
	if (domain_is_below(external.domain, names->ours) || strcmp(external.domain, names->ours) == 0)
		return complain(options->external, "is not outside of --domain");
	return options->from_domain == NULL ? 0 : read_domain(arena, options->from_domain, &names->sender_domain);
}

static int read_number(const char *text, unsigned max, unsigned *ret_number)
{
	unsigned long long number;

	if (str_to_u64(str_of(text), &number) < 0 || number > max)
		return complain(text, "is no number, or too large");
	*ret_number = (unsigned)number;
	return 0;
}

static int read_test(struct arena *arena, const struct relaytest_options *options, struct relaytest *test)
{
	unsigned timeout_s;

	if (read_target(arena, options->target, test) < 0 || read_names(arena, options, &test->names) < 0 ||
	    read_number(options->timeout, 600, &timeout_s) < 0 || read_number(options->pause, 60000, &test->pause_ms) < 0)
		return -EINVAL;
	test->step_ms = timeout_s * 1000;
	test->helo = options->helo != NULL ? options->helo : arena_printf(arena, "relaytest.%s", test->names.sender_domain);
	return strpbrk(test->helo, " \r\n$") != NULL ? complain(test->helo, "is no name") : 0;
}

static void tell(void *arg, const struct relaytest_row *row)
{
	(void)arg;
	relaytest_print_row(stdout, row);
}

static void keep(void *arg, const struct relaytest_row *row)
{
	struct rows *rows = arg;
	struct relaytest_row *kept = arena_push(rows->arena, (void **)(void *)&rows->items, &rows->len, sizeof(*row));

	*kept = *row;
}

static int run(struct arena *arena, const struct relaytest *test, bool json)
{
	struct rows rows = { .arena = arena };
	struct relaytest_sum sum = relaytest_run(arena, test, json ? keep : tell, &rows);

	if (json)
		relaytest_print_json(stdout, test, rows.items, rows.len, &sum);
	else
		relaytest_print_sum(stdout, test, &sum);
	if (sum.count[RELAYTEST_RELAYS] > 0)
		return EXIT_WRONG;
	return sum.problem != NULL || sum.count[RELAYTEST_UNCLEAR] > 0 ? EXIT_USAGE : EXIT_GOOD;
}

int command_relaytest(int argc, char **argv)
{
	struct relaytest_options options = { .external = EXTERNAL, .timeout = "30", .pause = "250" };
	struct relaytest test = { .host = NULL };
	struct arena *arena = arena_new();
	int status = EXIT_USAGE;

	if (read_arguments(argc, argv, &options) == 0 && read_test(arena, &options, &test) == 0)
		status = run(arena, &test, options.json);
	arena_free(arena);
	return status;
}

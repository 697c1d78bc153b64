/* SPDX-License-Identifier: GPL-2.0-or-later */
/* octroi: one program, one word for what it is to do. */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "milter/commands.h"

static int command_version(int argc, char **argv)
{
	(void)argc, (void)argv;
	(void)puts(PACKAGE_STRING);
	return 0;
}

static int command_help(int argc, char **argv);

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "run", command_run, "the daemon, in the foreground" },
	{ "check", command_check, "is the configuration good; with --changed: what differs from the defaults" },
	{ "try", command_try, "what would happen to a message, without an MTA" },
	{ "explain", command_explain, "why was it decided so: the story of one id" },
	{ "search", command_search, "what came and went: entries of the journal by any fact" },
	{ "who", command_who, "a login, address, host, network or file: since when, how much, to whom" },
	{ "report", command_report, "totals of a day, and what should be looked at" },
	{ "hold", command_hold, "a login or client may send nothing for now" },
	{ "free", command_free, "it may again" },
	{ "status", command_status, "what runs, since when, who is held, what does not work" },
	{ "quarantine", command_quarantine, "what is held here: list, show, release, delete, expire" },
	{ "dkim-key", command_dkim_key, "a key pair to sign mail with, and what to publish" },
	{ "doctor", command_doctor, "do MTA, system and DNS keep what the filter promises" },
	{ "relaytest", command_relaytest, "does a gateway relay: plays the known patterns against it and sends nothing" },
	{ "version", command_version, "which version this is" },
	{ "help", command_help, "this list; octroi(8) and milter.conf(5) say more" },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static int command_help(int argc, char **argv)
{
	(void)argc, (void)argv;
	(void)puts("usage: octroi COMMAND [OPTION ...]\n");
	for (size_t i = 0; i < COMMANDS; i++)
		(void)printf("  %-9s %s\n", commands[i].name, commands[i].summary);
	return 0;
}

int main(int argc, char **argv)
{
	const char *name = argc < 2 ? "" : argv[1];

	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	else if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
		name = "version";
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	(void)fprintf(stderr, "octroi: no command \"%s\"; see octroi help\n", name);
	return EXIT_USAGE;
}

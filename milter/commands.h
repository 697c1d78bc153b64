/* SPDX-License-Identifier: GPL-2.0-or-later */
/* commands.h - the words that octroi(8) takes. Each gets its own name as argv[0] and returns the exit code. */
#ifndef OCTROI_COMMANDS_H
#define OCTROI_COMMANDS_H

#include <stdbool.h>

#include "conf/conf.h"

enum exit_code {
	EXIT_GOOD = 0,
	EXIT_WRONG = 1,		/* check: the configuration has errors */
	EXIT_USAGE = 2,		/* the command line is wrong, or nothing could be said (try) */
};

/* The daemon, always in the foreground. 0 after SIGTERM or SIGINT; 64 for a wrong command line; 78 (EX_CONFIG) for a configuration with
 * errors and for starting as root without an account to become, which trying again does not cure; 1 for everything else. */
int command_run(int argc, char **argv);

int command_check(int argc, char **argv);
int command_try(int argc, char **argv);
int command_dkim_key(int argc, char **argv);

/* 0: nothing to mend, 1: warnings, or something could not be told, 2: dangers, 3: it could not look (no MTA, a wrong command line). */
int command_doctor(int argc, char **argv);

/* EXIT_WRONG when the gateway relays, EXIT_USAGE when something could not be tested. */
int command_relaytest(int argc, char **argv);

/* Writes all errors of conf to standard error, each with its file and line; returns how many there are. */
size_t commands_print_errors(const struct conf *conf, const char *file);

#endif

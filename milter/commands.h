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

/* What the journal knows: of one decision, of those that match, of one login, host or file, of a time. EXIT_WRONG: nothing was found;
 * EXIT_USAGE: the command line is wrong, or the journal cannot be read. */
int command_explain(int argc, char **argv);
int command_search(int argc, char **argv);
int command_who(int argc, char **argv);
int command_report(int argc, char **argv);

/* What we hold ourselves: list, show, release, delete, expire. EXIT_WRONG: something could not be done, standard error says what. */
int command_quarantine(int argc, char **argv);

/* Who may send nothing for now, and what the running filters do. free: EXIT_WRONG when it was not held; status: EXIT_WRONG when no filter runs or
 * something does not work. */
int command_hold(int argc, char **argv);
int command_free(int argc, char **argv);
int command_status(int argc, char **argv);

/* Writes all errors of conf to standard error, each with its file and line; returns how many there are. */
size_t commands_print_errors(const struct conf *conf, const char *file);

#endif

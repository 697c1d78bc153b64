/* SPDX-License-Identifier: GPL-2.0-or-later */
/* command_run.h - `octroi run`: the daemon, always in the foreground. */
#ifndef OCTROI_COMMAND_RUN_H
#define OCTROI_COMMAND_RUN_H

/* argv[0] is "run". Exit status: 0 after SIGTERM or SIGINT; 2 for a wrong command line; 78 (EX_CONFIG) for a configuration with
 * errors and for starting as root without an account to become, which trying again does not cure; 1 for everything else. */
int command_run(int argc, char **argv);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* supervisor.h - the process that owns the listening socket and the signals and keeps the others alive.
 *
 * It handles no byte of mail and has one thread. It ends well after SIGTERM or SIGINT; SIGHUP makes it read its
 * configuration again. */
#ifndef OCTROI_SUPERVISOR_H
#define OCTROI_SUPERVISOR_H

#include "conf/conf.h"
#include "milter/listener.h"

struct supervisor_args {
	const char *config_file;	/* read again at SIGHUP */
	struct conf *conf;		/* without errors; belongs to the supervisor from now on */
	struct listener listener;	/* open; belongs to the supervisor from now on */
};

/* Logs all errors of a configuration that was loaded from file and returns their number. */
size_t supervisor_log_errors(const struct conf *conf, const char *file);

/* Runs until it is told to stop. Privileges have been dropped and all signals are blocked before. Returns the exit status. */
int supervisor_run(const struct supervisor_args *args);

#endif

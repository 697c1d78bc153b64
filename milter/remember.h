/* SPDX-License-Identifier: GPL-2.0-or-later */
/* remember.h - the journal of a running filter: opened with its configuration, given to record.c. */
#ifndef OCTROI_REMEMBER_H
#define OCTROI_REMEMBER_H

#include "conf/conf.h"
#include "milter/lookup/journal.h"

/* Opens the journal in directory (NULL: there is none) if conf wants one, and has record.c write to it. A journal that cannot be opened is
 * told in the log, and mail goes on. */
struct remembered {
	struct journal *journal;	/* NULL: there is none */
	const char *configuration;	/* its name there; lives as long as the process */
};
struct remembered remember_open(const struct conf *conf, const char *config_file, const char *directory);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* filter.h - the process that speaks milter: libmilter's life in it, from the inherited socket to the drain. */
#ifndef OCTROI_FILTER_H
#define OCTROI_FILTER_H

#include "conf/conf.h"
#include "milter/state.h"

/* Frames (isolate/frame.h) between the supervisor and a filter. */
enum filter_frame {
	FILTER_READY = 1,	/* to the supervisor: its sessions are served */
	FILTER_FAILED,		/* to the supervisor: a string: why; the process ends after it */
	FILTER_ZYGOTE,		/* to the filter, with one descriptor: a channel to the zygote that serves from now on; without:
				 * there is none to be had for now */
	FILTER_DRAIN,		/* to the filter: u64 milliseconds: accept nothing more, end when the sessions have ended */
	FILTER_ASIDE,		/* to the supervisor: it accepts nothing more */
};

struct filter_args {
	const struct conf *conf;
	const char *config_file;	/* as it was named; NULL: the defaults */
	int listen_fd;		/* moved to 3 before libmilter sees it */
	int control;		/* socket to the supervisor */
	const struct state *state;
};

/* Runs the filter; never returns. */
_Noreturn void filter_run(const struct filter_args *args);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox_escape.h - ways out of the cage, each tried by a process that sits in it: for the self-test of an installation and for the unit tests. */
#ifndef OCTROI_ISOLATE_SANDBOX_ESCAPE_H
#define OCTROI_ISOLATE_SANDBOX_ESCAPE_H

#include <stdbool.h>
#include <sys/types.h>

#include "milter/isolate/sandbox.h"

/* What a try needs; made before the cage is closed. */
struct escape_site {
	struct sandbox sandbox;
	pid_t parent;
	char victim[300];	/* a file of the same user outside the cage, beside the scratch directory */
	int memory_fd;		/* a memfd that was open before */
};

enum escape_need {
	NEEDS_NOTHING,
	NEEDS_FILES_CLOSED,	/* NAMESPACES or LANDLOCK */
	NEEDS_NAMESPACES,
	NEEDS_LIMITS,		/* that a sanitizer cannot live with */
};

struct escape {
	const char *name;				/* in words: "read /etc/passwd" */
	bool (*try)(const struct escape_site *site);	/* true: it worked */
	bool kills;					/* no library does it by mistake: the process dies of it */
	enum escape_need need;
};
#define KILLS(name, try) { name, try, true, NEEDS_NOTHING }
#define DENIES(name, try) { name, try, false, NEEDS_NOTHING }
#define DENIES_WITH(name, try, need) { name, try, false, need }

/* Each ends with a row without a name. */
extern const struct escape escapes_by_files[];		/* files, memory, room (sandbox_escape_files.c) */
extern const struct escape escapes_by_calls[];		/* other processes, the network, the kernel (sandbox_escape_calls.c) */

/* Does this cage have the layers without which the way is open? */
bool escape_is_barred(const struct escape *escape, const struct sandbox *sandbox);

enum escape_end {
	ESCAPE_DENIED,		/* the call failed */
	ESCAPE_KILLED,		/* the process died of it (SIGSYS) */
	ESCAPE_DONE,		/* it worked: the cage leaks */
	ESCAPE_OPEN,		/* not tried: this system lacks the layer that bars it */
	ESCAPE_NO_CAGE,		/* the cage could not be closed */
	ESCAPE_LOST,		/* the process died of something else */
};

/* Forks a process, puts it into a cage in a directory of its own below base, and has it try. before, if not NULL, is called in that process first. */
enum escape_end escape_attempt(const struct escape *escape, const char *base, void (*before)(void *arg), void *arg);

#endif

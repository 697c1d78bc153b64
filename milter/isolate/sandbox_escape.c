/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/isolate/sandbox_escape.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "milter/isolate/sanitizer.h"
#include "milter/isolate/scratch.h"

#define ROOM_BYTES (256UL * 1024)
#define MEMORY_BYTES (64UL * 1024 * 1024)

bool escape_is_barred(const struct escape *escape, const struct sandbox *sandbox)
{
	switch (escape->need) {
	case NEEDS_FILES_CLOSED:
		return (sandbox->layers & (SANDBOX_NAMESPACES | SANDBOX_LANDLOCK)) != 0;
	case NEEDS_NAMESPACES:
		return (sandbox->layers & SANDBOX_NAMESPACES) != 0;
	case NEEDS_LIMITS:
		return !under_sanitizer;
	case NEEDS_NOTHING:
		break;
	}
	return true;
}

/* As an examiner sets itself up. */
static bool site_close(struct escape_site *site, const char *base)
{
	struct sandbox *sandbox = &site->sandbox;

	*site = (struct escape_site){ .parent = getppid(), .memory_fd = memfd_create("octroi", MFD_CLOEXEC) };
	sandbox->scratch_bytes = ROOM_BYTES;
	sandbox->memory_bytes = MEMORY_BYTES;
	(void)snprintf(site->victim, sizeof(site->victim), "%s/victim", base);
	(void)signal(SIGXFSZ, SIG_IGN);
	if (site->memory_fd < 0 || scratch_path(base, getpid(), sandbox->scratch, sizeof(sandbox->scratch)) < 0 ||
	    scratch_make(base, sandbox->scratch) < 0)
		return false;
	sandbox_enter_namespaces(sandbox);
	return sandbox_close(sandbox) == 0;
}

static enum escape_end try_caged(const struct escape *escape, const char *base)
{
	static struct escape_site site;

	if (!site_close(&site, base))
		return ESCAPE_NO_CAGE;
	if (!escape_is_barred(escape, &site.sandbox))
		return ESCAPE_OPEN;
	return escape->try(&site) ? ESCAPE_DONE : ESCAPE_DENIED;
}

enum escape_end escape_attempt(const struct escape *escape, const char *base, void (*before)(void *arg), void *arg)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return ESCAPE_NO_CAGE;
	if (pid == 0) {
		if (before != NULL)
			before(arg);
		_exit((int)try_caged(escape, base));
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return ESCAPE_LOST;
	}
	scratch_remove(base, pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? ESCAPE_KILLED : ESCAPE_LOST;
	return WEXITSTATUS(status) > ESCAPE_NO_CAGE ? ESCAPE_LOST : (enum escape_end)WEXITSTATUS(status);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/commands.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sysexits.h>
#include <unistd.h>

#include "config.h"
#include "milter/base/log.h"
#include "milter/base/proctitle.h"
#include "milter/commands.h"
#include "milter/listener.h"
#include "milter/privilege.h"
#include "milter/sandbox_selftest.h"
#include "milter/settings.h"
#include "milter/supervisor.h"

static const char usage[] = "usage: octroi run [--config FILE] [--foreground]\n       octroi run --sandbox-selftest\n";

/* Before anything can start a thread: a thread with an unblocked SIGHUP dies of it, and libmilter makes of it a stop.
 * Faults stay: blocked, they would kill without the report of a sanitizer. */
static void block_signals(void)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS };
	sigset_t set;

	(void)sigfillset(&set);
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		(void)sigdelset(&set, faults[i]);
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
}

/* Returns 0, or -EINVAL after having said what is wrong. */
static int read_arguments(int argc, char **argv, const char **ret_file)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
			*ret_file = argv[++i];
		} else if (strncmp(argv[i], "--config=", 9) == 0) {
			*ret_file = argv[i] + 9;
		} else if (strcmp(argv[i], "--foreground") != 0) {
			(void)fprintf(stderr, "octroi run: \"%s\" is not understood\n%s", argv[i], usage);
			return -EINVAL;
		}
	}
	return 0;
}

/* Somebody reads standard error, unless it leads nowhere. */
static enum log_target choose_log(int choice)
{
	struct stat st;

	if (choice != LOG_CHOICE_AUTO)
		return choice == LOG_CHOICE_SYSLOG ? LOG_TO_SYSLOG : LOG_TO_STDERR;
	if (getenv("JOURNAL_STREAM") != NULL || fstat(STDERR_FILENO, &st) < 0)
		return LOG_TO_STDERR;
	return S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3) ? LOG_TO_SYSLOG : LOG_TO_STDERR;
}

static void open_log(int choice)
{
	int r = log_open(choose_log(choice), LOG_MAIL);

	if (r < 0)
		log_warning("syslog cannot be reached (%s): lines go to standard error", strerror(-r));
}

static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* Mail and keys must not end up in a core file, or be read by another process of the same user. */
static void keep_memory_private(void)
{
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static int fail(int status, const char *problem)
{
	log_error("%s", problem);
	return status;
}

static void log_start(const struct settings *settings, const struct run_as *identity, const char *file,
		      const struct listener *listener)
{
	char text[ENDPOINT_TEXT_MAX];

	log_notice("octroi " PACKAGE_VERSION " starts: configuration %s, listening on %s%s, as user %s", file,
		   endpoint_format(&listener->endpoint, text), listener->inherited ? " (from the service manager)" : "",
		   identity->name);
	if (listener->inherited && *settings->listen != '\0' && strcmp(settings->listen, text) != 0)
		log_notice("\"listen\" of the configuration (%s) does not count then", settings->listen);
	if (!identity->was_root && *settings->user != '\0' && strcmp(settings->user, identity->name) != 0)
		log_warning("not started as root: the user stays %s, not %s", identity->name, settings->user);
}

/* From root, if we are it, to the account; the socket is opened on the way. */
static int take_place(const struct settings *settings, const char *file, struct listener *ret_listener)
{
	char problem[CONF_PROBLEM_MAX] = "";
	struct run_as identity;
	gid_t group;

	if (run_as_find(settings->user, settings->socket_group, &identity, problem) < 0)
		return fail(EX_CONFIG, problem);
	group = identity.socket_gid == (gid_t)-1 && identity.was_root ? identity.gid : identity.socket_gid;
	if (listener_open(settings, identity.was_root ? identity.uid : (uid_t)-1, group, ret_listener, problem) < 0)
		return fail(EXIT_FAILURE, problem);
	if (privilege_drop(&identity, problem) < 0) {
		listener_close(ret_listener);
		return fail(EXIT_FAILURE, problem);
	}
	log_start(settings, &identity, file, ret_listener);
	return EXIT_SUCCESS;
}

static int run(const char *file)
{
	struct supervisor_args args = { .config_file = file, .conf = settings_load(file) };
	int status = EX_CONFIG;

	if (supervisor_log_errors(args.conf, file) == 0) {
		open_log(settings_of(args.conf)->log);
		status = take_place(settings_of(args.conf), file, &args.listener);
	}
	if (status != EXIT_SUCCESS) {
		conf_free(args.conf);
		return status;
	}
	raise_limit();
	keep_memory_private();
	return supervisor_run(&args);
}

int command_run(int argc, char **argv)
{
	const char *file = OCTROI_CONF;

	if (argc == 2 && strcmp(argv[1], "--sandbox-selftest") == 0)
		return sandbox_selftest();
	if (read_arguments(argc, argv, &file) < 0)
		return EXIT_USAGE;
	block_signals();
	if (listener_reserve() < 0)
		return EXIT_FAILURE;
	proctitle_init();
	open_log(LOG_CHOICE_AUTO);
	return run(file);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each way out is tried by a process of its own, in the whole cage and in cages of systems that lack layers. */
#include "milter/isolate/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "milter/isolate/sandbox_escape.h"
#include "milter/isolate/sandbox_layers.h"
#include "milter/isolate/sanitizer.h"
#include "milter/isolate/scratch.h"
#include "t/unit/rows.h"
#include "t/lib/skip.h"

#define ROOM_BYTES (256UL * 1024)

enum end { DENIED, WORKED, NO_SANDBOX };

static char base[] = "/tmp/octroi-sandbox-XXXXXX";
static char victim[sizeof(base) + 16];		/* a file outside the scratch directory */
static struct escape_site site;			/* in the child */

static const char *in_scratch(const char *name)
{
	static char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", site.sandbox.scratch, name);
	return path;
}

static bool opens(const char *path, int flags)
{
	return open(path, flags, 0600) >= 0;
}

static bool brk_grows(void)
{
	void *memory = malloc(1 << 20);
	bool grows = memory != NULL;

	free(memory);
	return grows;
}

/* The other way round: what a job needs. */
static bool work(const struct escape_site *unused)
{
	char byte;
	int fd = open(in_scratch("file"), O_RDWR | O_CREAT | O_EXCL, 0600);
	struct stat st;

	(void)unused;
	return fd >= 0 && brk_grows() && write(fd, "x", 1) == 1 && pread(fd, &byte, 1, 0) == 1 && ftruncate(fd, 0) == 0 &&
	       fstat(fd, &st) == 0 && stat(in_scratch("file"), &st) == 0 && close(fd) == 0 &&
	       mkdir(in_scratch("dir"), 0700) == 0 && opens(in_scratch("dir"), O_RDONLY | O_DIRECTORY) &&
	       opens(in_scratch("dir/file"), O_WRONLY | O_CREAT) && unlink(in_scratch("file")) == 0 &&
	       scratch_empty(site.sandbox.scratch) == 0 && access(in_scratch("dir"), F_OK) < 0;
}

/* What works in the self-test's cage must be said to have worked: else it could not fail. */
static bool breathe(const struct escape_site *caged)
{
	char byte;

	return getpid() > 0 && pread(caged->memory_fd, &byte, 1, 0) >= 0;
}

static const struct escape breathing = KILLS("breathe", breathe);

static const struct escape *escape_named(const char *name)
{
	const struct escape *const tables[] = { escapes_by_files, escapes_by_calls };

	for (size_t i = 0; i < 2; i++) {
		for (const struct escape *escape = tables[i]; escape->name != NULL; escape++) {
			if (strcmp(escape->name, name) == 0)
				return escape;
		}
	}
	fail_msg("no way out is called \"%s\"", name);
	return NULL;
}

/* Systems of fewer layers, played by a filter that knows less calls. */
static const struct system {
	const char *name;
	bool namespaces, landlock;
	unsigned never, always;		/* layers */
} systems[] = {
	{ "all layers", true, true, 0, SANDBOX_SECCOMP | SANDBOX_LIMITS },
	{ "no namespaces", false, true, SANDBOX_NAMESPACES, SANDBOX_SECCOMP | SANDBOX_LIMITS },
	{ "no landlock", true, false, SANDBOX_LANDLOCK, SANDBOX_SECCOMP | SANDBOX_LIMITS },
	{ "neither", false, false, SANDBOX_NAMESPACES | SANDBOX_LANDLOCK, SANDBOX_SECCOMP | SANDBOX_LIMITS },
};

struct row {
	char name[160];
	const struct escape *escape;
	const struct system *system;
};

static void forget_calls(const struct system *system)
{
	scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);

	if (!system->namespaces)
		(void)seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(unshare), 0);
	if (!system->landlock)
		(void)seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0);
	if (seccomp_load(context) < 0)
		_exit(NO_SANDBOX);
	seccomp_release(context);
}

static void forget_layers(void *arg)
{
	const struct system *system = arg;

	if (!system->namespaces || !system->landlock)
		forget_calls(system);
}

/* A way that is open since the machine itself lacks a layer makes its row empty, not green for a wrong reason: the layers are a test too. */
static void check_escape(void **state)
{
	const struct row *row = *state;
	enum escape_end end = escape_attempt(row->escape, base, forget_layers, (void *)(uintptr_t)row->system);

	if (end == ESCAPE_OPEN && row->escape->need != NEEDS_NOTHING)
		return;
	assert_int_equal(end, row->escape->kills ? ESCAPE_KILLED : ESCAPE_DENIED);
}

static void an_escape_that_works_is_seen(void **state)
{
	(void)state;
	assert_int_equal(escape_attempt(&breathing, base, NULL, NULL), ESCAPE_DONE);
}

static bool close_cage(void)
{
	site.sandbox = (struct sandbox){ .scratch_bytes = ROOM_BYTES, .memory_bytes = 64UL << 20 };
	(void)signal(SIGXFSZ, SIG_IGN);
	if (scratch_path(base, getpid(), site.sandbox.scratch, sizeof(site.sandbox.scratch)) < 0 || scratch_make(base, site.sandbox.scratch) < 0)
		return false;
	sandbox_enter_namespaces(&site.sandbox);
	return sandbox_close(&site.sandbox) == 0;
}

static int wait_end(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	scratch_remove(base, pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void check_system(const struct system *system, int (*look)(const struct system *system))
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		forget_layers((void *)(uintptr_t)system);
		_exit(close_cage() ? look(system) : NO_SANDBOX);
	}
	assert_int_equal(wait_end(pid), WORKED);
}

static int has_its_layers(const struct system *system)
{
	return (site.sandbox.layers & system->never) == 0 && (site.sandbox.layers & system->always) == system->always ? WORKED : DENIED;
}

static void check_layers(void **state)
{
	check_system(*state, has_its_layers);
}

static int can_work(const struct system *system)
{
	(void)system;
	return work(NULL) ? WORKED : DENIED;
}

static void check_work(void **state)
{
	check_system(*state, can_work);
}

/* The layers one by one, so that none hides a hole in another. */
static bool namespaces_alone(void)
{
	return namespaces_enter() == 0 && namespaces_mount_scratch(&site.sandbox) == 0 && namespaces_change_root(&site.sandbox) == 0;
}

static bool landlock_alone(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       landlock_close(site.sandbox.scratch, &site.sandbox.landlock_abi) == 0 && site.sandbox.landlock_abi > 0;
}

static const struct layer {
	const char *name;
	bool (*put_on)(void);
	const char *escape;		/* NULL: work */
} layers[] = {
	{ "namespaces alone: the victim", namespaces_alone, "read a file of the same user" },
	{ "namespaces alone: /etc/passwd", namespaces_alone, "read /etc/passwd" },
	{ "namespaces alone: /proc", namespaces_alone, "open its own /proc/self/mem" },
	{ "namespaces alone: making a directory at the root", namespaces_alone, "make a directory in /tmp" },
	{ "namespaces alone: room", namespaces_alone, "write more than the room in many files" },
	{ "namespaces alone: work", namespaces_alone, NULL },
	{ "landlock alone: the victim", landlock_alone, "read a file of the same user" },
	{ "landlock alone: writing the victim", landlock_alone, "write to a file of the same user" },
	{ "landlock alone: removing the victim", landlock_alone, "remove a file of the same user" },
	{ "landlock alone: above the scratch directory", landlock_alone, "read a file beside the scratch directory by .." },
	{ "landlock alone: a program", landlock_alone, "execute a program" },
	{ "landlock alone: a symbolic link", landlock_alone, "make a symbolic link" },
	{ "landlock alone: a fifo", landlock_alone, "make a fifo" },
	{ "landlock alone: work", landlock_alone, NULL },
};

static enum end try_with_layer(const struct layer *layer)
{
	site = (struct escape_site){ .sandbox = { .scratch_bytes = ROOM_BYTES } };
	(void)snprintf(site.victim, sizeof(site.victim), "%s", victim);
	(void)scratch_path(base, getpid(), site.sandbox.scratch, sizeof(site.sandbox.scratch));
	(void)scratch_make(base, site.sandbox.scratch);
	if (!layer->put_on())
		return NO_SANDBOX;
	return (layer->escape == NULL ? work : escape_named(layer->escape)->try)(&site) ? WORKED : DENIED;
}

static void check_layer(void **state)
{
	const struct layer *layer = *state;
	pid_t pid = fork();
	int end;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(try_with_layer(layer));
	end = wait_end(pid);
	if (end == NO_SANDBOX)
		SKIP("the system does not have this layer");
	assert_int_equal(end, layer->escape == NULL ? WORKED : DENIED);
}

static void *sit(void *arg)
{
	(void)pause();
	return arg;
}

static void a_second_thread_is_refused(void **state)
{
	pthread_t thread;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		(void)scratch_path(base, getpid(), site.sandbox.scratch, sizeof(site.sandbox.scratch));
		(void)scratch_make(base, site.sandbox.scratch);
		(void)pthread_create(&thread, NULL, sit, NULL);
		_exit(under_sanitizer || sandbox_close(&site.sandbox) == -EBUSY ? 0 : 1);
	}
	assert_int_equal(wait_end(pid), 0);
}

static const struct text {
	const char *name;
	struct sandbox sandbox;
	size_t size;
	const char *expected;
} texts[] = {
	{ "described: all", { .layers = 15, .landlock_abi = 7 }, 100, "namespaces landlock-abi7 seccomp limits" },
	{ "described: no namespaces", { .layers = 14, .landlock_abi = 2 }, 100,
	  "landlock-abi2 seccomp limits (no namespaces)" },
	{ "described: the least", { .layers = 12 }, 100, "seccomp limits (no namespaces, no landlock)" },
	{ "described: little room", { .layers = 15, .landlock_abi = 7 }, 12, "namespaces" },
};

static void check_text(void **state)
{
	const struct text *row = *state;
	char text[100];

	sandbox_describe(&row->sandbox, text, row->size);
	assert_string_equal(text, row->expected);
}

static void make_victim(void)
{
	int fd;

	(void)snprintf(victim, sizeof(victim), "%s/victim", base);
	fd = open(victim, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
}

#define SYSTEMS (sizeof(systems) / sizeof(systems[0]))

static void add_escapes(struct rows *rows, const struct escape *table)
{
	static struct row all[ROWS_MAX];
	static size_t len;

	for (const struct escape *escape = table; escape->name != NULL; escape++) {
		for (size_t i = 0; i < SYSTEMS; i++) {
			struct row *row = &all[len++];

			*row = (struct row){ .escape = escape, .system = &systems[i] };
			(void)snprintf(row->name, sizeof(row->name), "OS-12 %s: %s", systems[i].name, escape->name);
			rows_add_one(rows, row->name, check_escape, row);
		}
	}
}

static void add_work(struct rows *rows)
{
	static char names[SYSTEMS][64];

	for (size_t i = 0; i < SYSTEMS; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "%s: work", systems[i].name);
		rows_add_one(rows, names[i], check_work, &systems[i]);
	}
}

int main(void)
{
	static struct rows rows;
	int r;

	if (mkdtemp(base) == NULL || sandbox_prepare() < 0)
		return 1;
	make_victim();
	rows_add(&rows, systems, check_layers);
	add_work(&rows);
	rows_add(&rows, texts, check_text);
	rows_add(&rows, layers, check_layer);
	rows_add_one(&rows, "a_second_thread_is_refused", a_second_thread_is_refused, NULL);
	rows_add_one(&rows, "an_escape_that_works_is_seen", an_escape_that_works_is_seen, NULL);
	add_escapes(&rows, escapes_by_files);
	add_escapes(&rows, escapes_by_calls);
	r = rows_run(&rows, "sandbox");
	(void)unlink(victim);
	(void)rmdir(base);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/sandbox_selftest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/isolate/sandbox_escape.h"
#include "milter/isolate/sanitizer.h"

static const struct escape *const tables[] = { escapes_by_files, escapes_by_calls };
#define TABLES_LEN (sizeof(tables) / sizeof(tables[0]))

static const char *const ends[] = {
	[ESCAPE_DENIED] = "denied", [ESCAPE_KILLED] = "killed", [ESCAPE_DONE] = "it WORKED",
	[ESCAPE_OPEN] = "not barred", [ESCAPE_NO_CAGE] = "no cage could be made", [ESCAPE_LOST] = "the process was lost",
};

/* Returns whether it counts as held. */
static bool report(unsigned number, const struct escape *escape, enum escape_end end)
{
	bool is_held = end == ESCAPE_DENIED || end == ESCAPE_KILLED;

	(void)printf("%s %u - %s: %s", is_held ? "ok" : "not ok", number, escape->name, ends[end]);
	if (end == ESCAPE_OPEN)
		(void)printf(" # TODO %s", under_sanitizer ? "a sanitizer needs this" : "this system lacks a layer");
	(void)putchar('\n');
	(void)fflush(stdout);	/* before the next fork */
	return is_held || end == ESCAPE_OPEN;
}

static unsigned try_all(const char *base)
{
	unsigned number = 0, failed = 0;

	for (size_t i = 0; i < TABLES_LEN; i++) {
		for (const struct escape *escape = tables[i]; escape->name != NULL; escape++)
			failed += !report(++number, escape, escape_attempt(escape, base, NULL, NULL));
	}
	(void)printf("1..%u\n", number);
	return failed;
}

static bool make_victim(const char *path)
{
	_cleanup_(close_fdp) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd >= 0;
}

int sandbox_selftest(void)
{
	const char *top = getenv("TMPDIR");
	char base[192], victim[200];
	unsigned failed = 1;

	(void)snprintf(base, sizeof(base), "%.150s/octroi-selftest-XXXXXX", top == NULL || top[0] == '\0' ? "/tmp" : top);
	if (mkdtemp(base) == NULL || sandbox_prepare() < 0) {
		perror("octroi run --sandbox-selftest");
		return 1;
	}
	(void)snprintf(victim, sizeof(victim), "%s/victim", base);
	if (make_victim(victim))
		failed = try_all(base);
	(void)unlink(victim);
	(void)rmdir(base);
	return failed == 0 ? 0 : 1;
}

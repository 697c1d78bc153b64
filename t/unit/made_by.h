/* SPDX-License-Identifier: GPL-2.0-or-later */
/* made_by.h - archives that real programs make, where the system has them, of a few files in a directory of their own. */
#ifndef OCTROI_UNIT_MADE_BY_H
#define OCTROI_UNIT_MADE_BY_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "milter/base/arena.h"
#include "t/unit/archive_bench.h"

/* A program, a text, noise, a name that is not ASCII, an empty file and a link. */
static const char made_by_files[] =
	"mkdir sub && printf %s \"$EVIL\" >evil.com && yes 'a letter to all of you' | head -500 >letter.txt && : >empty.txt &&"
	" head -c 20000 /dev/urandom >sub/noise.bin && echo hello >sub/gr\303\274\303\237e.txt && ln -s letter.txt link.txt";

static inline bool made_by_read(struct arena *arena, const char *path, struct str *ret_made)
{
	FILE *file = fopen(path, "rb");
	struct stat status;
	char *bytes;

	if (file == NULL)
		return false;
	if (fstat(fileno(file), &status) < 0 || !S_ISREG(status.st_mode)) {
		(void)fclose(file);
		return false;
	}
	bytes = arena_alloc(arena, (size_t)status.st_size + 1);
	*ret_made = (struct str){ bytes, fread(bytes, 1, (size_t)status.st_size, file) };
	(void)fclose(file);
	return true;
}

/* Runs command (of the shell), which writes the file $OUT. Returns false when the system lacks the program, and fails the test when it has it and
 * no file came of it. */
static inline bool made_by(struct arena *arena, const char *program, const char *command, struct str *ret_made)
{
	char directory[] = "/tmp/octroi-made-by.XXXXXX";
	const char *script;
	bool is_made;

	if (system(arena_printf(arena, "command -v %s >/dev/null", program)) != 0)
		return false;
	assert_non_null(mkdtemp(directory));
	(void)setenv("EVIL", BENCH_EVIL, 1);
	(void)setenv("OUT", arena_printf(arena, "%s/out", directory), 1);
	(void)setenv("HOME", directory, 1);
	script = arena_printf(arena, "mkdir %s/in && cd %s/in && { %s; } && { %s; } >/dev/null 2>&1", directory, directory, made_by_files, command);
	(void)setenv("SCRIPT", script, 1);
	is_made = system("bash -c \"$SCRIPT\"") == 0 && made_by_read(arena, getenv("OUT"), ret_made);
	/* 7-Zip gives a name without ending one. */
	for (size_t i = 0; !is_made && i < 2; i++)
		is_made = made_by_read(arena, arena_printf(arena, "%s/out.%s", directory, i == 0 ? "zip" : "7z"), ret_made);
	if (system(arena_printf(arena, "rm -rf %s", directory)) != 0)
		print_message("# %s stays\n", directory);
	assert_true(is_made);
	return true;
}

#endif

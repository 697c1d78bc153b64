/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of files: what is shown is short, printable UTF-8, endings are words, and a plain name has the ending that it shows. The first byte says
 * where a second name begins. */
#include <stdint.h>
#include <stdlib.h>

#include "milter/mail/utf8.h"
#include "milter/unpack/charset.h"
#include "milter/unpack/filename.h"
#include "milter/unpack/prepare.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char problem[UNPACK_PROBLEM_MAX];

	(void)argc;
	(void)argv;
	return charset_prepare(problem);
}

static void check_shown(const char *shown)
{
	if (strlen(shown) > 120 || !utf8_is_valid(str_of(shown)))
		abort();
	for (; *shown != '\0'; shown++)
		if (ascii_is_control(*shown))
			abort();
}

static void check_extensions(const struct filename *filename)
{
	if (filename->extensions_len > FILENAME_EXTENSIONS_MAX)
		abort();
	for (size_t i = 0; i < filename->extensions_len; i++) {
		size_t len = strspn(filename->extensions[i], "abcdefghijklmnopqrstuvwxyz0123456789_-");

		if (len == 0 || len > 20 || filename->extensions[i][len] != '\0')
			abort();
		for (size_t j = 0; j < i; j++)
			if (strcmp(filename->extensions[i], filename->extensions[j]) == 0)
				abort();
	}
}

static bool is_plain(struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!ascii_is_alnum(name.p[i]) && name.p[i] != '.')
			return false;
	return name.len > 0 && name.p[name.len - 1] != '.';
}

static void check_plain(const struct filename *filename, struct str name)
{
	const char *dot = memrchr(name.p, '.', name.len);
	size_t len = dot == NULL ? 0 : (size_t)(name.p + name.len - dot - 1);

	if (filename->is_disguised || filename->is_ambiguous || filename->extensions_len != (len > 0 && len <= 20))
		abort();
	if (filename->extensions_len == 1 && !str_equal_nocase(str_of(filename->extensions[0]), (struct str){ dot + 1, len }))
		abort();
}

static void check_charset(struct arena *arena, struct str charset, struct str in)
{
	struct str text;

	if (charset_to_utf8(arena, charset, in, 100, &text) && (text.len > 100 || !utf8_is_valid(text)))
		abort();
	(void)charset_hides_ascii(charset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct filename filename;
	struct arena *arena;
	struct str names[2];
	size_t cut;

	if (size == 0 || size > 1024)
		return 0;
	cut = data[0] < size ? data[0] : size - 1;
	names[0] = (struct str){ (const char *)data + 1, cut };
	names[1] = (struct str){ (const char *)data + 1 + cut, size - 1 - cut };
	arena = arena_new();
	filename_read(arena, names, 2, &filename);
	check_shown(filename.shown);
	check_extensions(&filename);
	filename_read(arena, names, 1, &filename);
	if (is_plain(names[0]))
		check_plain(&filename, names[0]);
	check_charset(arena, names[0], names[1]);
	arena_free(arena);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTML in any charset takes memory in proportion to its bytes, and gives it back. */
#include "milter/unpack/prepare.h"
#include "t/unit/looked_double.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static void check(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char problem[UNPACK_PROBLEM_MAX];

	(void)argc;
	(void)argv;
	return charset_prepare(problem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const charsets[] = { "", "utf-16le", "utf-7", "iso-2022-jp", "utf-8" };
	struct unpack unpack = { .taken_max = 8U << 20 };
	struct content content;

	double_run(&unpack, html_unpack, (struct str){ (const char *)data, size }, size == 0 ? NULL : charsets[data[size - 1] % 5], &content);
	check(content.marks < 1u << MARKS && (unsigned)content.type < FILETYPES);
	check(unpack.taken == 0);
	check(unpack.taken_at_all <= 16 * size + 4096);
	double_free(&unpack);
	return 0;
}

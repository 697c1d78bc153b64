/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A compound file, whatever it says of itself, takes memory in proportion to its bytes, and gives it back. */
#include "t/unit/looked_double.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unpack unpack = { .taken_max = 8U << 20 };
	struct content content;

	double_run(&unpack, ole2_unpack, (struct str){ (const char *)data, size }, NULL, &content);
	check(content.marks < 1u << MARKS && (unsigned)content.type < FILETYPES);
	check(unpack.taken == 0);
	check(unpack.taken_at_all <= 8 * size + 65536);
	double_free(&unpack);
	return 0;
}

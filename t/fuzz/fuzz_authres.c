/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A value that begins with our id is ours whatever follows; so is one in which our id stands behind white space. */
#include <stdint.h>
#include <stdlib.h>

#include "milter/mail/authres.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const starts[] = { "gw.example;", " GW.Example. ", "\n\t(x)gw.example/1;", "\"gw.example\";" };
	struct arena *arena = arena_new();

	(void)authres_claims(arena, (struct str){ (const char *)data, size }, "gw.example");
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		size_t len = strlen(starts[i]);
		char *value = arena_alloc(arena, len + size);

		memcpy(value, starts[i], len);
		if (size > 0)
			memcpy(value + len, data, size);
		check(authres_claims(arena, (struct str){ value, len + size }, "gw.example"));
	}
	arena_free(arena);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A HELO name that was read is normalised, and what is shown of it is harmless between quotes. */
#include <stdint.h>
#include <stdlib.h>

#include "milter/mail/domain.h"
#include "scanners/helo_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_name(struct arena *arena, const struct helo_name *found)
{
	const char *again;

	check(domain_normalise(arena, str_of(found->name), &again) == 0 && strcmp(again, found->name) == 0);
	check((strchr(found->name, '.') != NULL) == (found->kind == HELO_NAME));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const char *helo = arena_strndup(arena, size == 0 ? "" : (const char *)data, size);
	struct helo_name found = helo_name_read(arena, helo);
	char shown[HELO_SHOWN_MAX];

	check((found.kind == HELO_MISSING) == (helo[0] == '\0'));
	check((found.kind == HELO_LITERAL || found.kind == HELO_BARE_ADDRESS) == (found.ip.family != IP_NONE));
	check((found.kind == HELO_NAME || found.kind == HELO_UNQUALIFIED) == (found.name != NULL));
	if (found.name != NULL)
		check_name(arena, &found);
	for (const char *p = helo_name_show(helo, shown); *p != '\0'; p++)
		check(*p >= ' ' && *p <= '~' && *p != '"' && *p != '\\');
	check(strlen(shown) < sizeof(shown));
	arena_free(arena);
	return 0;
}

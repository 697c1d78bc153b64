/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A normalised domain is short, made of the bytes of host names, and its own normal form. */
#include <stdint.h>
#include <stdlib.h>

#include "milter/mail/domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const char *domain, *again;

	if (domain_normalise(arena, (struct str){ (const char *)data, size }, &domain) == 0) {
		check(strlen(domain) <= DOMAIN_MAX);
		check(strspn(domain, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == strlen(domain));
		check(domain[0] != '.' && domain[strlen(domain) - 1] != '.' && strstr(domain, "..") == NULL);
		check(domain_normalise(arena, str_of(domain), &again) == 0 && strcmp(domain, again) == 0);
		check(domain_matches(domain, domain) && !domain_is_below(domain, domain));
	}
	arena_free(arena);
	return 0;
}

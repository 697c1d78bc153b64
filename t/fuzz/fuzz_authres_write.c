/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever strangers say, the field that we write claims our id, holds as many results as were given and no byte that may not stand there; and
 * it says the same when it is folded. */
#include <stdint.h>
#include <stdlib.h>

#include "milter/mail/authres.h"
#include "milter/mail/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* How many results a reader sees who knows quoted strings, or one who cuts at every semicolon. */
static size_t count_results(const char *text, bool knows_quotes)
{
	size_t count = 0;
	bool quoted = false;

	for (; *text != '\0'; text++) {
		check(*text >= ' ' && *text <= '~');
		if (knows_quotes && quoted && *text == '\\')
			check(*++text != '\0');
		else if (knows_quotes && *text == '"')
			quoted = !quoted;
		else if (*text == ';' && !quoted)
			count++;
	}
	check(!quoted);
	return count;
}

/* Line ends of other length change nothing but white space. */
static void check_fold(struct arena *arena, const char *text)
{
	const char *folded = header_fold(arena, "Authentication-Results", text);

	check(authres_claims(arena, str_of(folded), "gw.example"));
	for (;; folded++) {
		while (*folded == ' ' || *folded == '\n' || *folded == '\t')
			folded++;
		while (*text == ' ')
			text++;
		check(*folded == *text);
		if (*text++ == '\0')
			return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const char *value = arena_strndup(arena, size == 0 ? "" : (const char *)data, size);
	const struct authres_result results[] = {
		{ "spf", "fail", value, { { "smtp.mailfrom", value }, { "smtp.helo", value } } },
		{ "iprev", "fail", NULL, { { "policy.iprev", value } } },
	};
	const char *text = authres_format(arena, "gw.example", results, 2);

	check(count_results(text, true) == 2 && count_results(text, false) == 2);
	check(authres_claims(arena, str_of(text), "gw.example") && !authres_claims(arena, str_of(text), "mx.example"));
	check_fold(arena, text);
	arena_free(arena);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines "name:value" as fields: each index is counted right; unfolded values are one line; folded ones are fit to send. */
#include <stdint.h>
#include <stdlib.h>

#include "milter/mail/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_folded(const char *folded)
{
	size_t line = strlen("X-Name: ");
	bool visible = *folded == '\0';

	for (; *folded != '\0'; folded++) {
		check((*folded >= ' ' && *folded <= '~') || (folded[0] == '\n' && folded[1] == '\t'));
		if (*folded == '\n') {
			check(visible);
			folded++;
			line = 1;
			visible = false;
			continue;
		}
		visible |= *folded != ' ';
		check(++line <= HEADER_LINE_MAX);
	}
	check(visible);
}

static void check_indexes(const struct headers *headers)
{
	for (size_t i = 0; i < headers->len && i < 200; i++) {
		unsigned index = 0;

		for (size_t j = 0; j <= i; j++)
			index += ascii_equal(headers->items[i].name, headers->items[j].name);
		check(headers->items[i].index == index);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct str rest = { (const char *)data, size };
	struct headers headers = { .len = 0 };

	while (rest.p != NULL) {
		struct str value = str_split(&rest, "\v"), name = str_split(&value, ":");
		const char *text = value.p == NULL ? "" : arena_strndup(arena, value.p, value.len);

		headers_add(arena, &headers, name.p == NULL ? "" : arena_strndup(arena, name.p, name.len), text);
		check(strpbrk(header_unfold(arena, text), "\r\n") == NULL);
		check_folded(header_fold(arena, "X-Name", text));
	}
	check_indexes(&headers);
	for (size_t i = 0; i < headers.len && i < 20; i++) {
		const char *name = headers.items[i].name;
		size_t position = i;

		(void)header_name_is_odd(name);
		check(headers_next(&headers, name, &position) == &headers.items[i]);
	}
	arena_free(arena);
	return 0;
}

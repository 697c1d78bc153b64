/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever a stranger wrote: what a terminal gets is UTF-8 without control characters, in as many columns as was said; and since_parse, which
 * reads what people type, ends with a moment or an error. */
#include <stdlib.h>

#include "milter/mail/utf8.h"
#include "milter/show.h"
#include "milter/since.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_shown(const char *shown, bool ascii)
{
	if (!utf8_is_valid(str_of(shown)))
		abort();
	for (; *shown != '\0'; shown++)
		if (ascii_is_control(*shown) || utf8_is_c1(str_of(shown)) || (ascii && (unsigned char)*shown >= 0x80))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct show show = { .arena = arena_new(), .ascii = size > 0 && (data[0] & 1) != 0, .columns = 80 };
	const char *text = arena_strndup(show.arena, (const char *)data, size), *cell = show_cell(&show, text, 20), *shown = show_text(&show, text);
	int64_t begin_ms = 0, end_ms = 0;

	check_shown(shown, show.ascii);
	check_shown(cell, show.ascii);
	if (show_width(cell) != 20 || strlen(shown) > 4 * strlen(text))
		abort();
	if (since_parse(text, 1795183445000, &begin_ms, &end_ms) == 0 && begin_ms > end_ms)
		abort();
	arena_free(show.arena);
	return 0;
}

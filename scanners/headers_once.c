/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/headers_once.h"

static const struct single {
	const char *name;
	bool decides;	/* how the body is decoded */
} singles[] = {
	{ "Date", false }, { "Sender", false }, { "Reply-To", false }, { "To", false }, { "Cc", false }, { "Bcc", false },
	{ "Subject", false }, { "Message-ID", false }, { "In-Reply-To", false }, { "References", false }, { "MIME-Version", false },
	{ "Content-ID", false }, { "Content-Disposition", false }, { "Content-Type", true }, { "Content-Transfer-Encoding", true },
};

enum { SINGLES = sizeof(singles) / sizeof(singles[0]) };

struct seen {
	const char *value;	/* of the first; squeezed as soon as there is another; NULL: none */
	bool repeated, differs;
};

static size_t index_of(const char *name)
{
	size_t i = 0;

	while (i < SINGLES && !header_name_equal(name, singles[i].name))
		i++;
	return i;
}

/* Parameters may be written with any white space between them: what is compared has none. */
static const char *squeeze(struct arena *arena, const char *value)
{
	char *text = arena_alloc(arena, strlen(value) + 1), *out = text;

	for (; *value != '\0'; value++)
		if (!ascii_is_space(*value))
			*out++ = ascii_lower(*value);
	return text;
}

static void look(struct arena *arena, struct seen *seen, const char *value)
{
	if (seen->value == NULL) {
		seen->value = value;
		return;
	}
	if (!seen->repeated)
		seen->value = squeeze(arena, seen->value);
	seen->repeated = true;
	seen->differs |= strcmp(seen->value, squeeze(arena, value)) != 0;
}

struct headers_once headers_once_read(struct arena *arena, const struct headers *headers)
{
	struct headers_once once = { .repeated = "" };
	struct seen seen[SINGLES] = { { .value = NULL } };

	for (size_t i = 0; i < headers->len; i++) {
		size_t single = index_of(headers->items[i].name);

		if (single < SINGLES)
			look(arena, &seen[single], headers->items[i].value);
	}
	for (size_t i = 0; i < SINGLES; i++) {
		if (!seen[i].repeated)
			continue;
		once.repeated = arena_printf(arena, "%s%s%s", once.repeated, once.repeated[0] == '\0' ? "" : ", ", singles[i].name);
		if (singles[i].decides && seen[i].differs)
			once.differing = singles[i].name;
	}
	return once;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The readings of a From field hold their bounds; the blanked copy is as long as the field; a plain address reads alike. */
#include <stdint.h>
#include <stdlib.h>

#include "milter/mail/mailbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_strict(struct arena *arena, struct str value)
{
	struct mailboxes strict, again;
	struct str bare;

	if (mailboxes_parse_bare(arena, value, &strict, &bare) < 0) {
		check(mailboxes_ambiguous(arena, value));
		return;
	}
	check(strict.len <= MAILBOXES_MAX && bare.len == value.len);
	for (size_t i = 0; i < bare.len; i++)
		check(bare.p[i] == value.p[i] || bare.p[i] == ' ');
	/* Without the names, the same addresses stand there. A group has lost its name. */
	if (memchr(bare.p, ':', bare.len) == NULL && strict.len > 0) {
		check(mailboxes_parse(arena, bare, &again) == 0 && again.len == strict.len);
		for (size_t i = 0; i < strict.len; i++)
			check(strcmp(strict.items[i].text, again.items[i].text) == 0);
	}
	for (size_t i = 0; i < strict.len; i++)
		check(strict.items[i].domain != NULL && strlen(strict.items[i].text) <= ADDRESS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct str value = { (const char *)data, size };
	struct mailboxes found;

	check_strict(arena, value);
	mailboxes_find(arena, value, &found);
	check(found.len <= MAILBOXES_MAX);
	for (size_t i = 0; i < found.len; i++)
		check(found.items[i].domain != NULL && strlen(found.items[i].text) <= ADDRESS_MAX);
	(void)mailboxes_ambiguous(arena, value);
	arena_free(arena);
	return 0;
}

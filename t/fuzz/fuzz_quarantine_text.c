/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines about a held message, as a disk may give them back: what is read comes back as it is when it is written again. The input is taken
 * as it is, and once more with a first line that fits. */
#include <stdio.h>
#include <stdlib.h>

#include "milter/base/digest.h"
#include "milter/lookup/quarantine_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_same(const struct quarantine_item *a, const struct quarantine_item *b)
{
	check(strcmp(a->id, b->id) == 0 && strcmp(a->held_by, b->held_by) == 0 && strcmp(a->mailfrom, b->mailfrom) == 0);
	check(a->time_ms == b->time_ms && a->size_bytes == b->size_bytes);
	check(a->recipients_len == b->recipients_len && a->attachments_len == b->attachments_len);
	for (size_t i = 0; i < a->recipients_len; i++)
		check(strcmp(a->recipients[i], b->recipients[i]) == 0);
	for (size_t i = 0; i < a->attachments_len; i++)
		check(strcmp(a->attachments[i].name, b->attachments[i].name) == 0 && a->attachments[i].size_bytes == b->attachments[i].size_bytes);
}

static void read_it(struct arena *arena, struct str text)
{
	struct quarantine_item item, again;
	const char *sha256, *sha256_again;
	struct str written;

	if (quarantine_text_len(text) != (int64_t)text.len || quarantine_text_read(arena, text, &item, &sha256) < 0)
		return;
	written = quarantine_text_write(arena, &item, sha256);
	check(quarantine_text_len(written) == (int64_t)written.len);
	check(quarantine_text_read(arena, written, &again, &sha256_again) == 0);
	check(strcmp(sha256, sha256_again) == 0);
	check_same(&item, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	char *text = arena_alloc(arena, size + QUARANTINE_FIRST_LINE + 1), check_text[DIGEST_TEXT_SIZE];
	unsigned char digest[DIGEST_SIZE];

	if (size >= QUARANTINE_FIRST_LINE)
		read_it(arena, (struct str){ (const char *)data, size });
	digest_of(data, size, digest);
	digest_text(digest, check_text);
	(void)snprintf(text, QUARANTINE_FIRST_LINE + 1, "octroi-quarantine 1 %010zu %s\n", size + QUARANTINE_FIRST_LINE, check_text);
	memcpy(text + QUARANTINE_FIRST_LINE, data, size);
	read_it(arena, (struct str){ text, size + QUARANTINE_FIRST_LINE });
	arena_free(arena);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A message of any bytes in every reading, on small limits: it ends, within its budget, and what was left undone or is ambiguous has a reason. */
#include <stdint.h>
#include <stdlib.h>

#include "milter/unpack/prepare.h"
#include "milter/unpack/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define LINE "From x\n"

struct seen {
	uint64_t contents;
	unsigned last;
};

static void must(int ok)
{
	if (!ok)
		abort();
}

static void visit(void *arg, struct str bytes, enum filetype type, const unsigned char digest[32])
{
	struct seen *seen = arg;

	(void)digest;
	must(type < FILETYPES);
	seen->contents++;
	seen->last = bytes.len == 0 ? 0 : (unsigned char)bytes.p[bytes.len - 1];	/* read: the bytes are all there */
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char problem[UNPACK_PROBLEM_MAX];

	(void)argc;
	(void)argv;
	must(charset_prepare(problem) == 0 && gmime_prepare(problem) == 0 && archive_prepare(problem) == 0);	/* not libmagic: slow, and not ours */
	return 0;
}

static void check_inventory(const struct inventory *inventory, const struct unpack_limits *limits)
{
	must(inventory->bytes <= limits->decoded_bytes);
	for (unsigned i = 0; i < AMBIGUITIES; i++)
		must(((inventory->ambiguities >> i & 1) != 0) == (inventory->ambiguity_details[i][0] != '\0'));
	for (unsigned i = 0; i < UNPACK_LIMITS; i++)
		must(((inventory->limits >> i & 1) != 0) == (inventory->limit_details[i][0] != '\0'));
	must(inventory->parts <= limits->parts + 64 || (inventory->limits & 1u << UNPACK_PARTS) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = { 0, 0 };
	const struct unpack_settings settings = {
		.limits = { .depth = 6, .parts = 60, .members = 60, .names = 100, .header_bytes = 4096, .decoded_bytes = 1 << 20, .member_bytes = 1 << 18,
			    .ratio = 10, .memory_bytes = 1 << 19, .cpu_ms = 100000 },
		.visit = visit, .visit_arg = &seen,
	};
	char *message = malloc(size + sizeof(LINE) - 1);	/* no byte more: what reads beyond it is seen */
	struct arena *arena = arena_new();
	struct inventory inventory;

	must(message != NULL);
	memcpy(message, LINE, sizeof(LINE) - 1);
	memcpy(message + sizeof(LINE) - 1, data, size);
	unpack_message(&settings, arena, (struct str){ message, size + sizeof(LINE) - 1 }, &inventory);
	must(seen.contents == inventory.contents);
	check_inventory(&inventory, &settings.limits);
	free(message);
	arena_free(arena);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* archive_bench.h - one archive as the only attachment of a message, and what the walk saw in it. The handlers are those for archives alone. */
#ifndef OCTROI_UNIT_ARCHIVE_BENCH_H
#define OCTROI_UNIT_ARCHIVE_BENCH_H

#include <stdlib.h>

#include "milter/unpack/handlers.h"
#include "milter/unpack/prepare.h"

#define BENCH_EVIL "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

struct bench {
	struct arena *arena;
	struct unpack_limits limits;
	struct str archive, name;
	unsigned evil;		/* contents that are EVIL and nothing else, or end in it */
	uint64_t visits, bytes;
	struct inventory inventory;
};

static struct bench *bench_now;

#define BENCH_HANDLER(name) \
	void name(struct unpack *unpack, const struct item *item) \
	{ \
		(void)unpack, (void)item; \
	}
BENCH_HANDLER(gmime_unpack)
BENCH_HANDLER(text_unpack)
BENCH_HANDLER(salvage_unpack)
BENCH_HANDLER(tnef_unpack)
BENCH_HANDLER(smime_unpack)
BENCH_HANDLER(appledouble_unpack)
BENCH_HANDLER(calendar_unpack)
BENCH_HANDLER(ole2_unpack)
BENCH_HANDLER(pdf_unpack)
BENCH_HANDLER(html_unpack)
BENCH_HANDLER(svg_unpack)
BENCH_HANDLER(xml_unpack)
BENCH_HANDLER(rtf_unpack)
BENCH_HANDLER(onenote_unpack)
BENCH_HANDLER(links_unpack)
BENCH_HANDLER(appended_unpack)

int gmime_prepare(char problem[UNPACK_PROBLEM_MAX])
{
	(void)problem;
	return 0;
}

void mime_unpack(struct unpack *unpack, const struct item *item)
{
	if (item->parent == NULL)
		(void)unpack_found(unpack, &(struct item){ .parent = item, .kind = ITEM_PART, .bytes = bench_now->archive, .names = &bench_now->name,
			.names_len = bench_now->name.len > 0, .is_attachment = true });
}

static void bench_visit(void *arg, struct str bytes, enum filetype type, const unsigned char digest[32])
{
	struct bench *bench = arg;
	struct str evil = STR(BENCH_EVIL);

	(void)type, (void)digest;
	bench->visits++;
	bench->bytes += bytes.len;
	if (bytes.len == evil.len && memcmp(bytes.p, evil.p, evil.len) == 0)
		bench->evil++;
}

static inline void bench_start(struct bench *bench)
{
	char problem[UNPACK_PROBLEM_MAX];

	*bench = (struct bench){ .arena = arena_new(), .limits = {
		.depth = 12, .parts = 1000, .members = 10000, .names = 20000, .header_bytes = 65536, .decoded_bytes = 512 << 20,
		.member_bytes = 64 << 20, .ratio = 200, .memory_bytes = 256 << 20, .cpu_ms = 60000 } };
	if (archive_prepare(problem) != 0)
		abort();
}

static inline void bench_look(struct bench *bench, struct str archive, const char *name)
{
	struct unpack_settings settings = { .limits = bench->limits, .visit = bench_visit, .visit_arg = bench };

	bench_now = bench;
	bench->archive = archive;
	bench->name = str_of(name);
	bench->evil = 0;
	bench->visits = bench->bytes = 0;
	unpack_message(&settings, bench->arena, STR("From x\nSubject: a\n\n.\n"), &bench->inventory);
}

static inline void bench_end(struct bench *bench)
{
	arena_free(bench->arena);
}

static inline const struct inventory_entry *bench_entry(const struct bench *bench, const char *name)
{
	for (size_t i = 0; i < bench->inventory.entries_len; i++) {
		if (strcmp(bench->inventory.entries[i].name, name) == 0)
			return &bench->inventory.entries[i];
	}
	return NULL;
}

static inline bool bench_has_extension(const struct bench *bench, const char *extension)
{
	for (size_t i = 0; i < bench->inventory.entries_len; i++) {
		const struct inventory_entry *entry = &bench->inventory.entries[i];

		for (size_t j = 0; j < entry->extensions_len; j++) {
			if (strcmp(entry->extensions[j], extension) == 0)
				return true;
		}
	}
	return false;
}

static inline unsigned bench_marks(const struct bench *bench)
{
	unsigned marks = 0;

	for (size_t i = 0; i < bench->inventory.entries_len; i++)
		marks |= bench->inventory.entries[i].marks;
	return marks & ((1u << MARK_ENCRYPTED) | (1u << MARK_UNREADABLE));
}

static inline bool bench_is_ambiguous(const struct bench *bench, enum ambiguity ambiguity)
{
	return (bench->inventory.ambiguities & UINT64_C(1) << ambiguity) != 0;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ZIP gives no more than its limits, all memory comes back; and what another reader gets out of it, by its directory or from its start, was seen
 * here, too, or something is said about the archive. */
#include <archive.h>
#include <archive_entry.h>
#include <stdint.h>
#include <stdlib.h>

#include "milter/base/digest.h"
#include "t/unit/archive_bench.h"

#define CONTENTS_MAX 512
#define MEMBERS_MAX 64
#define MEMBER_BYTES ((size_t)64 << 10)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A stream may ask for a dictionary of 4 GiB, of which nothing is touched; in the cage RLIMIT_AS denies it. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static char limit[] = "-malloc_limit_mb=16000", *arguments[64];
	int len = 0;

	for (; len < *argc && len < 62; len++)
		arguments[len] = (*argv)[len];
	arguments[len++] = limit;
	*argc = len;
	*argv = arguments;
	return 0;
}

static unsigned char seen[CONTENTS_MAX][DIGEST_SIZE];
static size_t seen_len;
static char member[MEMBER_BYTES];

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void see(void *arg, struct str bytes, enum filetype type, const unsigned char digest[32])
{
	bench_visit(arg, bytes, type, digest);
	if (seen_len < CONTENTS_MAX)
		memcpy(seen[seen_len++], digest, DIGEST_SIZE);
}

static bool was_seen(const char *bytes, size_t len)
{
	unsigned char digest[DIGEST_SIZE];

	digest_of(bytes, len, digest);
	for (size_t i = 0; i < seen_len; i++) {
		if (memcmp(seen[i], digest, DIGEST_SIZE) == 0)
			return true;
	}
	return seen_len == CONTENTS_MAX;
}

/* Directories and what is not whole are not compared. */
static bool read_whole(struct archive *archive, struct archive_entry *entry, size_t *ret_len)
{
	la_ssize_t r;

	*ret_len = 0;
	if (archive_entry_filetype(entry) != AE_IFREG)
		return false;
	while ((r = archive_read_data(archive, member + *ret_len, sizeof(member) - *ret_len)) > 0)
		*ret_len += (size_t)r;
	return r == 0 && *ret_len > 0 && *ret_len < sizeof(member);
}

static void compare(int (*format)(struct archive *), const uint8_t *data, size_t size)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	size_t len;
	int r = archive == NULL || format(archive) != ARCHIVE_OK ? ARCHIVE_FATAL : archive_read_open_memory(archive, data, size);

	for (unsigned i = 0; r == ARCHIVE_OK && i < MEMBERS_MAX; i++) {
		r = archive_read_next_header(archive, &entry);
		if (r == ARCHIVE_OK && read_whole(archive, entry, &len))
			check(was_seen(member, len));
	}
	archive_read_free(archive);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bench bench;
	struct unpack_settings settings = { .visit = see, .visit_arg = &bench };

	bench_start(&bench);
	bench.limits = (struct unpack_limits){ .depth = 5, .parts = 100, .members = 100, .names = 200, .header_bytes = 4096, .decoded_bytes = 4 << 20,
		.member_bytes = MEMBER_BYTES, .ratio = 100, .memory_bytes = 1 << 20, .cpu_ms = 5000 };
	settings.limits = bench.limits;
	seen_len = 0;
	bench_now = &bench;
	bench.archive = (struct str){ (const char *)data, size };
	bench.name = STR("a.zip");
	unpack_message(&settings, bench.arena, STR("From x\nSubject: a\n\n.\n"), &bench.inventory);
	check(bench.inventory.bytes <= bench.limits.decoded_bytes);
	check((bench.inventory.limits & 1u << UNPACK_TIME) == 0);
	if (bench.inventory.limits == 0 && bench.inventory.ambiguities == 0 && bench_marks(&bench) == 0 && size > 4 && memcmp(data, "PK\3\4", 4) == 0) {
		compare(archive_read_support_format_zip_seekable, data, size);
		compare(archive_read_support_format_zip_streamable, data, size);
	}
	bench_end(&bench);
	return 0;
}

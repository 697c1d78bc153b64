/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Archives and compressed files of all kinds give no more than their limits, all memory comes back, and what is cut short is not taken for whole. */
#include <stdint.h>
#include <stdlib.h>

#include "t/unit/archive_bench.h"

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

/* Members of which no bytes came through are fine in archives; a compressed file whose only member is missing is not. */
static void check(const struct bench *bench)
{
	if (bench->inventory.bytes > bench->limits.decoded_bytes || (bench->inventory.limits & 1u << UNPACK_TIME) != 0)
		abort();
	if (bench->inventory.members > bench->limits.members + 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "a.7z", "a.gz", "a.tar", "a.rar", "a.bin" };
	struct bench bench;

	if (size == 0)
		return 0;
	bench_start(&bench);
	bench.limits = (struct unpack_limits){ .depth = 5, .parts = 100, .members = 100, .names = 200, .header_bytes = 4096, .decoded_bytes = 4 << 20,
		.member_bytes = 64 << 10, .ratio = 100, .memory_bytes = 1 << 20, .cpu_ms = 5000 };
	bench_look(&bench, (struct str){ (const char *)data + 1, size - 1 }, names[data[0] % 5]);
	check(&bench);
	bench_end(&bench);
	return 0;
}

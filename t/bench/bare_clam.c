/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bare_clam - libclamav alone, in a loop over a corpus: the least that a scan of each message costs.
 *
 * Engine and scan options are the defaults of section antivirus (scanners/antivirus_load.c); no cage, no callbacks, no
 * protocol. malloc is tuned as in an examiner and temporary files go to memory as there, unless --stock is given, so that the
 * yardstick is not a slow one. Each line of standard input is a number of messages and the directory of their corpus; it is
 * answered with a line of JSON. CPU time is that of the scans alone. */
#include <clamav.h>
#include <inttypes.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "milter/base/cleanup.h"
#include "t/bench/corpus.h"

#define MIB (1024LL * 1024)
#define MEMORY_DIR "/dev/shm"
#define CONTENT_PREFIX "From x\n"

static const struct { enum cl_engine_field field; long long value; } numbers[] = {
	{ CL_ENGINE_MAX_SCANSIZE, 256 * MIB }, { CL_ENGINE_MAX_FILESIZE, 100 * MIB },
	{ CL_ENGINE_MAX_RECURSION, 17 }, { CL_ENGINE_MAX_FILES, 10000 }, { CL_ENGINE_MAX_SCANTIME, 60000 },
	{ CL_ENGINE_MAX_HTMLNORMALIZE, MIB }, { CL_ENGINE_MAX_HTMLNOTAGS, MIB }, { CL_ENGINE_MAX_SCRIPTNORMALIZE, MIB },
	{ CL_ENGINE_MAX_EMBEDDEDPE, 100 * MIB }, { CL_ENGINE_MAX_ZIPTYPERCG, 100 * MIB },
	{ CL_ENGINE_PCRE_MAX_FILESIZE, 100 * MIB },
	{ CL_ENGINE_DISABLE_CACHE, 1 }, { CL_ENGINE_BYTECODE_MODE, CL_BYTECODE_MODE_INTERPRETER },
};

/* As the product: HTML is matched as it is, too, and not only in its normalised form. */
static const char modules[] = "DOCUMENT:0xffffffef:1:255\n";

static cl_error_t load_modules(struct cl_engine *engine)
{
	char dir[] = "/tmp/bare-clam-XXXXXX";
	char path[sizeof(dir) + 16];
	unsigned ignored = 0;
	cl_error_t status = CL_ECREAT;
	FILE *file;

	if (mkdtemp(dir) == NULL)
		return status;
	snprintf(path, sizeof(path), "%s/octroi.cfg", dir);
	file = fopen(path, "wxe");
	if (file != NULL) {
		fputs(modules, file);
		if (fclose(file) == 0)
			status = cl_load(path, engine, &ignored, 0);
		(void)unlink(path);
	}
	(void)rmdir(dir);
	return status;
}

static void tune(struct cl_engine *engine)
{
	(void)mallopt(M_MMAP_THRESHOLD, 32 << 20);
	(void)mallopt(M_TRIM_THRESHOLD, 64 << 20);
	if (access(MEMORY_DIR, W_OK) == 0)
		(void)cl_engine_set_str(engine, CL_ENGINE_TMPDIR, MEMORY_DIR);
}

static struct cl_engine *load_engine(const char *database, bool stock, unsigned *signatures)
{
	struct cl_engine *engine;
	cl_error_t status;

	if (cl_init(CL_INIT_DEFAULT) != CL_SUCCESS || (engine = cl_engine_new()) == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		(void)cl_engine_set_num(engine, numbers[i].field, numbers[i].value);
	if (!stock)
		tune(engine);
	status = cl_load(database, engine, signatures, CL_DB_PHISHING | CL_DB_BYTECODE);
	if (status == CL_SUCCESS)
		status = load_modules(engine);
	if (status == CL_SUCCESS)
		status = cl_engine_compile(engine);
	if (status == CL_SUCCESS && *signatures > 0)
		return engine;
	fprintf(stderr, "bare_clam: %s: %s\n", database, *signatures == 0 ? "no signatures" : cl_strerror(status));
	(void)cl_engine_free(engine);
	return NULL;
}

struct counts {
	uint64_t messages, infected, errors, size_bytes;
};

static void scan(const struct cl_engine *engine, struct str bytes, struct counts *counts)
{
	struct cl_scan_options options = {
		.general = CL_SCAN_GENERAL_HEURISTICS, .parse = UINT32_MAX,
		.heuristic = CL_SCAN_HEURISTIC_EXCEEDS_MAX | CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE | CL_SCAN_HEURISTIC_ENCRYPTED_DOC,
	};
	const char *name = NULL;
	unsigned long scanned = 0;
	cl_fmap_t *map = cl_fmap_open_memory(bytes.p, bytes.len);
	cl_error_t status = map == NULL ? CL_EMAP : cl_scanmap_callback(map, NULL, &name, &scanned, engine, &options, NULL);

	if (map != NULL)
		cl_fmap_close(map);
	counts->messages++;
	counts->size_bytes += bytes.len;
	counts->infected += status == CL_VIRUS;
	counts->errors += status != CL_VIRUS && status != CL_CLEAN;
}

static double cpu_ms(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static double wall_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The messages in the same order as the load generator sends them, from the first one. */
static void scan_round(const struct cl_engine *engine, const struct str *messages, size_t len, uint64_t wanted)
{
	struct counts counts = { 0 };
	double cpu = cpu_ms(), wall = wall_s();

	while (counts.messages < wanted)
		scan(engine, messages[counts.messages % len], &counts);
	printf("{\"messages\": %" PRIu64 ", \"cpu_ms\": %.3f, \"elapsed_s\": %.3f, \"infected\": %" PRIu64 ", \"errors\": %" PRIu64
	       ", \"size_bytes\": %" PRIu64 "}\n",
	       counts.messages, cpu_ms() - cpu, wall_s() - wall, counts.infected, counts.errors, counts.size_bytes);
	(void)fflush(stdout);
}

static struct str *prefixed(struct arena *arena, const struct corpus *corpus)
{
	struct str *messages = arena_array(arena, corpus->len, sizeof(*messages));

	for (size_t i = 0; i < corpus->len; i++) {
		struct str raw = corpus->messages[i].raw;
		char *p = arena_alloc(arena, sizeof(CONTENT_PREFIX) + raw.len);

		memcpy(p, CONTENT_PREFIX, sizeof(CONTENT_PREFIX) - 1);
		memcpy(p + sizeof(CONTENT_PREFIX) - 1, raw.p, raw.len);
		messages[i] = (struct str){ p, sizeof(CONTENT_PREFIX) - 1 + raw.len };
	}
	return messages;
}

/* "1000 /path/of/corpus" */
static int obey(const struct cl_engine *engine, char *line)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct corpus corpus;
	char *dir;
	uint64_t wanted = strtoull(line, &dir, 10);

	dir += strspn(dir, " ");
	dir[strcspn(dir, "\n")] = '\0';
	if (corpus_read(arena, dir, &corpus) < 0) {
		fprintf(stderr, "bare_clam: %s: no corpus\n", dir);
		return -1;
	}
	scan_round(engine, prefixed(arena, &corpus), corpus.len, wanted);
	return 0;
}

int main(int argc, char **argv)
{
	bool stock = argc == 3 && strcmp(argv[2], "--stock") == 0;
	struct cl_engine *engine;
	unsigned signatures = 0;
	char line[PATH_MAX];
	int r = 0;

	if (argc != 2 && !stock) {
		fputs("usage: bare_clam DATABASE [--stock] < LINES\n", stderr);
		return 2;
	}
	engine = load_engine(argv[1], stock, &signatures);
	if (engine == NULL)
		return 1;
	printf("{\"signatures\": %u, \"libclamav\": \"%s\"}\n", signatures, cl_retver());
	(void)fflush(stdout);
	while (r == 0 && fgets(line, sizeof(line), stdin) != NULL)
		r = obey(engine, line);
	(void)cl_engine_free(engine);
	return r == 0 ? 0 : 1;
}

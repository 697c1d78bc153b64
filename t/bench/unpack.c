/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unpack - processor time for each message: libclamav alone, unpacking alone, both as the content job does them, and both once more for messages whose
 * attachments this process has seen. No cage, no protocol. Each turn is a fresh child, so that nothing is known in it; the turns take turns. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "conf/conf.h"
#include "milter/base/cleanup.h"
#include "milter/base/digest.h"
#include "milter/unpack/prepare.h"
#include "milter/unpack/unpack.h"
#include "scanners/antivirus_engine.h"
#include "scanners/antivirus_settings.h"
#include "scanners/content_settings.h"
#include "t/bench/corpus.h"

#define CONTENT_PREFIX "From x\n"
enum { ROUNDS = 5, SCAN_MS = 60000 };
enum mode { CLAM, UNPACK, BOTH, AGAIN, MODES };
static const char *const mode_names[MODES] = { "libclamav", "unpacking", "both", "both, again" };

struct bench {
	struct antivirus_engine *engine;
	struct unpack_limits limits;
	const struct str *messages;
	size_t len;
};

struct figures {
	double cpu_ms;
	uint64_t contents, ambiguous, limited, unclean;
};

static double cpu_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void show(void *arg, struct str bytes, enum filetype type, const unsigned char digest[DIGEST_SIZE])
{
	/* The message itself, which begins as no content does, has been scanned. */
	if (!str_has_prefix(bytes, STR(CONTENT_PREFIX)))
		antivirus_scan_content(arg, bytes, digest, type == FILETYPE_TEXT || type == FILETYPE_HTML);
}

static void look_inside(const struct bench *bench, struct str message, struct antivirus_scan *scan, struct figures *figures)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const struct unpack_settings settings = { .limits = bench->limits, .visit = scan == NULL ? NULL : show, .visit_arg = scan };
	struct inventory inventory;

	unpack_message(&settings, arena, message, &inventory);
	figures->contents += inventory.contents;
	figures->ambiguous += inventory.ambiguities != 0;
	figures->limited += inventory.limits != 0;
}

static void examine(const struct bench *bench, enum mode mode, struct str message, struct figures *figures)
{
	struct antivirus_scan *scan = mode == UNPACK ? NULL : antivirus_scan_begin(bench->engine, SCAN_MS);
	struct antivirus_answer answer;

	if (scan != NULL)
		antivirus_scan_message(scan, message);
	if (mode != CLAM)
		look_inside(bench, message, scan, figures);
	if (scan == NULL)
		return;
	if (antivirus_scan_rest(scan, message) && mode != CLAM)
		look_inside(bench, message, scan, figures);
	antivirus_scan_end(scan, &answer);
	figures->unclean += answer.outcome != ANTIVIRUS_CLEAN;
}

static struct figures turn(const struct bench *bench, enum mode mode)
{
	struct figures figures = { .cpu_ms = 0 }, ignored = { .cpu_ms = 0 };
	double started_ms;

	for (size_t i = 0; mode == AGAIN && i < bench->len; i++)
		examine(bench, BOTH, bench->messages[i], &ignored);
	started_ms = cpu_ms();
	for (size_t i = 0; i < bench->len; i++)
		examine(bench, mode, bench->messages[i], &figures);
	figures.cpu_ms = cpu_ms() - started_ms;
	return figures;
}

static struct figures turn_in_child(const struct bench *bench, enum mode mode)
{
	struct figures figures = { .cpu_ms = 0 };
	int fds[2], status;
	pid_t pid;

	if (pipe(fds) < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		figures = turn(bench, mode);
		_exit(write(fds[1], &figures, sizeof(figures)) == sizeof(figures) ? 0 : 1);
	}
	(void)close(fds[1]);
	if (read(fds[0], &figures, sizeof(figures)) != sizeof(figures) || waitpid(pid, &status, 0) != pid)
		abort();
	(void)close(fds[0]);
	return figures;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const struct bench *bench, const char *corpus, size_t size_bytes)
{
	double ms[MODES][ROUNDS], median[MODES];
	struct figures figures = { .cpu_ms = 0 };

	for (int round = 0; round < ROUNDS; round++) {
		for (int mode = 0; mode < MODES; mode++) {
			struct figures got = turn_in_child(bench, (enum mode)mode);

			ms[mode][round] = got.cpu_ms / (double)bench->len;
			figures = mode == BOTH ? got : figures;
		}
	}
	printf("%s: %zu messages of %zu bytes; %" PRIu64 " contents, %" PRIu64 " ambiguous, %" PRIu64 " over a limit, %" PRIu64 " not clean\n", corpus,
	       bench->len, size_bytes / bench->len, figures.contents, figures.ambiguous, figures.limited, figures.unclean);
	for (int mode = 0; mode < MODES; mode++) {
		qsort(ms[mode], ROUNDS, sizeof(ms[mode][0]), by_size);
		median[mode] = ms[mode][ROUNDS / 2];
		printf("  %-12s %9.4f ms (%.4f to %.4f)  %6.1f %%\n", mode_names[mode], median[mode], ms[mode][0], ms[mode][ROUNDS - 1],
		       100 * median[mode] / median[CLAM]);
	}
	(void)fflush(stdout);
}

static struct str prefixed(struct arena *arena, struct str raw)
{
	char *p = arena_alloc(arena, sizeof(CONTENT_PREFIX) + raw.len);

	memcpy(p, CONTENT_PREFIX, sizeof(CONTENT_PREFIX) - 1);
	memcpy(p + sizeof(CONTENT_PREFIX) - 1, raw.p, raw.len);
	return (struct str){ p, sizeof(CONTENT_PREFIX) - 1 + raw.len };
}

static int measure_corpus(struct bench *bench, const char *directory)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct corpus corpus;
	struct str *messages;
	int r = corpus_read(arena, directory, &corpus);

	if (r < 0) {
		(void)fprintf(stderr, "unpack: %s: %s\n", directory, strerror(-r));
		return r;
	}
	messages = arena_array(arena, corpus.len, sizeof(*messages));
	for (size_t i = 0; i < corpus.len; i++)
		messages[i] = prefixed(arena, corpus.messages[i].raw);
	bench->messages = messages;
	bench->len = corpus.len;
	measure(bench, directory, corpus.size_bytes);
	return 0;
}

/* The defaults of milter.conf with that database. */
static struct conf *settings_for(const char *top, const char *database)
{
	static const struct option_section *const sections[] = { &antivirus_section, &content_section, NULL };
	char path[128];
	FILE *file;
	struct conf *conf;

	(void)snprintf(path, sizeof(path), "%s/milter.conf", top);
	file = fopen(path, "w");
	if (file == NULL)
		abort();
	(void)fprintf(file, "antivirus {\n\tdatabase = \"%s\"\n}\n", database);
	(void)fclose(file);
	conf = conf_load(path, sections);
	(void)unlink(path);
	return conf;
}

static int start(struct bench *bench, const char *top, const char *database)
{
	char problem[JOB_STATUS_MAX] = "";
	struct conf *conf = settings_for(top, database);
	const struct content_settings *settings = conf_settings(conf, "content");
	int r = antivirus_engine_prepare(conf, &bench->engine, problem);

	bench->limits = settings->limits;
	conf_free(conf);
	if (r == 0)
		r = unpack_prepare(problem);
	if (r == 0)
		r = antivirus_engine_warm(bench->engine, top);
	if (r < 0)
		(void)fprintf(stderr, "unpack: %s: %s\n", problem, strerror(-r));
	return r;
}

int main(int argc, char **argv)
{
	char top[] = "/dev/shm/octroi-bench-XXXXXX";	/* in memory, as in a cage */
	struct bench bench = { .engine = NULL };
	int r;

	if (argc < 3) {
		(void)fputs("usage: unpack DATABASE CORPUS...\n", stderr);
		return 2;
	}
	if (mkdtemp(top) == NULL) {
		perror(top);
		return 1;
	}
	r = start(&bench, top, argv[1]);
	for (int i = 2; r == 0 && i < argc; i++)
		r = measure_corpus(&bench, argv[i]);
	antivirus_engine_free(bench.engine);
	(void)rmdir(top);
	return r == 0 ? 0 : 1;
}

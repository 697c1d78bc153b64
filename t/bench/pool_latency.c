/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pool_latency.c - measures the pool: what a fork and a question cost, and whether quick jobs wait behind slow ones. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "milter/base/arena.h"
#include "milter/base/clock.h"
#include "milter/isolate/pool.h"
#include "t/lib/nursery.h"

enum { KIND_NOTHING, KIND_SLEEP };
enum { ROUNDS = 5000, SLEEPERS = 100, SLEEP_MS = 2000, QUICK_THREADS = 8, QUICK_MS = 3000, QUICK_PAUSE_MS = 10 };

static size_t ballast_bytes;

/* Memory that is shared by all examiners, as a virus database is. */
static int prepare_ballast(const struct conf *conf, void **ret_shared, char status[JOB_STATUS_MAX])
{
	char *p;

	(void)conf;
	if (ballast_bytes == 0)
		return 0;
	p = mmap(NULL, ballast_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -1;
	memset(p, 1, ballast_bytes);
	*ret_shared = p;
	(void)snprintf(status, JOB_STATUS_MAX, "%zu MiB of ballast", ballast_bytes >> 20);
	return 0;
}

static int run_nothing(void *shared, struct frame *question, int message_fd, struct frame *answer)
{
	(void)shared;
	(void)question;
	(void)message_fd;
	(void)answer;
	return 0;
}

static int run_sleep(void *shared, struct frame *question, int message_fd, struct frame *answer)
{
	const struct timespec time = { SLEEP_MS / 1000, SLEEP_MS % 1000 * 1000000L };

	(void)nanosleep(&time, NULL);
	return run_nothing(shared, question, message_fd, answer);
}

static const struct job_kind nothing = { .name = "nothing", .prepare = prepare_ballast, .run = run_nothing };
static const struct job_kind sleeping = { .name = "sleep", .run = run_sleep };
const struct job_kind *const job_kinds[] = { &nothing, &sleeping, NULL };

static uint64_t now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double percentile_ms(const uint64_t *sorted_us, size_t len, size_t percent)
{
	size_t at = len * percent / 100;

	return (double)sorted_us[at < len ? at : len - 1] / 1e3;
}

static void print(const char *what, uint64_t *us, size_t len)
{
	if (len == 0)
		return;
	qsort(us, len, sizeof(*us), compare);
	(void)printf("%-34s n=%-6zu p50 %8.3f ms  p99 %8.3f ms  max %8.3f ms\n", what, len, percentile_ms(us, len, 50),
		     percentile_ms(us, len, 99), percentile_ms(us, len, 100));
}

static struct pool *pool;
static int message_fd;

static int ask(unsigned kind)
{
	struct frame *frames = xcalloc(2, sizeof(*frames));
	int error, r;
	struct pool_job job = { .kind = kind, .question = &frames[0], .message_fd = message_fd,
				.deadline_ms = clock_monotonic_ms() + 60000, .run_ms = 30000 };

	r = pool_ask(pool, &job, &frames[1], &error);
	free(frames);
	return r;
}

static void *sleeper(void *arg)
{
	(void)arg;
	return ask(KIND_SLEEP) == 0 ? NULL : pool;
}

struct quick {
	uint64_t us[QUICK_MS];
	size_t len, failed;
};

static void *quick_asker(void *arg)
{
	struct quick *quick = arg;
	uint64_t end_ms = clock_monotonic_ms() + QUICK_MS;

	while (clock_monotonic_ms() < end_ms && quick->len < QUICK_MS) {
		uint64_t start_us = now_us();

		quick->failed += ask(KIND_NOTHING) != 0;
		quick->us[quick->len++] = now_us() - start_us;
		(void)usleep(QUICK_PAUSE_MS * 1000);
	}
	return NULL;
}

/* Examiners one after the other: recycled after each job, none spare, so that each question waits for a fork. */
static void measure_fork(int channel)
{
	const struct pool_settings settings = { .spare = 0, .max = 1, .jobs_each = 1 };
	uint64_t us[200];

	pool = pool_new(&settings);
	pool_set_zygote(pool, channel);
	for (size_t i = 0; i < 200; i++) {
		uint64_t start_us = now_us();

		(void)ask(KIND_NOTHING);
		us[i] = now_us() - start_us;
	}
	pool_free(pool);
	print("fork and set up (and 5 ms patience)", us, 200);
}

static void measure_round_trip(int channel)
{
	const struct pool_settings settings = { .spare = 2, .max = 4, .jobs_each = 100000 };
	static uint64_t us[ROUNDS];

	pool = pool_new(&settings);
	pool_set_zygote(pool, channel);
	(void)pool_wait_ready(pool, UINT64_MAX);
	for (size_t i = 0; i < ROUNDS; i++) {
		uint64_t start_us = now_us();

		(void)ask(KIND_NOTHING);
		us[i] = now_us() - start_us;
	}
	pool_free(pool);
	print("question and answer", us, ROUNDS);
}

static void measure_sleepers(int channel)
{
	const struct pool_settings settings = { .spare = 4, .max = 150, .jobs_each = 1000 };
	static struct quick quick[QUICK_THREADS];
	static uint64_t us[QUICK_THREADS * QUICK_MS];
	pthread_t threads[SLEEPERS + QUICK_THREADS];
	size_t len = 0, failed = 0;
	uint64_t start_us;

	pool = pool_new(&settings);
	pool_set_zygote(pool, channel);
	(void)pool_wait_ready(pool, UINT64_MAX);
	start_us = now_us();
	for (size_t i = 0; i < SLEEPERS; i++)
		(void)pthread_create(&threads[i], NULL, sleeper, NULL);
	for (size_t i = 0; i < QUICK_THREADS; i++)
		(void)pthread_create(&threads[SLEEPERS + i], NULL, quick_asker, &quick[i]);
	for (size_t i = 0; i < SLEEPERS; i++) {
		void *bad;

		(void)pthread_join(threads[i], &bad);
		failed += bad != NULL;
	}
	(void)printf("%-34s %8.3f ms, %zu failed\n", "100 sleepers of 2 s are through after",
		     (double)(now_us() - start_us) / 1e3, failed);
	for (size_t i = 0; i < QUICK_THREADS; i++) {
		(void)pthread_join(threads[SLEEPERS + i], NULL);
		memcpy(us + len, quick[i].us, quick[i].len * sizeof(us[0]));
		len += quick[i].len;
	}
	print("quick jobs, from the start", us, len);
	len = 0;
	for (size_t i = 0; i < QUICK_THREADS; i++) {
		size_t skip = quick[i].len / 5;

		memcpy(us + len, quick[i].us + skip, (quick[i].len - skip) * sizeof(us[0]));
		len += quick[i].len - skip;
	}
	print("quick jobs, without their first fifth", us, len);
	pool_free(pool);
}

int main(int argc, char **argv)
{
	char scratch[] = "/tmp/octroi-bench-XXXXXX";
	struct zygote_settings settings = { .scratch_bytes = 64 << 20, .memory_bytes = 1 << 30 };
	struct nursling zygote;

	if (argc > 1)
		ballast_bytes = strtoull(argv[1], NULL, 10) << 20;
	if (mkdtemp(scratch) == NULL)
		return 1;
	settings.scratch = scratch;
	nursery_start(&settings);
	message_fd = memfd_create("message", MFD_CLOEXEC);
	zygote = nursery_zygote();
	(void)printf("sandbox: %s; %s\n", zygote.layers, zygote.status);
	measure_fork(zygote.channel);
	measure_round_trip(nursery_zygote().channel);
	measure_sleepers(nursery_zygote().channel);
	nursery_stop();
	return 0;
}

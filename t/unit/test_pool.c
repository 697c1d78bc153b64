/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pool with real zygotes and examiners, and jobs that misbehave in every way. */
#include "milter/isolate/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "milter/base/arena.h"
#include "milter/base/clock.h"
#include "milter/isolate/examiner.h"
#include "milter/isolate/scratch.h"
#include "t/lib/nursery.h"
#include "t/unit/rows.h"

enum { SOCKET_FD = 3 };		/* of an examiner */

enum kind {
	KIND_ECHO, KIND_MESSAGE, KIND_SLEEP, KIND_CRASH, KIND_EXIT, KIND_HANG, KIND_SPIN, KIND_HUGE, KIND_GARBAGE,
	KIND_FORGED_KIND, KIND_FORGED_ERROR, KIND_FDS, KIND_EMPTY, KIND_CHATTER, KIND_ERROR, KIND_LEAK, KIND_FILL, KIND_WHO,
	KIND_RAND, KIND_WARM,
};

static int warm_calls;

static void sleep_ms(uint64_t ms)
{
	const struct timespec time = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

	(void)nanosleep(&time, NULL);
}

#define JOB(name) static int name(void *shared, struct frame *question, int message_fd, struct frame *answer)
#define UNUSED ((void)shared, (void)question, (void)message_fd, (void)answer)

JOB(run_echo)
{
	UNUSED;
	frame_put_u64(answer, frame_get_u64(question));
	frame_put_str(answer, frame_get_str(question));
	return frame_done(question) ? 0 : -EBADMSG;
}

/* Reads from where the descriptor stands, as libraries do. */
JOB(run_message)
{
	char text[100];
	ssize_t len = read(message_fd, text, sizeof(text));

	UNUSED;
	if (len < 0)
		return -errno;
	frame_put_str(answer, (struct str){ text, (size_t)len });
	return 0;
}

JOB(run_sleep)
{
	UNUSED;
	sleep_ms(frame_get_u64(question));
	return 0;
}

/* SIGSEGV, without a sanitizer's own idea of a null pointer. */
JOB(run_crash)
{
	volatile char *forbidden = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	UNUSED;
	return *forbidden;
}

JOB(run_exit)
{
	UNUSED;
	_exit(0);
}

JOB(run_hang)
{
	UNUSED;
	sleep_ms(3600000);
	return 0;
}

JOB(run_spin)
{
	volatile bool always = true;

	UNUSED;
	while (always)
		;
	return 0;
}

JOB(run_huge)
{
	static char many[FRAME_MAX];

	UNUSED;
	frame_put_str(answer, (struct str){ many, sizeof(many) });
	return 0;
}

static int send_raw(const void *data, size_t len)
{
	(void)send(SOCKET_FD, data, len, 0);
	sleep_ms(100);			/* what comes after it comes late */
	return 0;
}

JOB(run_garbage)
{
	UNUSED;
	return send_raw("\1\2", 2);
}

JOB(run_empty)
{
	UNUSED;
	return send_raw("", 0);
}

JOB(run_forged_kind)
{
	UNUSED;
	return send_raw("\1\0\0\0", 4);
}

JOB(run_forged_error)
{
	UNUSED;
	return send_raw("\3\0\0\177\0\0\0\0\0\0\0\200", 12);
}

JOB(run_fds)
{
	const int fds[] = { 0, 0, 0 };

	UNUSED;
	if (frame_send(SOCKET_FD, answer, fds, 3, UINT64_MAX) < 0)
		return -EIO;
	_exit(0);
}

/* A second answer that the next job must not get. */
JOB(run_chatter)
{
	UNUSED;
	frame_put_u64(answer, 4711);
	return frame_send(SOCKET_FD, answer, NULL, 0, UINT64_MAX);
}

JOB(run_error)
{
	UNUSED;
	return -ENODATA;
}

/* How many can be leaked; each time as many when the examiner tidies up. */
JOB(run_leak)
{
	uint64_t count = 0;

	UNUSED;
	while (dup(SOCKET_FD) >= 0)
		count++;
	frame_put_u64(answer, count);
	return 0;
}

static char scratch_seen[256];

static bool write_block(int number)
{
	static char block[16384];
	char path[300];
	int fd;
	bool done;

	(void)snprintf(path, sizeof(path), "%s/file%d", scratch_seen, number);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	done = fd >= 0 && write(fd, block, sizeof(block)) == sizeof(block);
	(void)close(fd);
	return done;
}

JOB(run_fill)
{
	uint64_t count = 0;

	UNUSED;
	while (count < 200 && write_block((int)count))
		count++;
	frame_put_u64(answer, count);
	return 0;
}

JOB(run_who)
{
	UNUSED;
	frame_put_u64(answer, (uint64_t)getpid());
	return 0;
}

JOB(run_rand)
{
	UNUSED;
	frame_put_u64(answer, (uint64_t)rand());
	frame_put_u64(answer, (uint64_t)random());
	return 0;
}

static int warm_passwd_fd = -1;

/* The system's files can still be opened here. */
static int warm(void *shared, const char *scratch)
{
	(void)shared;
	(void)snprintf(scratch_seen, sizeof(scratch_seen), "%s", scratch);
	warm_calls++;
	warm_passwd_fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	return warm_passwd_fd < 0 ? -errno : 0;
}

JOB(run_warm)
{
	char byte;

	UNUSED;
	frame_put_u64(answer, (uint64_t)warm_calls);
	return pread(warm_passwd_fd, &byte, 1, 0) == 1 && open("/etc/passwd", O_RDONLY) < 0 ? 0 : -EIO;
}

static char prepare_fails_path[64], warm_fails_path[64];

static int prepare(const struct conf *conf, void **ret_shared, char status[JOB_STATUS_MAX])
{
	static int shared = 1;

	(void)conf;
	*ret_shared = &shared;
	if (access(prepare_fails_path, F_OK) == 0) {
		(void)snprintf(status, JOB_STATUS_MAX, "no database");
		return -ENOENT;
	}
	(void)snprintf(status, JOB_STATUS_MAX, "echo 1.0");
	return 0;
}

static int warm_may_fail(void *shared, const char *scratch)
{
	(void)scratch;
	return shared != NULL && access(warm_fails_path, F_OK) == 0 ? -EUCLEAN : 0;
}

static int prepare_too(const struct conf *conf, void **ret_shared, char status[JOB_STATUS_MAX])
{
	(void)conf;
	(void)ret_shared;
	(void)snprintf(status, JOB_STATUS_MAX, "reader 2.0");
	return 0;
}

#define KIND(kind, run_) [kind] = &(const struct job_kind){ .name = #run_, .run = (run_) }
const struct job_kind *const job_kinds[] = {
	[KIND_ECHO] = &(const struct job_kind){ .name = "echo", .prepare = prepare, .warm = warm_may_fail, .run = run_echo },
	[KIND_MESSAGE] = &(const struct job_kind){ .name = "message", .prepare = prepare_too, .run = run_message },
	[KIND_WARM] = &(const struct job_kind){ .name = "warm", .warm = warm, .run = run_warm },
	KIND(KIND_SLEEP, run_sleep), KIND(KIND_CRASH, run_crash), KIND(KIND_EXIT, run_exit), KIND(KIND_HANG, run_hang),
	KIND(KIND_SPIN, run_spin), KIND(KIND_HUGE, run_huge), KIND(KIND_GARBAGE, run_garbage),
	KIND(KIND_FORGED_KIND, run_forged_kind), KIND(KIND_FORGED_ERROR, run_forged_error), KIND(KIND_FDS, run_fds),
	KIND(KIND_EMPTY, run_empty), KIND(KIND_CHATTER, run_chatter), KIND(KIND_ERROR, run_error), KIND(KIND_LEAK, run_leak),
	KIND(KIND_FILL, run_fill), KIND(KIND_WHO, run_who), KIND(KIND_RAND, run_rand),
	[KIND_WARM + 1] = NULL
};

static const uint64_t LONG_MS = 60000;	/* never reached, unless something is broken */

static char base[] = "/tmp/octroi-pool-XXXXXX";
static char scratch[sizeof(base) + 16];
static struct zygote_settings zygote_settings = {
	.scratch = scratch, .scratch_bytes = 1 << 20, .memory_bytes = 256UL << 20,
};

/* A question with room for its answer: 128 KiB that no thread has on its stack. */
struct asked {
	struct frame question, answer;
	struct pool_job job;
	int error;
};

static struct asked *new_ask(enum kind kind)
{
	struct asked *asked = xcalloc(1, sizeof(*asked));

	frame_start(&asked->question, 0);
	asked->job = (struct pool_job){ .kind = kind, .question = &asked->question, .message_fd = -1,
					.deadline_ms = clock_monotonic_ms() + LONG_MS, .run_ms = LONG_MS };
	return asked;
}

static int ask(struct pool *pool, struct asked *asked)
{
	return pool_ask(pool, &asked->job, &asked->answer, &asked->error);
}

/* A question without data. *ret_number is the first of the answer. */
static int ask_number(struct pool *pool, enum kind kind, uint64_t *ret_number)
{
	struct asked *asked = new_ask(kind);
	int r = ask(pool, asked);

	*ret_number = r == 0 ? frame_get_u64(&asked->answer) : 0;
	free(asked);
	return r;
}

static int ask_echo(struct pool *pool, uint64_t number, uint64_t deadline_ms)
{
	struct asked *asked = new_ask(KIND_ECHO);
	int r;

	asked->job.deadline_ms = deadline_ms;
	frame_put_u64(&asked->question, number);
	frame_put_str(&asked->question, STR("hello"));
	r = ask(pool, asked);
	if (r == 0 && (frame_get_u64(&asked->answer) != number ||
		       !str_equal(frame_get_str(&asked->answer), STR("hello")) || !frame_done(&asked->answer)))
		r = -EILSEQ;
	free(asked);
	return r;
}

static uint64_t later(void)
{
	return clock_monotonic_ms() + LONG_MS;
}

static struct pool *new_pool(unsigned spare, unsigned max, unsigned jobs_each)
{
	const struct pool_settings settings = { .spare = spare, .max = max, .jobs_each = jobs_each };
	struct pool *pool = pool_new(&settings);

	assert_non_null(pool);
	return pool;
}

static pid_t set_zygote(struct pool *pool)
{
	struct nursling zygote = nursery_zygote();

	assert_true(zygote.channel >= 0);
	pool_set_zygote(pool, zygote.channel);
	return zygote.pid;
}

static struct pool *working_pool(unsigned spare, unsigned max, unsigned jobs_each)
{
	struct pool *pool = new_pool(spare, max, jobs_each);

	(void)set_zygote(pool);
	assert_int_equal(pool_wait_ready(pool, later()), 0);
	return pool;
}

static struct pool_stats stats_of(struct pool *pool)
{
	struct pool_stats stats;

	pool_read_stats(pool, &stats);
	return stats;
}

static pid_t who(struct pool *pool)
{
	uint64_t pid;

	assert_int_equal(ask_number(pool, KIND_WHO, &pid), 0);
	return (pid_t)pid;
}

static bool ends(pid_t pid)
{
	uint64_t deadline_ms = later();

	while (kill(pid, 0) == 0 && clock_left_ms(deadline_ms) > 0)
		sleep_ms(2);
	return kill(pid, 0) < 0;
}

static int count_open(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* One bad job each, and what its caller hears; the next mail must not notice. */
static const struct bad_job {
	const char *name;
	unsigned kind;
	uint64_t run_ms;
	int expected, error;
	unsigned killed, crashed;
} bad_jobs[] = {
	{ "ATT-16 crash", KIND_CRASH, 0, -EPIPE, 0, 0, 1 },
	{ "exit", KIND_EXIT, 0, -EPIPE, 0, 0, 1 },
	{ "hang", KIND_HANG, 100, -ETIME, 0, 1, 0 },
	{ "hang beyond a slow job", KIND_HANG, 400, -ETIME, 0, 1, 0 },
	{ "spin", KIND_SPIN, 100, -ETIME, 0, 1, 0 },
	{ "huge answer", KIND_HUGE, 0, -EREMOTEIO, -EMSGSIZE, 0, 0 },
	{ "garbage for an answer", KIND_GARBAGE, 0, -EBADMSG, 0, 0, 1 },
	{ "empty packet", KIND_EMPTY, 0, -EPIPE, 0, 0, 1 },
	{ "answer to another question", KIND_FORGED_KIND, 0, -EBADMSG, 0, 0, 1 },
	{ "error that is none", KIND_FORGED_ERROR, 0, -EBADMSG, 0, 0, 1 },
	{ "error", KIND_ERROR, 0, -EREMOTEIO, -ENODATA, 0, 0 },
	{ "no such job", KIND_WARM + 1, 0, -EREMOTEIO, -ENOSYS, 0, 0 },
	{ "no such job at all", 0x7fffffff, 0, -EREMOTEIO, -ENOSYS, 0, 0 },
	{ "descriptors in the answer", KIND_FDS, 0, 0, 0, 0, 0 },
};

static void check_bad_job(void **state)
{
	const struct bad_job *row = *state;
	struct pool *pool = working_pool(1, 1, 100);
	struct asked *asked = new_ask(row->kind);
	pid_t pid = who(pool);
	int before = count_open();

	if (row->run_ms != 0)
		asked->job.run_ms = row->run_ms;
	assert_int_equal(ask(pool, asked), row->expected);
	assert_int_equal(asked->error, row->error);
	assert_int_equal(stats_of(pool).killed, row->killed);
	assert_int_equal(stats_of(pool).crashed, row->crashed);
	assert_true(count_open() <= before);
	assert_true(row->kind != KIND_FDS || ends(pid));
	assert_int_equal(ask_echo(pool, 1, later()), 0);
	free(asked);
	pool_free(pool);
}

static void a_killed_examiner_is_gone(void **state)
{
	struct pool *pool = working_pool(1, 1, 100);
	struct asked *asked = new_ask(KIND_HANG);
	pid_t pid = who(pool);

	(void)state;
	asked->job.deadline_ms = clock_monotonic_ms() + 50;	/* the job's own, not run_ms */
	assert_int_equal(ask(pool, asked), -ETIME);
	assert_true(ends(pid));
	assert_int_not_equal(who(pool), pid);
	free(asked);
	pool_free(pool);
}

static void a_second_answer_reaches_nobody(void **state)
{
	struct pool *pool = working_pool(1, 1, 100);
	uint64_t number;
	int silenced = 0;

	(void)state;
	for (int i = 0; i < 20; i++) {
		int r;

		assert_int_equal(ask_number(pool, KIND_CHATTER, &number), 0);
		assert_int_equal(number, 4711);
		sleep_ms(1);
		r = ask_echo(pool, 1, later());
		assert_true(r == 0 || r == -EBADMSG);	/* the latter when it came between */
		silenced += r == 0;
	}
	assert_true(silenced > 0);
	pool_free(pool);
}

/* Threads that ask until they are told to stop, or a number of times. */
struct load {
	struct pool *pool;
	pthread_t threads[50];
	size_t len, times;
	_Atomic bool stop;
	_Atomic uint64_t done, failed, numbers;
	_Atomic int last_failure;
};

static void *ask_often(void *arg)
{
	struct load *load = arg;

	for (size_t i = 0; i < load->times && !load->stop; i++) {
		int r = ask_echo(load->pool, ++load->numbers, later());

		load->done++;
		if (r == 0)
			continue;
		load->failed++;
		load->last_failure = r;
	}
	return NULL;
}

static void load_start(struct load *load, struct pool *pool, size_t threads, size_t times)
{
	*load = (struct load){ .pool = pool, .len = threads, .times = times };
	for (size_t i = 0; i < threads; i++)
		assert_int_equal(pthread_create(&load->threads[i], NULL, ask_often, load), 0);
}

static void load_join(struct load *load)
{
	for (size_t i = 0; i < load->len; i++)
		(void)pthread_join(load->threads[i], NULL);
	assert_int_equal(load->last_failure, 0);
	assert_int_equal(load->failed, 0);
}

static void fifty_threads_get_their_own_answers(void **state)
{
	struct pool *pool = working_pool(4, 8, 50);
	struct load load;

	(void)state;
	load_start(&load, pool, 50, 100);
	load_join(&load);
	assert_int_equal(load.done, 5000);
	assert_int_equal(stats_of(pool).jobs, 5000);
	assert_true(stats_of(pool).started >= 5000 / 50);
	assert_int_equal(stats_of(pool).crashed, 0);
	pool_free(pool);
}

static void each_examiner_reads_the_message_from_its_start(void **state)
{
	struct pool *pool = working_pool(2, 2, 100);
	int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	(void)state;
	assert_int_equal(write(fd, "From x\n", 7), 7);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL), 0);
	for (int i = 0; i < 3; i++) {
		struct asked *asked = new_ask(KIND_MESSAGE);

		asked->job.message_fd = fd;
		assert_int_equal(ask(pool, asked), 0);
		assert_true(str_equal(frame_get_str(&asked->answer), STR("From x\n")));
		free(asked);
	}
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 7);
	(void)close(fd);
	pool_free(pool);
}

static void count_progress(void *arg)
{
	int *count = arg;

	*count += 1;
}

static void without_a_zygote_nothing_runs(void **state)
{
	struct pool *pool = new_pool(1, 2, 100);
	struct asked *asked = new_ask(KIND_ECHO);
	int progress = 0;

	(void)state;
	assert_int_equal(pool_wait_ready(pool, clock_monotonic_ms() + 20), -ETIMEDOUT);
	asked->job.deadline_ms = clock_monotonic_ms() + 1200;
	asked->job.progress = count_progress;
	asked->job.progress_arg = &progress;
	assert_int_equal(ask(pool, asked), -EAGAIN);
	assert_int_equal(progress, 1);
	pool_set_zygote(pool, -1);
	assert_int_equal(pool_wait_ready(pool, clock_monotonic_ms() + 20), -ETIMEDOUT);
	assert_int_equal(ask(pool, asked), -EAGAIN);	/* its deadline has passed */
	free(asked);
	pool_free(pool);
}

static void progress_is_told_while_an_examiner_works(void **state)
{
	struct pool *pool = working_pool(1, 1, 100);
	struct asked *asked = new_ask(KIND_HANG);
	int progress = 0;

	(void)state;
	asked->job.run_ms = 2300;
	asked->job.progress = count_progress;
	asked->job.progress_arg = &progress;
	assert_int_equal(ask(pool, asked), -ETIME);
	assert_int_equal(progress, 2);
	free(asked);
	pool_free(pool);
}

static void *hang(void *arg)
{
	struct asked *asked = new_ask(KIND_HANG);

	asked->job.run_ms = 1500;
	(void)ask(arg, asked);
	free(asked);
	return NULL;
}

static void wait_busy(struct pool *pool, unsigned busy)
{
	uint64_t deadline_ms = later();

	while (stats_of(pool).busy < busy && clock_left_ms(deadline_ms) > 0)
		sleep_ms(1);
	assert_int_equal(stats_of(pool).busy, busy);
}

static void quick_jobs_do_not_wait_behind_slow_ones(void **state)
{
	struct pool *pool = working_pool(1, 40, 100);
	pthread_t threads[30];

	(void)state;
	for (int i = 0; i < 30; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hang, pool), 0);
	wait_busy(pool, 30);
	for (int i = 0; i < 20; i++)
		assert_int_equal(ask_echo(pool, 1, later()), 0);
	assert_int_equal(stats_of(pool).busy, 30);	/* all of them are still at it */
	assert_int_equal(stats_of(pool).killed, 0);
	for (int i = 0; i < 30; i++)
		(void)pthread_join(threads[i], NULL);
	assert_int_equal(stats_of(pool).killed, 30);
	pool_free(pool);
}

static void there_are_never_more_than_max(void **state)
{
	struct pool *pool = working_pool(2, 2, 100);
	pthread_t threads[2];

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hang, pool), 0);
	wait_busy(pool, 2);
	assert_int_equal(ask_echo(pool, 1, clock_monotonic_ms() + 100), -EAGAIN);
	assert_int_equal(ask_echo(pool, 1, later()), 0);
	for (int i = 0; i < 2; i++)
		(void)pthread_join(threads[i], NULL);
	assert_true(stats_of(pool).started <= 4);
	pool_free(pool);
}

static void an_examiner_is_recycled_after_its_jobs(void **state)
{
	struct pool *pool = working_pool(0, 1, 3);
	pid_t first = who(pool);

	(void)state;
	assert_int_equal(who(pool), first);
	assert_int_equal(who(pool), first);
	assert_true(ends(first));
	assert_int_not_equal(who(pool), first);
	pool_free(pool);
}

static void a_slow_examiner_is_recycled(void **state)
{
	struct pool *pool = working_pool(0, 1, 100);
	pid_t first = who(pool);
	struct asked *asked = new_ask(KIND_SLEEP);

	(void)state;
	frame_put_u64(&asked->question, 400);
	assert_int_equal(ask(pool, asked), 0);
	assert_true(ends(first));
	assert_int_not_equal(who(pool), first);
	free(asked);
	pool_free(pool);
}

static bool becomes_nice(pid_t pid)
{
	uint64_t deadline_ms = later();

	while (getpriority(PRIO_PROCESS, (id_t)pid) <= 0 && clock_left_ms(deadline_ms) > 0)
		sleep_ms(2);
	return getpriority(PRIO_PROCESS, (id_t)pid) > 0;
}

static void a_slow_job_lets_the_others_go_first(void **state)
{
	struct pool *pool = working_pool(1, 1, 100);
	pid_t pid = who(pool);
	pthread_t thread;

	(void)state;
	assert_int_equal(getpriority(PRIO_PROCESS, (id_t)pid), getpriority(PRIO_PROCESS, 0));
	assert_int_equal(pthread_create(&thread, NULL, hang, pool), 0);
	assert_true(becomes_nice(pid));
	(void)pthread_join(thread, NULL);
	pool_free(pool);
}

static void when_memory_is_short_an_examiner_goes_first(void **state)
{
	struct pool *pool = working_pool(1, 1, 100);
	char path[64], score[16] = "";
	int fd;

	(void)state;
	(void)snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", who(pool));
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0 && read(fd, score, sizeof(score) - 1) > 0);
	assert_string_equal(score, "800\n");
	(void)close(fd);
	pool_free(pool);
}

static void idle_ones_that_died_blame_no_message(void **state)
{
	struct pool *pool = working_pool(1, 3, 100);

	(void)state;
	for (int i = 0; i < 10; i++) {
		pid_t pid = who(pool);

		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_true(ends(pid));
		assert_int_equal(ask_echo(pool, 1, later()), 0);
	}
	pool_free(pool);
}

/* The same number of descriptors or blocks again and again: nothing of a job is left for the next one. */
static void leaks_end_with_the_job(void **state)
{
	static const enum kind kinds[] = { KIND_LEAK, KIND_FILL };
	struct pool *pool = working_pool(1, 1, 1000);

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		uint64_t first, again;

		assert_int_equal(ask_number(pool, kinds[k], &first), 0);
		assert_true(first > 10 && first <= 1000);
		for (int i = 0; i < 5; i++) {
			assert_int_equal(ask_number(pool, kinds[k], &again), 0);
			assert_int_equal(again, first);
		}
	}
	pool_free(pool);
}

static void examiners_do_not_share_random_numbers(void **state)
{
	uint64_t seen[8];
	struct pool *pool = working_pool(1, 1, 1);

	(void)state;
	for (int i = 0; i < 8; i++) {
		assert_int_equal(ask_number(pool, KIND_RAND, &seen[i]), 0);
		for (int j = 0; j < i; j++)
			assert_int_not_equal(seen[i], seen[j]);
	}
	pool_free(pool);
}

static void warming_up_sees_the_system_and_work_does_not(void **state)
{
	struct pool *pool = working_pool(1, 1, 2);
	uint64_t calls;

	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_int_equal(ask_number(pool, KIND_WARM, &calls), 0);
		assert_int_equal(calls, 1);
	}
	pool_free(pool);
}

static void examiners_outlive_their_zygote(void **state)
{
	struct pool *pool = new_pool(2, 2, 1000);
	pid_t zygote = set_zygote(pool);
	uint64_t deadline_ms = later();

	(void)state;
	while (stats_of(pool).idle < 2 && clock_left_ms(deadline_ms) > 0)
		sleep_ms(1);
	assert_int_equal(kill(zygote, SIGKILL), 0);
	assert_true(ends(zygote));
	for (int i = 0; i < 100; i++)
		assert_int_equal(ask_echo(pool, 1, later()), 0);
	pool_free(pool);
}

static void a_zygote_that_dies_under_load_is_replaced(void **state)
{
	struct pool *pool = new_pool(2, 4, 20);
	pid_t zygote = set_zygote(pool);
	struct load load;

	(void)state;
	load_start(&load, pool, 20, SIZE_MAX);
	for (int i = 0; i < 5; i++) {
		uint64_t done = load.done;

		while (load.done < done + 100)
			sleep_ms(1);
		assert_int_equal(kill(zygote, SIGKILL), 0);
		zygote = set_zygote(pool);
	}
	load.stop = true;
	load_join(&load);
	assert_int_equal(stats_of(pool).crashed, 0);
	pool_free(pool);
}

static void a_new_zygote_takes_over_under_load(void **state)
{
	struct pool *pool = working_pool(2, 4, 1000);
	pid_t old = who(pool);
	struct load load;

	(void)state;
	load_start(&load, pool, 20, SIZE_MAX);
	for (int i = 0; i < 10; i++) {
		uint64_t done = load.done;

		(void)set_zygote(pool);
		if (i % 3 == 0)
			(void)set_zygote(pool);
		while (load.done < done + 50)
			sleep_ms(1);
	}
	assert_int_equal(pool_wait_ready(pool, later()), 0);
	load.stop = true;
	load_join(&load);
	assert_true(ends(old));
	assert_int_equal(stats_of(pool).crashed, 0);
	pool_free(pool);
}

static void *ask_once(void *arg)
{
	return ask_echo(arg, 1, later()) == -EAGAIN ? arg : NULL;
}

/* Who waits is told at once, and who comes later does not begin to wait: later() is far away. */
static void nobody_waits_for_a_zygote_that_cannot_be_had(void **state)
{
	struct pool *pool = new_pool(1, 1, 100);
	pthread_t thread;
	void *told;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, ask_once, pool), 0);
	sleep_ms(20);
	pool_set_zygote(pool, -1);
	(void)pthread_join(thread, &told);
	assert_non_null(told);
	assert_int_equal(ask_echo(pool, 1, UINT64_MAX), -EAGAIN);
	(void)set_zygote(pool);
	assert_int_equal(ask_echo(pool, 1, later()), 0);
	pool_free(pool);
}

static void *sleep_a_little(void *arg)
{
	struct asked *asked = new_ask(KIND_SLEEP);
	int r;

	frame_put_u64(&asked->question, 200);	/* not long enough to count as slow */
	r = ask(arg, asked);
	free(asked);
	return r == 0 ? arg : NULL;
}

static void a_busy_examiner_of_the_old_zygote_gives_its_answer_and_ends(void **state)
{
	struct pool *pool = working_pool(1, 2, 1000);
	pid_t old = who(pool);
	pthread_t thread;
	void *answered;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, sleep_a_little, pool), 0);
	wait_busy(pool, 1);
	pool_set_zygote(pool, -1);
	(void)pthread_join(thread, &answered);
	assert_non_null(answered);
	assert_true(ends(old));
	assert_int_equal(ask_echo(pool, 1, clock_monotonic_ms() + 20), -EAGAIN);
	(void)set_zygote(pool);
	assert_int_equal(ask_echo(pool, 1, later()), 0);
	pool_free(pool);
}

static void touch(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	(void)close(fd);
}

static void examiners_that_cannot_start_blame_no_message(void **state)
{
	struct pool *pool = working_pool(1, 2, 1);

	(void)state;
	assert_int_equal(ask_echo(pool, 1, later()), 0);
	touch(warm_fails_path);
	for (int i = 0; i < 3; i++)		/* what was ready before may still be there */
		(void)ask_echo(pool, 1, clock_monotonic_ms() + 200);
	assert_int_equal(ask_echo(pool, 1, clock_monotonic_ms() + 200), -EAGAIN);
	assert_true(stats_of(pool).unfit > 0);
	assert_int_equal(stats_of(pool).crashed, 0);
	(void)unlink(warm_fails_path);
	assert_int_equal(ask_echo(pool, 1, later()), 0);
	pool_free(pool);
}

static void a_zygote_says_what_it_has(void **state)
{
	struct nursling zygote = nursery_zygote();

	(void)state;
	assert_true(zygote.channel >= 0);
	assert_string_equal(zygote.status, "echo 1.0; reader 2.0");
	assert_non_null(strstr(zygote.layers, "seccomp limits"));
	(void)close(zygote.channel);
}

static void a_zygote_that_fails_says_why(void **state)
{
	struct nursling zygote;

	(void)state;
	touch(prepare_fails_path);
	zygote = nursery_zygote();
	(void)unlink(prepare_fails_path);
	assert_int_equal(zygote.channel, -1);
	assert_string_equal(zygote.status, "echo: no database");
	assert_true(ends(zygote.pid));
	touch(warm_fails_path);
	zygote = nursery_zygote();
	(void)unlink(warm_fails_path);
	assert_int_equal(zygote.channel, -1);
	assert_string_equal(zygote.status, "the first examiner did not start: warming up: Structure needs cleaning");
	assert_true(ends(zygote.pid));
}

static void all_end_with_the_filter_and_the_supervisor(void **state)
{
	struct pool *pool = new_pool(1, 1, 100);
	pid_t zygote = set_zygote(pool);
	pid_t examiner = who(pool);
	char path[256];

	(void)state;
	assert_int_equal(scratch_path(scratch, examiner, path, sizeof(path)), 0);
	pool_free(pool);
	assert_true(ends(examiner));
	assert_int_equal(kill(zygote, 0), 0);
	nursery_release();
	assert_true(ends(zygote));
	/* (what an examiner leaves that was killed after its zygote, in the tests before, is there until the next zygote starts) */
	assert_int_equal(access(path, F_OK), -1);
}

static void an_examiner_ends_when_the_filter_is_gone(void **state)
{
	struct nursling zygote = nursery_zygote();
	static struct frame frame;
	int fds[2];
	pid_t pid;

	(void)state;
	frame_start(&frame, CHANNEL_FORK);
	assert_int_equal(frame_send(zygote.channel, &frame, NULL, 0, later()), 0);
	assert_int_equal(frame_receive(zygote.channel, &frame, fds, 2, later()), 0);
	assert_int_equal(frame.kind, CHANNEL_EXAMINER);
	pid = (pid_t)frame_get_u64(&frame);
	assert_true(frame_done(&frame) && fds[0] >= 0 && fds[1] >= 0);
	assert_int_equal(frame_receive(fds[0], &frame, NULL, 0, later()), 0);
	assert_int_equal(frame.kind, EXAMINER_READY);
	assert_int_equal(kill(pid, SIGTERM), 0);	/* for the whole service: not for those in the cage */
	sleep_ms(20);
	assert_int_equal(kill(pid, 0), 0);
	(void)close(fds[0]);
	assert_true(ends(pid));
	(void)close(fds[1]);
	(void)close(zygote.channel);
}

int main(void)
{
	static struct rows rows;
	int r;

	if (mkdtemp(base) == NULL)
		return 1;
	(void)snprintf(scratch, sizeof(scratch), "%s/scratch", base);
	(void)snprintf(prepare_fails_path, sizeof(prepare_fails_path), "%s/prepare-fails", base);
	(void)snprintf(warm_fails_path, sizeof(warm_fails_path), "%s/warm-fails", base);
	nursery_start(&zygote_settings);
#define ADD(test) rows_add_one(&rows, #test, test, NULL)
	ADD(a_zygote_says_what_it_has);
	ADD(a_zygote_that_fails_says_why);
	ADD(an_examiner_ends_when_the_filter_is_gone);
	rows_add(&rows, bad_jobs, check_bad_job);
	ADD(a_killed_examiner_is_gone);
	ADD(a_second_answer_reaches_nobody);
	ADD(fifty_threads_get_their_own_answers);
	ADD(each_examiner_reads_the_message_from_its_start);
	ADD(without_a_zygote_nothing_runs);
	ADD(progress_is_told_while_an_examiner_works);
	ADD(quick_jobs_do_not_wait_behind_slow_ones);
	ADD(there_are_never_more_than_max);
	ADD(an_examiner_is_recycled_after_its_jobs);
	ADD(a_slow_examiner_is_recycled);
	ADD(a_slow_job_lets_the_others_go_first);
	ADD(when_memory_is_short_an_examiner_goes_first);
	ADD(idle_ones_that_died_blame_no_message);
	ADD(leaks_end_with_the_job);
	ADD(examiners_do_not_share_random_numbers);
	ADD(warming_up_sees_the_system_and_work_does_not);
	ADD(examiners_outlive_their_zygote);
	ADD(a_zygote_that_dies_under_load_is_replaced);
	ADD(a_new_zygote_takes_over_under_load);
	ADD(nobody_waits_for_a_zygote_that_cannot_be_had);
	ADD(a_busy_examiner_of_the_old_zygote_gives_its_answer_and_ends);
	ADD(examiners_that_cannot_start_blame_no_message);
	ADD(all_end_with_the_filter_and_the_supervisor);
	r = rows_run(&rows, "pool");
	nursery_stop();
	(void)rmdir(base);
	return r;
}

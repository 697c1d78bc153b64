/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs that ask the filter while they run (examiner_ask), with real examiners; and what hostile ones do with it. */
#include "t/unit/rows.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "milter/base/arena.h"
#include "milter/base/clock.h"
#include "milter/isolate/examiner.h"
#include "milter/isolate/pool.h"
#include "t/lib/nursery.h"

enum { SOCKET_FD = 3 };		/* of an examiner */

enum kind { KIND_DOUBLE, KIND_TWICE, KIND_COUNT, KIND_FOREVER, KIND_FLOOD, KIND_AFTERWARDS, KIND_GARBAGE, KIND_FDS, KIND_BAD, KIND_DIE };

static struct frame asking, told;

static void sleep_ms(uint64_t ms)
{
	const struct timespec time = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

	(void)nanosleep(&time, NULL);
}

#define JOB(name) static int name(void *shared, struct frame *question, int message_fd, struct frame *answer)
#define UNUSED ((void)shared, (void)question, (void)message_fd, (void)answer)

/* Asks for a number and a string to be answered; the first is doubled. */
static int ask_number(uint64_t number, struct str text, uint64_t *ret_number)
{
	int r;

	frame_start(&asking, 0);
	frame_put_u64(&asking, number);
	frame_put_str(&asking, text);
	r = examiner_ask(&asking, &told);
	if (r < 0)
		return r;
	*ret_number = frame_get_u64(&told);
	return str_equal(frame_get_str(&told), text) && frame_done(&told) ? 0 : -EILSEQ;
}

/* As many questions as the job's question says; then the sum of the answers. */
JOB(run_double)
{
	uint64_t count = frame_get_u64(question), sum = 0, number = 0;
	int r = 0;

	UNUSED;
	for (uint64_t i = 0; r == 0 && i < count; i++) {
		r = ask_number(i, STR("please"), &number);
		sum += number;
	}
	frame_put_u64(answer, sum);
	return r;
}

/* An error is not the end: the next question is answered. */
JOB(run_twice)
{
	uint64_t number = 0;
	int r = ask_number(0, STR("refuse"), &number), again;

	UNUSED;
	again = ask_number(21, STR("please"), &number);
	frame_put_u64(answer, (uint64_t)-r);
	frame_put_u64(answer, number);
	return again;
}

/* Until it is told no; returns how often it was not. */
JOB(run_count)
{
	uint64_t count = 0, number;
	int r;

	UNUSED;
	while ((r = ask_number(0, STR("x"), &number)) == 0)
		count++;
	frame_put_u64(answer, count);
	frame_put_u64(answer, (uint64_t)-r);
	return 0;
}

JOB(run_forever)
{
	UNUSED;
	frame_start(&asking, 0);
	frame_put_u64(&asking, 0);
	frame_put_str(&asking, STR("x"));
	for (;;)
		if (frame_send_as(SOCKET_FD, EXAMINER_ASK, &asking, NULL, 0, UINT64_MAX) < 0 ||
		    frame_receive(SOCKET_FD, &told, NULL, 0, UINT64_MAX) < 0)
			_exit(1);
}

/* Never takes an answer: the socket fills up in both directions. */
JOB(run_flood)
{
	static char much[60000];

	UNUSED;
	frame_start(&asking, 0);
	frame_put_u64(&asking, 0);
	frame_put_str(&asking, (struct str){ much, sizeof(much) });
	for (;;)
		if (frame_send_as(SOCKET_FD, EXAMINER_ASK, &asking, NULL, 0, UINT64_MAX) < 0)
			_exit(1);
}

JOB(run_afterwards)
{
	UNUSED;
	answer->kind = KIND_AFTERWARDS;
	if (frame_send(SOCKET_FD, answer, NULL, 0, UINT64_MAX) < 0 ||
	    frame_send_as(SOCKET_FD, EXAMINER_ASK, answer, NULL, 0, UINT64_MAX) < 0)
		_exit(1);
	sleep_ms(3600000);
	return 0;
}

JOB(run_garbage)
{
	static const char bytes[] = "\4\377\377\177garbage";

	UNUSED;
	if (write(SOCKET_FD, bytes, sizeof(bytes)) < 0 || frame_receive(SOCKET_FD, &told, NULL, 0, UINT64_MAX) < 0)
		_exit(1);
	frame_put_u64(answer, told.kind == EXAMINER_FAILED ? frame_get_u64(&told) : 0);
	return 0;
}

JOB(run_fds)
{
	const int fds[] = { 0, 0, 0 };

	UNUSED;
	frame_start(&asking, 0);
	frame_put_u64(&asking, 4);
	frame_put_str(&asking, STR("please"));
	if (frame_send_as(SOCKET_FD, EXAMINER_ASK, &asking, fds, 3, UINT64_MAX) < 0 ||
	    frame_receive(SOCKET_FD, &told, NULL, 0, UINT64_MAX) < 0)
		_exit(1);
	frame_put_u64(answer, frame_get_u64(&told));
	return 0;
}

/* A question that does not fit into a frame, and an answer that does not. */
JOB(run_bad)
{
	static char much[FRAME_MAX];
	uint64_t number;

	UNUSED;
	frame_put_u64(answer, (uint64_t)-ask_number(0, (struct str){ much, sizeof(much) }, &number));
	frame_put_u64(answer, (uint64_t)-ask_number(0, STR("huge"), &number));
	return 0;
}

JOB(run_die)
{
	UNUSED;
	frame_start(&asking, 0);
	if (frame_send_as(SOCKET_FD, EXAMINER_ASK, &asking, NULL, 0, UINT64_MAX) < 0)
		_exit(2);
	_exit(1);
}

#define KIND(kind, run_) [kind] = &(const struct job_kind){ .name = #run_, .run = (run_) }
const struct job_kind *const job_kinds[] = {
	KIND(KIND_DOUBLE, run_double), KIND(KIND_TWICE, run_twice), KIND(KIND_COUNT, run_count), KIND(KIND_FOREVER, run_forever),
	KIND(KIND_FLOOD, run_flood), KIND(KIND_AFTERWARDS, run_afterwards), KIND(KIND_GARBAGE, run_garbage), KIND(KIND_FDS, run_fds),
	KIND(KIND_BAD, run_bad), KIND(KIND_DIE, run_die),
	[KIND_DIE + 1] = NULL
};

static const uint64_t LONG_MS = 60000;	/* never reached, unless something is broken */

static char base[] = "/tmp/octroi-ask-XXXXXX";
static char scratch[sizeof(base) + 16];
static struct zygote_settings zygote_settings = {
	.scratch = scratch, .scratch_bytes = 1 << 20, .memory_bytes = 256UL << 20,
};
static struct pool *pool;

/* What the filter's side is to do, and what it saw. */
struct host {
	unsigned late;		/* so many times "not yet" first, each until its time is over */
	bool never;
	unsigned calls;
	unsigned progress;
	bool overdrawn;		/* was it given more than a second? */
};

static int not_yet(uint64_t until_ms)
{
	sleep_ms((uint64_t)clock_left_ms(until_ms));
	return -EAGAIN;
}

static int answer_it(void *arg, struct frame *question, uint64_t until_ms, struct frame *ret_answer)
{
	static char much[FRAME_MAX];
	struct host *host = arg;
	uint64_t number = frame_get_u64(question);
	struct str text = frame_get_str(question);

	host->calls++;
	host->overdrawn |= clock_left_ms(until_ms) > 1000;
	if (!frame_done(question))
		return -EBADMSG;
	if (host->never || host->calls <= host->late)
		return not_yet(until_ms);
	if (str_equal(text, STR("refuse")))
		return -EACCES;
	frame_put_u64(ret_answer, 2 * number);
	frame_put_str(ret_answer, str_equal(text, STR("huge")) ? (struct str){ much, sizeof(much) } : text);
	return 0;
}

static void count_progress(void *arg)
{
	struct host *host = arg;

	host->progress++;
}

struct asked {
	struct frame question, answer;
	struct pool_job job;
	int error;
};

static struct asked *new_ask(enum kind kind, struct host *host)
{
	struct asked *asked = xcalloc(1, sizeof(*asked));

	frame_start(&asked->question, 0);
	asked->job = (struct pool_job){ .kind = kind, .question = &asked->question, .message_fd = -1, .run_ms = LONG_MS,
					.deadline_ms = clock_monotonic_ms() + LONG_MS, .progress = count_progress, .progress_arg = host,
					.answer = answer_it, .answer_arg = host };
	return asked;
}

static int ask(struct asked *asked)
{
	return pool_ask(pool, &asked->job, &asked->answer, &asked->error);
}

static struct pool_stats stats(void)
{
	struct pool_stats stats;

	pool_read_stats(pool, &stats);
	return stats;
}

/* The pool serves the next job, with whatever examiner. */
static void check_pool_works(void)
{
	struct host host = { 0 };
	struct asked *asked = new_ask(KIND_DOUBLE, &host);

	frame_put_u64(&asked->question, 3);
	assert_int_equal(ask(asked), 0);
	assert_int_equal(frame_get_u64(&asked->answer), 2 * (1 + 2));
	assert_int_equal(host.calls, 3);
	free(asked);
}

static void a_job_asks_and_is_answered(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		check_pool_works();
}

static void a_refusal_is_not_the_end(void **state)
{
	struct host host = { 0 };
	struct asked *asked = new_ask(KIND_TWICE, &host);

	(void)state;
	assert_int_equal(ask(asked), 0);
	assert_int_equal(frame_get_u64(&asked->answer), EACCES);
	assert_int_equal(frame_get_u64(&asked->answer), 42);
	free(asked);
}

static void without_a_callback_nothing_is_answered(void **state)
{
	struct host host = { 0 };
	struct asked *asked = new_ask(KIND_DOUBLE, &host);

	(void)state;
	frame_put_u64(&asked->question, 1);
	asked->job.answer = NULL;
	assert_int_equal(ask(asked), -EREMOTEIO);
	assert_int_equal(asked->error, -ENOSYS);
	free(asked);
	check_pool_works();
}

static void progress_is_told_while_the_answer_is_waited_for(void **state)
{
	struct host host = { .late = 2 };
	struct asked *asked = new_ask(KIND_DOUBLE, &host);

	(void)state;
	frame_put_u64(&asked->question, 1);
	assert_int_equal(ask(asked), 0);
	assert_int_equal(host.calls, 3);
	assert_int_equal(host.progress, 2);
	assert_false(host.overdrawn);
	free(asked);
}

static void the_time_of_the_answer_is_the_jobs(void **state)
{
	struct host host = { .never = true };
	struct asked *asked = new_ask(KIND_DOUBLE, &host);
	uint64_t killed = stats().killed;

	(void)state;
	frame_put_u64(&asked->question, 1);
	asked->job.run_ms = 300;
	assert_int_equal(ask(asked), -ETIME);
	assert_int_equal(stats().killed, killed + 1);
	free(asked);
	check_pool_works();
}

static void the_number_of_questions_is_bounded(void **state)
{
	struct host host = { 0 };
	struct asked *asked = new_ask(KIND_COUNT, &host);

	(void)state;
	for (int i = 0; i < 2; i++) {	/* each job has its own */
		assert_int_equal(ask(asked), 0);
		assert_int_equal(frame_get_u64(&asked->answer), EXAMINER_ASKS_MAX);
		assert_int_equal(frame_get_u64(&asked->answer), E2BIG);
	}
	assert_int_equal(host.calls, 2 * EXAMINER_ASKS_MAX);
	free(asked);
}

static const struct hostile {
	const char *name;
	enum kind kind;
	uint64_t run_ms;
	int expected;
	unsigned killed, crashed;
} hostiles[] = {
	{ "asks for ever, past examiner_ask", KIND_FOREVER, 0, -EBADMSG, 0, 1 },
	{ "asks and takes no answer", KIND_FLOOD, 400, -ETIME, 1, 0 },
	{ "dies after asking", KIND_DIE, 0, -EPIPE, 0, 1 },
};

static void check_hostile(void **state)
{
	const struct hostile *row = *state;
	struct host host = { 0 };
	struct asked *asked = new_ask(row->kind, &host);
	struct pool_stats before = stats();

	if (row->run_ms != 0)
		asked->job.run_ms = row->run_ms;
	assert_int_equal(ask(asked), row->expected);
	assert_int_equal(stats().killed, before.killed + row->killed);
	assert_int_equal(stats().crashed, before.crashed + row->crashed);
	assert_true(host.calls <= EXAMINER_ASKS_MAX);
	free(asked);
	check_pool_works();
}

/* The job that comes next does not answer the question of the one before. */
static void a_question_after_the_answer_reaches_nobody(void **state)
{
	struct host host = { 0 };
	struct asked *asked = new_ask(KIND_AFTERWARDS, &host);

	(void)state;
	assert_int_equal(ask(asked), 0);
	sleep_ms(50);		/* for the second frame; when it comes later it proves less, but nothing fails */
	check_pool_works();
	assert_int_equal(host.calls, 0);
	free(asked);
}

static void a_garbled_question_is_an_error_of_the_job(void **state)
{
	struct host host = { 0 };
	struct asked *asked = new_ask(KIND_GARBAGE, &host);

	(void)state;
	assert_int_equal(ask(asked), 0);
	assert_int_equal(frame_get_u64(&asked->answer), EBADMSG);
	free(asked);
	check_pool_works();
}

static void descriptors_in_a_question_are_closed(void **state)
{
	struct host host = { 0 };
	struct asked *asked = new_ask(KIND_FDS, &host);
	int before, after;

	(void)state;
	check_pool_works();	/* there is an examiner now, with its descriptors */
	before = dup(0);
	(void)close(before);
	assert_int_equal(ask(asked), 0);
	assert_int_equal(frame_get_u64(&asked->answer), 8);
	after = dup(0);
	(void)close(after);
	assert_int_equal(after, before);
	free(asked);
	check_pool_works();
}

static void what_does_not_fit_is_an_error_of_the_job(void **state)
{
	struct host host = { 0 };
	struct asked *asked = new_ask(KIND_BAD, &host);

	(void)state;
	assert_int_equal(ask(asked), 0);
	assert_int_equal(frame_get_u64(&asked->answer), EMSGSIZE);
	assert_int_equal(frame_get_u64(&asked->answer), EMSGSIZE);
	assert_int_equal(host.calls, 1);
	free(asked);
}

int main(void)
{
	static struct rows rows;
	static const struct pool_settings pool_settings = { .spare = 1, .max = 1, .jobs_each = 100 };
	int failed;

	if (mkdtemp(base) == NULL)
		return 1;
	(void)snprintf(scratch, sizeof(scratch), "%s/scratch", base);
	nursery_start(&zygote_settings);
	pool = pool_new(&pool_settings);
	pool_set_zygote(pool, nursery_zygote().channel);
#define ADD(test) rows_add_one(&rows, #test, test, NULL)
	ADD(a_job_asks_and_is_answered);
	ADD(a_refusal_is_not_the_end);
	ADD(without_a_callback_nothing_is_answered);
	ADD(progress_is_told_while_the_answer_is_waited_for);
	ADD(the_time_of_the_answer_is_the_jobs);
	ADD(the_number_of_questions_is_bounded);
	rows_add(&rows, hostiles, check_hostile);
	ADD(a_question_after_the_answer_reaches_nobody);
	ADD(a_garbled_question_is_an_error_of_the_job);
	ADD(descriptors_in_a_question_are_closed);
	ADD(what_does_not_fit_is_an_error_of_the_job);
	failed = rows_run(&rows, "examiner_ask");
	pool_free(pool);
	nursery_release();
	nursery_stop();
	(void)rmdir(base);
	return failed != 0;
}

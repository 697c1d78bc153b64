/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program with one scanner more, and a clock that tests set, for tests: a field "X-Test-Work: sleep 2000" (or crash, hang 500, wait 2000) in a message makes an
 * examiner (wait: the filter itself) do just that; a hang is ended after so many milliseconds. The file that OCTROI_TEST_CLOCK names holds a number of
 * milliseconds (int64_t) that the wall clock of all of its processes is ahead. Linked with milter/main.c into t/octroi_work; never installed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "milter/isolate/job.h"
#include "milter/isolate/pool.h"
#include "scanners/content_job.h"
#include "scanners/dkim_job.h"
#include "scanners/scanners.h"
#include "scanners/spf_libspf2_job.h"

enum { KIND = 3, RUN_MS = 10000 };

static const _Atomic int64_t *ahead_ms;

static int64_t read_shift(void)
{
	return atomic_load_explicit(ahead_ms, memory_order_relaxed);
}

/* Before main: the file may belong to root, and no cage is shut yet. The mapping goes to all processes. */
static void __attribute__((constructor)) find_clock(void)
{
	const char *path = getenv("OCTROI_TEST_CLOCK");
	int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	void *bytes;

	if (fd < 0)
		return;
	bytes = mmap(NULL, sizeof(*ahead_ms), PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (bytes == MAP_FAILED)
		return;
	ahead_ms = bytes;
	clock_shift(read_shift);
}

struct work_settings {
	bool enabled;
};

static const struct option work_options[] = {
	{ "enabled", OPTION_BOOL, offsetof(struct work_settings, enabled), .fallback = "yes", .summary = "do what messages ask for" },
	OPTION_END
};

static const struct option_section work_section = {
	.name = "work", .options = work_options, .settings_size = sizeof(struct work_settings), .summary = "for tests alone",
};

static void sleep_ms(uint64_t ms)
{
	struct timespec time = { .tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000 };

	while (nanosleep(&time, &time) < 0 && errno == EINTR)
		;
}

static int run_work(void *shared, struct frame *question, int message_fd, struct frame *answer)
{
	struct str verb = frame_get_str(question);
	uint64_t ms = frame_get_u64(question);

	(void)shared, (void)message_fd, (void)answer;
	if (str_equal(verb, STR("crash")))
		__builtin_trap();
	if (str_equal(verb, STR("hang")))
		for (;;)
			sleep_ms(1000);
	sleep_ms(ms);
	return 0;
}

static const struct job_kind job_work = { .name = "work", .run = run_work };

static void ask(struct scan *scan, struct str verb, uint64_t ms)
{
	struct frame *frames = arena_array(scan->arena, 2, sizeof(*frames));
	const struct pool_job job = {
		.kind = KIND,
		.question = &frames[0],
		.message_fd = scan->message->body_fd,
		.deadline_ms = clock_monotonic_ms() + RUN_MS,
		.run_ms = str_equal(verb, STR("hang")) && ms > 0 ? ms : RUN_MS,
		.progress = scan->progress,
		.progress_arg = scan->progress_arg,
	};
	int error, r;

	frame_start(&frames[0], KIND);
	frame_put_str(&frames[0], verb);
	frame_put_u64(&frames[0], ms);
	r = pool_ask(scan->services->pool, &job, &frames[1], &error);
	if (r < 0)
		finding_add(scan, "failed", "work failed: %s", strerror(-r));
}

static void work_eom(struct scan *scan)
{
	size_t position = 0;
	const struct header *header = headers_next(&scan->message->headers, "X-Test-Work", &position);
	struct str rest, verb;
	unsigned long long ms = 0;

	if (header == NULL)
		return;
	rest = str_trim(str_of(header->value));
	verb = str_split(&rest, " ");
	if (rest.p != NULL)
		(void)str_to_u64(rest, &ms);
	if (str_equal(verb, STR("wait")))
		sleep_ms(ms);
	else
		ask(scan, verb, ms);
}

static bool work_needs_cage(const struct conf *conf, const char **ret_directory)
{
	(void)conf, (void)ret_directory;
	return true;
}

static const struct outcome work_outcomes[] = {
	{ "failed", REFUSE_CONTENT, OUTCOME_FIXED, ACTION_DEFER, .defer_code = 451, .defer_status = "4.7.1" },
	{ .name = NULL },
};

static const struct option_section *const work_sections[] = { &work_section, NULL };

static const struct scanner scanner_work = {
	.name = "work", .sections = work_sections, .outcomes = work_outcomes, .needs_cage = work_needs_cage, .eom = work_eom,
};

const struct scanner *const scanners[] = {
	&scanner_session, &scanner_held, &scanner_limits, &scanner_relay, &scanner_account, &scanner_headers, &scanner_helo, &scanner_iprev, &scanner_dnsbl,
	&scanner_spf, &scanner_dkim, &scanner_dmarc, &scanner_sign, &scanner_antivirus,
	&scanner_content, &scanner_attachment, &scanner_links, &scanner_behaviour, &scanner_work, NULL,
};

const struct job_kind *const job_kinds[] = { &job_content, &job_spf_libspf2, &job_dkim, &job_work, NULL };

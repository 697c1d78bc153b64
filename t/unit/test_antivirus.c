/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the filter makes of the cage's answer, and of none: whatever is not a clean answer has a name. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/isolate/job.h"
#include "milter/isolate/pool.h"
#include "scanners/antivirus_job.h"
#include "scanners/antivirus_settings.h"
#include "scanners/scanners.h"

const struct scanner *const scanners[] = { &scanner_antivirus, NULL };
const struct job_kind *const job_kinds[] = { &job_antivirus, NULL };

/* The pool of this test: answers as the row says. */
static int pool_result;
static struct antivirus_answer pool_answer;
static bool pool_garbage;
static unsigned pool_asked;

int pool_ask(struct pool *pool, const struct pool_job *job, struct frame *ret_answer, int *ret_error)
{
	(void)pool;
	assert_true(job->message_fd >= 0 && job->run_ms > 0 && job->deadline_ms > clock_monotonic_ms());
	pool_asked++;
	*ret_error = 0;
	frame_start(ret_answer, job->kind);
	if (pool_garbage)
		frame_put_u64(ret_answer, 77);
	else
		antivirus_answer_write(ret_answer, &pool_answer);
	return pool_result;
}

struct fixture {
	struct antivirus_settings settings;
	struct store *store;
	struct message message;
	struct session session;
	void *shared;
};

static int setup(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));
	char problem[CONF_PROBLEM_MAX];

	fixture->settings.enabled = true;
	fixture->settings.timeout_ms = 60000;
	fixture->store = store_new(1024);
	fixture->message = (struct message){ .arena = arena_new(), .body_fd = memfd_create("message", MFD_CLOEXEC) };
	fixture->message.findings.arena = fixture->message.arena;
	assert_int_equal(write(fixture->message.body_fd, "From x\nA: b\n\nbody\n", 18), 18);
	assert_int_equal(scanner_antivirus.open(NULL, NULL, &fixture->shared, problem), 0);
	pool_result = 0;
	pool_garbage = false;
	pool_answer = (struct antivirus_answer){ .outcome = ANTIVIRUS_CLEAN, .signatures = 1 };
	pool_asked = 0;
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	scanner_antivirus.close(fixture->shared);
	(void)close(fixture->message.body_fd);
	arena_free(fixture->message.arena);
	store_free(fixture->store);
	free(fixture);
	return 0;
}

/* The one outcome of a scan, or "" for none. */
static const char *outcome(struct fixture *fixture)
{
	const struct services services = { .pool = (struct pool *)fixture, .store = fixture->store };
	struct scan scan = {
		.scanner = &scanner_antivirus, .settings = &fixture->settings, .shared = fixture->shared, .services = &services,
		.session = &fixture->session, .message = &fixture->message, .recipient = FINDING_MESSAGE,
		.findings = &fixture->message.findings, .arena = fixture->message.arena,
	};

	fixture->message.findings.len = 0;
	scanner_antivirus.eom(&scan);
	if (fixture->message.findings.len == 0)
		return "";
	assert_int_equal(fixture->message.findings.len, 1);
	return fixture->message.findings.items[0].outcome->name;
}

static void every_answer_has_its_outcome(void **state)
{
	static const struct {
		enum antivirus_outcome outcome;
		const char *text, *name;
	} rows[] = {
		{ ANTIVIRUS_CLEAN, "", "clean" },
		{ ANTIVIRUS_INFECTED, "Eicar", "infected" },
		{ ANTIVIRUS_UNSCANNABLE, "limits: x", "unscannable" },
		{ ANTIVIRUS_ERROR, "x", "error" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pool_answer = (struct antivirus_answer){ .outcome = rows[i].outcome, .signatures = 1 };
		(void)snprintf(pool_answer.text, sizeof(pool_answer.text), "%s", rows[i].text);
		assert_string_equal(outcome(*state), rows[i].name);
	}
}

static void no_answer_is_never_clean(void **state)
{
	static const int results[] = { -EAGAIN, -ETIME, -EPIPE, -EBADMSG, -EREMOTEIO, -EMSGSIZE, -ENOMEM, -EINVAL };

	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		pool_result = results[i];
		assert_string_equal(outcome(*state), "error");
	}
}

static void a_garbage_answer_is_an_error(void **state)
{
	pool_garbage = true;
	assert_string_equal(outcome(*state), "error");
}

static void the_third_kill_makes_poison_RES_08(void **state)
{
	struct fixture *fixture = *state;

	pool_result = -EPIPE;
	assert_string_equal(outcome(fixture), "error");
	pool_result = -ETIME;
	assert_string_equal(outcome(fixture), "error");
	pool_result = -EPIPE;
	assert_string_equal(outcome(fixture), "poison");
	pool_result = 0;
	pool_asked = 0;
	assert_string_equal(outcome(fixture), "poison");
	assert_int_equal(pool_asked, 0);
}

static void a_retry_along_another_path_is_the_same_message(void **state)
{
	struct fixture *fixture = *state;
	struct arena *arena = fixture->message.arena;

	pool_result = -EPIPE;
	headers_add(arena, &fixture->message.headers, "Subject", " x");
	(void)outcome(fixture);
	headers_add(arena, &fixture->message.headers, "Received", " from a");
	(void)outcome(fixture);
	headers_add(arena, &fixture->message.headers, "received", " from b");
	assert_string_equal(outcome(fixture), "poison");
	headers_add(arena, &fixture->message.headers, "Subject", " another message");
	assert_string_equal(outcome(fixture), "error");
}

static void being_busy_makes_no_poison(void **state)
{
	pool_result = -EAGAIN;
	for (int i = 0; i < 10; i++)
		assert_string_equal(outcome(*state), "error");
}

static void what_is_not_kept_is_not_clean(void **state)
{
	struct fixture *fixture = *state;

	fixture->message.too_large = true;
	assert_string_equal(outcome(fixture), "unscannable");
	fixture->message.too_large = false;
	fixture->message.headers_too_large = true;
	assert_string_equal(outcome(fixture), "unscannable");
	fixture->message.spool_full = true;
	assert_string_equal(outcome(fixture), "error");
	assert_int_equal(pool_asked, 0);
}

static void switched_off_it_says_nothing(void **state)
{
	struct fixture *fixture = *state;

	fixture->settings.enabled = false;
	assert_string_equal(outcome(fixture), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_answer_has_its_outcome, setup, teardown),
		cmocka_unit_test_setup_teardown(no_answer_is_never_clean, setup, teardown),
		cmocka_unit_test_setup_teardown(a_garbage_answer_is_an_error, setup, teardown),
		cmocka_unit_test_setup_teardown(the_third_kill_makes_poison_RES_08, setup, teardown),
		cmocka_unit_test_setup_teardown(a_retry_along_another_path_is_the_same_message, setup, teardown),
		cmocka_unit_test_setup_teardown(being_busy_makes_no_poison, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_kept_is_not_clean, setup, teardown),
		cmocka_unit_test_setup_teardown(switched_off_it_says_nothing, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

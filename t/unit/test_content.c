/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the filter asks a cage about the content of a message, and what it makes of the answer and of none. */
#include "t/unit/rows.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/isolate/pool.h"
#include "scanners/antivirus_settings.h"
#include "scanners/content_job.h"
#include "scanners/content_settings.h"
#include "scanners/inspection.h"
#include "scanners/scanners.h"

const struct scanner *const scanners[] = { &scanner_content, NULL };
const struct job_kind job_content = { .name = "content" };
const struct job_kind *const job_kinds[] = { &job_content, NULL };

/* The pool of this test: answers as the row says. */
static int pool_result;
static struct content_answer pool_answer;
static bool pool_garbage;
static unsigned pool_asked;
static struct content_question question;
static uint64_t run_ms;

int pool_ask(struct pool *pool, const struct pool_job *job, struct frame *ret_answer, int *ret_error)
{
	struct frame copy = *job->question;

	(void)pool;
	assert_true(job->message_fd >= 0 && job->run_ms > 0 && job->deadline_ms > clock_monotonic_ms());
	assert_int_equal(content_question_read(&copy, &question), 0);
	run_ms = job->run_ms;
	pool_asked++;
	*ret_error = 0;
	frame_start(ret_answer, job->kind);
	if (pool_garbage)
		frame_put_u64(ret_answer, 77);
	else
		content_answer_write(ret_answer, &pool_answer);
	return pool_result;
}

struct fixture {
	struct conf *conf;
	struct store *store;
	struct message message;
	struct session session;
	void *shared;
};

static const struct option_section *const sections[] = { &content_section, &antivirus_section, NULL };

static struct conf *configuration(const char *text)
{
	char path[] = "/tmp/octroi-content-XXXXXX";
	int fd = mkstemp(path);
	struct conf *conf;
	size_t errors;

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
	conf = conf_load(path, sections);
	(void)unlink(path);
	(void)conf_errors(conf, &errors);
	assert_int_equal(errors, 0);
	return conf;
}

static struct fixture *fixture_open(const char *text)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));
	char problem[CONF_PROBLEM_MAX];

	fixture->conf = configuration(text);
	fixture->store = store_new(1024);
	fixture->message = (struct message){ .arena = arena_new(), .body_fd = memfd_create("message", MFD_CLOEXEC) };
	fixture->message.findings.arena = fixture->message.arena;
	fixture->session.message = &fixture->message;
	assert_int_equal(write(fixture->message.body_fd, "From x\nA: b\n\nbody\n", 18), 18);
	assert_int_equal(scanner_content.open(fixture->conf, NULL, &fixture->shared, problem), 0);
	pool_result = 0;
	pool_garbage = false;
	pool_answer = (struct content_answer){
		.inventory = { .contents = 1 }, .has_antivirus = true, .antivirus = { .outcome = ANTIVIRUS_CLEAN, .signatures = 1 } };
	pool_asked = 0;
	return fixture;
}

static void fixture_close(struct fixture *fixture)
{
	scanner_content.close(fixture->shared);
	(void)close(fixture->message.body_fd);
	arena_free(fixture->message.arena);
	store_free(fixture->store);
	conf_free(fixture->conf);
	free(fixture);
}

static const struct inspection *inspect(struct fixture *fixture)
{
	const struct services services = { .pool = (struct pool *)fixture, .store = fixture->store };
	struct scan scan = {
		.scanner = &scanner_content, .settings = conf_settings(fixture->conf, "content"), .shared = fixture->shared,
		.services = &services, .session = &fixture->session, .message = &fixture->message, .recipient = FINDING_MESSAGE,
		.findings = &fixture->message.findings, .arena = fixture->message.arena,
	};

	fixture->message.findings.len = 0;
	fixture->message.inspection = scanner_content.inspect(&scan);
	assert_int_equal(fixture->message.findings.len, 0);
	scanner_content.eom(&scan);
	return fixture->message.inspection;
}

/* "too_deep: TEXT" for each finding, joined with "; ". */
static const char *findings(struct fixture *fixture)
{
	const char *text = "";

	(void)inspect(fixture);
	for (size_t i = 0; i < fixture->message.findings.len; i++) {
		const struct finding *finding = &fixture->message.findings.items[i];

		text = arena_printf(fixture->message.arena, "%s%s%s: %s", text, i == 0 ? "" : "; ", finding->outcome->name, finding->text);
	}
	return text;
}

/* --- what is asked --- */

static void everything_is_asked_at_once(void **state)
{
	struct fixture *fixture = fixture_open("content {\n cpu_time = 4s\n ratio = 77\n}\nantivirus {\n timeout = 30s\n}\n");

	(void)state;
	assert_int_equal(inspect(fixture)->state, INSPECTION_DONE);
	assert_int_equal(pool_asked, 1);
	assert_true(question.unpack);
	assert_false(question.links);
	assert_int_equal(question.scan_timeout_ms, 30000);
	assert_int_equal(question.limits.cpu_ms, 4000);
	assert_int_equal(question.limits.ratio, 77);
	assert_int_equal(question.limits.depth, 30);
	assert_int_equal(run_ms, 30000 + 3 * 4000 + 2000);
	assert_true(scanner_content.needs_cage(fixture->conf, NULL));
	fixture_close(fixture);
}

static void the_antivirus_alone_is_asked(void **state)
{
	struct fixture *fixture = fixture_open("content {\n enabled = no\n}\nantivirus {\n timeout = 30s\n}\n");

	(void)state;
	pool_answer.inventory.contents = 0;
	assert_int_equal(inspect(fixture)->state, INSPECTION_DONE);
	assert_false(question.unpack);
	assert_int_equal(run_ms, 32000);
	pool_result = -EPIPE;
	assert_string_equal(findings(fixture), "");	/* that is the antivirus' to tell */
	assert_true(scanner_content.needs_cage(fixture->conf, NULL));
	fixture_close(fixture);
}

static void the_content_alone_is_asked(void **state)
{
	struct fixture *fixture = fixture_open("antivirus {\n enabled = no\n}\n");

	(void)state;
	pool_answer.has_antivirus = false;
	assert_int_equal(inspect(fixture)->state, INSPECTION_DONE);
	assert_int_equal(question.scan_timeout_ms, 0);
	assert_true(scanner_content.needs_cage(fixture->conf, NULL));
	fixture_close(fixture);
}

static void nothing_is_asked_when_nobody_wants_to_know(void **state)
{
	struct fixture *fixture = fixture_open("content {\n enabled = no\n}\nantivirus {\n enabled = no\n}\n");

	(void)state;
	assert_null(inspect(fixture));
	assert_int_equal(pool_asked, 0);
	assert_false(scanner_content.needs_cage(fixture->conf, NULL));
	fixture_close(fixture);
}

/* --- no answer --- */

struct failure_row {
	const char *name;
	int result;
	const char *findings;
};

static const struct failure_row failures[] = {
	{ "no_examiner", -EAGAIN, "error: the content could not be examined: the examiner is not available" },
	{ "a_hang", -ETIME, "error: the content could not be examined: the examiner took too long" },
	{ "a_crash", -EPIPE, "error: the content could not be examined: the examiner stopped in mid-scan" },
	{ "no_frame", -EBADMSG, "error: the content could not be examined: the examiner gave no usable answer" },
	{ "a_job_that_fails", -EREMOTEIO, "error: the content could not be examined: the examiner gave no usable answer" },
	{ "another_error", -ENOMEM, "error: the content could not be examined: the examiner gave no usable answer" },
};

static void check_failure(void **state)
{
	const struct failure_row *row = *state;
	struct fixture *fixture = fixture_open("");

	pool_result = row->result;
	assert_string_equal(findings(fixture), row->findings);
	assert_int_equal(fixture->message.inspection->state, INSPECTION_FAILED);
	fixture_close(fixture);
}

static void a_garbage_answer_is_an_error(void **state)
{
	struct fixture *fixture = fixture_open("");

	(void)state;
	pool_garbage = true;
	assert_string_equal(findings(fixture), "error: the content could not be examined: the examiner gave no usable answer");
	fixture_close(fixture);
}

/* A cage that was taken over says that there is nothing. */
static void an_answer_to_another_question_is_an_error(void **state)
{
	struct fixture *fixture = fixture_open("");

	(void)state;
	pool_answer.has_antivirus = false;
	assert_int_equal(inspect(fixture)->state, INSPECTION_FAILED);
	pool_answer.has_antivirus = true;
	pool_answer.inventory.contents = 0;
	assert_int_equal(inspect(fixture)->state, INSPECTION_FAILED);
	pool_answer.inventory.limits = 1u << UNPACK_SIZE;
	assert_int_equal(inspect(fixture)->state, INSPECTION_DONE);
	fixture_close(fixture);
}

static void what_is_not_kept_is_not_examined(void **state)
{
	struct fixture *fixture = fixture_open("");

	(void)state;
	fixture->message.too_large = true;
	assert_string_equal(findings(fixture), "too_large: not examined: over the limits of the gateway");
	fixture->message.too_large = false;
	fixture->message.headers_too_large = true;
	assert_int_equal(inspect(fixture)->state, INSPECTION_CUT);
	fixture->message.spool_full = true;
	assert_string_equal(findings(fixture), "error: the content could not be examined: there was no room to keep the message");
	assert_int_equal(pool_asked, 0);
	fixture_close(fixture);
}

/* --- poison --- */

static void the_third_kill_makes_poison_RES_08(void **state)
{
	struct fixture *fixture = fixture_open("");

	(void)state;
	pool_result = -EPIPE;
	assert_int_equal(inspect(fixture)->state, INSPECTION_FAILED);
	pool_result = -ETIME;
	assert_int_equal(inspect(fixture)->state, INSPECTION_FAILED);
	pool_result = -EPIPE;
	assert_string_equal(findings(fixture), "poison: this message has stopped the examination of its content three times");
	pool_result = 0;
	pool_asked = 0;
	assert_int_equal(inspect(fixture)->state, INSPECTION_POISON);
	assert_int_equal(pool_asked, 0);
	fixture_close(fixture);
}

static void a_retry_along_another_path_is_the_same_message(void **state)
{
	struct fixture *fixture = fixture_open("");
	struct arena *arena = fixture->message.arena;

	(void)state;
	pool_result = -EPIPE;
	headers_add(arena, &fixture->message.headers, "Subject", " x");
	(void)inspect(fixture);
	headers_add(arena, &fixture->message.headers, "Received", " from a");
	(void)inspect(fixture);
	headers_add(arena, &fixture->message.headers, "received", " from b");
	assert_int_equal(inspect(fixture)->state, INSPECTION_POISON);
	headers_add(arena, &fixture->message.headers, "Subject", " another message");
	assert_int_equal(inspect(fixture)->state, INSPECTION_FAILED);
	fixture_close(fixture);
}

static void being_busy_makes_no_poison(void **state)
{
	struct fixture *fixture = fixture_open("");

	(void)state;
	pool_result = -EAGAIN;
	for (int i = 0; i < 10; i++)
		assert_int_equal(inspect(fixture)->state, INSPECTION_FAILED);
	fixture_close(fixture);
}

/* --- what was found --- */

struct found_row {
	const char *name;
	const char *configuration;
	unsigned limits;
	uint64_t ambiguities;
	const char *detail;		/* of the first of each */
	const char *findings;
};

#define LIMIT(limit) (1u << UNPACK_ ## limit)
#define AMBIGUOUS(ambiguity) (UINT64_C(1) << AMBIGUITY_ ## ambiguity)
#define IN_DIFFERENT_WAYS "ambiguous: mail programs could read this message in different ways: "

static const struct found_row found[] = {
	{ "nothing", "", 0, 0, "", "" },
	{ "depth", "", LIMIT(DEPTH), 0, "21 levels", "too_deep: not fully examined: too many things packed into one another (21 levels)" },
	{ "parts", "", LIMIT(PARTS), 0, "", "too_many_parts: not fully examined: too many parts" },
	{ "members", "", LIMIT(MEMBERS), 0, "", "too_many_members: not fully examined: too many files in archives" },
	{ "names", "", LIMIT(NAMES), 0, "", "too_many_names: not fully examined: too many names of files" },
	{ "header", "", LIMIT(HEADER), 0, "", "header_too_large: not fully examined: the header of a part is too large" },
	{ "size", "", LIMIT(SIZE), 0, "", "too_large: not fully examined: too large when it is unpacked" },
	{ "ratio", "", LIMIT(RATIO), 0, "", "bomb: not fully examined: an archive grows beyond all measure" },
	{ "time", "", LIMIT(TIME), 0, "", "too_slow: not fully examined: it takes too long to look into" },
	{ "two_limits", "", LIMIT(DEPTH) | LIMIT(TIME), 0, "",
	  "too_deep: not fully examined: too many things packed into one another; too_slow: not fully examined: it takes too long to look into" },
	{ "an_ambiguity", "", 0, AMBIGUOUS(ENCODING), "part 2: base64 or quoted-printable",
	  IN_DIFFERENT_WAYS "transfer-encoding (part 2: base64 or quoted-printable)" },
	{ "three_ambiguities", "", 0, AMBIGUOUS(TYPE) | AMBIGUOUS(NUL) | AMBIGUOUS(HIDDEN), "x",
	  IN_DIFFERENT_WAYS "content-type (x), nul, hidden" },
	{ "an_ambiguity_that_is_allowed", "content {\n ambiguities_allowed = { \"nul\" }\n}\n", 0, AMBIGUOUS(NUL), "x", "" },
	{ "one_that_is_allowed_and_one_that_is_not", "content {\n ambiguities_allowed = { \"content-type\", \"nul\" }\n}\n", 0,
	  AMBIGUOUS(TYPE) | AMBIGUOUS(NUL) | AMBIGUOUS(HIDDEN), "x", IN_DIFFERENT_WAYS "hidden" },
	{ "what_a_stranger_says_is_made_printable", "", LIMIT(DEPTH), 0, "a\xc3\xa4",
	  "too_deep: not fully examined: too many things packed into one another (a?" "?)" },
};

static void check_found(void **state)
{
	const struct found_row *row = *state;
	struct fixture *fixture = fixture_open(row->configuration);
	struct inventory *inventory = &pool_answer.inventory;

	inventory->limits = row->limits;
	inventory->ambiguities = row->ambiguities;
	if (row->limits != 0)
		inventory->limit_details[__builtin_ctz(row->limits)] = row->detail;
	if (row->ambiguities != 0)
		inventory->ambiguity_details[__builtin_ctzll(row->ambiguities)] = row->detail;
	assert_string_equal(findings(fixture), row->findings);
	fixture_close(fixture);
}

/* --- what may be written --- */

struct bad_row {
	const char *name, *text, *problem;
};

static const struct bad_row bad[] = {
	{ "a_limit_that_would_pass", "content {\n on_too_deep = tag\n}\n", "would let in" },
	{ "a_limit_that_would_weigh", "content {\n on_bomb = 3\n}\n", "would let in" },
	{ "an_error_that_would_pass", "content {\n on_error = accept\n}\n", "would let in" },
	{ "poison_that_would_pass", "content {\n on_poison = \"observe reject\"\n}\n", "would let in" },
	{ "an_unknown_ambiguity", "content {\n ambiguities_allowed = { \"nil\" }\n}\n", "is no ambiguity (content-type" },
	{ "members_larger_than_all_together", "content {\n member_size = 300M\n}\n", "member_size" },
	{ "no_depth", "content {\n depth = 1\n}\n", "depth" },
};

static void check_bad(void **state)
{
	const struct bad_row *row = *state;
	char path[] = "/tmp/octroi-content-XXXXXX";
	int fd = mkstemp(path);
	const struct conf_error *errors;
	struct conf *conf;
	size_t len;

	assert_int_equal(write(fd, row->text, strlen(row->text)), strlen(row->text));
	(void)close(fd);
	conf = conf_load(path, sections);
	(void)unlink(path);
	errors = conf_errors(conf, &len);
	assert_int_equal(len, 1);
	if (strstr(errors[0].text, row->problem) == NULL)
		assert_string_equal(errors[0].text, row->problem);
	conf_free(conf);
}

static void any_action_may_stand_at_an_ambiguity(void **state)
{
	static const char *const actions[] = { "accept", "tag", "2.5", "\"observe reject\"", "reject", "discard" };
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		(void)snprintf(text, sizeof(text), "content {\n on_ambiguous = %s\n}\n", actions[i]);
		conf_free(configuration(text));
	}
}

#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void files_and_returned_messages_become_facts(void **state)
{
	static struct inventory_entry entries[] = {
		{ .name = "", .container = "", .type = FILETYPE_TEXT, .count = 1, .digest = DIGEST },
		{ .name = "a.exe", .container = "", .type = FILETYPE_EXE, .count = 1, .digest = DIGEST, .is_attachment = true, .size_bytes = 9 },
	};
	struct fixture *fixture = fixture_open("");

	(void)state;
	pool_answer.inventory = (struct inventory){ .contents = 1, .entries = entries, .entries_len = 2, .about = { "1@a" }, .about_len = 1 };
	(void)inspect(fixture);
	assert_int_equal(fixture->message.attachments_len, 1);
	assert_string_equal(fixture->message.attachments[0].name, "a.exe");
	assert_string_equal(fixture->message.attachments[0].type, "exe");
	assert_string_equal(fixture->message.attachments[0].sha256, DIGEST);
	assert_int_equal(fixture->message.attachments[0].size_bytes, 9);
	assert_int_equal(fixture->message.about_len, 1);
	assert_string_equal(fixture->message.about[0], "1@a");
	fixture_close(fixture);
}

int main(void)
{
	static struct rows rows;

	rows_add_one(&rows, "everything_is_asked_at_once", everything_is_asked_at_once, NULL);
	rows_add_one(&rows, "the_antivirus_alone_is_asked", the_antivirus_alone_is_asked, NULL);
	rows_add_one(&rows, "the_content_alone_is_asked", the_content_alone_is_asked, NULL);
	rows_add_one(&rows, "nothing_is_asked_when_nobody_wants_to_know", nothing_is_asked_when_nobody_wants_to_know, NULL);
	rows_add(&rows, failures, check_failure);
	rows_add_one(&rows, "a_garbage_answer_is_an_error", a_garbage_answer_is_an_error, NULL);
	rows_add_one(&rows, "an_answer_to_another_question_is_an_error", an_answer_to_another_question_is_an_error, NULL);
	rows_add_one(&rows, "what_is_not_kept_is_not_examined", what_is_not_kept_is_not_examined, NULL);
	rows_add_one(&rows, "the_third_kill_makes_poison_RES_08", the_third_kill_makes_poison_RES_08, NULL);
	rows_add_one(&rows, "a_retry_along_another_path_is_the_same_message", a_retry_along_another_path_is_the_same_message, NULL);
	rows_add_one(&rows, "being_busy_makes_no_poison", being_busy_makes_no_poison, NULL);
	rows_add_one(&rows, "files_and_returned_messages_become_facts", files_and_returned_messages_become_facts, NULL);
	rows_add(&rows, found, check_found);
	rows_add(&rows, bad, check_bad);
	rows_add_one(&rows, "any_action_may_stand_at_an_ambiguity", any_action_may_stand_at_an_ambiguity, NULL);
	return rows_run(&rows, "content");
}

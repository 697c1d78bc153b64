/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The content job as a zygote and an examiner call it: what it answers with each half of it on or off. */
#include "t/unit/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "scanners/content_job.h"
#include "t/lib/antivirus_bench.h"

static char top[] = "/tmp/octroi-test-XXXXXX";
static void *with_antivirus, *without_antivirus, *without_unpack;

static void *prepare(const char *scratch, const char *content, const char *antivirus)
{
	struct conf *conf = antivirus_bench_conf(top, antivirus_bench_database(), content, antivirus);
	char status[JOB_STATUS_MAX] = "";
	void *shared = NULL;

	if (job_content.prepare(conf, &shared, status) < 0 || job_content.warm(shared, scratch) < 0)
		fail_msg("%s", status);
	conf_free(conf);
	return shared;
}

static int ask(void *shared, struct pack message, const struct content_question *question, struct arena *arena, struct content_answer *ret_answer)
{
	static struct frame asked, answered;
	int fd = antivirus_bench_message(message);
	int r;

	frame_start(&asked, 0);
	content_question_write(&asked, question);
	frame_start(&answered, 0);
	r = job_content.run(shared, &asked, fd, &answered);
	(void)close(fd);
	return r < 0 ? r : content_answer_read(arena, &answered, ret_answer);
}

static struct pack letter(const char *text)
{
	struct pack file = pack_of(text), zip = pack_zip_of(file), ret = pack_letter_of("application/zip", zip);

	pack_free(&file);
	pack_free(&zip);
	return ret;
}

/* Broken as in MIME-10: what is after the last delimiter libclamav does not read as a part. */
static struct pack letter_after_the_end(void)
{
	struct pack ret = { NULL, 0 };

	ret.len = (size_t)asprintf(&ret.data, "From x\nFrom: a@example.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
				   "--b\nContent-Type: text/plain\n\nhello\n--b--\n--b\nContent-Type: application/octet-stream; name=a.com\n"
				   "Content-Transfer-Encoding: quoted-printable\n\n=58=35=4F%s\n--b--\n", pack_eicar() + 3);
	return ret;
}

enum what { NOTHING, CLEAN, INFECTED, UNPACKED = 4 };

static const struct row {
	const char *name;
	void **shared;
	bool unpack;
	uint64_t scan_timeout_ms;
	const char *text;		/* of the file in the ZIP; NULL: letter_after_the_end */
	int error;
	enum what what;			/* or'ed */
} rows[] = {
	{ "both_on: a_clean_letter", &with_antivirus, true, 60000, "nothing", 0, CLEAN | UNPACKED },
	{ "both_on: a_virus", &with_antivirus, true, 60000, NULL, 0, INFECTED | UNPACKED },
	{ "antivirus_alone: a_clean_letter", &with_antivirus, false, 60000, "nothing", 0, CLEAN },
	{ "unpacking_alone: nothing_is_said_of_viruses", &with_antivirus, true, 0, NULL, 0, UNPACKED },
	{ "nothing_asked: nothing_is_said", &with_antivirus, false, 0, NULL, 0, NOTHING },
	{ "antivirus_off: a_scan_is_refused", &without_antivirus, true, 60000, "nothing", -EOPNOTSUPP, NOTHING },
	{ "antivirus_off: unpacking", &without_antivirus, true, 0, "nothing", 0, UNPACKED },
	{ "unpacking_off: unpacking_is_refused", &without_unpack, true, 60000, "nothing", -EOPNOTSUPP, NOTHING },
	{ "unpacking_off: a_clean_letter", &without_unpack, false, 60000, "nothing", 0, CLEAN },
};

static void check_row(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const struct row *row = *state;
	struct content_question question = antivirus_bench_question(row->scan_timeout_ms);
	struct pack message = row->text == NULL ? letter_after_the_end() : letter(row->text);
	struct content_answer answer;

	question.unpack = row->unpack;
	assert_int_equal(ask(*row->shared, message, &question, arena, &answer), row->error);
	pack_free(&message);
	if (row->error < 0)
		return;
	assert_int_equal(answer.has_antivirus, (row->what & (CLEAN | INFECTED)) != 0);
	if (answer.has_antivirus)
		assert_int_equal(answer.antivirus.outcome, (row->what & INFECTED) != 0 ? ANTIVIRUS_INFECTED : ANTIVIRUS_CLEAN);
	assert_int_equal(answer.inventory.contents > 0, (row->what & UNPACKED) != 0);
}

static void a_message_without_our_first_line_is_refused(void **state)
{
	static const char *const texts[] = { "", "From", "PK\3\4", "Received: x\n\n" };
	const struct content_question question = antivirus_bench_question(60000);

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		_cleanup_(arena_freep) struct arena *arena = arena_new();
		struct pack message = pack_of(texts[i]);
		struct content_answer answer;

		assert_int_equal(ask(with_antivirus, message, &question, arena, &answer), -EINVAL);
		pack_free(&message);
	}
}

static void no_message_is_an_error(void **state)
{
	static struct frame asked, answered;
	const struct content_question question = antivirus_bench_question(60000);

	(void)state;
	frame_start(&asked, 0);
	content_question_write(&asked, &question);
	frame_start(&answered, 0);
	assert_int_equal(job_content.run(with_antivirus, &asked, -1, &answered), -EBADF);
}

static void half_a_question_is_refused(void **state)
{
	static struct frame asked, answered;

	(void)state;
	frame_start(&asked, 0);
	frame_put_u64(&asked, 1);
	frame_start(&answered, 0);
	assert_int_equal(job_content.run(with_antivirus, &asked, -1, &answered), -EBADMSG);
}

static void a_missing_database_is_told(void **state)
{
	struct conf *conf = antivirus_bench_conf(top, "/nonexistent/clamav", "", "");
	char status[JOB_STATUS_MAX] = "";
	void *shared = &shared;

	(void)state;
	assert_int_equal(job_content.prepare(conf, &shared, status), -ENOENT);
	assert_null(shared);
	assert_non_null(strstr(status, "no database"));
	conf_free(conf);
}

int main(void)
{
	static struct rows tests;
	char scratch[sizeof(top) + 16];
	int r;

	if (mkdtemp(top) == NULL)
		return 1;
	(void)snprintf(scratch, sizeof(scratch), "%s/scratch", top);
	if (mkdir(scratch, 0700) < 0)
		return 1;
	without_antivirus = prepare(scratch, "", "enabled = no");
	without_unpack = prepare(scratch, "enabled = no", "");
	with_antivirus = prepare(scratch, "", "");
	rows_add(&tests, rows, check_row);
	rows_add_one(&tests, "a_message_without_our_first_line_is_refused", a_message_without_our_first_line_is_refused, NULL);
	rows_add_one(&tests, "no_message_is_an_error", no_message_is_an_error, NULL);
	rows_add_one(&tests, "half_a_question_is_refused", half_a_question_is_refused, NULL);
	rows_add_one(&tests, "a_missing_database_is_told", a_missing_database_is_told, NULL);
	r = rows_run(&tests, "content_job");
	content_job_free(with_antivirus);
	content_job_free(without_antivirus);
	content_job_free(without_unpack);
	return rmdir(scratch) < 0 || rmdir(top) < 0 ? 1 : r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The content job in real examiners, with every layer of the sandbox that this system has: mail of many kinds is unpacked and scanned there as it is
 * outside. */
#include "t/unit/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/isolate/pool.h"
#include "scanners/content_answer.h"
#include "scanners/content_job.h"
#include "t/lib/antivirus_bench.h"
#include "t/lib/nursery.h"

#define KIB ((size_t)1024)
#define LETTERS 400

const struct job_kind *const job_kinds[] = { &job_content, NULL };

static struct pool *pool;
static void *outside;

/* What attachments begin with; behind it comes noise, so that parsers start and give up. */
static const char *const starts[] = {
	"", "%PDF-1.4\n1 0 obj\n<< /Length 10 >>\nstream\n", "MZ\x90", "\177ELF\x02\x01\x01", "PK\x03\x04\x14",
	"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "7z\xbc\xaf\x27\x1c", "\x1f\x8b\x08", "BZh91AY&SY", "\3757zXZ",
	"\x89PNG\r\n\x1a\n", "GIF89a", "\xff\xd8\xff\xe0", "MSCF", "ITSF\x03", "{\\rtf1\\ansi ", "<?xml version=\"1.0\"?>", "CWS\x09", "FWS\x09",
	"\xca\xfe\xba\xbe", "II*", "x\x9f>\"", "begin 644 file\n", "<html><script>var a='b';</script>", "L\x00", "070701",
	"ustar", "xar!", "\x28\xb5\x2f\xfd", "EGGA", "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", "8BPS",
	"!<arch>\n", "SIT!", "SZDD\x88",
};

#define STARTS_LEN (sizeof(starts) / sizeof(starts[0]))

static struct pack noise(unsigned number, bool infected)
{
	const char *start = starts[number % STARTS_LEN];
	size_t start_len = strlen(start), size = start_len + (size_t)number * 97 % (60 * KIB);
	struct pack file = pack_padded(size, ' ', infected ? pack_eicar() : "");
	uint32_t state = number;

	memcpy(file.data, start, start_len);
	for (size_t i = start_len; i < size; i++) {
		state = state * 1664525 + 1013904223;
		file.data[i] = (char)(state >> 24);
	}
	return file;
}

static struct pack in_container(struct pack file, unsigned container)
{
	struct pack ret;

	switch (container) {
	case 0:
		return file;
	case 1:
		ret = pack_zip_of(file);
		break;
	case 2:
		ret = pack_gzip(file);
		break;
	default:
		ret = in_container(pack_zip_of(file), 1);
		break;
	}
	pack_free(&file);
	return ret;
}

/* An infected file is a plain one: noise around it may be taken for a broken archive and then is only scanned as it is. */
static struct pack letter_of(unsigned number, bool infected)
{
	struct pack_letter letter;
	struct pack first = noise(number, false), second = infected ? pack_of(pack_eicar()) : noise(number + 7, false);

	second = in_container(second, number / 2 % 4);
	pack_letter_start(&letter, "");
	pack_letter_attach(&letter, "application/octet-stream", first);
	pack_letter_attach(&letter, number % 3 == 0 ? "text/html" : "application/octet-stream", second);
	pack_free(&first);
	pack_free(&second);
	return pack_letter_end(&letter);
}

static int ask(struct arena *arena, struct pack letter, struct content_answer *ret_answer)
{
	static struct frame question, answer;
	struct pool_job job = { .question = &question, .message_fd = antivirus_bench_message(letter), .run_ms = 60000,
				.deadline_ms = clock_monotonic_ms() + 120000 };
	struct content_question asked = antivirus_bench_question(50000);
	int error, r;

	frame_start(&question, 0);
	content_question_write(&question, &asked);
	r = pool_ask(pool, &job, &answer, &error);
	(void)close(job.message_fd);
	return r < 0 ? r : content_answer_read(arena, &answer, ret_answer);
}

static void letters_of_many_kinds_are_scanned_in_the_cage(void **state)
{
	unsigned counts[4] = { 0 };

	(void)state;
	for (unsigned i = 0; i < LETTERS; i++) {
		bool infected = i % 2 == 1;
		struct pack letter = letter_of(i, infected);
		_cleanup_(arena_freep) struct arena *arena = arena_new();
		struct content_answer answer;
		int r = ask(arena, letter, &answer);

		pack_free(&letter);
		if (r < 0)
			fail_msg("letter %u: %d", i, r);
		if (answer.antivirus.outcome == ANTIVIRUS_ERROR || (answer.antivirus.outcome == ANTIVIRUS_INFECTED) != infected)
			fail_msg("letter %u: outcome %d \"%s\"", i, (int)answer.antivirus.outcome, answer.antivirus.text);
		assert_true(answer.inventory.contents >= 3);	/* the message and two parts */
		counts[answer.antivirus.outcome]++;
	}
	/* Some noise is rightly called unscannable; most is just clean. */
	assert_int_equal(counts[ANTIVIRUS_INFECTED], LETTERS / 2);
	assert_true(counts[ANTIVIRUS_CLEAN] > LETTERS / 3);
}

/* What is in the letter by the job called in this process, where every file and call is there. */
static void ask_outside(struct arena *arena, struct pack letter, struct content_answer *ret_answer)
{
	static struct frame question, answer;
	struct content_question asked = antivirus_bench_question(50000);
	int fd = antivirus_bench_message(letter);

	frame_start(&question, 0);
	content_question_write(&question, &asked);
	frame_start(&answer, 0);
	assert_int_equal(job_content.run(outside, &question, fd, &answer), 0);
	(void)close(fd);
	assert_int_equal(content_answer_read(arena, &answer, ret_answer), 0);
}

static void check_same(const char *name, struct pack letter)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	static struct frame caged_frame, free_frame;
	struct content_answer caged, free_answer;

	assert_int_equal(ask(arena, letter, &caged), 0);
	ask_outside(arena, letter, &free_answer);
	frame_start(&caged_frame, 0);
	frame_start(&free_frame, 0);
	inventory_write(&caged_frame, &caged.inventory, 0);
	inventory_write(&free_frame, &free_answer.inventory, 0);
	if (caged_frame.len != free_frame.len || memcmp(caged_frame.data, free_frame.data, caged_frame.len) != 0)
		fail_msg("%s: another inventory in the cage", name);
	if (caged.antivirus.outcome != free_answer.antivirus.outcome || strcmp(caged.antivirus.text, free_answer.antivirus.text) != 0)
		fail_msg("%s: in the cage \"%s\", outside \"%s\"", name, caged.antivirus.text, free_answer.antivirus.text);
}

/* iconv, libmagic, GMime and libarchive open files when they first need one: all that must have been opened before. */
static void charsets_are_read_in_the_cage_as_outside(void **state)
{
	static const char *const charsets[] = {
		"us-ascii", "utf-8", "utf-7", "utf-16", "utf-16le", "utf-32", "iso-8859-1", "iso-8859-2", "iso-8859-5", "iso-8859-6", "iso-8859-7",
		"iso-8859-8", "iso-8859-9", "iso-8859-13", "iso-8859-15", "windows-1250", "windows-1251", "windows-1252", "windows-1253", "windows-1254",
		"windows-1255", "windows-1256", "windows-1257", "windows-1258", "koi8-r", "koi8-u", "gb2312", "gbk", "gb18030", "big5", "hz-gb-2312",
		"iso-2022-jp", "iso-2022-kr", "iso-2022-cn", "shift_jis", "euc-jp", "euc-kr", "tis-620", "ibm037", "cp437", "cp850", "macintosh", "x-unknown",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++) {
		struct pack letter = { NULL, 0 };

		letter.len = (size_t)asprintf(&letter.data,
			"From x\nFrom: =?%s?Q?=E9=E8?= <a@example.org>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
			"--b\nContent-Type: text/html; charset=%s\nContent-Transfer-Encoding: base64\n\n"
			"PGh0bWw+PHA+4enoPC9wPjxhIGhyZWY9Imh0dHA6Ly9leGFtcGxlLm9yZy8iPng8L2E+PC9odG1sPg==\n"
			"--b\nContent-Type: application/octet-stream; name=\"=?%s?B?4eno7C5leGU=?=\"\n\nMZ and so on\n--b--\n",
			charsets[i], charsets[i], charsets[i]);
		check_same(charsets[i], letter);
		pack_free(&letter);
	}
}

static void archives_and_noise_are_read_in_the_cage_as_outside(void **state)
{
	(void)state;
	for (unsigned i = 0; i < STARTS_LEN * 4; i++) {
		struct pack letter = letter_of(i, false);
		char name[32];

		(void)snprintf(name, sizeof(name), "letter %u", i);
		check_same(name, letter);
		pack_free(&letter);
	}
}

static void a_bomb_in_the_cage_is_unscannable(void **state)
{
	struct pack file = pack_padded(3 * KIB * KIB, '\0', ""), zip = pack_zip_of(file);
	struct pack letter = pack_letter_of("application/zip", zip);
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct content_answer answer;

	(void)state;
	assert_int_equal(ask(arena, letter, &answer), 0);
	assert_int_equal(answer.antivirus.outcome, ANTIVIRUS_UNSCANNABLE);
	pack_free(&file);
	pack_free(&zip);
	pack_free(&letter);
}

static void start(struct zygote_settings *settings, char top[64])
{
	static char scratch[80];
	static const struct pool_settings pool_settings = { .spare = 1, .max = 2, .jobs_each = 150 };
	struct nursling nursling;

	(void)snprintf(top, 64, "/tmp/octroi-test-XXXXXX");
	assert_non_null(mkdtemp(top));
	(void)snprintf(scratch, sizeof(scratch), "%.40s/scratch", top);
	*settings = (struct zygote_settings){ .conf = antivirus_bench_conf(top, antivirus_bench_database(), "", ""),
					      .scratch = scratch, .scratch_bytes = 16 * KIB * KIB, .memory_bytes = KIB * KIB * KIB };
	nursery_start(settings);
	nursling = nursery_zygote();
	(void)printf("# %s; %s\n", nursling.status, nursling.layers);
	pool = pool_new(&pool_settings);
	pool_set_zygote(pool, nursling.channel);
}

static void start_outside(const struct conf *conf, const char *top)
{
	static char scratch[80];
	char status[JOB_STATUS_MAX];

	(void)snprintf(scratch, sizeof(scratch), "%.40s/outside", top);
	if (mkdir(scratch, 0700) < 0 || job_content.prepare(conf, &outside, status) < 0 || job_content.warm(outside, scratch) < 0)
		fail_msg("%s", status);
}

int main(void)
{
	static struct rows rows;
	static struct zygote_settings settings;
	char top[64], command[96];
	int failed;

	start(&settings, top);
	start_outside(settings.conf, top);
	rows_add_one(&rows, "letters_of_many_kinds_are_scanned_in_the_cage",
		     letters_of_many_kinds_are_scanned_in_the_cage, NULL);
	rows_add_one(&rows, "charsets_are_read_in_the_cage_as_outside", charsets_are_read_in_the_cage_as_outside, NULL);
	rows_add_one(&rows, "archives_and_noise_are_read_in_the_cage_as_outside", archives_and_noise_are_read_in_the_cage_as_outside, NULL);
	rows_add_one(&rows, "a_bomb_in_the_cage_is_unscannable", a_bomb_in_the_cage_is_unscannable, NULL);
	failed = rows_run(&rows, "content_cage");
	content_job_free(outside);
	pool_free(pool);
	nursery_release();
	nursery_stop();
	conf_free((struct conf *)(uintptr_t)settings.conf);
	(void)snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command) != 0 || failed != 0;
}

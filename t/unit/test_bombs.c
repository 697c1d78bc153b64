/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages that are small and unpack to what fills disks, memory and time: what the whole content job costs and says, with the limits of a default
 * configuration. Processor time is printed; memory is asserted, and that none of them is ever passed as clean (threats ATT-04 to ATT-08, MIME-19). */
#include "t/unit/rows.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "conf/conf.h"
#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "milter/isolate/sanitizer.h"
#include "scanners/antivirus_settings.h"
#include "scanners/content_job.h"
#include "scanners/content_settings.h"
#include "t/lib/antivirus_bench.h"

#define KIB ((size_t)1024)
#define MIB (KIB * KIB)
#define ALARM_S 100

static char top[] = "/dev/shm/octroi-test-XXXXXX";	/* in memory, as in a cage */
static void *shared;
static struct content_question question_of_all;

/* ---- archives ---- */

static struct pack attached(struct pack file)
{
	struct pack letter = pack_letter_of("application/octet-stream", file);

	pack_free(&file);
	return letter;
}

static struct pack repeated(struct pack once, unsigned times)
{
	struct pack all = { malloc(once.len * times), once.len * times };

	assert_non_null(all.data);
	for (unsigned i = 0; i < times; i++)
		memcpy(all.data + i * once.len, once.data, once.len);
	pack_free(&once);
	return all;
}

/* 500 MiB of zeros as one stream behind the other: gzip, bzip2 and xz read them as one file. */
static struct pack streams(int (*add_filter)(struct archive *archive))
{
	struct pack zeros = pack_padded(MIB, '\0', ""), once = { malloc(2 * MIB), 0 };
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();

	assert_int_equal(add_filter(archive), ARCHIVE_OK);
	assert_int_equal(archive_write_set_format_raw(archive), ARCHIVE_OK);
	(void)archive_write_set_bytes_in_last_block(archive, 1);
	assert_int_equal(archive_write_open_memory(archive, once.data, 2 * MIB, &once.len), ARCHIVE_OK);
	archive_entry_set_filetype(entry, AE_IFREG);
	assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(archive, zeros.data, zeros.len), (la_ssize_t)zeros.len);
	assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
	archive_entry_free(entry);
	(void)archive_write_free(archive);
	pack_free(&zeros);
	return attached(repeated(once, 500));
}

static struct pack gzip_of_zeros(void) { return streams(archive_write_add_filter_gzip); }
static struct pack bzip2_of_zeros(void) { return streams(archive_write_add_filter_bzip2); }
static struct pack xz_of_zeros(void) { return streams(archive_write_add_filter_xz); }

static struct pack zip_of_zeros(void)
{
	struct pack zeros = pack_padded(500 * MIB, '\0', ""), zip = pack_zip_of(zeros);

	pack_free(&zeros);
	return attached(zip);
}

static struct pack zip_in_zip_of_zeros(void)
{
	struct pack zeros = pack_padded(500 * MIB, '\0', ""), zip = pack_zip_of(zeros), outer = pack_zip_of(zip);

	pack_free(&zeros);
	pack_free(&zip);
	return attached(outer);
}

static struct pack nested_zips(void)
{
	struct pack zip = pack_of("in the middle");

	for (int i = 0; i < 100; i++) {
		struct pack outer = pack_zip_of(zip);

		pack_free(&zip);
		zip = outer;
	}
	return attached(zip);
}

/* Five levels of ten, and 10 MiB at the bottom: all alike but for a number. */
static struct pack tree_of_zips(unsigned levels, unsigned number)
{
	struct pack_member members[10];
	struct pack zip;

	if (levels == 0) {
		struct pack zeros = pack_padded(10 * MIB, '\0', "");

		memcpy(zeros.data, &number, sizeof(number));
		zip = pack_zip_of(zeros);
		pack_free(&zeros);
		return zip;
	}
	/* The subtrees below one level differ in the first number alone, so that they need not all be made. */
	for (unsigned i = 0; i < 10; i++)
		members[i] = (struct pack_member){ .name = "z.zip", .file = i < 2 ? tree_of_zips(levels - 1, number * 10 + i) : members[1].file,
						   .method = PACK_DEFLATED };
	zip = pack_zip(members, 10);
	pack_free(&members[0].file);
	pack_free(&members[1].file);
	return zip;
}

static struct pack tree(void)
{
	return attached(tree_of_zips(4, 1));
}

static struct pack zip_of_many(void)
{
	enum { MEMBERS = 60000 };
	struct pack_member *members = calloc(MEMBERS, sizeof(*members));
	struct pack zip;

	assert_non_null(members);
	for (size_t i = 0; i < MEMBERS; i++)
		members[i] = (struct pack_member){ .name = "m.txt", .file = { malloc(16), 16 }, .method = PACK_STORED };
	for (size_t i = 0; i < MEMBERS; i++)
		(void)snprintf(members[i].file.data, 16, "member %zu", i);
	zip = pack_zip(members, MEMBERS);
	for (size_t i = 0; i < MEMBERS; i++)
		free(members[i].file.data);
	free(members);
	return attached(zip);
}

static void put_le(FILE *out, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		(void)fputc((int)(value >> (8 * i) & 0xff), out);
}

static void put_zip_fields(FILE *out, uint32_t crc, uint32_t packed, uint32_t size)
{
	put_le(out, 20, 2);
	put_le(out, 0, 2);
	put_le(out, 8, 2);
	put_le(out, 0x00210000, 4);
	put_le(out, crc, 4);
	put_le(out, packed, 4);
	put_le(out, size, 4);
	put_le(out, 5, 2);
	put_le(out, 0, 2);
}

/* APPNOTE 4.3: one compressed megabyte of zeros, and a directory of which each entry points to it. */
static struct pack overlapping_zip(void)
{
	enum { ENTRIES = 20000, SIZE = 4 << 20 };
	struct pack zeros = pack_padded(SIZE, '\0', ""), zip = { NULL, 0 };
	uLongf packed = compressBound(SIZE);
	Bytef *deflated = malloc(packed);
	uint32_t crc = (uint32_t)crc32(0, (const Bytef *)zeros.data, SIZE), directory;
	FILE *out = open_memstream(&zip.data, &zip.len);

	assert_true(deflated != NULL && out != NULL);
	assert_int_equal(compress2(deflated, &packed, (const Bytef *)zeros.data, SIZE, 9), Z_OK);
	packed -= 6;				/* zlib's head of two bytes and tail of four: RFC 1950 */
	put_le(out, 0x04034b50, 4);
	put_zip_fields(out, crc, (uint32_t)packed, SIZE);
	(void)fputs("a.txt", out);
	(void)fwrite(deflated + 2, 1, packed, out);
	directory = (uint32_t)ftell(out);
	for (int i = 0; i < ENTRIES; i++) {
		put_le(out, 0x02014b50, 4);
		put_le(out, 20, 2);
		put_zip_fields(out, crc, (uint32_t)packed, SIZE);
		put_le(out, 0, 4);
		put_le(out, 0, 4);
		put_le(out, 0, 4);
		put_le(out, 0, 2);		/* comment, disk, attributes, offset 0 */
		(void)fputs("a.txt", out);
	}
	put_le(out, 0x06054b50, 4);
	put_le(out, 0, 4);
	put_le(out, ENTRIES, 2);
	put_le(out, ENTRIES, 2);
	put_le(out, (uint32_t)ftell(out) - 8 - 4 - directory, 4);
	put_le(out, directory, 4);
	put_le(out, 0, 2);
	(void)fclose(out);
	free(deflated);
	pack_free(&zeros);
	return attached(zip);
}

/* ---- messages ---- */

struct writer {
	struct pack pack;
	FILE *out;
};

static void writer_start(struct writer *writer, const char *head)
{
	*writer = (struct writer){ .out = NULL };
	writer->out = open_memstream(&writer->pack.data, &writer->pack.len);
	assert_non_null(writer->out);
	(void)fprintf(writer->out, "From x\nFrom: a@example.org\nMIME-Version: 1.0\n%s", head);
}

static struct pack writer_end(struct writer *writer)
{
	(void)fclose(writer->out);
	return writer->pack;
}

static void put_times(struct writer *writer, const char *text, size_t times)
{
	for (size_t i = 0; i < times; i++)
		(void)fputs(text, writer->out);
}

static struct pack many_parts(void)
{
	struct writer writer;

	writer_start(&writer, "Content-Type: multipart/mixed; boundary=b\n\n");
	for (unsigned i = 0; i < 100000; i++)
		(void)fprintf(writer.out, "--b\nContent-Type: text/plain; name=f%u.txt\n\npart %u\n", i, i);
	put_times(&writer, "--b--\n", 1);
	return writer_end(&writer);
}

static struct pack deep_multiparts(void)
{
	struct writer writer;

	writer_start(&writer, "Content-Type: multipart/mixed; boundary=b0\n\n");
	for (unsigned i = 0; i < 5000; i++)
		(void)fprintf(writer.out, "--b%u\nContent-Type: multipart/mixed; boundary=b%u\n\n", i, i + 1);
	put_times(&writer, "--b5000\n\ntext\n", 1);
	for (unsigned i = 5001; i-- > 0;)
		(void)fprintf(writer.out, "--b%u--\n", i);
	return writer_end(&writer);
}

static struct pack same_boundary_deep(void)
{
	struct writer writer;

	writer_start(&writer, "Content-Type: multipart/mixed; boundary=b\n\n");
	put_times(&writer, "--b\nContent-Type: multipart/mixed; boundary=b\n\n", 5000);
	put_times(&writer, "--b--\n", 5000);
	return writer_end(&writer);
}

static struct pack deep_messages(void)
{
	struct writer writer;

	writer_start(&writer, "Content-Type: message/rfc822\n\n");
	put_times(&writer, "From: a@example.org\nSubject: s\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n", 5000);
	put_times(&writer, "\ntext\n", 1);
	return writer_end(&writer);
}

static struct pack parentheses(const char *name)
{
	struct writer writer;

	writer_start(&writer, name);
	put_times(&writer, "(", 100 * KIB);
	put_times(&writer, "\n\ntext\n", 1);
	return writer_end(&writer);
}

static struct pack parentheses_in_type(void) { return parentheses("Content-Type: text/plain; charset=utf-8 "); }
static struct pack parentheses_in_from(void) { return parentheses("From: "); }

static struct pack body_of(const char *head, const char *text, size_t bytes)
{
	struct writer writer;

	writer_start(&writer, head);
	put_times(&writer, text, bytes / strlen(text));
	put_times(&writer, "\n", 1);
	return writer_end(&writer);
}

#define BASE64_HEAD "Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n"
#define QP_HEAD "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n"
#define MIXED_HEAD "Content-Type: multipart/mixed; boundary=b\n\n"

static struct pack base64_line(void) { return body_of(BASE64_HEAD, "QUJDREVGR0hJSktM", 10 * MIB); }
static struct pack base64_equals(void) { return body_of(BASE64_HEAD, "=", 10 * MIB); }
static struct pack base64_padded(void) { return body_of(BASE64_HEAD, "QQ==", 10 * MIB); }
static struct pack qp_equals(void) { return body_of(QP_HEAD, "=", 10 * MIB); }
static struct pack delimiters(void) { return body_of(MIXED_HEAD, "--b\n", 10 * MIB); }
static struct pack dashes(void) { return body_of(MIXED_HEAD, "--\n", 10 * MIB); }
static struct pack backslashes(void) { return body_of("Content-Type: text/plain; name=\"", "\\", 200 * KIB); }
static struct pack begins(void) { return body_of("Content-Type: text/plain\n\n", "begin 644 a\n", 10 * MIB); }
static struct pack archive_heads(void) { return body_of("Content-Type: text/plain\n\n", "PK\3\4PK\1\2PK\5\6", 10 * MIB); }
static struct pack html_tags(void) { return body_of("Content-Type: text/html\n\n", "<a href=", 10 * MIB); }
static struct pack pdf_objects(void) { return body_of("Content-Type: application/pdf\n\n%PDF-1.4\n", "1 0 obj<<", 10 * MIB); }
static struct pack rtf_groups(void) { return body_of("Content-Type: application/rtf\n\n{\\rtf1 ", "{\\object", 10 * MIB); }

/* ---- what it costs ---- */

struct cost {
	double cpu_s;
	uint64_t memory_bytes;
	int error;
	bool is_held;		/* something was said against it */
	char said[200];
};

static uint64_t status_kib(const char *field)
{
	char line[256];
	unsigned long long kib = 0;
	_cleanup_(fclose_filep) FILE *status = fopen("/proc/self/status", "r");

	while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
		if (strncmp(line, field, strlen(field)) == 0)
			(void)sscanf(line + strlen(field), " %llu", &kib);
	}
	return kib;
}

static double cpu_s(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void say(struct cost *cost, const struct content_answer *answer)
{
	const struct inventory *inventory = &answer->inventory;
	size_t len = (size_t)snprintf(cost->said, sizeof(cost->said), "%llu MiB out, antivirus \"%.60s\"",
				(unsigned long long)(inventory->bytes / MIB), answer->antivirus.text);

	cost->is_held = answer->antivirus.outcome != ANTIVIRUS_CLEAN || inventory->limits != 0 || inventory->ambiguities != 0;
	for (unsigned i = 0; i < UNPACK_LIMITS && len < sizeof(cost->said); i++) {
		if ((inventory->limits & 1U << i) != 0)
			len += (size_t)snprintf(cost->said + len, sizeof(cost->said) - len, " %s", unpack_limit_name((enum unpack_limit)i));
	}
	for (unsigned i = 0; i < AMBIGUITIES && len < sizeof(cost->said); i++) {
		if ((inventory->ambiguities & UINT64_C(1) << i) != 0)
			len += (size_t)snprintf(cost->said + len, sizeof(cost->said) - len, " %s?", ambiguity_name((enum ambiguity)i));
	}
}

static struct cost run(struct pack letter, const struct content_question *question)
{
	static struct frame asked, answered;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct content_answer answer;
	struct cost cost = { .error = 0 };
	int fd = antivirus_bench_message(letter);
	uint64_t before_kib;

	frame_start(&asked, 0);
	content_question_write(&asked, question);
	frame_start(&answered, 0);
	before_kib = status_kib("VmRSS:");
	cost.cpu_s = cpu_s();
	cost.error = job_content.run(shared, &asked, fd, &answered);
	cost.cpu_s = cpu_s() - cost.cpu_s;
	cost.memory_bytes = (status_kib("VmHWM:") - before_kib) * KIB;
	if (cost.error == 0)
		cost.error = content_answer_read(arena, &answered, &answer);
	if (cost.error == 0)
		say(&cost, &answer);
	return cost;
}

static struct cost run_in_child(struct pack letter, const struct content_question *question)
{
	struct cost cost = { .error = -EPIPE };
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)alarm(ALARM_S);
		cost = run(letter, question);
		_exit(write(fds[1], &cost, sizeof(cost)) == sizeof(cost) ? 0 : 1);
	}
	(void)close(fds[1]);
	if (read(fds[0], &cost, sizeof(cost)) != sizeof(cost))
		cost.error = -EPIPE;
	(void)close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return cost;
}

static const struct bomb {
	const char *name;
	struct pack (*letter)(void);
	bool is_harmless;	/* long and odd, but there is nothing in it that is not looked at */
	unsigned more_mib;	/* that libclamav's own parsers take beyond what is allowed, and no setting of theirs bounds */
} bombs[] = {
	{ "ATT-04 500 MiB of zeros in a zip", zip_of_zeros, false, 0 },
	{ "ATT-04 500 MiB of zeros in a zip in a zip", zip_in_zip_of_zeros, false, 0 },
	{ "ATT-04 500 MiB of zeros in gzip", gzip_of_zeros, false, 0 },
	{ "ATT-04 500 MiB of zeros in bzip2", bzip2_of_zeros, false, 0 },
	{ "ATT-04 500 MiB of zeros in xz", xz_of_zeros, false, 0 },
	{ "ATT-04 a hundred nested zips", nested_zips, false, 0 },
	{ "ATT-04 a tree of zips", tree, false, 0 },
	{ "ATT-04 60,000 members", zip_of_many, false, 0 },
	{ "ATT-04 an overlapping zip", overlapping_zip, false, 0 },
	{ "MIME-18 100,000 parts", many_parts, false, 0 },
	{ "MIME-18 5,000 levels of multipart", deep_multiparts, false, 0 },
	{ "MIME-18 5,000 levels of multipart with one boundary", same_boundary_deep, false, 0 },
	{ "MIME-18 5,000 levels of message/rfc822", deep_messages, false, 0 },
	{ "MIME-19 100 KiB of parentheses in Content-Type", parentheses_in_type, true, 0 },
	{ "MIME-19 100 KiB of parentheses in From", parentheses_in_from, true, 0 },
	{ "MIME-19 a line of 10 MiB of base64", base64_line, true, 0 },
	{ "MIME-19 10 MiB of = as base64", base64_equals, true, 0 },
	{ "MIME-19 10 MiB of padded base64", base64_padded, false, 0 },
	{ "MIME-19 10 MiB of = as quoted-printable", qp_equals, true, 0 },
	{ "MIME-19 10 MiB of delimiters", delimiters, false, 0 },
	{ "MIME-19 10 MiB of dashes", dashes, true, 32 },
	{ "MIME-19 200 KiB of backslashes in a name", backslashes, true, 0 },
	{ "MIME-14 10 MiB of begin lines", begins, true, 0 },
	{ "ATT-12 10 MiB of heads of archives", archive_heads, true, 0 },
	{ "MIME-19 10 MiB of HTML tags", html_tags, true, 0 },
	{ "ATT-09 10 MiB of PDF objects", pdf_objects, true, 0 },
	{ "ATT-09 10 MiB of RTF groups", rtf_groups, true, 128 },
};

/* With BOMBS_SPLIT in the environment: which half it is that costs. */
static void print_halves(struct pack letter)
{
	struct content_question unpack = question_of_all, scan = question_of_all;
	struct cost unpacked, scanned;

	unpack.scan_timeout_ms = 0;
	scan.unpack = false;
	unpacked = run_in_child(letter, &unpack);
	scanned = run_in_child(letter, &scan);
	print_message("#   unpacking alone %.2f s, +%llu MiB; libclamav alone %.2f s, +%llu MiB\n", unpacked.cpu_s,
		      (unsigned long long)(unpacked.memory_bytes / MIB), scanned.cpu_s, (unsigned long long)(scanned.memory_bytes / MIB));
}

static void check_bomb(void **state)
{
	const struct bomb *bomb = *state;
	struct pack letter = bomb->letter();
	struct cost cost = run_in_child(letter, &question_of_all);
	uint64_t allowed = 3 * letter.len + (64 + bomb->more_mib) * MIB;

	print_message("# %s: %zu KiB, %.2f s, +%llu MiB (allowed %llu): %s\n", bomb->name, letter.len / KIB, cost.cpu_s,
		      (unsigned long long)(cost.memory_bytes / MIB), (unsigned long long)(allowed / MIB), cost.said);
	if (getenv("BOMBS_SPLIT") != NULL)
		print_halves(letter);
	pack_free(&letter);
	/* With a sanitizer's memory on top an examiner may die of one: that is no answer, and never clean. */
	if (under_sanitizer && cost.error == -EPIPE)
		return;
	assert_int_equal(cost.error, 0);
	assert_true(cost.is_held || bomb->is_harmless);
	if (!under_sanitizer)
		assert_true(cost.memory_bytes <= allowed);
}

static void start(const char *scratch)
{
	static const struct option_section *const sections[] = { &antivirus_section, &content_section, NULL };
	char path[64], status[JOB_STATUS_MAX];
	const struct content_settings *settings;
	struct conf *conf;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/milter.conf", top);
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fprintf(file, "antivirus {\n\tdatabase = \"%s\"\n}\n", antivirus_bench_database());
	(void)fclose(file);
	conf = conf_load(path, sections);
	(void)unlink(path);
	if (job_content.prepare(conf, &shared, status) < 0 || job_content.warm(shared, scratch) < 0)
		fail_msg("%s", status);
	settings = conf_settings(conf, "content");
	question_of_all = (struct content_question){ .unpack = true, .limits = settings->limits, .scan_timeout_ms = 60000 };
	conf_free(conf);
}

int main(void)
{
	static struct rows tests;
	char scratch[sizeof(top) + 16], command[sizeof(top) + 16];
	int failed;

	if (mkdtemp(top) == NULL)
		return 1;
	(void)snprintf(scratch, sizeof(scratch), "%s/scratch", top);
	if (mkdir(scratch, 0700) < 0)
		return 1;
	start(scratch);
	rows_add(&tests, bombs, check_bomb);
	failed = rows_run(&tests, "bombs");
	content_job_free(shared);
	(void)snprintf(command, sizeof(command), "rm -rf %s", top);	/* a child that was stopped leaves files */
	return system(command) != 0 ? 1 : failed;
}

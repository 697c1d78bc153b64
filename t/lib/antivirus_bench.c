/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/antivirus_bench.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "milter/base/digest.h"
#include "scanners/antivirus_settings.h"
#include "scanners/content_settings.h"

static struct antivirus_bench the_bench;

const struct antivirus_bench *antivirus_bench(void)
{
	return &the_bench;
}

const char *antivirus_bench_database(void)
{
	static char path[PATH_MAX];
	const char *top = getenv("top_srcdir");
	char given[PATH_MAX];

	(void)snprintf(given, sizeof(given), "%s/t/data/clamav", top == NULL ? "." : top);
	assert_non_null(realpath(given, path));
	return path;
}

struct conf *antivirus_bench_conf(const char *top, const char *database, const char *content, const char *antivirus)
{
	static const struct option_section *const sections[] = { &antivirus_section, &content_section, NULL };
	char path[PATH_MAX];
	FILE *file;
	struct conf *conf;
	size_t errors;

	(void)snprintf(path, sizeof(path), "%s/milter-%ld.conf", top, (long)getpid());
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fprintf(file, "antivirus {\n\tdatabase = \"%s\"\n\tmax_file_size = 512K\n\tmax_scan_size = 2M\n"
		      "\tmax_html_size = 128K\n\tmax_files = 40\n\tmax_recursion = 10\n%s\n}\ncontent {\n%s\n}\n", database, antivirus, content);
	(void)fclose(file);
	conf = conf_load(path, sections);
	(void)unlink(path);
	(void)conf_errors(conf, &errors);
	assert_int_equal(errors, 0);
	return conf;
}

int antivirus_bench_prepare(const char *top, const char *database, struct antivirus_engine **ret_engine, char status[JOB_STATUS_MAX])
{
	struct conf *conf = antivirus_bench_conf(top, database, "", "");
	int r = antivirus_engine_prepare(conf, ret_engine, status);

	conf_free(conf);
	return r;
}

int antivirus_bench_setup(void **state)
{
	struct antivirus_bench *bench = &the_bench;

	(void)state;
	(void)snprintf(bench->top, sizeof(bench->top), "/tmp/octroi-test-XXXXXX");
	assert_non_null(mkdtemp(bench->top));
	(void)snprintf(bench->scratch, sizeof(bench->scratch), "%.40s/scratch", bench->top);
	assert_int_equal(mkdir(bench->scratch, 0700), 0);
	if (antivirus_bench_prepare(bench->top, antivirus_bench_database(), &bench->engine, bench->status) < 0 ||
	    antivirus_engine_warm(bench->engine, bench->scratch) < 0) {
		print_error("%s\n", bench->status);
		return -1;
	}
	return 0;
}

int antivirus_bench_teardown(void **state)
{
	(void)state;
	antivirus_engine_free(the_bench.engine);
	return rmdir(the_bench.scratch) < 0 || rmdir(the_bench.top) < 0 ? -1 : 0;
}

struct content_question antivirus_bench_question(uint64_t scan_timeout_ms)
{
	struct conf *conf = antivirus_bench_conf("/tmp", antivirus_bench_database(), "", "");
	const struct content_settings *settings = conf_settings(conf, "content");
	struct content_question question = { .unpack = true, .limits = settings->limits, .scan_timeout_ms = scan_timeout_ms };

	conf_free(conf);
	return question;
}

int antivirus_bench_message(struct pack message)
{
	int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	if (write(fd, message.data, message.len) == (ssize_t)message.len &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0 &&
	    lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	(void)close(fd);
	return -EPIPE;
}

struct antivirus_answer antivirus_bench_scan(struct antivirus_engine *engine, struct pack message, uint64_t timeout_ms)
{
	struct antivirus_scan *scan = antivirus_scan_begin(engine, timeout_ms);
	struct antivirus_answer answer;

	antivirus_scan_message(scan, (struct str){ message.data, message.len });
	(void)antivirus_scan_rest(scan, (struct str){ message.data, message.len });
	antivirus_scan_end(scan, &answer);
	return answer;
}

void antivirus_bench_show(struct antivirus_scan *scan, struct pack content, bool is_text)
{
	unsigned char digest[DIGEST_SIZE];

	digest_of(content.data, content.len, digest);
	antivirus_scan_content(scan, (struct str){ content.data, content.len }, digest, is_text);
}

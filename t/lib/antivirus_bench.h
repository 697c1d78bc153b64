/* SPDX-License-Identifier: GPL-2.0-or-later */
/* antivirus_bench.h - the antivirus engine as a zygote and an examiner use it, for tests with cmocka. */
#ifndef OCTROI_T_LIB_ANTIVIRUS_BENCH_H
#define OCTROI_T_LIB_ANTIVIRUS_BENCH_H

#include "scanners/antivirus_engine.h"
#include "scanners/content_answer.h"
#include "t/lib/pack.h"

/* An engine with the test database and small limits: max_file_size 512K, max_scan_size 2M, max_html_size 128K, max_files 40,
 * max_recursion 10. */
struct antivirus_bench {
	char top[64];			/* a directory of its own */
	char scratch[80];		/* below it */
	struct antivirus_engine *engine;
	char status[JOB_STATUS_MAX];
};

/* Group fixtures; afterwards both directories must be empty again. */
int antivirus_bench_setup(void **state);
int antivirus_bench_teardown(void **state);

/* The one that setup made. */
const struct antivirus_bench *antivirus_bench(void);

/* t/data/clamav of the source tree (top_srcdir in the environment, or the working directory). */
const char *antivirus_bench_database(void);

/* Settings with the small limits and that database; content and antivirus are more lines for the sections of that name. top is used for a moment.
 * conf_free releases them. */
struct conf *antivirus_bench_conf(const char *top, const char *database, const char *content, const char *antivirus);

/* Calls prepare with a milter.conf in top that has the small limits and that database. */
int antivirus_bench_prepare(const char *top, const char *database, struct antivirus_engine **ret_engine, char status[JOB_STATUS_MAX]);

/* A question for everything, with the default limits of section content. */
struct content_question antivirus_bench_question(uint64_t scan_timeout_ms);

/* The message in a sealed memfd, or a negative errno. */
int antivirus_bench_message(struct pack message);

/* The answer to the message alone, with the reading of a bare CR. No assertions: tests call this in children whose calls are made to fail. */
struct antivirus_answer antivirus_bench_scan(struct antivirus_engine *engine, struct pack message, uint64_t timeout_ms);

/* A content as the walk through a message shows it. */
void antivirus_bench_show(struct antivirus_scan *scan, struct pack content, bool is_text);

#endif

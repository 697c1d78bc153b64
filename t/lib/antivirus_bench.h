/* SPDX-License-Identifier: GPL-2.0-or-later */
/* antivirus_bench.h - the antivirus job called as a zygote and an examiner call it, for tests with cmocka. */
#ifndef OCTROI_T_LIB_ANTIVIRUS_BENCH_H
#define OCTROI_T_LIB_ANTIVIRUS_BENCH_H

#include "milter/isolate/job.h"
#include "scanners/antivirus_answer.h"
#include "t/lib/pack.h"

/* An engine with the test database and small limits: max_file_size 512K, max_scan_size 2M, max_html_size 128K, max_files 40,
 * max_recursion 10. */
struct antivirus_bench {
	char top[64];			/* a directory of its own */
	char scratch[80];		/* below it */
	void *shared;
	char status[JOB_STATUS_MAX];
};

/* Group fixtures; afterwards both directories must be empty again. */
int antivirus_bench_setup(void **state);
int antivirus_bench_teardown(void **state);

/* The one that setup made. */
const struct antivirus_bench *antivirus_bench(void);

/* t/data/clamav of the source tree (top_srcdir in the environment, or the working directory). */
const char *antivirus_bench_database(void);

/* Settings with the small limits and that database; top is used for a moment. conf_free releases them. */
struct conf *antivirus_bench_conf(const char *top, const char *database);

/* Calls prepare with a milter.conf in top that has the small limits and that database. */
int antivirus_bench_prepare(const char *top, const char *database, void **ret_shared, char status[JOB_STATUS_MAX]);

/* The message in a sealed memfd, or a negative errno. */
int antivirus_bench_message(struct pack message);

/* Calls run with the message in a sealed memfd and reads the answer as the filter would. Returns 0, what run
 * returned, -EBADMSG for an answer that is none, or -EPIPE when there was no memfd to be had. */
int antivirus_bench_ask(void *shared, struct pack message, uint64_t timeout_ms, struct antivirus_answer *ret_answer);

#endif

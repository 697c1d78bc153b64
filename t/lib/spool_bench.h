/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spool_bench.h - a quarantine in a directory of its own, for tests. Asserts with cmocka. */
#ifndef OCTROI_T_SPOOL_BENCH_H
#define OCTROI_T_SPOOL_BENCH_H

#include <sys/types.h>

#include "milter/base/str.h"
#include "milter/lookup/quarantine.h"

struct bench {
	char root[200];		/* holds spool and whatever a test puts beside it */
	char spool[240];
	struct quarantine *quarantine;
	struct arena *arena;
};

struct bench *bench_new(void);
void bench_free(struct bench *bench);

/* With something in every member. */
struct quarantine_item bench_item(const char *id, int64_t time_ms);

int bench_put(struct bench *bench, const struct quarantine_item *item, struct str header, struct str body);

/* Puts "Subject: x", an empty line and body. */
void bench_hold(struct bench *bench, const char *id, int64_t time_ms, const char *body);

/* How many names are in the spool, and how many beside it. */
size_t bench_names(const struct bench *bench);
size_t bench_outside(const struct bench *bench);
bool bench_has(const struct bench *bench, const char *name);

void bench_write(const char *path, const char *text);
void bench_patch(const char *path, off_t at, const char *bytes);
void bench_assert_file(const char *path, const char *text);
void bench_assert_message(struct bench *bench, const char *id, const char *message);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rows.h - one cmocka test for each row of a table: a struct whose first member is the row's name. */
#ifndef OCTROI_UNIT_ROWS_H
#define OCTROI_UNIT_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROWS_MAX 1000

struct rows {
	struct CMUnitTest tests[ROWS_MAX];
	size_t len;
};

static inline void rows_add_one(struct rows *rows, const char *name, CMUnitTestFunction check, const void *row)
{
	assert_true(rows->len < ROWS_MAX);
	rows->tests[rows->len++] = (struct CMUnitTest){ .name = name, .test_func = check, .initial_state = (void *)(uintptr_t)row };
}

/* The rows of an array, each handed to check as its *state. */
#define rows_add(rows, table, check)                                                     \
	do {                                                                             \
		for (size_t i_ = 0; i_ < sizeof(table) / sizeof((table)[0]); i_++)       \
			rows_add_one((rows), (table)[i_].name, (check), &(table)[i_]);   \
	} while (0)

static inline int rows_run(struct rows *rows, const char *group)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests(group, rows->tests, rows->len, NULL, NULL);
}

#endif

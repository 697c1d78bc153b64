/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The public suites (OpenSPF for RFC 7208 and RFC 4408, pyspf's own): each test once with all answers at hand, and once with answers that come one
 * at a time in a random order, which must give the same result. */
#include <errno.h>
#include <stdlib.h>

#include "milter/base/cleanup.h"
#include "t/lib/skip.h"
#include "t/lib/spf_suite.h"
#include "t/lib/trickle.h"
#include "t/unit/rows.h"

static struct spf_answer evaluate_trickling(struct arena *arena, struct spf_scenario *scenario, const struct spf_query *query,
					    unsigned seed)
{
	struct trickle *trickle = trickle_new(arena, spf_suite_ask, scenario, seed);
	struct spf_answer answer;

	/* It must not say that answers are missing when none is. */
	while (spf_evaluate(arena, query, &spf_limits_default, trickle_ask, trickle, &answer) == -EAGAIN)
		assert_true(trickle_next(trickle));
	return answer;
}

static void assert_same(const struct spf_answer *a, const struct spf_answer *b)
{
	assert_string_equal(spf_result_name(a->result), spf_result_name(b->result));
	assert_string_equal(a->mechanism, b->mechanism);
	assert_string_equal(a->domain, b->domain);
	assert_string_equal(a->problem, b->problem);
	assert_string_equal(a->explanation, b->explanation);
	assert_int_equal(a->terms, b->terms);
	assert_int_equal(a->voids, b->voids);
}

struct row {
	const char *name;
	struct spf_scenario *scenario;
	struct spf_suite_test *test;
};

/* What a strict evaluator answers otherwise. */
static const struct exception {
	const char *name, *result, *why;
} exceptions[] = {
	{ "pyspf-tests.yml: default-modifier", "neutral", "pyspf's lax mode: default= was never in an RFC" },
	{ "pyspf-tests.yml: default-modifier-harsh", "neutral", "pyspf's harsh mode warns; for RFC 7208 6 it is an unknown modifier" },
};

static bool is_right(const struct row *row, const char *result)
{
	for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++)
		if (strcmp(exceptions[i].name, row->name) == 0)
			return strcmp(exceptions[i].result, result) == 0;
	return spf_suite_accepts(row->test, result);
}

static void check_test(void **state)
{
	const struct row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const struct spf_query query = spf_suite_query(arena, row->test);
	struct spf_answer answer, other;

	assert_int_equal(spf_evaluate(arena, &query, &spf_limits_default, spf_suite_ask, row->scenario, &answer), 0);
	if (!is_right(row, spf_result_name(answer.result)))
		fail_msg("%s instead of %s (%s)", spf_result_name(answer.result), row->test->results[0], answer.problem);
	if (row->test->explanation != NULL)
		assert_string_equal(answer.explanation, strcmp(row->test->explanation, "DEFAULT") == 0 ? "" : row->test->explanation);
	for (unsigned seed = 0; seed < 5; seed++) {
		other = evaluate_trickling(arena, row->scenario, &query, seed);
		assert_same(&other, &answer);
	}
}

static const struct file {
	const char *name;
	size_t tests_len;
} files[] = { { "rfc7208-tests.yml", 203 }, { "rfc4408-tests.yml", 191 }, { "pyspf-tests.yml", 16 } };

static struct arena *suites;

static void check_file(void **state)
{
	const struct file *file = *state;
	struct spf_suite *suite = spf_suite_read(suites, file->name);

	if (suite == NULL)
		SKIP("the test vectors are not beside the source; OCTROI_VECTORS names their directory");
	assert_int_equal(suite->tests_len, file->tests_len);
}

static void add_suite(struct rows *rows, const char *file)
{
	struct spf_suite *suite = spf_suite_read(suites, file);

	for (size_t i = 0; suite != NULL && i < suite->len; i++) {
		for (size_t k = 0; k < suite->scenarios[i].tests_len; k++) {
			struct row *row = arena_new_of(suites, struct row);

			row->scenario = &suite->scenarios[i];
			row->test = &row->scenario->tests[k];
			row->name = arena_printf(suites, "%s: %s", file, row->test->name);
			rows_add_one(rows, row->name, check_test, row);
		}
	}
}

int main(void)
{
	static struct rows rows;
	int r;

	suites = arena_new();
	rows_add(&rows, files, check_file);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		add_suite(&rows, files[i].name);
	r = rows_run(&rows, "spf_suite");
	arena_free(suites);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/bench/figures.h"

#include <stdlib.h>

#include "milter/base/cleanup.h"
#include "t/unit/rows.h"

static const struct percentile {
	const char *name;
	unsigned from, to;	/* these milliseconds, each once, last first */
	double share, expected_ms;
} percentile_table[] = {
	{ "of_nothing", 1, 0, 0.5, 0 },
	{ "of_one", 7, 7, 0.5, 7 },
	{ "of_one_maximum", 7, 7, 1, 7 },
	{ "median_of_two_is_the_smaller", 1, 2, 0.5, 1 },
	{ "median_of_three", 1, 3, 0.5, 2 },
	{ "p99_of_100", 1, 100, 0.99, 99 },
	{ "p99_of_101", 1, 101, 0.99, 100 },
	{ "p90_of_10", 1, 10, 0.9, 9 },
	{ "maximum", 1, 5000, 1, 5000 },
	{ "minimum", 1, 10, 0, 1 },
};

static void check_percentile(void **state)
{
	const struct percentile *row = *state;
	struct samples samples = { 0 };
	double got;

	for (unsigned ms = row->to; ms >= row->from && ms > 0; ms--)
		samples_add(&samples, ms * 1000UL);
	got = samples_percentile_ms(&samples, row->share);
	assert_true(got == row->expected_ms);
	samples_release(&samples);
}

static void a_long_time_is_capped_not_wrapped(void **state)
{
	struct samples samples = { 0 };

	(void)state;
	samples_add(&samples, 5000000000);
	assert_true(samples_percentile_ms(&samples, 1) == 4294967.295);
	samples_release(&samples);
}

static void json_counts_and_escapes(void **state)
{
	struct figures figures = { .elapsed_s = 2, .last_error = "a \"b\"\n\\" };
	_cleanup_(free_charp) char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	figures.plain.outcomes[OUTCOME_ACCEPT] = 5;
	figures.slow.outcomes[OUTCOME_TIMEOUT] = 1;
	samples_add(&figures.plain.eom, 1500);
	assert_int_equal(figures_messages(&figures.plain), 5);
	figures_print_json(&figures, out);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(text, "{\"messages\": 6, \"elapsed_s\": 2.000, \"messages_per_s\": 3.0,"));
	assert_non_null(strstr(text, "\"eom\": {\"count\": 1, \"p50\": 1.500,"));
	assert_non_null(strstr(text, "\"last_error\": \"a \\u0022b\\u0022\\u000a\\u005c\"}\n"));
	figures_release(&figures);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, percentile_table, check_percentile);
	rows_add_one(&rows, "a_long_time_is_capped_not_wrapped", a_long_time_is_capped_not_wrapped, NULL);
	rows_add_one(&rows, "json_counts_and_escapes", json_counts_and_escapes, NULL);
	return rows_run(&rows, "figures");
}

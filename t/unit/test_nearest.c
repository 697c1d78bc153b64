/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include "conf/nearest.h"

static const char *const names[] = { "timeout", "workers", "rate", "on_infected", "tag", "a", NULL };

static const struct row {
	const char *name, *word, *nearest;
} table[] = {
	{ "the_same", "rate", "rate" },
	{ "letter_missing", "timout", "timeout" },
	{ "letter_too_many", "workerss", "workers" },
	{ "letters_swapped", "tiemout", "timeout" },
	{ "capital_letters", "TIMEOUT", "timeout" },
	{ "hyphen_for_underscore", "on-infected", "on_infected" },
	{ "end_missing", "on_infect", "on_infected" },
	{ "another_word", "greylist", NULL },
	{ "another_short_word", "foo", NULL },
	{ "empty", "", NULL },
	{ "one_letter_is_not_enough", "b", NULL },
	{ "longer_than_any_name",
	  "timeouttimeouttimeouttimeouttimeouttimeouttimeouttimeouttimeouttimeouttimeouttimeout", NULL },
};

static void check(void **state)
{
	const struct row *row = *state;
	const char *nearest = nearest_name(row->word, names);

	if (row->nearest == NULL)
		assert_null(nearest);
	else
		assert_string_equal(nearest, row->nearest);
}

static void check_the_nearer_of_two(void **state)
{
	static const char *const two[] = { "on_error", "on_infected", NULL };

	(void)state;
	assert_string_equal(nearest_name("on_eror", two), "on_error");
}

static void check_no_candidates(void **state)
{
	static const char *const none[] = { NULL };

	(void)state;
	assert_null(nearest_name("x", none));
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, table, check);
	rows_add_one(&rows, "the_nearer_of_two", check_the_nearer_of_two, NULL);
	rows_add_one(&rows, "no_candidates", check_no_candidates, NULL);
	return rows_run(&rows, "nearest");
}

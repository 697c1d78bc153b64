/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/tally.h"

#include "t/unit/rows.h"

static void the_greatest_first_and_equal_ones_by_name(void **state)
{
	struct tally tally = { .arena = arena_new() };
	struct tally_item *items;

	(void)state;
	tally_add(&tally, "b", 1, 10, NULL);
	tally_add(&tally, "a", 1, 20, NULL);
	tally_add(&tally, "c", 5, 30, "first");
	tally_add(&tally, "C", 2, 25, "older");
	tally_add(&tally, "", 9, 30, NULL);
	assert_int_equal(tally_sorted(&tally, &items), 3);
	assert_string_equal(items[0].name, "c");
	assert_int_equal(items[0].count, 7);
	assert_int_equal(items[0].first_ms, 25);
	assert_int_equal(items[0].last_ms, 30);
	assert_string_equal(items[0].detail, "first");
	assert_string_equal(items[1].name, "a");
	assert_string_equal(items[2].name, "b");
	assert_int_equal(tally.total, 9);
	assert_null(tally_find(&tally, "d"));
	arena_free(tally.arena);
}

static void nothing_is_counted(void **state)
{
	struct tally tally = { .arena = arena_new() };
	struct tally_item *items;

	(void)state;
	assert_int_equal(tally_sorted(&tally, &items), 0);
	assert_null(tally_find(&tally, "a"));
	arena_free(tally.arena);
}

/* Names of strangers: memory has an end, and the sum stays right. */
static void more_names_than_there_is_room_for(void **state)
{
	struct tally tally = { .arena = arena_new() };
	struct tally_item *items;
	uint64_t sum = 0;
	size_t len;

	(void)state;
	for (unsigned i = 0; i < TALLY_NAMES_MAX + 1000; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "n%u", i);
		tally_add(&tally, name, 1, i, NULL);
	}
	tally_add(&tally, "n7", 1, 1, NULL);
	len = tally_sorted(&tally, &items);
	assert_int_equal(len, TALLY_NAMES_MAX);
	for (size_t i = 0; i < len; i++)
		sum += items[i].count;
	assert_int_equal(tally.others, 1000);
	assert_int_equal(sum + tally.others, tally.total);
	assert_string_equal(items[0].name, "n7");
	arena_free(tally.arena);
}

int main(void)
{
	static struct rows rows;

	rows_add_one(&rows, "the_greatest_first_and_equal_ones_by_name", the_greatest_first_and_equal_ones_by_name, NULL);
	rows_add_one(&rows, "nothing_is_counted", nothing_is_counted, NULL);
	rows_add_one(&rows, "more_names_than_there_is_room_for", more_names_than_there_is_room_for, NULL);
	return rows_run(&rows, "tally");
}

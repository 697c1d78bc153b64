/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/model/message.h"

#include <stdlib.h>

#include "t/unit/rows.h"

static void an_id_is_two_groups_of_four_letters(void **state)
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	unsigned seen[128] = { 0 };
	char id[MESSAGE_ID_SIZE];

	(void)state;
	for (int i = 0; i < 2000; i++) {
		message_id_make(id);
		assert_int_equal(strlen(id), 9);
		assert_int_equal(id[4], '-');
		for (size_t j = 0; j < 9; j++) {
			assert_true(j == 4 || strchr(letters, id[j]) != NULL);
			seen[(unsigned char)id[j]]++;
		}
	}
	for (const char *p = letters; *p != '\0'; p++)
		assert_true(seen[(unsigned char)*p] > 0);	/* each of the 32 for 1 of 32 bytes, of 16,000 */
}

static int compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, MESSAGE_ID_SIZE);
}

static void ids_differ(void **state)
{
	enum { MANY = 1000 };
	static char ids[MANY][MESSAGE_ID_SIZE];

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		message_id_make(ids[i]);
	qsort(ids, MANY, MESSAGE_ID_SIZE, compare_ids);
	for (size_t i = 1; i < MANY; i++)
		assert_string_not_equal(ids[i - 1], ids[i]);
}

static void directions_and_grounds_have_names(void **state)
{
	static const char *const directions[] = { "inbound", "submission", "granted", "local" };
	static const char *const grounds[] = { "none", "domain", "auth", "cert", "grant", "local" };

	(void)state;
	for (int i = 0; i < DIRECTIONS; i++)
		assert_string_equal(direction_name((enum direction)i), directions[i]);
	for (int i = GROUND_NONE; i <= GROUND_LOCAL; i++)
		assert_string_equal(ground_name((enum ground)i), grounds[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_two_groups_of_four_letters),
		cmocka_unit_test(ids_differ),
		cmocka_unit_test(directions_and_grounds_have_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}

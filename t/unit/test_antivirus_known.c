/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include "scanners/antivirus_known.h"

/* As SHA-256 spreads them, but chosen: the set is made of the first bytes. */
static const unsigned char *digest(unsigned set, unsigned number)
{
	static unsigned char bytes[DIGEST_SIZE];

	memset(bytes, 0, sizeof(bytes));
	bytes[0] = (unsigned char)set;
	bytes[DIGEST_SIZE - 1] = (unsigned char)number;
	bytes[DIGEST_SIZE - 2] = (unsigned char)(number >> 8);
	bytes[DIGEST_SIZE - 3] = (unsigned char)(number >> 16);
	return bytes;
}

static void nothing_is_known_at_first(void **state)
{
	struct known *known = known_new();
	const char *virus;

	(void)state;
	assert_int_equal(known_find(known, digest(0, 0), &virus), KNOWN_NOTHING);
	assert_int_equal(known_find(known, digest(1, 7), &virus), KNOWN_NOTHING);
	known_free(known);
	known_free(NULL);
}

static void clean_and_infected_are_kept_apart(void **state)
{
	struct known *known = known_new();
	char name[] = "Virus.One";
	const char *virus = NULL;

	(void)state;
	known_add(known, digest(0, 1), NULL);
	known_add(known, digest(0, 2), name);
	memset(name, 'x', sizeof(name) - 1);
	assert_int_equal(known_find(known, digest(0, 1), &virus), KNOWN_CLEAN);
	assert_int_equal(known_find(known, digest(0, 2), &virus), KNOWN_INFECTED);
	assert_string_equal(virus, "Virus.One");
	assert_int_equal(known_find(known, digest(0, 3), &virus), KNOWN_NOTHING);
	assert_int_equal(known_find(known, digest(1, 1), &virus), KNOWN_NOTHING);
	known_free(known);
}

static void what_is_known_stays_as_it_is(void **state)
{
	struct known *known = known_new();
	const char *virus = NULL;

	(void)state;
	known_add(known, digest(0, 1), "Virus.One");
	known_add(known, digest(0, 1), NULL);
	known_add(known, digest(0, 1), "Virus.Two");
	assert_int_equal(known_find(known, digest(0, 1), &virus), KNOWN_INFECTED);
	assert_string_equal(virus, "Virus.One");
	known_free(known);
}

static void many_files_of_one_set_push_out_only_each_other(void **state)
{
	struct known *known = known_new();
	const char *virus;

	(void)state;
	known_add(known, digest(2, 1), NULL);
	for (unsigned i = 0; i < 3 * KNOWN_MAX; i++)
		known_add(known, digest(1, i), i % 2 == 0 ? NULL : "Virus");
	assert_int_equal(known_find(known, digest(1, 3 * KNOWN_MAX - 1), &virus), KNOWN_INFECTED);
	assert_int_equal(known_find(known, digest(1, 0), &virus), KNOWN_NOTHING);
	assert_int_equal(known_find(known, digest(2, 1), &virus), KNOWN_CLEAN);
	known_free(known);
}

static void it_is_bounded(void **state)
{
	struct known *known = known_new();
	unsigned char bytes[DIGEST_SIZE] = { 0 };
	unsigned kept = 0;
	const char *virus;

	(void)state;
	for (unsigned i = 0; i < 10 * KNOWN_MAX; i++) {
		memcpy(bytes, &i, sizeof(i));
		known_add(known, bytes, NULL);
	}
	for (unsigned i = 0; i < 10 * KNOWN_MAX; i++) {
		memcpy(bytes, &i, sizeof(i));
		kept += known_find(known, bytes, &virus) == KNOWN_CLEAN;
	}
	assert_int_equal(kept, KNOWN_MAX);
	known_free(known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_known_at_first), cmocka_unit_test(clean_and_infected_are_kept_apart),
		cmocka_unit_test(what_is_known_stays_as_it_is), cmocka_unit_test(many_files_of_one_set_push_out_only_each_other),
		cmocka_unit_test(it_is_bounded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("antivirus_known", tests, NULL, NULL);
}

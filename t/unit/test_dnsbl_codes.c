/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dnsbl_codes.h"

#include "t/unit/rows.h"

#define ADDRESS(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static const struct match {
	const char *name, *code;
	uint32_t address;
	bool matches;
} match_table[] = {
	{ "one_address", "127.0.0.2", ADDRESS(127, 0, 0, 2), true },
	{ "one_address_is_exact_DNS_14", "127.0.0.2", ADDRESS(127, 0, 0, 3), false },
	{ "first_of_a_range", "127.0.0.4-127.0.0.7", ADDRESS(127, 0, 0, 4), true },
	{ "last_of_a_range", "127.0.0.4-127.0.0.7", ADDRESS(127, 0, 0, 7), true },
	{ "before_a_range", "127.0.0.4-127.0.0.7", ADDRESS(127, 0, 0, 3), false },
	{ "after_a_range", "127.0.0.4 - 127.0.0.7", ADDRESS(127, 0, 0, 8), false },
	{ "range_of_one", "127.0.0.4-127.0.0.4", ADDRESS(127, 0, 0, 4), true },
	{ "network_DNS_14", "127.0.1.0/24", ADDRESS(127, 0, 1, 106), true },
	{ "outside_of_a_network", "127.0.1.0/24", ADDRESS(127, 0, 0, 2), false },
	{ "network_of_one", "127.0.1.2/32", ADDRESS(127, 0, 1, 2), true },
	{ "network_of_all", "127.0.0.0/8", ADDRESS(127, 255, 255, 255), true },
	{ "mask_first_bit_DNS_14", "127.0.0.&12", ADDRESS(127, 0, 0, 4), true },
	{ "mask_second_bit", "127.0.0.&12", ADDRESS(127, 0, 0, 8), true },
	{ "mask_with_other_bits", "127.0.0.&12", ADDRESS(127, 0, 0, 7), true },
	{ "mask_no_bit", "127.0.0.&12", ADDRESS(127, 0, 0, 3), false },
	{ "mask_in_another_network", "127.0.0.&12", ADDRESS(127, 0, 1, 4), false },
	{ "mask_of_another_network", "127.0.1.&255", ADDRESS(127, 0, 1, 128), true },
	{ "mask_never_has_zero", "127.0.0.&255", ADDRESS(127, 0, 0, 0), false },
};

static void check_match(void **state)
{
	const struct match *row = *state;
	struct dnsbl_code code;
	struct dnsbl_codes codes = { &code, 1 };
	char problem[CONF_PROBLEM_MAX];

	assert_int_equal(dnsbl_code_parse(row->code, &code, problem), 0);
	assert_int_equal(dnsbl_codes_match(&codes, row->address), row->matches);
}

static const struct wrong {
	const char *name, *code, *word;	/* that the problem has */
} wrong_table[] = {
	{ "empty", "", "is no answer" },
	{ "a_word", "listed", "is no answer" },
	{ "address_cut_short", "127.0.0", "is no answer" },
	{ "leading_zeros", "127.0.0.02", "is no answer" },
	{ "IPv6", "::1", "is no answer" },
	{ "mapped_address", "::ffff:127.0.0.2", "is no answer" },
	{ "mapped_range", "::ffff:127.0.0.2-127.0.0.3", "is no answer" },
	{ "range_backwards", "127.0.0.7-127.0.0.4", "is no answer" },
	{ "range_without_end", "127.0.0.4-", "is no answer" },
	{ "range_of_three", "127.0.0.4-127.0.0.5-127.0.0.6", "is no answer" },
	{ "range_with_a_long_end", "127.0.0.4-127.0.0.444444444444444444444444444444444444444444444444444444444", "is no answer" },
	{ "host_bits", "127.0.1.1/24", "is no answer" },
	{ "prefix_too_long", "127.0.1.0/33", "is no answer" },
	{ "mask_of_nothing", "127.0.0.&0", "is no answer" },
	{ "mask_too_large", "127.0.0.&256", "is no answer" },
	{ "mask_without_bits", "127.0.0.&", "is no answer" },
	{ "mask_without_dot", "127.0.0&12", "is no answer" },
	{ "mask_on_a_whole_address", "127.0.0.0&12", "is no answer" },
	{ "mask_alone", "&12", "is no answer" },
	{ "outside_of_loopback_DNS_11", "203.0.113.7", "127.0.0.0/8" },
	{ "network_wider_than_loopback", "0.0.0.0/0", "127.0.0.0/8" },
	{ "range_that_leaves_loopback", "127.0.0.2-128.0.0.1", "127.0.0.0/8" },
	{ "error_address_DNS_12", "127.255.255.254", "does not answer" },
	{ "error_network_DNS_12", "127.255.255.0/24", "does not answer" },
};

static void check_wrong(void **state)
{
	const struct wrong *row = *state;
	char problem[CONF_PROBLEM_MAX] = "";

	assert_true(dnsbl_codes_check(NULL, row->code, (struct conf_where){ NULL, 0 }, NULL, problem) < 0);
	if (strstr(problem, row->word) == NULL)
		print_message("# %s\n", problem);
	assert_non_null(strstr(problem, row->word));
}

static void errors_may_be_named_as_refusals(void **state)
{
	char problem[CONF_PROBLEM_MAX];

	(void)state;
	assert_int_equal(dnsbl_codes_check_any(NULL, "127.255.255.254", (struct conf_where){ NULL, 0 }, NULL, problem), 0);
	assert_true(dnsbl_codes_check_any(NULL, "128.0.0.1", (struct conf_where){ NULL, 0 }, NULL, problem) < 0);
}

static void a_set_has_what_any_of_its_codes_has(void **state)
{
	const struct conf_item items[] = { { .text = "127.0.0.2" }, { .text = "127.0.0.10-127.0.0.11" } };
	const struct conf_list list = { .items = items, .len = 2 };
	struct arena *arena = arena_new();
	struct dnsbl_codes codes = dnsbl_codes_new(arena, &list);

	(void)state;
	assert_true(dnsbl_codes_match(&codes, ADDRESS(127, 0, 0, 2)));
	assert_true(dnsbl_codes_match(&codes, ADDRESS(127, 0, 0, 11)));
	assert_false(dnsbl_codes_match(&codes, ADDRESS(127, 0, 0, 3)));
	assert_false(dnsbl_codes_match(&(struct dnsbl_codes){ NULL, 0 }, ADDRESS(127, 0, 0, 2)));
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, match_table, check_match);
	rows_add(&rows, wrong_table, check_wrong);
	rows_add_one(&rows, "errors_may_be_named_as_refusals", errors_may_be_named_as_refusals, NULL);
	rows_add_one(&rows, "a_set_has_what_any_of_its_codes_has", a_set_has_what_any_of_its_codes_has, NULL);
	return rows_run(&rows, "dnsbl_codes");
}

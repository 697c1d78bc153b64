/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/names.h"

#include <errno.h>

#include "t/unit/rows.h"

/* The list that most rows look in. */
static const struct conf_item some[] = {
	{ .text = "ours.example" }, { .text = ".below.example" }, { .text = "@at.example" }, { .text = "@.atbelow.example" },
	{ .text = "User@Mixed.Example" }, { .text = "\"a b\"@quoted.example" }, { .text = "m\xc3\xbcnchen.example" },
	{ .text = "[192.0.2.25]" }, { .text = "\"x@y\"@odd.example" }, { .text = "not a domain" }, { .text = "ours.example" },
};
static const struct conf_item everybody[] = { { .text = "*" } };
static const struct conf_item nobody_s[] = { { .text = "<>" } };

#define LIST(array) { .items = (array), .len = sizeof(array) / sizeof((array)[0]) }

static const struct conf_list lists[] = { LIST(some), LIST(everybody), LIST(nobody_s), { .items = NULL, .len = 0 } };
enum { SOME, EVERYBODY, NULL_SENDER, NOTHING };

static const struct find_domain {
	const char *name;
	int list;
	const char *domain, *expected;
} domain_table[] = {
	{ "a_listed_domain", SOME, "ours.example", "ours.example" },
	{ "a_name_below_a_listed_domain_ID_02", SOME, "sub.ours.example", NULL },
	{ "a_longer_name_ID_02", SOME, "xours.example", NULL },
	{ "a_hyphenated_name_ID_02", SOME, "evil-ours.example", NULL },
	{ "a_listed_domain_in_front_ID_02", SOME, "ours.example.evil.example", NULL },
	{ "a_name_below_a_dot_entry", SOME, "a.below.example", ".below.example" },
	{ "two_labels_below_a_dot_entry", SOME, "a.b.below.example", ".below.example" },
	{ "a_dot_entry_does_not_hold_itself", SOME, "below.example", NULL },
	{ "a_longer_label_than_a_dot_entry_ID_02", SOME, "xbelow.example", NULL },
	{ "an_at_entry_is_its_domain", SOME, "at.example", "at.example" },
	{ "an_at_dot_entry_is_what_is_below", SOME, "x.atbelow.example", ".atbelow.example" },
	{ "a_u_label_entry_is_its_a_label", SOME, "xn--mnchen-3ya.example", "xn--mnchen-3ya.example" },
	{ "the_domain_of_an_address_entry", SOME, "mixed.example", NULL },
	{ "the_parent", SOME, "example", NULL },
	{ "no_domain_at_all", SOME, "", NULL },
	{ "star_holds_every_domain", EVERYBODY, "whatever.example", "*" },
	{ "an_empty_list_holds_nothing", NOTHING, "ours.example", NULL },
};

static void check_domain(void **state)
{
	const struct find_domain *row = *state;
	struct arena *arena = arena_new();
	const char *found = names_find_domain(names_new(arena, &lists[row->list]), row->domain);

	if (row->expected == NULL)
		assert_null(found);
	else
		assert_string_equal(found, row->expected);
	arena_free(arena);
}

static const struct find_address {
	const char *name;
	int list;
	const char *path;
	bool expected;
} address_table[] = {
	{ "an_address_in_a_listed_domain", SOME, "<anybody@ours.example>", true },
	{ "an_address_below_a_listed_domain", SOME, "<anybody@sub.ours.example>", false },
	{ "an_address_below_a_dot_entry", SOME, "<anybody@a.below.example>", true },
	{ "an_address_entry_as_written", SOME, "<User@Mixed.Example>", true },
	{ "an_address_entry_without_case", SOME, "<uSER@mIXED.eXAMPLE>", true },
	{ "another_local_part", SOME, "<users@mixed.example>", false },
	{ "a_tag_behind_the_local_part_ID_06", SOME, "<user+tag@mixed.example>", false },
	{ "quotes_that_need_not_be_ID_06", SOME, "<\"user\"@mixed.example>", true },
	{ "a_quoted_local_part", SOME, "<\"A b\"@quoted.example>", true },
	{ "another_quoted_local_part", SOME, "<\"a  b\"@quoted.example>", false },
	{ "an_at_between_quotes", SOME, "<\"X@Y\"@odd.example>", true },
	{ "an_at_between_quotes_is_no_domain_ID_01", SOME, "<\"u@ours.example\"@ext.example>", false },
	{ "a_percent_sign_is_no_domain_ID_01", SOME, "<u%ours.example@ext.example>", false },
	{ "a_u_label", SOME, "<u@m\xc3\xbcnchen.example>", true },
	{ "an_address_literal", SOME, "<u@[192.0.2.25]>", true },
	{ "another_address_literal", SOME, "<u@[192.0.2.26]>", false },
	{ "no_domain", SOME, "<ours.example>", false },
	{ "the_null_sender_in_no_entry", SOME, "<>", false },
	{ "star_holds_every_address", EVERYBODY, "<a@whatever.example>", true },
	{ "star_does_not_hold_the_null_sender", EVERYBODY, "<>", false },
	{ "star_does_not_hold_an_address_without_domain", EVERYBODY, "<postmaster>", false },
	{ "the_null_sender", NULL_SENDER, "<>", true },
	{ "an_address_is_not_the_null_sender", NULL_SENDER, "<a@ours.example>", false },
	{ "an_empty_list_holds_no_null_sender", NOTHING, "<>", false },
};

static void check_address(void **state)
{
	const struct find_address *row = *state;
	struct arena *arena = arena_new();
	const char *problem = NULL;
	struct address address;

	if (address_parse(arena, str_of(row->path), ADDRESS_SENDER, &address, &problem) < 0)
		fail_msg("%s: %s", row->path, problem);
	assert_int_equal(names_find_address(names_new(arena, &lists[row->list]), &address) != NULL, row->expected);
	arena_free(arena);
}

static const struct entry {
	const char *name, *text;
	bool domain, address;
} entry_table[] = {
	{ "entry_domain", "ours.example", true, true },
	{ "entry_below", ".ours.example", true, true },
	{ "entry_star", "*", true, true },
	{ "entry_address", "a@ours.example", false, true },
	{ "entry_everybody_at", "@ours.example", false, true },
	{ "entry_null_sender", "<>", false, true },
	{ "entry_empty", "", false, false },
	{ "entry_dot", ".", false, false },
	{ "entry_at", "@", false, false },
	{ "entry_two_words", "ours.example theirs.example", false, false },
	{ "entry_network", "10.0.0.0/8", false, false },
	{ "entry_star_in_front", "*.ours.example", false, false },
	{ "entry_path", "<a@ours.example>", false, false },
};

static void check_entry(void **state)
{
	const struct entry *row = *state;
	const struct conf_where where = { .file = "milter.conf", .line = 1 };
	char problem[CONF_PROBLEM_MAX] = "";

	assert_int_equal(domains_check(NULL, row->text, where, NULL, problem), row->domain ? 0 : -EINVAL);
	assert_int_equal(problem[0] == '\0', row->domain);
	problem[0] = '\0';
	assert_int_equal(addresses_check(NULL, row->text, where, NULL, problem), row->address ? 0 : -EINVAL);
	assert_int_equal(problem[0] == '\0', row->address);
}

static void a_problem_fits_its_buffer(void **state)
{
	const struct conf_where where = { .file = NULL };
	char text[5000], problem[CONF_PROBLEM_MAX];

	(void)state;
	memset(text, '%', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(addresses_check(NULL, text, where, NULL, problem), -EINVAL);
	assert_true(strlen(problem) < CONF_PROBLEM_MAX);
}

static void an_empty_list_says_so(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_true(names_empty(names_new(arena, &lists[NOTHING])));
	assert_false(names_empty(names_new(arena, &lists[SOME])));
	arena_free(arena);
}

static void a_long_list_finds_each_of_its_entries(void **state)
{
	enum { LONG = 20000 };
	struct arena *arena = arena_new();
	struct conf_item *items = arena_array(arena, LONG, sizeof(*items));
	const struct names *names;

	(void)state;
	for (size_t i = 0; i < LONG; i++)
		items[i].text = arena_printf(arena, "d%zu.example", i);
	names = names_new(arena, &(struct conf_list){ .items = items, .len = LONG });
	for (size_t i = 0; i < LONG; i++)
		assert_string_equal(names_find_domain(names, items[i].text), items[i].text);
	assert_null(names_find_domain(names, "d20000.example"));
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, domain_table, check_domain);
	rows_add(&rows, address_table, check_address);
	rows_add(&rows, entry_table, check_entry);
	rows_add_one(&rows, "a_problem_fits_its_buffer", a_problem_fits_its_buffer, NULL);
	rows_add_one(&rows, "an_empty_list_says_so", an_empty_list_says_so, NULL);
	rows_add_one(&rows, "a_long_list_finds_each_of_its_entries", a_long_list_finds_each_of_its_entries, NULL);
	return rows_run(&rows, "names");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/logins.h"

#include <errno.h>

#include "t/unit/rows.h"

static const struct conf_item lines[] = {
	{ .text = "alice  alice@ours.example, sales@ours.example" },
	{ .text = "bob@Ours.Example\tbob@ours.example" },
	{ .text = "alice @alice.example" },
	{ .text = "root   *" },
	{ .text = "bounces <>" },
	{ .text = "carol Carol@Ours.Example,carol@m\xc3\xbcnchen.example ,, dave@ours.example" },
	{ .text = "below .sub.example" },
	{ .text = "alicea alicea@ours.example" },
	{ .text = "alic alic@ours.example" },
	{ .text = "no-addresses" },
};
static const struct conf_list list = { .items = lines, .len = sizeof(lines) / sizeof(lines[0]) };

static const struct use {
	const char *name, *login, *path;
	bool known, may;
} use_table[] = {
	{ "its_own_address", "alice", "<alice@ours.example>", true, true },
	{ "its_second_address", "alice", "<sales@ours.example>", true, true },
	{ "an_address_of_its_second_line", "alice", "<anything@alice.example>", true, true },
	{ "the_address_of_another_ID_05", "alice", "<bob@ours.example>", true, false },
	{ "a_longer_local_part", "alice", "<alicea@ours.example>", true, false },
	{ "another_domain_ID_02", "alice", "<alice@xours.example>", true, false },
	{ "a_domain_below_ID_02", "alice", "<x@sub.alice.example>", true, false },
	{ "local_parts_have_no_case_ID_06", "alice", "<ALICE@OURS.EXAMPLE>", true, true },
	{ "an_entry_in_upper_case_ID_06", "carol", "<carol@ours.example>", true, true },
	{ "a_tag_is_another_address_ID_06", "alice", "<alice+tag@ours.example>", true, false },
	{ "quotes_are_not_part_of_it_ID_06", "alice", "<\"alice\"@ours.example>", true, true },
	{ "a_u_label_is_its_a_label", "carol", "<carol@xn--mnchen-3ya.example>", true, true },
	{ "empty_parts_are_skipped", "carol", "<dave@ours.example>", true, true },
	{ "star_is_every_address", "root", "<whoever@ext.example>", true, true },
	{ "star_is_not_the_null_sender", "root", "<>", true, false },
	{ "the_null_sender_may_be_listed", "bounces", "<>", true, true },
	{ "the_null_sender_is_not_every_address", "bounces", "<a@ours.example>", true, false },
	{ "a_name_below_a_dot_entry", "below", "<a@x.sub.example>", true, true },
	{ "the_realm_of_a_login_has_no_case_ID_06", "bob@OURS.example", "<bob@ours.example>", true, true },
	{ "the_rest_of_a_login_has_its_case_ID_06", "Bob@ours.example", "<bob@ours.example>", false, false },
	{ "a_login_without_realm_has_its_case_ID_06", "Alice", "<alice@ours.example>", false, false },
	{ "a_login_with_a_realm_is_another_ID_06", "alice@ours.example", "<alice@ours.example>", false, false },
	{ "a_percent_for_the_at_is_another_ID_06", "bob%ours.example", "<bob@ours.example>", false, false },
	{ "a_login_with_a_space_behind", "alice ", "<alice@ours.example>", false, false },
	{ "no_login_ID_04", "", "<alice@ours.example>", false, false },
	{ "a_line_without_addresses_is_none", "no-addresses", "<a@ours.example>", false, false },
	{ "no_domain", "alice", "<alice>", true, false },
};

static void check_use(void **state)
{
	const struct use *row = *state;
	struct arena *arena = arena_new();
	const struct logins *logins = logins_new(arena, &list);
	const char *problem = NULL;
	struct address address;

	assert_int_equal(address_parse(arena, str_of(row->path), ADDRESS_SENDER, &address, &problem), 0);
	assert_int_equal(logins_known(logins, row->login), row->known);
	assert_int_equal(logins_may_use(logins, row->login, &address), row->may);
	arena_free(arena);
}

static const struct line {
	const char *name, *text;
	bool good;
} line_table[] = {
	{ "line_with_one_address", "alice alice@ours.example", true },
	{ "line_with_tabs_and_commas", "\talice\t a@ours.example ,\tb@ours.example ", true },
	{ "line_with_a_domain", "alice @ours.example", true },
	{ "line_without_addresses", "alice", false },
	{ "line_with_only_commas", "alice , ,", false },
	{ "line_with_a_bad_address", "alice alice@ours..example", false },
	{ "line_with_a_good_and_a_bad_address", "alice alice@ours.example bob@", false },
	{ "line_with_a_colon", "alice: alice@ours.example:", false },
	{ "line_with_a_path", "alice <alice@ours.example>", false },
	{ "line_of_nothing", "", false },
	{ "line_of_blanks", " \t ", false },
};

static void check_line(void **state)
{
	const struct line *row = *state;
	const struct conf_where where = { .file = "logins", .line = 1 };
	char problem[CONF_PROBLEM_MAX] = "";

	assert_int_equal(logins_check(NULL, row->text, where, NULL, problem), row->good ? 0 : -EINVAL);
	assert_int_equal(problem[0] == '\0', row->good);
}

static void a_login_of_64_kilobytes_is_unknown_ID_04(void **state)
{
	static char login[65537];
	struct arena *arena = arena_new();

	(void)state;
	memset(login, 'a', sizeof(login) - 1);
	assert_false(logins_known(logins_new(arena, &list), login));
	arena_free(arena);
}

static void an_empty_table_knows_nobody(void **state)
{
	struct arena *arena = arena_new();
	const struct logins *logins = logins_new(arena, &(struct conf_list){ .len = 0 });

	(void)state;
	assert_false(logins_known(logins, "alice"));
	assert_false(logins_known(logins, ""));
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, use_table, check_use);
	rows_add(&rows, line_table, check_line);
	rows_add_one(&rows, "a_login_of_64_kilobytes_is_unknown_ID_04", a_login_of_64_kilobytes_is_unknown_ID_04, NULL);
	rows_add_one(&rows, "an_empty_table_knows_nobody", an_empty_table_knows_nobody, NULL);
	return rows_run(&rows, "logins");
}

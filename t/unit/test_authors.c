/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/authors.h"

#include "t/unit/rows.h"

struct field {
	const char *name, *value;
};

static const struct read {
	const char *name;
	struct field fields[12];
	const char *problem;	/* a part of it; NULL: the authors can be told */
	const char *authors;	/* joined with spaces */
} read_table[] = {
	{ "one_author", { { "Subject", " hi" }, { "From", " Alice <alice@ours.example>" } }, NULL, "alice@ours.example" },
	{ "two_authors_in_one_field_HDR_07", { { "From", " a@one.example, B <b@two.example>" } }, NULL, "a@one.example b@two.example" },
	{ "members_of_a_group_HDR_07", { { "From", " team: a@one.example, b@two.example;" } }, NULL, "a@one.example b@two.example" },
	{ "two_from_fields_HDR_06", { { "From", " a@one.example" }, { "To", " x@y.example" }, { "From", " b@two.example" } }, NULL,
	  "a@one.example b@two.example" },
	{ "a_field_with_a_space_before_the_colon_HDR_06", { { "From", " a@one.example" }, { "From ", " b@two.example" } }, NULL,
	  "a@one.example b@two.example" },
	{ "a_field_with_a_space_in_front_HDR_06", { { "From", " a@one.example" }, { " From", " b@two.example" } }, NULL,
	  "a@one.example b@two.example" },
	{ "case_of_the_name", { { "FROM", "a@one.example" }, { "from", "b@two.example" } }, NULL, "a@one.example b@two.example" },
	{ "a_name_with_from_in_it_is_another", { { "From", " a@one.example" }, { "X-From", " b@two.example" },
	  { "Resent-From", " c@three.example" } }, NULL, "a@one.example" },
	{ "folded_HDR_06", { { "From", "\n\tAlice\n <alice@ours.example>" } }, NULL, "alice@ours.example" },
	{ "ten_fields", { { "From", "a@a.example" }, { "From", "b@b.example" }, { "From", "c@c.example" }, { "From", "d@d.example" },
	  { "From", "e@e.example" }, { "From", "f@f.example" }, { "From", "g@g.example" }, { "From", "h@h.example" },
	  { "From", "i@i.example" }, { "From", "j@j.example" } }, NULL,
	  "a@a.example b@b.example c@c.example d@d.example e@e.example f@f.example g@g.example h@h.example i@i.example j@j.example" },

	{ "eleven_fields", { { "From", "a@a.example" }, { "From", "b@b.example" }, { "From", "c@c.example" }, { "From", "d@d.example" },
	  { "From", "e@e.example" }, { "From", "f@f.example" }, { "From", "g@g.example" }, { "From", "h@h.example" },
	  { "From", "i@i.example" }, { "From", "j@j.example" }, { "From", "k@k.example" } }, "more than ten", NULL },
	{ "no_from_HDR_07", { { "Subject", " hi" } }, "no From field", NULL },
	{ "no_field_at_all", { { NULL, NULL } }, "no From field", NULL },
	{ "empty_from_HDR_07", { { "From", " " } }, "names nobody", NULL },
	{ "empty_group_HDR_07", { { "From", " undisclosed:;" } }, "names nobody", NULL },
	{ "a_good_and_an_unreadable_field_HDR_06", { { "From", " a@one.example" }, { "From", " b@@two" } }, "cannot be read", NULL },
	{ "an_unreadable_and_a_good_field_HDR_06", { { "From", " b@@two" }, { "From", " a@one.example" } }, "cannot be read", NULL },
	{ "text_behind_the_address_HDR_08", { { "From", " <a@evil.example>admin@legit.example" } }, "cannot be read", NULL },
	{ "a_source_route_HDR_08", { { "From", " <@evil.example,@x.example:admin@legit.example>" } }, "more than one way", NULL },
	{ "an_unterminated_quote_HDR_08", { { "From", " \"admin <a@evil.example>" } }, "cannot be read", NULL },
};

static struct headers headers_of(struct arena *arena, const struct field *fields)
{
	struct headers headers = { .len = 0 };

	for (size_t i = 0; i < 12 && fields[i].name != NULL; i++)
		headers_add(arena, &headers, fields[i].name, fields[i].value);
	return headers;
}

static void check_read(void **state)
{
	const struct read *row = *state;
	struct arena *arena = arena_new();
	struct headers headers = headers_of(arena, row->fields);
	struct mailboxes authors;
	const char *problem, *joined = "";

	problem = authors_read(arena, &headers, &authors);
	if (row->problem != NULL) {
		assert_non_null(problem);
		assert_non_null(strstr(problem, row->problem));
	} else {
		assert_null(problem);
		for (size_t i = 0; i < authors.len; i++)
			joined = arena_printf(arena, "%s%s%s", joined, i == 0 ? "" : " ", authors.items[i].text);
		assert_string_equal(joined, row->authors);
	}
	arena_free(arena);
}

/* What authors_judge says: state, addresses joined with spaces, do the fields differ? */
static const struct judge {
	const char *name;
	struct field fields[12];
	enum authors_state state;
	const char *addresses;
	bool differ;
} judge_table[] = {
	{ "told", { { "From", " Alice <a@x.example>" } }, AUTHORS_TOLD, "a@x.example", false },
	{ "told_each_once", { { "From", " a@x.example, A <a@X.example>, b@x.example" } }, AUTHORS_TOLD, "a@x.example b@x.example", false },
	{ "told_two_equal_fields", { { "From", "a@x.example, b@x.example" }, { "From ", "b@x.example, a@x.example" } }, AUTHORS_TOLD,
	  "a@x.example b@x.example", false },
	{ "told_two_fields", { { "From", "a@x.example" }, { "From", "b@x.example" } }, AUTHORS_TOLD, "a@x.example b@x.example", true },
	{ "told_the_second_names_more", { { "From", "a@x.example" }, { "From", "a@x.example, b@x.example" } }, AUTHORS_TOLD,
	  "a@x.example b@x.example", true },
	{ "told_the_second_names_less", { { "From", "a@x.example, b@x.example" }, { "From", "a@x.example" } }, AUTHORS_TOLD,
	  "a@x.example b@x.example", true },
	{ "told_name_with_another_address_ID_11", { { "From", " \"ceo@y.example\" <a@x.example>" } }, AUTHORS_TOLD, "a@x.example", false },

	{ "missing_no_field", { { "To", "a@x.example" } }, AUTHORS_MISSING, "", false },
	{ "missing_empty_HDR_07", { { "From", "" } }, AUTHORS_MISSING, "", false },
	{ "missing_group_HDR_07", { { "From", " x:;" } }, AUTHORS_MISSING, "", false },
	{ "missing_no_domain", { { "From", " root (Cron Daemon)" } }, AUTHORS_MISSING, "", false },
	{ "missing_open_quote", { { "From", " \"root" } }, AUTHORS_MISSING, "", false },
	{ "missing_twice", { { "From", "" }, { "From", " x" } }, AUTHORS_MISSING, "", false },
	{ "not_missing_encoded_address", { { "From", " =?utf-8?Q?a=40x.example?=" } }, AUTHORS_AMBIGUOUS, "", false },
	{ "not_missing_utf_7_HDR_09", { { "From", " =?utf-7?Q?a+AEA-x.example?=" } }, AUTHORS_AMBIGUOUS, "", false },
	{ "not_missing_wide_at_HDR_08", { { "From", " a\xef\xbc\xa0x.example" } }, AUTHORS_AMBIGUOUS, "", false },
	{ "not_missing_encoded_wide_at_HDR_08", { { "From", " =?utf-8?Q?a=EF=BC=A0x.example?=" } }, AUTHORS_AMBIGUOUS, "", false },

	{ "malformed_comma", { { "From", " Doe, Jane <j@x.example>" } }, AUTHORS_MALFORMED, "j@x.example", false },
	{ "malformed_brackets", { { "From", " [List] <j@x.example>" } }, AUTHORS_MALFORMED, "j@x.example", false },
	{ "malformed_own_name", { { "From", " j@x.example <j@x.example>" } }, AUTHORS_MALFORMED, "j@x.example", false },
	{ "malformed_other_name_of_the_domain", { { "From", " k@x.example <j@x.example>" } }, AUTHORS_MALFORMED, "k@x.example j@x.example", false },
	{ "malformed_own_name_in_apostrophes", { { "From", " 'j@x.example' <j@x.example>" } }, AUTHORS_MALFORMED, "j@x.example", false },
	{ "malformed_latin_1", { { "From", " J\xfcrgen, \x92 <j@x.example>" } }, AUTHORS_MALFORMED, "j@x.example", false },
	{ "malformed_no_brackets", { { "From", " Jane Doe j@x.example" } }, AUTHORS_MALFORMED, "j@x.example", false },
	{ "malformed_encoded_and_comma", { { "From", " =?utf-8?Q?J=C3=BC?=, Doe <j@x.example>" } }, AUTHORS_MALFORMED, "j@x.example", false },
	{ "malformed_folded", { { "From", " Doe,\n\tJane\r\n <j@x.example>" } }, AUTHORS_MALFORMED, "j@x.example", false },
	{ "malformed_and_told", { { "From", " Doe, J <j@x.example>" }, { "From", "j@x.example" } }, AUTHORS_MALFORMED, "j@x.example", false },

	{ "ambiguous_other_name_of_another_domain_HDR_08", { { "From", " k@y.example <j@x.example>" } }, AUTHORS_AMBIGUOUS, "", false },
	{ "ambiguous_name_below_the_domain_HDR_08", { { "From", " k@y.x.example <j@x.example>" } }, AUTHORS_AMBIGUOUS, "", false },
	{ "ambiguous_at_with_spaces_HDR_08", { { "From", " k @ y.example <j@x.example>" } }, AUTHORS_AMBIGUOUS, "", false },
	{ "ambiguous_encoded_comma_HDR_08", { { "From", " =?utf-8?Q?k=40y.example?=, x <j@x.example>" } }, AUTHORS_AMBIGUOUS, "", false },
	{ "ambiguous_encoded_bracket_HDR_08", { { "From", " =?utf-8?Q?x=3C?=, x <j@x.example>" } }, AUTHORS_AMBIGUOUS, "", false },
	{ "ambiguous_word_across_the_bracket_HDR_08", { { "From", " a, =?u?Q?k=40_y.example <b?=@x.example>" } }, AUTHORS_AMBIGUOUS, "", false },
	{ "ambiguous_comment_in_a_malformed_name_HDR_04", { { "From", " Doe, (Jane <j@x.example>" } }, AUTHORS_AMBIGUOUS, "", false },
	{ "ambiguous_quote_in_a_malformed_name_HDR_08", { { "From", " \"Doe, Jane <j@x.example>" } }, AUTHORS_AMBIGUOUS, "", false },
	{ "ambiguous_backslash_in_a_malformed_name_HDR_08", { { "From", " Doe\\, Jane <j@x.example>" } }, AUTHORS_AMBIGUOUS, "", false },
	{ "ambiguous_colon_in_a_malformed_name_HDR_08", { { "From", " Doe: Jane <j@x.example>" } }, AUTHORS_AMBIGUOUS, "", false },
	{ "ambiguous_line_end_MLT_08", { { "From", " Doe,\nJane <j@x.example>" } }, AUTHORS_AMBIGUOUS, "", false },
	{ "ambiguous_control_byte_HDR_08", { { "From", " Doe, \x1b[2J Jane <j@x.example>" } }, AUTHORS_AMBIGUOUS, "", false },
	{ "ambiguous_wide_at_in_a_malformed_name_HDR_08", { { "From", " k\xef\xbc\xa0y.example, <j@x.example> x <j@x.example>" } }, AUTHORS_AMBIGUOUS,
	  "", false },
	{ "missing_bracket_only", { { "From", " >" } }, AUTHORS_MISSING, "", false },
	{ "ambiguous_text_behind", { { "From", " <j@x.example> x" } }, AUTHORS_AMBIGUOUS, "", false },
	{ "ambiguous_empty_beside_told_HDR_06", { { "From", "" }, { "From", "j@x.example" } }, AUTHORS_AMBIGUOUS, "j@x.example", true },
	{ "ambiguous_told_beside_empty_HDR_06", { { "From", "j@x.example" }, { "From", "" } }, AUTHORS_AMBIGUOUS, "j@x.example", true },
	{ "ambiguous_route_names_what_it_names_HDR_08", { { "From", " <@y.example:j@x.example>" } }, AUTHORS_AMBIGUOUS, "j@x.example", false },
};

static void check_judge(void **state)
{
	const struct judge *row = *state;
	struct arena *arena = arena_new();
	struct headers headers = headers_of(arena, row->fields);
	const char *joined = "";
	struct authors authors;

	authors_judge(arena, &headers, &authors);
	for (size_t i = 0; i < authors.mailboxes.len; i++)
		joined = arena_printf(arena, "%s%s%s", joined, i == 0 ? "" : " ", authors.mailboxes.items[i].text);
	assert_int_equal(authors.state, row->state);
	assert_string_equal(joined, row->addresses);
	assert_int_equal(authors.fields_differ, row->differ);
	assert_int_equal(authors.problem == NULL, row->state == AUTHORS_TOLD);
	arena_free(arena);
}

/* The attacks of the espoofer paper on From: where one program may take legit.example for the author and another evil.example, it is said
 * that nobody can tell, or both are named. */
static const struct spoof {
	const char *name;
	struct field fields[3];
} spoofs[] = {
	{ "spoof_two_fields_HDR_06", { { "From", " <admin@legit.example>" }, { "From", " <b@evil.example>" } } },
	{ "spoof_two_fields_the_other_way_HDR_06", { { "From", " <b@evil.example>" }, { "From", " <admin@legit.example>" } } },
	{ "spoof_space_before_the_colon_HDR_06", { { "From ", " <b@evil.example>" }, { "From", " <admin@legit.example>" } } },
	{ "spoof_space_in_front_HDR_06", { { " From", " <b@evil.example>" }, { "From", " <admin@legit.example>" } } },
	{ "spoof_control_byte_in_front_HDR_06", { { "\x01" "From", " <b@evil.example>" }, { "From", " <admin@legit.example>" } } },
	{ "spoof_line_end_in_the_name_HDR_06", { { "From\r\n", " <b@evil.example>" }, { "From", " <admin@legit.example>" } } },
	{ "spoof_field_in_a_field_HDR_06", { { "From", " <admin@legit.example>\r\nFrom: <b@evil.example>" } } },
	{ "spoof_list_HDR_07", { { "From", " <admin@legit.example>, <b@evil.example>" } } },
	{ "spoof_list_without_space_HDR_08", { { "From", " admin@legit.example,<b@evil.example>" } } },
	{ "spoof_text_behind_HDR_08", { { "From", " <b@evil.example>admin@legit.example" } } },
	{ "spoof_text_in_front_HDR_08", { { "From", " admin@legit.example<b@evil.example>" } } },
	{ "spoof_two_brackets_HDR_08", { { "From", " <admin@legit.example><b@evil.example>" } } },
	{ "spoof_quoted_comma_HDR_08", { { "From", " <admin@legit.example>\\,<b@evil.example>" } } },
	{ "spoof_route_HDR_08", { { "From", " <@evil.example,@x.example:admin@legit.example>" } } },
	{ "spoof_route_in_a_list_HDR_08", { { "From", " <@evil.example:admin@legit.example>, admin@legit.example" } } },
	{ "spoof_base64_HDR_08", { { "From", " =?utf-8?B?PGFkbWluQGxlZ2l0LmV4YW1wbGU+?=,<b@evil.example>" } } },
	{ "spoof_base64_of_the_other_HDR_08", { { "From", " =?utf-8?Q?=3Cb=40evil.example=3E=2C?= <admin@legit.example>" } } },
	{ "spoof_comment_HDR_08", { { "From", " <admin@legit.example>(<b@evil.example>)" } } },
	{ "spoof_open_comment_HDR_04", { { "From", " admin@legit.example(.evil.example" } } },
	{ "spoof_apostrophe_HDR_04", { { "From", " admin@legit.example'@any.evil.example" } } },
	{ "spoof_open_quotes_HDR_08", { { "From", " \"b@evil.example\" <admin@legit.example> \"" } } },
	{ "spoof_local_part_HDR_08", { { "From", " \"b@evil.example\"@legit.example" } } },
	{ "spoof_quoted_pairs_HDR_08", { { "From", " \"x\\\" <b@evil.example> \\\"\" <admin@legit.example>" } } },
	{ "spoof_group_HDR_07", { { "From", " x: admin@legit.example; <b@evil.example>" } } },
	{ "spoof_groups_HDR_07", { { "From", " x: admin@legit.example;, y: b@evil.example;" } } },
	{ "spoof_empty_first_HDR_07", { { "From", "" }, { "From", " admin@legit.example" } } },
	{ "spoof_encoded_word_as_local_part_HDR_08", { { "From", " =?utf-8?Q?b=40evil.example=3E?=@legit.example" } } },
	{ "spoof_wide_at_HDR_08", { { "From", " b\xef\xbc\xa0" "evil.example@legit.example" } } },
};

static void check_spoof(void **state)
{
	const struct spoof *row = *state;
	struct arena *arena = arena_new();
	struct headers headers = { .len = 0 };
	struct authors authors;
	bool evil = false, legit = false;

	for (size_t i = 0; i < 3 && row->fields[i].name != NULL; i++)
		headers_add(arena, &headers, row->fields[i].name, row->fields[i].value);
	authors_judge(arena, &headers, &authors);
	for (size_t i = 0; i < authors.mailboxes.len; i++) {
		evil |= strcmp(authors.mailboxes.items[i].domain, "evil.example") == 0;
		legit |= strcmp(authors.mailboxes.items[i].domain, "legit.example") == 0;
	}
	assert_true(authors.state > AUTHORS_MALFORMED || (evil && legit));
	assert_true(authors_read(arena, &headers, &authors.mailboxes) != NULL || (evil && legit));
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, read_table, check_read);
	rows_add(&rows, judge_table, check_judge);
	rows_add(&rows, spoofs, check_spoof);
	return rows_run(&rows, "authors");
}

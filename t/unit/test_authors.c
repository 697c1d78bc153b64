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
	{ "empty_from_HDR_07", { { "From", " " } }, "cannot be read", NULL },
	{ "empty_group_HDR_07", { { "From", " undisclosed:;" } }, "names nobody", NULL },
	{ "a_good_and_an_unreadable_field_HDR_06", { { "From", " a@one.example" }, { "From", " b@@two" } }, "cannot be read", NULL },
	{ "an_unreadable_and_a_good_field_HDR_06", { { "From", " b@@two" }, { "From", " a@one.example" } }, "cannot be read", NULL },
	{ "text_behind_the_address_HDR_08", { { "From", " <a@evil.example>admin@legit.example" } }, "cannot be read", NULL },
	{ "a_source_route_HDR_08", { { "From", " <@evil.example,@x.example:admin@legit.example>" } }, "more than one way", NULL },
	{ "an_unterminated_quote_HDR_08", { { "From", " \"admin <a@evil.example>" } }, "cannot be read", NULL },
};

static void check_read(void **state)
{
	const struct read *row = *state;
	struct arena *arena = arena_new();
	struct headers headers = { .len = 0 };
	struct mailboxes authors;
	const char *problem, *joined = "";

	for (size_t i = 0; i < 12 && row->fields[i].name != NULL; i++)
		headers_add(arena, &headers, row->fields[i].name, row->fields[i].value);
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

int main(void)
{
	static struct rows rows;

	rows_add(&rows, read_table, check_read);
	return rows_run(&rows, "authors");
}

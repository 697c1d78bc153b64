/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/mime_header.h"

#include "t/unit/rows.h"

/* expected: "header_len:body_start", an R behind a regular one. */
static const struct row {
	const char *name;
	struct str entity;
	const char *expected;
} table[] = {
	{ "crlf_crlf", STR("A: b\r\n\r\nbody\r\n\r\nmore"), "6:8R" },
	{ "lf_lf", STR("A: b\n\nbody\n\nmore"), "5:6R" },
	{ "crlf_lf", STR("A: b\r\n\nbody"), "6:7R" },
	{ "no_header", STR("\r\nbody"), "0:2R" },
	{ "no_header_lf", STR("\nbody: x\n\ny"), "0:1R" },
	{ "folded", STR("A: b\r\n c\r\n\r\nbody"), "10:12R" },
	{ "mailbox_line", STR("From x\nA: b\r\n\r\nbody"), "13:15R" },
	{ "white_space_before_the_colon", STR("A : b\n\nbody"), "6:7R" },
	{ "attached_message", STR("Content-Type: message/rfc822\r\n\r\nContent-Type: text/html\r\n\r\nx"), "30:32R" },
	{ "attached_message_with_a_description", STR("Content-Description: x\nContent-Type: message/rfc822\n\nContent-Type: text/html\n\nx"), "52:53R" },
	{ "text_that_begins_with_a_colon", STR("A: b\n\nDear: x\n\ny"), "5:6R" },
	{ "bare_cr_in_the_body", STR("A: b\r\n\r\nbo\r\rdy"), "6:8R" },

	{ "nothing_MIME_11", STR(""), "0:0" },
	{ "header_only_MIME_11", STR("A: b\r\nC: d\r\n"), "12:12" },
	{ "header_without_line_end_MIME_11", STR("A: b"), "4:4" },
	{ "body_only_MIME_11", STR("text without fields\r\n"), "0:0 21:21" },
	{ "body_without_empty_line_MIME_11", STR("A: b\r\ntext\r\n"), "6:6 12:12" },
	{ "first_line_is_no_field_MIME_11", STR("text\r\nA: b\r\n\r\nbody"), "12:14 0:0" },
	{ "name_with_a_space_MIME_11", STR("A: b\r\na b: c\r\n\r\nbody"), "14:16 6:6" },
	{ "delimiter_in_the_header_MIME_11", STR("A: b\r\n--x:y\r\n\r\nbody"), "13:15 6:6" },
	{ "cr_cr_MIME_11", STR("A: b\r\rbody\r\n\r\nmore"), "12:14 5:6" },
	{ "cr_cr_only_MIME_11", STR("A: b\r\rbody"), "10:10 5:6" },
	{ "crlf_cr_MIME_11", STR("A: b\r\n\rbody\r\n\r\nmore"), "13:15 6:6 6:7" },
	{ "lf_crlf_MIME_11", STR("A: b\n\r\nbody"), "5:7R" },
	{ "lf_cr_MIME_11", STR("A: b\n\rbody\n\nmore"), "11:12 5:5 5:6" },
	{ "cr_crlf_MIME_11", STR("A: b\r\r\nbody\r\n\r\nmore"), "13:15 7:7 5:7" },
	{ "cr_lf_cr_lf_with_cr_more_MIME_11", STR("A: b\r\n\r\r\nbody\r\n\r\nmore"), "15:17 6:9 9:9 6:7" },
	{ "space_line_MIME_11", STR("A: b\r\n \r\nC: d\r\n\r\nbody"), "15:17 6:9" },
	{ "tab_line_MIME_11", STR("A: b\r\n\t\r\nC: d\r\n\r\nbody"), "15:17 6:9" },
	{ "nul_line_MIME_11", STR("A: b\r\n\0\r\nC: d\r\n\r\nbody"), "15:17 6:9" },
	{ "space_and_nul_line_MIME_11", STR("A: b\r\n \0\r\nC: d\r\n\r\nbody"), "16:18 6:10" },
	{ "form_feed_line_MIME_11", STR("A: b\n\f\nC: d\n\nbody"), "12:13 5:7" },
	{ "space_line_and_nothing_more_MIME_11", STR("A: b\r\n \r\nbody"), "9:9 13:13 6:9" },
	{ "lf_lf_among_crlf_MIME_11", STR("A: b\r\nB: c\n\nContent-Type: x/y\r\n\r\nbody"), "11:12R 31:33" },
	{ "body_begins_like_a_header_MIME_11", STR("A: b\n\nContent-Transfer-Encoding: base64\n\nQQ=="), "5:6R 40:41" },
	{ "empty_line_before_the_header_MIME_11", STR("\r\nContent-Type: text/html\r\n\r\nbody"), "0:2R 27:29" },
	{ "empty_lines_before_the_header_MIME_11", STR("\n\n\nContent-Type: text/html\n\nbody"), "0:1R 27:28" },
	{ "like_a_header_without_end_MIME_11", STR("A: b\n\nContent-Type: text/html\n"), "5:6R" },
	{ "like_a_header_with_text_MIME_11", STR("A: b\n\nContent-Type: text/html\nis what it said\n\n"), "5:6R" },
};

static void check(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_new();
	struct mime_separator separators[8];
	size_t len = mime_separators(row->entity, separators, 8);
	const char *all = "";

	for (size_t i = 0; i < len; i++)
		all = arena_printf(arena, "%s%s%zu:%zu%s", all, i == 0 ? "" : " ", separators[i].header_len, separators[i].body_start,
				   separators[i].is_regular ? "R" : "");
	assert_string_equal(all, row->expected);
	assert_int_equal(mime_separators(row->entity, separators, 1), 1);
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, table, check);
	return rows_run(&rows, "mime_separators");
}

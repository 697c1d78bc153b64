/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/rawmessage.h"

#include <stdlib.h>

#include "milter/model/scanner.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { NULL };

static const struct split {
	const char *name;
	struct str raw;
	const char *header;	/* NAME:VALUE| ... */
	struct str body;
} split_table[] = {
	{ "header_and_body", STR("A: 1\nB: 2\n\nbody\n"), "A: 1|B: 2|", STR("body\n") },
	{ "crlf", STR("A: 1\r\nB: 2\r\n\r\nbody\r\n"), "A: 1|B: 2|", STR("body\r\n") },
	{ "folds_become_lf", STR("A: 1\r\n 2\r\n\t3\r\nB: 4\r\n\r\n"), "A: 1\n 2\n\t3|B: 4|", STR("") },
	{ "a_fold_of_blanks", STR("A: 1\n \n\n"), "A: 1\n |", STR("") },
	{ "no_space_behind_the_colon", STR("A:1\n\n"), "A:1|", STR("") },
	{ "two_colons", STR("A: b: c\n\n"), "A: b: c|", STR("") },
	{ "blanks_before_the_colon_HDR_03", STR("A \t: 1\n\n"), "A \t: 1|", STR("") },
	{ "only_a_header", STR("A: 1\nB: 2"), "A: 1|B: 2|", STR("") },
	{ "only_a_body", STR("\nbody"), "", STR("body") },
	{ "nothing_SMTP_04", STR(""), "", STR("") },
	{ "only_a_line_end_SMTP_04", STR("\r\n"), "", STR("") },
	{ "a_line_that_is_no_field_begins_the_body_SMTP_04", STR("A: 1\nno field\nB: 2\n"), "A: 1|", STR("no field\nB: 2\n") },
	{ "a_first_line_that_is_no_field", STR("hello\nA: 1\n\n"), "", STR("hello\nA: 1\n\n") },
	{ "a_sentence_with_a_colon", STR("he said: hello\n\n"), "", STR("he said: hello\n\n") },
	{ "a_colon_first", STR(": x\n\n"), "", STR(": x\n\n") },
	{ "a_blank_and_a_colon_first", STR(" : x\n\n"), "", STR(" : x\n\n") },
	{ "a_continuation_first", STR(" x\nA: 1\n\n"), "", STR(" x\nA: 1\n\n") },
	{ "8_bit_in_a_name", STR("\xc3\xbc: 1\n\n"), "", STR("\xc3\xbc: 1\n\n") },
	{ "8_bit_in_a_value", STR("A: \xc3\xbc\n\n"), "A: \xc3\xbc|", STR("") },
	{ "a_mailbox_file", STR("From a@b Sat Nov 21 10:00:00 2026\nA: 1\n\nbody"), "A: 1|", STR("body") },
	{ "a_first_field_with_a_space_before_its_colon_HDR_03", STR("From : a@b\nA: 1\n\nbody"), "From : a@b|A: 1|", STR("body") },
	{ "a_second_from_line_is_no_field", STR("From a\nFrom b 10:00\nA: 1\n"), "", STR("From b 10:00\nA: 1\n") },
	{ "a_from_field_is_one", STR("From: a@b\n\n"), "From: a@b|", STR("") },
	{ "a_nul_ends_a_value_HDR_17", STR("A: 1\0002\nB: 3\n\nbo\0dy"), "A: 1|B: 3|", STR("bo\0dy") },
	{ "a_bare_cr_is_no_line_end_SMTP_03", STR("A: 1\rB: 2\n\n"), "A: 1\rB: 2|", STR("") },
};

static void check_split(void **state)
{
	const struct split *row = *state;
	struct arena *arena = arena_new();
	struct headers headers = { .len = 0 };
	const char *header = "";
	struct str body;

	rawmessage_split(arena, row->raw, &headers, &body);
	for (size_t i = 0; i < headers.len; i++)
		header = arena_printf(arena, "%s%s:%s|", header, headers.items[i].name, headers.items[i].value);
	assert_string_equal(header, row->header);
	assert_true(str_equal(body, row->body));
	arena_free(arena);
}

static size_t memory_for_folds(size_t folds)
{
	struct arena *arena = arena_new();
	struct headers headers = { .len = 0 };
	size_t len = 2 + 4 * folds, bytes;
	char *raw = malloc(len);
	struct str body;

	assert_non_null(raw);
	memcpy(raw, "A:", 2);
	for (size_t i = 0; i < folds; i++)
		memcpy(raw + 2 + 4 * i, "\n xx", 4);
	rawmessage_split(arena, (struct str){ raw, len }, &headers, &body);
	assert_int_equal(headers.len, 1);
	assert_int_equal(strlen(headers.items[0].value), 4 * folds);
	free(raw);
	bytes = arena_size_bytes(arena);
	arena_free(arena);
	return bytes;
}

static void memory_is_linear_in_the_folds_RES_04(void **state)
{
	(void)state;
	assert_true(memory_for_folds(50000) < 20 * 4 * 50000);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, split_table, check_split);
	rows_add_one(&rows, "memory_is_linear_in_the_folds_RES_04", memory_is_linear_in_the_folds_RES_04, NULL);
	return rows_run(&rows, "rawmessage");
}

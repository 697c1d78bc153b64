/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/bench/corpus.h"

#include <errno.h>
#include <sys/stat.h>

#include "milter/base/cleanup.h"
#include "t/unit/rows.h"

static const struct cut {
	const char *name;
	struct str raw;
	const char *headers;	/* "name=value|" of each */
	struct str body;
} cut_table[] = {
	{ "headers_and_body", STR("A: 1\nB:2\n\nx\ny\n"), "A= 1|B=2|", STR("x\r\ny\r\n") },
	{ "crlf_is_the_same", STR("A: 1\r\nB:2\r\n\r\nx\r\ny\r\n"), "A= 1|B=2|", STR("x\r\ny\r\n") },
	{ "folds_are_joined_by_lf", STR("A: 1\r\n\t2\r\n 3\r\nB: x\r\n\r\n"), "A= 1\n\t2\n 3|B= x|", STR("") },
	{ "last_line_without_its_end", STR("A: 1\n\nx"), "A= 1|", STR("x\r\n") },
	{ "no_body", STR("A: 1\n"), "A= 1|", STR("") },
	{ "no_line_end_at_all", STR("A: 1"), "A= 1|", STR("") },
	{ "fold_without_its_end", STR("A: 1\n 2"), "A= 1\n 2|", STR("") },
	{ "no_header", STR("\nx\n"), "", STR("x\r\n") },
	{ "nothing", STR(""), "", STR("") },
	{ "a_line_that_is_no_field_begins_the_body", STR("A: 1\nhello\nB: 2\n"), "A= 1|", STR("hello\r\nB: 2\r\n") },
	{ "fold_without_a_field", STR(" x\nA: 1\n"), "", STR(" x\r\nA: 1\r\n") },
	{ "name_with_a_space_is_no_field", STR("A B: 1\n"), "", STR("A B: 1\r\n") },
	{ "colon_first_is_no_field", STR(": 1\n"), "", STR(": 1\r\n") },
	{ "empty_lines_in_the_body", STR("A: 1\n\n\n\nx\n"), "A= 1|", STR("\r\n\r\nx\r\n") },
	{ "nul_in_the_body", STR("A: 1\n\na\0b\n"), "A= 1|", STR("a\0b\r\n") },
	{ "nul_in_a_name_is_no_field", STR("A\0B: 1\n"), "", STR("A\0B: 1\r\n") },
};

static void check_cut(void **state)
{
	const struct cut *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	/* A copy that ends where the message ends, so that a byte read too many is seen. */
	_cleanup_(free_charp) char *raw = malloc(row->raw.len + (row->raw.len == 0));
	struct corpus_message message;
	const char *headers = "";

	memcpy(raw, row->raw.p, row->raw.len);
	corpus_cut(arena, (struct str){ raw, row->raw.len }, &message);
	for (size_t i = 0; i < message.headers_len; i++)
		headers = arena_printf(arena, "%s%s=%s|", headers, message.headers[i].name, message.headers[i].value);
	assert_string_equal(headers, row->headers);
	assert_int_equal(message.body.len, row->body.len);
	assert_memory_equal(message.body.p, row->body.p, row->body.len);
}

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void remove_file(const char *dir, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(unlink(path), 0);
}

static void messages_come_in_the_order_of_their_names(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	char dir[] = "/tmp/octroi-corpus-XXXXXX";
	struct corpus corpus;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(corpus_read(arena, dir, &corpus), -ENOENT);
	write_file(dir, "2.eml", "A: 2\n\n");
	write_file(dir, "1.eml", "A: 1\n\nx\n");
	write_file(dir, "notes.txt", "not a message\n");
	assert_int_equal(corpus_read(arena, dir, &corpus), 0);
	assert_int_equal(corpus.len, 2);
	assert_string_equal(corpus.messages[0].file, "1.eml");
	assert_string_equal(corpus.messages[1].headers[0].value, " 2");
	assert_int_equal(corpus.size_bytes, 14);
	remove_file(dir, "1.eml");
	remove_file(dir, "2.eml");
	remove_file(dir, "notes.txt");
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(corpus_read(arena, dir, &corpus), -ENOENT);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, cut_table, check_cut);
	rows_add_one(&rows, "messages_come_in_the_order_of_their_names", messages_come_in_the_order_of_their_names, NULL);
	return rows_run(&rows, "corpus");
}

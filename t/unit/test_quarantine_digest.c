/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/quarantine_digest.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "t/unit/rows.h"

struct field {
	const char *name, *value;
};

static void digest(const struct field *fields, struct str body, char text[DIGEST_TEXT_SIZE])
{
	struct headers headers = { .len = 0 };
	struct arena *arena = arena_new();
	int fd = memfd_create("body", MFD_CLOEXEC);

	for (size_t i = 0; i < 4 && fields[i].name != NULL; i++)
		headers_add(arena, &headers, fields[i].name, fields[i].value);
	assert_int_equal(write(fd, body.p, body.len), body.len);
	assert_int_equal(quarantine_digest(&headers, fd, 0, text), 0);
	(void)close(fd);
	arena_free(arena);
}

static const struct row {
	const char *name;
	struct field a[4], b[4];
	struct str body_a, body_b;
	bool same;
} table[] = {
	{ "line_ends_do_not_count", .body_a = STR("a\r\nb\r\n"), .body_b = STR("a\nb\n"), .same = true },
	{ "a_nul_that_an_mta_drops_does_not_count", .body_a = STR("a\0b\r\n"), .body_b = STR("ab\r\n"), .same = true },
	{ "nothing_at_the_end_counts", .body_a = STR("a\r\n\r\n\r\n"), .body_b = STR("a"), .same = true },
	{ "an_empty_line_inside_counts", .body_a = STR("a\r\n\r\nb"), .body_b = STR("a\r\nb") },
	{ "a_line_end_is_not_nothing", .body_a = STR("a\r\nb"), .body_b = STR("ab") },
	{ "every_byte_counts", .body_a = STR("text"), .body_b = STR("texT") },
	{ "white_space_counts", .body_a = STR("a b"), .body_b = STR("a  b") },
	{ "a_fold_is_a_fold_wherever_it_is", { { "Content-Type", " text/plain;\n charset=x" } }, { { "Content-Type", "text/plain; charset=x" } },
	  .same = true },
	{ "a_name_is_one_in_any_case", { { "content-type", " a" } }, { { "Content-Type", " a" } }, .same = true },
	{ "a_name_is_one_with_a_space_behind_it_HDR_03", { { "Subject ", " a" } }, { { "Subject", " a" } }, .same = true },
	{ "another_type_is_another_message", { { "Content-Type", " text/html" } }, { { "Content-Type", " text/plain" } }, .same = false },
	{ "so_is_another_encoding", { { "Content-Transfer-Encoding", " base64" } }, { { "Content-Transfer-Encoding", " 7bit" } }, .same = false },
	{ "so_is_another_subject", { { "Subject", " pay" } }, { { "Subject", " hello" } }, .same = false },
	{ "so_is_one_field_more", { { "Content-Type", " a" }, { "Content-Type", " b" } }, { { "Content-Type", " a" } }, .same = false },
	{ "so_is_another_order", { { "Content-Type", " a" }, { "Content-Type", " b" } }, { { "Content-Type", " b" }, { "Content-Type", " a" } }, .same = false },
	{ "what_an_mta_adds_does_not_count", { { "Subject", " a" } }, { { "Received", " by x" }, { "Subject", " a" }, { "Message-ID", " <x>" } },
	  .same = true },
	{ "our_own_fields_do_not_count", { { "X-Octroi-Verdict", " quarantine" } }, { { "X-Octroi-Release", " x" } }, .same = true },
	{ "a_field_does_not_pass_for_a_body", { { "Subject", " a" } }, { { NULL, NULL } }, .body_b = STR("subject:a\n") },
};

static void check(void **state)
{
	const struct row *row = *state;
	char a[DIGEST_TEXT_SIZE], b[DIGEST_TEXT_SIZE];

	digest(row->a, row->body_a, a);
	digest(row->b, row->body_b, b);
	assert_int_equal(strcmp(a, b) == 0, row->same);
}

/* Pieces are read one by one: a CR, a line end or the end of a piece may stand anywhere. */
static void it_does_not_matter_where_a_piece_ends(void **state)
{
	enum { LEN = (1 << 16) * 3 + 7 };
	static const struct field none[4];
	char *with = malloc(2 * LEN), *without = malloc(LEN), a[DIGEST_TEXT_SIZE], b[DIGEST_TEXT_SIZE];
	size_t used = 0;

	(void)state;
	for (size_t i = 0; i < LEN; i++) {
		without[i] = i % 7 == 3 ? '\n' : (char)('a' + i % 26);
		if (without[i] == '\n')
			with[used++] = '\r';
		with[used++] = without[i];
	}
	digest(none, (struct str){ with, used }, a);
	digest(none, (struct str){ without, LEN }, b);
	assert_string_equal(a, b);
	free(with);
	free(without);
}

int main(void)
{
	struct rows rows = { .len = 0 };

	rows_add(&rows, table, check);
	rows_add_one(&rows, "it_does_not_matter_where_a_piece_ends", it_does_not_matter_where_a_piece_ends, NULL);
	return rows_run(&rows, "quarantine_digest");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/dkim_canon.h"

#include "t/unit/rows.h"

struct gathered {
	char bytes[65536];
	size_t len;
};

static void gather(void *arg, const char *bytes, size_t len)
{
	struct gathered *gathered = arg;

	assert_true(len <= sizeof(gathered->bytes) - gathered->len);
	memcpy(gathered->bytes + gathered->len, bytes, len);
	gathered->len += len;
}

struct body_row {
	const char *name;
	const char *in, *out;
	uint64_t longest;
};

static const struct body_row body_rows[] = {
	{ "RFC 6376 3.4.5: white space is reduced, empty lines at the end go", " C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n", 5 },
	{ "nothing at all stays nothing", "", "", 0 },
	{ "one empty line is nothing", "\r\n", "", 0 },
	{ "empty lines are nothing", "\r\n\r\n\r\n", "", 0 },
	{ "lines of white space are nothing", " \r\n\t\t\r\n  \t ", "", 4 },
	{ "empty lines in front and in the middle stay", "\r\n\r\na\r\n\r\nb\r\n", "\r\n\r\na\r\n\r\nb\r\n", 1 },
	{ "a last line without an end gets one", "a", "a\r\n", 1 },
	{ "a last line that only white space ends", "a \t", "a\r\n", 3 },
	{ "LF alone ends a line as every MTA makes it", "a\nb\n\n", "a\r\nb\r\n", 1 },
	{ "CR alone is a byte", "a\rb\r\n", "a\rb\r\n", 3 },
	{ "CR before CRLF is a byte", "a\r\r\nb\r\n", "a\r\r\nb\r\n", 2 },
	{ "CR at the very end is a byte", "a\r\n\r", "a\r\n\r\r\n", 1 },
	{ "white space before a CR that is none stays one", "a \t\rb", "a \rb\r\n", 5 },
	{ "a CR that ends white space at a line's start", "\r\r \r\nx", "\r\r\r\nx\r\n", 3 },
	{ "white space at the start of a line is one space", "\t \tx\r\n", " x\r\n", 4 },
	{ "8-bit bytes are bytes", "\xe4 \xff\xa0\r\n", "\xe4 \xff\xa0\r\n", 4 },
	{ "vertical tab and form feed are no white space", "a\v\f \r\n", "a\v\f\r\n", 4 },
	{ "dots are what they are (MIME-26)", ".\r\n..\r\nFrom x\r\n", ".\r\n..\r\nFrom x\r\n", 6 },
};

static void check_pieces(const struct body_row *row, size_t piece)
{
	static struct gathered gathered;
	static struct dkim_canon canon;
	size_t len = strlen(row->in);

	gathered.len = 0;
	dkim_canon_start(&canon, gather, &gathered);
	for (size_t i = 0; i < len; i += piece)
		dkim_canon_add(&canon, row->in + i, len - i < piece ? len - i : piece);
	dkim_canon_end(&canon);
	gathered.bytes[gathered.len] = '\0';
	assert_string_equal(gathered.bytes, row->out);
	assert_int_equal(canon.longest_line, row->longest);
}

/* However it comes in pieces. */
static void check_body(void **state)
{
	for (size_t piece = 1; piece <= strlen(((const struct body_row *)*state)->in) + 1; piece++)
		check_pieces(*state, piece);
}

static void a_body_larger_than_all_buffers(void **state)
{
	static struct gathered gathered;
	static struct dkim_canon canon;
	char line[5001], nul[] = "a\0b";

	(void)state;
	memset(line, 'x', sizeof(line));
	gathered.len = 0;
	dkim_canon_start(&canon, gather, &gathered);
	for (int i = 0; i < 5; i++) {
		dkim_canon_add(&canon, line, sizeof(line));
		dkim_canon_add(&canon, " \r\n\r\n", 5);
		dkim_canon_add(&canon, nul, 3);
	}
	dkim_canon_end(&canon);
	assert_int_equal(gathered.len, 5 * (sizeof(line) + 4 + 3) + 2);
	assert_memory_equal(gathered.bytes + sizeof(line), "\r\n\r\na\0bx", 8);
	assert_int_equal(canon.longest_line, sizeof(line) + 4);
}

static const struct {
	const char *name;
	const char *field, *value, *out;
} field_rows[] = {
	{ "RFC 6376 3.4.5: name in lower case", "A", " X", "a:X\r\n" },
	{ "RFC 6376 3.4.5: a folded value", "B ", " Y\t\n\tZ  ", "b:Y Z\r\n" },
	{ "a fold with CRLF", "Subject", " a\r\n b", "subject:a b\r\n" },
	{ "nothing but white space", "Subject", " \t\n ", "subject:\r\n" },
	{ "nothing", "Subject", "", "subject:\r\n" },
	{ "a fold of white space alone", "Subject", " a\n \n b", "subject:a b\r\n" },
	{ "no space behind the colon", "Subject", "a", "subject:a\r\n" },
	{ "8-bit bytes are bytes", "SUBJECT", " \xc3\x84\t \xff", "subject:\xc3\x84 \xff\r\n" },
	{ "colons and quotes are bytes", "X-Y", " \"a  b\" : c", "x-y:\"a b\" : c\r\n" },
};

static void check_field(void **state)
{
	size_t i = (size_t)((const char *)*state - (const char *)field_rows) / sizeof(field_rows[0]);
	char out[200];
	char *end = dkim_canon_field(out, str_of(field_rows[i].field), str_of(field_rows[i].value));

	assert_true((size_t)(end - out) <= DKIM_FIELD_ROOM(strlen(field_rows[i].field), strlen(field_rows[i].value)));
	*end = '\0';
	assert_string_equal(out, field_rows[i].out);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, body_rows, check_body);
	rows_add_one(&rows, "a body larger than all buffers, with NUL", a_body_larger_than_all_buffers, NULL);
	rows_add(&rows, field_rows, check_field);
	return rows_run(&rows, "dkim_canon");
}

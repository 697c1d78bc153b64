/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include "scanners/antivirus_reading.h"

struct row {
	const char *name;
	const char *in;
	bool bare;
	const char *out;
};

static const struct row table[] = {
	{ "nothing", "", false, "" },
	{ "lf_stays", "a\nb\n", false, "a\nb\n" },
	{ "crlf_stays", "a\r\nb\r\n", false, "a\r\nb\r\n" },
	{ "smtp03_a_bare_cr_is_a_line_end", "a\rb", true, "a\nb" },
	{ "mime11_cr_cr_is_an_empty_line", "a\r\rb", true, "a\n\nb" },
	{ "cr_cr_lf", "a\r\r\nb", true, "a\n\r\nb" },
	{ "lf_cr", "a\n\rb", true, "a\n\nb" },
	{ "a_cr_at_the_end", "a\r", true, "a\n" },
	{ "a_cr_alone", "\r", true, "\n" },
};

static void check_row(void **state)
{
	const struct row *row = *state;
	char out[16] = "";

	assert_int_equal(reading_has_bare_cr(str_of(row->in)), row->bare);
	reading_write_bare_cr(str_of(row->in), out);
	assert_string_equal(out, row->out);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, table, check_row);
	return rows_run(&rows, "antivirus_reading");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/looked.h"

/* version, format 2, class "Package", no topic, no item, 35 bytes: flags 2, label, path, 4 bytes, path, 5 bytes of data */
#define PACKAGE_HEADER "01050000" "02000000" "08000000" "5061636b61676500" "00000000" "00000000"
#define PACKAGE_DATA "23000000" "0200" "612e65786500" "433a5c6100" "00000300" "05000000" "433a5c6100" "05000000" "4d5a780a0a"
#define COMPOUND "d0cf11e0a1b11ae1"

static const struct row {
	const char *name;
	struct str bytes;
	const char *marks, *found;
} rtf_table[] = {
	{ "letter", BYTES("{\\rtf1\\ansi Hello {\\b you}\\par}"), "", "" },
	{ "picture", BYTES("{\\rtf1{\\pict\\pngblip 89504e470d0a1a0a}}"), "", "" },
	{ "not_rtf_whatever_its_name", BYTES("Hello {\\objdata 4d5a}"), "", "" },
	{ "link", BYTES("{\\rtf1{\\field{\\*\\fldinst HYPERLINK \"http://x.example\"}{\\fldrslt x}}}"), "", "" },
	{ "local_template", BYTES("{\\rtf1{\\*\\template C:\\\\x\\\\normal.dotm}}"), "", "" },

	{ "package_ATT_08", BYTES("{\\rtf1{\\object\\objemb{\\*\\objdata " PACKAGE_HEADER PACKAGE_DATA "}}}"), "object", "text 5 a.exe|C:\\a|C:\\a" },
	{ "digits_with_white_space_ATT_08", BYTES("{\\rtf1{\\object{\\*\\objdata d 0 cf11\r\ne0 a1b1\t1ae1}}}"), "object", "ole2 8" },
	{ "digits_with_controls_ATT_08", BYTES("{\\rtf1{\\object{\\*\\objdata d0\\foo12 cf\\par 11e0{}a1b1\\*1ae1}}}"), "object", "ole2 8" },
	{ "digits_with_hex_escapes_ATT_08", BYTES("{\\rtf1{\\object{\\*\\objdata d0cf1\\'aa11e0a1b11ae1}}}"), "object", "ole2 8" },
	{ "digits_in_groups_ATT_08", BYTES("{\\rtf1{\\object{\\*\\objdata d0cf{11e0}a1b11ae1}}}"), "object", "text 6, ole2 8" },
	{ "groups_that_do_not_count_ATT_08", BYTES("{\\rtf1{\\object{\\*\\objdata d0cf{\\*\\x 4141}11e0a1b11ae1}}}"), "object", "ole2 8, unknown 10" },
	{ "raw_bytes_ATT_08", BYTES("{\\rtf1{\\object{\\*\\objdata d0cf\\bin4 \x11\xe0\xa1\xb1" "1ae1}}}"), "object", "ole2 8" },
	{ "junk_before_the_object_ATT_08", BYTES("{\\rtf1{\\object{\\*\\objdata 0102030405060708090a0b0c" COMPOUND "}}}"), "object", "ole2 8" },
	{ "no_end_ATT_08", BYTES("{\\rt{\\object\\objdata " COMPOUND), "object", "ole2 8" },
	{ "updates_by_itself_ATT_08", BYTES("{\\rtf1{\\object\\objupdate{\\*\\objdata " COMPOUND "}}}"), "object launch", "ole2 8" },
	{ "updates_amid_its_digits_ATT_08", BYTES("{\\rtf1{\\object{\\*\\objdata " COMPOUND "\\objupdate}}}"), "object launch", "ole2 8" },
	{ "remote_template_ATT_08", BYTES("{\\rtf1{\\*\\template http://x.example/a.dotm}}"), "external", "" },
	{ "remote_template_in_escapes_ATT_08", BYTES("{\\rtf1{\\*\\template \\'68\\'74\\'74p://x.example/}}"), "external", "" },
	{ "remote_template_in_unicode_ATT_08", BYTES("{\\rtf1{\\*\\template \\u104?\\u116?\\u116?\\u112?://x.example/}}"), "external", "" },
	{ "dde_field_ATT_08", BYTES("{\\rtf1{\\field{\\*\\fldinst {\\b DD}EAUTO c:\\\\x}}}"), "external", "" },
	{ "bytes_that_hide_an_object_ATT_08", BYTES("{\\rtf1\\bin999 {\\object{\\*\\objdata " COMPOUND "}}}"), "object", "ole2 8" },
};

static void check_row(void **state)
{
	const struct row *row = *state;

	looked_check(rtf_unpack, row->bytes, NULL, row->marks, row->found, 0);
}

static const struct repeated {
	const char *name, *part;
} repeated_table[] = {
	{ "ten_thousand_groups_ATT_08", "{" }, { "linear_objects", "{\\objdata 41" }, { "linear_ended_objects", "{\\objdata 41}" }, { "linear_controls", "\\" },
	{ "linear_bin", "\\bin1000000 " }, { "linear_fields", "\\fldinst " }, { "linear_templates", "\\template x" }, { "linear_digits", "\\objdata 4" },
};

static void check_repeated(void **state)
{
	static const struct str start = BYTES("{\\rtf1\\x");
	const struct repeated *row = *state;
	size_t part_len = strlen(row->part), len = (1U << 20) / part_len * part_len;
	char *bytes = malloc(start.len + len);
	struct unpack unpack = { .arena = NULL };
	struct content content;

	assert_non_null(bytes);
	memcpy(bytes, start.p, start.len);
	for (size_t at = 0; at < len; at += part_len)
		memcpy(bytes + start.len + at, row->part, part_len);
	double_run(&unpack, rtf_unpack, (struct str){ bytes, start.len + len }, NULL, &content);
	assert_true(unpack.taken_at_all <= 4 * len);
	assert_int_equal(unpack.taken, 0);
	double_free(&unpack);
	free(bytes);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, rtf_table, check_row);
	rows_add(&rows, repeated_table, check_repeated);
	return rows_run(&rows, "rtf");
}

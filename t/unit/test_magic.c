/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/magic.h"

#include "milter/unpack/prepare.h"
#include "t/unit/rows.h"

#define BYTES(literal) { literal, sizeof(literal) - 1 }

static const struct row {
	const char *name;
	struct str bytes;
	enum filetype type;
} magic_table[] = {
	{ "sound", BYTES("MThd\0\0\0\6\0\1\0\2\0\x60MTrk"), FILETYPE_AUDIO },
	{ "picture", BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0"), FILETYPE_PNG },
	{ "two_letters_are_no_program", BYTES("MZ\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), FILETYPE_UNKNOWN },
	{ "a_jump_is_no_program", BYTES("\xe9\x10\x20\1\2\3\4\5\6\7\x08\x09\1\2\3\4\5\6\7\x08"), FILETYPE_UNKNOWN },
	{ "noise", BYTES("\x93\x11\x07\xfa\x80\x05\x91\xee\x02\x03\x04"), FILETYPE_UNKNOWN },
	{ "nothing", BYTES(""), FILETYPE_UNKNOWN },
};

static void check_row(void **state)
{
	const struct row *row = *state;

	assert_string_equal(filetype_name(magic_look(row->bytes)), filetype_name(row->type));
}

static void check_unprepared(void **state)
{
	const struct str bytes = STR("MThd\0\0\0\6\0\1\0\2\0\x60MTrk");
	char problem[UNPACK_PROBLEM_MAX] = "";

	(void)state;
	assert_int_equal(magic_look(bytes), FILETYPE_UNKNOWN);
	assert_int_equal(magic_prepare(problem), 0);
	assert_int_equal(magic_prepare(problem), 0);
	assert_string_equal(problem, "");
}

int main(void)
{
	static struct rows rows;

	rows_add_one(&rows, "nothing_is_known_before_it_is_prepared", check_unprepared, NULL);
	rows_add(&rows, magic_table, check_row);
	return rows_run(&rows, "magic");
}

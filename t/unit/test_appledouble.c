/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/handlers.h"

#include "t/unit/unpack_stage.h"

#define FILLER "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define SINGLE "\x00\x05\x16\x00\x00\x02\x00\x00" FILLER
#define DOUBLE "\x00\x05\x16\x07\x00\x02\x00\x00" FILLER
#define ENTRY(id, offset, len) "\0\0\0" id "\0\0\0" offset "\0\0\0" len

static const struct stage_row rows_table[] = {
	{ "single_MIME_16", STR(SINGLE "\0\3" ENTRY("\3", "\x3e", "\5") ENTRY("\1", "\x43", "\3") ENTRY("\2", "\x46", "\4") "a.exe" "Cat" "rsrc"),
	  { { "a.exe", STR("Cat") }, { "", STR("rsrc") } }, 0, 0 },
	{ "double_MIME_16", STR(DOUBLE "\0\2" ENTRY("\x9", "\x32", "\4") ENTRY("\2", "\x36", "\4") "info" "rsrc"), { { "", STR("rsrc") } }, 0, 0 },
	{ "empty_resource_fork", STR(DOUBLE "\0\1" ENTRY("\2", "\x26", "\0")), STAGE_NOTHING, 0, 0 },
	{ "name_behind_the_data_MIME_16", STR(SINGLE "\0\2" ENTRY("\1", "\x32", "\3") ENTRY("\3", "\x35", "\1") "Cat" "x"), { { "x", STR("Cat") } }, 0, 0 },
	{ "entry_beyond_the_end_is_unreadable", STR(SINGLE "\0\1" ENTRY("\1", "\x26", "\7") "Cat"), { { "", STR("Cat") } }, 0, STAGE_MARK(UNREADABLE) },
	{ "entry_of_a_negative_place_is_unreadable", STR(SINGLE "\0\1" "\0\0\0\1\xff\xff\xff\xff\xff\xff\xff\xff"), STAGE_NOTHING, 0, STAGE_MARK(UNREADABLE) },
	{ "more_entries_than_there_are_is_unreadable", STR(SINGLE "\xff\xff" ENTRY("\1", "\x26", "\3") "Cat"), { { "", STR("Cat") } }, 0, STAGE_MARK(UNREADABLE) },
	{ "what_is_none_is_unreadable", STR("hello"), STAGE_NOTHING, 0, STAGE_MARK(UNREADABLE) },
	{ "empty_is_unreadable", STR(""), STAGE_NOTHING, 0, STAGE_MARK(UNREADABLE) },
};

static void check(void **state)
{
	stage_check(*state, appledouble_unpack, true);
	stage_cut(*state, appledouble_unpack);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, rows_table, check);
	return rows_run(&rows, "appledouble");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/looked.h"

#define PNG "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
#define GIF "GIF89a\1\0\1\0\0\0\0;"
#define LOCAL "PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\5\0\0\0a.exe"
#define DOS "MZ\x50\0\2\0\0\0\4\0\x0f\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0\x40\0\x1a\0"
#define PE DOS "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x40\0\0\0PE\0\0"
#define RAR "Rar!\x1a\7\0\xcf\x90\x73\0\0\x0d\0\0\0\0\0\0\0"
#define LNK "\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46\x9b\0\0\0\0\0\0\0\0\0\0\0\0"

static const struct row {
	const char *name;
	struct str bytes;
	const char *found;
} appended_table[] = {
	{ "picture", BYTES(PNG "zzzzzzzzzzzz"), "" },
	{ "words_of_an_archive_are_none", BYTES(PNG "Rar!\x1a\7 is the word, PK\3\4 is another, MZ a third"), "" },
	{ "rar_behind_a_picture_ATT_12", BYTES(GIF RAR), "rar 20" },
	{ "zip_behind_a_picture_without_directory_ATT_12", BYTES(GIF LOCAL), "zip 35" },
	{ "two_members_are_one_archive_ATT_12", BYTES(GIF LOCAL LOCAL), "zip 70" },
	{ "program_behind_a_picture_ATT_12", BYTES(GIF PE), "exe 68" },
	{ "shortcut_behind_a_picture_ATT_12", BYTES(GIF LNK), "lnk 33" },
	{ "archive_behind_a_program_ATT_05", BYTES(DOS "aaaa" RAR), "rar 20" },
	{ "program_in_a_program", BYTES(DOS "aaaa" PE), "" },
	{ "archive_behind_a_script", BYTES("#!/bin/sh\nexit\n\x1f\x8b\x08\0\0\0\0\0\0\3aaaa"), "gzip 14" },
	{ "gzip_behind_a_picture_is_a_picture", BYTES(GIF "\x1f\x8b\x08\0\0\0\0\0\0\3aaaa"), "" },
	{ "program_in_unknown_bytes_ATT_12", BYTES("\1\2\3\4\5\6\7\x08" PE), "exe 68" },
};

static void check_row(void **state)
{
	const struct row *row = *state;

	looked_check(appended_unpack, row->bytes, NULL, "", row->found, 0);
}

#define FILE_GUID "\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac"
#define SECTION "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3"

static const struct note {
	const char *name;
	struct str bytes;
	const char *marks, *found;
} onenote_table[] = {
	{ "section", BYTES(SECTION "text"), "", "" },
	{ "embedded_program_ATT_10", BYTES(SECTION FILE_GUID "\x1c\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" DOS "tail"), "object", "exe 28" },
	{ "embedded_picture", BYTES(SECTION FILE_GUID "\x0e\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" GIF), "", "gif 14" },
	{ "embedded_and_cut_ATT_10", BYTES(SECTION FILE_GUID "\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0" DOS), "object unreadable", "exe 28" },
	{ "guid_at_the_end", BYTES(SECTION FILE_GUID), "", "" },
};

static void check_note(void **state)
{
	const struct note *row = *state;

	looked_check(onenote_unpack, row->bytes, NULL, row->marks, row->found, 0);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, appended_table, check_row);
	rows_add(&rows, onenote_table, check_note);
	return rows_run(&rows, "appended and onenote");
}

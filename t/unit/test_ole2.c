/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/looked.h"
#include "t/unit/ole2_build.h"

#define TEXT_16 "A harmless text."
#define TEXT_256 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16
#define TEXT_4096 TEXT_256 TEXT_256 TEXT_256 TEXT_256 TEXT_256 TEXT_256 TEXT_256 TEXT_256 TEXT_256 TEXT_256 TEXT_256 TEXT_256 TEXT_256 TEXT_256 \
	TEXT_256 TEXT_256
#define FIB "\xec\xa5\xc1\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define FIB_ENCRYPTED "\xec\xa5\xc1\0\0\0\0\0\0\0\0\1\0\0\0\0"
#define BOF "\x09\x08\x08\0\0\6\5\0\0\0\0\0"
#define PROGRAM "MZ\x50\0\2\0\0\0\4\0\x0f\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0\x40\0\x1a\0"
#define NATIVE "\2\0a.exe\0C:\\a\0\0\0\3\0\5\0\0\0C:\\a\0\x1c\0\0\0" PROGRAM
#define ATTACHMENT "__attach_version1.0_#00000000"

static const struct row {
	const char *name;
	struct ole2_part parts[12];
	const char *type, *marks, *found, *clsid;
} ole2_table[] = {
	{ "word", { { "WordDocument", 0, false, BYTES(FIB TEXT_4096) } }, "doc", "", "", NULL },
	{ "word_short", { { "WordDocument", 0, false, BYTES(FIB TEXT_16) } }, "doc", "", "", NULL },
	{ "excel", { { "Workbook", 0, false, BYTES(BOF "\x85\0\x0e\0\0\0\0\0\0\0\6\0Sheet1\x0a\0\0\0") } }, "xls", "", "", NULL },
	{ "powerpoint", { { "PowerPoint Document", 0, false, BYTES("\x0f\0\xe8\3\0\0\0\0") } }, "ppt", "", "", NULL },
	{ "other", { { "Whatever", 0, false, BYTES(TEXT_16) } }, "ole2", "", "", NULL },

	{ "vba_ATT_08", { { "WordDocument", 0, false, BYTES(FIB) }, { "Macros", 0, true, BYTES("") }, { "VBA", 2, true, BYTES("") },
	  { "dir", 3, false, BYTES(TEXT_16) } }, "doc", "macros", "", NULL },
	{ "vba_without_source_ATT_08", { { "Workbook", 0, false, BYTES(BOF) }, { "_VBA_PROJECT_CUR", 0, true, BYTES("") } }, "xls", "macros", "", NULL },
	{ "vba_in_lower_case_ATT_08", { { "WordDocument", 0, false, BYTES(FIB) }, { "x", 0, true, BYTES("") }, { "vba", 2, true, BYTES("") } }, "doc",
	  "macros", "", NULL },
	{ "macro_sheet_ATT_08", { { "Workbook", 0, false, BYTES(BOF "\x85\0\x0e\0\0\0\0\0\0\1\6\0Macro1\x0a\0\0\0") } }, "xls", "macros", "", NULL },
	{ "very_hidden_macro_sheet_ATT_08", { { "Workbook", 0, false, BYTES(BOF "\x85\0\x0e\0\0\0\0\0\2\1\6\0Macro1\x0a\0\0\0") } }, "xls", "macros", "",
	  NULL },
	{ "chart_sheet", { { "Workbook", 0, false, BYTES(BOF "\x85\0\x0e\0\0\0\0\0\2\2\6\0Chart1\x0a\0\0\0") } }, "xls", "", "", NULL },
	{ "dde_in_a_workbook_ATT_08", { { "Workbook", 0, false, BYTES(BOF "\xae\1\x0c\0\0\0\7\0\0cmd\3/c x\x0a\0\0\0") } }, "xls", "external", "", NULL },
	{ "dde_field_ATT_08", { { "WordDocument", 0, false, BYTES(FIB "\x13 DDEAUTO c:\\x\x14" "a\x15") } }, "doc", "external", "", NULL },
	{ "dde_field_in_utf_16_ATT_08", { { "WordDocument", 0, false, BYTES(FIB "\x13\0 \0d\0D\0E\0 \0x\0\x14\0a\0\x15\0") } }, "doc", "external", "", NULL },
	{ "page_field", { { "WordDocument", 0, false, BYTES(FIB "\x13 PAGE \x14" "1\x15") } }, "doc", "", "", NULL },
	{ "equation_3_ATT_08", { { "WordDocument", 0, false, BYTES(FIB) } }, "doc", "object", "", "\x02\xce\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46" },

	{ "encrypted_word_ATT_08", { { "WordDocument", 0, false, BYTES(FIB_ENCRYPTED) } }, "doc", "encrypted", "", NULL },
	{ "encrypted_excel_ATT_08", { { "Workbook", 0, false, BYTES(BOF "\x2f\0\6\0\0\0\0\0\0\0") } }, "xls", "encrypted", "", NULL },
	{ "encrypted_package_ATT_08", { { "EncryptionInfo", 0, false, BYTES(TEXT_16) }, { "EncryptedPackage", 0, false, BYTES(TEXT_4096) } }, "ole2",
	  "encrypted", "", NULL },

	{ "packaged_program_ATT_08", { { "WordDocument", 0, false, BYTES(FIB) }, { "ObjectPool", 0, true, BYTES("") }, { "_1", 2, true, BYTES("") },
	  { "\1Ole10Native", 3, false, BYTES("\x3e\0\0\0" NATIVE) } }, "doc", "object", "exe 28 a.exe|C:\\a|C:\\a", NULL },
	{ "packaged_file_that_is_cut", { { "\1Ole10Native", 0, false, BYTES("\x3e\0\0\0\2\0a\0b\0\0\0\3\0\1\0\0\0\0\xff\0\0\0" TEXT_16) } }, "ole2",
	  "object unreadable", "text 16 a|b|", NULL },
	{ "program_in_a_stream", { { "CONTENTS", 0, false, BYTES(PROGRAM) } }, "ole2", "", "exe 28", NULL },
	{ "cabinet_of_an_installer", { { "x", 0, false, BYTES("MSCF\0\0\0\0aaaaaaaaaaaa") } }, "msi", "", "cab 20", "\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46" },

	{ "message_ATT_14", { { "__properties_version1.0", 0, false, BYTES(TEXT_16) }, { ATTACHMENT, 0, true, BYTES("") },
	  { "__substg1.0_37010102", 2, false, BYTES(PROGRAM) }, { "__substg1.0_3707001F", 2, false, BYTES("b\0.\0e\0x\0e\0") },
	  { "__substg1.0_3704001E", 2, false, BYTES("B~1.EXE") }, { "__substg1.0_1000001F", 0, false, BYTES("H\0e\0l\0l\0o\0 \0y\0o\0u\0") } }, "msg", "",
	  "exe 28 b.exe|B~1.EXE, text 18", NULL },
	{ "message_in_a_message_ATT_14", { { "__properties_version1.0", 0, false, BYTES(TEXT_16) }, { ATTACHMENT, 0, true, BYTES("") },
	  { "__substg1.0_3701000D", 2, true, BYTES("") }, { ATTACHMENT, 3, true, BYTES("") }, { "__substg1.0_37010102", 4, false, BYTES(PROGRAM) },
	  { "__substg1.0_3707001F", 4, false, BYTES("c\0.\0e\0x\0e\0") } }, "msg", "", "exe 28 c.exe", NULL },
};

static void check_row(void **state)
{
	const struct row *row = *state;
	unsigned char *file = calloc(1, OLE2_BUILD_SIZE);
	struct unpack unpack = { .arena = NULL };
	struct content content;
	size_t len;
	char text[1024];

	assert_non_null(file);
	len = ole2_build(file, row->parts, row->clsid);
	double_run(&unpack, ole2_unpack, (struct str){ (char *)file, len }, NULL, &content);
	assert_string_equal(filetype_name(content.type), row->type);
	looked_marks(content.marks, text, sizeof(text));
	assert_string_equal(text, row->marks);
	looked_found(&unpack, text, sizeof(text));
	assert_string_equal(text, row->found);
	assert_int_equal(unpack.taken, 0);
	double_free(&unpack);
	free(file);
}

/* One number of a good file is changed: loops and places outside are broken, never endless. */
static const struct broken {
	const char *name;
	size_t at;
	uint32_t number;
	size_t cut;		/* to that many bytes; 0: not */
	bool is_readable;	/* there are as many bytes as there should be */
} broken_table[] = {
	{ "directory_that_loops", 512 + 4 * 5, 2, 0, false }, { "directory_elsewhere", 0x30, 0x00ffffff, 0, false }, { "stream_that_loops", 512 + 4 * 7, 6, 0, true },
	{ "no_fat", 0x4c, 0xfffffffe, 0, false }, { "sectors_of_one_byte", 0x1e, 0x00060000, 0, false }, { "sectors_of_a_gigabyte", 0x1e, 0x0006001e, 0, false },
	{ "cut_in_the_directory", 0, 0xe011cfd0, 1700, false }, { "cut_in_a_stream", 0, 0xe011cfd0, 4000, false }, { "mini_fat_elsewhere", 0x3c, 0x00ffffff, 0, false },
};

static void check_broken(void **state)
{
	static const struct ole2_part parts[] = { { "WordDocument", 0, false, BYTES(FIB TEXT_4096) }, { "VBA", 0, true, BYTES("") },
		{ "dir", 2, false, BYTES(TEXT_16) }, { NULL, 0, false, BYTES("") } };
	const struct broken *row = *state;
	unsigned char *file = calloc(1, OLE2_BUILD_SIZE);
	struct unpack unpack = { .arena = NULL };
	struct content content;
	size_t len;

	assert_non_null(file);
	len = ole2_build(file, parts, NULL);
	build_le(file + row->at, row->number, 4);
	double_run(&unpack, ole2_unpack, (struct str){ (char *)file, row->cut == 0 ? len : row->cut }, NULL, &content);
	assert_int_equal((content.marks & (1u << MARK_UNREADABLE)) == 0, row->is_readable);
	assert_true(unpack.taken_at_all < 8 * len);
	assert_int_equal(unpack.taken, 0);
	double_free(&unpack);
	free(file);
}

/* Siblings that name each other, and themselves as what is in them, end. */
static void check_tree(void **state)
{
	static const struct ole2_part parts[] = { { "a", 0, true, BYTES("") }, { "b", 0, true, BYTES("") }, { NULL, 0, false, BYTES("") } };
	unsigned char *file = calloc(1, OLE2_BUILD_SIZE);
	struct unpack unpack = { .arena = NULL };
	struct content content;
	size_t len;

	(void)state;
	assert_non_null(file);
	len = ole2_build(file, parts, NULL);
	for (size_t entry = 0; entry < 3; entry++) {
		for (size_t at = 0x44; at <= 0x4c; at += 4)
			build_le(file + (size_t)512 * 3 + 128 * entry + at, (entry + at / 4) % 3, 4);
	}
	double_run(&unpack, ole2_unpack, (struct str){ (char *)file, len }, NULL, &content);
	assert_int_equal(unpack.taken, 0);
	double_free(&unpack);
	free(file);
}

static void check_other_file(void **state)
{
	(void)state;
	looked_check(ole2_unpack, STR("{\\rtf1 a letter that is called letter.doc}"), NULL, "", "", 0);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, ole2_table, check_row);
	rows_add(&rows, broken_table, check_broken);
	rows_add_one(&rows, "a_tree_that_loops", check_tree, NULL);
	rows_add_one(&rows, "another_file_under_its_name", check_other_file, NULL);
	return rows_run(&rows, "ole2");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the things that libclamav takes out of a message become known as files, and where one that is known need not be scanned. */
#include "t/unit/rows.h"

#include "milter/base/arena.h"
#include "scanners/antivirus_engine_internal.h"

#define LAYERS_MAX 4
#define ZIP_BYTES 5000

static const char data[] = "a file of some bytes";
#define FILE_BYTES (sizeof(data) - 1)

static struct examination examination_with(struct antivirus_engine *antivirus, struct examined_file *files)
{
	return (struct examination){ .antivirus = antivirus, .files = files, .max_file_bytes = 1 << 20, .max_scan_bytes = 1 << 20 };
}

static const struct row {
	const char *name;
	const char *above[LAYERS_MAX];	/* types of what it is in, the message first */
	struct layer layer;		/* level, bytes and data are filled in */
	bool is_own;
} rows[] = {
	{ "an_attachment", { "CL_TYPE_MAIL" }, { .fd = 3, .type = "CL_TYPE_PDF" }, true },
	{ "a_text_part", { "CL_TYPE_MAIL" }, { .fd = 3, .type = "CL_TYPE_TEXT_ASCII" }, true },
	{ "a_member_of_a_zip", { "CL_TYPE_MAIL", "CL_TYPE_ZIP" }, { .fd = 3, .type = "CL_TYPE_PNG" }, true },
	{ "a_member_of_a_tar_in_a_gzip", { "CL_TYPE_MAIL", "CL_TYPE_GZ", "CL_TYPE_POSIX_TAR" }, { .fd = 3, .type = "CL_TYPE_MSEXE" }, true },
	{ "the_message_itself", { NULL }, { .fd = 3, .type = "CL_TYPE_MAIL" }, false },
	{ "in_the_midst_of_something", { "CL_TYPE_MAIL" }, { .fd = -1, .type = "CL_TYPE_ZIP" }, false },
	{ "of_an_unknown_type", { "CL_TYPE_MAIL" }, { .fd = 3, .type = "CL_TYPE_BINARY_DATA" }, false },
	{ "of_a_partition", { "CL_TYPE_MAIL" }, { .fd = 3, .type = "CL_TYPE_PART_ANY" }, false },
	{ "normalised", { "CL_TYPE_MAIL" }, { .fd = 3, .type = "CL_TYPE_HTML", .attributes = LAYER_ATTRIBUTES_NORMALIZED }, false },
	{ "decrypted", { "CL_TYPE_MAIL" }, { .fd = 3, .type = "CL_TYPE_PDF", .attributes = LAYER_ATTRIBUTES_DECRYPTED }, false },
	{ "in_a_document", { "CL_TYPE_MAIL", "CL_TYPE_PDF" }, { .fd = 3, .type = "CL_TYPE_PNG" }, false },
	{ "in_a_program", { "CL_TYPE_MAIL", "CL_TYPE_MSEXE", "CL_TYPE_ZIP" }, { .fd = 3, .type = "CL_TYPE_PNG" }, false },
	{ "in_a_disk_image", { "CL_TYPE_MAIL", "CL_TYPE_ZIP", "CL_TYPE_DMG" }, { .fd = 3, .type = "CL_TYPE_PNG" }, false },
	{ "in_what_was_not_told", { "CL_TYPE_MAIL", "CL_TYPE_ZIP" }, { .fd = 3, .type = "CL_TYPE_PNG", .parent_bytes = ZIP_BYTES - 1 }, false },
};

static uint32_t enter(struct examination *examination, const char *const *above)
{
	uint32_t level = 0;

	for (; level < LAYERS_MAX && above[level] != NULL; level++) {
		const struct layer layer = { .fd = -1, .type = above[level], .level = level, .bytes = ZIP_BYTES };

		(void)antivirus_layer_is_known(examination, &layer);
	}
	return level;
}

static bool is_known_in(struct examination *examination, const char *const *above, struct layer layer)
{
	layer.level = enter(examination, above);
	layer.bytes = FILE_BYTES;
	layer.data = data;
	layer.parent_bytes = layer.parent_bytes == 0 ? ZIP_BYTES : layer.parent_bytes;
	return antivirus_layer_is_known(examination, &layer);
}

static void check_row(void **state)
{
	static struct examined_file files[EXAMINATION_FILES_MAX];
	const struct row *row = *state;
	struct antivirus_engine antivirus = { .known = known_new() };
	struct examination examination = examination_with(&antivirus, files);

	assert_false(is_known_in(&examination, row->above, row->layer));
	assert_int_equal(examination.files_len, row->is_own);
	if (row->is_own) {
		known_add(antivirus.known, files[0].digest, NULL);
		assert_false(is_known_in(&examination, row->above, row->layer));	/* known as a file, but not here */
		known_add(antivirus.known, files[0].place, NULL);
		assert_true(is_known_in(&examination, row->above, row->layer));
	}
	known_free(antivirus.known);
}

static const char *const in_mail[] = { "CL_TYPE_MAIL", NULL }, *const in_zip[] = { "CL_TYPE_MAIL", "CL_TYPE_ZIP", NULL };
static const struct layer picture = { .fd = 3, .type = "CL_TYPE_PNG" };

static void a_file_is_known_only_in_its_place(void **state)
{
	static struct examined_file files[EXAMINATION_FILES_MAX];
	struct antivirus_engine antivirus = { .known = known_new() };
	struct examination examination = examination_with(&antivirus, files);

	(void)state;
	(void)is_known_in(&examination, in_mail, picture);
	known_add(antivirus.known, files[0].place, NULL);
	assert_true(is_known_in(&examination, in_mail, picture));
	assert_false(is_known_in(&examination, in_zip, picture));
	known_free(antivirus.known);
}

static void nothing_becomes_known_after_a_limit(void **state)
{
	static struct examined_file files[EXAMINATION_FILES_MAX];
	struct antivirus_engine antivirus = { .known = known_new() };
	struct examination examination = examination_with(&antivirus, files);

	(void)state;
	(void)is_known_in(&examination, in_mail, picture);
	known_add(antivirus.known, files[0].place, NULL);
	evidence_note(&examination.evidence, ANTIVIRUS_UNSCANNABLE, "limits: x");
	assert_false(is_known_in(&examination, in_mail, picture));
	assert_int_equal(examination.files_len, 1);
	known_free(antivirus.known);
}

static void a_known_virus_is_found_again(void **state)
{
	static struct examined_file files[EXAMINATION_FILES_MAX];
	struct antivirus_engine antivirus = { .known = known_new() };
	struct examination examination = examination_with(&antivirus, files);

	(void)state;
	(void)is_known_in(&examination, in_mail, picture);
	known_add(antivirus.known, files[0].place, "Virus");
	assert_false(is_known_in(&examination, in_mail, picture));
	known_free(antivirus.known);
}

static void files_and_levels_are_bounded(void **state)
{
	static struct examined_file files[EXAMINATION_FILES_MAX];
	struct antivirus_engine antivirus = { .known = known_new() };
	struct examination examination = examination_with(&antivirus, files);
	struct layer deep = { .fd = 3, .type = "CL_TYPE_ZIP", .level = EXAMINATION_LEVELS_MAX, .data = data, .bytes = FILE_BYTES };

	(void)state;
	for (int i = 0; i < EXAMINATION_FILES_MAX + 10; i++)
		(void)is_known_in(&examination, in_mail, picture);
	assert_int_equal(examination.files_len, EXAMINATION_FILES_MAX);
	assert_false(antivirus_layer_is_known(&examination, &deep));
	deep.level = UINT32_MAX;
	assert_false(antivirus_layer_is_known(&examination, &deep));
	known_free(antivirus.known);
}

static const struct text {
	const char *name, *a, *b;
	bool are_equal;
} texts[] = {
	{ "line_ends_at_the_end_do_not_count", "one\ntwo", "one\ntwo\n\n", true },
	{ "crlf_is_lf", "one\r\ntwo\r\n", "one\ntwo", true },
	{ "a_bare_cr_counts", "one\rtwo", "one\ntwo", false },
	{ "a_bare_cr_is_not_left_out", "one\rtwo", "onetwo", false },
	{ "an_empty_line_counts", "one\n\ntwo", "one\ntwo", false },
	{ "white_space_counts", "one \ntwo", "one\ntwo", false },
	{ "nothing_but_line_ends", "\r\n\n", "", true },
};

static void check_text(void **state)
{
	const struct text *row = *state;
	unsigned char a[DIGEST_SIZE], b[DIGEST_SIZE], file[DIGEST_SIZE];

	assert_true(antivirus_text_digest(str_of(row->a), a) && antivirus_text_digest(str_of(row->b), b));
	assert_int_equal(memcmp(a, b, DIGEST_SIZE) == 0, row->are_equal);
	digest_of(row->b, strlen(row->b), file);
	assert_int_not_equal(memcmp(b, file, DIGEST_SIZE), 0);
}

int main(void)
{
	static struct rows tests;

	rows_add(&tests, rows, check_row);
	rows_add(&tests, texts, check_text);
	rows_add_one(&tests, "a_file_is_known_only_in_its_place", a_file_is_known_only_in_its_place, NULL);
	rows_add_one(&tests, "nothing_becomes_known_after_a_limit", nothing_becomes_known_after_a_limit, NULL);
	rows_add_one(&tests, "a_known_virus_is_found_again", a_known_virus_is_found_again, NULL);
	rows_add_one(&tests, "files_and_levels_are_bounded", files_and_levels_are_bounded, NULL);
	return rows_run(&tests, "antivirus_layer");
}

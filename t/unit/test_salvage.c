/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/handlers.h"

#include "t/unit/text_data.h"
#include "t/unit/unpack_stage.h"

#define EICAR "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
#define EICAR_BASE64 "WDVPIVAlQEFQWzRcUFpYNTQoUF4pN0NDKTd9JEVJQ0FSLVNUQU5EQVJELUFOVElWSVJVUy1URVNU\r\nLUZJTEUhJEgrSCo=\r\n"
#define FROM "From x\nFrom: a@example.org\r\nSubject: x\r\n"
#define SIGNATURE "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=x; bh=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=;\r\n" \
		  " b=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v\r\n  MDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5f==\r\n"

static const struct stage_row rows_table[] = {
	{ "plain_text", STR(FROM SIGNATURE "\r\nHello,\r\n\r\nsee https://example.org/?a=xy&b=zz you.\r\nAnd a second line of it.\r\n"), STAGE_NOTHING, 0, 0 },
	{ "html_with_attributes", STR(FROM "\r\n<table width=100 height=\"20\"><tr><td align=\"left\" class=\"ab\">x</td></tr></table>\r\n"), STAGE_NOTHING, 0, 0 },
	{ "base64_that_no_part_is_MIME_10", STR(FROM "\r\n" EICAR_BASE64), { { "", STR(EICAR) } }, 0, 0 },
	{ "base64_of_a_document_is_hidden_MIME_10", STR(FROM "\r\nx\r\n--b\r\n\r\n" DATA_BASE64 "--b--\r\n"), { { "", STR(DATA_PDF) } },
	  STAGE_AMBIGUOUS(HIDDEN), 0 },
	{ "base64_behind_the_last_delimiter_MIME_10", STR(FROM "\r\n--b\r\n\r\nx\r\n--b--\r\n" DATA_BASE64), { { "", STR(DATA_PDF) } }, STAGE_AMBIGUOUS(HIDDEN), 0 },
	{ "base64_in_a_header_MIME_11", STR(FROM "X-A: b\r\n" DATA_BASE64 "\r\nx\r\n"), { { "", STR(DATA_PDF) } }, STAGE_AMBIGUOUS(HIDDEN), 0 },
	{ "base64_without_empty_line_MIME_11", STR(FROM DATA_BASE64), { { "", STR(DATA_PDF) } }, STAGE_AMBIGUOUS(HIDDEN), 0 },
	{ "base64_in_chunks_MIME_12", STR(FROM "\r\n"
	  "JVBERi0xLjQK=MSAwIG9iago==PDwg=L1R5cGU=IC9DYXRhbG9nID4+=CmVuZG9iagp0cmFpbGVyCjw8IC9Sb290IDEgMCBSID4+CiUlRU9GCg==\r\n"),
	  { { "", STR("%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n") } }, STAGE_AMBIGUOUS(HIDDEN), 0 },
	{ "quoted_printable_that_no_part_is_MIME_13", STR(FROM "\r\n=58=35=4FX5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR=\r\n" "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*\r\n"),
	  { { "", STR("X5OX5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*\r\n") } }, 0, 0 },
	{ "quoted_printable_soft_breaks_MIME_13", STR(FROM "\r\nX5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR= \r\n" "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"),
	  { { "", STR(EICAR) } }, 0, 0 },
	{ "quoted_printable_behind_a_paragraph_MIME_11", STR(FROM "\r\nX-A: b\r\n\r\n=58=35=4F!P%@AP[4\\PZX54(P^)7CC)7}$EICAR=\r" "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"),
	  { { "", STR(EICAR) } }, 0, 0 },
	{ "quoted_printable_document_is_hidden_MIME_13", STR(FROM "\r\n%PDF-1.4=0A1 0 obj=0A<< /Type /Catalog >>=0Aendobj=0Atrailer=0A<< /Root 1 0 R =\r\n>>=0A%%EOF=0A"),
	  { { "", STR("%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n") } }, 0, 0 },
	{ "uuencode_that_no_part_is_MIME_14", STR(FROM "\r\nx\r\n" DATA_UU), { { "", STR(DATA_PDF) } }, STAGE_AMBIGUOUS(HIDDEN), 0 },
	{ "nul_is_dropped_HDR_17", STR(FROM "\r\na\0b\r\n"), { { "", STR(FROM "\r\nab\r\n") } }, 0, 0 },
	{ "bare_cr_is_a_line_end_SMTP_03", STR(FROM "\r\na\rb\r\n"), { { "", STR(FROM "\r\na\nb\r\n") } }, 0, 0 },
	{ "empty", STR(""), STAGE_NOTHING, 0, 0 },
	{ "only_a_header", STR(FROM), STAGE_NOTHING, 0, 0 },
};

static void check(void **state)
{
	stage_check(*state, salvage_unpack, false);
}

static void check_nothing(void **state)
{
	const struct stage_row *row = *state;

	if (row->files[0].names == NULL)
		stage_check(row, salvage_unpack, true);
	stage_cut(row, salvage_unpack);
}

static const struct {
	const char *name, *before, *body, *after;
} covered_rows[] = {
	{ "covered_base64_is_left_alone", FROM "\r\n", DATA_BASE64, "" },
	{ "covered_part_is_left_alone", FROM "\r\n--b\r\n\r\n", DATA_BASE64, "\r\n--b--\r\n" },
	{ "covered_part_of_an_attached_message_is_left_alone", FROM "\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\n", DATA_BASE64, "\r\n--b--\r\n" },
	{ "covered_part_two_messages_deep_is_left_alone", FROM "\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\nSubject: z\r\n\r\n",
	  DATA_BASE64, "\r\n--b--\r\n" },
	{ "covered_quoted_printable_is_left_alone", FROM "\r\n", "a =3D=20b=\r\nc text with a lot of =E4=F6=FC and other letters that are not in ASCII", "\r\n" },
};

/* What a reading of the structure has decoded in the only way there is costs nothing more. */
static void check_covered(void **state)
{
	size_t i = (size_t)((const char *)*state - (const char *)covered_rows) / sizeof(covered_rows[0]);
	struct unpack *unpack = stage_new();
	char *message = arena_printf(unpack->arena, "%s%s%s", covered_rows[i].before, covered_rows[i].body, covered_rows[i].after);
	struct item item = { .kind = ITEM_MESSAGE, .bytes = str_of(message), .content = &unpack->self };

	unpack->covered = (struct str){ message + strlen(covered_rows[i].before), strlen(covered_rows[i].body) };
	unpack->memory_left = 0;	/* it does not even want to decode */
	salvage_unpack(unpack, &item);
	assert_int_equal(unpack->found_len, 0);
	assert_int_equal(unpack->limits, 0);
	unpack->covered.len = 0;
	salvage_unpack(unpack, &item);
	assert_int_equal(unpack->limits, 1u << UNPACK_SIZE);
	stage_free(unpack);
}

static void what_the_structure_has_shown_is_not_hidden(void **state)
{
	struct unpack *unpack = stage_new();

	(void)state;
	unpack->seen = STR(DATA_PDF);
	stage_run(unpack, salvage_unpack, (struct item){ .kind = ITEM_MESSAGE, .bytes = STR(FROM "\r\n" DATA_BASE64) });
	assert_int_equal(unpack->found_len, 1);
	assert_int_equal(unpack->ambiguities, 0);
	stage_free(unpack);
}

/* A few MiB of one thing: whatever is not linear would not come back. */
static const struct {
	const char *name;
	struct str pattern;
} long_rows[] = {
	{ "long_row_of_delimiters_MIME_19", STR("\n--") }, { "long_row_of_parts_MIME_19", STR("--a\n\n\n") }, { "long_row_of_equals_MIME_20", STR("=") },
	{ "long_row_of_escapes_MIME_20", STR("=41") }, { "long_row_of_CR_MIME_20", STR("\r") }, { "long_row_of_LF_MIME_20", STR("\n") },
	{ "long_row_of_NUL_MIME_20", STR("\0") }, { "long_line_of_base64_MIME_20", STR("A") }, { "long_row_of_fields_MIME_20", STR("a: b\r\n") },
	{ "long_row_of_soft_breaks_MIME_20", STR("a b=\r\n") }, { "long_row_of_begins_MIME_20", STR("begin 644 a\n") },
	{ "long_row_of_words_MIME_20", STR("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0 ,.;! ") },
};

static void check_long(void **state)
{
	size_t row = (size_t)((const char *)*state - (const char *)long_rows) / sizeof(long_rows[0]), len = (size_t)2 << 20;
	struct unpack *unpack = stage_new();
	char *bytes = malloc(len);

	assert_non_null(bytes);
	for (size_t i = 0; i < len; i++)
		bytes[i] = long_rows[row].pattern.p[i % long_rows[row].pattern.len];
	unpack->is_fuzzed = true;
	stage_run(unpack, salvage_unpack, (struct item){ .kind = ITEM_MESSAGE, .bytes = { bytes, len } });
	free(bytes);
	stage_free(unpack);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, rows_table, check);
	rows_add(&rows, rows_table, check_nothing);
	rows_add(&rows, covered_rows, check_covered);
	rows_add_one(&rows, "what_the_structure_has_shown_is_not_hidden", what_the_structure_has_shown_is_not_hidden, NULL);
	rows_add(&rows, long_rows, check_long);
	return rows_run(&rows, "salvage");
}

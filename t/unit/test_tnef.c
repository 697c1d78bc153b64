/* SPDX-License-Identifier: GPL-2.0-or-later */
/* winmail.dat made attribute by attribute; numbers are little endian. */
#include "milter/unpack/handlers.h"
#include "milter/unpack/lzfu.h"

#include "t/unit/unpack_stage.h"

#define START "\x78\x9f\x3e\x22\x01\x00"
#define BODY(len, text, sum) "\x01\x0c\x80\x02\x00" len text sum
#define RENDER "\x02\x02\x90\x06\x00\x02\x00\x00\x00\x01\x00\x01\x00"
#define TITLE "\x02\x10\x80\x01\x00\x06\x00\x00\x00" "a.exe\x00" "\xd1\x01"
#define DATA "\x02\x0f\x80\x06\x00\x03\x00\x00\x00" "Cat" "\x18\x01"
#define DATA_WITH(len, sum) "\x02\x0f\x80\x06\x00" len "Cat" sum

/* An attribute of properties, whose checksum a test need not know: put_sums fills in "\xee\xee" behind it. */
#define ATTACHMENT(len) "\x02\x05\x90\x06\x00" len "\x00\x00\x00"
#define MESSAGE(len) "\x01\x03\x90\x06\x00" len "\x00\x00\x00"
#define SUM "\xee\xee"

/* One property, a long file name in UTF-16: "b.js" */
#define LONG_NAME "\x1f\x00\x07\x37\x01\x00\x00\x00\x0a\x00\x00\x00" "b\0.\0j\0s\0\0\0" "\0\0"
#define DISPLAY_NAME "\x1e\x00\x01\x30\x01\x00\x00\x00\x02\x00\x00\x00" "n\0" "\0\0"
#define NUMBER "\x03\x00\x01\x0e\x07\x00\x00\x00"
#define NAMED_NUMBER "\x03\x00\x01\x80" "0123456789abcdef" "\x01\x00\x00\x00\x06\x00\x00\x00" "u\0v\0w\0" "\0\0" "\x07\x00\x00\x00"
#define OBJECT "\x0d\x00\x01\x37\x01\x00\x00\x00\x16\x00\x00\x00" "0123456789abcdef" START "\0\0"
#define BINARY "\x02\x01\x01\x37\x01\x00\x00\x00\x03\x00\x00\x00" "Dog\0"
#define HTML "\x02\x01\x13\x10\x01\x00\x00\x00\x04\x00\x00\x00" "<b>x"
#define RTF "\x02\x01\x09\x10\x01\x00\x00\x00\x14\x00\x00\x00" "\x10\x00\x00\x00\x04\x00\x00\x00MELA\x00\x00\x00\x00" "{\\x}"
#define RTF_CUT "\x02\x01\x09\x10\x01\x00\x00\x00\x14\x00\x00\x00" "\x10\x00\x00\x00\x05\x00\x00\x00MELA\x00\x00\x00\x00" "{\\x}"

#define COUNT(n) n "\x00\x00\x00"
#define TNEF_BROKEN STAGE_AMBIGUOUS(TNEF), STAGE_MARK(UNREADABLE)

static const struct stage_row rows_table[] = {
	{ "nothing_but_the_start", STR(START), STAGE_NOTHING, 0, 0 },
	{ "no_tnef", STR("hello, this is none"), STAGE_NOTHING, 0, 0 },
	{ "body_ATT_13", STR(START BODY("\x03\x00\x00\x00", "Cat", "\x18\x01")), { { "", STR("Cat") } }, 0, 0 },
	{ "attachment_ATT_13", STR(START RENDER TITLE DATA), { { "a.exe", STR("Cat") } }, 0, 0 },
	{ "attachment_without_render_data_ATT_13", STR(START TITLE DATA), { { "a.exe", STR("Cat") } }, 0, 0 },
	{ "data_before_its_name_ATT_13", STR(START RENDER DATA TITLE), { { "a.exe", STR("Cat") } }, 0, 0 },
	{ "two_attachments_ATT_13", STR(START RENDER TITLE DATA RENDER DATA), { { "a.exe", STR("Cat") }, { "", STR("Cat") } }, 0, 0 },
	{ "name_without_data_ATT_13", STR(START RENDER TITLE), { { "a.exe", STR("") } }, 0, 0 },
	{ "long_name_NAME_07", STR(START RENDER TITLE DATA ATTACHMENT("\x1c") COUNT("\1") LONG_NAME SUM), { { "a.exe|b.js", STR("Cat") } }, 0, 0 },
	{ "names_among_numbers_NAME_07", STR(START RENDER DATA ATTACHMENT("\x5c") COUNT("\4") NUMBER NAMED_NUMBER DISPLAY_NAME LONG_NAME SUM),
	  { { "n|b.js", STR("Cat") } }, 0, 0 },
	{ "nested_object_ATT_13", STR(START RENDER TITLE ATTACHMENT("\x28") COUNT("\1") OBJECT SUM), { { "a.exe", STR(START) } }, 0, 0 },
	{ "data_as_a_property_ATT_13", STR(START RENDER ATTACHMENT("\x14") COUNT("\1") BINARY SUM), { { "", STR("Dog") } }, 0, 0 },
	{ "html_body_ATT_13", STR(START MESSAGE("\x14") COUNT("\1") HTML SUM), { { "", STR("<b>x") } }, 0, 0 },
	{ "rtf_body_ATT_13", STR(START MESSAGE("\x24") COUNT("\1") RTF SUM), { { "", STR("{\\x}") } }, 0, 0 },
	{ "rtf_of_another_length_ATT_13", STR(START MESSAGE("\x24") COUNT("\1") RTF_CUT SUM), { { "", STR("{\\x}") } }, TNEF_BROKEN },
	{ "wrong_checksum_ATT_13", STR(START RENDER TITLE DATA_WITH("\x03\x00\x00\x00", "\x19\x01")), { { "a.exe", STR("Cat") } }, TNEF_BROKEN },
	{ "negative_length_ATT_13", STR(START RENDER TITLE DATA_WITH("\xff\xff\xff\xff", "")), { { "a.exe", STR("Cat") } }, TNEF_BROKEN },
	{ "length_beyond_the_end_ATT_13", STR(START RENDER TITLE DATA_WITH("\x05\x00\x00\x00", "")), { { "a.exe", STR("Cat") } }, TNEF_BROKEN },
	{ "missing_checksum_ATT_13", STR(START RENDER TITLE DATA_WITH("\x03\x00\x00\x00", "")), { { "a.exe", STR("Cat") } }, TNEF_BROKEN },
	{ "level_of_nothing_ATT_13", STR(START "\x07\x0f\x80\x06\x00\x03\x00\x00\x00" "Cat" "\x18\x01"), { { "", STR("Cat") } }, TNEF_BROKEN },
	{ "properties_beyond_the_end_ATT_13", STR(START RENDER DATA ATTACHMENT("\x1c") COUNT("\2") LONG_NAME SUM), { { "b.js", STR("Cat") } }, TNEF_BROKEN },
	{ "property_of_no_type_ATT_13", STR(START RENDER DATA ATTACHMENT("\x0c") COUNT("\1") "\x99\x00\x01\x0e\x07\x00\x00\x00" SUM), { { "", STR("Cat") } },
	  TNEF_BROKEN },
};

/* The checksums of attributes that stand as SUM. */
static struct str put_sums(char *out, struct str in)
{
	memcpy(out, in.p, in.len);
	for (size_t at = 6; at + 11 <= in.len;) {
		size_t len = (uint8_t)out[at + 5] | (size_t)(uint8_t)out[at + 6] << 8;
		char *sum = out + at + 9 + len;
		unsigned total = 0;

		if ((uint8_t)out[at + 8] != 0 || at + 11 + len > in.len)
			break;
		for (size_t i = 0; i < len; i++)
			total += (uint8_t)out[at + 9 + i];
		if (memcmp(sum, SUM, 2) == 0) {
			sum[0] = (char)(uint8_t)total;
			sum[1] = (char)(uint8_t)(total >> 8);
		}
		at += 11 + len;
	}
	return (struct str){ out, in.len };
}

static void check(void **state)
{
	struct stage_row row = *(const struct stage_row *)*state;
	char bytes[1024];

	row.bytes = put_sums(bytes, row.bytes);
	stage_check(&row, tnef_unpack, true);
	stage_cut(&row, tnef_unpack);
}

static const struct lzfu_row {
	const char *name;
	struct str in, out;
	bool is_whole;
} lzfu_rows[] = {
	/* MS-OXRTFCP 4.1: its two examples */
	{ "lzfu_simple_MS_OXRTFCP_4_1_1", STR("\x2d\x00\x00\x00\x2b\x00\x00\x00\x4c\x5a\x46\x75\xf1\xc5\xc7\xa7\x03\x00\x0a\x00\x72\x63\x70\x67\x31\x32\x35\x42\x32\x0a\xf3\x20"
	  "\x68\x65\x6c\x09\x00\x20\x62\x77\x05\xb0\x6c\x64\x7d\x0a\x80\x0f\xa0"), STR("{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"), true },
	{ "lzfu_over_its_own_end_MS_OXRTFCP_4_1_2", STR("\x1a\x00\x00\x00\x1c\x00\x00\x00\x4c\x5a\x46\x75\xe2\xd4\x4b\x51\x41\x00\x04\x20\x57\x58\x59\x5a\x0d\x6e\x7d\x01\x0e\xb0"),
	  STR("{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"), true },
	{ "lzfu_stored", STR("\x0e\x00\x00\x00\x02\x00\x00\x00MELA\0\0\0\0ab"), STR("ab"), true },
	{ "lzfu_cut", STR("\x2d\x00\x00\x00\x2b\x00\x00\x00\x4c\x5a\x46\x75\xf1\xc5\xc7\xa7\x03\x00\x0a\x00\x72\x63\x70\x67\x31"), STR("{\\rtf1\\ansi\\ansicpg1"), false },
	{ "lzfu_of_no_kind", STR("\x2d\x00\x00\x00\x2b\x00\x00\x00XXXX\xf1\xc5\xc7\xa7\x03\x00\x0a\x00"), STR(""), false },
	{ "lzfu_empty", STR(""), STR(""), true },
};

static void check_lzfu(void **state)
{
	const struct lzfu_row *row = *state;
	size_t room = lzfu_room(row->in), len = 0;
	char *out = malloc(room + 1);
	bool is_whole = row->is_whole;

	assert_non_null(out);
	if (room > 0)
		len = lzfu_decode(row->in, out, room, &is_whole);
	assert_int_equal(len, row->out.len);
	assert_memory_equal(out, row->out.p, len);
	assert_int_equal(is_whole, row->is_whole);
	free(out);
}

static void attachment_with_two_contents_is_ambiguous(void **state)
{
	static const char bytes[] = START RENDER "\x02\x0f\x80\x06\x00\x0c\x00\x00\x00" "%PDF-1.4\n1 0" SUM "\x02\x0f\x80\x06\x00\x0c\x00\x00\x00" "{\\rtf1\\ansi " SUM;
	struct unpack *unpack = stage_new();
	char copy[sizeof(bytes)];

	(void)state;
	stage_run(unpack, tnef_unpack, (struct item){ .kind = ITEM_PART, .bytes = put_sums(copy, (struct str){ bytes, sizeof(bytes) - 1 }) });
	assert_int_equal(unpack->found_len, 2);
	assert_int_equal(unpack->ambiguities, STAGE_AMBIGUOUS(TNEF));
	stage_free(unpack);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, rows_table, check);
	rows_add_one(&rows, "attachment_with_two_contents_is_ambiguous_ATT_13", attachment_with_two_contents_is_ambiguous, NULL);
	rows_add(&rows, lzfu_rows, check_lzfu);
	return rows_run(&rows, "tnef");
}

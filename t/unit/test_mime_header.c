/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/mime_header.h"
#include "milter/unpack/prepare.h"

#include "t/unit/rows.h"

enum { PLAIN = 0, ATTACHMENT = 1, ODD = 2, NUL = 4, LINE_END = 8, UNKNOWN = 16 };

/* Lists are written with "|" between their items, NUL as "~"; encodings as letters. A list that starts with "+" need only hold these. */
static const struct row {
	const char *name;
	struct str block;
	const char *types, *encodings, *boundaries, *names;
	unsigned flags;
} table[] = {
	/* what real programs write has one reading */
	{ "empty", STR(""), "", "I", "", "", PLAIN },
	{ "text_plain", STR("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"), "text/plain", "I", "", "", PLAIN },
	{ "apple_comment_in_mime_version", STR("MIME-Version: 1.0 (Apple Message framework v1085)\r\nContent-Type: text/plain; charset=us-ascii\r\n"),
	  "text/plain", "I", "", "", PLAIN },
	{ "folded_multipart", STR("Subject: x\r\nContent-Type: multipart/mixed;\r\n boundary=\"----=_Part_1.2\"\r\n"), "multipart/mixed", "I",
	  "----=_Part_1.2", "", PLAIN },
	{ "unquoted_boundary_with_equals", STR("content-type: multipart/mixed; boundary=----=_NextPart_0\n"), "multipart/mixed", "I",
	  "----=_NextPart_0", "", PLAIN },
	{ "attachment_with_encoded_and_2231_names",
	  STR("Content-Type: application/pdf; name=\"=?utf-8?B?w6QucGRm?=\"\r\nContent-Disposition: attachment;\r\n"
	      "\tfilename*=UTF-8''%C3%A4.pdf\r\nContent-Transfer-Encoding: base64\r\n"),
	  "application/pdf", "B", "", "\xc3\xa4.pdf|UTF-8''%C3%A4.pdf|=?utf-8?B?w6QucGRm?=", ATTACHMENT },
	{ "inline_without_name", STR("Content-Disposition: inline\r\nContent-Type: text/plain\r\n"), "text/plain", "I", "", "", PLAIN },
	{ "inline_with_name", STR("Content-Disposition: inline; filename=a.txt\r\nContent-Type: text/plain\r\n"), "text/plain", "I", "", "a.txt",
	  ATTACHMENT },
	{ "fields_named_in_a_folded_dkim_signature",
	  STR("DKIM-Signature: v=1; h=from:to:\r\n\tcontent-type:content-transfer-encoding:\r\n\tcontent-transfer-encoding:from; bh=ab/c=;\r\n"
	      "Content-Type: text/plain\r\n"), "text/plain", "I", "", "", PLAIN },
	{ "folded_name_in_quotes", STR("Content-Disposition: attachment; filename=\"a\r\n b.txt\"\r\n"), "", "I", "", "a b.txt|ab.txt", ATTACHMENT },
	{ "mailbox_line", STR("From x Mon Jan 1 00:00:00 2024\nContent-Type: text/html\r\n"), "text/html", "I", "", "", PLAIN },
	{ "seven_dash_bit", STR("Content-Transfer-Encoding: 7-bit\n"), "", "I", "", "", PLAIN },
	{ "empty_encoding", STR("Content-Transfer-Encoding: \n"), "", "I", "", "", PLAIN },
	{ "comment_behind_a_parameter_RFC_2045_5_1", STR("Content-Type: text/plain; charset=us-ascii (Plain text)\n"), "text/plain", "I", "", "", PLAIN },
	{ "continued_name_RFC_2231", STR("Content-Disposition: attachment; filename*0*=utf-8'en'a%20; filename*1=b.txt\n"), "", "I", "",
	  "a b.txt|utf-8'en'a%20b.txt", ATTACHMENT },
	{ "same_field_twice", STR("Content-Type: text/plain\nContent-Type: text/plain\n"), "text/plain", "I", "", "", PLAIN },

	/* the encoding */
	{ "two_encodings_MIME_01", STR("Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit\n"), "", "BI", "", "", PLAIN },
	{ "two_encodings_the_other_way_MIME_01", STR("Content-Transfer-Encoding: quoted-printable\nContent-Transfer-Encoding: base64\n"), "", "QB", "",
	  "", PLAIN },
	{ "three_encodings_MIME_01",
	  STR("Content-Transfer-Encoding: x\nContent-Transfer-Encoding: base64\nContent-Transfer-Encoding: quoted-printable\n"), "", "?BQ", "", "",
	  UNKNOWN },
	{ "encoding_in_mixed_case_MIME_02", STR("Content-Transfer-Encoding: BaSe64\n"), "", "B", "", "", PLAIN },
	{ "encoding_list_MIME_02", STR("Content-Transfer-Encoding: base64, quoted-printable\n"), "", "BQI", "", "", PLAIN },
	{ "encoding_list_the_other_way_MIME_02", STR("Content-Transfer-Encoding: quoted-printable, base64\n"), "", "QBI", "", "", PLAIN },
	{ "encoding_quoted_MIME_02", STR("Content-Transfer-Encoding: \"base64\"\n"), "", "BI", "", "", PLAIN },
	{ "encoding_with_parameter_MIME_02", STR("Content-Transfer-Encoding: base64;x\n"), "", "BI", "", "", PLAIN },
	{ "encoding_with_comment_MIME_02", STR("Content-Transfer-Encoding: base64 (c)\n"), "", "BI", "", "", PLAIN },
	{ "encoding_behind_comment_MIME_02", STR("Content-Transfer-Encoding: (c)base64\n"), "", "BI", "", "", PLAIN },
	{ "encoding_with_nested_comment_MIME_02", STR("Content-Transfer-Encoding: (c(d)\\))base64\n"), "", "BI", "", "", PLAIN },
	{ "encoding_beside_another_in_comments_MIME_02", STR("Content-Transfer-Encoding: (base64(x)\\)) quoted-printable\n"), "", "QBI", "", "", PLAIN },
	{ "encoding_behind_open_comment_MIME_02", STR("Content-Transfer-Encoding: (base64\n"), "", "BI", "", "", PLAIN },
	{ "encoding_before_open_comment_MIME_02", STR("Content-Transfer-Encoding: base64(\n"), "", "BI", "", "", PLAIN },
	{ "encoding_as_encoded_word_MIME_02", STR("Content-Transfer-Encoding: =?utf-8?Q?base64?=\n"), "", "BI", "", "", PLAIN },
	{ "encoding_as_base64_word_MIME_02", STR("Content-Transfer-Encoding: =?utf-8?B?YmFzZTY0?=\n"), "", "BI", "", "", PLAIN },
	{ "encoding_with_nul_inside_MIME_02", STR("Content-Transfer-Encoding: bas\0e64\n"), "", "BI?", "", "", NUL | UNKNOWN },
	{ "encoding_with_nul_behind_MIME_02", STR("Content-Transfer-Encoding: base64\0\n"), "", "BI", "", "", NUL },
	{ "encoding_with_nul_and_text_behind_MIME_02", STR("Content-Transfer-Encoding: base64\0x\n"), "", "BI", "", "", NUL },
	{ "encoding_with_space_and_tab_behind_MIME_02", STR("Content-Transfer-Encoding: base64 \t\n"), "", "B", "", "", PLAIN },
	{ "encoding_with_a_digit_more_MIME_02", STR("Content-Transfer-Encoding: base645\n"), "", "BI", "", "", PLAIN },
	{ "encoding_unknown_MIME_16", STR("Content-Transfer-Encoding: x-gzip64\n"), "", "?", "", "", UNKNOWN },
	{ "encoding_uuencode_MIME_16", STR("Content-Transfer-Encoding: x-uuencode\n"), "", "U", "", "", PLAIN },
	{ "encoding_yenc_MIME_16", STR("Content-Transfer-Encoding: x-yencode\n"), "", "Y", "", "", PLAIN },
	{ "encoding_binhex_MIME_16", STR("Content-Transfer-Encoding: x-binhex40\n"), "", "H", "", "", PLAIN },
	{ "encoding_folded_to_the_next_line", STR("Content-Transfer-Encoding:\r\n base64\r\n"), "", "B", "", "", PLAIN },
	{ "encoding_folded_twice_MIME_03", STR("Content-Transfer-Encoding:\r\n \r\n base64\r\n"), "", "BI", "", "", PLAIN },
	{ "encoding_cut_by_a_fold_MIME_03", STR("Content-Transfer-Encoding: base\r\n 64\r\n"), "", "BI", "", "", PLAIN },

	/* names of fields */
	{ "space_before_the_name_MIME_03", STR(" Content-Transfer-Encoding: base64\n"), "", "BI", "", "", ODD },
	{ "tab_before_the_name_MIME_03", STR("X: y\n\tContent-Transfer-Encoding: base64\n"), "", "BI", "", "", ODD },
	{ "type_in_a_fold_MIME_03", STR("X: y\n Content-Type: text/html; a=b\n"), "text/html|", "I", "", "", ODD },
	{ "no_type_in_a_fold", STR("X: y\n Content-Type: text/html: b\n Content-Disposition: of things\n"), "", "I", "", "", PLAIN },
	{ "nul_before_the_name_MIME_03", STR("\0Content-Transfer-Encoding: base64\n"), "", "BI", "", "", ODD },
	{ "space_before_the_colon_HDR_03", STR("Content-Transfer-Encoding : base64\n"), "", "BI", "", "", ODD },
	{ "tab_before_the_colon_HDR_03", STR("Content-Transfer-Encoding\t: base64\n"), "", "BI", "", "", ODD },
	{ "nul_before_the_colon_HDR_03", STR("Content-Transfer-Encoding\0: base64\n"), "", "BI", "", "", ODD },
	{ "nul_in_the_name_HDR_03", STR("Content-Trans\0fer-Encoding: base64\n"), "", "BI", "", "", ODD },
	{ "upper_case_HDR_03", STR("CONTENT-TRANSFER-ENCODING: BASE64\n"), "", "B", "", "", PLAIN },
	{ "high_letter_in_the_name_HDR_03", STR("Content-Transfer-\xc3\xa9" "Encoding: base64\n"), "", "BI", "", "", ODD },
	{ "comment_before_the_name_MIME_02", STR("(c)Content-Transfer-Encoding: base64\n"), "", "BI", "", "", ODD },
	{ "comment_before_the_colon_MIME_02", STR("Content-Transfer-Encoding (c): base64\n"), "", "BI", "", "", ODD },
	{ "comment_with_a_colon_MIME_02", STR("Content-Transfer-Encoding (a:b): base64\n"), "", "BI", "", "", ODD },
	{ "open_comment_before_the_colon_MIME_02", STR("Content-Transfer-Encoding (c: base64\n"), "", "BI", "", "", ODD },
	{ "name_folded_MIME_03", STR("Content-Transfer-\r\n Encoding: base64\r\n"), "", "BI", "", "", ODD },
	{ "name_folded_by_cr_MIME_03", STR("Content-Transfer-\rEncoding: base64\r\n"), "", "BI", "", "", ODD },
	{ "name_folded_twice_MIME_03", STR("Content-Transfer-\r\n \r\n Encoding: base64\r\n"), "", "BI", "", "", ODD },
	{ "field_behind_a_fold_of_white_space_MIME_03", STR("X: y\r\n \r\nContent-Transfer-Encoding: base64\r\n"), "", "B", "", "", PLAIN },
	{ "first_line_is_no_field_MIME_03", STR("what is this\nContent-Transfer-Encoding: base64\n"), "", "B", "", "", ODD },
	{ "odd_and_regular_MIME_03", STR("Content-Transfer-Encoding : base64\nContent-Transfer-Encoding: 7bit\n"), "", "IB", "", "", ODD },
	{ "cr_ends_a_line_MIME_03", STR("X: y\rContent-Transfer-Encoding: base64\r\n"), "", "IB", "", "", LINE_END },
	{ "lf_alone_among_crlf_MIME_03", STR("Content-Type: text/plain\nContent-Transfer-Encoding: base64\r\nX: y\r\n"), "text/plain", "BI", "", "",
	  LINE_END },

	/* types */
	{ "two_types_MIME_04", STR("Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=a\n"), "text/plain|multipart/mixed", "I", "a", "",
	  PLAIN },
	{ "type_list_MIME_04", STR("Content-Type: multipart/mixed, application/octet-stream\n"), "multipart/mixed|application/octet-stream", "I", "", "",
	  PLAIN },
	{ "type_list_with_boundary_MIME_04", STR("Content-Type: text/plain, multipart/mixed; boundary=a\n"), "text/plain|multipart/mixed", "I", "a", "",
	  PLAIN },
	{ "type_behind_a_semicolon_MIME_04", STR("Content-Type: text/plain; multipart/mixed; boundary=a\n"), "text/plain|multipart/mixed", "I", "a", "",
	  PLAIN },
	{ "type_without_subtype_MIME_04", STR("Content-Type: multipart\n"), "multipart", "I", "", "", PLAIN },
	{ "type_empty_MIME_04", STR("Content-Type:\n"), "", "I", "", "", PLAIN },
	{ "type_with_spaces", STR("Content-Type: Text / Plain; x=y\n"), "text/plain", "I", "", "", PLAIN },
	{ "type_behind_a_comment", STR("Content-Type: (c) multipart/mixed; boundary=a\n"), "multipart/mixed|", "I", "a", "", PLAIN },
	{ "type_in_quotes", STR("Content-Type: \"multipart/mixed\"; boundary=a\n"), "multipart/mixed|", "I", "a", "", PLAIN },
	{ "type_with_space_for_semicolon", STR("Content-Type: multipart/mixed boundary=a\n"), "multipart/mixed", "I", "a", "", PLAIN },
	{ "type_as_encoded_word", STR("Content-Type: =?utf-8?Q?multipart/mixed=3B_boundary=3Da?=\n"), "+multipart/mixed", "I", "+a", "", PLAIN },
	{ "type_cut_by_nul", STR("Content-Type: text/plain\0; boundary=a\n"), "text/plain", "I", "a", "", NUL },
	{ "type_of_an_odd_field", STR("Content-Type : multipart/mixed; boundary=a\n"), "multipart/mixed|", "I", "a", "", ODD },

	/* boundaries */
	{ "two_boundaries_MIME_05", STR("Content-Type: multipart/mixed; boundary=a; boundary=b\n"), "multipart/mixed", "I", "a|b", "", PLAIN },
	{ "two_boundaries_comma_MIME_05", STR("Content-Type: multipart/mixed; boundary=a, boundary=b\n"), "multipart/mixed", "I",
	  "a, boundary=b|a,|a|b", "", PLAIN },
	{ "two_headers_with_boundaries_MIME_05", STR("Content-Type: multipart/mixed; boundary=a\nContent-Type: multipart/mixed; boundary=b\n"),
	  "multipart/mixed", "I", "a|b", "", PLAIN },
	{ "sections_MIME_06", STR("Content-Type: multipart/mixed; boundary*0=a; boundary*1=b\n"), "multipart/mixed", "I", "ab", "", PLAIN },
	{ "sections_in_another_order_MIME_06", STR("Content-Type: multipart/mixed; boundary*1=b; boundary*0=a\n"), "multipart/mixed", "I", "ab|ba", "",
	  PLAIN },
	{ "section_repeated_MIME_06", STR("Content-Type: multipart/mixed; boundary*0=a; boundary*0=b\n"), "multipart/mixed", "I", "a|b|ab", "", PLAIN },
	{ "section_0_missing_MIME_06", STR("Content-Type: multipart/mixed; boundary*1=a; boundary*2=b\n"), "multipart/mixed", "I", "ab", "", PLAIN },
	{ "section_gap_MIME_06", STR("Content-Type: multipart/mixed; boundary*0=a; boundary*2=b\n"), "multipart/mixed", "I", "a|ab", "", PLAIN },
	{ "section_extended_MIME_06", STR("Content-Type: multipart/mixed; boundary*=us-ascii''x%79\n"), "multipart/mixed", "I", "xy|us-ascii''x%79", "",
	  PLAIN },
	{ "section_and_plain_MIME_06", STR("Content-Type: multipart/mixed; boundary=a; boundary*1=b\n"), "multipart/mixed", "I", "b|ab|a", "", PLAIN },
	{ "section_extended_and_not_MIME_06", STR("Content-Type: multipart/mixed; boundary*0*=''%61; boundary*1=%62\n"), "multipart/mixed", "I",
	  "a%62|''%61%62", "", PLAIN },
	{ "boundary_encoded_word_MIME_07", STR("Content-Type: multipart/mixed; boundary=\"=?utf-8?Q?ab?=\"\n"), "multipart/mixed", "I",
	  "=?utf-8?Q?ab?=|ab", "", PLAIN },
	{ "boundary_encoded_in_part_MIME_07", STR("Content-Type: multipart/mixed; boundary=\"a=?utf-8?Q?b?=\"\n"), "multipart/mixed", "I",
	  "a=?utf-8?Q?b?=|ab", "", PLAIN },
	{ "boundary_space_behind_MIME_07", STR("Content-Type: multipart/mixed; boundary=\"a \"\n"), "multipart/mixed", "I", "a |a", "", PLAIN },
	{ "boundary_space_before_MIME_07", STR("Content-Type: multipart/mixed; boundary=\" a\"\n"), "multipart/mixed", "I", " a|a", "", PLAIN },
	{ "boundary_with_nul_MIME_07", STR("Content-Type: multipart/mixed; boundary=a\0b\n"), "multipart/mixed", "I", "a~b|ab|a", "", NUL },
	{ "boundary_half_quoted_MIME_07", STR("Content-Type: multipart/mixed; boundary=\"a; x=y\n"), "multipart/mixed", "I",
	  "+a; x=y|a|\"a", "", PLAIN },
	{ "boundary_quote_behind_MIME_07", STR("Content-Type: multipart/mixed; boundary=a\"; x=y\n"), "multipart/mixed", "I", "+a|a\"", "", PLAIN },
	{ "boundary_quote_inside_MIME_07", STR("Content-Type: multipart/mixed; boundary=\"a\"b\n"), "multipart/mixed", "I", "+ab|a|\"a\"b", "", PLAIN },
	{ "boundary_backslash_MIME_07", STR("Content-Type: multipart/mixed; boundary=\"a\\b\"\n"), "multipart/mixed", "I", "+ab|a\\b", "", PLAIN },
	{ "boundary_backslash_without_quotes_MIME_07", STR("Content-Type: multipart/mixed; boundary=a\\b\n"), "multipart/mixed", "I", "a\\b|ab", "", PLAIN },
	{ "boundary_escaped_quote_MIME_07", STR("Content-Type: multipart/mixed; boundary=\"a\\\"b\"\n"), "multipart/mixed", "I", "+a\"b|a\\", "", PLAIN },
	{ "boundary_comma_MIME_07", STR("Content-Type: multipart/mixed; boundary=\"a,b\"\n"), "multipart/mixed", "I", "a,b", "", PLAIN },
	{ "boundary_semicolon_MIME_07", STR("Content-Type: multipart/mixed; boundary=\"a;b\"\n"), "multipart/mixed", "I", "a;b", "", PLAIN },
	{ "boundary_comment_before_equals_MIME_07", STR("Content-Type: multipart/mixed; boundary((c))=a\n"), "multipart/mixed", "I", "a", "", PLAIN },
	{ "boundary_comment_before_value_MIME_07", STR("Content-Type: multipart/mixed; boundary=(c)a\n"), "multipart/mixed", "I", "a|(c)a", "", PLAIN },
	{ "boundary_comment_behind_value_MIME_07", STR("Content-Type: multipart/mixed; boundary=a(c)\n"), "multipart/mixed", "I", "a|a(c)", "", PLAIN },
	{ "boundary_open_comment_MIME_20", STR("Content-Type: multipart/mixed; (boundary=a\n"), "multipart/mixed", "I", "", "", PLAIN },
	{ "boundary_too_long_MIME_07",
	  STR("Content-Type: multipart/mixed; boundary=aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghh\n"), "multipart/mixed", "I",
	  "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghh|"
	  "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg", "", PLAIN },
	{ "boundary_empty_MIME_07", STR("Content-Type: multipart/mixed; boundary=\"\"\n"), "multipart/mixed", "I", "", "", PLAIN },
	{ "boundary_equals_MIME_07", STR("Content-Type: multipart/mixed; boundary==\n"), "multipart/mixed", "I", "=", "", PLAIN },
	{ "boundary_cr_inside_MIME_07", STR("Content-Type: multipart/mixed; boundary=\"a\rb\"\r\n"), "multipart/mixed", "I", "+a\rb|ab", "", ODD | LINE_END },
	{ "boundary_folded_MIME_07", STR("Content-Type: multipart/mixed; boundary=\"a\r\n\tb\"\r\n"), "multipart/mixed", "I", "+a\tb|a b|ab", "", PLAIN },
	{ "boundary_in_single_quotes_MIME_07", STR("Content-Type: multipart/mixed; boundary='a'\n"), "multipart/mixed", "I", "'a'|a", "", PLAIN },
	{ "boundary_with_space_inside_MIME_07", STR("Content-Type: multipart/mixed; boundary=a b\n"), "multipart/mixed", "I", "a b|a", "", PLAIN },
	{ "boundary_behind_a_bad_parameter_MIME_08", STR("Content-Type: multipart/mixed; x:y=1; boundary=b\n"), "multipart/mixed", "I", "b", "", PLAIN },
	{ "boundary_behind_a_high_name_MIME_08", STR("Content-Type: multipart/mixed; \xe4=1; boundary=b\n"), "multipart/mixed", "I", "b", "", PLAIN },
	{ "boundary_behind_nothing_MIME_08", STR("Content-Type: multipart/mixed;; =;=x; boundary=b\n"), "multipart/mixed", "I", "b", "", PLAIN },
	{ "boundary_on_a_line_without_space_MIME_03", STR("Content-Type: multipart/mixed;\r\nboundary=\"b\"\r\n"), "multipart/mixed", "I", "b", "", ODD },
	{ "boundary_of_text_MIME_04", STR("Content-Type: text/plain; boundary=b\n"), "text/plain", "I", "b", "", PLAIN },

	/* names of files */
	{ "name_of_type_only_NAME_07", STR("Content-Type: text/plain; name=a.exe\n"), "text/plain", "I", "", "a.exe", ATTACHMENT },
	{ "names_differ_NAME_07", STR("Content-Type: text/plain; name=a.exe\nContent-Disposition: attachment; filename=b.txt\n"), "text/plain", "I", "",
	  "b.txt|a.exe", ATTACHMENT },
	{ "name_in_the_wrong_field_NAME_07", STR("Content-Type: text/plain; filename=a.exe\nContent-Disposition: inline; name=b.txt\n"), "text/plain",
	  "I", "", "b.txt|a.exe", ATTACHMENT },
	{ "extended_name_in_the_wrong_field_NAME_07", STR("Content-Disposition: inline; name*=iso-8859-1''%E4\n"), "", "I", "",
	  "\xc3\xa4|iso-8859-1''%E4", ATTACHMENT },
	{ "disposition_without_type_NAME_07", STR("Content-Disposition: filename=a.exe\n"), "", "I", "", "a.exe", ATTACHMENT },
	{ "description_is_a_name_NAME_07", STR("Content-Description: invoice.exe\n"), "", "I", "", "invoice.exe", ATTACHMENT },
	{ "description_is_a_text", STR("Content-Description: Mail of 12.30. See you.\n"), "", "I", "", "", PLAIN },
	{ "description_is_an_address", STR("Content-Description: Mail from a@b.com\n"), "", "I", "", "", PLAIN },
	{ "name_order_NAME_04", STR("Content-Disposition: attachment; filename*1=.exe; filename*0=a\n"), "", "I", "", "a.exe|.exea", ATTACHMENT },
	{ "name_index_twice_NAME_04", STR("Content-Disposition: attachment; filename*0=a; filename*1=.txt; filename*1=.exe\n"), "", "I", "",
	  "a.txt|a.exe|a.txt.exe", ATTACHMENT },
	{ "name_with_a_hyphenated_language_NAME_04", STR("Content-Disposition: attachment; filename*=utf-8'en-us'x.exe\n"), "", "I", "",
	  "x.exe|utf-8'en-us'x.exe", ATTACHMENT },
	{ "name_in_utf_16_NAME_04", STR("Content-Disposition: attachment; filename*=utf-16be''%00a%00.%00x\n"), "", "I", "", "+a.x", ATTACHMENT },
	{ "name_without_quotes", STR("Content-Disposition: attachment; filename=my file.exe\n"), "", "I", "", "my file.exe|my", ATTACHMENT },
	{ "name_half_quoted_NAME_03", STR("Content-Disposition: attachment; filename=\"a.exe\n"), "", "I", "", "+a.exe", ATTACHMENT },
};

static bool holds(const struct str *items, size_t len, struct str item)
{
	for (size_t i = 0; i < len; i++)
		if (str_equal(items[i], item))
			return true;
	return false;
}

static const char *joined(struct arena *arena, const struct str *items, size_t len)
{
	const char *all = "";

	for (size_t i = 0; i < len; i++) {
		char *item = arena_alloc(arena, items[i].len + 1);

		for (size_t j = 0; j < items[i].len; j++)
			item[j] = items[i].p[j] == '\0' ? '~' : items[i].p[j];
		all = arena_printf(arena, "%s%s%s", all, i == 0 ? "" : "|", item);
	}
	return all;
}

static void check_list(struct arena *arena, const struct str *items, size_t len, const char *expected)
{
	struct str rest;

	if (expected[0] != '+') {
		assert_string_equal(joined(arena, items, len), expected);
		return;
	}
	rest = str_of(expected + 1);
	while (rest.p != NULL) {
		struct str item = str_split(&rest, "|");

		if (!holds(items, len, item))
			fail_msg("%.*s is not in %s", (int)item.len, item.p, joined(arena, items, len));
	}
}

static void check(void **state)
{
	static const char letters[] = { [ENCODING_IDENTITY] = 'I', [ENCODING_BASE64] = 'B', [ENCODING_QP] = 'Q', [ENCODING_UUENCODE] = 'U',
					[ENCODING_YENC] = 'Y', [ENCODING_BINHEX] = 'H', [ENCODING_UNKNOWN] = '?' };
	const struct row *row = *state;
	struct arena *arena = arena_new();
	char encodings[MIME_CANDIDATES_MAX + 1] = "";
	struct mime_header header;

	mime_header_read(arena, row->block, &header);
	for (size_t i = 0; i < header.encodings_len; i++)
		encodings[i] = letters[header.encodings[i]];
	check_list(arena, header.types, header.types_len, row->types);
	assert_string_equal(encodings, row->encodings);
	check_list(arena, header.boundaries, header.boundaries_len, row->boundaries);
	check_list(arena, header.names, header.names_len, row->names);
	assert_int_equal(header.is_attachment, (row->flags & ATTACHMENT) != 0);
	assert_int_equal(header.is_odd, (row->flags & ODD) != 0);
	assert_int_equal(header.differs_by_nul, (row->flags & NUL) != 0);
	assert_int_equal(header.differs_by_line_end, (row->flags & LINE_END) != 0);
	assert_int_equal(header.encoding_is_unknown, (row->flags & UNKNOWN) != 0);
	assert_false(header.overflowed);
	assert_int_equal(header.why[0] != '\0', (row->flags & (ODD | NUL | LINE_END)) != 0);
	assert_true(header.types_len > 0 && header.encodings_len > 0);
	arena_free(arena);
}

static struct str repeated(struct arena *arena, const char *start, const char *unit, size_t times, const char *end)
{
	char *out = arena_alloc(arena, strlen(start) + strlen(unit) * times + strlen(end) + 1), *p = stpcpy(out, start);

	for (size_t i = 0; i < times; i++)
		p = stpcpy(p, unit);
	return (struct str){ out, (size_t)(stpcpy(p, end) - out) };
}

/* Too much to be looked at in all its readings: that is said, whatever was found. */
static const struct flood_row {
	const char *name, *start, *unit;
	size_t times;
	const char *end;
	bool overflowed;
} floods[] = {
	{ "flood_100_kb_of_parentheses_MIME_20", "Content-Type: multipart/mixed; ", "(", 102400, "boundary=b\n", true },
	{ "flood_100_kb_of_backslashes_MIME_20", "Content-Type: multipart/mixed; x=\"", "\\", 102400, "; boundary=b\n", true },
	{ "flood_100_kb_of_quotes_MIME_20", "Content-Type: multipart/mixed; x=", "\"", 102400, "; boundary=b\n", true },
	{ "flood_30_kb_of_comments_is_read_MIME_20", "Content-Type: multipart/mixed; ", "()", 15000, "boundary=b\n", false },
	{ "flood_of_parameters_MIME_19", "Content-Type: multipart/mixed", ";x=y", 1300, ";boundary=b\n", true },
	{ "flood_of_fields_MIME_04", "", "Content-Type: text/plain\n", 30, "Content-Type: multipart/mixed; boundary=b\n", true },
	{ "flood_of_as_many_fields_as_are_read_MIME_04", "", "Content-Type: text/plain\n", 23, "Content-Type: multipart/mixed; boundary=b\n", false },
};

static void check_flood(void **state)
{
	const struct flood_row *row = *state;
	struct arena *arena = arena_new();
	struct mime_header header;

	mime_header_read(arena, repeated(arena, row->start, row->unit, row->times, row->end), &header);
	assert_int_equal(header.overflowed, row->overflowed);
	if (!row->overflowed)
		assert_true(holds(header.boundaries, header.boundaries_len, STR("b")));
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;
	char problem[UNPACK_PROBLEM_MAX];

	if (charset_prepare(problem) < 0) {
		printf("Bail out! %s\n", problem);
		return 1;
	}
	rows_add(&rows, table, check);
	rows_add(&rows, floods, check_flood);
	return rows_run(&rows, "mime_header");
}

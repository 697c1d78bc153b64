/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/prepare.h"
#include "t/unit/looked.h"

#define ZEROS_16 "00000000000000000000000000000000"
#define HEX_64 "4d5a0000" "00000000000000000000000000000000000000000000000000000000" ZEROS_16 ZEROS_16
#define NUMBERS_16 "77,90,1,2,3,4,5,6,7,8,9,10,11,12,13,14,"
#define NUMBERS_64 NUMBERS_16 NUMBERS_16 NUMBERS_16 NUMBERS_16
#define ESCAPES_16 "%3c%73%63%72%69%70%74%3e%61%6c%65%72%74%28%31%29"
#define ESCAPES_64 ESCAPES_16 ESCAPES_16 ESCAPES_16 ESCAPES_16
#define BASE64_64 "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"
#define BASE64_512 BASE64_64 BASE64_64 BASE64_64 BASE64_64 BASE64_64 BASE64_64 BASE64_64 BASE64_64
#define BASE64_1024 BASE64_512 BASE64_512

static const struct page {
	const char *name;
	struct str bytes;
	const char *charset, *marks, *found;
	uint64_t ambiguities;
} page_table[] = {
	{ "newsletter", BYTES("<html><head><style>p{}</style></head><body><img src=\"https://t.example/open.gif\" width=1 height=1>"
	  "<a href=\"https://n.example/\">News: data, downloads and more</a></body></html>"), NULL, "", "", 0 },
	{ "inline_picture", BYTES("<img src=\"data:image/png;base64," BASE64_1024 "\">"), NULL, "", "", 0 },
	{ "data_for_search_engines", BYTES("<script type=\"application/ld+json\">{\"a\": \"" BASE64_1024 "\", \"Blob\": \"createObjectURL .download\"}</script>"),
	  NULL, "", "", 0 },
	{ "ordinary_script", BYTES("<script>document.getElementById('x').innerHTML = 'Hi'; location.hash = 'a';</script>"), NULL, "", "", 0 },
	{ "a_manual_of_these_words", BYTES("<script>prettify();</script><p>Use atob, Blob, createObjectURL and a.download, or WebAssembly.</p>"), NULL,
	  "", "", 0 },
	{ "frame", BYTES("<iframe src=\"https://v.example/\"></iframe>"), NULL, "", "", 0 },

	{ "blob_and_download_ATT_11", BYTES("<script>var b = new Blob([x]); a.href = URL.createObjectURL(b); a.download = 'x.iso'; a.click();</script>"), NULL,
	  "builds_file", "", 0 },
	{ "blob_in_a_handler_ATT_11", BYTES("<body onload=\"a.href=URL.createObjectURL(new Blob([x]));a.download='x'\">"), NULL, "builds_file", "", 0 },
	{ "ms_save_blob_ATT_11", BYTES("<SCRIPT>window.navigator.msSaveOrOpenBlob(b, 'x.zip')</SCRIPT>"), NULL, "builds_file", "", 0 },
	{ "wasm_ATT_11", BYTES("<script>WebAssembly.instantiate(b)</script>"), NULL, "builds_file", "", 0 },
	{ "large_literal_and_writer_ATT_11", BYTES("<script>document.write(atob('" BASE64_1024 "'))</script>"), NULL, "builds_file", "", 0 },
	{ "payload_in_an_attribute_ATT_11", BYTES("<div id=d title='" BASE64_1024 "'></div><script>eval(atob(d.title))</script>"), NULL, "builds_file", "", 0 },
	{ "script_without_end_ATT_11", BYTES("<script>navigator.msSaveBlob(b)"), NULL, "builds_file", "", 0 },
	{ "refresh_to_data_ATT_11", BYTES("<meta http-equiv=\"refresh\" content=\"0; url=data:text/html,hi\">"), NULL, "builds_file", "", 0 },
	{ "link_to_a_file_in_data_ATT_11", BYTES("<a download=x.hta href=\"data:application/hta;base64,PGh0YTphcHBsaWNhdGlvbj48c2NyaXB0PngoKTwvc2NyaXB0Pg==\">x</a>"),
	  NULL, "builds_file", "hta 37", 0 },
	{ "frame_with_a_page_in_data_ATT_11", BYTES("<iframe src='data:text/html,%3Chtml%3E%3Cscript%3Ealert(1)%3C/script%3E'></iframe>"), NULL, "builds_file",
	  "html 31", 0 },
	{ "font_in_data", BYTES("<style>@font-face{src:url(data:font/woff;base64,d09GRgABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA)}</style>"), NULL, "",
	  "font 36", 0 },
	{ "hex_literal_ATT_11", BYTES("<script>var x = '" HEX_64 "';</script>"), NULL, "", "unknown 64", 0 },
	{ "array_literal_ATT_11", BYTES("<script>var x = [" NUMBERS_64 "0];</script>"), NULL, "", "unknown 65", 0 },
	{ "escaped_literal_ATT_11", BYTES("<script>document.write(unescape('" ESCAPES_64 "'))</script>"), NULL, "", "html 64", 0 },

	{ "end_of_a_tag_in_quotes_ATT_11", BYTES("<meta title='>' http-equiv=refresh content='0;url=data:text/html,hi'>"), NULL, "builds_file", "", 0 },
	{ "quote_that_is_none_ATT_11", BYTES("<p x=it's><meta http-equiv=refresh content=0;url=data:text/html,hi><p y='>"), NULL, "builds_file", "", 0 },
	{ "long_tag_ATT_11", BYTES("<meta title='" BASE64_1024 BASE64_1024 BASE64_1024 BASE64_1024 BASE64_1024 "' http-equiv=refresh content='0;url=data:,x'>"), NULL,
	  "builds_file", "", 0 },

	{ "utf_16_MIME_24", BYTES("\xff\xfe<\0s\0c\0r\0i\0p\0t\0>\0n\0.\0m\0s\0S\0a\0v\0e\0B\0l\0o\0b\0"), NULL, "builds_file", "", 0 },
	{ "utf_16_declared_MIME_24", BYTES("<\0s\0c\0r\0i\0p\0t\0>\0n\0.\0m\0s\0S\0a\0v\0e\0B\0l\0o\0b\0"), "utf-16le", "builds_file", "", 0 },
	{ "utf_7_undeclared_MIME_24", BYTES("<p>+ADw-script+AD4-navigator.msSaveBlob(b)+ADw-/script+AD4-</p>"), "us-ascii", "builds_file", "",
	  UINT64_C(1) << AMBIGUITY_CHARSET },
	{ "utf_7_declared_MIME_24", BYTES("<p>+ADw-script+AD4-navigator.msSaveBlob(b)+ADw-/script+AD4-</p>"), "utf-7", "builds_file", "", 0 },
	{ "a_base64_that_looks_like_utf_7", BYTES("<p>abc+ADw0123 is a token</p>"), NULL, "", "", 0 },
	{ "a_charset_that_hides_a_script_MIME_24", BYTES("<p>hi</p><script>x()</script>"), "utf-16le", "", "", UINT64_C(1) << AMBIGUITY_CHARSET },
	{ "a_wrong_charset_without_script", BYTES("<p>hi, this was declared wrongly</p>"), "utf-16le", "", "", 0 },
	{ "escapes_in_a_tag_MIME_24", BYTES("<p>hi<\x1b(Bscript>x()</script>"), NULL, "", "", UINT64_C(1) << AMBIGUITY_CHARSET },
	{ "japanese", BYTES("<p>\x1b$B$3$s$K$A$O\x1b(B</p>"), "iso-2022-jp", "", "", 0 },
	{ "nul_in_a_tag_HDR_17", BYTES("<p>hi, my friend, how are you</p><scr\0ipt>x()</script>"), NULL, "", "", UINT64_C(1) << AMBIGUITY_NUL },
};

static void check_page(void **state)
{
	const struct page *row = *state;

	looked_check(html_unpack, row->bytes, row->charset, row->marks, row->found, row->ambiguities);
}

/* 10 MB of one hostile thing after another take memory in proportion. */
static const struct repeated {
	const char *name, *part;
} repeated_table[] = {
	{ "linear_tags", "<" }, { "linear_scripts", "<script>" }, { "linear_unclosed_tags", "<a " }, { "linear_data", "data:," }, { "linear_quotes", "<a b=\"" },
	{ "linear_digits", "<script>1,2,3" }, { "linear_on", "<x on on on " }, { "linear_escape", "\x1b" }, { "linear_utf_7", "+ADw-" },
	{ "linear_data_quoted", "\"data:,x" }, { "linear_base64", "base64," }, { "linear_meta", "<meta " }, { "linear_links", "<a href=\"" }, { "linear_open_quotes", "<a x='\"" },
};

static void check_repeated(void **state)
{
	const struct repeated *row = *state;
	size_t part_len = strlen(row->part), len = (1U << 20) / part_len * part_len;
	char *bytes = malloc(len);
	struct unpack unpack = { .arena = NULL };
	struct content content;

	assert_non_null(bytes);
	for (size_t at = 0; at < len; at += part_len)
		memcpy(bytes + at, row->part, part_len);
	double_run(&unpack, html_unpack, (struct str){ bytes, len }, NULL, &content);
	assert_true(unpack.taken_at_all <= 16 * len);
	assert_int_equal(unpack.taken, 0);
	double_free(&unpack);
	free(bytes);
}

int main(void)
{
	static struct rows rows;
	char problem[UNPACK_PROBLEM_MAX];

	if (charset_prepare(problem) < 0)
		return 1;
	rows_add(&rows, page_table, check_page);
	rows_add(&rows, repeated_table, check_repeated);
	return rows_run(&rows, "html");
}

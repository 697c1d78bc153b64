/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <zlib.h>

#include "milter/unpack/pdf_filter.h"
#include "t/unit/looked.h"

#define PDF "%PDF-1.7\n"
#define PROGRAM "MZ\x50\0\2\0\0\0\4\0\x0f\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0\x40\0\x1a\0"
#define PROGRAM_HEX "4d5a50000200000004000f00ffff0000b80000000000000040001a00>"

static const struct row {
	const char *name;
	struct str bytes;
	const char *marks, *found;
} pdf_table[] = {
	{ "document", BYTES(PDF "1 0 obj\n<</Type /Catalog /Pages 2 0 R /OpenAction [2 0 R /Fit]>>\nendobj\ntrailer <</Root 1 0 R>>"), "", "" },
	{ "opens_at_a_page", BYTES(PDF "1 0 obj\n<</OpenAction <</S /GoTo /D [2 0 R /XYZ 0 0 0]>> >>\nendobj\n"), "", "" },
	{ "opens_at_a_page_elsewhere", BYTES(PDF "1 0 obj\n<</OpenAction 3 0 R>>\nendobj\n3 0 obj\n<</S /GoTo /D [2 0 R /Fit]>>\nendobj\n"), "", "" },
	{ "web_link", BYTES(PDF "1 0 obj\n<</A <</S /URI /URI (http://x.example/)>> >>\nendobj\n"), "", "" },
	{ "binary_stream_with_words", BYTES(PDF "1 0 obj\n<</Length 12>>\nstream\n/JS /Launch \nendstream\nendobj\n"), "", "" },
	{ "no_cross_references", BYTES(PDF "1 0 obj\n<</Type /Catalog>>"), "", "" },
	{ "another_file_under_its_name", BYTES("just text with /JS in it"), "", "" },

	{ "javascript_ATT_09", BYTES(PDF "1 0 obj\n<</S /JavaScript /JS (app.alert(1))>>\nendobj\n"), "script", "" },
	{ "javascript_with_escapes_ATT_09", BYTES(PDF "1 0 obj\n<</S /Java#53cript /J#53 (app.alert(1))>>\nendobj\n"), "script", "" },
	{ "header_at_1000_ATT_09", BYTES("\n\n\n%PDF-1.7\n1 0 obj\n<</JS (x)>>\nendobj\n"), "script", "" },
	{ "launch_ATT_09", BYTES(PDF "1 0 obj\n<</OpenAction <</S /Launch /F (cmd.exe)>> >>\nendobj\n"), "launch", "" },
	{ "opens_an_address_ATT_09", BYTES(PDF "1 0 obj\n<</OpenAction <</S /URI /URI (http://x/)>> >>\nendobj\n"), "launch", "" },
	{ "opens_a_script_elsewhere_ATT_09", BYTES(PDF "1 0 obj\n<</OpenAction 7 0 R>>\nendobj\n7 0 obj\n<</S/JavaScript/JS(x)>>\nendobj\n"), "script launch", "" },
	{ "sends_a_form", BYTES(PDF "1 0 obj\n<</S /SubmitForm /F (http://x/)>>\nendobj\n"), "external", "" },
	{ "remote_document", BYTES(PDF "1 0 obj\n<</S /GoToR /F (\\\\\\\\x\\\\a.pdf)>>\nendobj\n"), "external", "" },
	{ "forms_architecture", BYTES(PDF "1 0 obj\n<</AcroForm <</XFA 3 0 R>> >>\nendobj\n"), "script", "" },
	{ "encrypted_ATT_09", BYTES(PDF "trailer <</Root 1 0 R /Encrypt 5 0 R>>\n"), "encrypted", "" },
	{ "a_stream_that_hides_objects_ATT_09", BYTES(PDF "1 0 obj\n<</Length 99>>\nstream\n2 0 obj\n<</JS (x)>>\nendobj\nendstream\n"), "script", "" },

	{ "objects_in_hex_ATT_09", BYTES(PDF "1 0 obj\n<</Type /ObjStm /N 1 /First 4 /Filter /ASCIIHexDecode>>\nstream\n3c3c2f4a53202878293e3e>\nendstream\n"), "script", "" },
	{ "embedded_program_ATT_09", BYTES(PDF "1 0 obj\n<</Type /EmbeddedFile /Length 28>>\nstream\n" PROGRAM "\nendstream\nendobj\n"), "object", "exe 28" },
	{ "embedded_with_name_ATT_09", BYTES(PDF "2 0 obj\n<</Type /Filespec /EF <</F 1 0 R>> /F (a\\056exe)>>\nendobj\n"
	  "1 0 obj\n<</Length 28>>\nstream\n" PROGRAM "\nendstream\nendobj\n"), "object", "exe 28 a.exe" },
	{ "embedded_before_its_name_ATT_09", BYTES(PDF "1 0 obj\n<</Length 28>>\nstream\n" PROGRAM "\nendstream\nendobj\n"
	  "2 0 obj\n<</UF <FEFF0062002E006500780065> /EF <</UF 1 0 R>> >>\nendobj\n"), "object", "exe 28 b.exe" },
	{ "embedded_without_reference_ATT_09", BYTES(PDF "2 0 obj\n<</EF 9 0 R>>\nendobj\n1 0 obj\n<</Filter /AHx>>\nstream\n" PROGRAM_HEX "\nendstream\n"), "object",
	  "exe 28" },
	{ "embedded_in_two_filters_ATT_09", BYTES(PDF "1 0 obj\n<</Type /EmbeddedFile /Filter [/ASCIIHexDecode /ASCIIHexDecode]>>\nstream\n"
	  "34443541>\nendstream\n"), "", "text 2" },
	{ "invoice_with_data", BYTES(PDF "1 0 obj\n<</Type /EmbeddedFile>>\nstream\n<?xml version=\"1.0\"?><Invoice/>\nendstream\n"), "", "xml 32" },
	{ "embedded_with_its_own_end", BYTES(PDF "1 0 obj\n<</Type /EmbeddedFile /Length 21>>\nstream\nstream endstream x y \nendstream\n"), "", "text 21" },
};

static void check_row(void **state)
{
	const struct row *row = *state;

	looked_check(pdf_unpack, row->bytes, NULL, row->marks, row->found, 0);
}

/* A stream of objects that was compressed. */
static void check_deflated(void **state)
{
	static const char objects[] = "5 0 6 20 <</S /JavaScript>> <</JS (x)>>";
	char bytes[1024], packed[256];
	uLongf packed_len = sizeof(packed);
	size_t len;

	(void)state;
	assert_int_equal(compress((Bytef *)packed, &packed_len, (const Bytef *)objects, sizeof(objects) - 1), Z_OK);
	len = (size_t)snprintf(bytes, sizeof(bytes), "%%PDF-1.7\n1 0 obj\n<</Type/ObjStm/N 2/First 9/Filter/FlateDecode/Length %lu>>stream\r\n", packed_len);
	memcpy(bytes + len, packed, packed_len);
	len += packed_len;
	len += (size_t)snprintf(bytes + len, sizeof(bytes) - len, "\nendstream\nendobj\n");
	looked_check(pdf_unpack, (struct str){ bytes, len }, NULL, "script", "", 0);
}

static const struct filter {
	const char *name;
	enum pdf_filter filter;
	struct str in, out;
} filter_table[] = {
	{ "hex", PDF_HEX, BYTES("48 65 6C6c 6f2>ff"), BYTES("Hello ") },
	{ "ascii85", PDF_ASCII85, BYTES("87cURD]i,\"Ebo80~>"), BYTES("Hello World!") },
	{ "ascii85_of_zeros", PDF_ASCII85, BYTES("z~>"), BYTES("\0\0\0\0") },
	{ "run_length", PDF_RUN_LENGTH, BYTES("\2abc\xfe" "x\x80zz"), BYTES("abcxxx") },
	{ "run_length_cut", PDF_RUN_LENGTH, BYTES("\x7f" "abc"), BYTES("abc") },
	/* the example of ISO 32000-1 7.4.4.2 */
	{ "lzw", PDF_LZW, BYTES("\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01"), BYTES("-----A---B") },
	{ "flate_of_nothing", PDF_FLATE, BYTES("xxxx"), BYTES("") },
	{ "other", PDF_OTHER, BYTES("xxxx"), BYTES("xxxx") },
};

static void check_filter(void **state)
{
	const struct filter *row = *state;
	const struct pdf_filters filters = { .items = { row->filter }, .len = 1 };
	struct unpack unpack = { .arena = NULL };
	struct str out;
	void *taken;
	size_t taken_size;

	assert_true(pdf_decode(&unpack, &filters, row->in, &out, &taken, &taken_size));
	assert_int_equal(out.len, row->out.len);
	assert_memory_equal(out.p, row->out.p, out.len);
	if (taken != NULL)
		unpack_give(&unpack, taken, taken_size);
	assert_int_equal(unpack.taken, 0);
}

static const struct repeated {
	const char *name, *part;
} repeated_table[] = {
	{ "linear_streams", "<<>>stream\n" }, { "linear_objects", "1 0 obj<</Type/ObjStm>>stream\n" }, { "linear_names", "/" }, { "linear_brackets", "<<" },
	{ "linear_files", "1 0 obj<</EmbeddedFile 1/EF<</F 1 0 R>>>>stream\n" }, { "linear_strings", "/F(((((" }, { "linear_actions", "/OpenAction 1 0 R " },
	{ "linear_hidden", ">stream\n obj" }, { "linear_numbers", "1 0 obj" },
};

static void check_repeated(void **state)
{
	static const struct str start = BYTES(PDF);
	const struct repeated *row = *state;
	size_t part_len = strlen(row->part), len = (1U << 20) / part_len * part_len;
	char *bytes = malloc(len + 9);
	struct unpack unpack = { .taken_max = 64U << 20 };
	struct content content;

	assert_non_null(bytes);
	memcpy(bytes, start.p, start.len);
	for (size_t at = 0; at < len; at += part_len)
		memcpy(bytes + 9 + at, row->part, part_len);
	double_run(&unpack, pdf_unpack, (struct str){ bytes, len + 9 }, NULL, &content);
	assert_int_equal(unpack.taken, 0);
	double_free(&unpack);
	free(bytes);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, pdf_table, check_row);
	rows_add(&rows, filter_table, check_filter);
	rows_add(&rows, repeated_table, check_repeated);
	rows_add_one(&rows, "deflated_objects_ATT_09", check_deflated, NULL);
	return rows_run(&rows, "pdf");
}

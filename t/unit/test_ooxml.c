/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/ooxml.h"

#include "t/unit/looked.h"

#define TYPES(main) "<?xml version=\"1.0\"?><Types><Override PartName=\"/x\" ContentType=\"application/" main "+xml\"/></Types>"
#define WORD TYPES("vnd.openxmlformats-officedocument.wordprocessingml.document.main")
#define RELATION(type, target, mode) "<?xml version=\"1.0\"?><Relationships xmlns=\"x\"><Relationship Id=\"rId1\" Type=\"http://x/relationships/" type \
	"\" Target=\"" target "\"" mode "/></Relationships>"
#define EXTERNAL " TargetMode=\"External\""
#define COMPOUND "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

struct member {
	const char *name;
	struct str bytes;
};

static const struct row {
	const char *name;
	struct member members[6];
	const char *type, *marks;
} ooxml_table[] = {
	{ "archive", { { "a.txt", BYTES("hi") } }, "zip", "" },
	{ "word", { { "[Content_Types].xml", BYTES(WORD) }, { "word/document.xml", BYTES("<w:document><w:t>DDEAUTO</w:t></w:document>") } }, "docx", "" },
	{ "excel", { { "[Content_Types].xml", BYTES(TYPES("vnd.openxmlformats-officedocument.spreadsheetml.sheet.main")) } }, "xlsx", "" },
	{ "excel_binary", { { "[Content_Types].xml", BYTES(TYPES("vnd.ms-excel.sheet.binary.macroEnabled.main")) } }, "xlsb", "" },
	{ "powerpoint", { { "[Content_Types].xml", BYTES(TYPES("vnd.openxmlformats-officedocument.presentationml.slideshow.main")) } }, "pptx", "" },
	{ "visio", { { "[Content_Types].xml", BYTES(TYPES("vnd.ms-visio.drawing.main")) } }, "vsdx", "" },
	{ "xps", { { "[Content_Types].xml", BYTES("<Types/>") } }, "ooxml", "" },
	{ "types_in_a_folder_are_an_archive", { { "a/[Content_Types].xml", BYTES(WORD) } }, "zip", "" },
	{ "for_macros", { { "[Content_Types].xml", BYTES(TYPES("vnd.ms-word.document.macroEnabled.main")) } }, "docm", "" },
	{ "excel_for_macros", { { "[Content_Types].xml", BYTES(TYPES("vnd.ms-excel.sheet.macroEnabled.main")) } }, "xlsm", "" },
	{ "powerpoint_for_macros", { { "[Content_Types].xml", BYTES(TYPES("vnd.ms-powerpoint.presentation.macroEnabled.main")) } }, "pptm", "" },
	{ "types_in_utf_16_ATT_07", { { "[Content_Types].xml", BYTES("\xff\xfe" "m\0s\0-\0w\0o\0r\0d\0.\0d\0o\0c\0u\0m\0e\0n\0t\0.\0m\0a\0c\0r\0o\0E\0n\0a\0b\0l\0"
	  "e\0d\0.\0m\0a\0i\0n\0") } }, "docm", "" },
	{ "types_in_references_ATT_07", { { "[Content_Types].xml", BYTES(TYPES("vnd.ms-word.document.m&#97;cro&#x45;nabled.main")) } }, "docm", "" },

	{ "macros_ATT_07", { { "[Content_Types].xml", BYTES(WORD) }, { "word/vbaProject.bin", BYTES(COMPOUND) } }, "docx", "macros" },
	{ "macros_in_another_part_ATT_07", { { "[Content_Types].xml", BYTES(WORD) }, { "word/image1.png", BYTES(COMPOUND "V\0B\0A\0\0\0") } }, "docx", "macros" },
	{ "macros_by_their_type_ATT_07", { { "[Content_Types].xml", BYTES("<Override PartName=\"/x.dat\" ContentType=\"application/vnd.ms-office.vbaProject\"/>") } },
	  "ooxml", "macros" },
	{ "macros_by_their_relationship_ATT_07", { { "[Content_Types].xml", BYTES(WORD) }, { "word/_rels/document.xml.rels", BYTES(RELATION("vbaProject", "x.dat",
	  "")) } }, "docx", "macros" },
	{ "macro_sheet_ATT_08", { { "[Content_Types].xml", BYTES("<Types/>") }, { "xl/macrosheets/sheet1.xml", BYTES("<x/>") } }, "ooxml", "macros" },

	{ "link", { { "word/_rels/document.xml.rels", BYTES(RELATION("hyperlink", "https://x.example/", EXTERNAL)) } }, "zip", "" },
	{ "linked_picture", { { "word/_rels/document.xml.rels", BYTES(RELATION("image", "https://x.example/", EXTERNAL)) } }, "zip", "" },
	{ "local_template", { { "word/_rels/settings.xml.rels", BYTES(RELATION("attachedTemplate", "file:///C:\\\\x\\\\a.dotm", EXTERNAL)) } }, "zip", "" },
	{ "inner_object", { { "word/_rels/document.xml.rels", BYTES(RELATION("oleObject", "embeddings/a.bin", "")) } }, "zip", "" },
	{ "remote_template_ATT_07", { { "word/_rels/settings.xml.rels", BYTES(RELATION("attachedTemplate", "https://x.example/a.dotm", EXTERNAL)) } }, "zip",
	  "external" },
	{ "template_on_a_share_ATT_07", { { "word/_rels/settings.xml.rels", BYTES(RELATION("attachedTemplate", "file:///\\\\x\\a.dotm", EXTERNAL)) } }, "zip",
	  "external" },
	{ "remote_object_ATT_07", { { "word/_rels/document.xml.rels", BYTES(RELATION("oleObject", "mhtml:https://x.example/!x", EXTERNAL)) } }, "zip", "external" },
	{ "remote_frame_ATT_07", { { "word/_rels/webSettings.xml.rels", BYTES(RELATION("frame", "http://x.example/", EXTERNAL)) } }, "zip", "external" },
	{ "remote_object_in_references_ATT_07", { { "a.rels", BYTES(RELATION("oleO&#98;ject", "h&#x74;tp://x.example/", " TargetMode='Exte&#114;nal'")) } }, "zip",
	  "external" },
	{ "remote_object_in_utf_16_ATT_07", { { "a.rels", BYTES("\xff\xfe<\0R\0e\0l\0a\0t\0i\0o\0n\0s\0h\0i\0p\0 \0T\0y\0p\0e\0=\0\"\0/\0f\0r\0a\0m\0e\0\"\0 \0"
	  "T\0a\0r\0g\0e\0t\0=\0\"\0h\0t\0t\0p\0:\0/\0/\0x\0\"\0 \0T\0a\0r\0g\0e\0t\0M\0o\0d\0e\0=\0\"\0E\0x\0t\0e\0r\0n\0a\0l\0\"\0/\0>\0") } }, "zip",
	  "external" },

	{ "packaged_object_ATT_07", { { "word/embeddings/oleObject1.bin", BYTES(COMPOUND "\1\0O\0l\0e\0001\0000\0N\0a\0t\0i\0v\0e\0") } }, "zip", "object" },
	{ "workbook_behind_a_chart", { { "word/embeddings/Microsoft_Excel_Sheet.xlsx", BYTES("PK\3\4") } }, "zip", "" },
	{ "control_ATT_07", { { "word/activeX/activeX1.xml", BYTES("<x/>") } }, "zip", "object" },
	{ "dde_field_ATT_08", { { "word/document.xml", BYTES("<w:fldChar w:fldCharType=\"begin\"/><w:instrText xml:space=\"preserve\"> DD</w:instrText><w:r/>"
	  "<w:instrText>EAUTO c:\\\\x</w:instrText>") } }, "zip", "external" },
	{ "dde_field_by_numbers_ATT_08", { { "word/document.xml", BYTES("<w:instrText> QUOTE 68 68 69 65 85 84 79 </w:instrText>") } }, "zip", "external" },
	{ "simple_dde_field_ATT_08", { { "word/document.xml", BYTES("<w:fldSimple w:instr=\" DDE x y\"/>") } }, "zip", "external" },
	{ "dde_link_of_excel_ATT_08", { { "xl/externalLinks/externalLink1.xml", BYTES("<externalLink><ddeLink ddeService=\"cmd\"/></externalLink>") } }, "zip",
	  "external" },
	{ "page_field", { { "word/document.xml", BYTES("<w:instrText> PAGE </w:instrText>") } }, "zip", "" },

	{ "java", { { "META-INF/MANIFEST.MF", BYTES("x") }, { "a/B.class", BYTES("\xca\xfe\xba\xbe") } }, "jar", "" },
	{ "signed_archive_is_no_java", { { "META-INF/MANIFEST.MF", BYTES("x") } }, "zip", "" },
	{ "android", { { "AndroidManifest.xml", BYTES("x") }, { "classes.dex", BYTES("dex\n035") } }, "apk", "" },
	{ "windows_app", { { "[Content_Types].xml", BYTES("<Types/>") }, { "AppxManifest.xml", BYTES("x") } }, "msix", "" },
	{ "open_document", { { "mimetype", BYTES("application/vnd.oasis.opendocument.text") } }, "odf", "" },
	{ "open_document_with_macros", { { "mimetype", BYTES("application/vnd.oasis.opendocument.text") }, { "Basic/Standard/Module1.xml", BYTES("<x/>") } }, "odf",
	  "macros" },
	{ "open_document_without_modules", { { "mimetype", BYTES("application/vnd.oasis.opendocument.text") }, { "Basic/Standard/script-lb.xml", BYTES("<x/>") } },
	  "odf", "" },
	{ "encrypted_open_document", { { "mimetype", BYTES("application/vnd.oasis.opendocument.text") },
	  { "META-INF/manifest.xml", BYTES("<manifest:encryption-data>") } }, "odf", "encrypted" },
	{ "book", { { "mimetype", BYTES("application/epub+zip") } }, "epub", "" },
};

static void check_row(void **state)
{
	const struct row *row = *state;
	struct ooxml ooxml = { .seen = 0 };
	char marks[128];

	for (size_t i = 0; i < 6 && row->members[i].name != NULL; i++)
		ooxml_member(&ooxml, str_of(row->members[i].name), row->members[i].bytes);
	assert_string_equal(filetype_name(ooxml_type(&ooxml)), row->type);
	looked_marks(ooxml.marks, marks, sizeof(marks));
	assert_string_equal(marks, row->marks);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, ooxml_table, check_row);
	return rows_run(&rows, "ooxml");
}

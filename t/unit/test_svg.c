/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/looked.h"

#define SVG "<svg xmlns=\"http://www.w3.org/2000/svg\">"

static const struct row {
	const char *name;
	struct str bytes;
	const char *marks;
} svg_table[] = {
	{ "drawing", BYTES(SVG "<path d=\"M0 0\" style=\"font:one=1\"/><text>on x=1 script</text></svg>"), "" },
	{ "text_in_foreign_object", BYTES(SVG "<foreignObject><div xmlns=\"http://www.w3.org/1999/xhtml\">Box</div></foreignObject></svg>"), "" },
	{ "script_ATT_11", BYTES(SVG "<script>alert(1)</script></svg>"), "script" },
	{ "script_of_a_prefix_ATT_11", BYTES("<s:svg xmlns:s=\"http://www.w3.org/2000/svg\"><s:script>alert(1)</s:script></s:svg>"), "script" },
	{ "a_name_space_called_script", BYTES("<svg xmlns:script=\"http://x/\"></svg>"), "" },
	{ "handler_ATT_11", BYTES("<svg onload=\"alert(1)\"/>"), "script" },
	{ "handler_behind_a_slash_ATT_11", BYTES("<svg/onload = alert(1) />"), "script" },
	{ "javascript_address_ATT_11", BYTES(SVG "<a href=\"javascript:alert(1)\"/></svg>"), "script" },
	{ "javascript_in_references_ATT_11", BYTES(SVG "<a href=\"&#106;&#x61;vascript:alert(1)\"/></svg>"), "script" },
	{ "frame_in_foreign_object_ATT_11", BYTES(SVG "<foreignObject><iframe src=\"https://x.example/\"/></foreignObject></svg>"), "script" },
	{ "utf_16_ATT_11", BYTES("\xff\xfe<\0s\0v\0g\0>\0<\0s\0c\0r\0i\0p\0t\0>\0"), "script" },
	{ "utf_16_of_another_alphabet", BYTES("\xff\xfe<\0s\0v\0g\0>\0\x3c\4s\0c\0r\0i\0p\0t\0>\0"), "" },
};

static const struct row xml_table[] = {
	{ "feed", BYTES("<?xml version=\"1.0\"?><rss><channel><title>x</title></channel></rss>"), "" },
	{ "word_2003_with_macros_ATT_07", BYTES("<?xml version=\"1.0\"?><?mso-application progid=\"Word.Document\"?><w:wordDocument w:macrosPresent=\"yes\">"),
	  "macros" },
	{ "flat_package_with_macros_ATT_07", BYTES("<?xml version=\"1.0\"?><pkg:package><pkg:part pkg:name=\"/word/vbaProject.bin\">"), "macros" },
	{ "style_sheet_with_script", BYTES("<?xml version=\"1.0\"?><xsl:stylesheet><msxsl:script language=\"JScript\">"), "script" },
	{ "svg_behind_another_root_ATT_11", BYTES("<?xml version=\"1.0\"?><x><svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"a()\"/></x>"), "script" },
	{ "field_with_dde_ATT_08", BYTES("<?xml version=\"1.0\"?><w:p><w:instrText>DDEAUTO c:\\\\x</w:instrText></w:p>"), "external" },
};

static void check_svg(void **state)
{
	const struct row *row = *state;

	looked_check(svg_unpack, row->bytes, NULL, row->marks, "", 0);
}

static void check_xml(void **state)
{
	const struct row *row = *state;

	looked_check(xml_unpack, row->bytes, NULL, row->marks, "", 0);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, svg_table, check_svg);
	rows_add(&rows, xml_table, check_xml);
	return rows_run(&rows, "svg and xml");
}

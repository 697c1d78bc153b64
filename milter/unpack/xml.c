/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/handlers.h"
#include "milter/unpack/octets.h"
#include "milter/unpack/ooxml.h"
#include "milter/unpack/plain.h"

/* XML knows upper case from lower case, so these are as programs look for them. */
static const struct {
	struct str word;
	enum mark mark;
} signs[] = {
	{ { "macrosPresent=", 14 }, MARK_MACROS },
	{ { "vbaProject", 10 }, MARK_MACROS },
	{ { "editdata.mso", 12 }, MARK_MACROS },
	{ { "<script:module", 14 }, MARK_MACROS },
	{ { "vnd.sun.star.script:", 20 }, MARK_MACROS },
	{ { "msxsl:script", 12 }, MARK_SCRIPT },
	{ { "<xsl:script", 11 }, MARK_SCRIPT },
	{ { "<xfa:script", 11 }, MARK_SCRIPT },
	{ { "attachedTemplate w:val=\"http", 28 }, MARK_EXTERNAL },
	{ { "attachedTemplate w:val=\"\\", 26 }, MARK_EXTERNAL },
	{ { "w:OLEObject", 11 }, MARK_OBJECT },
};

/* Which program opens it is not known to begin with: feeds and tables are ordinary, these words are not. */
static void look_at(struct unpack *unpack, const struct item *item, struct str text)
{
	struct ooxml ooxml = { .seen = 0 };

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (octets_has(text, signs[i].word))
			unpack_mark(unpack, item, signs[i].mark);
	}
	ooxml_member(&ooxml, STR("word/document.xml"), text);
	for (int mark = 0; mark < MARKS; mark++) {
		if ((ooxml.marks >> mark & 1) != 0)
			unpack_mark(unpack, item, (enum mark)mark);
	}
}

void xml_unpack(struct unpack *unpack, const struct item *item)
{
	struct plain plain;
	bool is_html;

	plain_open(unpack, item->bytes, &plain);
	look_at(unpack, item, plain.text);
	if (octets_has(plain.text, STR("http://www.w3.org/2000/svg")))
		svg_unpack(unpack, item);
	is_html = octets_has(plain.text, STR("http://www.w3.org/1999/xhtml")) || plain_has(plain.text, STR("<html"));
	plain_close(unpack, &plain);
	if (is_html)
		html_unpack(unpack, item);
}

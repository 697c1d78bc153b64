/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/ooxml.h"

#include "milter/unpack/octets.h"

#define LOOKED_AT (8U << 20)		/* of one member */
#define ELEMENT_MAX 8192		/* of one relationship: no target is longer */
#define FIELD_MAX 32			/* of a field's code: its name is at the start */

enum seen {
	SEEN_CONTENT_TYPES = 1 << 0,
	SEEN_MANIFEST = 1 << 1,
	SEEN_CLASS = 1 << 2,
	SEEN_ANDROID = 1 << 3,
	SEEN_DEX = 1 << 4,
	SEEN_APPX = 1 << 5,
	SEEN_MIMETYPE = 1 << 6,
	SEEN_WORD = 1 << 7,
	SEEN_XL = 1 << 8,
	SEEN_PPT = 1 << 9,
};

static void mark(struct ooxml *ooxml, enum mark which)
{
	ooxml->marks |= 1u << which;
}

/* --- XML, whatever it is written in: UTF-16 and references to characters are read as Office reads them --- */

struct reader {
	struct str bytes;
	size_t at;
	unsigned unit, low;	/* bytes of a character, and which of them is ASCII's */
};

static struct reader reader_of(struct str bytes)
{
	if (octets_match(bytes, 0, STR("\xff\xfe")) || octets_match(bytes, 0, STR("<\0")))
		return (struct reader){ bytes, octets_u8(bytes, 0) == 0xff ? 2 : 0, 2, 0 };
	if (octets_match(bytes, 0, STR("\xfe\xff")) || octets_match(bytes, 0, STR("\0<")))
		return (struct reader){ bytes, octets_u8(bytes, 0) == 0xfe ? 2 : 0, 2, 1 };
	return (struct reader){ bytes, 0, 1, 0 };
}

static bool reader_ended(const struct reader *reader)
{
	return !octets_within(reader->bytes, reader->at, reader->unit);
}

static char reader_peek(const struct reader *reader, unsigned ahead)
{
	uint64_t at = reader->at + (uint64_t)ahead * reader->unit;

	if (reader->unit == 2 && octets_u8(reader->bytes, at + 1 - reader->low) != 0)
		return '?';
	return (char)octets_u8(reader->bytes, at + reader->low);
}

/* The character of "&#...;", whose digits begin start characters ahead. */
static char reader_reference(struct reader *reader, unsigned start, unsigned base)
{
	unsigned ahead = start, c = 0;

	for (; ahead < 16; ahead++) {
		char digit = ascii_lower(reader_peek(reader, ahead));
		unsigned value = ascii_is_digit(digit) ? (unsigned)(digit - '0') : digit >= 'a' && digit <= 'f' ? (unsigned)(digit - 'a' + 10) : 99;

		if (value >= base)
			break;
		c = c * base + value;
	}
	if (ahead == start || reader_peek(reader, ahead) != ';') {
		reader->at += reader->unit;
		return '&';
	}
	reader->at += (size_t)(ahead + 1) * reader->unit;
	return c < 0x80 ? (char)c : '?';
}

static char reader_next(struct reader *reader)
{
	char c = reader_peek(reader, 0);

	if (c == '&' && reader_peek(reader, 1) == '#') {
		bool is_hex = reader_peek(reader, 2) == 'x';

		return reader_reference(reader, is_hex ? 3 : 2, is_hex ? 16 : 10);
	}
	reader->at += reader->unit;
	return c;
}

/* Does the word (lower case) follow? The reader stands behind its first character. */
static bool reader_spells(struct reader reader, struct str word)
{
	for (size_t i = 1; i < word.len; i++) {
		if (reader_ended(&reader) || ascii_lower(reader_next(&reader)) != word.p[i])
			return false;
	}
	return true;
}

static bool reader_seek(struct reader *reader, struct str word)
{
	while (!reader_ended(reader)) {
		if (reader->unit == 1 && reader->bytes.p[reader->at] != '&' && ascii_lower(reader->bytes.p[reader->at]) != word.p[0]) {
			reader->at++;
			continue;
		}
		if (ascii_lower(reader_next(reader)) == word.p[0] && reader_spells(*reader, word)) {
			for (size_t i = 1; i < word.len; i++)
				(void)reader_next(reader);
			return true;
		}
	}
	return false;
}

static bool is_simple(struct str bytes)
{
	return reader_of(bytes).unit == 1 && !octets_has(bytes, STR("&#"));
}

/* exact: as programs write it; in any other writing it is found character by character. */
static bool has(struct str bytes, bool simple, struct str exact, struct str lower)
{
	struct reader reader;

	if (octets_has(bytes, exact))
		return true;
	if (simple)
		return false;
	reader = reader_of(bytes);
	return reader_seek(&reader, lower);
}

#define HAS(bytes, simple, exact, lower) has((bytes), (simple), STR(exact), STR(lower))

/* --- [Content_Types].xml --- */

static const struct {
	struct str exact, lower;
	enum filetype type;
} kinds[] = {
#define KIND(exact, lower, type) { { exact, sizeof(exact) - 1 }, { lower, sizeof(lower) - 1 }, type }
	KIND("sheet.binary.macroEnabled.main", "sheet.binary.macroenabled.main", FILETYPE_XLSB),
	KIND("ms-word.document.macroEnabled.main", "ms-word.document.macroenabled.main", FILETYPE_DOCM),
	KIND("ms-word.template.macroEnabledTemplate.main", "ms-word.template.macroenabledtemplate.main", FILETYPE_DOCM),
	KIND("ms-excel.sheet.macroEnabled.main", "ms-excel.sheet.macroenabled.main", FILETYPE_XLSM),
	KIND("ms-excel.template.macroEnabled.main", "ms-excel.template.macroenabled.main", FILETYPE_XLSM),
	KIND("ms-excel.addin.macroEnabled.main", "ms-excel.addin.macroenabled.main", FILETYPE_XLSM),
	KIND("presentation.macroEnabled.main", "presentation.macroenabled.main", FILETYPE_PPTM),
	KIND("slideshow.macroEnabled.main", "slideshow.macroenabled.main", FILETYPE_PPTM),
	KIND("ms-powerpoint.template.macroEnabled.main", "ms-powerpoint.template.macroenabled.main", FILETYPE_PPTM),
	KIND("ms-powerpoint.addin.macroEnabled.main", "ms-powerpoint.addin.macroenabled.main", FILETYPE_PPTM),
	KIND("wordprocessingml.document.main", "wordprocessingml.document.main", FILETYPE_DOCX),
	KIND("wordprocessingml.template.main", "wordprocessingml.template.main", FILETYPE_DOCX),
	KIND("spreadsheetml.sheet.main", "spreadsheetml.sheet.main", FILETYPE_XLSX),
	KIND("spreadsheetml.template.main", "spreadsheetml.template.main", FILETYPE_XLSX),
	KIND("presentationml.presentation.main", "presentationml.presentation.main", FILETYPE_PPTX),
	KIND("presentationml.slideshow.main", "presentationml.slideshow.main", FILETYPE_PPTX),
	KIND("presentationml.template.main", "presentationml.template.main", FILETYPE_PPTX),
	KIND("ms-visio.", "ms-visio.", FILETYPE_VSDX),
#undef KIND
};

static void content_types(struct ooxml *ooxml, struct str bytes, bool simple)
{
	ooxml->seen |= SEEN_CONTENT_TYPES;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && ooxml->type == FILETYPE_UNKNOWN; i++) {
		if (has(bytes, simple, kinds[i].exact, kinds[i].lower))
			ooxml->type = kinds[i].type;
	}
	if (HAS(bytes, simple, "vbaProject", "vbaproject") || HAS(bytes, simple, "macrosheet", "macrosheet"))
		mark(ooxml, MARK_MACROS);
	if (HAS(bytes, simple, "activeX+xml", "activex+xml"))
		mark(ooxml, MARK_OBJECT);
}

/* --- *.rels --- */

/* The value of an attribute of the element the reader stands in, in lower case. */
static struct str attribute(struct str element, struct str name, char room[ELEMENT_MAX])
{
	struct reader reader = reader_of(element);
	size_t len = 0;
	char quote;

	reader.unit = 1;
	reader.at = 0;
	if (!reader_seek(&reader, name))
		return STR("");
	do {
		quote = reader_next(&reader);
	} while (!reader_ended(&reader) && (ascii_is_space(quote) || quote == '='));
	while (!reader_ended(&reader) && len < ELEMENT_MAX) {
		bool is_end = reader_peek(&reader, 0) == quote;
		char c = reader_next(&reader);

		if (is_end)
			break;
		room[len++] = ascii_lower(c);
	}
	return (struct str){ room, len };
}

static bool ends_with(struct str s, struct str end)
{
	return s.len >= end.len && memcmp(s.p + s.len - end.len, end.p, end.len) == 0;
}

/* Links, pictures and other workbooks are elsewhere in many an honest document; what is run or merged in is not. */
static bool is_opened(struct str type)
{
	static const struct str types[] = { { "/attachedtemplate", 17 }, { "/oleobject", 10 }, { "/frame", 6 }, { "/subdocument", 12 }, { "/afchunk", 8 },
		{ "/control", 8 }, { "/package", 8 }, { "/externallink", 13 }, { "/vbaproject", 11 }, { "/customuirelationship", 21 }, { "/ui/extensibility", 17 } };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (ends_with(type, types[i]))
			return true;
	}
	return false;
}

/* A template on the writer's own disk is what Word notes of it; nobody else can open that. */
static bool is_elsewhere(struct str target)
{
	if (octets_match(target, 0, STR("file:///\\\\")) || octets_match(target, 0, STR("file://///")) || octets_match(target, 0, STR("\\\\")) ||
	    octets_match(target, 0, STR("//")))
		return true;
	if (octets_match(target, 0, STR("file:///")))
		return false;
	return octets_has(target, STR("://")) || octets_match(target, 0, STR("mhtml:")) || octets_match(target, 0, STR("http"));
}

static void relationship(struct ooxml *ooxml, struct str element)
{
	char type[ELEMENT_MAX], target[ELEMENT_MAX];
	struct str type_value = attribute(element, STR(" type"), type);

	if (ends_with(type_value, STR("/vbaproject")))
		mark(ooxml, MARK_MACROS);
	if (is_opened(type_value) && octets_match(attribute(element, STR("targetmode"), target), 0, STR("external")) &&
	    is_elsewhere(attribute(element, STR("target="), target)))
		mark(ooxml, MARK_EXTERNAL);
}

/* Each element as plain characters; references are read with its attributes, so that a quote among them ends none. */
static void relationships(struct ooxml *ooxml, struct str bytes)
{
	struct reader reader = reader_of(bytes);
	char element[ELEMENT_MAX];

	while (reader_seek(&reader, STR("<relationship")) || reader_seek(&reader, STR(":relationship"))) {
		size_t len = 0;

		while (!reader_ended(&reader) && len < ELEMENT_MAX && reader_peek(&reader, 0) != '>') {
			element[len++] = reader_peek(&reader, 0);
			reader.at += reader.unit;
		}
		relationship(ooxml, (struct str){ element, len });
	}
}

/* --- fields of Word --- */

struct field {
	char code[FIELD_MAX];
	size_t len;
};

static void field_add(struct ooxml *ooxml, struct field *field, char c)
{
	if (ascii_is_space(c) && field->len == 3 && memcmp(field->code, "dde", 3) == 0)
		mark(ooxml, MARK_EXTERNAL);
	if (ascii_is_space(c) || c == '"' || c == '?' || field->len >= sizeof(field->code))
		return;
	field->code[field->len++] = ascii_lower(c);
	/* {QUOTE 68 68 69 ...} spells "DDE" by numbers */
	if (octets_match((struct str){ field->code, field->len }, 0, STR("ddeauto")) || octets_match((struct str){ field->code, field->len }, 0, STR("quote686869")))
		mark(ooxml, MARK_EXTERNAL);
}

/* The text of instrText elements, joined until the next field begins: a name is often spread over several of them. */
static void fields(struct ooxml *ooxml, struct str bytes)
{
	struct reader reader = reader_of(bytes);
	struct field field = { .len = 0 };

	while (reader_seek(&reader, STR("<w:"))) {
		struct reader tag = reader;
		char first = ascii_lower(reader_peek(&tag, 0));

		if (first == 'f' && reader_next(&tag) != '\0' && reader_spells(tag, STR("xldchar"))) {
			if (reader_seek(&tag, STR("begin")) && tag.at < reader.at + (size_t)64 * reader.unit)
				field.len = 0;
		} else if (first == 'i' && reader_next(&tag) != '\0' && reader_spells(tag, STR("instrtext"))) {
			while (!reader_ended(&reader) && reader_next(&reader) != '>')
				;
			while (!reader_ended(&reader) && reader_peek(&reader, 0) != '<')
				field_add(ooxml, &field, reader_next(&reader));
		}
	}
}

/* fldSimple has its code as an attribute. */
static void simple_fields(struct ooxml *ooxml, struct str bytes)
{
	struct reader reader = reader_of(bytes);

	while (reader_seek(&reader, STR("w:instr=\"")) && (ooxml->marks & 1u << MARK_EXTERNAL) == 0) {
		struct field field = { .len = 0 };

		while (!reader_ended(&reader) && reader_peek(&reader, 0) != '"' && field.len < sizeof(field.code))
			field_add(ooxml, &field, reader_next(&reader));
	}
}

static void word_part(struct ooxml *ooxml, struct str bytes, bool simple)
{
	if (HAS(bytes, simple, "w:instr", "w:instr")) {
		fields(ooxml, bytes);
		simple_fields(ooxml, bytes);
	}
}

/* --- members --- */

static bool name_has(struct str name, struct str word)
{
	for (size_t i = 0; i + word.len <= name.len; i++) {
		if (octets_spell(name, i, word))
			return true;
	}
	return false;
}

static bool name_is(struct str name, struct str word)
{
	return name.len == word.len && octets_spell(name, 0, word);
}

static bool name_ends(struct str name, struct str end)
{
	return name.len >= end.len && octets_spell(name, name.len - end.len, end);
}

/* In UTF-16, as compound files name their streams. */
#define STREAM_VBA STR("_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0")
#define STREAM_VBA_DIRECTORY STR("V\0B\0A\0\0\0")
#define STREAM_NATIVE STR("\1\0O\0l\0e\0001\0000\0N\0a\0t\0i\0v\0e\0")
#define CLASS_EQUATION_3 STR("\x02\xce\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46")

static void compound_member(struct ooxml *ooxml, struct str bytes)
{
	if (octets_has(bytes, STREAM_VBA) || octets_has(bytes, STREAM_VBA_DIRECTORY))
		mark(ooxml, MARK_MACROS);
	if (octets_has(bytes, STREAM_NATIVE) || octets_has(bytes, CLASS_EQUATION_3))
		mark(ooxml, MARK_OBJECT);
}

static void special_names(struct ooxml *ooxml, struct str name, struct str bytes)
{
	if (name_ends(name, STR("vbaproject.bin")) || name_has(name, STR("macrosheets/")))
		mark(ooxml, MARK_MACROS);
	/* a control that is only described is as good as one that is there */
	if (name_has(name, STR("activex/")) || name_has(name, STR("activex\\")))
		mark(ooxml, MARK_OBJECT);
	if (name_has(name, STR("customui/")) && octets_has(bytes, STR("onLoad=")))
		mark(ooxml, MARK_MACROS);
	if (name_has(name, STR("externallinks/")) && octets_has(bytes, STR("ddeLink")))
		mark(ooxml, MARK_EXTERNAL);
}

/* LibreOffice writes empty lists of libraries; a module is any other file below them. */
static void open_document(struct ooxml *ooxml, struct str name, struct str bytes)
{
	bool is_module = name_ends(name, STR(".xml")) && !name_ends(name, STR("-lc.xml")) && !name_ends(name, STR("-lb.xml"));

	if ((octets_spell(name, 0, STR("basic/")) && is_module) || (octets_spell(name, 0, STR("scripts/")) && name.len > 8 && name.p[name.len - 1] != '/'))
		mark(ooxml, MARK_MACROS);
	if (name_is(name, STR("meta-inf/manifest.xml")) && octets_has(bytes, STR("encryption-data")))
		mark(ooxml, MARK_ENCRYPTED);
	if (name_is(name, STR("content.xml")) && octets_has(bytes, STR("vnd.sun.star.script:")))
		mark(ooxml, MARK_MACROS);
}

static void mimetype(struct ooxml *ooxml, struct str bytes)
{
	struct str type = str_trim(bytes);

	if (octets_spell(type, 0, STR("application/vnd.oasis.opendocument")) || octets_spell(type, 0, STR("application/vnd.sun.xml")))
		ooxml->type = FILETYPE_ODF;
	else if (octets_spell(type, 0, STR("application/epub+zip")))
		ooxml->type = FILETYPE_EPUB;
	else
		return;
	ooxml->seen |= SEEN_MIMETYPE;
}

static void packages(struct ooxml *ooxml, struct str name)
{
	static const struct {
		struct str name;
		unsigned seen;
	} names[] = {
		{ { "meta-inf/manifest.mf", 20 }, SEEN_MANIFEST }, { { "androidmanifest.xml", 19 }, SEEN_ANDROID }, { { "classes.dex", 11 }, SEEN_DEX },
		{ { "resources.arsc", 14 }, SEEN_DEX }, { { "appxmanifest.xml", 16 }, SEEN_APPX }, { { "appxmetadata/appxbundlemanifest.xml", 35 }, SEEN_APPX },
		{ { "word/document.xml", 17 }, SEEN_WORD }, { { "xl/workbook.xml", 15 }, SEEN_XL }, { { "ppt/presentation.xml", 20 }, SEEN_PPT },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (name_is(name, names[i].name))
			ooxml->seen |= names[i].seen;
	}
	if (name_ends(name, STR(".class")))
		ooxml->seen |= SEEN_CLASS;
}

static bool is_xml(struct str name, struct str bytes)
{
	return name_ends(name, STR(".xml")) || octets_match(bytes, 0, STR("<?xml")) || octets_match(bytes, 0, STR("\xef\xbb\xbf<?xml")) ||
		reader_of(bytes).unit == 2;
}

/* Programs follow what the package says of its parts, not their names; so each part is looked at by what it holds. */
void ooxml_member(struct ooxml *ooxml, struct str name, struct str bytes)
{
	bytes = octets_sub(bytes, 0, LOOKED_AT);
	while (name.len > 0 && (name.p[0] == '/' || name.p[0] == '\\'))
		name = octets_from(name, 1);
	packages(ooxml, name);
	special_names(ooxml, name, bytes);
	open_document(ooxml, name, bytes);
	if (octets_match(bytes, 0, STR("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")))
		compound_member(ooxml, bytes);
	else if (name_is(name, STR("mimetype")))
		mimetype(ooxml, bytes);
	else if (name_is(name, STR("[content_types].xml")))
		content_types(ooxml, bytes, is_simple(bytes));
	else if (name_ends(name, STR(".rels")))
		relationships(ooxml, bytes);
	else if (is_xml(name, bytes))
		word_part(ooxml, bytes, is_simple(bytes));
}

enum filetype ooxml_type(const struct ooxml *ooxml)
{
	unsigned seen = ooxml->seen;

	if ((seen & SEEN_ANDROID) != 0 && (seen & (SEEN_DEX | SEEN_MANIFEST)) != 0)
		return FILETYPE_APK;
	if ((seen & SEEN_MANIFEST) != 0 && (seen & SEEN_CLASS) != 0)
		return FILETYPE_JAR;
	if ((seen & SEEN_APPX) != 0)
		return FILETYPE_MSIX;
	if (ooxml->type != FILETYPE_UNKNOWN)
		return ooxml->type;
	if ((seen & SEEN_CONTENT_TYPES) == 0)
		return FILETYPE_ZIP;
	return (seen & SEEN_WORD) != 0 ? FILETYPE_DOCX : (seen & SEEN_XL) != 0 ? FILETYPE_XLSX : (seen & SEEN_PPT) != 0 ? FILETYPE_PPTX : FILETYPE_OOXML;
}

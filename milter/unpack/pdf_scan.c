/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/pdf_scan.h"

#include "milter/unpack/octets.h"

#define DICTIONARY_MAX 8192		/* bytes before a stream in which its dictionary is looked for */
#define STRING_LOOKED_AT 4096

static bool is_blank(char c)
{
	return ascii_is_space(c) || c == '\f' || c == '\0';
}

static bool ends_name(char c)
{
	return is_blank(c) || (c != '\0' && strchr("()<>[]{}/%", c) != NULL);
}

static int hex_digit(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t pdf_name(struct str text, size_t at, char name[PDF_NAME_MAX + 1])
{
	size_t len = 0;

	for (at++; at < text.len && !ends_name(text.p[at]); at++) {
		int high = text.p[at] == '#' ? hex_digit((char)octets_u8(text, at + 1)) : -1, low = hex_digit((char)octets_u8(text, at + 2));
		char c = text.p[at];

		if (high >= 0 && low >= 0) {
			c = (char)(high << 4 | low);
			at += 2;
		}
		if (len < PDF_NAME_MAX)
			name[len++] = c;
	}
	name[len] = '\0';
	return at;
}

size_t pdf_skip_blank(struct str text, size_t at)
{
	while (at < text.len && (is_blank(text.p[at]) || text.p[at] == '%')) {
		if (text.p[at] == '%') {
			while (at < text.len && text.p[at] != '\n' && text.p[at] != '\r')
				at++;
		} else {
			at++;
		}
	}
	return at;
}

bool pdf_number(struct str text, size_t *at, unsigned long *ret_number)
{
	size_t i = pdf_skip_blank(text, *at), start = i;
	unsigned long number = 0;

	for (; i < text.len && ascii_is_digit(text.p[i]); i++)
		number = number < 100000000000UL ? number * 10 + (unsigned long)(text.p[i] - '0') : number;
	*ret_number = number;
	*at = i;
	return i > start;
}

bool pdf_reference(struct str text, size_t at, unsigned long *ret_object)
{
	unsigned long generation;

	return pdf_number(text, &at, ret_object) && pdf_number(text, &at, &generation) && octets_u8(text, pdf_skip_blank(text, at)) == 'R';
}

/* The bytes of a literal string (7.3.4.2); false at its end. */
static bool literal_next(struct str text, size_t *at, unsigned *depth, char *ret_c)
{
	char c;

	if (*at >= text.len)
		return false;
	c = text.p[(*at)++];
	if (c == '\\' && *at < text.len) {
		c = text.p[(*at)++];
		if (c >= '0' && c <= '7') {
			unsigned value = (unsigned)(c - '0');

			for (unsigned i = 0; i < 2 && octets_u8(text, *at) >= '0' && octets_u8(text, *at) <= '7'; i++)
				value = value * 8 + (unsigned)(text.p[(*at)++] - '0');
			c = (char)value;
		} else if (c == 'n' || c == 'r' || c == 't') {
			c = c == 'n' ? '\n' : c == 'r' ? '\r' : '\t';
		}
	} else if (c == '(') {
		++*depth;
	} else if (c == ')' && --*depth == 0) {
		return false;
	}
	*ret_c = c;
	return true;
}

static bool hex_next(struct str text, size_t *at, char *ret_c)
{
	int value = 0;

	for (unsigned digits = 0; *at < text.len && text.p[*at] != '>'; ++*at) {
		int digit = hex_digit(text.p[*at]);

		if (digit < 0)
			continue;
		value = value << 4 | digit;
		if (++digits == 2) {
			*ret_c = (char)value;
			++*at;
			return true;
		}
	}
	return false;
}

/* Text from UTF-16, whose characters beyond ASCII matter to nobody here but by their number of bytes. */
static size_t to_utf8(char *out, size_t len)
{
	size_t n = 0;

	for (size_t i = 2; i + 1 < len; i += 2) {
		unsigned c = (unsigned)(unsigned char)out[i] << 8 | (unsigned char)out[i + 1];

		/* what is written never overtakes what is read: three bytes at most for two, behind a mark of two, so cut */
		if (c < 0x80) {
			out[n++] = (char)c;
		} else if (c < 0x800) {
			out[n++] = (char)(0xc0 | c >> 6);
			out[n++] = (char)(0x80 | (c & 0x3f));
		} else if (n + 3 <= i + 2) {
			out[n++] = (char)(0xe0 | c >> 12);
			out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
			out[n++] = (char)(0x80 | (c & 0x3f));
		} else {
			out[n++] = '?';
		}
	}
	return n;
}

size_t pdf_string(struct str text, size_t at, char *out, size_t out_size)
{
	struct str near = octets_sub(text, 0, (at = pdf_skip_blank(text, at)) + STRING_LOOKED_AT);
	bool is_hex = octets_u8(near, at) == '<' && octets_u8(near, at + 1) != '<';
	unsigned depth = 1;
	size_t len = 0;
	char c;

	if (!is_hex && octets_u8(near, at) != '(')
		return 0;
	at++;
	while (len < out_size && (is_hex ? hex_next(near, &at, &c) : literal_next(near, &at, &depth, &c)))
		out[len++] = c;
	return len >= 2 && out[0] == '\xfe' && out[1] == '\xff' ? to_utf8(out, len) : len;
}

/* --- streams --- */

static enum pdf_filter filter_of(const char *name)
{
	static const struct {
		const char *name;
		enum pdf_filter filter;
	} names[] = {
		{ "FlateDecode", PDF_FLATE }, { "Fl", PDF_FLATE }, { "LZWDecode", PDF_LZW }, { "LZW", PDF_LZW }, { "ASCIIHexDecode", PDF_HEX }, { "AHx", PDF_HEX },
		{ "ASCII85Decode", PDF_ASCII85 }, { "A85", PDF_ASCII85 }, { "RunLengthDecode", PDF_RUN_LENGTH }, { "RL", PDF_RUN_LENGTH },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i].name) == 0)
			return names[i].filter;
	}
	return PDF_OTHER;
}

/* "/Filter /X" or "/Filter [ /X /Y ]"; at is behind the word. */
static void filters_read(struct str dictionary, size_t at, struct pdf_filters *filters)
{
	bool is_list;
	char name[PDF_NAME_MAX + 1];

	at = pdf_skip_blank(dictionary, at);
	is_list = octets_u8(dictionary, at) == '[';
	at = pdf_skip_blank(dictionary, at + is_list);
	while (octets_u8(dictionary, at) == '/' && filters->len < PDF_FILTERS_MAX) {
		at = pdf_skip_blank(dictionary, pdf_name(dictionary, at, name));
		filters->items[filters->len++] = filter_of(name);
		if (!is_list)
			break;
	}
}

static bool is_other_kind(const char *name)
{
	static const char *const names[] = { "Image", "XRef", "Metadata", "Type1C", "CIDFontType0C", "OpenType", "Length1", "DCTDecode", "JPXDecode",
		"CCITTFaxDecode", "JBIG2Decode", "FunctionType", "ShadingType", "PatternType" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

struct description {
	struct pdf_stream stream;
	unsigned long length, predictor, columns;
	bool has_length;
};

static void key_read(struct str dictionary, const char *name, size_t at, struct description *description)
{
	unsigned long object;

	if (strcmp(name, "Filter") == 0)
		filters_read(dictionary, at, &description->stream.filters);
	else if (strcmp(name, "Length") == 0 && !pdf_reference(dictionary, at, &object))
		description->has_length = pdf_number(dictionary, &at, &description->length);
	else if (strcmp(name, "Predictor") == 0)
		(void)pdf_number(dictionary, &at, &description->predictor);
	else if (strcmp(name, "Columns") == 0)
		(void)pdf_number(dictionary, &at, &description->columns);
	else if (strcmp(name, "ObjStm") == 0)
		description->stream.is_objects = true;
	else if (strcmp(name, "EmbeddedFile") == 0)
		description->stream.is_file = true;
	else if (is_other_kind(name))
		description->stream.is_other = true;
}

static void dictionary_read(struct str dictionary, struct description *ret_description)
{
	const char *p = dictionary.p, *end = dictionary.p + dictionary.len;
	char name[PDF_NAME_MAX + 1];

	*ret_description = (struct description){ .length = 0 };
	while (p < end && (p = memchr(p, '/', (size_t)(end - p))) != NULL) {
		size_t behind = pdf_name(dictionary, (size_t)(p - dictionary.p), name);

		key_read(dictionary, name, behind, ret_description);
		p = dictionary.p + behind;
	}
	if (ret_description->predictor >= 10)
		ret_description->stream.filters.predictor_columns = ret_description->columns == 0 || ret_description->columns > 65536 ? 1 :
			(unsigned)ret_description->columns;
}

/* --- the scan --- */

/* Where a word is next. It is asked at growing places, and remembered: so all questions together are linear. */
struct next {
	struct str word;
	size_t at, asked_at;
	bool is_known;
};

static size_t next_find(struct next *next, struct str text, size_t from)
{
	if (!next->is_known || from < next->asked_at || (next->at != (size_t)-1 && next->at < from)) {
		next->at = octets_find(text, from, next->word);
		next->asked_at = from;
		next->is_known = true;
	}
	return next->at;
}

struct scan {
	struct str text;
	const struct pdf_visitor *visitor;
	size_t object_at;		/* behind the last "obj" or "stream" */
	unsigned long object;
	struct next endstream, obj;
	size_t data_end;		/* of the last stream */
};

/* The data: as long as it says when an "endstream" follows there; else up to the next one. Returns where it ends. */
static size_t data_find(struct scan *scan, size_t at, const struct description *description, struct str *ret_data)
{
	struct str text = scan->text;
	size_t end = (size_t)-1;

	at += octets_u8(text, at) == '\r';
	at += octets_u8(text, at) == '\n';
	if (description->has_length && octets_within(text, at, description->length)) {
		struct str behind = octets_sub(text, at + description->length, 16);

		if (octets_has(behind, STR("endstream")))
			end = at + description->length;
	}
	if (end == (size_t)-1)
		end = next_find(&scan->endstream, text, at);
	if (end == (size_t)-1)
		end = text.len;
	*ret_data = octets_sub(text, at, end - at);
	return end;
}

/* Backwards over what is so; no number has more digits or blanks. */
static size_t back_over(struct str text, size_t at, bool (*is_so)(char c))
{
	size_t i = at;

	while (i > 0 && at - i < 32 && is_so(text.p[i - 1]))
		i--;
	return i;
}

/* The number in "12 0 obj", at being at the 'o'. */
static unsigned long object_number(struct str text, size_t at)
{
	size_t generation = back_over(text, back_over(text, at, is_blank), ascii_is_digit);
	size_t start = back_over(text, back_over(text, generation, is_blank), ascii_is_digit);
	unsigned long number = 0;

	return pdf_number(text, &start, &number) ? number : 0;
}

/* A dictionary ended just before the word. */
static bool follows_dictionary(struct str text, size_t at)
{
	size_t i = at;

	while (i > 0 && at - i < 64 && is_blank(text.p[i - 1]))
		i--;
	return i > 0 && text.p[i - 1] == '>';
}

static size_t stream_seen(struct scan *scan, size_t at)
{
	size_t start = scan->object_at < at && at - scan->object_at <= DICTIONARY_MAX ? scan->object_at : at > DICTIONARY_MAX ? at - DICTIONARY_MAX : 0;
	struct description description;
	size_t end;

	dictionary_read(octets_sub(scan->text, start, at - start), &description);
	scan->object_at = at + 6;
	end = data_find(scan, at + 6, &description, &description.stream.data);
	description.stream.object = scan->object;
	description.stream.is_within = at < scan->data_end;
	scan->data_end = end;
	if (scan->visitor->stream != NULL)
		scan->visitor->stream(scan->visitor->arg, &description.stream);
	/* data that could be read as objects is: a wrong length must not hide what stands behind it */
	return next_find(&scan->obj, scan->text, at) < end ? at + 6 : end;
}

static size_t word_seen(struct scan *scan, size_t at)
{
	if (octets_match(scan->text, at, STR("obj")) && at > 0 && (is_blank(scan->text.p[at - 1]) || ascii_is_digit(scan->text.p[at - 1]))) {
		scan->object = object_number(scan->text, at);
		scan->object_at = at + 3;
		return at + 3;
	}
	if (octets_match(scan->text, at, STR("stream")) && is_blank((char)octets_u8(scan->text, at + 6)) && follows_dictionary(scan->text, at))
		return stream_seen(scan, at);
	return at + 1;
}

static size_t name_seen(struct scan *scan, size_t at)
{
	char name[PDF_NAME_MAX + 1];
	size_t behind = pdf_name(scan->text, at, name);

	if (scan->visitor->name != NULL)
		scan->visitor->name(scan->visitor->arg, name, scan->text, behind);
	return behind;
}

static size_t bracket_seen(struct scan *scan, size_t at)
{
	if (octets_u8(scan->text, at + 1) != octets_u8(scan->text, at))
		return at + 1;
	if (scan->visitor->bracket != NULL)
		scan->visitor->bracket(scan->visitor->arg, scan->text.p[at] == '<');
	return at + 2;
}

void pdf_scan(struct str text, const struct pdf_visitor *visitor)
{
	struct scan scan = { .text = text, .visitor = visitor, .endstream = { .word = STR("endstream") }, .obj = { .word = STR(" obj") } };
	size_t at = 0;

	while (at < text.len) {
		switch (text.p[at]) {
		case '/':
			at = name_seen(&scan, at);
			break;
		case 'o':
		case 's':
			at = word_seen(&scan, at);
			break;
		case '<':
		case '>':
			at = bracket_seen(&scan, at);
			break;
		default:
			at++;
		}
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/mime_header.h"

#include "milter/mail/encoded.h"
#include "milter/unpack/mime_encoding.h"
#include "milter/unpack/mime_fields.h"
#include "milter/unpack/mime_parameters.h"

enum {
	VALUE_MAX = 64 * 1024,	/* of one field */
	BOUNDARY_MAX = 70,	/* RFC 2046 5.1.1 */
	SMALL_VALUE = 4096,	/* up to here every combination of readings is tried */
	TEXTS_MAX = 8,
};

struct reader {
	struct arena *arena;
	struct mime_header *header;
	enum line_ends ends;
	bool found[MIME_FIELD_KINDS];	/* regular fields, under these line ends */
};

/* The ways in which a value's lines become one text. */
struct texts {
	struct str items[TEXTS_MAX];
	size_t len;
};

enum fold { FOLD_KEEPS_SPACE /* RFC 5322 2.2.3 */, FOLD_IS_SPACE, FOLD_IS_NOTHING };

static void oddity(struct mime_header *header, const char *why)
{
	if (header->why[0] == '\0')
		header->why = why;
}

static struct mime_list list_of(struct mime_header *header, struct str *items, size_t *len, size_t max)
{
	return (struct mime_list){ items, len, max, &header->overflowed };
}

static struct mime_list types_of(struct mime_header *header)
{
	return list_of(header, header->types, &header->types_len, MIME_CANDIDATES_MAX);
}

static struct mime_list names_of(struct mime_header *header)
{
	return list_of(header, header->names, &header->names_len, MIME_NAMES_MAX);
}

static bool has(struct str s, char c)
{
	return s.len > 0 && memchr(s.p, c, s.len) != NULL;
}

static bool contains(struct str s, const char *part)
{
	return s.len > 0 && memmem(s.p, s.len, part, strlen(part)) != NULL;
}

static void add_encoding(struct mime_header *header, enum transfer_encoding encoding)
{
	for (size_t i = 0; i < header->encodings_len; i++)
		if (header->encodings[i] == encoding)
			return;
	header->encodings[header->encodings_len++] = encoding;
}
_Static_assert(ENCODING_UNKNOWN < MIME_CANDIDATES_MAX, "a list of distinct encodings has room for all of them");

static void add_text(struct texts *texts, struct str text)
{
	for (size_t i = 0; i < texts->len; i++)
		if (str_equal(texts->items[i], text))
			return;
	if (texts->len < TEXTS_MAX)
		texts->items[texts->len++] = text;
}

static struct str unfold(const struct reader *reader, struct str value, enum fold fold)
{
	char *out = arena_alloc(reader->arena, value.len + 1);
	struct str rest = value;
	size_t len = 0;

	while (rest.len > 0) {
		bool is_fold = rest.p != value.p;
		struct str line = mime_line_next(&rest, reader->ends);

		while (is_fold && fold != FOLD_KEEPS_SPACE && line.len > 0 && (line.p[0] == ' ' || line.p[0] == '\t'))
			line = (struct str){ line.p + 1, line.len - 1 };
		if (is_fold && fold == FOLD_IS_SPACE)
			out[len++] = ' ';
		if (line.len > 0)
			memcpy(out + len, line.p, line.len);
		len += line.len;
	}
	return str_trim((struct str){ out, len });
}

/* Is there a fold where no separator stands before it? And where does a fold of white space alone begin (value.len: nowhere)? */
static bool look_at_folds(const struct reader *reader, struct str value, size_t *ret_blank)
{
	struct str rest = value, before;
	bool odd = false;

	*ret_blank = value.len;
	before = str_trim(mime_line_next(&rest, reader->ends));
	while (rest.len > 0) {
		size_t at = (size_t)(rest.p - value.p);
		struct str line = str_trim(mime_line_next(&rest, reader->ends));

		odd |= before.len > 0 && before.p[before.len - 1] != ';' && before.p[before.len - 1] != ',' && line.len > 0;
		if (line.len == 0 && *ret_blank == value.len)
			*ret_blank = at;
		before = line.len > 0 ? line : before;
	}
	return odd;
}

static struct str without_junk(const struct reader *reader, struct str text)
{
	char *out = arena_alloc(reader->arena, text.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] != '\0' && text.p[i] != '\r')
			out[len++] = text.p[i];
	return str_trim((struct str){ out, len });
}

/* NUL, and CR that ends no line: in the text as they are, as the end of it, and not there at all. */
static void add_junk_readings(const struct reader *reader, struct texts *texts, struct str text)
{
	size_t len = text.len;

	if (has(text, '\0'))
		len = (size_t)((const char *)memchr(text.p, '\0', text.len) - text.p);
	else if (!has(text, '\r'))
		return;
	add_text(texts, without_junk(reader, text));
	add_text(texts, str_trim((struct str){ text.p, len }));
}

static void make_texts(const struct reader *reader, const struct mime_field *field, struct texts *ret_texts)
{
	struct str value = field->value;
	bool folded = has(value, '\n') || has(value, '\r'), odd_folds;
	size_t blank;

	ret_texts->len = 0;
	add_text(ret_texts, folded ? unfold(reader, value, FOLD_KEEPS_SPACE) : str_trim(value));
	add_junk_readings(reader, ret_texts, ret_texts->items[0]);
	if (folded) {
		odd_folds = look_at_folds(reader, value, &blank);
		if (odd_folds)
			add_text(ret_texts, unfold(reader, value, FOLD_IS_SPACE));
		if (odd_folds)
			add_text(ret_texts, unfold(reader, value, FOLD_IS_NOTHING));
		if (blank < value.len)
			add_text(ret_texts, unfold(reader, (struct str){ value.p, blank }, FOLD_KEEPS_SPACE));
	}
	if (field->loose.len > value.len)
		add_text(ret_texts, unfold(reader, field->loose, FOLD_IS_SPACE));
}

static bool is_token_char(char c)
{
	return c > ' ' && c < 0x7f && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

static size_t token_length(struct str s, size_t at)
{
	size_t len = 0;

	while (at + len < s.len && is_token_char(s.p[at + len]))
		len++;
	return len;
}

static size_t skip_space(struct str s, size_t at)
{
	while (at < s.len && ascii_is_space(s.p[at]))
		at++;
	return at;
}

/* "type/subtype" that text begins with, lower case; "type" when there is no "/", "" when there is nothing of the kind. */
static struct str read_type(const struct reader *reader, struct str text)
{
	size_t type = token_length(text, 0), slash = skip_space(text, type), start = slash, subtype = 0;
	char *out;

	if (slash < text.len && text.p[slash] == '/') {
		start = skip_space(text, slash + 1);
		subtype = token_length(text, start);
	}
	if (type == 0)
		return STR("");
	out = arena_alloc(reader->arena, type + subtype + 2);
	for (size_t i = 0; i < type; i++)
		out[i] = ascii_lower(text.p[i]);
	if (subtype == 0)
		return (struct str){ out, type };
	out[type] = '/';
	for (size_t i = 0; i < subtype; i++)
		out[type + 1 + i] = ascii_lower(text.p[start + i]);
	return (struct str){ out, type + 1 + subtype };
}

static bool has_known_type(struct str type)
{
	static const struct str known[] = { STR("text/"), STR("multipart/"), STR("message/"), STR("application/"), STR("image/"), STR("audio/"),
					    STR("video/"), STR("font/"), STR("model/") };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_has_prefix(type, known[i]))
			return true;
	return false;
}

/* One boundary and what RFC 2046 5.1.1 or an encoded word makes of it. */
static void add_boundary_readings(const struct reader *reader, const struct mime_list *list)
{
	size_t len = *list->len;

	for (size_t i = 0; i < len; i++) {
		struct str boundary = list->items[i];
		struct encoded encoded;

		if (boundary.len > BOUNDARY_MAX)
			mime_list_add(list, (struct str){ boundary.p, BOUNDARY_MAX });
		if (!contains(boundary, "=?"))
			continue;
		encoded_decode(reader->arena, boundary, &encoded);
		if (encoded.words > 0)
			mime_list_add(list, encoded.text);
	}
}

/* What can be no name of a charset is the work of a reading that is wrong. */
static void add_charsets(const struct reader *reader, const struct mime_parameters *parameters)
{
	struct mime_header *header = reader->header;
	struct str items[MIME_CANDIDATES_MAX];
	size_t len = 0;
	bool more = false;
	struct mime_list found = { items, &len, MIME_CANDIDATES_MAX, &more };
	struct mime_list list = list_of(header, header->charsets, &header->charsets_len, MIME_CANDIDATES_MAX);

	mime_parameter_values(reader->arena, parameters, STR("charset"), false, &found);
	for (size_t i = 0; i < len; i++)
		if (items[i].len > 0 && token_length(items[i], 0) + (size_t)has(items[i], ':') == items[i].len)
			mime_list_add(&list, items[i]);
	header->overflowed |= more;
}

static void read_types(const struct reader *reader, const struct mime_parameters *parameters)
{
	struct mime_list types = types_of(reader->header);
	struct str type = read_type(reader, parameters->first);

	mime_list_add(&types, type);
	for (size_t i = 0; i < parameters->words_len; i++) {
		type = read_type(reader, parameters->words[i]);
		if (has_known_type(type))
			mime_list_add(&types, type);
	}
}

static void read_disposition(const struct reader *reader, const struct mime_parameters *parameters)
{
	struct str first = parameters->first, word = { first.p, token_length(first, 0) };

	if (first.len > 0 && !has(first, '=') && !str_equal_nocase(word, STR("inline")))
		reader->header->is_attachment = true;
}

static void read_parameters(const struct reader *reader, enum mime_field_kind kind, const struct mime_parameters *parameters)
{
	struct mime_header *header = reader->header;
	struct mime_list names = names_of(header);
	struct mime_list boundaries = list_of(header, header->boundaries, &header->boundaries_len, MIME_CANDIDATES_MAX);

	header->overflowed |= parameters->overflowed;
	mime_parameter_values(reader->arena, parameters, kind == FIELD_TYPE ? STR("name") : STR("filename"), true, &names);
	mime_parameter_values(reader->arena, parameters, kind == FIELD_TYPE ? STR("filename") : STR("name"), true, &names);
	if (kind == FIELD_DISPOSITION) {
		read_disposition(reader, parameters);
		return;
	}
	read_types(reader, parameters);
	mime_parameter_values(reader->arena, parameters, STR("boundary"), false, &boundaries);
	add_boundary_readings(reader, &boundaries);
	add_charsets(reader, parameters);
}

/* Is this one of the readings to be tried? If not all of them: RFC 2045, each change by itself, and all at once. */
static bool is_tried(unsigned lexis, unsigned matters, bool all)
{
	return (lexis & ~matters) == 0 && (all || lexis == matters || (lexis & (lexis - 1)) == 0);
}

static void read_structured(const struct reader *reader, enum mime_field_kind kind, struct str text, bool all)
{
	unsigned matters = mime_lexis_matters(text);

	for (unsigned lexis = 0; lexis <= matters; lexis++) {
		struct mime_parameters parameters;

		if (lexis > 0 && reader->header->overflowed)
			return;		/* more readings would say the same: too many */
		if (!is_tried(lexis, matters, all && text.len <= SMALL_VALUE))
			continue;
		mime_parameters_read(reader->arena, text, lexis, &parameters);
		read_parameters(reader, kind, &parameters);
	}
}

/* An encoded word in front of all parameters may hold them: somebody decodes whole fields (RFC 2047 5 forbids it). */
static void read_decoded(const struct reader *reader, enum mime_field_kind kind, struct str text)
{
	struct str rest = text;
	struct encoded encoded;

	if (!contains(str_split(&rest, ";\""), "=?"))
		return;
	encoded_decode(reader->arena, text, &encoded);
	if (encoded.words > 0)
		read_structured(reader, kind, without_junk(reader, encoded.text), false);
}

static void read_encoding(const struct reader *reader, struct str text)
{
	struct mime_encodings encodings;

	mime_encoding_read(reader->arena, text, &encodings);
	for (size_t i = 0; i < encodings.len; i++)
		add_encoding(reader->header, encodings.items[i]);
	reader->header->encoding_is_unknown |= encodings.is_unknown;
}

/* A description is a name when it ends like one and is no sentence or address. */
static void read_description(const struct reader *reader, struct str text)
{
	struct mime_list names = names_of(reader->header);
	struct encoded encoded = { .text = text };
	size_t len = 0;
	bool letter = false;

	if (contains(text, "=?"))
		encoded_decode(reader->arena, text, &encoded);
	while (len < encoded.text.len && ascii_is_alnum(encoded.text.p[encoded.text.len - 1 - len]))
		letter |= ascii_is_alpha(encoded.text.p[encoded.text.len - 1 - len++]);
	if (!letter || len > 5 || len + 1 >= encoded.text.len || encoded.text.p[encoded.text.len - 1 - len] != '.')
		return;
	if (!has(encoded.text, '@') && !contains(encoded.text, "://"))
		mime_list_add(&names, text);
}

static void read_text(const struct reader *reader, enum mime_field_kind kind, struct str text, bool is_first)
{
	switch (kind) {
	case FIELD_ENCODING:
		read_encoding(reader, text);
		break;
	case FIELD_DESCRIPTION:
		read_description(reader, text);
		break;
	default:
		read_structured(reader, kind, text, is_first);
		read_decoded(reader, kind, text);
	}
}

static void read_field(struct reader *reader, struct mime_field *field)
{
	struct mime_header *header = reader->header;
	struct texts texts;

	if (field->loose.len > VALUE_MAX) {
		header->overflowed = true;
		field->loose.len = VALUE_MAX;
		field->value.len = field->value.len < VALUE_MAX ? field->value.len : VALUE_MAX;
	}
	if (field->is_odd) {
		header->is_odd = true;
		oddity(header, "a field whose name is odd");
	} else {
		reader->found[field->kind] = true;
	}
	if (has(field->value, '\0')) {
		header->differs_by_nul = true;
		oddity(header, "a NUL in a field");
	}
	make_texts(reader, field, &texts);
	for (size_t i = 0; i < texts.len; i++)
		read_text(reader, field->kind, texts.items[i], i == 0);
}

/* Where no regular field tells, a program may see none at all. */
static void add_absence(const struct reader *reader)
{
	struct mime_list types = types_of(reader->header);

	if (!reader->found[FIELD_TYPE])
		mime_list_add(&types, STR(""));
	if (!reader->found[FIELD_ENCODING])
		add_encoding(reader->header, ENCODING_IDENTITY);
}

static void read_lines(struct arena *arena, struct str bytes, enum line_ends ends, struct mime_header *header)
{
	static const enum mime_field_kind order[] = { FIELD_DISPOSITION, FIELD_TYPE, FIELD_ENCODING, FIELD_DESCRIPTION };
	struct reader reader = { .arena = arena, .header = header, .ends = ends };
	struct mime_fields fields;

	mime_fields_find(bytes, ends, &fields);
	header->overflowed |= fields.overflowed;
	if (fields.has_junk) {
		header->is_odd = true;
		oddity(header, "a line of the header that is no field");
	}
	for (size_t kind = 0; kind < MIME_FIELD_KINDS; kind++)
		for (int odd = 0; odd <= 1; odd++)
			for (size_t i = 0; i < fields.len; i++)
				if (fields.items[i].kind == order[kind] && fields.items[i].is_odd == (odd != 0))
					read_field(&reader, &fields.items[i]);
	add_absence(&reader);
}

static size_t count(const struct mime_header *header)
{
	return header->types_len + header->encodings_len + header->boundaries_len + header->names_len + header->charsets_len;
}

void mime_header_read(struct arena *arena, struct str bytes, struct mime_header *ret_header)
{
	struct str behind = bytes;
	size_t before;

	if (mime_line_is_envelope(mime_line_next(&behind, LINES_END_LF)))
		bytes = behind;		/* no field, and its line end is of another maker */
	*ret_header = (struct mime_header){ .why = "" };
	read_lines(arena, bytes, LINES_END_LF, ret_header);
	before = count(ret_header);
	if (mime_has_bare_cr(bytes))
		read_lines(arena, bytes, LINES_END_ANY, ret_header);
	if (mime_mixes_line_ends(bytes))
		read_lines(arena, bytes, LINES_END_CRLF, ret_header);
	if (count(ret_header) > before) {
		ret_header->differs_by_line_end = true;
		oddity(ret_header, "a line end that is none to some programs");
	}
	ret_header->is_attachment |= ret_header->names_len > 0;
}

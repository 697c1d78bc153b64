/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/mime_fields.h"

enum {
	NAME_MAX_BYTES = 1024,	/* of what stands before a colon, comments included; a longer one is nobody's field */
	NAME_MAX_SQUEEZED = 32,
};

static struct str skip(struct str s, size_t len)
{
	return (struct str){ s.p + len, s.len - len };
}

static struct str take(struct str *rest, size_t len, size_t end)
{
	struct str line = { rest->p, len };

	*rest = skip(*rest, len + end);
	return line;
}

static struct str take_lf(struct str *rest)
{
	const char *lf = memchr(rest->p, '\n', rest->len);
	size_t len = lf == NULL ? rest->len : (size_t)(lf - rest->p);

	if (lf != NULL && len > 0 && lf[-1] == '\r')
		return take(rest, len - 1, 2);
	return take(rest, len, lf != NULL);
}

static struct str take_any(struct str *rest)
{
	size_t len = 0;

	while (len < rest->len && rest->p[len] != '\n' && rest->p[len] != '\r')
		len++;
	if (len == rest->len)
		return take(rest, len, 0);
	return take(rest, len, rest->p[len] == '\r' && len + 1 < rest->len && rest->p[len + 1] == '\n' ? 2 : 1);
}

static struct str take_crlf(struct str *rest)
{
	const char *crlf = memmem(rest->p, rest->len, "\r\n", 2);

	return crlf == NULL ? take(rest, rest->len, 0) : take(rest, (size_t)(crlf - rest->p), 2);
}

struct str mime_line_next(struct str *rest, enum line_ends ends)
{
	if (rest->len == 0)
		return *rest;
	switch (ends) {
	case LINES_END_ANY:
		return take_any(rest);
	case LINES_END_CRLF:
		return take_crlf(rest);
	default:
		return take_lf(rest);
	}
}

bool mime_has_bare_cr(struct str bytes)
{
	const char *cr;

	while (bytes.len > 0 && (cr = memchr(bytes.p, '\r', bytes.len)) != NULL) {
		bytes = skip(bytes, (size_t)(cr - bytes.p) + 1);
		if (bytes.len == 0 || bytes.p[0] != '\n')
			return true;
	}
	return false;
}

bool mime_mixes_line_ends(struct str bytes)
{
	const char *start = bytes.p, *lf;
	bool bare = false, crlf = false;

	while (bytes.len > 0 && !(bare && crlf) && (lf = memchr(bytes.p, '\n', bytes.len)) != NULL) {
		if (lf > start && lf[-1] == '\r')
			crlf = true;
		else
			bare = true;
		bytes = skip(bytes, (size_t)(lf - bytes.p) + 1);
	}
	return bare && crlf;
}

static bool is_graphic(char c)
{
	return c > ' ' && c < 0x7f;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool mime_line_is_field(struct str line)
{
	size_t len = 0;

	while (len < line.len && is_graphic(line.p[len]) && line.p[len] != ':')
		len++;
	if (len == 0)
		return false;
	while (len < line.len && is_blank(line.p[len]))
		len++;
	return len < line.len && line.p[len] == ':';
}

bool mime_line_is_envelope(struct str line)
{
	return str_has_prefix(line, STR("From ")) || str_has_prefix(line, STR(">From "));
}

/* What stands before the colon without all that is no letter of a name, and how many bytes it took, with the colon. */
struct name {
	char text[NAME_MAX_SQUEEZED];
	size_t text_len;
	size_t len;
	bool is_odd;
};

/* A comment before the colon may hold one (RFC 822 3.1.4 allowed comments there); one that does not end is passed over as it is. */
static bool read_name(struct str field, bool comments, struct name *ret_name)
{
	size_t depth = 0, limit = field.len < NAME_MAX_BYTES ? field.len : NAME_MAX_BYTES;

	*ret_name = (struct name){ .len = 0 };
	for (size_t i = 0; i < limit; i++) {
		char c = field.p[i];

		if (c == ':' && (depth == 0 || !comments)) {
			ret_name->len = i + 1;
			return ret_name->text_len > 0;
		}
		if (c == '(')
			depth++;
		if (depth == 0 && is_graphic(c)) {
			if (ret_name->text_len == NAME_MAX_SQUEEZED)
				return false;
			ret_name->text[ret_name->text_len++] = c;
		} else {
			ret_name->is_odd = true;
		}
		if (c == ')' && depth > 0)
			depth--;
	}
	return false;
}

static bool find_kind(const struct name *name, enum mime_field_kind *ret_kind)
{
	static const struct str names[MIME_FIELD_KINDS] = {
		[FIELD_TYPE] = STR("Content-Type"), [FIELD_ENCODING] = STR("Content-Transfer-Encoding"),
		[FIELD_DISPOSITION] = STR("Content-Disposition"), [FIELD_DESCRIPTION] = STR("Content-Description"),
	};

	for (size_t i = 0; i < MIME_FIELD_KINDS; i++) {
		*ret_kind = (enum mime_field_kind)i;
		if (str_equal_nocase((struct str){ name->text, name->text_len }, names[i]))
			return true;
	}
	return false;
}

static void add(struct mime_fields *fields, enum mime_field_kind kind, struct str value, bool is_odd)
{
	if (fields->len == MIME_FIELDS_MAX) {
		fields->overflowed = true;
		fields->len--;
	}
	fields->items[fields->len++] = (struct mime_field){ .kind = kind, .value = value, .loose = value, .is_odd = is_odd };
}

/* Adds the field when it is one of ours under some reading. */
static bool consider(struct mime_fields *fields, struct str field)
{
	bool found = false;
	struct name name;
	size_t len = 0;

	for (int comments = 1; comments >= 0; comments--) {
		enum mime_field_kind kind;

		if (!read_name(field, comments != 0, &name) || name.len == len || !find_kind(&name, &kind))
			continue;
		add(fields, kind, skip(field, name.len), name.is_odd);
		len = name.len;
		found = true;
	}
	return found;
}

/* The token that a value begins with; empty when something follows it that does not follow a token. */
static struct str first_token(struct str value)
{
	size_t len = 0;

	if (value.len > NAME_MAX_BYTES)
		value.len = NAME_MAX_BYTES;
	while (value.len > 0 && ascii_is_space(value.p[0]))
		value = skip(value, 1);
	while (len < value.len && is_graphic(value.p[len]) && strchr(";,:()<>@\"[]?=", value.p[len]) == NULL)
		len++;
	if (len < value.len && strchr(":<>@[]?=", value.p[len]) != NULL)
		return STR("");
	return (struct str){ value.p, len };
}

static bool is_one_of(struct str token, const char *const *words)
{
	for (; *words != NULL; words++)
		if (str_equal_nocase(token, str_of(*words)))
			return true;
	return false;
}

/* A fold that looks like a field of ours: whoever trims lines takes it for one. What follows the colon must be such a field's value, because
 * lists of names of fields are folded as well (DKIM-Signature, "h="). */
static bool is_plausible(enum mime_field_kind kind, struct str value)
{
	static const char *const encodings[] = { "base64", "quoted-printable", "7bit", "8bit", "binary", "x-uuencode", "uuencode", "x-uue", "uue",
						 "x-yenc", "x-yencode", "yenc", "x-binhex", "binhex", NULL };
	static const char *const dispositions[] = { "attachment", "inline", NULL };
	struct str token = first_token(value);

	switch (kind) {
	case FIELD_TYPE:
		return token.len > 0 && memchr(token.p, '/', token.len) != NULL;
	case FIELD_ENCODING:
		return is_one_of(token, encodings);
	case FIELD_DISPOSITION:
		return is_one_of(token, dispositions);
	default:
		return false;
	}
}

/* fold begins with the line in question and goes on to the end of the field. */
static void consider_fold(struct mime_fields *fields, struct str fold, size_t line_len)
{
	enum mime_field_kind kind;
	struct name name;
	size_t start = 0;

	while (start < line_len && !is_graphic(fold.p[start]))
		start++;
	fold = skip(fold, start);
	if (start == line_len || strchr("cC(", fold.p[0]) == NULL || !read_name(fold, true, &name) || !find_kind(&name, &kind) ||
	    !is_plausible(kind, skip(fold, name.len)))
		return;
	add(fields, kind, skip(fold, name.len), true);
}

/* Could the field be one of ours? Anything that is no letter of a name, and comments, may stand in front of the "C". */
static bool is_candidate(struct str field)
{
	char c = field.len > 0 ? field.p[0] : '\0';

	return !is_graphic(c) || c == 'c' || c == 'C' || c == '(';
}

/* A line and the folds behind it. */
static struct str take_field(struct str *rest, enum line_ends ends, struct str *ret_line)
{
	struct str line = mime_line_next(rest, ends), field = line;
	const char *last = NULL;

	while (rest->len > 0 && is_blank(rest->p[0])) {
		struct str fold = mime_line_next(rest, ends);

		last = fold.p + fold.len;
	}
	if (last != NULL)
		field.len = (size_t)(last - field.p);
	*ret_line = line;
	return field;
}

static void consider_folds(struct mime_fields *fields, struct str line, struct str field, enum line_ends ends)
{
	struct str rest = skip(field, line.len);

	if (rest.len == 0)
		return;
	(void)mime_line_next(&rest, ends);	/* the end of the first line */
	while (rest.len > 0) {
		struct str fold = rest;

		consider_fold(fields, fold, mime_line_next(&rest, ends).len);
	}
}

void mime_fields_find(struct str block, enum line_ends ends, struct mime_fields *ret_fields)
{
	struct mime_field *before = NULL;
	struct str rest = block;

	*ret_fields = (struct mime_fields){ .len = 0 };
	while (rest.len > 0) {
		struct str line, field = take_field(&rest, ends, &line);

		if (is_candidate(field) && consider(ret_fields, field)) {
			before = &ret_fields->items[ret_fields->len - 1];
		} else if (mime_line_is_field(line)) {
			before = NULL;
		} else {
			ret_fields->has_junk |= line.len > 0;
			if (before != NULL)
				before->loose.len = (size_t)(field.p + field.len - before->loose.p);
		}
		consider_folds(ret_fields, line, field, ends);
	}
}

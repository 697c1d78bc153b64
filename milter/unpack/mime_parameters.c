/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/mime_parameters.h"

enum { SECTION_LARGEST = 1000000 };

static struct str skip(struct str s, size_t len)
{
	return (struct str){ s.p + len, s.len - len };
}

static bool has(struct str s, char c)
{
	return s.len > 0 && memchr(s.p, c, s.len) != NULL;
}

static bool is_separator(char c, unsigned lexis)
{
	return c == ';' || (c == ',' && (lexis & LEXIS_COMMA_SEPARATES) != 0);
}

/* The bytes of a quoted string or a comment, as far as it goes when it does not end; 0 when s begins with neither, or lexis makes it text. */
static size_t delimited(struct str s, unsigned lexis)
{
	bool quoted = s.p[0] == '"' && (lexis & LEXIS_QUOTES_ARE_TEXT) == 0;
	size_t depth = 1, i = 1;

	if (!quoted && (s.p[0] != '(' || (lexis & LEXIS_COMMENTS_ARE_TEXT) != 0))
		return 0;
	for (; i < s.len && depth > 0; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == (quoted ? '"' : ')'))
			depth--;
		else if (!quoted && s.p[i] == '(')
			depth++;
	}
	return i < s.len ? i : s.len;
}

/* Space that ends a value: not the one around a "=". */
static bool space_ends(struct str s, size_t at, bool after_equals)
{
	while (at < s.len && ascii_is_space(s.p[at]))
		at++;
	return !after_equals && at < s.len && s.p[at] != '=' && s.p[at] != ';';
}

struct piece {
	struct str raw;
	size_t equals;		/* of the first "=" outside quotes and comments; raw.len: none */
};

static struct piece take_piece(struct str *rest, unsigned lexis)
{
	struct piece piece = { { rest->p, 0 }, rest->len };
	bool empty = true, after_equals = false;
	size_t i = 0;

	while (i < rest->len && !is_separator(rest->p[i], lexis)) {
		size_t len = delimited(skip(*rest, i), lexis);
		bool space = ascii_is_space(rest->p[i]);

		if (space && !empty && (lexis & LEXIS_SPACE_SEPARATES) != 0 && space_ends(*rest, i, after_equals))
			break;
		if (rest->p[i] == '=' && piece.equals == rest->len)
			piece.equals = i;
		if (!space && (len == 0 || rest->p[i] == '"')) {
			after_equals = rest->p[i] == '=' && piece.equals == i;
			empty = false;
		}
		i += len > 0 ? len : 1;
	}
	piece.raw.len = i;
	if (piece.equals > i)
		piece.equals = i;
	*rest = skip(*rest, i < rest->len ? i + 1 : i);
	return piece;
}

/* Without comments, white space, quotes and whatever is not printable ASCII. */
static struct str squeeze(struct arena *arena, struct str s, unsigned lexis)
{
	struct str trimmed = str_trim(s);
	char *out;
	size_t len = 0;

	while (len < trimmed.len && (ascii_is_alnum(trimmed.p[len]) || trimmed.p[len] == '*' || trimmed.p[len] == '-'))
		len++;
	if (len == trimmed.len)
		return trimmed;
	out = arena_alloc(arena, s.len + 1);
	len = 0;
	for (size_t i = 0; i < s.len; i++) {
		size_t comment = s.p[i] == '(' ? delimited(skip(s, i), lexis) : 0;

		if (comment > 0)
			i += comment - 1;
		else if (s.p[i] > ' ' && s.p[i] < 0x7f && s.p[i] != '"')
			out[len++] = s.p[i];
	}
	return (struct str){ out, len };
}

static size_t copy_quoted(struct str quoted, char *out)
{
	size_t len = 0, last = quoted.len;

	if (last > 1 && quoted.p[last - 1] == '"')
		last--;
	for (size_t i = 1; i < last; i++) {
		if (quoted.p[i] == '\\' && i + 1 < last)
			i++;
		out[len++] = quoted.p[i];
	}
	return len;
}

/* Is it one quoted string in which nothing is escaped? */
static bool is_simply_quoted(struct str raw)
{
	const char *end = raw.len > 1 && raw.p[0] == '"' ? memchr(raw.p + 1, '"', raw.len - 1) : NULL;

	return end == raw.p + raw.len - 1 && raw.len > 1 && !has(raw, '\\');
}

/* Quoted strings become their content, comments go, what stands outside of them is kept. */
static struct str unquote(struct arena *arena, struct str raw, unsigned lexis)
{
	size_t len = 0, end = 0;
	char *out;

	if (!has(raw, '"') && !has(raw, '('))
		return raw;
	if (is_simply_quoted(raw) && (lexis & LEXIS_QUOTES_ARE_TEXT) == 0)
		return (struct str){ raw.p + 1, raw.len - 2 };
	out = arena_alloc(arena, raw.len + 1);
	for (size_t i = 0; i < raw.len;) {
		size_t inside = delimited(skip(raw, i), lexis);

		if (inside == 0) {
			if (len > 0 || !ascii_is_space(raw.p[i]))
				out[len++] = raw.p[i];
			end = ascii_is_space(raw.p[i++]) ? end : len;
			continue;
		}
		if (raw.p[i] == '"') {
			len += copy_quoted((struct str){ raw.p + i, inside }, out + len);
			end = len;
		}
		i += inside;
	}
	return (struct str){ out, end };
}

/* "filename*2*": name, section 2, extended. The first "*" ends the name. */
static void read_stars(struct mime_parameter *parameter, unsigned before)
{
	const char *star = has(parameter->name, '*') ? memchr(parameter->name.p, '*', parameter->name.len) : NULL;
	struct str rest;
	unsigned number = 0;
	size_t digits = 0;

	if (star == NULL)
		return;
	rest = skip(parameter->name, (size_t)(star - parameter->name.p) + 1);
	parameter->name.len = (size_t)(star - parameter->name.p);
	parameter->is_extended = rest.len == 0 || rest.p[rest.len - 1] == '*';
	parameter->is_section = rest.len > 0 && !(rest.len == 1 && rest.p[0] == '*');
	for (; digits < rest.len && ascii_is_digit(rest.p[digits]) && number < SECTION_LARGEST; digits++)
		number = number * 10 + (unsigned)(rest.p[digits] - '0');
	parameter->section = digits > 0 ? number : before + 1;
}

static void add_parameter(struct arena *arena, struct mime_parameters *parameters, struct piece piece, unsigned lexis)
{
	struct str raw = str_trim(skip(piece.raw, piece.equals + 1));
	struct mime_parameter *parameter, *before = parameters->len > 0 ? &parameters->items[parameters->len - 1] : NULL;
	unsigned section = before != NULL && before->is_section ? before->section : 0;

	if (parameters->len == MIME_PARAMETERS_MAX) {
		parameters->overflowed = true;
		return;
	}
	parameter = arena_push(arena, (void **)&parameters->items, &parameters->len, sizeof(*parameter));
	parameter->name = squeeze(arena, (struct str){ piece.raw.p, piece.equals }, lexis);
	parameter->raw = raw;
	parameter->value = unquote(arena, raw, lexis);
	read_stars(parameter, section);
}

static void add_word(struct mime_parameters *parameters, struct str word)
{
	if (word.len > 0 && parameters->words_len < sizeof(parameters->words) / sizeof(parameters->words[0]))
		parameters->words[parameters->words_len++] = word;
}

void mime_parameters_read(struct arena *arena, struct str value, unsigned lexis, struct mime_parameters *ret_parameters)
{
	struct str rest = value;
	bool is_first = true;

	*ret_parameters = (struct mime_parameters){ .first = STR("") };
	while (rest.len > 0 && !ret_parameters->overflowed) {
		struct piece piece = take_piece(&rest, lexis);

		if (is_first)
			ret_parameters->first = unquote(arena, str_trim(piece.raw), lexis);
		if (piece.equals < piece.raw.len)
			add_parameter(arena, ret_parameters, piece, lexis);
		else if (!is_first)
			add_word(ret_parameters, str_trim(piece.raw));
		is_first = false;
	}
}

static bool begins_parameter(struct str s, struct str name)
{
	while (s.len > 0 && ascii_is_space(s.p[0]))
		s = skip(s, 1);
	return s.len > name.len && str_equal_nocase((struct str){ s.p, name.len }, name) &&
	       memchr("=* \t", s.p[name.len], 4) != NULL;
}

/* "x; boundary=b2" between quotes: programs that look for the word alone find a parameter there (threats MIME-05, NAME-02). */
static bool holds_parameter(struct str quoted)
{
	static const struct str names[] = { { "boundary", 8 }, { "filename", 8 }, { "name", 4 } };

	while (quoted.p != NULL) {
		(void)str_split(&quoted, ";");
		for (size_t i = 0; quoted.p != NULL && i < sizeof(names) / sizeof(names[0]); i++)
			if (begins_parameter(quoted, names[i]))
				return true;
	}
	return false;
}

/* Quotes that are no whole value of a parameter, hold a backslash or what could be a parameter of its own. */
static bool is_odd_quote(struct str value, size_t at, size_t len, char before)
{
	size_t end = at + len;

	if (len < 2 || before != '=' || value.p[end - 1] != '"' || memchr(value.p + at, '\\', len) != NULL ||
	    holds_parameter((struct str){ value.p + at, len }))
		return true;
	while (end < value.len && ascii_is_space(value.p[end]))
		end++;
	return end < value.len && value.p[end] != ';' && value.p[end] != ',' && value.p[end] != '(';
}

/* What has been seen of a piece. */
struct sight {
	char before;		/* the last byte that is no space; of several "=" only the first is one */
	bool space, equals;
	bool gap;		/* a word stands behind another, with space between them */
};

static void see(struct sight *sight, char c, bool is_comment)
{
	if (is_separator(c, LEXIS_ALL)) {
		*sight = (struct sight){ .before = ';' };
		return;
	}
	if (ascii_is_space(c) || is_comment) {
		sight->space = true;
		return;
	}
	sight->gap |= sight->space && c != '=' && sight->before != '=' && sight->before != ';';
	sight->space = false;
	sight->before = c == '=' && sight->equals ? '\0' : c;
	sight->equals |= c == '=';
}

static unsigned look(struct str value, unsigned lexis)
{
	struct sight sight = { .before = ';' };
	unsigned matters = 0;

	for (size_t i = 0; i < value.len;) {
		size_t len = delimited(skip(value, i), lexis);
		char c = value.p[i];

		if (c == '(' && len > 0)
			matters |= LEXIS_COMMENTS_ARE_TEXT;
		else if (c == '"' && len > 0 && is_odd_quote(value, i, len, sight.before))
			matters |= LEXIS_QUOTES_ARE_TEXT;
		else if (c == ',')
			matters |= LEXIS_COMMA_SEPARATES;
		else if (c == '=' && sight.gap)
			matters |= LEXIS_SPACE_SEPARATES;
		see(&sight, c, c == '(' && len > 0);
		i += len > 0 ? len : 1;
	}
	return matters;
}

/* What is not a comment after all may hold commas and quotes: those count, too. */
unsigned mime_lexis_matters(struct str value)
{
	unsigned matters = look(value, 0);

	return matters == 0 ? 0 : matters | look(value, matters);
}

void mime_list_add(const struct mime_list *list, struct str item)
{
	for (size_t i = 0; i < *list->len; i++)
		if (str_equal(list->items[i], item))
			return;
	if (*list->len == list->max)
		*list->overflowed = true;
	else
		list->items[(*list->len)++] = item;
}

static struct str without(struct arena *arena, struct str s, char c)
{
	char *out = arena_alloc(arena, s.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] != c)
			out[len++] = s.p[i];
	return (struct str){ out, len };
}

static size_t until(struct str s, const char *bytes)
{
	size_t len = 0;

	while (len < s.len && (s.p[len] == '\0' || strchr(bytes, s.p[len]) == NULL))
		len++;
	return len;
}

static void add_quote_readings(struct arena *arena, struct str raw, const struct mime_list *list)
{
	struct str inside = raw.p[0] == '"' ? skip(raw, 1) : raw;

	mime_list_add(list, (struct str){ inside.p, until(inside, "\"") });
	if (inside.len > 0 && inside.p[inside.len - 1] == '"')
		inside.len--;
	mime_list_add(list, inside);
	mime_list_add(list, without(arena, raw, '"'));
	mime_list_add(list, raw);
}

void mime_parameter_readings(struct arena *arena, const struct mime_parameter *parameter, const struct mime_list *list)
{
	struct str raw = parameter->raw, value = parameter->value;

	mime_list_add(list, value);
	mime_list_add(list, str_trim(value));
	if (raw.len > 2 && raw.p[0] == '\'' && raw.p[raw.len - 1] == '\'')
		mime_list_add(list, (struct str){ raw.p + 1, raw.len - 2 });
	if (is_simply_quoted(raw))
		return;
	if (has(raw, '"'))
		add_quote_readings(arena, raw, list);
	else
		mime_list_add(list, (struct str){ raw.p, until(raw, " \t\r\n") });
	if (has(raw, '\\'))
		mime_list_add(list, without(arena, value, '\\'));
}

void mime_parameter_values(struct arena *arena, const struct mime_parameters *parameters, struct str name, bool to_utf8,
			   const struct mime_list *list)
{
	bool sections = false;

	for (size_t i = 0; i < parameters->len; i++) {
		const struct mime_parameter *parameter = &parameters->items[i];

		if (!str_equal_nocase(parameter->name, name))
			continue;
		sections |= parameter->is_section;
		if (parameter->is_extended && !parameter->is_section)
			mime_extended_readings(arena, parameter->value, to_utf8, list);
	}
	if (sections)
		mime_continuations(arena, parameters, name, to_utf8, list);
	for (size_t i = 0; i < parameters->len; i++)
		if (!parameters->items[i].is_section && !parameters->items[i].is_extended && str_equal_nocase(parameters->items[i].name, name))
			mime_parameter_readings(arena, &parameters->items[i], list);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/spf_macro.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* One step of a macro string: a run of literals, "%%" and its kin, or "%{...}". */
struct token {
	size_t len;		/* of its text; 0: there is none, or a syntax error */
	struct str literal;	/* what it stands for when letter is 0 */
	char letter;		/* lower case */
	bool escape;		/* the letter was in upper case */
	bool reverse;
	unsigned keep;		/* right-hand parts; 0: all */
	struct str delimiters;
};

enum { KEEP_MAX = 1000 };	/* more parts than any value has, less than what could overflow */

static bool read_digits(struct str *rest, unsigned *ret_keep)
{
	bool given = rest->len > 0 && ascii_is_digit(rest->p[0]);
	unsigned keep = 0;

	for (; rest->len > 0 && ascii_is_digit(rest->p[0]); rest->p++, rest->len--) {
		keep = keep * 10 + (unsigned)(rest->p[0] - '0');
		if (keep > KEEP_MAX)
			keep = KEEP_MAX;
	}
	*ret_keep = keep;
	return !given || keep != 0;	/* RFC 7208 7.3: the value MUST be nonzero */
}

static size_t delimiters_length(struct str rest)
{
	size_t len = 0;

	while (len < rest.len && rest.p[len] != '\0' && strchr(".-+,/_=", rest.p[len]) != NULL)
		len++;
	return len;
}

/* text begins with "%{". */
static struct token read_macro(struct str text)
{
	struct token token = { .len = 0 };
	struct str rest = { text.p + 2, text.len - 2 };
	char letter = '\0';

	if (rest.len > 0 && ascii_is_alpha(rest.p[0]))
		letter = ascii_lower(rest.p[0]);
	if (letter == '\0' || strchr("slodiphcrtv", letter) == NULL)
		return token;
	token.escape = rest.p[0] != letter;
	rest = (struct str){ rest.p + 1, rest.len - 1 };
	if (!read_digits(&rest, &token.keep))
		return token;
	token.reverse = rest.len > 0 && ascii_lower(rest.p[0]) == 'r';
	if (token.reverse)
		rest = (struct str){ rest.p + 1, rest.len - 1 };
	token.delimiters = (struct str){ rest.p, delimiters_length(rest) };
	if (rest.len == token.delimiters.len || rest.p[token.delimiters.len] != '}')
		return token;
	token.letter = letter;
	token.len = (size_t)(rest.p - text.p) + token.delimiters.len + 1;
	if (token.delimiters.len == 0)
		token.delimiters = STR(".");
	return token;
}

static struct token read_percent(struct str text)
{
	char next = text.len > 1 ? text.p[1] : '\0';

	switch (next) {
	case '{':
		return read_macro(text);
	case '%':
		return (struct token){ .len = 2, .literal = STR("%") };
	case '_':
		return (struct token){ .len = 2, .literal = STR(" ") };
	case '-':
		return (struct token){ .len = 2, .literal = STR("%20") };
	default:
		return (struct token){ .len = 0 };
	}
}

static struct token read_token(struct str text)
{
	const char *percent;
	size_t len;

	if (text.len == 0)
		return (struct token){ .len = 0 };
	if (text.p[0] == '%')
		return read_percent(text);
	percent = memchr(text.p, '%', text.len);
	len = percent == NULL ? text.len : (size_t)(percent - text.p);
	return (struct token){ .len = len, .literal = { text.p, len } };
}

static bool next_token(struct str *rest, struct token *ret_token)
{
	*ret_token = read_token(*rest);
	rest->p += ret_token->len;
	rest->len -= ret_token->len;
	return ret_token->len > 0;
}

/* macro-literal of RFC 7208 7.1, and in explanations the space. */
static bool is_literal(struct str text, enum spf_macro_place place)
{
	const char first = place == SPF_MACRO_EXPLANATION ? ' ' : '!';

	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] < first || text.p[i] > '~')
			return false;
	return true;
}

/* Is it one? *ret_tail is what follows its last macro. */
static bool check(struct str text, enum spf_macro_place place, struct str *ret_tail)
{
	struct str rest = text;
	struct token token;
	unsigned macros = 0;

	*ret_tail = text;
	while (rest.len > 0) {
		const bool is_macro = rest.p[0] == '%';

		if (!next_token(&rest, &token) || (!is_macro && !is_literal(token.literal, place)))
			return false;
		if (token.letter != '\0' && place == SPF_MACRO_TERM && strchr("crt", token.letter) != NULL)
			return false;
		if (is_macro && ++macros > SPF_MACROS_MAX)
			return false;
		if (is_macro)
			*ret_tail = rest;
	}
	return true;
}

bool spf_macro_is_string(struct str text, enum spf_macro_place place)
{
	struct str tail;

	return check(text, place, &tail);
}

/* toplabel of RFC 7208 7.1: letters, digits and inner hyphens, and not digits alone. */
static bool is_toplabel(struct str label)
{
	bool digits = true;

	if (label.len == 0 || !ascii_is_alnum(label.p[0]) || !ascii_is_alnum(label.p[label.len - 1]))
		return false;
	for (size_t i = 0; i < label.len; i++) {
		if (!ascii_is_alnum(label.p[i]) && label.p[i] != '-')
			return false;
		digits = digits && ascii_is_digit(label.p[i]);
	}
	return !digits;
}

/* Literals that end in a dot and a toplabel. */
static bool ends_in_toplabel(struct str tail)
{
	size_t start;

	if (tail.len > 0 && tail.p[tail.len - 1] == '.')
		tail.len--;
	for (start = tail.len; start > 0 && tail.p[start - 1] != '.'; start--)
		;
	return start > 0 && is_toplabel((struct str){ tail.p + start, tail.len - start });
}

bool spf_macro_is_domain_spec(struct str text)
{
	struct str tail;

	if (text.len == 0 || !check(text, SPF_MACRO_TERM, &tail))
		return false;
	return tail.len == 0 || ends_in_toplabel(tail);
}

bool spf_macro_uses(struct str text, const char *letters)
{
	struct token token;

	while (next_token(&text, &token))
		if (token.letter != '\0' && strchr(letters, token.letter) != NULL)
			return true;
	return false;
}

/* Where the expansion goes. A text is full when it is full; of a name the end counts, so that its beginning makes room. */
enum { NAME_ROOM = 1024, NAME_END = SPF_NAME_MAX + 2 };	/* a dot before it, one behind it */

struct output {
	char *bytes;
	size_t size, len;
	bool is_name;
};

static void put(struct output *output, char c)
{
	if (output->len == output->size && output->is_name) {
		memmove(output->bytes, output->bytes + output->len - NAME_END, NAME_END);
		output->len = NAME_END;
	}
	if (output->len < output->size)
		output->bytes[output->len++] = c;
}

static bool is_unreserved(char c)
{
	return ascii_is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static void put_octet(struct output *output, char c, bool escape)
{
	static const char hex[] = "0123456789ABCDEF";

	if (escape && !is_unreserved(c)) {
		put(output, '%');
		put(output, hex[(unsigned char)c >> 4]);
		c = hex[(unsigned char)c & 15];
	}
	put(output, c);
}

static bool is_delimiter(const struct token *token, char c)
{
	return memchr(token->delimiters.p, c, token->delimiters.len) != NULL;
}

static unsigned count_parts(const struct token *token, struct str value)
{
	unsigned parts = 1;

	for (size_t i = 0; i < value.len; i++)
		parts += is_delimiter(token, value.p[i]);
	return parts;
}

/* What is left of value without its first count parts. */
static struct str skip_parts(const struct token *token, struct str value, unsigned count)
{
	while (count > 0 && value.len > 0) {
		count -= is_delimiter(token, value.p[0]);
		value.p++;
		value.len--;
	}
	return value;
}

static void put_parts(struct output *output, const struct token *token, struct str value)
{
	for (size_t i = 0; i < value.len; i++)
		put_octet(output, is_delimiter(token, value.p[i]) ? '.' : value.p[i], token->escape);
}

/* The last part first. */
static void put_parts_reversed(struct output *output, const struct token *token, struct str value)
{
	size_t end = value.len;

	for (size_t i = value.len + 1; i-- > 0;) {
		if (i > 0 && !is_delimiter(token, value.p[i - 1]))
			continue;
		for (size_t k = i; k < end; k++)
			put_octet(output, value.p[k], token->escape);
		if (i > 0)
			put(output, '.');
		end = i > 0 ? i - 1 : 0;
	}
}

/* RFC 7208 7.3: split, reversed, the right-hand parts, joined with dots. */
static void put_transformed(struct output *output, const struct token *token, struct str value)
{
	unsigned parts = count_parts(token, value), drop = 0;
	struct str dropped;

	if (token->keep != 0 && token->keep < parts)
		drop = parts - token->keep;
	if (!token->reverse) {
		put_parts(output, token, skip_parts(token, value, drop));
		return;
	}
	if (drop > 0) {		/* the right-hand parts after the reversal are the left-hand ones before it */
		dropped = skip_parts(token, value, parts - drop);
		value.len -= dropped.len + 1;
	}
	put_parts_reversed(output, token, value);
}

/* Room for an IPv6 address as nibbles, a dot after each. */
enum { VALUE_ROOM = 80 };

static struct str nibbles(const struct ip *ip, char buffer[VALUE_ROOM])
{
	static const char hex[] = "0123456789ABCDEF";
	size_t len = 0;

	for (size_t i = 0; i < 16; i++) {
		buffer[len++] = hex[ip->bytes[i] >> 4];
		buffer[len++] = '.';
		buffer[len++] = hex[ip->bytes[i] & 15];
		buffer[len++] = '.';
	}
	return (struct str){ buffer, len - 1 };
}

static struct str address(const struct ip *ip, char buffer[VALUE_ROOM])
{
	return str_of(ip_format(ip, buffer));
}

static struct str value_of(char letter, const struct spf_macro_values *values, char buffer[VALUE_ROOM])
{
	switch (letter) {
	case 's':
		return values->sender;
	case 'l':
		return values->local;
	case 'o':
		return values->sender_domain;
	case 'd':
		return values->domain;
	case 'i':
		return values->client->family == IP_V6 ? nibbles(values->client, buffer) : address(values->client, buffer);
	case 'p':
		return values->validated;
	case 'v':
		return values->client->family == IP_V6 ? STR("ip6") : STR("in-addr");
	case 'h':
		return values->helo;
	case 'c':
		return address(values->client, buffer);
	case 'r':
		return values->host;
	default:
		(void)snprintf(buffer, VALUE_ROOM, "%" PRIu64, values->now_s);
		return str_of(buffer);
	}
}

static void expand(struct str text, const struct spf_macro_values *values, struct output *output)
{
	char buffer[VALUE_ROOM];
	struct token token;

	while (next_token(&text, &token)) {
		if (token.letter != '\0')
			put_transformed(output, &token, value_of(token.letter, values, buffer));
		for (size_t i = 0; i < token.literal.len; i++)
			put(output, token.literal.p[i]);
	}
}

unsigned spf_name_labels(struct str name)
{
	unsigned labels = 0;
	size_t len = 0;

	if (name.len > SPF_NAME_MAX)
		return 0;
	for (size_t i = 0; i <= name.len; i++) {
		if (i < name.len && name.p[i] != '.') {
			len++;
			continue;
		}
		if (len == 0 || len > 63)
			return 0;
		labels++;
		len = 0;
	}
	return labels;
}

/* RFC 7208 7.3: when it is too long, the left side is cut off at a dot. */
static struct str cut_left(struct str name)
{
	struct str end;
	const char *dot;

	if (name.len <= SPF_NAME_MAX)
		return name;
	end = (struct str){ name.p + name.len - SPF_NAME_MAX - 1, SPF_NAME_MAX + 1 };
	dot = memchr(end.p, '.', end.len);
	return dot == NULL ? name : (struct str){ dot + 1, end.len - (size_t)(dot + 1 - end.p) };
}

int spf_macro_expand_name(struct str text, const struct spf_macro_values *values, char ret_name[SPF_NAME_MAX + 1])
{
	char room[NAME_ROOM];
	struct output output = { .bytes = room, .size = sizeof(room), .is_name = true };
	struct str name;

	expand(text, values, &output);
	if (output.len > 0 && room[output.len - 1] == '.')
		output.len--;
	name = cut_left((struct str){ room, output.len });
	if (spf_name_labels(name) == 0)
		return -EINVAL;
	memcpy(ret_name, name.p, name.len);
	ret_name[name.len] = '\0';
	return (int)name.len;
}

void spf_macro_expand_explanation(struct str text, const struct spf_macro_values *values,
				  char ret_explanation[SPF_EXPLANATION_MAX + 1])
{
	struct output output = { .bytes = ret_explanation, .size = SPF_EXPLANATION_MAX };

	expand(text, values, &output);
	for (size_t i = 0; i < output.len; i++)
		if (ret_explanation[i] < ' ' || ret_explanation[i] > '~')
			ret_explanation[i] = '?';
	ret_explanation[output.len] = '\0';
}
